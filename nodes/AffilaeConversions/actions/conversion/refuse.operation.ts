import { readReason } from '../../domain/reason';
import { UserError } from '../../domain/userError';
import { programField, simplifyField } from '../../parameters/fields';
import type { Item } from '../item';
import type { Operation } from '../operation';
import { carryOutAll } from './carryOutAll';
import { conversionFields, dryRunField, reasonField } from './fields';
import { writeOptions } from './options';

/** Refuse: the affiliate is not paid for the order. */
export const refuse = {
	option: {
		name: 'Refuse',
		value: 'refuse',
		description:
			'Refuse the conversions of an order, including accepted ones that are not locked yet',
		action: 'Refuse a conversion',
	},
	fields: [
		...conversionFields,
		reasonField,
		programField,
		dryRunField,
		simplifyField,
		writeOptions(),
	],
	run: async (batch, client) =>
		await carryOutAll(batch, client, (item) => ({
			to: 'refuse',
			reason: requiredReason(item, 'refuse a conversion'),
		})),
} satisfies Operation;

/** @throws {UserError} if there is none: Affilae requires one (API page: The five calls, doc) */
export function requiredReason(item: Item, purpose: string): string {
	const reason = readReason(item.value('reason'));
	if (reason) return reason;
	throw new UserError(
		`'Reason' is empty. Affilae requires one to ${purpose}`,
		"Fill in 'Reason': the affiliate sees it.",
	);
}
