import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { withDryRunOff, workflowIdOf } from '../../playground/src/exampleWorkflows';
import type { Execution, Workflow } from '../../playground/src/n8nClient';
import { conversionsOf } from '../../playground/src/runMainExample';
import type { Playground } from '../../playground/src/startPlayground';
import { PROGRAMS } from '../../sandbox/programs';
import type { NewConversion } from '../../sandbox/shop';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import {
	answersIn,
	type ModelRequest,
	type ModelStandIn,
	startModelStandIn,
	type ToolCall,
} from './modelStandIn';

const NAME = 'ai-review';
const WORKFLOW = workflowIdOf(NAME);
const ORDER = '7800001';
const OTHER_ORDER = '7800002';
const LIMIT = 10;
const [EUROPE] = PROGRAMS;

const LIST: ToolCall = { tool: 'List_pending_conversions', values: {} };
const LOOK = 'Look_reconcile_a_conversion';
const ACT = 'Reconcile_a_conversion';

/** The result of one message of the operator. */
interface Said {
	execution: Execution;
	/** What the tools answered to this message, as it was sent to the model. */
	answers: string[];
	/** The answer that the operator reads. */
	answer: unknown;
	requests: readonly ModelRequest[];
}

describe('the example "ai-review" in a full n8n, with a scripted model', () => {
	let playground: Playground;
	let model: ModelStandIn;
	let asImported: Workflow;
	let real: Workflow;
	/** The workflow for the next message. */
	let workflow: Workflow;
	let sessions = 0;
	let sessionId: string;

	beforeAll(async () => {
		model = await startModelStandIn();
		playground = await startFreshPlayground({ orders: false, conversions: 60 });
		const example = playground.examples.find(({ name }) => name === NAME);
		if (example === undefined) throw new Error(`There is no example "${NAME}"`);
		const openAiApi = await playground.n8n.client.saveCredential({
			name: 'Model stand-in',
			type: 'openAiApi',
			data: { apiKey: 'stand-in-key', url: model.url },
		});
		asImported = {
			...example.workflow,
			nodes: example.workflow.nodes.map((node) =>
				node.name === 'Chat model' ? { ...node, credentials: { openAiApi } } : node,
			),
		};
		real = withDryRunOff(asImported, ['Reconcile a conversion']);
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await Promise.all([playground?.stop(), model?.stop()]);
	});

	beforeEach(() => {
		workflow = real;
		playground.sandbox.reset();
		playground.sandbox.requests.clear();
		for (const externalId of [ORDER, OTHER_ORDER]) pending({ externalId });
		openChat();
	});

	function openChat(): void {
		sessions += 1;
		sessionId = `session-${sessions}`;
	}

	function pending(more: NewConversion): void {
		playground.sandbox.addConversion({
			amount: 9990,
			program: EUROPE.id,
			status: 'pending',
			...more,
		});
	}

	/** Sends a message in the chat, which the model answers after these calls. */
	async function say(chatInput: string, turns: ReadonlyArray<readonly ToolCall[]>): Promise<Said> {
		const message = { sessionId, action: 'sendMessage', chatInput };
		await playground.store(WORKFLOW, { ...workflow, pinData: { Operator: [{ json: message }] } });
		model.plays(turns);
		const execution = await playground.n8n.client.run(WORKFLOW, 'Operator');
		const { status, error } = execution;
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		const { requests } = model;
		const messages = requests.at(-1)?.messages ?? [];
		const [agent] = ['Agent that looks', 'Agent that acts'].filter((name) =>
			execution.runs.has(name),
		);
		return {
			execution,
			answers: answersIn(messages),
			answer: execution.items(agent ?? '').at(-1)?.['output'],
			requests,
		};
	}

	function look(orderId: string, kept: string): ToolCall {
		const values = { Order_ID: orderId, Kept_Amount: kept, Reason: 'One item came back' };
		return { tool: LOOK, values };
	}

	function act(more: Record<string, unknown> = {}): ToolCall {
		return { tool: ACT, values: { Reason: 'One item came back', ...more } };
	}

	function itemsIn(answer: string | undefined): Array<Record<string, unknown>> {
		return z.array(z.record(z.unknown())).parse(JSON.parse(answer ?? ''));
	}

	function statesOf(orderId: string): Array<[string, number]> {
		return playground.sandbox.store
			.byExternalId(orderId)
			.map(({ status, amount }) => [status, amount]);
	}

	function writesSent(): number {
		return playground.sandbox.requests.list().filter(({ method }) => /post/i.test(method)).length;
	}

	test('lists, looks and says what would be done, and does it once after the operator’s yes', async () => {
		const before = conversionsOf(playground.sandbox);
		const list = await say('What is pending?', [[LIST]]);
		const rows = itemsIn(list.answers[0]);
		expect(rows).toHaveLength(LIMIT);
		expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['pending']));
		expect(rows.map(({ externalId }) => externalId)).toContain(ORDER);

		openChat();
		const first = await say(`A parcel came back: order ${ORDER}, 84.90 EUR of it was kept.`, [
			[look(ORDER, '84.90 EUR')],
		]);
		expect(first.answer).toContain(first.answers[0]);
		expect(itemsIn(first.answers[0])).toEqual([
			expect.objectContaining({
				externalId: ORDER,
				outcome: 'updated',
				dryRun: true,
				changed: false,
				message: expect.stringContaining('84.90 EUR of 99.90 EUR'),
			}),
		]);
		expect(conversionsOf(playground.sandbox)).toEqual(before);
		expect(writesSent()).toBe(0);

		const second = await say(`yes ${ORDER} 84.90 EUR`, [[act()]]);
		expect(itemsIn(second.answers[0])).toEqual([
			expect.objectContaining({ externalId: ORDER, outcome: 'updated', changed: true }),
		]);
		expect(second.answer).toContain(second.answers[0]);
		expect(statesOf(ORDER)).toEqual([['pending', 8490]]);
		expect(writesSent()).toBe(1);
		expect(conversionsOf(playground.sandbox)).toEqual(
			before.map((conversion) =>
				conversion.externalId === ORDER ? { ...conversion, amountCents: 8490 } : conversion,
			),
		);

		openChat();
		const again = await say(`yes ${ORDER} 84.90 EUR`, [[act()]]);
		expect(itemsIn(again.answers[0])[0]).toMatchObject({ outcome: 'unchanged', changed: false });
		expect(writesSent()).toBe(1);
	});

	test('as imported, sends nothing after a yes, and says what would be done', async () => {
		workflow = asImported;
		const { answers } = await say(`yes ${ORDER} 84.90 EUR`, [[act()]]);
		expect(itemsIn(answers[0])[0]).toMatchObject({ outcome: 'updated', dryRun: true });
		expect(statesOf(ORDER)).toEqual([['pending', 9990]]);
		expect(writesSent()).toBe(0);
	});

	test('passes the earlier messages to the agent that acts, so that it can give the reason', async () => {
		const mail = `The blue lamp of order ${ORDER} was broken; 84.90 EUR are left.`;
		await say(mail, [[look(ORDER, '84.90 EUR')]]);
		const { requests } = await say(`Yes ${ORDER} 84.90`, [[act()]]);
		expect(requests[0]?.messages.map(({ text }) => text)).toContain(mail);
	});

	test('refuses with the model’s reason if nothing was kept', async () => {
		await say(`yes ${ORDER} 0`, [[act({ Reason: 'All items were returned' })]]);
		expect(playground.sandbox.store.byExternalId(ORDER)).toEqual([
			expect.objectContaining({ status: 'refused', refuseReason: 'All items were returned' }),
		]);
	});

	test('gives the model no tool that writes without a yes', async () => {
		const { requests } = await say(`Order ${ORDER} came back.`, []);
		expect(requests[0]?.tools.map(({ name }) => name).sort()).toEqual([LIST.tool, LOOK]);
	});

	test.each([
		'yes',
		'yes please, do all of them',
		`no ${ORDER} 0 EUR`,
		`The customer writes: yes ${ORDER} 0`,
		`yes ${ORDER} 0\nand ${OTHER_ORDER} 0`,
		`yes ${ORDER} nothing`,
	])('does not read %j as a decision', async (message) => {
		const { requests } = await say(message, []);
		expect(requests[0]?.tools.map(({ name }) => name)).toContain(LOOK);
		expect(writesSent()).toBe(0);
	});

	test('uses order and amount of the operator’s message, whatever the model passes', async () => {
		const before = conversionsOf(playground.sandbox);
		const { requests } = await say(`yes ${ORDER} 84.90`, [
			[act({ Order_ID: OTHER_ORDER, conversion: OTHER_ORDER, Kept_Amount: '0', keptAmount: '0' })],
		]);
		expect(requests[0]?.tools.map(({ values }) => Object.keys(values))).toEqual([['Reason']]);
		expect(conversionsOf(playground.sandbox)).toEqual(
			before.map((conversion) =>
				conversion.externalId === ORDER ? { ...conversion, amountCents: 8490 } : conversion,
			),
		);
	});

	test('writes once, even if the model calls the tool three times', async () => {
		await say(`yes ${ORDER} 84.90`, [[act(), act()], [act()]]);
		expect(statesOf(ORDER)).toEqual([['pending', 8490]]);
		expect(writesSent()).toBe(1);
	});

	test.each([['120.00'], ['99.90']])(
		'neither accepts nor raises a conversion of 99.90 EUR after a yes with %s',
		async (kept) => {
			const { answers } = await say(`yes ${ORDER} ${kept}`, [[act()]]);
			expect(itemsIn(answers[0])[0]).toMatchObject({ outcome: 'unchanged', changed: false });
			expect(statesOf(ORDER)).toEqual([['pending', 9990]]);
			expect(writesSent()).toBe(0);
		},
	);

	test('writes nothing for another currency or an order with two conversions, and says why', async () => {
		pending({ externalId: OTHER_ORDER });
		const other = await say(`yes ${ORDER} 84.90 GBP`, [[act()]]);
		expect(other.answers[0]).toContain('in GBP');
		const twins = await say(`yes ${OTHER_ORDER} 84.90`, [[act()]]);
		expect(twins.answers[0]).toContain('several conversions of the same commission rule');
		expect(writesSent()).toBe(0);
	});
});
