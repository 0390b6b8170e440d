import { expect, test } from '@jest/globals';
import axios from 'axios';
import { z } from 'zod';
import { DEFAULT_TOKEN } from '../../sandbox/server';
import { NAMED } from '../bulk/namedBy';
import { ask, startSandbox } from './processes';

const EACH = 400;
const PER_SECOND = 40;

const state = z.object({
	rows: z.array(z.object({ id: z.string(), program: z.string(), status: z.string() })),
	writes: z.number(),
});
const log = z.object({
	requests: z.array(z.object({ atMs: z.number(), status: z.number().nullable() })),
});
const list = z.object({
	conversions: z.object({
		data: z.array(z.object({ id: z.string(), program: z.object({ id: z.string() }) })),
	}),
});

test('two engines in two processes share a limit through its 429s: both finish, nothing is done twice, and little of the limit is unused', async () => {
	const baseUrl = await startSandbox(
		...['--no-orders', '--conversions', String(2 * EACH), '--status', 'pending'],
		...['--page-cap', '1000'],
	);
	const client = axios.create({ baseURL: baseUrl });
	const { data: listed } = await client.get('/advertiser/conversions.list', {
		params: { limit: 2 * EACH },
		headers: { authorization: `Bearer ${DEFAULT_TOKEN}` },
	});
	const items = list
		.parse(listed)
		.conversions.data.map(({ id, program }) => ({ id, program: program.id }));
	await client.post('/sandbox/reset');
	await client.put('/sandbox/settings', {
		rateLimit: { perSecond: PER_SECOND, burst: 'second', retryAfter: 'seconds' },
	});

	const answers = await Promise.all(
		[items.slice(0, EACH), items.slice(EACH)].map(
			async (half) =>
				await ask('engineProcess.ts', {
					parameters: { operation: 'accept', ...NAMED.id },
					items: half,
					credential: { token: DEFAULT_TOKEN, environment: 'custom', baseUrl },
				}),
		),
	);

	const allAccepted = { outcomes: Array.from({ length: EACH }, () => 'accepted') };
	expect(answers).toEqual([allAccepted, allAccepted]);
	const { data: shown } = await client.get('/sandbox/state', { params: { limit: 1000 } });
	const { rows, writes } = state.parse(shown);
	expect(rows.filter(({ status }) => status === 'accepted')).toHaveLength(2 * EACH);
	expect(writes).toBe(2 * EACH);

	const { data: logged } = await client.get('/sandbox/requests');
	const { requests } = log.parse(logged);
	const granted = requests.filter(({ status }) => status === 200);
	const seconds = ((granted.at(-1)?.atMs ?? 0) - (granted[0]?.atMs ?? 0)) / 1000;
	// The node looks up conversions by ID in a few pages of the list.
	const pages = granted.length - 2 * EACH;
	expect(pages).toBeGreaterThan(0);
	expect(pages).toBeLessThan(40);
	// The limit allows one second's worth at the start, and then its rate.
	expect(granted.length / (PER_SECOND + PER_SECOND * seconds)).toBeGreaterThan(0.6);
}, 60_000);
