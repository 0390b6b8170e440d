import { describe, expect, it } from '@jest/globals';
import { PROGRAMS } from '../../sandbox/programs';
import type { SettingsChange } from '../../sandbox/settings';
import { openSandbox, somePending } from './opened';

const [EUROPE, KINGDOM] = PROGRAMS;
const ROUTES = { list: '/advertiser/conversions.list', info: '/advertiser/conversions.info' };
const REQUIRED = {
	statusCode: 400,
	error: 'Bad Request',
	message: '"program" is required',
	validation: { source: 'query', keys: ['program'] },
};

describe('the program of a request', () => {
	it.each([
		{ programRequired: [], answers: { list: 200, info: 200 } },
		{ programRequired: ['list'], answers: { list: 400, info: 200 } },
		{ programRequired: ['info'], answers: { list: 200, info: 400 } },
		{ programRequired: ['list', 'info'], answers: { list: 400, info: 400 } },
	] as Array<{
		programRequired: Array<'list' | 'info'>;
		answers: { list: number; info: number };
	}>)('is required by $programRequired, as set', async ({ programRequired, answers }) => {
		const { sandbox, client } = await openSandbox({ settings: { programRequired } });
		for (const route of ['list', 'info'] as const) {
			const ask = async (params: object) =>
				await client.get<unknown>(ROUTES[route], { params: { externalId: '1010', ...params } });
			const without = await ask({});
			expect(without.status).toBe(answers[route]);
			if (without.status === 400) expect(without.data).toEqual(REQUIRED);
			const found = sandbox.store.byExternalId('1010')[0]?.program.id;
			const withIt = await ask({ program: found });
			expect([withIt.status, withIt.data]).toMatchObject([200, { conversions: { total: 1 } }]);
			const other = found === EUROPE.id ? KINGDOM.id : EUROPE.id;
			expect((await ask({ program: other })).data).toMatchObject({ conversions: { total: 0 } });
			expect((await ask({ program: 'f'.repeat(24) })).data).toMatchObject({
				conversions: { total: 0 },
			});
		}
	});

	it('can become required while the sandbox runs', async () => {
		const { sandbox, client } = await openSandbox();
		expect((await client.get(ROUTES.list)).status).toBe(200);
		sandbox.change({ programRequired: ['list'] });
		expect((await client.get(ROUTES.list)).status).toBe(400);
	});
});

describe('a key that a route does not accept', () => {
	const NOT_ALLOWED = {
		list: ['program', 'limit'],
		info: ['program'],
		update: ['reason'],
	};

	it.each(['reject', 'ignore'] as const)('is rejected, unknown keys: %s', async (unknownKeys) => {
		const settings: SettingsChange = { notAllowed: NOT_ALLOWED, unknownKeys };
		const { sandbox, client } = await openSandbox({ settings });
		const ask = async (route: 'list' | 'info', params: object) =>
			(await client.get<unknown>(ROUTES[route], { params })).data;
		const rejected = (key: string, source = 'query') => ({
			statusCode: 400,
			error: 'Bad Request',
			message: `"${key}" is not allowed`,
			validation: { source, keys: [key] },
		});
		expect(await ask('list', { program: EUROPE.id })).toEqual(rejected('program'));
		expect(await ask('list', { limit: 10 })).toEqual(rejected('limit'));
		expect(await ask('list', { status: 'pending' })).toMatchObject({ statusCode: 200 });
		expect(await ask('info', { externalId: '1', program: EUROPE.id })).toEqual(rejected('program'));
		const { id, program } = somePending(sandbox);
		const update = { id, amount: 1, reason: 'x' };
		expect((await client.post<unknown>('/advertiser/conversions.update', update)).data).toEqual(
			rejected('reason', 'payload'),
		);
		const { status } = await client.post('/advertiser/conversions.accept', { id, program });
		expect(status).toBe(200);
	});
});
