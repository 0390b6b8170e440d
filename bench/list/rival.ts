import type { Place } from '../surroundings/place';
import type { ChainNode } from '../workflows/chain';

/** A way to get all conversions, one item each. */
export interface ListRival {
	key: string;
	name: string;
	/** The last of them puts out the conversions. */
	nodes(place: Place): ChainNode[];
}
