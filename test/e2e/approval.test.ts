import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { TO_CHECK } from '../../playground/src/dataTables';
import { withDryRunOff, workflowIdOf } from '../../playground/src/exampleWorkflows';
import type { Execution, Workflow } from '../../playground/src/n8nClient';
import type { Playground } from '../../playground/src/startPlayground';
import { PROGRAMS } from '../../sandbox/programs';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { until } from './until';

const EXAMPLE = 'large-conversion-approval';
const WORKFLOW_ID = workflowIdOf(EXAMPLE);
/** The example polls once a minute here. */
const STEP_TIMEOUT_MS = 150_000;

/** A question to a person: the conversion and the link to the form. */
interface Question {
	executionId: string;
	conversionId: string;
	link: string;
	text: string;
}

/** An answer of the form, in the order of its fields. */
type Answer = readonly string[];

/** Posts the form as the page in a browser does. */
async function post(link: string, answer: Answer): Promise<number> {
	const body = new FormData();
	answer.forEach((value, index) => body.append(`field-${index}`, value));
	return (await fetch(link, { method: 'POST', body })).status;
}

describe('the example "A large conversion goes to a person for a yes or no" in a full n8n', () => {
	let playground: Playground;
	const asked = new Set<string>();

	beforeAll(async () => {
		playground = await startFreshPlayground({ conversions: 400 });
		await playground.store(WORKFLOW_ID, await realExample());
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	/** The example with Dry Run off, asking Affilae as often as n8n can. */
	async function realExample(): Promise<Workflow> {
		const value = await playground.n8n.client.saveDataTable(TO_CHECK);
		const workflow = playground.examples.find(({ name }) => name === EXAMPLE)?.workflow;
		if (workflow === undefined) throw new Error(`There is no example "${EXAMPLE}"`);
		const real = withDryRunOff(workflow, ['Accept', 'Refuse']);
		const pollTimes = { item: [{ mode: 'everyMinute' }] };
		// Chosen from the list, as n8n 1 requires.
		const changes: Readonly<Record<string, object>> = {
			'A large conversion': { pollTimes },
			'Affilae: to check': { dataTableId: { __rl: true, mode: 'list', value } },
		};
		return {
			...real,
			nodes: real.nodes.map((node) => ({
				...node,
				parameters: { ...z.record(z.unknown()).parse(node.parameters), ...changes[node.name] },
			})),
		};
	}

	async function executions(): Promise<Execution[]> {
		return await playground.n8n.client.executionsOf(WORKFLOW_ID);
	}

	/** Waits for this number of new questions. */
	async function questions(count: number): Promise<Question[]> {
		return await until(`${count} questions`, STEP_TIMEOUT_MS, async () => {
			const waiting = (await executions()).filter(
				({ id, status }) => status === 'waiting' && !asked.has(id),
			);
			if (waiting.length < count) return undefined;
			return waiting.map((execution) => {
				asked.add(execution.id);
				const sent = z.object({ link: z.string(), text: z.string() });
				const [conversion] = execution.items('Asked about one');
				const [{ link, text } = { link: '', text: '' }] = z
					.array(sent)
					.parse(execution.items('What to send'));
				return { executionId: execution.id, conversionId: String(conversion?.['id']), link, text };
			});
		});
	}

	/** The question about a conversion. */
	function about(all: readonly Question[], { id }: { id: string }): Question {
		const question = all.find(({ conversionId }) => conversionId === id);
		if (question === undefined) throw new Error(`Nobody was asked about ${id}`);
		return question;
	}

	/** Answers in the form behind the link, and waits for the end of the execution. */
	async function give({ executionId, link }: Question, answer: Answer): Promise<Execution> {
		expect(await post(link, answer)).toBe(200);
		return await until('the end of the execution', STEP_TIMEOUT_MS, async () =>
			(await executions()).find(({ id, status }) => id === executionId && status === 'success'),
		);
	}

	/** The status of a conversion and its writes. */
	function stateOf({ id }: { id: string }) {
		const entry = playground.sandbox.store.get(id);
		return { status: entry?.conversion.status, writes: entry?.writes };
	}

	describe('published', () => {
		let dear: { id: string };
		let dearest: { id: string };
		let gone: { id: string };
		let unclear: { id: string };
		/** Without an order, as a bonus. */
		let bonuses: Array<{ id: string }>;
		let paidBonus: { id: string };
		let lockedMeanwhile: { id: string };
		let inTwoPrograms: Array<{ id: string }>;
		let trackedTwice: Array<{ id: string }>;
		let byTwoRules: Array<{ id: string }>;
		let all: Question[];

		beforeAll(async () => {
			const { sandbox, n8n } = playground;
			const { status } = await n8n.client.publish(WORKFLOW_ID);
			expect(status).toBe('published');
			sandbox.addConversion({ amount: 49_999 });
			sandbox.addConversion({ amount: 90_000, status: 'accepted' });
			dear = sandbox.addConversion({ externalId: 'dear', amount: 50_000 });
			dearest = sandbox.addConversion({ externalId: 'dearest', amount: 81_235 });
			gone = sandbox.addConversion({ amount: 70_000 });
			unclear = sandbox.addConversion({ amount: 60_000 });
			bonuses = [51_000, 52_000].map((amount) =>
				sandbox.addConversion({ externalId: null, amount }),
			);
			paidBonus = sandbox.addConversion({ externalId: null, amount: 53_000 });
			lockedMeanwhile = sandbox.addConversion({ externalId: 'locked', amount: 61_000 });
			inTwoPrograms = PROGRAMS.slice(0, 2).map(({ id: program }) =>
				sandbox.addConversion({ externalId: 'twice', program, amount: 62_000 }),
			);
			const [{ id: program }] = PROGRAMS;
			trackedTwice = [1, 2].map(() =>
				sandbox.addConversion({ externalId: 'reloaded', program, amount: 63_000 }),
			);
			byTwoRules = ['Voucher sites', 'Lighting'].map((rule) =>
				sandbox.addConversion({ externalId: 'two rules', program, rule, amount: 64_000 }),
			);
			all = await questions(14);
		}, STEP_TIMEOUT_MS);

		test('asks about each new pending conversion of 500 or more separately, and changes nothing before an answer', () => {
			expect(all.map(({ conversionId }) => conversionId).sort()).toEqual(
				[
					dear,
					dearest,
					gone,
					unclear,
					...bonuses,
					paidBonus,
					lockedMeanwhile,
					...inTwoPrograms,
					...trackedTwice,
					...byTwoRules,
				]
					.map(({ id }) => id)
					.sort(),
			);
			expect(new Set(all.map(({ link }) => link)).size).toBe(14);
			expect(playground.sandbox.store.writes).toEqual([]);
		});

		test('the form shows order, amount, commission, program and rule, and offers yes, no and a reason', async () => {
			const page = await (await fetch(about(all, dearest).link)).text();
			expect(page).toContain('Accept this conversion?');
			expect(page).toMatch(/Order dearest of customer \d+: 812\.35 [A-Z]{3}\. Commission: \d/);
			expect(page).toMatch(/ Program [0-9a-f]{24}, commission rule \w[^.]*\. Created on /);
			expect(page).toMatch(/<option[^>]*>\s*Yes\s*<[\s\S]*<option[^>]*>\s*No\s*</);
			expect(page).toContain('Reason');
		});

		test('opens the form to nobody without the whole link', async () => {
			const { origin, pathname } = new URL(about(all, dear).link);
			expect((await fetch(origin + pathname)).status).toBe(401);
			expect(await post(origin + pathname, ['Yes', ''])).toBe(401);
			expect(stateOf(dear)).toEqual({ status: 'pending', writes: [] });
		});

		test('a no refuses the conversion with the given reason', async () => {
			const reason = 'The customer asked for the money back';
			const { items } = await give(about(all, dearest), ['No', reason]);
			expect(items('Done')).toEqual([
				expect.objectContaining({ id: dearest.id, outcome: 'refused', changed: true }),
			]);
			expect(stateOf(dearest)).toEqual({
				status: 'refused',
				writes: [{ id: dearest.id, action: 'refuse', reason }],
			});
			expect(stateOf(dear).status).toBe('pending');
		});

		test('a yes accepts the conversion, and the same link does nothing a second time', async () => {
			const question = about(all, dear);
			await give(question, ['Yes', '']);
			await post(question.link, ['No', 'Changed my mind']);
			expect(stateOf(dear)).toEqual({
				status: 'accepted',
				writes: [{ id: dear.id, action: 'accept' }],
			});
		});

		test('a yes to a conversion that was refused in Affilae meanwhile is left for a person', async () => {
			const { store } = playground.sandbox;
			const entry = store.get(gone.id);
			if (entry === undefined) throw new Error('The conversion is gone');
			store.refuse(entry, 'Order cancelled');
			const { items } = await give(about(all, gone), ['Yes', '']);
			expect(items('Done')).toEqual([]);
			expect(items('A person decides')).toEqual([
				{
					orderId: entry.conversion.externalId,
					conversionId: gone.id,
					amount: `700 ${entry.conversion.currency}`,
					answer: 'Yes',
					why: expect.stringMatching(/^The conversion was refused before you answered$/),
				},
			]);
			expect(stateOf(gone).status).toBe('refused');
		});

		test('an answer that is neither yes nor no is left for a person, and the conversion stays pending', async () => {
			const { items } = await give(about(all, unclear), ['', '']);
			expect(items('A person decides')).toEqual([
				expect.objectContaining({
					conversionId: unclear.id,
					why: 'The answer was neither yes nor no',
				}),
			]);
			expect(stateOf(unclear)).toEqual({ status: 'pending', writes: [] });
		});

		test('a yes accepts only the conversion in the form, if the order is in two programs', async () => {
			const [shown, other] = inTwoPrograms;
			if (shown === undefined || other === undefined) throw new Error('There are not two');
			await give(about(all, shown), ['Yes', '']);
			expect(stateOf(shown)).toEqual({
				status: 'accepted',
				writes: [{ id: shown.id, action: 'accept' }],
			});
			expect(stateOf(other)).toEqual({ status: 'pending', writes: [] });
		});

		test('a yes accepts only the conversion in the form, if two rules tracked the order', async () => {
			const [shown, other] = byTwoRules;
			if (shown === undefined || other === undefined) throw new Error('There are not two');
			const { items } = await give(about(all, shown), ['Yes', '']);
			expect(items('Done')).toEqual([
				expect.objectContaining({ id: shown.id, outcome: 'accepted', changed: true }),
			]);
			expect(items('A person decides')).toEqual([]);
			expect(stateOf(other)).toEqual({ status: 'pending', writes: [] });
		});

		test('a yes accepts a conversion without an order ID, such as a bonus', async () => {
			await give(about(all, paidBonus), ['Yes', '']);
			expect(stateOf(paidBonus)).toEqual({
				status: 'accepted',
				writes: [{ id: paidBonus.id, action: 'accept' }],
			});
		});

		test('a yes accepts neither of two conversions of one rule, and a no refuses the one in the form', async () => {
			const [one, other] = trackedTwice;
			if (one === undefined || other === undefined) throw new Error('There are not two');
			const { items } = await give(about(all, one), ['Yes', '']);
			expect(items('Done')).toEqual([]);
			expect(items('A person decides')).toEqual([
				expect.objectContaining({
					orderId: 'reloaded',
					conversionId: one.id,
					answer: 'Yes',
					why: expect.stringMatching(/several conversions of the same commission rule/),
				}),
			]);
			for (const conversion of [one, other]) {
				expect(stateOf(conversion)).toEqual({ status: 'pending', writes: [] });
			}
			await give(about(all, other), ['No', 'Tracked twice']);
			expect(stateOf(one)).toEqual({ status: 'pending', writes: [] });
			expect(stateOf(other)).toEqual({
				status: 'refused',
				writes: [{ id: other.id, action: 'refuse', reason: 'Tracked twice' }],
			});
		});

		test('each conversion that cannot be decided is one row of the table "Affilae: to check", and none is accepted', async () => {
			const { store } = playground.sandbox;
			const locked = store.get(lockedMeanwhile.id);
			if (locked === undefined) throw new Error('The conversion is gone');
			locked.conversion.isLocked = true;
			locked.conversion.lockedAt = new Date(Date.now() - 60_000).toISOString();
			for (const bonus of bonuses) await give(about(all, bonus), ['', '']);
			const { items } = await give(about(all, lockedMeanwhile), ['Yes', '']);
			expect(items('Done')).toEqual([]);
			const rows = await playground.n8n.client.rowsOf(TO_CHECK.name);
			const orderOf = ({ id }: { id: string }) => store.get(id)?.conversion.externalId;
			const inTable = rows.map(({ order_id: orderId, why }) => [orderId, why]);
			expect(inTable).toHaveLength(6);
			expect(inTable).toEqual(
				expect.arrayContaining([
					[orderOf(gone), 'The conversion was refused before you answered'],
					[orderOf(unclear), 'The answer was neither yes nor no'],
					...bonuses.map(({ id }) => [`Conversion ${id}`, 'The answer was neither yes nor no']),
					['locked', expect.stringMatching(/locked/)],
					['reloaded', expect.stringMatching(/several conversions of the same commission rule/)],
				]),
			);
			expect(stateOf(gone).status).toBe('refused');
			for (const conversion of [unclear, ...bonuses, lockedMeanwhile]) {
				expect(stateOf(conversion)).toEqual({ status: 'pending', writes: [] });
			}
		});
	});

	test(
		'asks about recent conversions if it is run manually, and refuses after a no without a reason',
		async () => {
			const { n8n, sandbox } = playground;
			const run = await n8n.client.run(WORKFLOW_ID, 'A large conversion');
			const shown = run.items('A large conversion').map(({ id }) => String(id));
			expect(run.status).toBe('success');
			expect(shown.length).toBeGreaterThan(0);
			const all = await questions(shown.length);
			expect(all.map(({ conversionId }) => conversionId).sort()).toEqual([...shown].sort());
			const [question] = all;
			if (question === undefined) throw new Error('Nobody was asked');
			await give(question, ['No', '']);
			expect(sandbox.store.get(question.conversionId)?.writes).toEqual([
				{ id: question.conversionId, action: 'refuse', reason: 'Refused after a check by hand' },
			]);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'leaves a conversion pending and for a person if nobody answers within the time limit',
		async () => {
			const { n8n, store, sandbox } = playground;
			const workflow = await realExample();
			const limit = { limitWaitTime: true, resumeAmount: 1, resumeUnit: 'seconds' };
			const nodes = workflow.nodes.map((node) =>
				node.name === 'A person answers'
					? { ...node, parameters: { ...z.record(z.unknown()).parse(node.parameters), ...limit } }
					: node,
			);
			await store('with-a-limit', { ...workflow, nodes });
			await n8n.client.run('with-a-limit', 'A large conversion');
			const [left] = await until('the end of the wait', STEP_TIMEOUT_MS, async () => {
				const all = await n8n.client.executionsOf('with-a-limit');
				return all.map(({ items }) => items('A person decides')).find(({ length }) => length > 0);
			});
			expect(left).toEqual(
				expect.objectContaining({ answer: '', why: 'The answer was neither yes nor no' }),
			);
			expect(sandbox.store.get(String(left?.['conversionId']))?.conversion.status).toBe('pending');
		},
		STEP_TIMEOUT_MS,
	);
});
