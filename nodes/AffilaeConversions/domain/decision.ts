import { mustBeComparable } from './comparable';
import type { Conversion } from './conversion';
import { isLocked, lockedSince, lockedUntil, statusOf, unknownStatus } from './lifecycle';
import { formatCents, type GivenAmount } from './money';
import { decideReconcile, type Reconcile } from './reconcile';
import { alreadyAsWanted, type Circumstances, type Decision } from './outcome';
import { capitalize, describeAmount, describeConversion, describeOneOf } from './reference';
import { UserError } from './userError';
import { STATUS_AFTER } from './write';

/** What an item asks for. Reasons are on one line and not empty. */
export type Instruction =
	| { to: 'accept' }
	| { to: 'refuse'; reason: string }
	| { to: 'update'; amount: GivenAmount; reason: string }
	| Reconcile;

/**
 * Decides what to send for an order's conversions. An instruction that is already carried out sends nothing.
 *
 * @param order one conversion per commission rule, at least one
 * @returns one decision per conversion, in the same order
 * @throws {UserError} if a conversion's state does not allow the instruction: then nothing is sent
 */
export function decide(
	order: readonly Conversion[],
	instruction: Instruction,
	circumstances: Circumstances,
): Decision[] {
	if (instruction.to === 'reconcile') return decideReconcile(order, instruction, circumstances);
	if (instruction.to === 'update') return [decideUpdate(order, instruction, circumstances)];
	return order.map((conversion) => {
		const name = describeOneOf(conversion, order);
		const { to } = instruction;
		if (conversion.status === STATUS_AFTER[to]) {
			return alreadyAsWanted(`${capitalize(name)} was already ${STATUS_AFTER[to]}`, circumstances);
		}
		mustBeKnown(conversion, name);
		mustNotBeLocked(conversion, name, STATUS_AFTER[to], circumstances);
		if (to === 'accept') return { writes: [{ do: 'accept' }], outcome: 'accepted' };
		return { writes: [{ do: 'refuse', reason: instruction.reason }], outcome: 'refused' };
	});
}

function decideUpdate(
	order: readonly Conversion[],
	{ amount, reason }: Extract<Instruction, { to: 'update' }>,
	circumstances: Circumstances,
): Decision {
	const [conversion, second] = order;
	if (conversion === undefined) throw new TypeError('An order has at least one conversion');
	const name = describeConversion(conversion);
	if (second !== undefined) {
		const parts = order.map((one) => `${describeOneOf(one, order)}: ${describeAmount(one)}`);
		throw new UserError(
			`${capitalize(name)} has ${order.length} conversions, one per commission rule (${parts.join('; ')})`,
			"Choose one with the option 'Commission Rule', or use Reconcile.",
		);
	}
	mustBeComparable(amount, 'Amount', conversion);
	const { amountCents } = amount;
	if (conversion.amountCents === amountCents) {
		const now = formatCents(amountCents, conversion.currency);
		return alreadyAsWanted(`The amount of ${name} was already ${now}`, circumstances);
	}
	mustBeKnown(conversion, name);
	mustNotBeLocked(conversion, name, 'lowered', circumstances);
	const status = statusOf(conversion);
	if (status !== 'pending') {
		const instead = status === 'accepted' ? ' Until then you can still refuse it.' : '';
		throw new UserError(
			`${capitalize(name)} is ${status}, but Affilae changes the amount of pending conversions only`,
			`${lockedUntil(conversion)}.${instead} If the amount must change, settle it with the affiliate.`,
		);
	}
	const above =
		amountCents > (conversion.amountCents ?? Infinity)
			? {
					message: `The new amount is higher than the current ${describeAmount(conversion)}. Affilae allows at most the initial amount`,
				}
			: {};
	return { writes: [{ do: 'update', amountCents, reason }], outcome: 'updated', ...above };
}

function mustBeKnown(conversion: Conversion, name: string): void {
	const problem = unknownStatus(conversion, name);
	if (problem === undefined) return;
	throw new UserError(problem, 'Look at it in Affilae, and decide there.');
}

function mustNotBeLocked(
	conversion: Conversion,
	name: string,
	wanted: string,
	{ nowMs }: Circumstances,
): void {
	if (!isLocked(conversion, nowMs)) return;
	const { status = 'decided' } = conversion;
	throw new UserError(
		`${capitalize(name)} was not ${wanted}: it is ${status} and can no longer be changed`,
		`${lockedSince(conversion)}. If the decision is wrong, settle it with the affiliate.`,
	);
}
