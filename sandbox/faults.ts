import Joi from 'joi';
import { seededRandom } from './random';

/**
 * What can go wrong with a request of the API. Unless it says otherwise, the call is not carried out:
 *
 * - `401` to `504`: that status in hapi's error shape;
 * - `html`: a page of the CDN in front of the API;
 * - `redirect`: 302 to the same path at another host;
 * - `resetBefore`: the connection is reset without a response;
 * - `resetAfter`: the call is carried out, then the connection is reset without a response;
 * - `truncated`: the call is carried out; the headers announce the full length, but the connection
 *   closes after half of the response;
 * - `halfJson`: the call is carried out; half of the response is sent as if it were all of it;
 * - `hangBefore`: there is never a response;
 * - `hangAfter`: the call is carried out; there is never a response;
 * - `slow`: the call is carried out; the response comes late.
 */
export const FAULT_KINDS = [
	'401',
	'403',
	'429',
	'500',
	'502',
	'503',
	'504',
	'html',
	'redirect',
	'resetBefore',
	'resetAfter',
	'truncated',
	'halfJson',
	'hangBefore',
	'hangAfter',
	'slow',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fault on a share of the requests (`rate`) or on a number of them (`next`). */
export interface Fault {
	kind: FaultKind;
	/** Share of the requests, 0 to 1. The rates of all faults that match a request add up. */
	rate?: number;
	/** How many of the next matching requests get the fault. */
	next?: number;
	/** How many matching requests pass first. */
	skip?: number;
	/**
	 * Which requests match: those whose `METHOD /path` contains one of the parts between `|`, for
	 * example `POST` or `conversions.accept|conversions.refuse`. Absent: all requests of the API.
	 */
	on?: string;
	/** For a status and for `html`: the call is carried out anyway. */
	kept?: boolean;
	/** For a status: seconds, sent as `Retry-After`. */
	retryAfter?: number;
	/** For `html`: the status of the page; default 502. */
	status?: number;
	/** For `slow`: the delay in ms; default 12,000 (responses after more than 10 s: API page, run). */
	ms?: number;
	/** For `redirect`: the target, such as `http://127.0.0.1:9999`; required. */
	to?: string;
}

const faultSchema = Joi.object<Fault>({
	kind: Joi.valid(...FAULT_KINDS).required(),
	rate: Joi.number().min(0).max(1),
	next: Joi.number().integer().min(0),
	skip: Joi.number().integer().min(0),
	on: Joi.string(),
	kept: Joi.boolean(),
	retryAfter: Joi.number().integer().min(0),
	status: Joi.number().integer().min(200).max(599),
	ms: Joi.number().min(0),
	to: Joi.string()
		.uri({ scheme: ['http', 'https'] })
		.when('kind', { is: 'redirect', then: Joi.required() }),
}).xor('rate', 'next');
const faultsSchema = Joi.array<Fault[]>().items(faultSchema).required();

interface PlannedFault {
	fault: Fault;
	leftToSkip: number;
	leftToPlay: number;
}

/** Decides which request gets which fault. */
export class FaultControl {
	private readonly seed: number;
	private random: () => number;
	private planned: PlannedFault[] = [];
	private counts = new Map<FaultKind, number>();

	/** @param seed the same seed and the same requests in the same order give the same faults */
	constructor(seed: number) {
		this.seed = seed;
		this.random = seededRandom(seed + 2);
	}

	/** The faults that can still occur. */
	list(): Fault[] {
		return this.planned.map(({ fault, leftToPlay, leftToSkip }) => ({
			...fault,
			...(fault.next === undefined ? {} : { next: leftToPlay }),
			...(fault.skip === undefined ? {} : { skip: leftToSkip }),
		}));
	}

	/** How often each fault occurred since the start. */
	get played(): Readonly<Partial<Record<FaultKind, number>>> {
		return Object.fromEntries(this.counts);
	}

	/**
	 * Replaces all faults; an empty list removes them.
	 *
	 * @param faults of the shape {@link Fault}; checked
	 * @throws Error that names the problem; then nothing was changed
	 */
	set(faults: unknown): void {
		const { value, error } = faultsSchema.validate(faults);
		if (error !== undefined) throw error;
		const planned = value.map((fault) => ({
			fault,
			leftToSkip: fault.skip ?? 0,
			leftToPlay: fault.next ?? Number.POSITIVE_INFINITY,
		}));
		this.planned = planned.filter(({ leftToPlay }) => leftToPlay > 0);
	}

	/** Adds a fault. Throws as `set` does. */
	add(fault: Fault): void {
		this.set([...this.list(), fault]);
	}

	/** Removes all faults. */
	clear(): void {
		this.planned = [];
	}

	/** Restarts the random numbers and the counts, and keeps the faults. */
	restart(): void {
		this.random = seededRandom(this.seed + 2);
		this.counts = new Map();
	}

	/** The fault of this request, or null. Faults with `next` come before those with `rate`. */
	pick(method: string, path: string): Fault | null {
		if (this.planned.length === 0) return null;
		const route = `${method} ${path}`;
		const fitting = this.planned.filter((plan) => {
			if (!fits(plan.fault, route)) return false;
			if (plan.leftToSkip === 0) return true;
			plan.leftToSkip -= 1;
			return false;
		});
		const chosen = fitting.find(({ fault }) => fault.next !== undefined) ?? this.draw(fitting);
		if (chosen === null) return null;
		chosen.leftToPlay -= 1;
		if (chosen.leftToPlay <= 0) this.planned = this.planned.filter((plan) => plan !== chosen);
		const { kind } = chosen.fault;
		this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
		return chosen.fault;
	}

	private draw(fitting: readonly PlannedFault[]): PlannedFault | null {
		let draw = this.random();
		for (const plan of fitting) {
			draw -= plan.fault.rate ?? 0;
			if (draw < 0) return plan;
		}
		return null;
	}
}

function fits({ on }: Fault, route: string): boolean {
	return on === undefined || on.split('|').some((part) => route.includes(part));
}

/** Whether the call is carried out in spite of the fault. */
export function keepsWrite({ kind, kept }: Fault): boolean {
	switch (kind) {
		case 'resetAfter':
		case 'truncated':
		case 'halfJson':
		case 'hangAfter':
		case 'slow':
			return true;
		case 'redirect':
		case 'resetBefore':
		case 'hangBefore':
			return false;
		default:
			return kept === true;
	}
}

/**
 * Faults that together affect the given share of the requests, each kind equally often.
 *
 * @param rate share of the requests, 0 to 1
 * @param kinds default: all that a client can overcome with a retry and without a long wait
 */
export function mixedFaults(
	rate: number,
	kinds: readonly FaultKind[] = [
		'500',
		'502',
		'503',
		'504',
		'html',
		'resetBefore',
		'resetAfter',
		'truncated',
	],
): Fault[] {
	return kinds.map((kind) => ({ kind, rate: rate / kinds.length }));
}

/**
 * Reads a fault from a flag: the kind, `:` and either a share or `x` and a number of requests, then
 * any of the other keys. Without the middle part, every request gets the fault. Examples:
 * `resetAfter:0.05`, `503:x3,retryAfter=2,on=POST`, `slow:0.1,ms=12000`.
 *
 * @throws Error that names the problem
 */
export function parseFault(text: string): Fault {
	const [head = '', ...pairs] = text.split(',');
	const [kind, amount] = head.split(':');
	const extent =
		amount === undefined
			? { rate: 1 }
			: amount.startsWith('x')
				? { next: amount.slice(1) }
				: { rate: amount };
	const rest = Object.fromEntries(
		pairs.map((pair) => {
			const split = pair.indexOf('=');
			return split < 0 ? [pair, true] : [pair.slice(0, split), pair.slice(split + 1)];
		}),
	);
	const { value, error } = faultSchema.validate({ kind, ...extent, ...rest });
	if (error !== undefined) throw new Error(`Fault ${text}: ${error.message}`);
	return value;
}
