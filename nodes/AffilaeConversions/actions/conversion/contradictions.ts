import { subjectKey } from '../../api/callLog';
import type { Conversion } from '../../domain/conversion';
import { hasCents, matchesCurrency } from '../../domain/currency';
import type { Instruction } from '../../domain/decision';
import { formatCents, type GivenAmount } from '../../domain/money';
import { DEFAULT_TOLERANCE_CENTS } from '../../domain/reconcile';
import { describeConversion, describeOneOf, type Reference } from '../../domain/reference';
import { UserError } from '../../domain/userError';
import type { BatchEntry } from '../batch';
import type { Item } from '../item';
import type { Subjects } from './find';

/** What an item asks for, with the conversions that it is about. */
export interface Asked extends Subjects {
	reference: Reference;
	instruction: Instruction;
	isDryRun: boolean;
}

/** Equal for two items about the same conversion, both with Dry Run or both without. */
export function targetKey(id: string, { isDryRun }: Pick<Asked, 'isDryRun'>): string {
	return JSON.stringify([id, isDryRun]);
}

/** What the items of a run ask for each conversion, to find those that contradict each other. */
export class Statements {
	/** The instructions for a conversion, in words, each with the items that give it. */
	private readonly given = new Map<string, Map<string, number[]>>();
	private readonly named = new Set<string>();
	/** The items that cannot be read, by the IDs with which they name their conversions. */
	private readonly unread = new Map<
		string,
		Array<{ item: Item; programId?: string | undefined }>
	>();

	/** @param unread the items that cannot be read: it is unknown what they ask for */
	constructor(asked: ReadonlyArray<BatchEntry<Asked>>, unread: readonly Item[]) {
		for (const item of unread) {
			for (const subject of item.subjects) {
				const key = subjectKey(subject);
				const { programId } = subject;
				this.unread.set(key, [...(this.unread.get(key) ?? []), { item, programId }]);
			}
		}
		for (const { item, value } of asked) {
			for (const { id } of value.named) this.named.add(targetKey(id, value));
			for (const conversion of value.order) {
				const key = targetKey(conversion.id, value);
				const ofConversion = this.given.get(key) ?? new Map<string, number[]>();
				const words = inWords(value, conversion);
				ofConversion.set(words, [...(ofConversion.get(words) ?? []), item.index]);
				this.given.set(key, ofConversion);
			}
		}
	}

	/** @throws {UserError} if another item asks, or may ask, for something else for the same conversion */
	mustAgree(asked: Asked): void {
		const programs = new Set(asked.order.map(({ programId }) => programId));
		const isOther = (programId?: string) =>
			programId !== undefined && !programs.has(undefined) && !programs.has(programId);
		for (const key of idKeysOf(asked)) {
			const unread = this.unread.get(key)?.find(({ programId }) => !isOther(programId));
			if (unread === undefined) continue;
			throw new UserError(
				`Item ${unread.item.index} about the same order cannot be read`,
				'Correct or remove that item, then run the workflow again.',
			);
		}
		for (const conversion of asked.order) {
			const given = this.given.get(targetKey(conversion.id, asked));
			if (given === undefined || given.size < 2) continue;
			const each = [...given].map(([words, items]) => `${words} (item ${items.join(', ')})`);
			throw new UserError(
				`Several items ask for different things for ${describeOneOf(conversion, asked.order)}: ${each.join(' and ')}`,
				'Keep one item for each order.',
			);
		}
		const [first] = asked.named;
		if (first && asked.rivals.some(({ id }) => this.named.has(targetKey(id, asked)))) {
			throw new UserError(
				`Several items name conversions of ${describeConversion(first)} with the same commission rule, but the kept amount belongs to only one of them`,
				'One of them may be a duplicate. Look at them in Affilae, and keep the item for the right one.',
			);
		}
	}

	/** Whether items name all conversions that are decided as one. */
	nameAllOf(asked: Asked): boolean {
		return asked.order.every(({ id }) => this.named.has(targetKey(id, asked)));
	}
}

/** All IDs with which another item can name one of the conversions. */
function idKeysOf({ reference, order }: Asked): string[] {
	const ofConversions = order.flatMap(({ id, externalId = '', customerId = '' }) => [
		subjectKey({ by: 'id', value: id }),
		subjectKey({ by: 'externalId', value: externalId }),
		subjectKey({ by: 'customerId', value: customerId }),
	]);
	return [subjectKey(reference), ...ofConversions];
}

const DIVISION = { proportionally: 'divided in proportion', eachWhole: 'each compared with it' };

/** The parts of an instruction that can contradict another one, in words. */
function inWords({ instruction, order }: Asked, { currency }: Conversion): string {
	if (instruction.to === 'update') return amountInWords(instruction.amount, currency);
	if (instruction.to !== 'reconcile') return instruction.to;
	const { kept, isSettled, severalConversions, toleranceCents } = instruction;
	const of = order.length === 1 ? '' : ` of ${order.length} conversions`;
	return [
		`${amountInWords(kept, currency)} kept${of}`,
		isSettled ? 'return period ended' : 'return period open',
		...(severalConversions === 'ask' ? [] : [DIVISION[severalConversions]]),
		...(toleranceCents === DEFAULT_TOLERANCE_CENTS ? [] : [`tolerance ${toleranceCents} cents`]),
	].join(', ');
}

/** An amount that fails its item, for its currency or its unit, differs from the same number in the right one. */
function amountInWords({ amountCents, mark, amountsIn }: GivenAmount, currency?: string): string {
	const isOther = mark !== undefined && !matchesCurrency(mark, currency ?? '');
	const amount = isOther
		? `${formatCents(amountCents)} ${mark}`
		: formatCents(amountCents, currency);
	return amountsIn === 'units' && !hasCents(currency) ? `${amount}, not entered in cents` : amount;
}
