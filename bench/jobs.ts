import { callsMade, type Goal, overTime, rejected, shareUsed } from './goals';
import type { Limit } from './sandboxProcess';
import type { Work } from './tasks';

/** One job. Each way does it against a new sandbox. */
export interface Job {
	/** For `--only`. */
	name: string;
	/** For the report. */
	title: string;
	work: Work;
	/** How many conversions are accepted or listed, or orders lowered or reconciled. */
	count: number;
	/** How many conversions the shop has. */
	conversions: number;
	limit?: Limit;
	/** How many executions run at once, each with a part of the items; default 1. */
	executions?: number;
	/** How many n8n processes run them; default 1. */
	processes?: number;
	goals: readonly Goal[];
	/** Goals of a second execution in the same process. If set, the job is done twice. */
	again?: readonly Goal[];
	/** Whether to measure the memory that this node needs for the rows, too. */
	memory?: boolean;
}

/** Accepts 500 with a limit, and again when the limit is known. */
function acceptAt(perSecond: number, share: number): Job {
	return {
		name: `accept-500-at-${perSecond}`,
		title: `Accept 500, limit ${perSecond}/s`,
		work: 'accept',
		count: 500,
		conversions: 500,
		limit: { perSecond, burst: 'second' },
		goals: [shareUsed(share), rejected(0.02)],
		again: [shareUsed(0.98), rejected(0.005)],
	};
}

/** Accepts conversions without a limit. */
function accept(count: number, overPlain: number): Job {
	return {
		name: `accept-${count}`,
		title: `Accept ${count.toLocaleString('en')}, no limit`,
		work: 'accept',
		count,
		conversions: count,
		goals: [overTime('plain', overPlain)],
	};
}

function list(count: number): Job {
	return {
		name: `list-${count}`,
		title: `List ${count.toLocaleString('en')}, 100 per page`,
		work: 'list',
		count,
		conversions: count,
		goals: [overTime('http', 0.4), overTime('plain', 5)],
		memory: true,
	};
}

/** All jobs, in the order of measurement. */
export const JOBS: readonly Job[] = [
	accept(500, 1.3),
	accept(2000, 1.05),
	acceptAt(10, 0.97),
	acceptAt(100, 0.95),
	{
		name: 'ten-executions',
		title: 'Accept 1,000 in ten executions at once, limit 50/s',
		work: 'accept',
		count: 1000,
		conversions: 1000,
		limit: { perSecond: 50, burst: 'second' },
		executions: 10,
		goals: [shareUsed(0.97), rejected(0.02)],
	},
	{
		name: 'two-processes',
		title: 'Accept 2,000 in two n8n processes at once, limit 50/s',
		work: 'accept',
		count: 2000,
		conversions: 2000,
		limit: { perSecond: 50, burst: 'second' },
		executions: 2,
		processes: 2,
		goals: [shareUsed(0.9)],
	},
	{
		name: 'no-burst',
		title: 'Accept 2,400, limit 50/s without burst, about one minute',
		work: 'accept',
		count: 2400,
		conversions: 2400,
		limit: { perSecond: 50, burst: 'none' },
		goals: [shareUsed(0.8)],
	},
	{
		name: 'lower-200',
		title: 'Lower 200 orders of 20,000 by order ID',
		work: 'lower',
		count: 200,
		conversions: 20_000,
		goals: [overTime('plain', 1.5), overTime('http', 1)],
	},
	{
		name: 'reconcile-2000',
		title: 'Reconcile 2,000 orders, 200 with a conversion, Orders Since',
		work: 'reconcile',
		count: 2000,
		conversions: 20_000,
		goals: [callsMade(250)],
	},
	list(20_000),
	list(100_000),
];
