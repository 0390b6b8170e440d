import { beforeAll, describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { type EngineOutcome, type EngineRun, lookInto, runNode, TRIED_ONCE } from './engine';
import { AffilaeServer, MARK, type Reply, serverForTests } from './server';
import { answerWith, conversion, idOf, refusal, SHOES } from './shop';
import { textsIn } from './textsIn';
import { virtualTimeForTests } from './virtualTime';

virtualTimeForTests();

const affilae = serverForTests();
const elsewhere = serverForTests();

const BY_ORDER: INodeParameters = {
	conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
};
const BY_ID: INodeParameters = {
	conversion: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
	program: { __rl: true, mode: 'id', value: SHOES.id },
};
const ITEMS = [
	{ order: '1001', id: idOf(1) },
	{ order: '1002', id: idOf(2) },
	{ order: '1003', id: idOf(3) },
];
const MODES = ['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const;

/** All operations, with valid parameters, so that each sends at least one request. */
const OPERATIONS = [
	{ operation: 'list', parameters: {} },
	{ operation: 'info', parameters: BY_ORDER },
	{ operation: 'accept', parameters: BY_ORDER },
	{ operation: 'accept', parameters: BY_ID },
	{ operation: 'refuse', parameters: { ...BY_ID, reason: 'Returned' } },
	{ operation: 'update', parameters: { ...BY_ID, reason: 'Returned', amount: '5' } },
	...[BY_ORDER, BY_ID].map((named) => ({
		operation: 'reconcile',
		parameters: { ...named, reason: 'Returned', keptAmount: '60', settled: true },
	})),
];

async function run(
	operation: string,
	parameters: INodeParameters,
	onError: (typeof MODES)[number],
	more: Partial<EngineRun> = {},
): Promise<EngineOutcome> {
	return await runNode({
		parameters: { operation, options: TRIED_ONCE, ...parameters },
		items: ITEMS,
		credential: affilae.credential,
		settings: { onError },
		...more,
	});
}

/** The error of the run if it stopped, or else of each item. */
function errorsOf({ success, failed, stopped }: EngineOutcome): unknown[] {
	if (stopped) return [stopped.message];
	return [...success, ...failed].map(({ json }) => json['error']);
}

describe('a token that Affilae does not accept', () => {
	const ENDS = [
		{ status: 401, expected: /does not accept the API token: "Bad token"/, mostCalls: 1 },
		// A 403 may apply to one conversion only, or to one route only, so the node tries others.
		{ status: 403, expected: /does not allow this with your API token: "Bad token"/, mostCalls: 6 },
	];

	describe.each(ENDS)('(status $status)', ({ status, expected, mostCalls }) => {
		describe.each(OPERATIONS)('in $operation', ({ operation, parameters }) => {
			test.each(MODES)(
				'takes few requests, however many items there are, and each failed item says why (On Error: %s)',
				async (onError) => {
					affilae.respond = () => refusal(status, 'Bad token');
					const items = Array.from({ length: 30 }, (_, index) => ({
						order: String(1001 + index),
						id: idOf(1 + index),
					}));
					const outcome = await run(operation, parameters, onError, { items });
					expect(affilae.requests.length).toBeLessThanOrEqual(mostCalls);
					const messages = errorsOf(outcome);
					expect(messages).toEqual(
						Array(onError === 'stopWorkflow' ? 1 : items.length).fill(
							expect.stringMatching(expected),
						),
					);
					const failed = onError === 'continueErrorOutput' ? outcome.failed : outcome.success;
					expect(failed.map(({ pairedItem }) => pairedItem)).toEqual(
						onError === 'stopWorkflow' ? [] : items.map((_, item) => ({ item })),
					);
				},
			);
		});

		test('in the middle of the writes fails only the items that are not yet done', async () => {
			affilae.respond = ({ method, body }) => {
				if (method === 'GET') return answerWith([conversion(1), conversion(2), conversion(3)]);
				return JSON.stringify(body).includes(idOf(1))
					? { body: { statusCode: 200 } }
					: refusal(status, 'Bad token');
			};
			const { success, failed } = await run(
				'accept',
				{ ...BY_ORDER, options: { maxConcurrency: 1 } },
				'continueErrorOutput',
			);
			expect(affilae.writes).toHaveLength(status === 401 ? 2 : 3);
			expect(success.map(({ json, pairedItem }) => [json['outcome'], pairedItem])).toEqual([
				['accepted', { item: 0 }],
			]);
			expect(failed.map(({ json, pairedItem }) => [json['error'], pairedItem])).toEqual([
				[expect.stringMatching(expected), { item: 1 }],
				[expect.stringMatching(expected), { item: 2 }],
			]);
		});
	});
});

describe('a redirect to another host', () => {
	test.each([301, 302, 303, 307, 308])(
		'with status %d is not followed: the other host never receives a request',
		async (status) => {
			affilae.respond = ({ path }) => ({
				status,
				headers: { location: `${elsewhere.url}${path}` },
			});
			elsewhere.respond = () => answerWith([conversion(1), conversion(2), conversion(3)]);
			for (const { operation, parameters } of OPERATIONS) {
				const outcome = await run(operation, parameters, 'continueErrorOutput');
				expect(errorsOf(outcome)).toEqual(
					Array(3).fill(expect.stringContaining('The node does not follow redirects')),
				);
				expect(outcome.failed[0]?.json['message']).toContain(`(HTTP ${status})`);
			}
			expect(elsewhere.requests).toEqual([]);
		},
	);

	test('is reported with the name of the host', async () => {
		affilae.respond = () => ({ status: 302, headers: { location: 'https://login.example/?a=b' } });
		const { stopped } = await run('list', {}, 'stopWorkflow');
		expect(stopped?.message).toContain('to login.example. The');
	});
});

describe('the token is in no output, no message, no log line and no stack', () => {
	const gone = new AffilaeServer();
	let credential: EngineRun['credential'];

	beforeAll(async () => {
		await gone.start();
		({ credential } = gone);
		await gone.stop();
	});

	const REPLIES: Array<{ what: string; reply: Reply }> = [
		{ what: 'a rejection', reply: refusal(400, 'No') },
		{ what: 'a rejection that quotes the token', reply: refusal(400, `Bearer ${MARK} is no good`) },
		{
			what: 'a rejection with the token among its keys',
			reply: refusal(400, 'No', [MARK, 'limit']),
		},
		{ what: 'a 401 that quotes the token', reply: refusal(401, `Unknown token ${MARK}`) },
		{ what: 'a 403 that quotes the token', reply: refusal(403, `Token ${MARK} may not`) },
		{ what: 'a web page that quotes the token', reply: { body: `<html>${MARK}</html>` } },
		{
			what: 'a web page with 404 that quotes the token',
			reply: { status: 404, body: `<html>${MARK}</html>` },
		},
		{ what: 'text that quotes the token', reply: { body: `Hello ${MARK}` } },
		{
			what: 'a rejection inside status 200 that quotes the token',
			reply: { body: { statusCode: 400, message: MARK } },
		},
		{
			what: 'a redirect with the token in its address',
			reply: { status: 302, headers: { location: `https://example.com/?token=${MARK}` } },
		},
	];

	test.each(REPLIES)('after $what', async ({ reply }) => {
		affilae.respond = () => reply;
		for (const { operation, parameters } of OPERATIONS) {
			for (const onError of MODES) {
				const outcome = await run(operation, parameters, onError);
				expect(errorsOf(outcome)[0]).toEqual(expect.any(String));
				expect(textsIn(outcome).filter((text) => text.includes(MARK))).toEqual([]);
			}
		}
	});

	test.each([
		{ ok: false, message: `Token ${MARK} may not` },
		{ success: false, error: `Token ${MARK} may not` },
		{ statusCode: 403, message: `Token ${MARK} may not` },
	])('after a write is answered with 200 and %j', async (body) => {
		affilae.respond = ({ method }) =>
			method === 'GET' ? answerWith([conversion(1), conversion(2), conversion(3)]) : { body };
		for (const { operation, parameters } of OPERATIONS.slice(2)) {
			for (const onError of MODES) {
				const outcome = await run(operation, parameters, onError);
				expect(errorsOf(outcome)[0]).toContain('Token *** may not');
				expect(textsIn(outcome).filter((text) => text.includes(MARK))).toEqual([]);
			}
		}
	});

	test('after a response whose rows contain the token', async () => {
		const rows = [
			{ ...conversion(1), amount: `Bearer ${MARK}` },
			{ ...conversion(2), status: MARK, ua: MARK, rule: { id: idOf(9), name: `Rule ${MARK}` } },
			{ ...conversion(3), refuseReason: `Authorization: Bearer ${MARK}` },
		];
		affilae.respond = ({ query: { externalId } }) =>
			answerWith(rows.filter((row) => externalId === undefined || row.externalId === externalId));
		for (const { operation, parameters } of OPERATIONS) {
			const outcome = await run(operation, parameters, 'continueRegularOutput');
			expect(outcome.success.length).toBeGreaterThan(0);
			expect(textsIn(outcome).filter((text) => text.includes(MARK))).toEqual([]);
		}
	});

	test.each([MARK.toUpperCase(), encodeURIComponent(`${MARK}=/+`)])(
		'after a rejection that quotes it in another spelling (%s)',
		async (spelling) => {
			affilae.respond = () => refusal(400, `Unknown: ${spelling}`);
			const token = spelling.includes('%') ? `${MARK}=/+` : MARK;
			const outcome = await run('list', {}, 'stopWorkflow', {
				credential: { ...affilae.credential, token },
			});
			expect(outcome.stopped?.message).toContain('Unknown: ***');
		},
	);

	test('and a token so short that it is part of other texts changes no data', async () => {
		affilae.respond = () => answerWith([conversion(1, { externalId: 'DEV-1001' })]);
		const outcome = await run('list', {}, 'stopWorkflow', {
			credential: { ...affilae.credential, token: 'dev' },
		});
		expect(outcome.success[0]?.json['externalId']).toBe('DEV-1001');
	});

	test('after a redirect to a host named like the token', async () => {
		const location = `https://${MARK.toUpperCase()}.example.com/`;
		affilae.respond = () => ({ status: 302, headers: { location } });
		const outcome = await run('list', {}, 'stopWorkflow');
		expect(textsIn(outcome).filter((text) => text.toLowerCase().includes(MARK))).toEqual([]);
	});

	test('after a rejection that quotes a token with characters that JSON escapes', async () => {
		const token = `"${MARK}\\`;
		affilae.respond = () => refusal(400, `Unknown token ${token}`);
		const outcome = await run('list', {}, 'stopWorkflow', {
			credential: { ...affilae.credential, token },
		});
		expect(affilae.authorizations[0]).toBe(`Bearer ${token}`);
		expect(outcome.stopped?.message).toContain('Unknown token');
		expect(textsIn(outcome).filter((text) => text.includes(MARK))).toEqual([]);
	});

	test.each(OPERATIONS)('after $operation cannot reach the server', async (tried) => {
		const outcome = await run(tried.operation, tried.parameters, 'stopWorkflow', {
			credential,
		});
		expect(outcome.stopped?.message).toContain('could not be reached');
		expect(textsIn(outcome).filter((text) => text.includes(MARK))).toEqual([]);
	});

	test('after a successful run', async () => {
		affilae.respond = ({ method, body }) =>
			method === 'GET'
				? answerWith([conversion(1), conversion(2), conversion(3)])
				: { body: { statusCode: 200, conversion: body } };
		for (const { operation, parameters } of OPERATIONS) {
			const outcome = await run(operation, parameters, 'stopWorkflow');
			expect(outcome.success.length).toBeGreaterThan(0);
			expect(textsIn(outcome).filter((text) => text.includes(MARK))).toEqual([]);
		}
	});

	test.each(REPLIES)('after a picker receives $what', async ({ reply }) => {
		affilae.respond = () => reply;
		const thrown: unknown = await lookInto('searchPrograms', {}, affilae.credential).then(
			() => undefined,
			(error: unknown) => error,
		);
		expect(thrown).toBeInstanceOf(Error);
		expect(textsIn(thrown).filter((text) => text.includes(MARK))).toEqual([]);
	});

	test('and this check also finds it in the hidden properties of an error', () => {
		const error = new Error('outer', { cause: new Error(`inner ${MARK}`) });
		Object.defineProperty(error, 'context', { value: { data: [MARK] }, enumerable: false });
		expect(textsIn({ error }).filter((text) => text.includes(MARK)).length).toBeGreaterThan(1);
	});
});
