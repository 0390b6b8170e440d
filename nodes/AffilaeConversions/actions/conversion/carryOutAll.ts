import type { IDataObject } from 'n8n-workflow';
import type { Client } from '../../api/client';
import { Lookup } from '../../api/lookup';
import { WRITTEN } from '../../domain/outcome';
import { toOutputCopy } from '../../parameters/presentation';
import type { Batch, BatchEntry } from '../batch';
import type { Item } from '../item';
import type { ItemResult } from '../operation';
import { NotSent } from '../progress';
import { groupsOf, type Group } from './groups';
import {
	planAll,
	type Found,
	type Plan,
	type ReadInstruction,
	type Target,
	type Task,
} from './plan';
import {
	mustBeDone,
	resultFields,
	send,
	type Execution,
	type Results,
	type TargetResult,
} from './send';

/**
 * Carries out the instructions of all items: first plans all of them, and only then writes. Items with the
 * same instruction for one conversion share one write.
 *
 * @returns one output object per conversion
 */
export async function carryOutAll(
	batch: Batch,
	client: Client,
	readInstruction: ReadInstruction,
): Promise<Array<BatchEntry<ItemResult>>> {
	const plans = await planAll(batch, new Lookup(client), readInstruction);
	const execution: Execution = { batch, client };
	const groups = groupsOf(plans);
	const act = async (plan: Plan, item: Item): Promise<ItemResult> => {
		if ('absent' in plan) return { output: [absentOutput(plan)] };
		const results = await resultsOf(plan, item, groups.get(plan), execution);
		const output = results.map(({ conversion, outcome, changed, message }) => ({
			...toOutputCopy(conversion, plan.presentation),
			...(plan.isDryRun ? { dryRun: true } : {}),
			outcome,
			changed,
			...(message === undefined ? {} : { message }),
		}));
		const isFirst = groups.get(plan)?.first === plan;
		const above = plan.targets.flatMap(({ decision }) => decision.above ?? []);
		return { output, above: isFirst ? above.slice(0, 1) : [] };
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
	group: Group | undefined,
	execution: Execution,
): Promise<TargetResult[]> {
	const isToWrite = plan.targets.some(({ decision }) => decision.writes.length > 0);
	if (group === undefined || !isToWrite)
		return plan.targets.map((target) => withoutWrites(target, plan));
	const tasks = [...group.tasks.values()];
	group.results ??= plan.isDryRun ? Promise.resolve(unsent(tasks)) : send(tasks, execution);
	const results = await group.results;
	const sentFor = ({ conversion, decision }: Target) =>
		decision.writes.length === 0 ? undefined : results.get(conversion.id);
	mustBeDone(plan.targets.flatMap((target) => sentFor(target) ?? []));
	return plan.targets.map((target) => {
		const [task, sent] = [group.tasks.get(target.conversion.id), sentFor(target)];
		if (!task || !sent) return withoutWrites(target, plan);
		const isDoneByOther = task.by !== item && (plan.isDryRun || sent.result.changed);
		return isDoneByOther ? doneWith(task.by, sent.result, plan) : sent.result;
	});
}

function withoutWrites({ conversion, decision }: Target, { isDryRun }: Plan): TargetResult {
	// Only what an earlier try of this execution has written has such an outcome here.
	const changed = !isDryRun && WRITTEN.some((outcome) => outcome === decision.outcome);
	return { conversion, changed, ...resultFields(decision) };
}

function unsent(tasks: readonly Task[]): Results {
	return new Map(
		tasks.map(({ target: { conversion, decision } }) => [
			conversion.id,
			{ result: { conversion, changed: false, ...resultFields(decision) }, done: '' },
		]),
	);
}

function doneWith({ index }: Item, { conversion }: TargetResult, plan: Plan): TargetResult {
	return {
		conversion,
		outcome: 'unchanged',
		changed: false,
		message: `Item ${index} is about the same conversion and ${plan.isDryRun ? 'would change' : 'changed'} it`,
	};
}
