import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { DEFAULT_TOKEN } from '../../sandbox/server';
import { ask, startSandbox } from './processes';

const costs = z.object({
	rows: z.number(),
	stopped: z.string().optional(),
	peakBytes: z.number(),
	rowBytes: z.number(),
});

test.each([
	{ what: 'simplified', simplify: true, rows: 100_000 },
	// Raw rows are larger and all need the same memory, so fewer rows are enough.
	{ what: 'raw', simplify: false, rows: 10_000 },
])(
	'Return All of $rows conversions, $what, needs at most 1.5 times the memory of the rows',
	async ({ simplify, rows }) => {
		const baseUrl = await startSandbox('--no-orders', '--conversions', String(rows), '--no-log');
		const answer = await ask(
			'memoryProcess.ts',
			{
				parameters: { operation: 'list', returnAll: true, simplify },
				items: [{}],
				credential: { token: DEFAULT_TOKEN, environment: 'custom', baseUrl },
			},
			['--expose-gc'],
		);
		const cost = costs.parse(answer);
		expect(cost.stopped).toBeUndefined();
		expect(cost.rows).toBe(rows);
		expect(cost.peakBytes / cost.rowBytes).toBeLessThanOrEqual(1.5);
	},
	60_000,
);
