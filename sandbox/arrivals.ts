import type { ConversionStatus } from './conversion';
import { type Partnership, type Program, type Rule, TEST_PARTNERSHIP } from './programs';
import { randomInteger, type Random, seededRandom } from './random';
import { drawAmountCents, makeConversion, type TrackedConversion } from './tracking';

/** A conversion to add; missing fields get random values. */
export interface NewConversion {
	/** 24 hexadecimal digits. */
	id?: string;
	/** null: no order, as for a bonus. */
	externalId?: string | null;
	/** null: the shop sent no customer. */
	customerId?: string | null;
	/** The ID of one of the sandbox's programs. */
	program?: string;
	/** Name or ID of one of the program's commission rules; default its first. */
	rule?: string;
	/** Whole cents in the rule's currency. */
	amount?: number;
	/** The tracked amount in cents; default `amount`. */
	initialAmount?: number;
	/** Default pending, or accepted if the rule accepts automatically. */
	status?: ConversionStatus;
	refuseReason?: string;
	/** Milliseconds since 1970, UTC; default now. */
	createdAtMs?: number;
	/** When Affilae received it, as its ID shows; default now. It is backdated if `createdAtMs` is earlier. */
	addedAtMs?: number;
	/** When it was accepted or refused; default now, or its creation if the rule did it. */
	decidedAtMs?: number;
	/** When it is or was locked; default the rule's grace period after the decision. */
	lockedAtMs?: number;
	/** The name of an affiliate, such as `Test Tracking Affilae`. */
	affiliate?: string;
	/** Values that replace fields of its row, to make rows that cannot be read. */
	shownFields?: Record<string, unknown>;
}

function ruleOf(program: Program, wanted: string | undefined): Rule {
	const [first] = program.rules;
	if (wanted === undefined) return first;
	const rule = program.rules.find(({ id, name }) => id === wanted || name === wanted);
	if (rule === undefined) throw new RangeError(`There is no rule ${wanted} in ${program.name}`);
	return rule;
}

function partnershipOf(program: Program, wanted: string): Partnership {
	const known = [...program.partnerships, TEST_PARTNERSHIP];
	const found = known.find(({ affiliateProfile }) => affiliateProfile.name === wanted);
	if (found === undefined) throw new RangeError(`There is no affiliate ${wanted}`);
	return found;
}

/** A random program: weighted by sales in the invented shop, otherwise all equally often. */
export function drawProgram(random: Random, programs: readonly Program[]): Program {
	const draw = random();
	const [europe, kingdom, states, ...others] = programs;
	if (europe === undefined) throw new RangeError('A shop needs a program');
	if (kingdom === undefined || states === undefined || others.length > 0) {
		return programs[Math.floor(draw * programs.length)] ?? europe;
	}
	if (draw < 0.5) return europe;
	return draw < 0.8 ? kingdom : states;
}

/** Creates the conversions that arrive while the sandbox runs. The same seed gives the same ones. */
export class Arrivals {
	private readonly random: Random;
	private readonly programs: readonly Program[];
	private readonly now: () => number;
	private externalId = 900_001;

	/** @param now milliseconds since 1970, UTC */
	constructor(seed: number, programs: readonly Program[], now: () => number) {
		this.random = seededRandom(seed + 1);
		this.programs = programs;
		this.now = now;
	}

	/** @throws RangeError for an unknown program, rule or affiliate */
	next(wanted: NewConversion = {}): TrackedConversion {
		const { random } = this;
		const drawn = drawProgram(random, this.programs);
		const program =
			wanted.program === undefined
				? drawn
				: this.programs.find(({ id }) => id === wanted.program?.toLowerCase());
		if (program === undefined) throw new RangeError(`There is no program ${wanted.program}`);
		const rule = ruleOf(program, wanted.rule);
		const status = wanted.status ?? (rule.acceptsByItself ? 'accepted' : 'pending');
		const amountCents = wanted.amount ?? drawAmountCents(random);
		const nowMs = this.now();
		const createdAtMs = wanted.createdAtMs ?? nowMs;
		const decidedAtMs = wanted.decidedAtMs ?? (wanted.status === undefined ? createdAtMs : nowMs);
		const tracked = makeConversion(random, {
			program,
			rule,
			externalId:
				wanted.externalId === undefined ? String(this.externalId++) : (wanted.externalId ?? ''),
			customerId:
				wanted.customerId === undefined
					? String(9_000_000_000_000 + randomInteger(random, 1, 1e9))
					: (wanted.customerId ?? ''),
			createdAtMs,
			addedAtMs: wanted.addedAtMs ?? Math.max(createdAtMs, nowMs),
			amountCents,
			status,
			refuseReason: status === 'refused' ? (wanted.refuseReason ?? 'Order returned') : null,
			decidedAtMs: status === 'pending' ? null : decidedAtMs,
			...(wanted.affiliate === undefined
				? {}
				: { partnership: partnershipOf(program, wanted.affiliate) }),
		});
		const { conversion } = tracked;
		if (wanted.id !== undefined) conversion.id = wanted.id.toLowerCase();
		if (wanted.lockedAtMs !== undefined) {
			conversion.lockedAt = new Date(wanted.lockedAtMs).toISOString();
		}
		return {
			...tracked,
			initialAmountCents: wanted.initialAmount ?? amountCents,
			...(wanted.shownFields === undefined ? {} : { shownFields: wanted.shownFields }),
		};
	}
}
