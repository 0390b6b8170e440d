import { rotated } from '../report/median';
import type { Place } from '../surroundings/place';
import type { Pending } from '../surroundings/sandboxProcess';
import { chain } from '../workflows/chain';
import { httpRequestWay } from './httpRequest';
import type { OrdersRival } from './rival';
import { thisNode } from './thisNode';

const RIVALS: readonly OrdersRival[] = [thisNode, httpRequestWay];

/** One run of one rival. */
export interface OrdersFigures {
	/** Of all its nodes together. */
	seconds: number;
	calls: number;
	/** Orders whose amount was not lowered. */
	lost: number;
}

/** The runs of one rival. */
export interface OrdersResult {
	key: string;
	name: string;
	/** How many nodes it takes. */
	nodes: number;
	runs: OrdersFigures[];
}

/**
 * Lets every rival lower the amounts of so many orders by one currency unit.
 *
 * @param tell gets a line for each run
 */
export async function measureOrders(
	place: Place,
	orders: number,
	runs: number,
	tell: (line: string) => void,
): Promise<OrdersResult[]> {
	const items = itemsOf(place.sandbox.pending, orders);
	const results = RIVALS.map((rival) => {
		const nodes = rival.nodes(place);
		return {
			id: `orders-${rival.key}`,
			nodes,
			result: {
				key: rival.key,
				name: rival.name,
				nodes: nodes.length,
				runs: [] as OrdersFigures[],
			},
		};
	});
	const measure = async (id: string, names: string[], some = items): Promise<OrdersFigures> => {
		await place.sandbox.begin(null);
		const { nodeSeconds } = await place.n8n.run(id, { items: some });
		const { granted, writes } = await place.sandbox.met();
		if (granted === 0) throw new Error(`${id} made no call: look at its workflow`);
		const seconds = names.reduce((sum, name) => sum + (nodeSeconds.get(name) ?? NaN), 0);
		return { seconds, calls: granted, lost: some.length - writes };
	};
	for (const { id, nodes } of results) {
		await place.n8n.publish(id, chain(id, nodes, true));
		await measure(id, [], items.slice(0, Math.ceil(orders / 5)));
	}
	for (let run = 0; run < runs; run += 1) {
		for (const { id, nodes, result } of rotated(results, run)) {
			const names = nodes.map(({ name }) => name);
			const figures = await measure(id, names);
			result.runs.push(figures);
			const { seconds, calls, lost } = figures;
			tell(`run ${run + 1}, ${result.name}: ${seconds.toFixed(2)} s, ${calls} calls, ${lost} lost`);
		}
	}
	return results.map(({ result }) => result);
}

/** Orders with one conversion each, spread over all that are pending. */
function itemsOf(pending: readonly Pending[], orders: number) {
	const times = new Map<string, number>();
	for (const { externalId } of pending) times.set(externalId, (times.get(externalId) ?? 0) + 1);
	const single = pending.filter(({ externalId }) => times.get(externalId) === 1);
	const step = Math.floor(single.length / orders);
	if (step < 1) throw new Error(`There are no ${orders} orders with one conversion each`);
	return Array.from({ length: orders }, (_, index) => single[index * step])
		.filter((conversion) => conversion !== undefined)
		.map(({ externalId, amount }) => ({ orderId: externalId, amount: (amount - 100) / 100 }));
}
