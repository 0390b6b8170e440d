import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Execution } from '../../playground/src/n8nClient';
import type { Playground } from '../../playground/src/startPlayground';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { type AffilaeNode, BY_ORDER_ID, workflowOf } from './workflowOf';

describe('failed items in a full n8n', () => {
	let playground: Playground;
	let sequence = 0;

	beforeAll(async () => {
		playground = await startFreshPlayground({ orders: false, conversions: 50 });
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	beforeEach(() => {
		playground.sandbox.faults.set([]);
		playground.sandbox.requests.clear();
	});

	/** A new pending conversion of 19.99; returns its order id. */
	function pendingOrder(): string {
		sequence += 1;
		const externalId = `e2e-${sequence}`;
		playground.sandbox.addConversion({ externalId, amount: 1999, status: 'pending' });
		return externalId;
	}

	function statusOf(orderId: string): string | undefined {
		return playground.sandbox.store.byExternalId(orderId)[0]?.status;
	}

	/** Method, path and body of each write that reached the sandbox. */
	function writesSent(): string[] {
		return playground.sandbox.requests
			.list()
			.filter(({ method }) => method.toUpperCase() === 'POST')
			.map(({ path, payload }) => `${path} ${JSON.stringify(payload)}`);
	}

	async function accept(
		orderIds: string[],
		settings: Omit<AffilaeNode, 'parameters'>,
	): Promise<Execution> {
		sequence += 1;
		const id = `on-error-${sequence}`;
		const items = orderIds.map((orderId) => ({ orderId, note: `about ${orderId}` }));
		await playground.store(
			id,
			workflowOf(items, {
				parameters: { operation: 'accept', conversion: BY_ORDER_ID },
				...settings,
			}),
		);
		return await playground.n8n.client.run(id, 'Start');
	}

	test('On Error "Stop Workflow": nothing is sent if one order is unknown', async () => {
		const [first, last] = [pendingOrder(), pendingOrder()];
		const execution = await accept([first, 'no-such-order', last], { onError: 'stopWorkflow' });

		expect(execution.status).toBe('error');
		expect(execution.error?.message).toContain('order no-such-order');
		expect(execution.error?.message).toContain('[item 1]');
		expect(writesSent()).toEqual([]);
		expect([statusOf(first), statusOf(last)]).toEqual(['pending', 'pending']);
		expect(execution.runs.has('Done')).toBe(false);
	});

	test('On Error "Continue": the other items are done, and each item is output in its position', async () => {
		const [first, last] = [pendingOrder(), pendingOrder()];
		const execution = await accept([first, 'no-such-order', last], {
			onError: 'continueRegularOutput',
		});

		expect(execution.status).toBe('success');
		expect(execution.items('Done')).toEqual([
			expect.objectContaining({ externalId: first, outcome: 'accepted', pairedOrderId: first }),
			expect.objectContaining({
				error: expect.stringContaining('order no-such-order'),
				pairedOrderId: 'no-such-order',
			}),
			expect.objectContaining({ externalId: last, outcome: 'accepted', pairedOrderId: last }),
		]);
		expect(writesSent()).toHaveLength(2);
		expect([statusOf(first), statusOf(last)]).toEqual(['accepted', 'accepted']);
	});

	test('On Error "Continue (using error output)": failed items leave by the error branch, with their input', async () => {
		const [first, last] = [pendingOrder(), pendingOrder()];
		const execution = await accept(['no-such-order', first, 'nor-this-one', last], {
			onError: 'continueErrorOutput',
		});

		expect(execution.status).toBe('success');
		expect(execution.items('Done')).toEqual([
			expect.objectContaining({ externalId: first, outcome: 'accepted', pairedOrderId: first }),
			expect.objectContaining({ externalId: last, outcome: 'accepted', pairedOrderId: last }),
		]);
		expect(execution.items('Not done')).toEqual(
			['no-such-order', 'nor-this-one'].map((orderId) =>
				expect.objectContaining({
					orderId,
					note: `about ${orderId}`,
					error: expect.stringContaining(`order ${orderId}`),
					pairedOrderId: orderId,
				}),
			),
		);
		expect(writesSent()).toHaveLength(2);
	});

	test.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'On Error "%s": every item says that the token is not accepted, after one request',
		async (onError) => {
			const { sandbox } = playground;
			const orders = [pendingOrder(), pendingOrder(), pendingOrder()];
			const { token } = sandbox;
			sandbox.token = 'another-one';
			try {
				const execution = await accept(orders, { onError });
				const said = execution.items(onError === 'continueErrorOutput' ? 'Not done' : 'Done');
				expect(said.map(({ pairedOrderId }) => pairedOrderId)).toEqual(orders);
				for (const { error } of said) expect(error).toContain('token');
				expect(JSON.stringify(said)).not.toContain(token);
				expect(sandbox.requests.list()).toHaveLength(1);
			} finally {
				sandbox.token = token;
			}
		},
	);

	describe('with Retry On Fail switched on', () => {
		test.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
			'no write is repeated if the first item fails and On Error is "%s"',
			async (onError) => {
				const [second, third] = [pendingOrder(), pendingOrder()];
				const execution = await accept(['no-such-order', second, third], {
					onError,
					retryOnFail: true,
				});

				const sent = writesSent();
				expect(new Set(sent).size).toBe(sent.length);
				expect(sent).toHaveLength(onError === 'stopWorkflow' ? 0 : 2);
				expect(execution.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
				expect(
					execution
						.items('Done')
						.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome])),
				).toEqual(onError === 'stopWorkflow' ? [] : ['accepted', 'accepted']);
			},
		);

		test('a write that Affilae answered with 503 is sent again, and earlier writes are not', async () => {
			const { sandbox } = playground;
			const orders = [pendingOrder(), pendingOrder(), pendingOrder()];
			sandbox.faults.set([{ kind: '503', next: 1, skip: 1, on: 'conversions.accept' }]);
			const execution = await accept(orders, { onError: 'stopWorkflow', retryOnFail: true });

			expect(execution.status).toBe('success');
			expect(orders.map(statusOf)).toEqual(['accepted', 'accepted', 'accepted']);
			expect(sandbox.store.writes.filter(({ id }) => isOneOf(orders, id))).toHaveLength(3);
		});

		test('a write that was carried out, but whose answer was lost, is not sent again', async () => {
			const { sandbox } = playground;
			const orders = [pendingOrder(), pendingOrder()];
			sandbox.faults.set([{ kind: 'resetAfter', next: 1, on: 'conversions.accept' }]);
			const execution = await accept(orders, { onError: 'stopWorkflow', retryOnFail: true });

			expect(execution.status).toBe('success');
			expect(orders.map(statusOf)).toEqual(['accepted', 'accepted']);
			const sent = writesSent();
			expect(sent).toHaveLength(2);
			expect(new Set(sent).size).toBe(2);
		});
	});

	function isOneOf(orderIds: string[], id: string): boolean {
		const externalId = playground.sandbox.store.get(id)?.conversion.externalId;
		return externalId !== undefined && orderIds.includes(externalId);
	}
});
