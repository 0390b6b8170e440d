import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ICredentialDataDecryptedObject, INodeParameters } from 'n8n-workflow';
import nock from 'nock';
import manifest from '../../package.json';
import { type EngineOutcome, lookInto, runNode } from './engine';
import { MARK } from './server';
import { answerWith, CALLS, conversion, idOf } from './shop';

const BY_ORDER: INodeParameters = {
	operation: 'accept',
	conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
};

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
	nock.abortPendingRequests();
	nock.cleanAll();
	nock.enableNetConnect();
});

async function accept(
	credential: ICredentialDataDecryptedObject,
	onError: 'stopWorkflow' | 'continueRegularOutput' | 'continueErrorOutput' = 'stopWorkflow',
): Promise<EngineOutcome> {
	return await runNode({
		parameters: BY_ORDER,
		items: [{ order: '1001' }, { order: '1002' }],
		credential,
		settings: { onError },
	});
}

/** Answers every request to an origin, and records the method, address and token of each. */
function listenAt(origin: string): string[] {
	const seen: string[] = [];
	const note = (method: string, path: string, authorization: string) => {
		seen.push(`${method} ${origin}${path} ${authorization}`);
	};
	nock(origin)
		.persist()
		.get(/.*/)
		.reply(function (path) {
			note('GET', path, String(this.req.headers['authorization']));
			return [200, { ...Object(answerWith([conversion(1), conversion(2)]).body) }];
		})
		.post(/.*/)
		.reply(function (path) {
			note('POST', path, String(this.req.headers['authorization']));
			return [200, { statusCode: 200 }];
		});
	return seen;
}

function callsAt(base: string): string[] {
	return [
		`GET ${base}${CALLS.list}?externalId=1001&limit=100 Bearer ${MARK}`,
		`GET ${base}${CALLS.list}?externalId=1002&limit=100 Bearer ${MARK}`,
		`POST ${base}${CALLS.accept} Bearer ${MARK}`,
		`POST ${base}${CALLS.accept} Bearer ${MARK}`,
	];
}

describe('calls', () => {
	test.each([
		{
			what: 'production',
			credential: { environment: 'production' },
			base: 'https://rest.affilae.com',
		},
		{
			what: 'production if no environment is set',
			credential: {},
			base: 'https://rest.affilae.com',
		},
		{
			what: 'development',
			credential: { environment: 'development' },
			base: 'https://rest.affilae.dev4.kaizen-developments.com',
		},
		{
			what: 'production even if a base URL is left over from Custom',
			credential: { environment: 'production', baseUrl: 'https://affilae.example' },
			base: 'https://rest.affilae.com',
		},
		{
			what: 'a custom address',
			credential: { environment: 'custom', baseUrl: 'https://affilae.example:8443' },
			base: 'https://affilae.example:8443',
		},
		{
			what: 'a custom address with a path and slashes at its end',
			credential: { environment: 'custom', baseUrl: ' https://affilae.example/stand-in// ' },
			base: 'https://affilae.example/stand-in',
		},
		{
			what: 'this machine, without encryption',
			credential: { environment: 'custom', baseUrl: 'http://localhost:4321' },
			base: 'http://localhost:4321',
		},
		{
			what: 'this machine by its IP address',
			credential: { environment: 'custom', baseUrl: 'http://127.0.0.1:4321/' },
			base: 'http://127.0.0.1:4321',
		},
	])('go to $what', async ({ credential, base }) => {
		const seen = listenAt(new URL(base).origin);
		const { success, stopped } = await accept({ token: MARK, ...credential });
		expect(stopped).toBeUndefined();
		expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
			[idOf(1), { item: 0 }],
			[idOf(2), { item: 1 }],
		]);
		expect(seen.sort()).toEqual(callsAt(base));
	});

	test('send a token that was pasted with "Bearer" and spaces in the right form', async () => {
		const seen = listenAt('https://rest.affilae.com');
		await accept({ token: `  Bearer ${MARK}\n`, environment: 'production' });
		expect(seen.sort()).toEqual(callsAt('https://rest.affilae.com'));
	});
});

test('reads, writes and pickers send the package’s name and version as their user agent', async () => {
	const agents: unknown[] = [];
	const note = (request: { headers: Record<string, unknown> }) => {
		agents.push(request.headers['user-agent']);
	};
	nock('https://rest.affilae.com')
		.persist()
		.get(/.*/)
		.reply(function () {
			note(this.req);
			return [200, { ...Object(answerWith([conversion(1), conversion(2)]).body) }];
		})
		.post(/.*/)
		.reply(function () {
			note(this.req);
			return [200, { statusCode: 200 }];
		});
	const credential = { token: MARK, environment: 'production' };
	await accept(credential);
	await lookInto('searchPrograms', {}, credential);
	expect(agents).toHaveLength(5);
	expect(agents).toEqual(agents.map(() => `${manifest.name}/${manifest.version}`));
});

describe('an invalid credential', () => {
	const UNUSABLE = [
		{
			what: 'a custom address that is not encrypted',
			credential: { token: MARK, environment: 'custom', baseUrl: 'http://example.com' },
			told: /http:\/\/example\.com would send your Affilae token unencrypted/,
			advised: /starts with https:/,
		},
		{
			what: 'a host whose name only starts with localhost',
			credential: { token: MARK, environment: 'custom', baseUrl: 'http://localhost.example.com' },
			told: /unencrypted/,
			advised: /starts with https:/,
		},
		{
			what: 'an empty custom address',
			credential: { token: MARK, environment: 'custom', baseUrl: '' },
			told: /base URL/i,
			advised: /Fill in 'Base URL'/,
		},
		{
			what: 'a custom address that is not a URL',
			credential: { token: MARK, environment: 'custom', baseUrl: 'example.com' },
			told: /is not a URL/,
			advised: /Enter one such as https:/,
		},
		{
			what: 'an environment that is not one of the choices',
			credential: { token: MARK, environment: 'Custom', baseUrl: 'http://example.com' },
			told: /'Environment' is "Custom"/,
			advised: /Choose Production, Development or Custom/,
		},
		{
			what: 'no token',
			credential: { token: '', environment: 'production' },
			told: /'API Token' is empty/,
			advised: /advertiser account/,
		},
		{
			what: 'a token of spaces only',
			credential: { token: '   ', environment: 'production' },
			told: /'API Token' is empty/,
			advised: /advertiser account/,
		},
		{
			what: 'a program that is not an ID',
			credential: { token: MARK, environment: 'production', programs: 'Shoes France' },
			told: /'Program IDs' is "Shoes", which is not a program ID/,
			advised: /Configuration > Tracking/,
		},
		{
			what: 'a token with a line break in the middle',
			credential: { token: 'half\nhalf', environment: 'production' },
			told: /line break/,
			advised: /Copy the token again/,
		},
	];

	describe.each(UNUSABLE)('with $what', ({ credential, told, advised }) => {
		const listen = () =>
			['http://example.com', 'http://localhost.example.com', 'https://rest.affilae.com'].map(
				listenAt,
			);

		test('ends the run with the reason, and nothing is sent', async () => {
			const seen = listen();
			const { stopped } = await accept(credential);
			expect(stopped?.message).toMatch(told);
			expect(stopped?.description).toMatch(advised);
			expect(seen.flat()).toEqual([]);
		});

		test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
			'fails every item with the reason if On Error is %s, and nothing is sent',
			async (onError) => {
				const seen = listen();
				const { success, failed } = await accept(credential, onError);
				const items = onError === 'continueErrorOutput' ? failed : success;
				const parts = {
					error: expect.stringMatching(told),
					message: expect.stringMatching(advised),
				};
				expect(items).toEqual([
					{ json: expect.objectContaining(parts), pairedItem: { item: 0 } },
					{ json: expect.objectContaining(parts), pairedItem: { item: 1 } },
				]);
				expect(seen.flat()).toEqual([]);
			},
		);

		test('makes the program picker fail with the reason, and nothing is sent', async () => {
			const seen = listen();
			await expect(lookInto('searchPrograms', {}, credential)).rejects.toThrow(told);
			expect(seen.flat()).toEqual([]);
		});
	});
});
