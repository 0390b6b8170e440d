import type { IDataObject } from 'n8n-workflow';
import type { Client } from '../../api/client';
import { Lookup } from '../../api/lookup';
import { presentCopy } from '../../parameters/presentation';
import type { Batch, Held } from '../batch';
import type { Item } from '../item';
import type { ItemResult } from '../operation';
import { capital } from '../../domain/reference';
import { HalfDone, NotSent } from '../progress';
import {
	planAll,
	targetKey,
	type Found,
	type Plan,
	type ReadInstruction,
	type Target,
} from './plan';
import { send, told, type Results, type Execution, type TargetResult } from './send';

/** Conversions that an item of this run has taken on: other items about the same one wait for it. */
type Taken = Map<string, { by: Item; results: Promise<Results> }>;

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
	const execution: Execution = { batch, client, lookup };
	const taken: Taken = new Map();
	const act = async (plan: Plan, item: Item): Promise<ItemResult> => {
		if ('absent' in plan) return { output: [absentOutput(plan)] };
		const results = await resultsOf(plan, item, execution, taken);
		const output = results.map(({ conversion, outcome, changed, message }) => ({
			...presentCopy(conversion, plan.presentation),
			...(plan.isDryRun ? { dryRun: true } : {}),
			outcome,
			changed,
			...(message === undefined ? {} : { message }),
		}));
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

async function resultsOf(
	plan: Found,
	item: Item,
	execution: Execution,
	taken: Taken,
): Promise<TargetResult[]> {
	const own = plan.targets.filter(
		({ conversion, decision }) =>
			decision.writes.length > 0 && !taken.has(targetKey(conversion, plan)),
	);
	const sending = plan.isDryRun ? Promise.resolve(unsent(own)) : send(own, plan, execution);
	for (const { conversion } of own) {
		taken.set(targetKey(conversion, plan), { by: item, results: sending });
	}
	const sent = await sending;
	const done = own.map(({ name, decision }) => `${name} was ${decision.outcome}`).join(', ');
	const results: TargetResult[] = [];
	for (const target of plan.targets) {
		const { conversion, decision } = target;
		const result = sent.get(conversion.id);
		const earlier = taken.get(targetKey(conversion, plan));
		if (result) results.push(result);
		else if (decision.writes.length === 0) results.push(withoutWrites(target));
		else if (earlier) {
			const others = await earlier.results.catch(async (reason: unknown) => {
				const what = `${capital(done)}, but ${target.name} was left to item ${earlier.by.index}`;
				return await Promise.reject(done === '' ? reason : new HalfDone(what, reason));
			});
			results.push(doneWith(earlier.by, others, target, plan));
		}
	}
	return results;
}

function withoutWrites({ conversion, decision }: Target): TargetResult {
	// Only what an earlier try of this execution has written has such an outcome here.
	const changed = ['accepted', 'refused', 'updated'].includes(decision.outcome);
	return { conversion, changed, ...told(decision) };
}

function unsent(targets: readonly Target[]): Results {
	return new Map(
		targets.map(({ conversion, decision }) => [
			conversion.id,
			{ conversion, changed: false, ...told(decision) },
		]),
	);
}

function doneWith(by: Item, results: Results, { conversion }: Target, plan: Plan): TargetResult {
	const item = `item ${by.index}, which is about the same conversion`;
	return {
		conversion: results.get(conversion.id)?.conversion ?? conversion,
		outcome: 'unchanged',
		changed: false,
		message: plan.isDryRun ? `It would be done with ${item}` : `Done with ${item}`,
	};
}
