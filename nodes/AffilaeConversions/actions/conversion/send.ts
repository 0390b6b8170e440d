import type { Client } from '../../api/client';
import type { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import { formatCents } from '../../domain/money';
import type { Decision, Outcome } from '../../domain/outcome';
import { capital } from '../../domain/reference';
import { UserError } from '../../domain/userError';
import { STATUS_AFTER, type Write } from '../../domain/write';
import type { Batch } from '../batch';
import { HalfDone, mayBeDone } from '../progress';
import { memoryKey, type Found, type Target } from './plan';
import { carryOut } from './write';

/** What became of one conversion, or would become of it. */
export interface TargetResult {
	/** As it is now. */
	conversion: Conversion;
	outcome: Outcome;
	/** Whether anything was sent for it. */
	changed: boolean;
	message?: string;
}

/** What became of the conversions of one item, by conversion ID. */
export type Results = ReadonlyMap<string, TargetResult>;

/** What the writes of an execution share. */
export interface Execution {
	batch: Batch;
	client: Client;
	lookup: Lookup;
}

/** A conversion on its way through its writes. */
interface Course extends Target {
	/** Its writes that were carried out, and not by somebody else. */
	ours: Write[];
}

/**
 * Sends the writes of an order. Every amount is lowered before anything is accepted: an order that was
 * divided half way can be divided again, and an accepted amount cannot be lowered.
 */
export async function send(
	targets: readonly Target[],
	plan: Found,
	execution: Execution,
): Promise<Results> {
	const { batch, client, lookup } = execution;
	noteShares(plan, batch);
	const courses = targets.map((target): Course => ({ ...target, ours: [] }));
	const steps = courses.flatMap((course) =>
		course.decision.writes.map((write) => ({ course, write })),
	);
	const isLowering = ({ write }: (typeof steps)[number]) => write.do === 'update';
	const lowerings = steps.filter(isLowering);
	for (const { course, write } of [
		...lowerings,
		...steps.filter((step) => !lowerings.includes(step)),
	]) {
		try {
			const written = await carryOut(client, lookup, course.conversion, write);
			course.conversion = written.conversion;
			if (written.isOurs) course.ours.push(write);
		} catch (reason) {
			throw afterOthers(courses, course, write, reason);
		}
		if (write === course.decision.writes.at(-1) && course.ours.length > 0) {
			batch.memory.note(memoryKey(course.conversion.id, plan.instruction), course.decision.outcome);
		}
	}
	return new Map(courses.map((course) => [course.conversion.id, ended(course, courses, plan)]));
}

/** What each part of a divided order is to come to: a second try of this execution must not divide it anew. */
function noteShares({ targets, instruction }: Found, { memory }: Batch): void {
	if (targets.length < 2 || instruction.to !== 'reconcile') return;
	for (const { conversion, decision } of targets) {
		const lowering = decision.writes.find((write) => write.do === 'update');
		const cents = lowering?.amountCents ?? conversion.amountCents;
		if (cents !== undefined) memory.noteShare(memoryKey(conversion.id, instruction), cents);
	}
}

function ended(course: Course, courses: readonly Course[], plan: Found): TargetResult {
	const { conversion, decision, name, ours } = course;
	if (ours.length > 0) return { conversion, changed: true, ...told(decision) };
	const message = `${capital(name)} was already ${decision.outcome} by somebody else`;
	if (plan.ifAlreadyProcessed === 'fail') {
		const done = inWords(courses);
		throw new UserError(
			done === '' ? message : `${capital(done)}. ${message}`,
			"Set 'If Already Processed' to Succeed if that counts as done.",
		);
	}
	return { conversion, outcome: 'unchanged', changed: false, message };
}

/** Why a write was not carried out; with what was done for the order before, if anything was. */
function afterOthers(
	courses: readonly Course[],
	{ name }: Course,
	write: Write,
	reason: unknown,
): unknown {
	const done = inWords(courses);
	if (done === '') return reason;
	const next = { accept: 'accepted', refuse: 'refused', update: 'lowered' }[write.do];
	return new HalfDone(
		mayBeDone(reason)
			? `${capital(done)}, and nobody knows whether ${name} was ${next}`
			: `${capital(done)}, but ${name} was not ${next}`,
		reason,
	);
}

/** What was carried out: `order 1042, rule Sale was lowered to 30.00 EUR and accepted`. */
function inWords(courses: readonly Course[]): string {
	return courses
		.filter(({ ours }) => ours.length > 0)
		.map(({ conversion, name, ours }) => {
			const words = ours.map((write) => {
				if (write.do !== 'update') return STATUS_AFTER[write.do];
				return `lowered to ${formatCents(write.amountCents, conversion.currency)}`;
			});
			return `${name} was ${words.join(' and ')}`;
		})
		.join(', ');
}

/** What a decision has come to, as the output says it. */
export function told({ outcome, message }: Decision): Pick<TargetResult, 'outcome' | 'message'> {
	return { outcome, ...(message === undefined ? {} : { message }) };
}
