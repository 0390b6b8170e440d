import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { INodeProperties } from 'n8n-workflow';
import { z } from 'zod';
import {
	conversionProperties,
	operations,
} from '../../nodes/AffilaeConversions/actions/conversion';
import type { CredentialReference, Execution, Workflow } from '../../playground/src/n8nClient';
import type { Playground } from '../../playground/src/startPlayground';
import { PROGRAMS } from '../../sandbox/programs';
import type { NewConversion } from '../../sandbox/arrivals';
import type { Conversion } from '../../sandbox/conversion';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import {
	type ModelRequest,
	type ModelStandIn,
	startModelStandIn,
	type ToolCall,
} from './modelStandIn';
import { NODE_TYPE } from './workflowOf';

const NODE_NAME = 'Affilae Conversions';
const AGENT_TYPE = '@n8n/n8n-nodes-langchain.agent';
const [EUROPE, UNITED_KINGDOM] = PROGRAMS;

/** The most characters of an answer about one conversion. */
const ONE_CONVERSION = 700;

/** How the node is given to an agent. */
interface Tool {
	operation: string;
	/** The parameters that the model fills in; a dot leads into a collection. */
	model: readonly string[];
	/** How the model names conversions; by order ID by default. */
	by?: 'customerId' | 'id';
	/** What an operator adds as description beside the ✨ button, by parameter. */
	described?: Readonly<Record<string, string>>;
	/** Parameters with values of their own. */
	fixed?: Readonly<Record<string, unknown>>;
	/** n8n's On Error, which the editor leaves out for a tool. */
	onError?: string;
}

const ACCEPT: Tool = { operation: 'accept', model: ['conversion'] };
const REFUSE: Tool = { operation: 'refuse', model: ['conversion', 'reason'] };
const UPDATE: Tool = { operation: 'update', model: ['conversion', 'amount', 'reason'] };
const RECONCILE: Tool = {
	operation: 'reconcile',
	model: ['conversion', 'keptAmount', 'settled', 'reason'],
};
const INFO: Tool = { operation: 'info', model: ['conversion'] };
const LIST: Tool = { operation: 'list', model: ['limit', 'filters.customerId', 'filters.from'] };
const TOOLS = [ACCEPT, REFUSE, UPDATE, RECONCILE, INFO, LIST];

/** The field that an operation of the tool shows under this name. */
function fieldOf({ operation }: Tool, name: string): INodeProperties {
	const [outer, inner] = name.split('.');
	const field = conversionProperties.find(
		({ name: own, displayOptions }) =>
			own === outer &&
			displayOptions?.show?.['operation']?.includes(operation) &&
			displayOptions.show['@tool']?.[0] !== false,
	);
	const found =
		inner === undefined ? field : field?.options?.find((option) => option.name === inner);
	if (found === undefined || !('type' in found)) throw new Error(`No field ${operation}.${name}`);
	return found;
}

/** What the editor's ✨ button calls a field: its display name, in the characters that a model accepts. */
function keyOf(tool: Tool, name: string): string {
	return fieldOf(tool, name)
		.displayName.slice(0, 63)
		.replace(/[^a-zA-Z0-9-]/g, '_');
}

/** The type that the ✨ button sets: n8n knows text, numbers and booleans. */
function typeOf(tool: Tool, name: string): string {
	const { type } = fieldOf(tool, name);
	return type === 'number' || type === 'boolean' ? type : 'string';
}

/** The parameters that the ✨ button sets for the fields that the model fills in. */
function filledByModel(tool: Tool): Record<string, unknown> {
	const values: Record<string, unknown> = {};
	const collections: Record<string, Record<string, string>> = {};
	for (const name of tool.model) {
		const description = tool.described?.[name] ?? '';
		const value = `={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('${keyOf(tool, name)}', \`${description}\`, '${typeOf(tool, name)}') }}`;
		const [outer = '', inner] = name.split('.');
		if (inner !== undefined) {
			collections[outer] = { ...collections[outer], [inner]: value };
		} else if (fieldOf(tool, name).type === 'resourceLocator') {
			const mode = name === 'conversion' ? (tool.by ?? 'externalId') : 'id';
			values[name] = { __rl: true, mode, value };
		} else {
			values[name] = value;
		}
	}
	return { ...values, ...collections };
}

/** The name that the editor gives a tool, and the description that n8n makes for it. */
function nameOf({ operation }: Tool): string {
	const action = operations.find(({ option }) => option.value === operation)?.option.action;
	return `${action} in ${NODE_NAME}`;
}

/** A call of a tool, its values named as the node names its parameters. */
function call(tool: Tool, values: Record<string, unknown>): ToolCall {
	return {
		tool: nameOf(tool).replace(/[^a-zA-Z0-9_-]+/g, '_'),
		values: Object.fromEntries(
			Object.entries(values).map(([name, value]) => [keyOf(tool, name), value]),
		),
	};
}

/** The question to the agent. */
interface Asking {
	/** The version of n8n's AI Agent node. */
	agentVersion: number;
	prompt?: string;
}

/** Start -> AI Agent, with a chat model and the node as its tools. */
function agentWith(
	tools: readonly Tool[],
	openAi: CredentialReference,
	{ agentVersion, prompt = 'Do what is to be done.' }: Asking,
): Workflow {
	const node = (name: string, type: string, typeVersion: number, rest: object = {}) => ({
		id: name,
		name,
		type,
		typeVersion,
		position: [0, 0],
		parameters: {},
		...rest,
	});
	const to = (name: string, type: string) => ({ [type]: [[{ node: name, type, index: 0 }]] });
	return {
		name: 'An agent',
		nodes: [
			node('Start', 'n8n-nodes-base.manualTrigger', 1),
			node('Agent', AGENT_TYPE, agentVersion, {
				parameters: { promptType: 'define', text: prompt, options: {} },
			}),
			node('Model', '@n8n/n8n-nodes-langchain.lmChatOpenAi', 1.3, {
				parameters: {
					model: { __rl: true, mode: 'id', value: 'stand-in' },
					responsesApiEnabled: false,
					options: { maxRetries: 0 },
				},
				credentials: { openAiApi: openAi },
			}),
			...tools.map((tool) =>
				node(nameOf(tool), `${NODE_TYPE}Tool`, 1, {
					parameters: {
						resource: 'conversion',
						operation: tool.operation,
						options: {},
						...filledByModel(tool),
						...tool.fixed,
					},
					...(tool.onError === undefined ? {} : { onError: tool.onError }),
				}),
			),
		],
		connections: {
			Start: to('Agent', 'main'),
			Model: to('Agent', 'ai_languageModel'),
			...Object.fromEntries(tools.map((tool) => [nameOf(tool), to('Agent', 'ai_tool')])),
		},
		settings: { executionOrder: 'v1' },
	};
}

/** The result of one question to the agent. */
interface Asked {
	execution: Execution;
	/** What the tools answered, as it was sent to the model. */
	answers: string[];
	/** The agent's final answer. */
	said: unknown;
	requests: readonly ModelRequest[];
}

const answerSchema = z.array(z.record(z.unknown()));

/** Names of the affiliates that a conversion pays. */
function affiliatesOf(conversion: Conversion | undefined): string | undefined {
	return conversion?.events.map(({ affiliateProfile }) => affiliateProfile.name).join(', ');
}

/** The objects in the first answer. */
function itemsIn({ answers: [answer = ''] }: Asked): Array<Record<string, unknown>> {
	return answerSchema.parse(JSON.parse(answer));
}

/** The error of a tool call, which must be plain text. */
function failureIn(asked: Asked): string {
	expect(asked.execution.status).toBe('success');
	const [answer, ...others] = itemsIn(asked);
	expect(others).toEqual([]);
	expect(answer).toEqual({ error: expect.any(String), message: expect.any(String) });
	const words = `${String(answer?.['error'])}. ${String(answer?.['message'])}`;
	expect(words).toMatch(/^['"A-Z0-9].*\. .*[.)]/);
	expect(words).not.toMatch(/\[object|[{}<>]|Error\b|stack|\.[jt]s\b|undefined|null/);
	expect(words.length).toBeLessThan(ONE_CONVERSION);
	return words;
}

describe('the node as a tool of an AI Agent, in a full n8n', () => {
	let playground: Playground;
	let model: ModelStandIn;
	let openAi: CredentialReference;
	let latestAgent: number;
	let orders = 0;
	const allSent: string[] = [];

	beforeAll(async () => {
		model = await startModelStandIn();
		playground = await startFreshPlayground({ orders: false, conversions: 60 });
		openAi = await playground.n8n.client.saveCredential({
			name: 'Model stand-in',
			type: 'openAiApi',
			data: { apiKey: 'stand-in-key', url: model.url },
		});
		const agents = (await playground.n8n.client.nodeTypes()).filter(
			({ name }) => name === AGENT_TYPE,
		);
		latestAgent = Math.max(...agents.flatMap(({ version }) => version));
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await Promise.all([playground?.stop(), model?.stop()]);
	});

	beforeEach(() => {
		playground.sandbox.requests.clear();
	});

	/** Runs an agent that has these tools, with a model that makes these calls; the latest agent by default. */
	async function ask(
		tools: readonly Tool[],
		turns: ReadonlyArray<readonly ToolCall[]>,
		asking: Partial<Asking> = {},
	): Promise<Asked> {
		await playground.store(
			'agent',
			agentWith(tools, openAi, { agentVersion: latestAgent, ...asking }),
		);
		model.plays(turns);
		const execution = await playground.n8n.client.run('agent', 'Start');
		const { requests } = model;
		allSent.push(...requests.map(({ sent }) => sent));
		const last = requests.at(-1)?.messages ?? [];
		return {
			execution,
			answers: last.filter(({ role }) => role === 'tool').map(({ text }) => text),
			said: execution.items('Agent')[0]?.['output'],
			requests,
		};
	}

	async function askOnce(tool: Tool, values: Record<string, unknown>): Promise<Asked> {
		return await ask([tool], [[call(tool, values)]]);
	}

	/** A new pending conversion of 99.90 EUR; returns its order id, which is all digits. */
	function order(more: NewConversion = {}): string {
		orders += 1;
		const externalId = String(7_700_000 + orders);
		playground.sandbox.addConversion({
			externalId,
			amount: 9990,
			program: EUROPE.id,
			status: 'pending',
			...more,
		});
		return externalId;
	}

	/** Status and cents of each conversion of an order. */
	function statesOf(orderId: string): Array<[string, number]> {
		return playground.sandbox.store
			.byExternalId(orderId)
			.map(({ status, amount }) => [status, amount]);
	}

	function writesSent(): number {
		return playground.sandbox.requests.list().filter(({ method }) => /post/i.test(method)).length;
	}

	describe('its description for the model', () => {
		test('names and describes each tool by its operation, in at most 64 characters', async () => {
			const { requests } = await ask(TOOLS, []);
			const told = new Map(requests[0]?.tools.map((tool) => [tool.name, tool]));
			expect(told.size).toBe(TOOLS.length);
			for (const tool of TOOLS) {
				const { tool: name } = call(tool, {});
				expect(told.get(name)?.description).toBe(nameOf(tool));
				expect(name.length).toBeLessThanOrEqual(64);
				expect(name).toMatch(/_in_Affilae_Conversions$/);
			}
		});

		test('requires each field that the ✨ button fills, by the name that the operator sees', async () => {
			const { requests } = await ask(TOOLS, []);
			for (const tool of TOOLS) {
				const told = requests[0]?.tools.find(({ name }) => name === call(tool, {}).tool);
				expect(told?.values).toEqual(
					Object.fromEntries(
						tool.model.map((name) => [keyOf(tool, name), { type: typeOf(tool, name) }]),
					),
				);
				expect(told?.required).toEqual(Object.keys(told?.values ?? {}));
			}
		});

		test('says in the field names which ID to pass, and the unit of amounts', async () => {
			const { requests } = await ask([UPDATE, RECONCILE], []);
			const names = requests[0]?.tools.map(({ values }) => Object.keys(values).join(' ')) ?? [];
			expect(names).toHaveLength(2);
			for (const name of names) {
				expect(name).toMatch(/Conversion__Order_ID_by_Default_/);
				expect(name).toMatch(/Amount\w*__Currency_Units_by_Default_/);
			}
		});

		test('contains the descriptions that the operator adds to fields', async () => {
			const keptAmount = 'What the customer kept, in currency units, e.g. 84.90';
			const conversion = 'Order ID as the shop shows it, e.g. 1042';
			const described = { ...RECONCILE, described: { conversion, keptAmount } };
			const { requests } = await ask([described], []);
			const values = requests[0]?.tools[0]?.values;
			expect(values?.[keyOf(RECONCILE, 'keptAmount')]?.['description']).toBe(keptAmount);
			expect(values?.[keyOf(RECONCILE, 'conversion')]?.['description']).toBe(conversion);
		});
	});

	test('passes on the question, the call, the result, and the model’s answer', async () => {
		const orderId = order();
		const tool = {
			...RECONCILE,
			described: {
				conversion: 'The order ID as the shop shows it, such as 1042',
				keptAmount: 'What the customer kept of the order, in currency units, such as 84.90',
				settled: 'Whether nothing can be sent back any more',
				reason:
					'Why it is lowered or refused, as the affiliate is to read it; empty where it is not',
			},
		};
		const prompt = `Of order ${orderId} the customer kept 84.90 EUR. The 30 days for returns are over.`;
		const reason = 'One item was returned';
		const made = call(tool, { conversion: orderId, keptAmount: '84.90', settled: true, reason });
		const { requests, said } = await ask([tool], [[made]], { prompt });
		const [conversion] = playground.sandbox.store.byExternalId(orderId);

		expect(conversion).toMatchObject({ status: 'accepted', amount: 8490 });
		expect(requests.at(-1)?.messages).toEqual([
			{ role: 'user', text: prompt, toolCalls: [] },
			{
				role: 'assistant',
				text: '',
				toolCalls: [{ ...made, values: expect.objectContaining(made.values) }],
			},
			{
				role: 'tool',
				text: JSON.stringify([
					{
						id: conversion?.id,
						externalId: orderId,
						customerId: conversion?.customerId,
						status: 'accepted',
						amount: 84.9,
						currency: 'EUR',
						commission: Number(conversion?.commissionsTotal) / 100,
						affiliate: affiliatesOf(conversion),
						rule: conversion?.rule.name,
						programId: EUROPE.id,
						createdAt: conversion?.createdAt,
						lockedAt: conversion?.lockedAt,
						outcome: 'accepted',
						changed: true,
						message: 'The customer kept 84.90 EUR of 99.90 EUR',
					},
				]),
				toolCalls: [],
			},
		]);
		expect(said).toContain('The customer kept 84.90 EUR of 99.90 EUR');
	});

	describe('Get', () => {
		test.each([
			['text', String],
			['a number', Number],
		])('finds the conversion of an order whose ID is passed as %s', async (_, as) => {
			const orderId = order();
			const asked = await askOnce(INFO, { conversion: as(orderId) });
			expect(itemsIn(asked)).toEqual([
				expect.objectContaining({
					externalId: orderId,
					status: 'pending',
					amount: 99.9,
					currency: 'EUR',
				}),
			]);
			expect(asked.answers[0]?.length).toBeLessThan(ONE_CONVERSION);
			expect(asked.said).toContain(orderId);
		});

		test('returns all conversions of a customer', async () => {
			const customerId = 'C-2087';
			const bought = [order({ customerId }), order({ customerId })];
			const asked = await askOnce({ ...INFO, by: 'customerId' }, { conversion: customerId });
			expect(
				itemsIn(asked)
					.map(({ externalId }) => externalId)
					.sort(),
			).toEqual(bought);
		});

		test('tells the model that an order has no conversion, and what that can mean', async () => {
			const words = failureIn(await askOnce(INFO, { conversion: 'no-such-order' }));
			expect(words).toContain('no conversion for order no-such-order');
			expect(words).toContain('An order that no affiliate brought has no conversion');
		});

		test.each([[{ conversion: '' }], [{ conversion: '   ' }], [{}]])(
			'tells the model that %j names no conversion',
			async (values) => {
				expect(failureIn(await askOnce(INFO, values))).toMatch(
					/'Conversion(: Order ID)?' is (empty|set to an expression that returns nothing)/,
				);
			},
		);
	});

	describe('Get Many', () => {
		const NOTHING = { limit: 50, 'filters.customerId': '', 'filters.from': '' };

		test.each([['3'], [3]])('returns as many conversions as the limit says: %j', async (limit) => {
			const asked = await askOnce(LIST, { ...NOTHING, limit });
			expect(itemsIn(asked)).toHaveLength(3);
			expect(asked.answers[0]?.length).toBeLessThan(3 * ONE_CONVERSION);
		});

		test('ignores filters that the model leaves empty, and applies the others', async () => {
			const customerId = 'C-3111';
			const orderId = order({ customerId });
			const asked = await askOnce(LIST, { ...NOTHING, 'filters.customerId': customerId });
			expect(itemsIn(asked).map(({ externalId }) => externalId)).toEqual([orderId]);
		});

		test('says so if no conversion matches', async () => {
			const asked = await askOnce(LIST, { ...NOTHING, 'filters.customerId': 'nobody' });
			expect(itemsIn(asked)).toEqual([{ message: 'No conversion matches' }]);
		});

		test('accepts a date as text', async () => {
			const orderId = order();
			const today = new Date().toISOString().slice(0, 10);
			const asked = await askOnce(LIST, { ...NOTHING, 'filters.from': today });
			expect(itemsIn(asked).map(({ externalId }) => externalId)).toContain(orderId);
		});

		test('tells the model how to write a date', async () => {
			const asked = await askOnce(LIST, { ...NOTHING, 'filters.from': 'last Tuesday' });
			expect(failureIn(asked)).toMatch(
				/'From' is "last Tuesday".* Enter a date such as \d{4}-\d\d-\d\d/,
			);
		});

		test('returns fewer than 20,000 characters with its default limit of 50', async () => {
			const asked = await askOnce({ operation: 'list', model: [] }, {});
			expect(itemsIn(asked)).toHaveLength(50);
			expect(asked.answers[0]?.length).toBeLessThan(20_000);
		});
	});

	describe('Accept', () => {
		test.each([
			['text', String],
			['a number', Number],
		])('accepts the conversion of an order whose ID is passed as %s', async (_, as) => {
			const orderId = order();
			const asked = await askOnce(ACCEPT, { conversion: as(orderId) });
			expect(statesOf(orderId)).toEqual([['accepted', 9990]]);
			expect(itemsIn(asked)).toEqual([
				expect.objectContaining({ externalId: orderId, outcome: 'accepted', changed: true }),
			]);
			expect(asked.answers[0]?.length).toBeLessThan(ONE_CONVERSION);
		});

		test('tells the model that there are two conversions, names both, and accepts neither', async () => {
			const orderId = order();
			playground.sandbox.addConversion({ externalId: orderId, program: UNITED_KINGDOM.id });
			const before = statesOf(orderId);
			const words = failureIn(await askOnce(ACCEPT, { conversion: orderId }));
			expect(words).toContain('several programs');
			for (const { id, program } of playground.sandbox.store.byExternalId(orderId)) {
				expect(words).toContain(id);
				expect(words).toContain(program.name);
			}
			expect(statesOf(orderId)).toEqual(before);
		});

		test('accepts only the conversion in the program that the model names', async () => {
			const orderId = order();
			playground.sandbox.addConversion({
				externalId: orderId,
				program: UNITED_KINGDOM.id,
				status: 'pending',
			});
			const tool = { ...ACCEPT, model: ['conversion', 'program'] };
			await askOnce(tool, { conversion: orderId, program: EUROPE.id });
			const states = playground.sandbox.store
				.byExternalId(orderId)
				.map(({ program, status }) => [program.id, status]);
			expect(Object.fromEntries(states)).toEqual({
				[EUROPE.id]: 'accepted',
				[UNITED_KINGDOM.id]: 'pending',
			});
		});

		test('tells the model that it is too late if the conversion is refused and locked', async () => {
			const lockedAtMs = Date.now() - 1000;
			const more = { refuseReason: 'Order cancelled', decidedAtMs: lockedAtMs - 1000, lockedAtMs };
			const orderId = order({ status: 'refused', ...more });
			const words = failureIn(await askOnce(ACCEPT, { conversion: orderId }));
			expect(words).toContain('is refused and can no longer be changed');
			expect(words).toContain('It has been locked since');
			expect(writesSent()).toBe(0);
		});

		test('answers each of several simultaneous calls', async () => {
			const [first, last] = [order(), order()];
			const calls = [first, 'no-such-order', last].map((id) => call(ACCEPT, { conversion: id }));
			const { answers, execution } = await ask([ACCEPT], [calls]);
			expect(execution.status).toBe('success');
			expect(answers).toEqual([
				expect.stringContaining(`"externalId":"${first}"`),
				expect.stringContaining('no-such-order'),
				expect.stringContaining(`"externalId":"${last}"`),
			]);
			expect([statesOf(first), statesOf(last)]).toEqual([
				[['accepted', 9990]],
				[['accepted', 9990]],
			]);
		});

		test('accepts once if the model asks twice, and says that it was already accepted', async () => {
			const orderId = order();
			const again = call(ACCEPT, { conversion: orderId });
			const { answers } = await ask([ACCEPT], [[again], [again]]);
			expect(answers[1]).toContain('"outcome":"unchanged"');
			expect(answers[1]).toContain('was already accepted');
			expect(writesSent()).toBe(1);
		});
	});

	describe('Refuse', () => {
		test('refuses with the reason that the model gives', async () => {
			const orderId = order();
			const reason = 'The order was cancelled';
			const asked = await askOnce(REFUSE, { conversion: orderId, reason });
			expect(itemsIn(asked)[0]).toMatchObject({ externalId: orderId, outcome: 'refused' });
			expect(asked.answers[0]?.length).toBeLessThan(ONE_CONVERSION);
			expect(playground.sandbox.store.byExternalId(orderId)).toEqual([
				expect.objectContaining({ status: 'refused', refuseReason: reason }),
			]);
		});

		test.each([[{ reason: '' }], [{ reason: '  ' }], [{}]])(
			'tells the model that a reason is needed: %j',
			async (values) => {
				const orderId = order();
				const words = failureIn(await askOnce(REFUSE, { conversion: orderId, ...values }));
				expect(words).toMatch(/'Reason' is (empty|set to an expression that returns nothing)/);
				expect(writesSent()).toBe(0);
			},
		);
	});

	describe('Update', () => {
		const REASON = { reason: 'One item came back' };

		test.each([['84.90'], ['84,90 EUR'], ['€84.90'], [84.9]])(
			'lowers to the amount %j in currency units',
			async (amount) => {
				const orderId = order();
				const asked = await askOnce(UPDATE, { conversion: orderId, amount, ...REASON });
				expect(statesOf(orderId)).toEqual([['pending', 8490]]);
				expect(itemsIn(asked)[0]).toMatchObject({ outcome: 'updated', amount: 84.9 });
				expect(asked.answers[0]?.length).toBeLessThan(ONE_CONVERSION);
			},
		);

		test.each([
			['1,234', 'can be read as'],
			['84.90 USD', 'Enter the amount in EUR'],
			['eighty', '"eighty"'],
			['-5', 'is negative'],
			['', "'Amount' is empty"],
		])(
			'tells the model why the amount %j is rejected, and changes nothing',
			async (amount, why) => {
				const orderId = order();
				const words = failureIn(await askOnce(UPDATE, { conversion: orderId, amount, ...REASON }));
				expect(words).toContain(why);
				expect(statesOf(orderId)).toEqual([['pending', 9990]]);
				expect(writesSent()).toBe(0);
			},
		);
	});

	test('finds a conversion by its conversion ID if the tool asks for that', async () => {
		const { id, externalId } = playground.sandbox.addConversion({
			amount: 9990,
			status: 'pending',
		});
		const values = { conversion: id, amount: '84.90', reason: 'One item came back' };
		const asked = await askOnce({ ...UPDATE, by: 'id' }, values);
		expect(itemsIn(asked)[0]).toMatchObject({ id, outcome: 'updated' });
		expect(statesOf(externalId)).toEqual([['pending', 8490]]);
	});

	describe('Reconcile', () => {
		test.each([
			{ kept: '84.90', over: true, state: ['accepted', 8490], outcome: 'accepted' },
			{ kept: 84.9, over: 'true', state: ['accepted', 8490], outcome: 'accepted' },
			{ kept: '84,90 EUR', over: false, state: ['pending', 8490], outcome: 'updated' },
			{ kept: '0', over: true, state: ['refused', 9990], outcome: 'refused' },
			{ kept: '99.90', over: true, state: ['accepted', 9990], outcome: 'accepted' },
			{ kept: '99.90', over: 'false', state: ['pending', 9990], outcome: 'unchanged' },
		])('of 99.90 EUR, $kept kept, return period over: $over', async ({ kept, over, ...due }) => {
			const orderId = order();
			const asked = await askOnce(RECONCILE, {
				conversion: orderId,
				keptAmount: kept,
				settled: over,
				reason: 'Items came back',
			});
			expect(statesOf(orderId)).toEqual([due.state]);
			expect(itemsIn(asked)[0]).toMatchObject({ externalId: orderId, outcome: due.outcome });
			expect(asked.answers[0]?.length).toBeLessThan(ONE_CONVERSION);
		});

		test('tells the model what was lowered', async () => {
			const values = { keptAmount: '84.90', settled: false, reason: 'One item came back' };
			const asked = await askOnce(RECONCILE, { conversion: order(), ...values });
			expect(itemsIn(asked)[0]?.['message']).toContain('The customer kept 84.90 EUR of 99.90 EUR');
		});

		test('tells the model why a person must decide if nothing can be sent', async () => {
			const orderId = order({ status: 'accepted' });
			const values = { keptAmount: '10', settled: true, reason: 'Items came back' };
			const asked = await askOnce(RECONCILE, { conversion: orderId, ...values });
			expect(itemsIn(asked)[0]).toMatchObject({ outcome: 'needsAttention', changed: false });
			expect(asked.said).toContain('is accepted at 99.90 EUR, but the customer kept 10.00 EUR');
			expect(asked.said).toContain('Affilae does not lower an accepted amount');
			expect(asked.answers[0]?.length).toBeLessThan(ONE_CONVERSION);
			expect(writesSent()).toBe(0);
		});

		test('shows the operator in the output panel that a conversion needs attention', async () => {
			const orderId = order({ status: 'accepted' });
			const values = { keptAmount: '10', settled: true, reason: 'Items came back' };
			const { execution } = await askOnce(RECONCILE, { conversion: orderId, ...values });
			const [run] = execution.runs.get(nameOf(RECONCILE)) ?? [];
			expect(run?.hints).toEqual([expect.stringContaining('1 needs attention')]);
		});

		test.each([
			[{ keptAmount: '', settled: true, reason: 'x' }, "'Order Amount After Returns' is empty"],
			[{ settled: true, reason: 'x' }, "'Order Amount After Returns' is"],
			[{ keptAmount: '84.90', settled: 'maybe', reason: 'x' }, 'Use true or false'],
		])(
			'tells the model what is missing or invalid in %j, and changes nothing',
			async (values, why) => {
				const orderId = order();
				const words = failureIn(await askOnce(RECONCILE, { conversion: orderId, ...values }));
				expect(words).toContain(why);
				expect(statesOf(orderId)).toEqual([['pending', 9990]]);
			},
		);
	});

	describe('a dry run', () => {
		test.each([
			{ tool: ACCEPT, values: {}, outcome: 'accepted' },
			{ tool: REFUSE, values: { reason: 'The order was cancelled' }, outcome: 'refused' },
			{ tool: UPDATE, values: { amount: '84.90', reason: 'It came back' }, outcome: 'updated' },
			{
				tool: RECONCILE,
				values: { keptAmount: '84.90', settled: true, reason: 'It came back' },
				outcome: 'accepted',
			},
		])(
			'of $tool.operation that the model asks for sends nothing',
			async ({ tool, values, outcome }) => {
				const orderId = order();
				const dry = { ...tool, model: [...tool.model, 'dryRun'] };
				const given = { conversion: orderId, ...values, dryRun: 'true' };
				const asked = await askOnce(dry, given);
				expect(itemsIn(asked)[0]).toMatchObject({ outcome, changed: false, dryRun: true });
				expect(statesOf(orderId)).toEqual([['pending', 9990]]);
				expect(writesSent()).toBe(0);
			},
		);

		test('that the operator has switched on sends nothing either', async () => {
			const orderId = order();
			const tool = { ...ACCEPT, fixed: { dryRun: true } };
			const asked = await askOnce(tool, { conversion: orderId });
			expect(itemsIn(asked)[0]).toMatchObject({ outcome: 'accepted', dryRun: true });
			expect(statesOf(orderId)).toEqual([['pending', 9990]]);
			expect(writesSent()).toBe(0);
		});
	});

	test('tells the model what failed, also if On Error is "Continue"', async () => {
		const tool = { ...ACCEPT, onError: 'continueRegularOutput' };
		const { execution, answers } = await askOnce(tool, { conversion: 'no-such-order' });
		expect(execution.status).toBe('success');
		expect(answers).toEqual([expect.stringContaining('no conversion for order')]);
		expect(answers[0]?.length).toBeLessThan(ONE_CONVERSION);
	});

	describe('an AI Agent of the earlier version 2.2', () => {
		test('can call the tool too', async () => {
			const orderId = order();
			const values = { keptAmount: '84.90', settled: true, reason: 'One item came back' };
			const turns = [[call(RECONCILE, { conversion: orderId, ...values })]];
			const asked = await ask([RECONCILE], turns, { agentVersion: 2.2 });
			expect(itemsIn(asked)[0]).toMatchObject({ externalId: orderId, outcome: 'accepted' });
			expect(statesOf(orderId)).toEqual([['accepted', 8490]]);
		});

		test('tells the model what failed', async () => {
			const turns = [[call(ACCEPT, { conversion: 'no-such-order' })]];
			const { execution, answers } = await ask([ACCEPT], turns, { agentVersion: 2.2 });
			expect(execution.status).toBe('success');
			expect(answers).toEqual([expect.stringContaining('no conversion for order')]);
		});
	});

	test('tells the model that Affilae does not accept the token, without the token itself', async () => {
		const { sandbox } = playground;
		const { token } = sandbox;
		sandbox.token = 'another-one';
		try {
			const asked = await askOnce(ACCEPT, { conversion: order() });
			const words = failureIn(asked);
			expect(words).toContain('does not accept the API token');
			expect(JSON.stringify(asked.requests)).not.toContain(token);
		} finally {
			sandbox.token = token;
		}
	});

	test('never sends the model the token, an IP address or a user agent', async () => {
		const orderId = order();
		const [{ ipAddress, ua } = { ipAddress: '', ua: '' }] =
			playground.sandbox.store.byExternalId(orderId);
		await askOnce(INFO, { conversion: orderId });
		expect(allSent.at(-1)).toContain(orderId);
		for (const sent of allSent) {
			expect(sent).not.toContain(playground.sandbox.token);
			expect(sent).not.toContain(ipAddress);
			expect(sent).not.toContain(ua);
			expect(sent).not.toMatch(/ipAddress|"ua\\?"|Mozilla/);
		}
	});
});
