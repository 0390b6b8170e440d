import type { Place } from '../surroundings/place';
import type { ChainNode } from '../workflows/chain';

/** A way to lower the amounts of orders that are named by their order ids. */
export interface OrdersRival {
	key: string;
	name: string;
	/** Reads items with `orderId` and `amount`, in currency units. */
	nodes(place: Place): ChainNode[];
}

/** Why, as the affiliate is told. */
export const REASON = 'Partly returned';
