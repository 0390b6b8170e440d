import type { Client } from '../../api/client';
import type { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import { formatCents } from '../../domain/money';
import type { Decision, Outcome } from '../../domain/outcome';
import { capitalize, describeAmount } from '../../domain/reference';
import { UserError } from '../../domain/userError';
import { isAfter, STATUS_AFTER, type Write } from '../../domain/write';
import type { Batch } from '../batch';
import { PartlyDone, mayBeDone } from '../progress';
import { memoryKey, type Task } from './plan';
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

/** The results for the conversions of an order, by conversion ID. */
export type Results = ReadonlyMap<string, TargetResult>;

/** What the writes of an execution share. */
export interface Execution {
	batch: Batch;
	client: Client;
	lookup: Lookup;
}

/** A conversion and how many of its writes are done. */
interface WriteState extends Task {
	/** As it is now. */
	conversion: Conversion;
	/** Its writes that this run carried out, not somebody else. */
	ours: Write[];
}

/**
 * Sends the writes of an order. All amounts are lowered before anything is accepted: a partly divided order
 * can still be divided, but an accepted amount cannot be lowered.
 *
 * @throws {PartlyDone} if a write was not carried out after others were
 */
export async function send(tasks: readonly Task[], execution: Execution): Promise<Results> {
	const { batch, client, lookup } = execution;
	noteShares(tasks, batch);
	const states = tasks.map(
		(task): WriteState => ({ ...task, conversion: task.target.conversion, ours: [] }),
	);
	for (const { state, write } of inSteps(states)) {
		const { plan, target } = state;
		try {
			mustBeAsDecided(state);
			const before = state.conversion;
			const mustShow = write !== target.decision.writes.at(-1);
			const written = await carryOutWrite(client, lookup, before, write, mustShow);
			state.conversion = written.conversion;
			if (write.do === 'accept') mustBeAtAmount(before, state);
			if (written.isOurs) state.ours.push(write);
		} catch (reason) {
			throw afterOthers(states, state, write, reason);
		}
		if (write !== target.decision.writes.at(-1)) continue;
		if (state.ours.length > 0) {
			const key = memoryKey(state.conversion.id, plan.instruction);
			batch.memory.note(key, target.decision.outcome);
		} else if (plan.ifAlreadyProcessed === 'fail') {
			throw afterOthers(states, state, write, alreadyDone(state));
		}
	}
	return new Map(states.map((state) => [state.conversion.id, resultOf(state)]));
}

function inSteps(states: readonly WriteState[]): Array<{ state: WriteState; write: Write }> {
	const steps = states.flatMap((state) =>
		state.target.decision.writes.map((write) => ({ state, write })),
	);
	const isLowering = ({ write }: (typeof steps)[number]) => write.do === 'update';
	return [...steps.filter(isLowering), ...steps.filter((step) => !isLowering(step))];
}

/** The decision is valid only for the status that was read: somebody may have changed it since. */
function mustBeAsDecided({ conversion, target }: WriteState): void {
	if (conversion.status !== target.conversion.status) {
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
	const { instruction, order = [] } = tasks[0]?.plan ?? {};
	const divides =
		instruction?.to === 'reconcile' && instruction.severalConversions === 'proportionally';
	const lowered = new Map(
		tasks.flatMap(({ target: { conversion, decision } }) =>
			decision.writes.flatMap((write) =>
				write.do === 'update' ? [[conversion.id, write.amountCents] as const] : [],
			),
		),
	);
	if (!divides || order.length < 2 || lowered.size === 0) return;
	for (const { id, amountCents } of order) {
		const cents = lowered.get(id) ?? amountCents;
		if (cents !== undefined) memory.noteShare(memoryKey(id, instruction), cents);
	}
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

/** Why a write failed, together with what was done for the order before, if anything. */
function afterOthers(
	states: readonly WriteState[],
	{ target: { name }, conversion }: WriteState,
	write: Write,
	reason: unknown,
): unknown {
	const done = inWords(states);
	if (done === '') return reason;
	const next = { accept: 'accepted', refuse: 'refused', update: 'lowered' }[write.do];
	if (mayBeDone(reason)) {
		return new PartlyDone(
			`${capitalize(done)}, and it is unknown whether ${name} was ${next}`,
			reason,
		);
	}
	const isAccepted = write.do === 'accept' && isAfter(conversion, write);
	const now = isAccepted ? `is now accepted at ${describeAmount(conversion)}` : `was not ${next}`;
	return new PartlyDone(`${capitalize(done)}, but ${name} ${now}`, reason);
}

/** What was carried out: `order 1042, rule Sale was lowered to 30.00 EUR and accepted`. */
function inWords(states: readonly WriteState[]): string {
	return states
		.filter(({ ours }) => ours.length > 0)
		.map(({ conversion, target: { name }, ours }) => {
			const words = ours.map((write) => {
				if (write.do !== 'update') return STATUS_AFTER[write.do];
				return `lowered to ${formatCents(write.amountCents, conversion.currency)}`;
			});
			return `${name} was ${words.join(' and ')}`;
		})
		.join(', ');
}

/** Outcome and message of a decision, for the output. */
export function resultFields({
	outcome,
	message,
}: Decision): Pick<TargetResult, 'outcome' | 'message'> {
	return { outcome, ...(message === undefined ? {} : { message }) };
}
