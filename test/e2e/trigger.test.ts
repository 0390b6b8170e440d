/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Execution, N8nClient } from '../../playground/src/n8nClient';
import { startN8n } from '../../playground/src/n8nProcess';
import { runCommand } from '../../playground/src/processGroup';
import { OWNER, type Playground } from '../../playground/src/startPlayground';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { until } from './until';
import { pollsIn, TRIGGER, watchingWorkflow } from './watchingWorkflow';

const WORKFLOW_ID = 'watches-conversions';
const PAGE = 100;
const QUIET_MS = 1000;
const STEP_TIMEOUT_MS = 120_000;
const RESTART_TIMEOUT_MS = 240_000;

/** The leader of the group of processes that n8n runs in, which this process has started. */
async function leaderOfN8n(): Promise<number> {
	const columns = 'pid=,ppid=,args=';
	const processes = await runCommand('ps', ['-A', '-ww', '-o', columns], { cwd: '/' });
	const leaders = processes.split('\n').flatMap((line) => {
		const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
		const isN8n = Number(parent) === process.pid && /n8n start\s*$/.test(command ?? '');
		return isN8n ? [Number(pid)] : [];
	});
	const [leader, another] = leaders;
	if (leader === undefined || another !== undefined) {
		throw new Error(`${leaders.length} n8n run for this test, not one`);
	}
	return leader;
}

describe('the trigger in a full n8n', () => {
	let playground: Playground;
	let n8n: Playground['n8n'];
	/** The events that the executions so far must contain, each with its conversion. */
	const due: string[] = [];
	/** The executions that were started manually. */
	const byHand = new Set<string>();

	beforeAll(async () => {
		playground = await startFreshPlayground({ orders: false, conversions: 250 });
		({ n8n } = playground);
		await playground.store(WORKFLOW_ID, watchingWorkflow());
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await n8n?.stop();
		await playground?.stop();
	});

	function add(conversion: Parameters<Playground['sandbox']['addConversion']>[0] = {}): string {
		const { id } = playground.sandbox.addConversion(conversion);
		due.push(`created ${id}`);
		return id;
	}

	function entryOf(id: string) {
		const entry = playground.sandbox.store.get(id);
		if (entry === undefined) throw new Error(`The sandbox holds no conversion ${id}`);
		return entry;
	}

	/** Accepts a conversion that the trigger has not seen yet: only its creation must be emitted. */
	function acceptUntold(id: string): void {
		playground.sandbox.store.accept(entryOf(id));
	}

	/** Changes in Affilae to a conversion that the trigger has seen. */
	function atAffilae(id: string) {
		const { store } = playground.sandbox;
		const entry = entryOf(id);
		return {
			accept: () => {
				store.accept(entry);
				due.push(`statusChanged ${id}`);
			},
			refuse: () => {
				store.refuse(entry, 'Order returned');
				due.push(`statusChanged ${id}`);
			},
			lower: (amountCents: number) => {
				store.update(entry, amountCents, 'Part returned');
				due.push(`amountChanged ${id}`);
			},
		};
	}

	/** Pending conversions that existed before the workflow was published, oldest first. */
	function oldPending(): string[] {
		const untouched = ({ id }: { id: string }) => !due.some((key) => key.endsWith(id));
		const pending = playground.sandbox.store.all().filter(({ status }) => status === 'pending');
		return pending.filter(untouched).map(({ id }) => id);
	}

	/** Waits for one whole poll from now on, and the start of the next one. */
	async function nextPolls(): Promise<void> {
		const before = pollsIn(playground.sandbox);
		await until('two polls', STEP_TIMEOUT_MS, () =>
			pollsIn(playground.sandbox) >= before + 2 ? true : undefined,
		);
	}

	/** Waits until Affilae receives no requests, so that one poll finds the changes that follow. */
	async function betweenPolls(): Promise<void> {
		await nextPolls();
		let before = -1;
		await until('a pause', STEP_TIMEOUT_MS, async () => {
			before = playground.sandbox.requests.total;
			await wait(QUIET_MS);
			return playground.sandbox.requests.total === before ? true : undefined;
		});
	}

	/** The executions that the trigger started, and those that record failed polls. */
	async function executions() {
		const all = (await n8n.client.executionsOf(WORKFLOW_ID)).filter(({ id }) => !byHand.has(id));
		return {
			started: all.filter(({ status }) => status === 'success'),
			failed: all.filter(({ status }) => status === 'error'),
			others: all.filter(({ status }) => status !== 'success' && status !== 'error'),
		};
	}

	function told(started: readonly Execution[]): string[] {
		return started.flatMap((execution) =>
			execution.items('After').map(({ event, id }) => `${String(event)} ${String(id)}`),
		);
	}

	/** Waits until all expected events are emitted, and for one more poll, which would reveal duplicates. */
	async function allIsTold(): Promise<Execution[]> {
		await until('all events are told', STEP_TIMEOUT_MS, async () =>
			told((await executions()).started).length >= due.length ? true : undefined,
		);
		await nextPolls();
		const { started, others } = await executions();
		expect(told(started).sort()).toEqual([...due].sort());
		expect(others).toEqual([]);
		return started;
	}

	/** Kills n8n like a power cut: neither n8n nor the trigger can save anything. */
	async function kill(leader?: number): Promise<void> {
		process.kill(-(leader ?? (await leaderOfN8n())), 'SIGKILL');
		await n8n.ended;
		await expect(fetch(`${n8n.url}/healthz`)).rejects.toThrow();
	}

	async function startAgain(): Promise<void> {
		const { url, logFile } = n8n;
		const port = Number(new URL(url).port);
		const started = await startN8n(path.dirname(logFile), port);
		expect(started.url).toBe(url);
		const client = new N8nClient(started.url);
		await client.signIn(OWNER);
		n8n = { ...started, client };
	}

	test(
		'starts nothing for conversions that exist when the workflow is published',
		async () => {
			expect(await n8n.client.publish(WORKFLOW_ID)).toEqual({ status: 'published', errors: [] });
			await nextPolls();
			expect(await executions()).toEqual({ started: [], failed: [], others: [] });
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'starts one execution per poll with each new conversion once, also if they are simultaneous or fill a page',
		async () => {
			await betweenPolls();
			const createdAtMs = Date.now();
			const twins = [add({ createdAtMs }), add({ createdAtMs })];
			for (let made = twins.length; made < PAGE + 20; made += 1) add();
			const started = await allIsTold();
			expect(started.map((execution) => execution.items(TRIGGER).length)).toEqual([PAGE + 20]);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'emits each decided or lowered conversion once with its previous value, both old and new ones',
		async () => {
			const before = (await executions()).started.length;
			await betweenPolls();
			const [accepted = '', refused = '', lowered = ''] = oldPending();
			const fresh = due[0]?.split(' ')[1] ?? '';
			const { amount = NaN } = playground.sandbox.store.get(lowered)?.conversion ?? {};
			atAffilae(accepted).accept();
			atAffilae(refused).refuse();
			atAffilae(lowered).lower(120);
			atAffilae(fresh).lower(110);
			atAffilae(fresh).accept();
			const started = await allIsTold();
			expect(started).toHaveLength(before + 1);
			const items = started.at(-1)?.items(TRIGGER) ?? [];
			expect(items).toContainEqual(
				expect.objectContaining({ id: refused, status: 'refused', previousStatus: 'pending' }),
			);
			expect(items).toContainEqual(
				expect.objectContaining({ id: lowered, amount: 1.2, previousAmount: amount / 100 }),
			);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'shows at most five recent conversions in a manual test, without an effect on the published workflow',
		async () => {
			await betweenPolls();
			const stored = await n8n.client.staticData(WORKFLOW_ID);
			const manual = await n8n.client.run(WORKFLOW_ID, TRIGGER);
			const shown = manual.items(TRIGGER).map(({ id }) => id);
			const newest = playground.sandbox.store.all().reverse();
			expect([manual.status, shown.length]).toEqual(['success', 5]);
			expect(newest.slice(0, 5).map(({ id }) => id)).toEqual(expect.arrayContaining(shown));
			expect(Object.keys(stored)).toEqual(['node:When something happens']);
			expect(await n8n.client.staticData(WORKFLOW_ID)).toEqual(stored);
			byHand.add(manual.id);
			await allIsTold();
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'emits once what happened while n8n was down, and emits nothing again',
		async () => {
			const before = (await executions()).started.length;
			// What polls without events keep is only in the memory of n8n, and is lost with it.
			await betweenPolls();
			await kill();
			const createdAtMs = Date.now();
			const [, twin = ''] = [add({ createdAtMs }), add({ createdAtMs })];
			const decided = add();
			const [old = '', older = ''] = oldPending();
			acceptUntold(decided);
			atAffilae(old).accept();
			atAffilae(older).lower(105);
			await startAgain();
			expect(await allIsTold()).toHaveLength(before + 1);
			atAffilae(twin).refuse();
			expect(await allIsTold()).toHaveLength(before + 2);
		},
		RESTART_TIMEOUT_MS,
	);

	test(
		'survives a kill during a poll and a start while Affilae is down, says so, and catches up',
		async () => {
			const { sandbox } = playground;
			const before = (await executions()).started.length;
			const leader = await leaderOfN8n();
			await betweenPolls();
			const begun = pollsIn(playground.sandbox);
			sandbox.change({ latencyMs: 1000 });
			add();
			const [old = ''] = oldPending();
			atAffilae(old).refuse();
			await until('a poll', STEP_TIMEOUT_MS, () =>
				pollsIn(playground.sandbox) > begun ? true : undefined,
			);
			await kill(leader);
			sandbox.change({ latencyMs: 0 });
			sandbox.faults.set([{ kind: '503', rate: 1 }]);
			await startAgain();
			await until('a word in the log', STEP_TIMEOUT_MS, async () =>
				/Nothing is lost/.test(await readFile(n8n.logFile, 'utf8')) ? true : undefined,
			);
			add();
			const { failed, started } = await until('a poll in vain', STEP_TIMEOUT_MS, async () => {
				const found = await executions();
				return found.failed.length > 0 ? found : undefined;
			});
			expect(started).toHaveLength(before);
			expect(failed[0]?.error?.message).toMatch(/Nothing is lost/);
			expect((await n8n.client.publication(WORKFLOW_ID)).status).toBe('published');
			sandbox.faults.clear();
			expect(await allIsTold()).toHaveLength(before + 1);
		},
		RESTART_TIMEOUT_MS,
	);
});
