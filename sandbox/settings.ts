import Joi from 'joi';
import { limitSchema, type RateLimit } from './limitSettings';

export type { RateLimit } from './limitSettings';

export const FILTERS = ['status', 'from', 'to', 'customerId', 'externalId', 'program'] as const;
export type Filter = (typeof FILTERS)[number];

export const ROUTES = ['list', 'info', 'accept', 'refuse', 'update'] as const;
export type Route = (typeof ROUTES)[number];

const SHAPES = [
	'statusCode',
	'conversions',
	'countAndConversions',
	'dataAndCount',
	'array',
] as const;
const WRITE_ANSWERS = [
	'conversion',
	'list',
	'status',
	'empty',
	'204',
	'text',
	'before',
	'notDone',
] as const;
const TOTALS = [true, false, 'ofPage', 'capped', 'lagging'] as const;
const PAGING = ['offset', 'page', 'none', 'offsetClamped', 'offsetIgnored'] as const;
const ORDERS = ['newestFirst', 'oldestFirst', 'unstable'] as const;
const DATES = ['iso', 'isoWithoutZone', 'unixSeconds'] as const;
const INFO_ANSWERS = ['all', 'first', 'object', 'bareObject'] as const;
const NOT_FOUND = ['empty', '404', '204'] as const;

/** How the sandbox behaves. Each of them may be changed while it runs and counts from then on. */
export interface SandboxSettings {
	/** How long each answer of the API is held back, in ms. */
	latencyMs: number;
	/** Up to so many ms more, drawn anew for each request. */
	latencyJitterMs: number;
	/** null: no limit. */
	rateLimit: RateLimit | null;

	/** Which of the two reading routes want a program (guess): without one they answer 400. */
	programRequired: Array<'list' | 'info'>;
	/** Keys that a route rejects though it is known to have them, such as `{ list: ['program'] }`. */
	notAllowed: Partial<Record<Route, string[]>>;
	/** What becomes of a query or body key that is not known. */
	unknownKeys: 'reject' | 'ignore';
	/** Filters that are taken and have no effect, in list and in info. */
	ignoredFilters: Filter[];
	/** Whether the moment `to` itself belongs to the period. */
	toIncluded: boolean;

	/**
	 * By which key a list goes on: `offset`, `page` (counted from 1), or none at all. With
	 * `offsetClamped` an offset behind the last page gives the last page again, with `offsetIgnored`
	 * it is taken and has no effect.
	 */
	paging: (typeof PAGING)[number];
	/** The most rows of a page, and whether more is rejected or answered with just so many. */
	pageCap: { max: number; how: 'reject' | 'silent' };
	/** Rows of a page where no `limit` is given. */
	defaultLimit: number;
	/** `unstable`: newest first, and those of one moment in another order at each call. */
	order: (typeof ORDERS)[number];
	/**
	 * What a list says of how many conversions match: how many (true), nothing (false), how many rows
	 * the page has, how many up to `totalCap`, or how many there were up to a minute ago.
	 */
	total: (typeof TOTALS)[number];
	totalCap: number;
	/** Whether a new conversion arrives before each list is read. */
	growWhileRead: boolean;
	/**
	 * Whether, before each list is read, its first conversion leaves it and another one arrives at its
	 * end, so that all rows between move up by one while the total stays.
	 */
	swapWhileRead: boolean;

	/**
	 * The shape of what list and info answer (API page, run): `statusCode` beside `conversions`,
	 * `conversions` alone, both with `count` (`countAndConversions`), `data` and `count`, or the bare
	 * array.
	 */
	shape: (typeof SHAPES)[number];
	dates: (typeof DATES)[number];
	/** How states are written in rows; they are asked for in lower case. */
	statusWords: 'lower' | 'upper';
	/** Whether a row's program is its id alone. */
	bareProgram: boolean;
	/** Fields that no row has. */
	leftOut: string[];
	/** Order or conversion ids of rows that give their amount as text, `"12.50"`. */
	unreadable: string[];
	/** What info gives: all that match, the first of them in a list, or that one without a list. */
	infoAnswer: (typeof INFO_ANSWERS)[number];
	/** What info answers where nothing matches. */
	infoNotFound: (typeof NOT_FOUND)[number];
	/** What list answers where nothing matches. */
	listNotFound: (typeof NOT_FOUND)[number];

	/**
	 * What the three POSTs answer (unknown): the conversion beside `statusCode`, the list's shape,
	 * `statusCode` alone, an empty 200, 204, a text, the conversion as it was before, or
	 * `success: false` with the status 200 and nothing done (`notDone`).
	 */
	writeAnswer: (typeof WRITE_ANSWERS)[number];
	/** Whether a refused conversion that is not locked can be accepted (guess). */
	acceptRefused: boolean;
}

export type SettingsChange = Partial<SandboxSettings>;

export function defaultSettings(): SandboxSettings {
	return {
		latencyMs: 0,
		latencyJitterMs: 0,
		rateLimit: null,
		programRequired: [],
		notAllowed: {},
		unknownKeys: 'reject',
		ignoredFilters: [],
		toIncluded: true,
		paging: 'offset',
		pageCap: { max: 100, how: 'reject' },
		defaultLimit: 20,
		order: 'newestFirst',
		total: true,
		totalCap: 10_000,
		growWhileRead: false,
		swapWhileRead: false,
		shape: 'statusCode',
		dates: 'iso',
		statusWords: 'lower',
		bareProgram: false,
		leftOut: [],
		unreadable: [],
		infoAnswer: 'all',
		infoNotFound: 'empty',
		listNotFound: 'empty',
		writeAnswer: 'conversion',
		acceptRefused: true,
	};
}

const words = Joi.array().items(Joi.string());

const changeSchema = Joi.object<SettingsChange>({
	latencyMs: Joi.number().min(0),
	latencyJitterMs: Joi.number().min(0),
	rateLimit: limitSchema,
	programRequired: Joi.array().items(Joi.valid('list', 'info')),
	notAllowed: Joi.object(Object.fromEntries(ROUTES.map((route) => [route, words]))),
	unknownKeys: Joi.valid('reject', 'ignore'),
	ignoredFilters: Joi.array().items(Joi.valid(...FILTERS)),
	toIncluded: Joi.boolean(),
	paging: Joi.valid(...PAGING),
	pageCap: Joi.object({
		max: Joi.number().integer().min(1).required(),
		how: Joi.valid('reject', 'silent').default('reject'),
	}),
	defaultLimit: Joi.number().integer().min(1),
	order: Joi.valid(...ORDERS),
	total: Joi.valid(...TOTALS),
	totalCap: Joi.number().integer().min(0),
	growWhileRead: Joi.boolean(),
	swapWhileRead: Joi.boolean(),
	shape: Joi.valid(...SHAPES),
	dates: Joi.valid(...DATES),
	statusWords: Joi.valid('lower', 'upper'),
	bareProgram: Joi.boolean(),
	leftOut: words,
	unreadable: words,
	infoAnswer: Joi.valid(...INFO_ANSWERS),
	infoNotFound: Joi.valid(...NOT_FOUND),
	listNotFound: Joi.valid(...NOT_FOUND),
	writeAnswer: Joi.valid(...WRITE_ANSWERS),
	acceptRefused: Joi.boolean(),
});

/**
 * Takes over the settings that are given and leaves the others as they are.
 *
 * @param change of the shape {@link SettingsChange}; checked
 * @throws Error naming the setting and what it may be, in which case nothing was taken over
 */
export function changeSettings(settings: SandboxSettings, change: unknown): void {
	const { value, error } = changeSchema.validate(change ?? {});
	if (error !== undefined) throw error;
	const given = Object.entries(value).filter(([, setting]) => setting !== undefined);
	Object.assign(settings, Object.fromEntries(given));
}
