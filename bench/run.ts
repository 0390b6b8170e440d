/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { holdTemporaryFolder } from '../playground/src/folderLock';
import { installN8n, isN8nInstalled } from '../playground/src/installN8n';
import { buildNodePackage, packNodePackage } from '../playground/src/nodePackage';
import { say, showStep } from '../playground/src/screen';
import { runCommandLine } from './commandLine';
import { measureAccept } from './accept/measureAccept';
import { measureList } from './list/measureList';
import { measureOrders } from './orders/measureOrders';
import type { Results } from './report/results';
import { goalsOf } from './report/goals';
import { asText } from './report/table';
import { tablesOf } from './report/tables';
import { writePage } from './report/page';
import { describeMachine } from './surroundings/machine';
import type { Place } from './surroundings/place';
import { type Limit, startSandboxProcess } from './surroundings/sandboxProcess';
import { WholeN8n } from './surroundings/wholeN8n';

const HELP = `Measures the node against other ways to do the same, in a whole n8n, and writes
docs/performance.md. Linux only; about 20 minutes.

Usage: tsx bench/run.ts [flags]

  --only PART   accept-10, accept-100, accept-none, orders or list; may be repeated
  --runs N      how often each is measured (3)
  --items N     conversions to accept (500)
  --rows N      conversions to list (20000)
  --no-build    take dist as it is
  --help

The page is written only where nothing is left out or made smaller.
`;

const LIMITS: readonly Limit[] = [10, 100, null];
/** Orders to adjust, and how many conversions are pending meanwhile. */
const ORDERS = 200;
const PENDING_BESIDE = 1000;

const PARTS = [...LIMITS.map(acceptPart), 'orders', 'list'];

interface Flags {
	only: readonly string[];
	runs: number;
	items: number;
	rows: number;
	build: boolean;
}

function acceptPart(limit: Limit): string {
	return `accept-${limit ?? 'none'}`;
}

/** @throws {Error} naming the flag that does not fit */
function readFlags(): Flags | undefined {
	const { values } = parseArgs({
		options: {
			only: { type: 'string', multiple: true, default: [] },
			runs: { type: 'string', default: '3' },
			items: { type: 'string', default: '500' },
			rows: { type: 'string', default: '20000' },
			'no-build': { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return undefined;
	const unknown = values.only.find((part) => !PARTS.includes(part));
	if (unknown !== undefined) throw new Error(`--only takes ${PARTS.join(', ')}, not "${unknown}"`);
	return {
		only: values.only.length > 0 ? values.only : PARTS,
		runs: wholeNumber('runs', values.runs),
		items: wholeNumber('items', values.items),
		rows: wholeNumber('rows', values.rows),
		build: !values['no-build'],
	};
}

function wholeNumber(flag: string, text: string): number {
	if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`--${flag} takes a number, not "${text}"`);
	return Number(text);
}

async function measure(n8n: WholeN8n, scratch: string, flags: Flags): Promise<Results> {
	const { only, runs, items, rows } = flags;
	const tell = (line: string) => say(`  ${line}`);
	const withSandbox = async <T>(
		conversions: number,
		act: (place: Place) => Promise<T>,
	): Promise<T> => {
		const sandbox = await startSandboxProcess(conversions);
		try {
			const credential = await n8n.storeCredential(sandbox.url, sandbox.token);
			return await act({ n8n, sandbox, credential, scratch });
		} finally {
			await sandbox.stop();
		}
	};

	const results: Results = { machine: await describeMachine(), items, rows, runs, accept: [] };
	await withSandbox(items, async (place) => {
		for (const limit of LIMITS.filter((one) => only.includes(acceptPart(one)))) {
			say(`Accept ${items}, ${limit === null ? 'no limit' : `limit ${limit}/s`}`);
			results.accept.push({ limit, rivals: await measureAccept(place, limit, runs, tell) });
		}
	});
	if (only.includes('orders')) {
		say(`Adjust ${ORDERS} orders by order id`);
		const rivals = await withSandbox(PENDING_BESIDE, async (place) => {
			return await measureOrders(place, ORDERS, runs, tell);
		});
		results.orders = { orders: ORDERS, pending: PENDING_BESIDE, rivals };
	}
	if (only.includes('list')) {
		say(`List ${rows}`);
		results.list = await withSandbox(rows, async (place) => await measureList(place, runs, tell));
	}
	return results;
}

async function run(flags: Flags): Promise<void> {
	if (process.platform !== 'linux') throw new Error('The measurements read /proc: Linux only');
	if (!(await isN8nInstalled())) await showStep('Installing n8n', installN8n);
	if (flags.build) await showStep('Building the node', async () => await buildNodePackage());

	const scratch = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-bench-'));
	const held = await holdTemporaryFolder();
	let n8n: WholeN8n | undefined;
	try {
		const tarball = await packNodePackage(scratch);
		n8n = await showStep('Starting n8n', async () => await WholeN8n.start(held.folder, tarball));
		const results = await measure(n8n, scratch, flags);
		for (const table of tablesOf(results)) say(`\n${asText(table)}`);
		say();
		for (const { text, measured, isMet, missedBy } of goalsOf(results)) {
			say(`${text}: ${measured}, ${isMet ? 'met' : `missed by ${missedBy}`}`);
		}
		const isWhole =
			PARTS.every((part) => flags.only.includes(part)) &&
			flags.runs >= 3 &&
			flags.items === 500 &&
			flags.rows === 20_000;
		if (isWhole) await writePage(results);
		say(isWhole ? 'docs/performance.md is written.' : 'Not everything was measured: no page.');
	} finally {
		await n8n?.stop();
		await held.release();
		await rm(scratch, { recursive: true, force: true });
	}
}

void runCommandLine({ help: HELP, readFlags, run });
