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

/** How the sandbox behaves. Each setting can be changed at run time and takes effect at once. */
export interface SandboxSettings {
	/** Delay of each response of the API, in ms. */
	latencyMs: number;
	/** Additional random delay of up to this many ms, per request. */
	latencyJitterMs: number;
	/** null: no limit. */
	rateLimit: RateLimit | null;

	/** Which of the two GET routes require a program (guess): without one they return 400. */
	programRequired: Array<'list' | 'info'>;
	/** Known keys that a route rejects, such as `{ list: ['program'] }`. */
	notAllowed: Partial<Record<Route, string[]>>;
	/** What happens to unknown keys in query or body. */
	unknownKeys: 'reject' | 'ignore';
	/** Filters that are accepted but have no effect, in list and in info. */
	ignoredFilters: Filter[];
	/** Whether the period includes the times `from` and `to` themselves. */
	endsIncluded: boolean;

	/**
	 * The key that requests the next page: `offset`, `page` (counted from 1), or none. With
	 * `offsetClamped`, an offset behind the last page returns the last page again. With
	 * `offsetIgnored`, the offset is accepted but has no effect.
	 */
	paging: (typeof PAGING)[number];
	/** The maximum rows per page, and whether a higher limit is rejected or silently lowered. */
	pageCap: { max: number; how: 'reject' | 'silent' };
	/** Rows per page if there is no `limit`. */
	defaultLimit: number;
	/** `unstable`: newest first; the order of rows with equal timestamps changes with each call. */
	order: (typeof ORDERS)[number];
	/**
	 * The `total` of a list: the number of matches (true), none (false), the number of rows on the page,
	 * the number of matches up to `totalCap`, or the number up to a minute ago.
	 */
	total: (typeof TOTALS)[number];
	totalCap: number;
	/** Whether the sandbox adds a conversion before each list is read. */
	growWhileRead: boolean;
	/**
	 * Whether, before each list is read, its first conversion is removed and another one is added at its
	 * end, so that all rows move up by one but the total stays the same.
	 */
	swapWhileRead: boolean;

	/**
	 * The shape of the responses of list and info (API page, run): `statusCode` and `conversions`,
	 * `conversions` alone, both with `count` (`countAndConversions`), `data` and `count`, or the bare
	 * array.
	 */
	shape: (typeof SHAPES)[number];
	dates: (typeof DATES)[number];
	/** The case of statuses in rows. Requests always use lower case. */
	statusWords: 'lower' | 'upper';
	/** Whether a row's program is only its ID. */
	bareProgram: boolean;
	/** Fields that no row has. */
	leftOut: string[];
	/** Order or conversion IDs of rows that have their amount as text, `"12.50"`. */
	unreadable: string[];
	/** What info returns: all matches, a list with the first match, or the first match as an object. */
	infoAnswer: (typeof INFO_ANSWERS)[number];
	/** What info returns if nothing matches. */
	infoNotFound: (typeof NOT_FOUND)[number];
	/** What list returns if nothing matches. */
	listNotFound: (typeof NOT_FOUND)[number];

	/**
	 * The response of the three POSTs (unknown): the conversion and `statusCode`, the list's shape,
	 * only `statusCode`, an empty 200, 204, a text, the conversion before the write, or
	 * `success: false` with the status 200 and no change (`notDone`).
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
		endsIncluded: true,
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
	endsIncluded: Joi.boolean(),
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
 * Changes the given settings and keeps the others.
 *
 * @param change of the shape {@link SettingsChange}; checked
 * @throws Error that names the setting and its allowed values; then nothing was changed
 */
export function changeSettings(settings: SandboxSettings, change: unknown): void {
	const { value, error } = changeSchema.validate(change ?? {});
	if (error !== undefined) throw error;
	const given = Object.entries(value).filter(([, setting]) => setting !== undefined);
	Object.assign(settings, Object.fromEntries(given));
}
