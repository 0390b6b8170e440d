import type { AcceptResult } from '../accept/measureAccept';
import type { Limit } from '../surroundings/sandboxProcess';
import { percent, seconds, times, whole } from './figures';
import { medianOf } from './median';
import type { Results } from './results';
import type { FigureTable } from './table';

/** How a limit is called. */
export function limitName(limit: Limit): string {
	return limit === null ? 'no limit' : `limit ${limit}/s`;
}

/** All that was measured, as medians with ratios to this node. */
export function tablesOf(results: Results): FigureTable[] {
	return [
		...results.accept.map(({ limit, rivals }) => acceptTable(limit, results.items, rivals)),
		...results.accept
			.filter(({ limit }) => limit === null)
			.map(({ rivals }) => ceilingTable(results.items, rivals)),
		...ordersTable(results),
		...listTable(results),
	];
}

function acceptTable(limit: Limit, items: number, rivals: AcceptResult[]): FigureTable {
	const ofNode = secondsOf(rivals[0]);
	return {
		title: `Accept ${items}, ${limitName(limit)}`,
		header: [
			'',
			'seconds',
			'÷ this node',
			'start to end',
			...(limit === null ? [] : ['share of the limit']),
			'calls',
			'answered 429',
			'lost',
		],
		rows: rivals.filter(isNoCeiling).map(({ name, runs }) => {
			const own = medianOf(runs, (run) => run.seconds);
			const limited = medianOf(runs, (run) => run.limited);
			const limitedShare = medianOf(runs, (run) => run.limited / run.calls);
			return [
				name,
				seconds(own),
				times(own / ofNode),
				seconds(medianOf(runs, (run) => run.wallSeconds)),
				...(limit === null ? [] : [percent(medianOf(runs, (run) => run.share ?? NaN))]),
				whole(medianOf(runs, (run) => run.calls)),
				`${whole(limited)} (${percent(limitedShare)})`,
				whole(medianOf(runs, (run) => run.lost)),
			];
		}),
	};
}

function ceilingTable(items: number, rivals: AcceptResult[]): FigureTable {
	const ceiling = ceilingOf(rivals);
	const shown = rivals.filter((rival) => !isNoCeiling(rival) || isThisNode(rival));
	return {
		title: `n8n's own ceiling: ${items} calls, no limit, no latency`,
		header: ['', 'seconds', '÷ ceiling', 'a call', 'processor time a call'],
		rows: shown.map((rival) => {
			const own = secondsOf(rival);
			const processorMs = medianOf(rival.runs, (run) => run.processorMs);
			return [
				rival === ceiling ? `**${rival.name}: the ceiling**` : rival.name,
				seconds(own),
				times(own / secondsOf(ceiling)),
				`${((own / items) * 1000).toFixed(2)} ms`,
				`${processorMs.toFixed(2)} ms`,
			];
		}),
	};
}

function ordersTable({ orders }: Results): FigureTable[] {
	if (orders === undefined) return [];
	const [node] = orders.rivals;
	const ofNode = medianOf(node?.runs ?? [], (run) => run.seconds);
	return [
		{
			title: `Adjust ${orders.orders} orders by order id, ${whole(orders.pending)} pending, no limit`,
			header: ['', 'nodes', 'calls', 'seconds', '÷ this node', 'lost'],
			rows: orders.rivals.map(({ name, nodes, runs }) => {
				const own = medianOf(runs, (run) => run.seconds);
				return [
					name,
					String(nodes),
					whole(medianOf(runs, (run) => run.calls)),
					seconds(own),
					times(own / ofNode),
					whole(medianOf(runs, (run) => run.lost)),
				];
			}),
		},
	];
}

function listTable({ list, rows }: Results): FigureTable[] {
	if (list === undefined) return [];
	const ofNode = medianOf(list[0]?.runs ?? [], (run) => run.seconds);
	return [
		{
			title: `List ${whole(rows)}, 100 a page, no limit`,
			header: ['', 'seconds', '÷ this node', 'calls', 'peak memory', 'above start', 'missing'],
			rows: list.map(({ name, runs }) => {
				const own = medianOf(runs, (run) => run.seconds);
				return [
					name,
					seconds(own),
					times(own / ofNode),
					whole(medianOf(runs, (run) => run.calls)),
					`${whole(medianOf(runs, (run) => run.peakMiB))} MiB`,
					`${whole(medianOf(runs, (run) => run.riseMiB))} MiB`,
					whole(medianOf(runs, (run) => run.missing)),
				];
			}),
		},
	];
}

/** The median time of a rival, in seconds. */
export function secondsOf(rival: AcceptResult | undefined): number {
	return medianOf(rival?.runs ?? [], (run) => run.seconds);
}

/** The fastest of the bare nodes that read nothing for each item. */
export function ceilingOf(rivals: readonly AcceptResult[]): AcceptResult | undefined {
	const [fastest] = rivals
		.filter(({ key }) => /^ceiling-\d+$/.test(key))
		.sort((a, b) => secondsOf(a) - secondsOf(b));
	return fastest;
}

/** Whether a rival is a way to do the job, and no measure of n8n. */
export function isNoCeiling({ key }: AcceptResult): boolean {
	return !key.startsWith('ceiling');
}

function isThisNode({ key }: AcceptResult): boolean {
	return key === 'this-node';
}
