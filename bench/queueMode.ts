/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** Measures how executions of n8n in queue mode share a limit. See `HELP`. */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { say, showStep } from '../playground/src/screen';
import { batchesOf, dueOf, stateOf } from '../test/e2e/queueMode/batches';
import { type FreshQueueMode, startFreshQueueMode } from '../test/e2e/queueMode/freshQueueMode';
import { type Share, shareOfLimit, wordsOn } from '../test/e2e/queueMode/shareOfLimit';
import packOnce from '../test/e2e/packOnce';
import removePack from '../test/e2e/removePack';
import { percent } from './goals';
import { describeMachine, tableOf, writeInto } from './report';

const HELP = `Measures how executions of n8n in queue mode, with two workers, share a limit. Needs redis-server and
Postgres, as .ci/run installs them; about 12 minutes.

Usage: tsx bench/queueMode.ts [flags]

  --write   updates the table in docs/scaling.md
  --help
`;
const HEADS = [
	...['Limit', 'Executions', 'At once', 'Time', 'Reads', 'Writes'],
	...['Answered 429', 'Share of the limit'],
];
const WORKERS = 2;
const ORDERS = 2000;
const LATENCY_MS = 20;
/** Requests per second. */
const LIMITS = [50, 100];
/** Executions at once in each worker, with the numbers of executions that the orders are split into. */
const CUTS: ReadonlyArray<[concurrency: number, executions: readonly number[]]> = [
	[1, [40]],
	[2, [40]],
	[5, [1, 10, 40]],
	[10, [40]],
];
const RUN_TIMEOUT_MS = 600_000;

/** The result of one measurement. */
interface Measurement extends Share {
	/** Requests per second. */
	limit: number;
	executions: number;
	/** Executions at once in each worker. */
	concurrency: number;
}

async function measureAll(n8n: FreshQueueMode): Promise<Measurement[]> {
	const all: Measurement[] = [];
	for (const [concurrency, cuts] of CUTS) {
		const workers = await Promise.all(
			Array.from({ length: WORKERS }, async () => await n8n.startWorker(concurrency)),
		);
		for (const limit of LIMITS) {
			for (const executions of cuts) {
				const share = await measure(n8n, limit, executions);
				say(
					`  ${executions} executions at ${limit}/s, ${concurrency} per worker: ${wordsOn(share)}`,
				);
				all.push({ ...share, limit, executions, concurrency });
			}
		}
		await Promise.all(workers.map(async (worker) => await worker.stop()));
	}
	return all;
}

/** @throws {Error} if a result is wrong, or if anything was written twice */
async function measure(n8n: FreshQueueMode, limit: number, executions: number): Promise<Share> {
	const { sandbox } = n8n;
	sandbox.reset();
	sandbox.change({ rateLimit: { perSecond: limit, burst: 'second', retryAfter: 'seconds' } });
	const batches = batchesOf(sandbox, executions, ORDERS / executions);
	const sent = await n8n.send(batches);
	const statuses = [...(await sent.ended(RUN_TIMEOUT_MS)).values()];
	if (statuses.some((status) => status !== 'success')) {
		throw new Error(`The executions ended with ${statuses.join(', ')}`);
	}
	if (!isDeepStrictEqual(stateOf(sandbox, batches), dueOf(batches))) {
		throw new Error('Some conversions are not as decided, or were written more than once');
	}
	return shareOfLimit(sandbox.requests.list(), limit);
}

function lineOf(row: Measurement): string[] {
	const { limit, executions, concurrency, seconds, reads, writes, limited, share } = row;
	const whole = (count: number) => count.toLocaleString('en');
	return [
		`${limit}/s`,
		String(executions),
		`${WORKERS} × ${concurrency}`,
		`${seconds.toFixed(2)} s`,
		whole(reads),
		whole(writes),
		`${whole(limited)} (${percent(limited / (reads + writes + limited))})`,
		percent(share),
	];
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			write: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) {
		say(HELP);
		return;
	}
	await packOnce();
	const machine = await describeMachine();
	let n8n: FreshQueueMode | undefined;
	try {
		n8n = await showStep('Starting Redis, Postgres and n8n', async () => {
			return await startFreshQueueMode(process.env['E2E_TARBALL'] ?? '', {
				conversions: Math.ceil(ORDERS * 1.1),
				log: 100_000,
				settings: { latencyMs: LATENCY_MS },
			});
		});
		const rows = (await measureAll(n8n)).sort(
			(a, b) => a.limit - b.limit || a.executions - b.executions || a.concurrency - b.concurrency,
		);
		const report = `${tableOf(HEADS, rows.map(lineOf), 'right')}\n\n${machine}`;
		say(`\n${report}`);
		if (values.write) await writeInto('scaling.md', 'npm run bench:queue -- --write', report);
	} finally {
		await n8n?.stop();
		await removePack();
	}
}

main().then(
	() => process.exit(0),
	(error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exit(1);
	},
);
