import type { BatchEntry } from '../batch';
import { targetKey } from './contradictions';
import type { Plan, Task } from './plan';
import type { Results } from './send';

/** Items that are about the same order, however they name it. Their writes are sent as one. */
export interface Group {
	/** By conversion ID. */
	tasks: Map<string, Task>;
	/** The plan of the first of the items. */
	first: Plan;
	/** The results of the writes, once the first of the items has begun. */
	results?: Promise<Results>;
}

/** The group of each plan: plans that decided on a common conversion are in one. */
export function groupsOf(plans: ReadonlyArray<BatchEntry<Plan>>): Map<Plan, Group> {
	const groups = new Map<Plan, Group>();
	const byConversion = new Map<string, Group>();
	for (const { item, value: plan } of plans) {
		if ('absent' in plan) continue;
		const keys = plan.order.map(({ id }) => targetKey(id, plan));
		const [group = { tasks: new Map(), first: plan }, ...others] = new Set(
			keys.flatMap((key) => byConversion.get(key) ?? []),
		);
		for (const other of others) {
			for (const [id, task] of other.tasks) group.tasks.set(id, task);
			replaceIn(groups, other, group);
			replaceIn(byConversion, other, group);
		}
		groups.set(plan, group);
		for (const key of keys) byConversion.set(key, group);
		for (const target of plan.targets) {
			const { id } = target.conversion;
			if (target.decision.writes.length === 0 || group.tasks.has(id)) continue;
			group.tasks.set(id, { target, plan, by: item });
		}
	}
	return groups;
}

function replaceIn<Key>(groups: Map<Key, Group>, old: Group, by: Group): void {
	for (const [key, group] of groups) if (group === old) groups.set(key, by);
}
