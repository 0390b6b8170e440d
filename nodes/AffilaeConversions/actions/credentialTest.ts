import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { readAccount } from '../api/account';
import { Client, INTERACTIVE_CALLS } from '../api/client';
import { readConversions } from '../api/conversions';
import { sendThrough } from '../api/http';
import { limiterFor } from '../api/rateLimiter';
import { messageOf } from '../domain/userError';

/** Not retried: the editor shows the first answer. */
const CALLS = { ...INTERACTIVE_CALLS, retryForMs: 0 };
/** A short period, so that the response is small. */
const PERIOD_MS = 60_000;

/**
 * Tests a credential as the node uses it: reads the conversions of the last minute, for each program of
 * the credential if Affilae requires one. A function, because n8n's declarative test makes only one request.
 */
export async function testAffilaeApi(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	let client: Client | undefined;
	try {
		const account = readAccount(credential.data);
		const { helpers } = this;
		const send = sendThrough(
			async ({ url, qs, headers }) => {
				const response: unknown = await helpers.request({
					method: 'GET',
					uri: url,
					qs,
					headers: { ...headers, Authorization: `Bearer ${account.token}` },
					json: true,
					timeout: CALLS.timeoutMs,
					followRedirect: false,
					simple: false,
					resolveWithFullResponse: true,
				});
				return response;
			},
			account,
			CALLS.timeoutMs,
		);
		const { maxConcurrency, timeoutMs } = CALLS;
		const limiter = limiterFor(account.baseUrl, account.token);
		const participant = limiter.join({ maxConcurrency, maxWaitMs: timeoutMs });
		client = new Client({ send, participant, settings: CALLS, account });
		const now = Date.now();
		const from = new Date(now - PERIOD_MS).toISOString();
		const to = new Date(now).toISOString();
		await readConversions(client, { from, to }, { wanted: 1 }).next();
		// If Affilae requires a program, the first one was read above.
		for (const programId of client.dialect.askedPrograms('list').slice(1)) {
			await readConversions(client, { from, to, programId }, { wanted: 1 }).next();
		}
		return { status: 'OK', message: 'Connection successful' };
	} catch (thrown) {
		return { status: 'Error', message: messageOf(thrown, 'The connection could not be tested') };
	} finally {
		client?.close();
	}
}
