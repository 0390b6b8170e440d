import { describe, expect, test } from '@jest/globals';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { inProgram } from './locators';
import { parts, REASON, RECONCILE } from './reconciling';
import { sale, saleId } from './sandboxShop';
import { BAGS, SHOES } from './shop';
import {
	about,
	accepting,
	adviceOf,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	CONTINUING,
	failuresOf,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const KEPT = { kept: 84.9, settled: true, reason: REASON };
const OTHER = { ...about(2), ...KEPT };
const cannotBeRead = (item: number) => [
	`Order 1001: Item 1 about the same order cannot be read [item ${item}]`,
	{ item },
];

describe('if the item after it about the same order cannot be read,', () => {
	test.each(['-84.90', '', NaN, '1,234'])(
		'Reconcile sends nothing for an order, and says which item it is (%j kept)',
		async (kept) => {
			for (const name of [BY_ORDER, BY_ID, BY_CUSTOMER]) {
				for (const onError of CONTINUING) {
					affilae.forget();
					await openShop([sale(1), sale(2)]);
					const items = [{ ...about(1), ...KEPT }, { ...about(1), ...KEPT, kept }, OTHER];
					const result = await run('reconcile', { ...RECONCILE, ...name }, items, { onError });
					expect(failuresOf(result)).toContainEqual(cannotBeRead(0));
					expect(failuresOf(result)).toHaveLength(2);
					expect(adviceOf(result)).toContain(
						'Correct or remove that item, then run the workflow again.',
					);
					expect(affilae.writes).toEqual([accepting(2)]);
				}
			}
		},
	);

	test('Reconcile decides the order of another program, which has the same number', async () => {
		await openShop([sale(1), sale(2, { externalId: '1001', program: BAGS.id })]);
		const parameters = { ...RECONCILE, ...BY_ORDER, ...inProgram('={{ $json.program }}') };
		const items = [
			{ ...about(1), ...KEPT, program: SHOES.id },
			{ ...about(1), ...KEPT, kept: 'abc', program: BAGS.id },
		];
		const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([[expect.stringMatching(/"abc"/), { item: 1 }]]);
		expect(affilae.writes).toEqual([accepting(1)]);
	});

	const CASES: Array<{ operation: string; parameters: INodeParameters; rubbish: IDataObject }> = [
		{
			operation: 'update',
			parameters: { reason: REASON, amount: '={{ $json.amount }}' },
			rubbish: { amount: 'abc' },
		},
		{
			operation: 'refuse',
			parameters: { reason: '={{ $json.reason }}' },
			rubbish: { reason: '' },
		},
		{
			operation: 'accept',
			parameters: { options: { ifNotFound: '={{ $json.ifNotFound }}' } },
			rubbish: { ifNotFound: 'maybe' },
		},
		{
			operation: 'accept',
			parameters: { options: { ifNotFound: '={{ $json.missing }}' } },
			rubbish: { missing: null },
		},
		{
			operation: 'accept',
			parameters: inProgram('={{ $json.program }}'),
			rubbish: { program: 'Shoes' },
		},
	];

	test.each(CASES)(
		'$operation sends nothing for an order ($rubbish)',
		async ({ operation, parameters, rubbish }) => {
			await openShop([sale(1), sale(2)]);
			const values = {
				amount: 50,
				reason: REASON,
				ifNotFound: 'fail',
				missing: '',
				program: SHOES.id,
			};
			const items = [
				{ ...about(1), ...values },
				{ ...about(1), ...values, ...rubbish },
				{ ...about(2), ...values },
			];
			const result = await run(operation, { ...BY_ORDER, ...parameters }, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toContainEqual(cannotBeRead(0));
			expect(failuresOf(result)).toHaveLength(2);
			expect(outcomesOf(result)).toEqual([[expect.any(String), true, { item: 2 }]]);
		},
	);

	test.each([
		{ mode: 'externalId', value: '1001' },
		{ mode: 'externalId', value: ' 1001 ' },
		{ mode: 'customerId', value: 'C-1' },
		{ mode: 'id', value: saleId(11) },
	])(
		'nothing is sent for an order, whichever of its IDs that item names ($mode)',
		async (other) => {
			await openShop(parts());
			const byId = (number: number) => ({ mode: 'id', value: saleId(number) });
			const items = [
				{ ...KEPT, kept: 100, which: { __rl: true, ...byId(1) } },
				{ ...KEPT, kept: 'abc', which: { __rl: true, ...other } },
				{ ...KEPT, which: { __rl: true, ...byId(2) } },
			];
			const parameters = { ...RECONCILE, conversion: '={{ $json.which }}' };
			const result = await run('reconcile', parameters, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toContainEqual(cannotBeRead(0));
			expect(affilae.writes).toEqual([accepting(2)]);
		},
	);
});

test('an item that cannot be read does not stop items about other orders', async () => {
	await openShop([sale(1), sale(2)]);
	const items = [
		{ ...about(1), ...KEPT, kept: 'abc' },
		{ ...OTHER, kept: 0 },
	];
	const result = await run('reconcile', { ...RECONCILE, ...BY_ORDER }, items, TO_ERROR_BRANCH);
	expect(failuresOf(result)).toHaveLength(1);
	expect(affilae.writes).toEqual([refusing(2)]);
});
