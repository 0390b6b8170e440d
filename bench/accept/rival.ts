import type { Place } from '../surroundings/place';
import type { Limit, Pending } from '../surroundings/sandboxProcess';
import { chain, type ChainNode } from '../workflows/chain';

/** What a rival took for accepting. */
export interface Taken {
	/** How long the accepting itself took. */
	seconds: number;
	/** With everything around it, such as n8n's starting and noting the execution. */
	wallSeconds: number;
	/** Processor time of the process that made the calls, n8n's or the script's own. */
	processorSeconds: number;
}

/** A way to accept many pending conversions that are named by their internal ids. */
export interface AcceptRival {
	/** For workflow ids and for looking it up. */
	readonly key: string;
	/** What the tables call it. */
	readonly name: string;
	/** Gets everything ready that does not belong to the time taken. */
	prepare(place: Place, limit: Limit): Promise<void>;
	run(place: Place, limit: Limit, pending: readonly Pending[]): Promise<Taken>;
}

/** The fields of an item that the nodes read. */
export interface AcceptItem {
	id: string;
	program: string;
}

/** The items of these conversions. */
export function itemsOf(pending: readonly Pending[]): AcceptItem[] {
	return pending.map(({ id, program }) => ({ id, program: program.id }));
}

/**
 * A rival that is one node of n8n; its time is what n8n says that the node ran.
 *
 * @param nodeFor makes the node; the limit is given to those who may know it
 */
export function nodeRival(
	key: string,
	name: string,
	nodeFor: (place: Place, limit: Limit) => ChainNode,
): AcceptRival {
	const idAt = (limit: Limit) => `accept-${key}-${limit ?? 'none'}`;
	return {
		key,
		name,
		prepare: async (place, limit) => {
			const id = idAt(limit);
			await place.n8n.publish(id, chain(id, [nodeFor(place, limit)], true));
		},
		run: async (place, limit, pending) => {
			const id = idAt(limit);
			const ran = await place.n8n.run(id, { items: itemsOf(pending) });
			const seconds = ran.nodeSeconds.get(nodeFor(place, limit).name);
			if (seconds === undefined) throw new Error(`n8n did not run ${name}: ${ran.status}`);
			return { ...ran, seconds };
		},
	};
}
