import type { Client } from '../../api/client';
import { write, type Write } from '../../api/conversions';
import { CallRefusal, Cancelled } from '../../api/errors';
import type { Lookup } from '../../api/lookup';
import type { Patience } from '../../api/retry';
import type { Conversion } from '../../domain/conversion';
import {
	afterStep,
	decide,
	stepOf,
	type Decision,
	type IfAlreadyProcessed,
	type Step,
	type Wish,
} from '../../domain/decision';
import { theOnly, type Reference } from '../../domain/match';
import type { Item } from '../item';
import type { WriteMemory } from '../memory';

/** A wish with the conversion that it is about. Named by its ID, a conversion is not read first. */
export interface Located {
	reference: Reference;
	wish: Wish;
	ifAlreadyProcessed: IfAlreadyProcessed;
	id: string;
	programId: string | undefined;
	conversion: Conversion | undefined;
}

/** What became of a conversion. */
export interface Result {
	conversion: Conversion;
	outcome: 'accepted' | 'refused' | 'updated' | 'unchanged';
	message?: string;
}

const OUTCOME_OF = { accept: 'accepted', refuse: 'refused', update: 'updated' } as const;

/** Sends the writes of one execution, each once. */
export class Writer {
	private readonly sent = new Map<string, { by: Item; result: Promise<Result> }>();

	constructor(
		private readonly client: Client,
		private readonly lookup: Lookup,
		private readonly memory: WriteMemory,
	) {}

	/** Whether an earlier try of this execution has done what is wished. */
	hasDone(request: Located): boolean {
		return this.memory.has(memoryKey(request));
	}

	/** Sends what was decided for an item, unless another item has had it sent. */
	async carryOut(request: Located & { decision: Decision }, item: Item): Promise<Result> {
		const { wish, decision } = request;
		const before = request.conversion ?? bare(request);
		if (this.hasDone(request)) {
			return { conversion: afterStep(before, stepOf(wish)), outcome: OUTCOME_OF[wish.to] };
		}
		if (decision.steps.length === 0) {
			const { message } = decision;
			return { conversion: before, outcome: 'unchanged', ...(message ? { message } : {}) };
		}
		const earlier = this.sent.get(request.id);
		if (earlier) {
			const message = `Done with item ${earlier.by.index}, which is about the same conversion`;
			return { ...(await earlier.result), outcome: 'unchanged', message };
		}
		const result = this.send(request, before, decision.steps);
		this.sent.set(request.id, { by: item, result });
		return await result;
	}

	private async send(
		request: Located,
		before: Conversion,
		steps: readonly Step[],
	): Promise<Result> {
		let result: Result = { conversion: before, outcome: 'unchanged' };
		for (const step of steps) {
			result = await this.take(request, result.conversion, step);
		}
		if (result.outcome !== 'unchanged') this.memory.add(memoryKey(request));
		return result;
	}

	private async take(request: Located, before: Conversion, step: Step): Promise<Result> {
		const order = orderOf(request, step);
		const outcome = OUTCOME_OF[step.do];
		const patience = this.client.patience();
		for (let uncertain: CallRefusal | undefined; ; ) {
			const since = this.lookup.now();
			try {
				const answered = await write(this.client, order, uncertain !== undefined);
				return { conversion: afterStep(answered ?? before, step), outcome };
			} catch (thrown) {
				// A run that ends before the second try still cannot tell what became of the first;
				// but to n8n a stopped execution is one that says so.
				if (thrown instanceof Cancelled) {
					return await Promise.reject(uncertain ? new Cancelled('unknown') : thrown);
				}
				if (!(thrown instanceof CallRefusal)) return await Promise.reject(uncertain ?? thrown);
				if (thrown.effect === 'unknown') uncertain = thrown;
				const mayTryAgain = thrown.effect === 'unknown' && (await this.waitAfter(thrown, patience));
				const settled = await this.settle(request, step, thrown, uncertain && since);
				if (settled) return settled;
				if (!mayTryAgain) return await Promise.reject(thrown);
			}
		}
	}

	private async waitAfter(refusal: CallRefusal, patience: Patience): Promise<boolean> {
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
	 * @throws {Refusal} where the conversion has meanwhile become what contradicts the wish
	 */
	private async settle(
		request: Located,
		step: Step,
		refusal: CallRefusal,
		since: number | undefined,
	): Promise<Result | undefined> {
		const { reference, wish } = request;
		const isUncertain = refusal.effect === 'unknown';
		// By its ID a conversion is found only in the pages of the list, so the write itself is the quicker question.
		const isWorthIt = isUncertain ? reference.by !== 'id' : SAYS_NO.includes(refusal.status ?? 0);
		if (!isWorthIt) return undefined;
		const found = await this.lookup.findAgain(reference, since).catch(() => []);
		if (found.length === 0) return undefined;
		const now = theOnly(reference, found);
		const mayBeOurs = since !== undefined;
		const { steps, message } = decide(
			now,
			wish,
			mayBeOurs ? 'succeed' : request.ifAlreadyProcessed,
		);
		if (steps.length > 0) return undefined;
		if (mayBeOurs) return { conversion: now, outcome: OUTCOME_OF[step.do] };
		return { conversion: now, outcome: 'unchanged', ...(message ? { message } : {}) };
	}
}

/** Statuses by which Affilae itself refuses a write: the conversion may be as wished already. */
const SAYS_NO = [400, 409, 422];

function orderOf({ id, programId = '' }: Located, step: Step): Write {
	return step.do === 'update' ? { ...step, id } : { ...step, id, programId };
}

function memoryKey({ id, wish }: Located): string {
	return JSON.stringify([id, stepOf(wish)]);
}

/** A conversion of which nothing is known but its id. */
function bare({ id, programId }: Located): Conversion {
	if (programId === undefined) return { id, row: { id } };
	return { id, programId, row: { id, program: { id: programId } } };
}
