import { expect, test } from '@jest/globals';
import { runNode } from './engine';
import { sale, saleId, shopWith } from './sandboxShop';
import { CALLS, SHOES } from './shop';
import { inAnyOrder, serverForTests } from './server';

const affilae = serverForTests();

/** The order ID that each item outputs if it is looked up by this expression; null if the item fails. */
async function orderIdsFoundBy(
	expression: string,
	items: Parameters<typeof runNode>[0]['items'],
): Promise<Array<string | null>> {
	affilae.respond = (await shopWith([sale(1), sale(2)])).respond;
	const { success } = await runNode({
		parameters: {
			operation: 'info',
			conversion: { __rl: true, mode: 'externalId', value: expression },
		},
		items,
		credential: affilae.credential,
		settings: { onError: 'continueRegularOutput' },
	});
	return success.map(({ json }) =>
		typeof json['externalId'] === 'string' ? json['externalId'] : null,
	);
}

// The second expression of each pair means the same, in a form that the node leaves to n8n.
test.each([
	['={{ $json.order }}', '={{ $json.order ?? "" }}'],
	['={{$json["order"]}}', '={{ [$json.order][0] }}'],
	["={{ $json['the order'] }}", '={{ Object($json)["the order"] }}'],
	['={{ $json.nested.order }}', '={{ $json.nested?.order }}'],
	['={{ $json.nested["the order"].id }}', '={{ $json.nested?.["the order"]?.id }}'],
	['={{ $json.absent }}', '={{ $json.absent ?? undefined }}'],
	['={{ $json.order.length }}', '={{ ($json.order ?? "").length }}'],
	['={{ $json.__proto__.order }}', '={{ undefined }}'],
	['={{ $json.list }}', '={{ $json["li" + "st"] }}'],
	['={{ $json.list[0] }}', '={{ $json.list?.at(0) }}'],
	['={{ $json.numéro }}', '={{ $json["numéro"] ?? undefined }}'],
	['={{ $json.thousand.length }}', '={{ ($json.thousand ?? "").length || undefined }}'],
])('the expression %s has the value that n8n itself computes', async (plain, evaluated) => {
	const items = [
		{ order: '1001', 'the order': '1002', nested: { order: '1001' }, list: ['1001'] },
		{ numéro: '1002', thousand: 'x'.repeat(1001) },
		{ order: 1002, nested: { 'the order': { id: '1001' } } },
		{ nested: 'text', order: null },
		{},
	];
	expect(await orderIdsFoundBy(plain, items)).toEqual(await orderIdsFoundBy(evaluated, items));
});

test.each([
	['={{ $json.kept }}', '={{ $json.settled }}', '={{ $json.why }}'],
	['={{ [$json.kept][0] }}', '={{ !!$json.settled }}', '={{ $json["w" + "hy"] }}'],
])(
	'reconcile reads the amount, the return period and the reason of each item from expressions like %s',
	async (keptAmount, settled, reason) => {
		affilae.respond = (await shopWith([sale(1), sale(2), sale(3)])).respond;
		const { success, stopped } = await runNode({
			parameters: {
				operation: 'reconcile',
				conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
				keptAmount,
				settled,
				reason,
			},
			items: [
				{ order: '1001', kept: 60, settled: false, why: 'Part returned' },
				{ order: '1002', kept: '84,90', settled: true, why: '' },
				{ order: '1003', kept: 0, settled: false, why: 'Canceled' },
			],
			credential: affilae.credential,
		});
		expect(stopped).toBeUndefined();
		expect(success.map(({ json, pairedItem }) => [json['outcome'], pairedItem])).toEqual([
			['updated', { item: 0 }],
			['accepted', { item: 1 }],
			['refused', { item: 2 }],
		]);
		expect(inAnyOrder(affilae.writes).map(({ path, body }) => [path, body])).toEqual([
			[CALLS.accept, { program: SHOES.id, id: saleId(2) }],
			[CALLS.refuse, { program: SHOES.id, id: saleId(3), reason: 'Canceled' }],
			[CALLS.update, { id: saleId(1), amount: 6000, reason: 'Part returned' }],
		]);
	},
);

test.each(['list', 'info', 'accept', 'reconcile'])(
	'%s has n8n evaluate the expressions of Options once for each item',
	async (operation) => {
		affilae.respond = (await shopWith([sale(1), sale(2)])).respond;
		let evaluated = 0;
		const item = (order: string) => ({
			order,
			get unit() {
				evaluated += 1;
				return 'cents';
			},
		});
		const { success, stopped } = await runNode({
			parameters: {
				operation,
				conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
				keptAmount: 8490,
				options: { amountsIn: '={{ $json.unit }}' },
			},
			items: [item('1001'), item('1002')],
			credential: affilae.credential,
		});
		expect(stopped).toBeUndefined();
		expect(success.map(({ json }) => json['amount'])).toContain(8490);
		expect(evaluated).toBe(2);
	},
);

test('values that expressions return for one item are not used for another', async () => {
	affilae.respond = (await shopWith([sale(1), sale(2)])).respond;
	const { success, stopped } = await runNode({
		parameters: {
			operation: 'refuse',
			conversion: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
			reason: '={{ $json.why + "!" }}',
			options: { amountsIn: '={{ $json.unit }}' },
		},
		items: [
			{ order: '1001', why: 'Returned', unit: 'cents' },
			{ order: '1002', why: 'Lost', unit: 'units' },
		],
		credential: affilae.credential,
	});
	expect(stopped).toBeUndefined();
	expect(success.map(({ json, pairedItem }) => [json['id'], pairedItem])).toEqual([
		[saleId(1), { item: 0 }],
		[saleId(2), { item: 1 }],
	]);
	const [inCents, inUnits] = success.map(({ json }) => json);
	expect([inCents?.['amount'], inUnits?.['amount']]).toEqual([8490, 84.9]);
	const reasons = affilae.requests.flatMap(({ path, body }) =>
		path === CALLS.refuse ? [JSON.stringify(body)] : [],
	);
	expect(reasons.sort().map((body) => /Returned!|Lost!/.exec(body)?.[0])).toEqual([
		'Returned!',
		'Lost!',
	]);
});

test.each([
	'={{ $json.prefix?.trim() }}{{ $json.order }}',
	'={{ $("Start").item.json.prefix }}{{ $json.order }}',
	'={{ $json.order }}{{ ({})[$json.prefix] }}',
])(
	'an expression in a text that returns nothing fails its item, also if only n8n can evaluate it (%s)',
	async (value) => {
		affilae.respond = (await shopWith([sale(1), sale(2)])).respond;
		const { failed, success } = await runNode({
			parameters: {
				operation: 'refuse',
				reason: 'Returned',
				conversion: { __rl: true, mode: 'externalId', value },
			},
			items: [{ order: '1001' }, { order: '002', prefix: '1' }],
			credential: affilae.credential,
			settings: { onError: 'continueErrorOutput' },
		});
		const told = "'Conversion' is set to an expression that returns nothing for this item [item 0]";
		expect(failed[0]?.json['error']).toBe(told);
		expect(affilae.writes.map(({ body }) => body)).not.toContainEqual(
			expect.objectContaining({ id: saleId(1) }),
		);
		expect(success.length + failed.length).toBe(2);
	},
);
