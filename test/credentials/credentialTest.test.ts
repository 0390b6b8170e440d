import { describe, expect, test } from '@jest/globals';
import { CredentialTestContext } from 'n8n-core';
import type { ICredentialDataDecryptedObject, INodeCredentialTestResult } from 'n8n-workflow';
import { testAffilaeApi } from '../../nodes/AffilaeConversions/actions/credentialTest';
import manifest from '../../package.json';
import { captureLog } from '../engine/engine';
import { AffilaeServer, MARK, type Reply, serverForTests } from '../engine/server';
import { answerWith, BAGS, CALLS, conversion, refusal, SHOES } from '../engine/shop';
import { textsIn } from '../engine/textsIn';

const affilae = serverForTests();
const elsewhere = serverForTests();

/** Tests the credential as the button in its form does, within n8n-core. */
async function press(
	data: ICredentialDataDecryptedObject = affilae.credential,
): Promise<INodeCredentialTestResult> {
	const credential = { id: '1', name: 'Affilae', type: 'affilaeApi', data };
	return await testAffilaeApi.call(new CredentialTestContext(), credential);
}

/** Requires a program, and knows the given ones. */
function programWanted(...known: string[]): (typeof affilae)['respond'] {
	return ({ query: { program } }) => {
		if (program === undefined) return refusal(400, '"program" is required', ['program']);
		return known.includes(program)
			? answerWith([conversion(1)])
			: refusal(400, '"program" is not one of yours', ['program']);
	};
}

const WORKS: INodeCredentialTestResult = { status: 'OK', message: 'Connection successful' };

function fails(message: RegExp) {
	return { status: 'Error', message: expect.stringMatching(message) };
}

describe('a credential that works', () => {
	test.each([
		{ what: 'which has conversions', rows: [conversion(1)] },
		{ what: 'which has none', rows: [] },
		{ what: 'which has one that cannot be read', rows: [{ id: 'x', amount: '12.50' }] },
	])('is reported as working after one request for the last minute, $what', async ({ rows }) => {
		affilae.respond = () => answerWith(rows);
		expect(await press()).toEqual(WORKS);
		const [request, ...others] = affilae.requests;
		expect(others).toEqual([]);
		const { from = '', to = '', ...rest } = request?.query ?? {};
		expect(request).toMatchObject({ method: 'GET', path: CALLS.list });
		expect(Object.keys(rest)).toEqual(['limit']);
		expect(Date.parse(to) - Date.parse(from)).toBe(60_002);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`]);
		expect(affilae.userAgents).toEqual([`n8n-nodes-affilae/${manifest.version}`]);
	});

	test.each([[404], [204]])(
		'is reported as working if Affilae answers %d for an empty list',
		async (status) => {
			affilae.respond = () => (status === 204 ? { status } : refusal(404, 'No conversions found'));
			expect(await press()).toEqual(WORKS);
		},
	);

	test('may have a token that was pasted with the word Bearer', async () => {
		affilae.respond = () => answerWith([]);
		expect(await press({ ...affilae.credential, token: ` Bearer ${MARK}\n` })).toEqual(WORKS);
		expect(affilae.authorizations).toEqual([`Bearer ${MARK}`]);
	});

	test('is tested with smaller limits, and then without one, if Affilae rejects the limit', async () => {
		affilae.respond = ({ query }) =>
			'limit' in query ? refusal(400, '"limit" is not allowed', ['limit']) : answerWith([]);
		expect(await press()).toEqual(WORKS);
		const limits = affilae.requests.map(({ query }) => query['limit']);
		expect(limits).toEqual(['100', '50', '25', '10', undefined]);
	});
});

describe('if Affilae requires a program', () => {
	test('the test asks for each program of the credential, also one given as a tracking key', async () => {
		affilae.respond = programWanted(SHOES.id, BAGS.id);
		const programs = `${SHOES.id.toUpperCase()}, 64d0f1c2b3a4958677880001-${BAGS.id}`;
		expect(await press({ ...affilae.credential, programs })).toEqual(WORKS);
		const asked = affilae.requests.map(({ query }) => query['program']);
		expect(asked).toEqual([undefined, SHOES.id, BAGS.id]);
	});

	test('a credential without a program is reported, with where to find the ID', async () => {
		affilae.respond = programWanted(SHOES.id);
		expect(await press()).toEqual(fails(/requires a program.*'Program IDs'.*Tracking/s));
	});

	test('a program that Affilae does not know is reported in Affilae’s words', async () => {
		affilae.respond = programWanted(SHOES.id);
		expect(await press({ ...affilae.credential, programs: BAGS.id })).toEqual(
			fails(/"program" is not one of yours/),
		);
		expect(await press({ ...affilae.credential, programs: `${SHOES.id},${BAGS.id}` })).toEqual(
			fails(/"program" is not one of yours/),
		);
	});
});

describe('a credential that does not work', () => {
	test.each([
		{ what: 'an unknown token', reply: refusal(401, 'Bad token'), told: /API token.*Bad/ },
		{ what: 'a token without rights', reply: refusal(403, 'No'), told: /does not allow.*user/s },
		{
			what: 'a wrong address',
			reply: refusal(404, 'Not Found'),
			told: /not at this address.*'Base URL'.*before \/advertiser/s,
		},
		{ what: 'a 404 that says nothing', reply: { status: 404 }, told: /not at this address/ },
		{ what: 'a web page', reply: { body: '<html>Hello</html>' }, told: /^A web page came/ },
		{
			what: 'a web page with status 403',
			reply: { status: 403, body: '<html>Blocked</html>' },
			told: /^A web page came/,
		},
		{ what: 'text', reply: { body: 'Hello' }, told: /not JSON/ },
		{ what: 'JSON of something else', reply: { body: { hello: 1 } }, told: /no list/ },
		{ what: 'an empty answer', reply: {}, told: /it is empty/ },
		{
			what: 'an error of Affilae’s server',
			reply: { status: 503 },
			told: /Affilae could not respond/,
		},
		{ what: 'a rate limit', reply: { status: 429 }, told: /asked to slow down/ },
		{ what: 'a broken connection', reply: { isCut: true }, told: /was interrupted/ },
	] satisfies Array<{ what: string; reply: Reply; told: RegExp }>)(
		'$what is reported after one request',
		async ({ reply, told }) => {
			affilae.respond = () => reply;
			expect(await press()).toEqual(fails(told));
			expect(affilae.requests).toHaveLength(1);
		},
	);

	test.each([301, 302, 303, 307, 308])(
		'a redirect (%d) is reported, and not followed',
		async (status) => {
			affilae.respond = ({ path }) => ({
				status,
				headers: { location: `${elsewhere.url}${path}` },
			});
			elsewhere.respond = () => answerWith([]);
			expect(await press()).toEqual(
				fails(/redirect to 127\.0\.0\.1\. The node does not follow redirects/),
			);
			expect(elsewhere.requests).toEqual([]);
		},
	);

	test('a refused connection is reported', async () => {
		const gone = new AffilaeServer();
		await gone.start();
		const { credential } = gone;
		await gone.stop();
		expect(await press(credential)).toEqual(fails(/could not be reached: connection refused/));
	});

	test.each([
		{ data: { token: '' }, told: /'API Token' is empty/ },
		{ data: { token: 'two words' }, told: /a space/ },
		{ data: { programs: 'Shoes' }, told: /'Program IDs' is "Shoes"/ },
		{ data: { environment: 'custom', baseUrl: 'http://example.com' }, told: /unencrypted/ },
		{ data: { environment: 'custom', baseUrl: '' }, told: /'Base URL' is empty/ },
	])('$data is reported before any request', async ({ data, told }) => {
		expect(await press({ ...affilae.credential, ...data })).toEqual(fails(told));
		expect(affilae.requests).toEqual([]);
	});
});

describe('the token appears in no message and in no line of the log', () => {
	test.each([
		{ what: 'a 401 that quotes it', reply: refusal(401, `Unknown token ${MARK}`) },
		{ what: 'a rejection that quotes it', reply: refusal(400, `Bearer ${MARK}`, [MARK]) },
		{ what: 'a web page that quotes it', reply: { body: `<html>${MARK}</html>` } },
		{
			what: 'a redirect with it in the address',
			reply: { status: 302, headers: { location: `https://example.com/?token=${MARK}` } },
		},
		{ what: 'a broken connection', reply: { isCut: true } },
		{ what: 'a success', reply: answerWith([]) },
	] satisfies Array<{ what: string; reply: Reply }>)('after $what', async ({ reply }) => {
		affilae.respond = () => reply;
		const logged = captureLog();
		const result = await press();
		expect(result.message).not.toBe('');
		expect(textsIn([result, logged]).filter((text) => text.includes(MARK))).toEqual([]);
	});
});
