import { seconds, times } from './figures';
import type { Goal } from './goals';
import { medianOf } from './median';
import type { Results } from './results';
import { ceilingOf, secondsOf } from './tables';

/** Why goals are missed, as far as the figures say it: a paragraph for each cause. */
export function notesOn(results: Results, goals: readonly Goal[]): string[] {
	const missed = new Set(goals.filter(({ isMet }) => !isMet).map(({ about }) => about));
	return [
		...(missed.has('ceiling') || missed.has('faster') || missed.has('share')
			? readingNote(results)
			: []),
		...(missed.has('calls') ? callsNote(results) : []),
	];
}

function readingNote({ accept, items }: Results): string[] {
	const rivals = accept.find(({ limit }) => limit === null)?.rivals ?? [];
	const find = (wanted: string) => rivals.find(({ key }) => key === wanted);
	const node = find('this-node');
	const reading = find('ceiling-reading');
	const bare = find('ceiling-20');
	const ceiling = ceilingOf(rivals);
	if (!node || !reading || !bare || !ceiling) return [];
	const processorMs = (rival: typeof node) => medianOf(rival.runs, (run) => run.processorMs);
	const more = processorMs(reading) - processorMs(bare);
	return [
		`Time, and share of a high limit: all items are read and checked before the first write is sent.
A parameter that only names a field of the item, as here, is taken from the item; an expression that
n8n must evaluate costs more. The bare node that reads two such needs ${more.toFixed(2)} ms more processor
time for each item, about ${seconds((more * items) / 1000)} for ${items} items, and takes
${seconds(secondsOf(reading))} where the ceiling is ${seconds(secondsOf(ceiling))}. This node takes
${times(secondsOf(node) / secondsOf(reading))} of that.`,
	];
}

function callsNote({ orders }: Results): string[] {
	const calls = orders?.rivals.map(({ runs }) => medianOf(runs, (run) => run.calls));
	const [own] = calls ?? [];
	if (orders === undefined || own === undefined) return [];
	return [
		`Calls: each of the ${orders.orders} orders needs its one write, so only the reads can be fewer.
There are ${own - orders.orders} of them here in place of ${orders.orders}; exactly half would take
none at all.`,
	];
}
