import type { INodeParameters } from 'n8n-workflow';
import { LIGHTING, NEW_CUSTOMERS, type NewConversion, sale } from './sandboxShop';

/** What reconcile asks for, each from a field of the item. */
export const RECONCILE: INodeParameters = {
	operation: 'reconcile',
	keptAmount: '={{ $json.kept }}',
	settled: '={{ $json.settled }}',
	reason: '={{ $json.reason }}',
};

/** Why something came back. */
export const REASON = 'Order returned';

/** Order 1001 in three parts, 1, 11 and 12, of 60.00, 30.00 and 10.00 EUR; order 1002 as it always is. */
export function parts(...differing: NewConversion[]): NewConversion[] {
	return [
		sale(1, { amount: 6000, ...differing[0] }),
		sale(11, { externalId: '1001', rule: LIGHTING.name, amount: 3000, ...differing[1] }),
		sale(12, { externalId: '1001', rule: NEW_CUSTOMERS.name, amount: 1000, ...differing[2] }),
		sale(2),
	];
}
