import type { Client } from '../../api/client';
import { write, type Write } from '../../api/conversions';
import { ApiError, Cancelled, HalfDone, mayBeDone } from '../../api/apiError';
import type { Lookup } from '../../api/lookup';
import type { Patience } from '../../api/retry';
import type { Conversion } from '../../domain/conversion';
import {
	asWished,
	decide,
	type Decision,
	type IfAlreadyProcessed,
	type Outcome,
	type Wish,
} from '../../domain/decision';
import { theOnly, type Reference } from '../../domain/match';
import { afterStep, afterUnseenStep, isAfter, type Step } from '../../domain/step';
import type { Item } from '../item';
import type { WriteMemory } from '../memory';

/** A wish with the conversion that it is about. Named by its ID, a conversion is not always read first. */
export interface Located {
	reference: Reference;
	wish: Wish;
	ifAlreadyProcessed: IfAlreadyProcessed;
	/** Whether nothing is to be sent. */
	isDryRun: boolean;
	id: string;
	programId: string | undefined;
	conversion: Conversion | undefined;
}

/** What became of a conversion, or would become of it. */
export interface Result {
	/** As it is now. */
	conversion: Conversion;
	outcome: Outcome;
	/** Whether anything was sent for it. */
	changed: boolean;
	message?: string;
}

/** How a step came to its end: carried out by us or by others, or overtaken by what others did. */
type Taken = { conversion: Conversion; isOurs: boolean } | { overtakenBy: Result };

/** Sends the writes of one execution, each once. */
export class Writer {
	private readonly sent = new Map<string, { by: Item; result: Promise<Result> }>();
	/** The moment before the first write: what was read until then is what was decided on. */
	private begunAt: number | undefined;

	constructor(
		private readonly client: Client,
		private readonly lookup: Lookup,
		private readonly memory: WriteMemory,
	) {}

	/** What an earlier try of this execution has made of what is wished. */
	doneBefore(request: Located): Decision | undefined {
		const outcome = this.memory.outcomeOf(memoryKey(request));
		return outcome && { steps: [], outcome };
	}

	/** Sends what was decided for an item, unless another item has had it sent. */
	async carryOut(request: Located & { decision: Decision }, item: Item): Promise<Result> {
		const { decision } = request;
		const before = this.before(request);
		if (decision.steps.length === 0) {
			const changed = this.doneBefore(request) !== undefined;
			return resultOf(before, decision, changed);
		}
		const key = JSON.stringify([request.id, request.isDryRun]);
		const earlier = this.sent.get(key);
		if (earlier) {
			const message = `Done with item ${earlier.by.index}, which is about the same conversion`;
			const { conversion } = await earlier.result;
			return { conversion, outcome: 'unchanged', changed: false, message };
		}
		const result = request.isDryRun
			? Promise.resolve(resultOf(before, decision, false))
			: this.send(request, before);
		this.sent.set(key, { by: item, result });
		return await result;
	}

	private before(request: Located): Conversion {
		const { conversion, wish } = request;
		if (conversion) return conversion;
		const isDone = this.doneBefore(request) !== undefined;
		const done = isDone && wish.to !== 'reconcile' ? asWished(wish).steps : [];
		return done.reduce(afterStep, bare(request));
	}

	private async send(
		request: Located & { decision: Decision },
		before: Conversion,
	): Promise<Result> {
		const { decision } = request;
		this.begunAt ??= this.lookup.now();
		let conversion = before;
		const ours: Step[] = [];
		for (const step of decision.steps) {
			// Once a first step is ours, that others took the next is no ground to fail.
			const rest =
				ours.length > 0 ? { ...request, ifAlreadyProcessed: 'succeed' as const } : request;
			const taken = await this.take(rest, conversion, step).catch(
				async (reason: unknown) => await Promise.reject(withDone(ours, request, reason)),
			);
			if ('overtakenBy' in taken) {
				const { overtakenBy } = taken;
				if (ours.length === 0) return overtakenBy;
				return overtakenBy.outcome === 'unchanged'
					? resultOf(overtakenBy.conversion, decision, true)
					: { ...overtakenBy, changed: true };
			}
			conversion = taken.conversion;
			if (taken.isOurs) ours.push(step);
		}
		this.memory.note(memoryKey(request), decision.outcome);
		return resultOf(conversion, decision, true);
	}

	private async take(request: Located, before: Conversion, step: Step): Promise<Taken> {
		const order = orderOf(request, step);
		const patience = this.client.patience();
		for (let uncertain: ApiError | undefined; ; ) {
			const since = this.lookup.now();
			try {
				const answered = await write(this.client, order, uncertain !== undefined);
				const conversion = answered ? afterStep(answered, step) : afterUnseenStep(before, step);
				return { conversion, isOurs: true };
			} catch (thrown) {
				// A run that ends before the second try still cannot tell what became of the first;
				// but to n8n a stopped execution is one that says so.
				if (thrown instanceof Cancelled) {
					return await Promise.reject(uncertain ? new Cancelled('unknown') : thrown);
				}
				if (!(thrown instanceof ApiError)) return await Promise.reject(uncertain ?? thrown);
				if (thrown.effect === 'unknown') uncertain = thrown;
				const mayTryAgain = thrown.effect === 'unknown' && (await this.waitAfter(thrown, patience));
				const settled = await this.settle(request, step, thrown, uncertain && since);
				if (settled) return settled;
				if (!mayTryAgain) return await Promise.reject(thrown);
			}
		}
	}

	private async waitAfter(refusal: ApiError, patience: Patience): Promise<boolean> {
		return await this.client.waitAfter(refusal, patience).catch((thrown: unknown) => {
			if (thrown instanceof Cancelled) throw thrown;
			return false;
		});
	}

	/**
	 * Looks at the conversion after a write that did not end well.
	 *
	 * @param since set where the write may have been done: only what is read after this counts
	 * @returns what became of it, or undefined where it is still to be written or nothing can be told
	 * @throws {UserError} where the conversion has meanwhile become what contradicts the wish
	 */
	private async settle(
		request: Located,
		step: Step,
		refusal: ApiError,
		since: number | undefined,
	): Promise<Taken | undefined> {
		const { reference, wish } = request;
		const isUncertain = refusal.effect === 'unknown';
		// By its ID a conversion is found only in the pages of the list, so the write itself is the quicker question.
		const isWorthIt = isUncertain ? reference.by !== 'id' : SAYS_NO.includes(refusal.status ?? 0);
		if (!isWorthIt) return undefined;
		const found = await this.lookup.findAgain(reference, since ?? this.begunAt).catch(() => []);
		if (found.length === 0) return undefined;
		const now = theOnly(reference, found);
		const isDone = isAfter(now, step);
		if (isDone && since !== undefined) return { conversion: now, isOurs: true };
		const mayBeOurs = since !== undefined;
		const decision = decide(now, wish, mayBeOurs ? 'succeed' : request.ifAlreadyProcessed);
		if (decision.steps.length === 0) return { overtakenBy: resultOf(now, decision, false) };
		return isDone ? { conversion: now, isOurs: false } : undefined;
	}
}

/** Statuses by which Affilae itself refuses a write: the conversion may be as wished already. */
const SAYS_NO = [400, 409, 422];

function resultOf(conversion: Conversion, decision: Decision, changed: boolean): Result {
	const { outcome, message } = decision;
	return { conversion, outcome, changed, ...(message ? { message } : {}) };
}

/** What is to be told where a later write of an item was not carried out. */
function withDone(done: readonly Step[], { id }: Located, reason: unknown): unknown {
	if (done.length === 0) return reason;
	return new HalfDone(
		mayBeDone(reason)
			? `Conversion ${id} was lowered, and nobody knows whether it was accepted`
			: `Conversion ${id} was lowered, but not accepted`,
		reason,
	);
}

function orderOf({ id, programId = '' }: Located, step: Step): Write {
	return step.do === 'update' ? { ...step, id } : { ...step, id, programId };
}

function memoryKey({ id, wish }: Located): string {
	return JSON.stringify([id, wish]);
}

/** A conversion of which nothing is known but its id. */
function bare({ id, programId }: Located): Conversion {
	if (programId === undefined) return { id, row: { id } };
	return { id, programId, row: { id, program: { id: programId } } };
}
