import type { Client } from '../../api/client';
import { write, type Write } from '../../api/conversions';
import { CallRefusal } from '../../api/errors';
import type { Lookup } from '../../api/lookup';
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
		const outcome = OUTCOME_OF[step.do];
		try {
			const answered = await write(this.client, orderOf(request, step));
			return { conversion: afterStep(answered ?? before, step), outcome };
		} catch (thrown) {
			const now = await this.lookAgain(request, thrown);
			if (now === undefined) return await Promise.reject(thrown);
			// A write that may have been carried out, and now is: it was ours.
			const isOurs = isUncertain(thrown);
			const { steps, message } = decide(
				now,
				request.wish,
				isOurs ? 'succeed' : request.ifAlreadyProcessed,
			);
			if (steps.length > 0) return await Promise.reject(thrown);
			if (isOurs) return { conversion: now, outcome };
			return { conversion: now, outcome: 'unchanged', ...(message ? { message } : {}) };
		}
	}

	/** The conversion after a write that did not end well, where reading it again can tell more. */
	private async lookAgain(request: Located, thrown: unknown): Promise<Conversion | undefined> {
		const { reference } = request;
		if (!isUncertain(thrown) && !isRefused(thrown)) return undefined;
		if (isUncertain(thrown) && reference.by === 'id') return undefined;
		const found = await this.lookup.findAgain(reference).catch(() => []);
		return found.length === 0 ? undefined : theOnly(reference, found);
	}
}

function isUncertain(thrown: unknown): boolean {
	return thrown instanceof CallRefusal && thrown.effect === 'unknown';
}

/** Affilae's own no to this write: the conversion may be as wished already, or decided otherwise. */
function isRefused(thrown: unknown): boolean {
	return thrown instanceof CallRefusal && [400, 409, 422].includes(thrown.status ?? 0);
}

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
