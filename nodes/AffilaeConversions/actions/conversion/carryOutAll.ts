import type { IDataObject } from 'n8n-workflow';
import type { Client } from '../../api/client';
import { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import type { Outcome } from '../../domain/outcome';
import { capital } from '../../domain/reference';
import { UserError } from '../../domain/userError';
import { formatCents } from '../../domain/money';
import type { Write } from '../../domain/write';
import { presentCopy } from '../../parameters/presentation';
import type { Batch, Held } from '../batch';
import type { Item } from '../item';
import type { ItemResult } from '../operation';
import { HalfDone, mayBeDone, NotSent } from '../progress';
import {
	memoryKey,
	planAll,
	targetKey,
	type Plan,
	type ReadInstruction,
	type Target,
} from './plan';
import { carryOut } from './write';

/** What became of one conversion, or would become of it. */
interface TargetResult {
	/** As it is now. */
	conversion: Conversion;
	outcome: Outcome;
	/** Whether anything was sent for it. */
	changed: boolean;
	message?: string;
}

/** A conversion that an item of this run has taken on: others about the same one wait for it. */
type Taken = Map<string, { by: Item; result: Promise<TargetResult> }>;

/**
 * Carries out what the items instruct: plans for all of them, and only then writes. Items that
 * instruct the same for one conversion send one write.
 *
 * @returns one output object per conversion
 */
export async function carryOutAll(
	batch: Batch,
	client: Client,
	readInstruction: ReadInstruction,
): Promise<Array<Held<ItemResult>>> {
	const lookup = new Lookup(client);
	const plans = await planAll(batch, lookup, readInstruction);
	const taken: Taken = new Map();
	const act = async (plan: Plan, item: Item): Promise<ItemResult> => {
		if ('absent' in plan) return { output: [absentOutput(plan)] };
		const output: IDataObject[] = [];
		const done: string[] = [];
		for (const target of plan.targets) {
			const result = await resultOf(target, plan, { batch, client, lookup, taken, item, done });
			if (result.changed && plan.targets.length > 1) {
				done.push(`${target.name} was ${result.outcome}`);
			}
			output.push({
				...presentCopy(result.conversion, plan.presentation),
				...(plan.isDryRun ? { dryRun: true } : {}),
				outcome: result.outcome,
				changed: result.changed,
				...(result.message === undefined ? {} : { message: result.message }),
			});
		}
		const above = plan.targets.flatMap(({ decision }) => decision.above ?? []);
		return { output, above: above.slice(0, 1) };
	};
	return await batch.write(plans, act, () => client.stop(new NotSent()));
}

function absentOutput({
	absent,
	reference,
	isDryRun,
}: Extract<Plan, { absent: unknown }>): IDataObject {
	return {
		[reference.by]: reference.value.trim(),
		...(reference.programId === undefined ? {} : { programId: reference.programId }),
		...(isDryRun ? { dryRun: true } : {}),
		outcome: 'notFound',
		changed: false,
		message: absent.message,
	};
}

/** What the results of one item are made with. */
interface Work {
	batch: Batch;
	client: Client;
	lookup: Lookup;
	taken: Taken;
	item: Item;
	/** What was done for the item before, in words. */
	done: readonly string[];
}

async function resultOf(target: Target, plan: Plan, work: Work): Promise<TargetResult> {
	const { conversion, decision } = target;
	const { writes, outcome, message } = decision;
	const told = { outcome, ...(message === undefined ? {} : { message }) };
	if (writes.length === 0) {
		const changed = ['accepted', 'refused', 'updated'].includes(outcome);
		return { conversion, changed, ...told };
	}
	const key = targetKey(conversion, plan);
	const earlier = work.taken.get(key);
	if (earlier) {
		const by = `item ${earlier.by.index}, which is about the same conversion`;
		const { conversion: now } = await earlier.result;
		return {
			conversion: now,
			outcome: 'unchanged',
			changed: false,
			message: plan.isDryRun ? `It would be done with ${by}` : `Done with ${by}`,
		};
	}
	const result = plan.isDryRun
		? Promise.resolve({ conversion, changed: false, ...told })
		: send(target, plan, work);
	work.taken.set(key, { by: work.item, result });
	return await result;
}

async function send(target: Target, plan: Plan, work: Work): Promise<TargetResult> {
	const { batch, client, lookup } = work;
	const { decision, name } = target;
	let { conversion } = target;
	const ours: Write[] = [];
	for (const write of decision.writes) {
		try {
			const written = await carryOut(client, lookup, conversion, write);
			conversion = written.conversion;
			if (written.isOurs) ours.push(write);
		} catch (reason) {
			const done = [...work.done, ...ours.map((one) => `${name} was ${inWords(one, conversion)}`)];
			throw done.length === 0 ? reason : halfDone(done, name, write, reason);
		}
	}
	const { outcome, message } = decision;
	if (ours.length === 0) return byOthers(conversion, outcome, plan, name);
	batch.memory.note(memoryKey(conversion.id, plan.instruction), outcome);
	return { conversion, outcome, changed: true, ...(message === undefined ? {} : { message }) };
}

/** Somebody else did meanwhile what was to be done. */
function byOthers(
	conversion: Conversion,
	outcome: Outcome,
	{ ifAlreadyProcessed }: Plan,
	name: string,
): TargetResult {
	const message = `${capital(name)} was already ${outcome} by somebody else`;
	if (ifAlreadyProcessed === 'fail') {
		throw new UserError(message, "Set 'If Already Processed' to Succeed if that counts as done.");
	}
	return { conversion, outcome: 'unchanged', changed: false, message };
}

function halfDone(done: readonly string[], name: string, write: Write, reason: unknown): HalfDone {
	const next = { accept: 'accepted', refuse: 'refused', update: 'lowered' }[write.do];
	return new HalfDone(
		mayBeDone(reason)
			? `${capital(done.join(', '))}, and nobody knows whether ${name} was ${next}`
			: `${capital(done.join(', '))}, but ${name} was not ${next}`,
		reason,
	);
}

function inWords(write: Write, { currency }: Conversion): string {
	if (write.do === 'update') return `lowered to ${formatCents(write.amountCents, currency)}`;
	return write.do === 'accept' ? 'accepted' : 'refused';
}
