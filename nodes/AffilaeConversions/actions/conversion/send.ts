import type { Client } from '../../api/client';
import type { Conversion } from '../../domain/conversion';
import { formatCents } from '../../domain/money';
import { statusOf } from '../../domain/lifecycle';
import type { Decision, Outcome } from '../../domain/outcome';
import { capitalize, describeAmount } from '../../domain/reference';
import { UserError } from '../../domain/userError';
import { isAfter, STATUS_AFTER, type Write } from '../../domain/write';
import type { Batch } from '../batch';
import { endsRun, lastReason, mayBeDone, PartlyDone } from '../progress';
import { memoryKey, type Found, type Task } from './plan';
import { carryOutWrite, changedMeanwhile } from './write';

/** The result for one conversion; on a dry run, the expected one. */
export interface TargetResult {
	/** As it is now. */
	conversion: Conversion;
	outcome: Outcome;
	/** Whether anything was sent for it. */
	changed: boolean;
	message?: string;
}

/** What became of one conversion of an order. */
export interface Sent {
	result: TargetResult;
	/** What was carried out, in words; empty if nothing was. */
	done: string;
	failure?: Failure;
}

interface Failure {
	/** `order 1042 was not accepted`; what may have been done if that is unknown. */
	what: string;
	reason: unknown;
	/** Set if nothing more was sent for the order: the reason then also says what was done for it. */
	stopsOrder?: boolean;
}

/** What became of the conversions of an order, by conversion ID. */
export type Results = ReadonlyMap<string, Sent>;

/** What the writes of an execution share. */
export interface Execution {
	batch: Batch;
	client: Client;
}

/** A conversion and what became of its writes so far. */
interface WriteState extends Task {
	/** As it is now. */
	conversion: Conversion;
	/** Its writes that this run carried out, not somebody else. */
	ours: Write[];
	/** Whether all its writes are done, by this run or by somebody else. */
	isFinished: boolean;
	failure?: Failure;
}

/** One write to a conversion. */
interface Step {
	state: WriteState;
	write: Write;
}

/**
 * Sends the writes of an order. All amounts are lowered before anything is accepted: a partly divided order
 * can still be divided, but an accepted amount cannot be lowered. A failure is that of its conversion, and the
 * others are still written to, unless they depend on it.
 */
export async function send(tasks: readonly Task[], execution: Execution): Promise<Results> {
	noteShares(tasks, execution.batch);
	const states = tasks.map((task): WriteState => {
		const { conversion, decision } = task.target;
		return { ...task, conversion, ours: [], isFinished: decision.writes.length === 0 };
	});
	for (const step of inSteps(states)) {
		const { state } = step;
		if (state.failure) continue;
		try {
			await carryOut(step, execution);
		} catch (reason) {
			state.failure = { what: whatFailed(step, reason), reason };
			if (mayBeDone(reason)) noteOutcome(state, execution.batch);
			if (canGoOn(step, reason, execution.batch)) continue;
			const all = { what: '', reason: errorOf(states.map(sentOf), reason), stopsOrder: true };
			state.failure = all;
			for (const left of states) if (!left.isFinished) left.failure ??= all;
			break;
		}
	}
	return new Map(states.map((state) => [state.conversion.id, sentOf(state)]));
}

/** @throws {UserError} if a conversion of an item failed, with what was done for its others */
export function mustBeDone(sent: readonly Sent[]): void {
	const failures = sent.flatMap(({ failure }) => failure ?? []);
	const [first] = failures;
	if (first === undefined) return;
	const stop = failures.find(({ stopsOrder }) => stopsOrder);
	throw stop ? stop.reason : errorOf(sent, first.reason);
}

function inSteps(states: readonly WriteState[]): Step[] {
	const steps = states.flatMap((state) =>
		state.target.decision.writes.map((write) => ({ state, write })),
	);
	const isLowering = ({ write }: Step) => write.do === 'update';
	return [...steps.filter(isLowering), ...steps.filter((step) => !isLowering(step))];
}

async function carryOut({ state, write }: Step, { batch, client }: Execution): Promise<void> {
	const { plan, target } = state;
	mustBeAsDecided(state);
	const before = state.conversion;
	const isLast = write === target.decision.writes.at(-1);
	const written = await carryOutWrite(client, before, write, !isLast);
	state.conversion = written.conversion;
	if (write.do === 'accept') mustBeAtAmount(before, state);
	if (written.isOurs) state.ours.push(write);
	if (!isLast) return;
	state.isFinished = true;
	if (state.ours.length > 0) noteOutcome(state, batch);
	else if (plan.ifAlreadyProcessed === 'fail') throw alreadyDone(state);
}

/** For a later try of this execution: if it finds the conversion so, this try did it. */
function noteOutcome({ conversion, plan, target }: WriteState, { memory }: Batch): void {
	memory.note(memoryKey(conversion.id, plan.instruction), target.decision.outcome);
}

/** Whether the other conversions of the order can be written to after a failure. */
function canGoOn({ state, write }: Step, reason: unknown, { continues }: Batch): boolean {
	if (!continues || mayBeDone(reason) || endsRun(lastReason(reason))) return false;
	// If one share of a divided amount is not lowered, the order is not what the customer kept.
	return write.do !== 'update' || isAfter(state.conversion, write) || !isDivided(state.plan);
}

function isDivided({ instruction, order }: Pick<Found, 'instruction' | 'order'>): boolean {
	const divides =
		instruction.to === 'reconcile' && instruction.severalConversions === 'proportionally';
	return divides && order.length > 1;
}

/** The decision is valid only for the status that was read: somebody may have changed it since. */
function mustBeAsDecided({ conversion, target }: WriteState): void {
	if (statusOf(conversion) !== statusOf(target.conversion)) {
		throw changedMeanwhile(target.conversion, conversion);
	}
}

/** Reconcile accepts an amount, not just a conversion: at another amount, a person must act. */
function mustBeAtAmount(before: Conversion, { conversion, plan }: WriteState): void {
	const { amountCents = before.amountCents } = conversion;
	const isOther = amountCents !== before.amountCents;
	if (isOther && plan.instruction.to === 'reconcile') throw changedMeanwhile(before, conversion);
}

/** Notes the shares of a divided order: a second try of this execution must not divide it again. */
function noteShares(tasks: readonly Task[], { memory }: Batch): void {
	const [first] = tasks;
	const lowered = new Map(
		tasks.flatMap(({ target: { conversion, decision } }) =>
			decision.writes.flatMap((write) =>
				write.do === 'update' ? [[conversion.id, write.amountCents] as const] : [],
			),
		),
	);
	if (first === undefined || !isDivided(first.plan) || lowered.size === 0) return;
	const { instruction, order } = first.plan;
	for (const { id, amountCents } of order) {
		const cents = lowered.get(id) ?? amountCents;
		if (cents !== undefined) memory.noteShare(memoryKey(id, instruction), cents);
	}
}

function sentOf(state: WriteState): Sent {
	const { failure } = state;
	return { result: resultOf(state), done: inWords(state), ...(failure ? { failure } : {}) };
}

function resultOf(state: WriteState): TargetResult {
	const { conversion, target, ours } = state;
	return ours.length > 0
		? { conversion, changed: true, ...resultFields(target.decision) }
		: { conversion, outcome: 'unchanged', changed: false, message: doneByOthers(state) };
}

function alreadyDone(state: WriteState): UserError {
	return new UserError(
		doneByOthers(state),
		"If that is fine, set 'If Already Processed' to Succeed.",
	);
}

function doneByOthers({ target: { decision, name } }: WriteState): string {
	return `${capitalize(name)} was already ${decision.outcome} by somebody else`;
}

/** What a failure leaves undone, in words; what may be done if that is unknown. */
function whatFailed({ state, write }: Step, reason: unknown): string {
	const { target, conversion } = state;
	const isNow = write.do === 'accept' && isAfter(conversion, write);
	if (isNow) return `${target.name} is now accepted at ${describeAmount(conversion)}`;
	const next = { accept: 'accepted', refuse: 'refused', update: 'lowered' }[write.do];
	return `${target.name} was ${mayBeDone(reason) ? '' : 'not '}${next}`;
}

/** Why writes failed, together with what was done, if anything. */
function errorOf(sent: readonly Sent[], reason: unknown): unknown {
	const done = sent.flatMap((one) => (one.done === '' ? [] : one.done)).join(', ');
	if (done === '') return reason;
	const failures = sent.flatMap(({ failure }) => failure ?? []);
	const wordsOf = (isUnknown: boolean) =>
		failures
			.filter((failure) => mayBeDone(failure.reason) === isUnknown)
			.map(({ what }) => what)
			.join(' and ');
	const [not, unknown] = [wordsOf(false), wordsOf(true)];
	const what = [
		capitalize(done),
		...(not === '' ? [] : [`, but ${not}`]),
		...(unknown === '' ? [] : [`, and it is unknown whether ${unknown}`]),
	];
	return new PartlyDone(what.join(''), reason);
}

/** What was carried out: `order 1042, rule Sale was lowered to 30.00 EUR and accepted`. */
function inWords({ conversion, target: { name }, ours }: WriteState): string {
	if (ours.length === 0) return '';
	const words = ours.map((write) => {
		if (write.do !== 'update') return STATUS_AFTER[write.do];
		return `lowered to ${formatCents(write.amountCents, conversion.currency)}`;
	});
	return `${name} was ${words.join(' and ')}`;
}

/** Outcome and message of a decision, for the output. */
export function resultFields({
	outcome,
	message,
}: Decision): Pick<TargetResult, 'outcome' | 'message'> {
	return { outcome, ...(message === undefined ? {} : { message }) };
}
