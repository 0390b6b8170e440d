import { describe, expect, it } from '@jest/globals';
import type { AxiosInstance } from 'axios';
import type { NewConversion } from '../../sandbox/arrivals';
import type { SettingsChange } from '../../sandbox/settings';
import { NOW, openSandbox } from './opened';

const ID = '0123456789abcdef01234567';
const LIST = '/advertiser/conversions.list';
const INFO = '/advertiser/conversions.info?externalId=1042';
const GONE = '/advertiser/conversions.info?externalId=gone';

/** A sandbox with two conversions of one order, one of them with a known ID. */
async function openWith(settings: SettingsChange, differing: NewConversion = {}) {
	const opened = await openSandbox({
		clock: () => NOW,
		conversions: [
			{ externalId: '1042', rule: 'Lighting', createdAtMs: NOW - 60_000 },
			{ id: ID, externalId: '1042', amount: 1250, createdAtMs: NOW, ...differing },
		],
		settings,
	});
	const program = opened.sandbox.store.get(ID)?.conversion.program.id ?? '';
	return { ...opened, program };
}

/** The status, the content type and the raw body. */
async function raw(client: AxiosInstance, url: string, payload?: object) {
	const config = { transformResponse: (text: unknown) => text };
	const { status, headers, data } =
		payload === undefined
			? await client.get<string>(url, config)
			: await client.post<string>(url, payload, config);
	const type = String(headers['content-type'] ?? '').replace(/;.*/, '');
	return { status, type, text: data };
}

const json = (text: string): unknown => JSON.parse(text);

describe('the rows of a response', () => {
	it.each([
		['iso', '2026-12-01T00:00:00.000Z', '2026-12-31T00:00:00.000Z'],
		['isoWithoutZone', '2026-12-01T00:00:00.000', '2026-12-31T00:00:00.000'],
		['unixSeconds', 1_796_083_200, 1_798_675_200],
	] as const)('have dates as %s', async (dates, created, locked) => {
		const { client } = await openWith({ dates }, { status: 'accepted' });
		const { data } = await client.get<unknown>(LIST);
		expect(data).toMatchObject({
			conversions: {
				data: [
					{
						createdAt: created,
						firstEventAt: created,
						lastEventAt: created,
						lockedAt: locked,
						events: [{ createdAt: created }],
					},
					{ lockedAt: null },
				],
			},
		});
	});

	it('can have an upper-case status, a program that is only an ID, and missing fields', async () => {
		const { client, program } = await openWith({
			statusWords: 'upper',
			bareProgram: true,
			leftOut: ['rule', 'createdAt'],
		});
		const { data } = await client.get<unknown>(`${LIST}?status=pending&limit=1`);
		expect(data).toMatchObject({ conversions: { data: [{ id: ID, status: 'PENDING', program }] } });
		expect(JSON.stringify(data)).not.toContain('"rule"');
	});

	it.each([ID, '1042'])('can have an amount that cannot be read: %s', async (unreadable) => {
		const { client } = await openWith({ unreadable: [unreadable] });
		const { data } = await client.get<unknown>(`${LIST}?limit=1`);
		expect(data).toMatchObject({ conversions: { data: [{ id: ID, amount: '12.50' }] } });
	});

	it('can have any values instead of their own', async () => {
		const shownFields = { status: 'on hold', amount: null, program: 'Shoes' };
		const { client } = await openWith({}, { shownFields });
		const { data } = await client.get<unknown>(`${LIST}?status=pending&limit=1`);
		expect(data).toMatchObject({ conversions: { data: [{ id: ID, ...shownFields }] } });
	});
});

describe('the envelope of a response', () => {
	it('can have a count next to the conversions', async () => {
		const { client } = await openWith({ shape: 'countAndConversions' });
		const row = expect.objectContaining({ externalId: '1042' });
		const expected = { statusCode: 200, count: 2, conversions: { data: [row, row] } };
		expect((await client.get<unknown>(LIST)).data).toEqual(expected);
		expect((await client.get<unknown>(INFO)).data).toEqual(expected);
	});
});

describe('conversions.info', () => {
	it.each([
		['first', { statusCode: 200, conversions: { total: 1, data: [{ id: ID }] } }],
		['object', { statusCode: 200, conversion: { id: ID } }],
		['bareObject', { id: ID, externalId: '1042' }],
	] as const)('can return %s', async (infoAnswer, expected) => {
		const { client } = await openWith({ infoAnswer });
		const { data } = await client.get<unknown>(INFO);
		expect(data).toMatchObject(expected);
	});

	it.each(['first', 'object', 'bareObject'] as const)(
		'returns an empty list if nothing matches, even if it otherwise returns %s',
		async (infoAnswer) => {
			const { client } = await openWith({ infoAnswer });
			expect((await client.get<unknown>(GONE)).data).toEqual({
				statusCode: 200,
				conversions: { total: 0, data: [] },
			});
		},
	);
});

describe('a response if nothing matches', () => {
	it.each([
		{ how: 'empty', status: 200, text: '{"statusCode":200,"conversions":{"total":0,"data":[]}}' },
		{
			how: '404',
			status: 404,
			text: '{"statusCode":404,"error":"Not Found","message":"Conversion not found"}',
		},
		{ how: '204', status: 204, text: '' },
	] as const)('can be $how, for list and info', async ({ how, status, text }) => {
		const { client } = await openWith({ listNotFound: how, infoNotFound: how });
		expect(await raw(client, `${LIST}?externalId=gone`)).toMatchObject({ status, text });
		expect(await raw(client, GONE)).toMatchObject({ status, text });
		expect((await raw(client, LIST)).status).toBe(200);
	});

	it('is an empty page behind the end of the list, whatever the settings', async () => {
		const { client } = await openWith({ listNotFound: '404' });
		expect((await client.get<unknown>(`${LIST}?offset=2`)).data).toEqual({
			statusCode: 200,
			conversions: { total: 2, data: [] },
		});
	});
});

describe('the response to a write', () => {
	const updated = async (settings: SettingsChange) => {
		const { sandbox, client } = await openWith(settings);
		const payload = { id: ID, amount: 1000, reason: 'Partly returned' };
		const answer = await raw(client, '/advertiser/conversions.update', payload);
		return { answer, amount: sandbox.store.get(ID)?.conversion.amount };
	};

	it.each([
		{ writeAnswer: 'status', status: 200, type: 'application/json', text: '{"statusCode":200}' },
		{ writeAnswer: 'empty', status: 200, type: 'text/html', text: '' },
		{ writeAnswer: '204', status: 204, type: '', text: '' },
		{ writeAnswer: 'text', status: 200, type: 'text/plain', text: 'OK' },
	] as const)('can be $writeAnswer', async ({ writeAnswer, ...expected }) => {
		expect(await updated({ writeAnswer })).toEqual({ answer: expected, amount: 1000 });
	});

	it('can be the conversion, as an object or as a list', async () => {
		const { answer } = await updated({ writeAnswer: 'conversion' });
		expect(json(answer.text)).toMatchObject({ conversion: { id: ID, amount: 1000 } });
		const { answer: list } = await updated({ writeAnswer: 'list' });
		expect(json(list.text)).toMatchObject({
			statusCode: 200,
			conversions: { total: 1, data: [{ id: ID, amount: 1000 }] },
		});
	});

	it('can show the conversion before the write', async () => {
		const { answer, amount } = await updated({ writeAnswer: 'before' });
		expect(json(answer.text)).toMatchObject({ statusCode: 200, conversion: { amount: 1250 } });
		expect(amount).toBe(1000);
	});

	it('can say, with status 200, that nothing was done', async () => {
		const { answer, amount } = await updated({ writeAnswer: 'notDone' });
		expect(answer).toMatchObject({ status: 200, text: '{"statusCode":200,"success":false}' });
		expect(amount).toBe(1250);
	});

	it('shows the row as lists do', async () => {
		const { answer } = await updated({ statusWords: 'upper', dates: 'unixSeconds' });
		expect(json(answer.text)).toMatchObject({
			conversion: { status: 'PENDING', createdAt: 1_796_083_200 },
		});
	});
});
