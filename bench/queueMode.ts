/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import * as prettier from 'prettier';
import { installN8n, isN8nInstalled } from '../playground/src/installN8n';
import { buildNodePackage, packNodePackage } from '../playground/src/nodePackage';
import { REPOSITORY } from '../playground/src/places';
import { say, showStep } from '../playground/src/screen';
import { type Batch, batchesOf, dueOf, stateOf } from '../test/e2e/queueMode/batches';
import { type FreshQueueMode, startFreshQueueMode } from '../test/e2e/queueMode/freshQueueMode';
import { type Share, shareOfLimit, wordsOn } from '../test/e2e/queueMode/shareOfLimit';
import { runCommandLine } from './commandLine';
import { percent, seconds, whole } from './report/figures';
import { type Machine, describeMachine } from './surroundings/machine';

const HELP = `Measures how executions of n8n in queue mode share a limit, and writes what was measured into
docs/scaling.md. Needs redis-server and Postgres, as .ci/run installs them; about 12 minutes.

Usage: tsx bench/queueMode.ts [flags]

  --concurrency N   executions at once in each of the two workers; may be repeated (1, 2, 5, 10)
  --limit N         requests per second; may be repeated (50, 100)
  --tarball FILE    the packed node to measure, in place of packing this one
  --help

The page is written only where nothing is left out.
`;

const PAGE = path.join(REPOSITORY, 'docs', 'scaling.md');
const BEGIN = '<!-- measured: npm run bench:queue writes this -->';
const END = '<!-- end of what was measured -->';
const WORKERS = 2;
const EXECUTIONS = 40;
/** Into how few executions the same is cut for comparison, at the concurrency that the page advises. */
const FEWER = [1, 10];
const USUAL = 5;
const ORDERS = 2_000;
const LATENCY_MS = 20;
const CONCURRENCIES = [1, 2, 5, 10];
const LIMITS = [50, 100];
const RUN_TIMEOUT_MS = 600_000;

interface Flags {
	concurrencies: readonly number[];
	limits: readonly number[];
	tarball: string | undefined;
}

/** What came of one measurement. */
interface Row extends Share {
	/** Requests per second. */
	limit: number;
	executions: number;
	/** Executions at once in each worker. */
	concurrency: number;
}

/** @throws {Error} naming the flag that does not fit */
function readFlags(): Flags | undefined {
	const { values } = parseArgs({
		options: {
			concurrency: { type: 'string', multiple: true, default: CONCURRENCIES.map(String) },
			limit: { type: 'string', multiple: true, default: LIMITS.map(String) },
			tarball: { type: 'string' },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return undefined;
	return {
		concurrencies: values.concurrency.map((text) => wholeNumber('concurrency', text)),
		limits: values.limit.map((text) => wholeNumber('limit', text)),
		tarball: values.tarball,
	};
}

function wholeNumber(flag: string, text: string): number {
	if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${flag} takes a number, not "${text}"`);
	return Number(text);
}

async function measureAll(n8n: FreshQueueMode, flags: Flags): Promise<Row[]> {
	const rows: Row[] = [];
	for (const concurrency of flags.concurrencies) {
		const workers = await Promise.all(
			Array.from({ length: WORKERS }, async () => await n8n.startWorker(concurrency)),
		);
		try {
			for (const limit of flags.limits) {
				for (const executions of concurrency === USUAL ? FEWER.concat(EXECUTIONS) : [EXECUTIONS]) {
					const share = await measure(n8n, limit, executions);
					say(`  ${executions} at ${limit}/s, ${concurrency} a worker: ${wordsOn(share)}`);
					rows.push({ ...share, limit, executions, concurrency });
				}
			}
		} finally {
			await Promise.all(workers.map(async (worker) => await worker.stop()));
		}
	}
	return rows;
}

/** @throws {Error} when anything is not as it must be afterwards, or was written twice */
async function measure(n8n: FreshQueueMode, limit: number, executions: number): Promise<Share> {
	const { sandbox } = n8n;
	sandbox.reset();
	sandbox.change({ rateLimit: { perSecond: limit, burst: 'second', retryAfter: 'seconds' } });
	const batches: Batch[] = batchesOf(sandbox, executions, ORDERS / executions);
	const sent = await n8n.send(batches);
	const statuses = [...(await sent.ended(RUN_TIMEOUT_MS)).values()];
	if (statuses.some((status) => status !== 'success')) {
		throw new Error(`The executions ended with ${statuses.join(', ')}`);
	}
	if (!isDeepStrictEqual(stateOf(sandbox, batches), dueOf(batches))) {
		throw new Error('Not all conversions are as was decided, by one write each');
	}
	return shareOfLimit(sandbox.requests.list(), limit);
}

/** What goes between the markers of the page. */
function reportOn(rows: readonly Row[], machine: Machine): string {
	const sorted = [...rows].sort(
		(a, b) => a.limit - b.limit || a.executions - b.executions || a.concurrency - b.concurrency,
	);
	const lines = sorted.map((row) => {
		const { limit, executions, concurrency, reads, writes, limited } = row;
		return [
			`${limit}/s`,
			String(executions),
			`${WORKERS} × ${concurrency}`,
			seconds(row.seconds),
			whole(reads),
			whole(writes),
			`${whole(limited)} (${percent(limited / (reads + writes + limited))})`,
			percent(row.share),
		].join(' | ');
	});
	return `
| limit | executions | at once | time | reads | writes | answered 429 | share of the limit |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${lines.map((line) => `| ${line} |`).join('\n')}

Measured on one machine with ${machine.cores} processor cores and ${machine.memoryGiB} GiB of memory under
${machine.system}, which n8n's main process, both workers, Redis, Postgres and the stand-in for Affilae
shared; n8n ${machine.n8n} on Node.js ${machine.n8nNode}. In the minute before, ${machine.loadBefore.toFixed(1)} processes wanted a core
on average.
`;
}

async function writePage(report: string): Promise<void> {
	const page = await readFile(PAGE, 'utf8');
	const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
	if (before < 0 || after < before) throw new Error(`${PAGE} does not hold both markers`);
	const text = `${page.slice(0, before)}${BEGIN}\n${report}\n${page.slice(after)}`;
	const style = { ...(await prettier.resolveConfig(PAGE)), filepath: PAGE };
	await writeFile(PAGE, await prettier.format(text, style));
}

async function pack(folder: string): Promise<string> {
	await buildNodePackage();
	return await packNodePackage(folder);
}

async function run(flags: Flags): Promise<void> {
	if (!(await isN8nInstalled())) await showStep('Installing n8n', installN8n);
	const scratch = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-bench-'));
	let n8n: FreshQueueMode | undefined;
	try {
		const tarball =
			flags.tarball ?? (await showStep('Packing the node', async () => await pack(scratch)));
		const machine = await describeMachine();
		n8n = await showStep('Starting Redis, Postgres and n8n', async () => {
			return await startFreshQueueMode(tarball, {
				conversions: Math.ceil(ORDERS * 1.1),
				log: 100_000,
				settings: { latencyMs: LATENCY_MS },
			});
		});
		const rows = await measureAll(n8n, flags);
		const report = reportOn(rows, machine);
		say(report);
		const isWhole =
			CONCURRENCIES.every((one) => flags.concurrencies.includes(one)) &&
			LIMITS.every((one) => flags.limits.includes(one));
		if (isWhole) await writePage(report);
		say(isWhole ? 'docs/scaling.md is written.' : 'Not everything was measured: no page.');
	} finally {
		await n8n?.stop();
		await rm(scratch, { recursive: true, force: true });
	}
}

void runCommandLine({ help: HELP, readFlags, run });
