/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** Compares the node with the HTTP Request node and a script. See `HELP`. */
import axios from 'axios';
import { parseArgs } from 'node:util';
import { say, showStep } from '../playground/src/screen';
import type { Playground } from '../playground/src/startPlayground';
import { startFreshPlayground } from '../test/e2e/freshPlayground';
import packOnce from '../test/e2e/packOnce';
import removePack from '../test/e2e/removePack';
import { type Job, JOBS } from './jobs';
import { type Figures, measure, measureMemory, type Way } from './measure';
import { describeMachine, type Row, tableOf, writeInto } from './report';
import { cellOf, rowsOf } from './rows';
import { measureInVirtualTime } from './virtualTime';

const WAYS: readonly Way[] = ['http', 'plain', 'ours'];
const VIRTUAL_TIME = 'virtual-time';
const NAMES = [...JOBS.map(({ name }) => name), VIRTUAL_TIME];
const HELP = `Compares the node with n8n's HTTP Request node and a script outside n8n, in a full n8n, against
the sandbox. Takes about 40 minutes; run nothing else meanwhile.

Usage: tsx bench/run.ts [flags]

  --only NAME   one job; repeatable:
                ${NAMES.join('\n                ')}
  --runs N      number of runs (3); the table has their median
  --write       updates the table in docs/performance.md; not with --only
  --help
`;
const HEADS = [
	...['Job', 'Goal', 'HTTP Request node', 'Script', 'This node'],
	...['÷ HTTP Request', '÷ script', 'Goal met'],
];

interface Flags {
	only: readonly string[];
	runs: number;
	write: boolean;
}

/** @throws {Error} that names the invalid flag */
function readFlags(): Flags | undefined {
	const { values } = parseArgs({
		options: {
			only: { type: 'string', multiple: true, default: [] },
			runs: { type: 'string', default: '3' },
			write: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	const { only, runs, write, help } = values;
	if (help) return undefined;
	const unknown = only.find((name) => !NAMES.includes(name));
	if (unknown !== undefined) throw new Error(`--only takes ${NAMES.join(', ')}, not "${unknown}"`);
	if (!/^[1-9]$/.test(runs)) throw new Error(`--runs takes a number from 1 to 9, not "${runs}"`);
	if (write && only.length > 0) throw new Error('--write measures all jobs: leave out --only');
	return { only: only.length > 0 ? only : NAMES, runs: Number(runs), write };
}

/** Measures all runs of a job; each run starts with a different way. */
async function measureJob(job: Job, runs: number, n8ns: readonly Playground[]): Promise<Row[]> {
	say(`${job.title} (${job.name})`);
	const figures: Record<Way, Figures[][]> = { http: [], plain: [], ours: [] };
	for (let run = 0; run < runs; run += 1) {
		const first = run % WAYS.length;
		for (const way of [...WAYS.slice(first), ...WAYS.slice(0, first)]) {
			const rounds = await measure(job, way, n8ns);
			figures[way].push(rounds);
			say(`  ${way}: ${rounds.map((round) => cellOf(job, round)).join('; again: ')}`);
		}
	}
	return rowsOf(job, figures, job.memory ? await measureMemory(job) : undefined);
}

/** Code that is loaded and compiled at the first call in a process must not count for any job. */
async function warmUp(n8ns: readonly Playground[]): Promise<void> {
	const job: Job = {
		...{ name: 'warm-up', title: 'Warm-up', work: 'accept', count: 200, conversions: 200 },
		...{ executions: n8ns.length, processes: n8ns.length, goals: [] },
	};
	await measure(job, 'http', n8ns);
	await measure(job, 'ours', n8ns);
}

/** @param rows receives the rows of each finished job, so that they are kept if a later job fails */
async function measureJobs(jobs: readonly Job[], runs: number, rows: Row[]): Promise<void> {
	const n8ns: Playground[] = [];
	try {
		await packOnce();
		const processes = Math.max(...jobs.map((job) => job.processes ?? 1));
		await showStep(`Starting n8n (${processes})`, async () => {
			while (n8ns.length < processes) n8ns.push(await startFreshPlayground());
			await warmUp(n8ns);
		});
		for (const job of jobs) rows.push(...(await measureJob(job, runs, n8ns)));
	} finally {
		await Promise.all(n8ns.map(async (n8n) => await n8n.stop()));
		await removePack();
	}
}

function cellsOf({ job, goal, http, plain, ours, overHttp, overPlain, met }: Row): string[] {
	return [job, goal, http, plain, ours, overHttp, overPlain, met];
}

async function main(): Promise<void> {
	const flags = readFlags();
	if (flags === undefined) {
		say(HELP);
		return;
	}
	const { only, runs, write } = flags;
	const machine = await describeMachine();
	const counted = runs === 1 ? 'One run.' : `The median of ${runs} runs.`;
	const jobs = JOBS.filter(({ name }) => only.includes(name));
	const rows: Row[] = [];
	const report = () => `${tableOf(HEADS, rows.map(cellsOf), 'left')}\n\n${counted} ${machine}`;
	try {
		if (jobs.length > 0) await measureJobs(jobs, runs, rows);
		if (only.includes(VIRTUAL_TIME)) rows.push(...(await measureInVirtualTime()));
	} finally {
		say(`\n${report()}`);
	}
	if (write) await writeInto('performance.md', 'npm run bench -- --write', report());
}

main().then(
	() => process.exit(0),
	(error: unknown) => {
		const answer: unknown = axios.isAxiosError(error) ? error.response?.data : undefined;
		process.stderr.write(
			`${String(error)} ${answer === undefined ? '' : JSON.stringify(answer)}\n`,
		);
		process.exit(1);
	},
);
