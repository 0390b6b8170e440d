import Joi from 'joi';

/** The limit on requests. It is a token bucket: it fills evenly with `perSecond` tokens. */
export interface RateLimit {
	/** Requests per second, greater than 0. */
	perSecond: number;
	/**
	 * How much may come at once: a whole second's worth, or none beyond what 10 ms of jitter bring
	 * with them (the bucket then holds 1 + perSecond / 100).
	 */
	burst: 'second' | 'none';
	/** What a 429 says of when to come back (API page, guess). `seconds` and `date` are rounded up. */
	retryAfter: 'seconds' | 'date' | 'absent';
}

export const FILTERS = ['status', 'from', 'to', 'customerId', 'externalId', 'program'] as const;
export type Filter = (typeof FILTERS)[number];

/** How the sandbox behaves. Each of them may be changed while it runs and counts from then on. */
export interface SandboxSettings {
	/** How long each answer of the API is held back, in ms. */
	latencyMs: number;
	/** Up to so many ms more, drawn anew for each request. */
	latencyJitterMs: number;
	/** null: no limit. */
	rateLimit: RateLimit | null;
	/**
	 * The shape of what list and info answer (API page, seen): `statusCode` beside `conversions`,
	 * `conversions` alone, `data` and `count`, or the bare array.
	 */
	shape: 'statusCode' | 'conversions' | 'dataAndCount' | 'array';
	/** What the three POSTs answer (unknown): the conversion beside `statusCode`, or that alone. */
	writeAnswer: 'conversion' | 'status';
	/** By which key a list goes on: `offset`, `page` (counted from 1), or none at all. */
	paging: 'offset' | 'page' | 'none';
	/** What becomes of a query or body key that is not known. */
	unknownKeys: 'refuse' | 'ignore';
	/** The most rows of a page, and whether more is refused or answered with just so many. */
	pageCap: { max: number; how: 'refuse' | 'silent' };
	/** Rows of a page where no `limit` is given. */
	defaultLimit: number;
	/** Whether a list says how many conversions match. */
	total: boolean;
	/** Whether a new conversion arrives before each list is read. */
	growWhileRead: boolean;
	/** Whether the moment `to` itself belongs to the period. */
	toIncluded: boolean;
	/** Filters that are taken and have no effect, in list and in info. */
	ignoredFilters: Filter[];
	/** What info answers where nothing matches: an empty list or 404. */
	infoNotFound: 'empty' | '404';
}

export type SettingsChange = Partial<SandboxSettings>;

export function defaultSettings(): SandboxSettings {
	return {
		latencyMs: 0,
		latencyJitterMs: 0,
		rateLimit: null,
		shape: 'statusCode',
		writeAnswer: 'conversion',
		paging: 'offset',
		unknownKeys: 'refuse',
		pageCap: { max: 100, how: 'refuse' },
		defaultLimit: 20,
		total: true,
		growWhileRead: false,
		toIncluded: true,
		ignoredFilters: [],
		infoNotFound: 'empty',
	};
}

const changeSchema = Joi.object<SettingsChange>({
	latencyMs: Joi.number().min(0),
	latencyJitterMs: Joi.number().min(0),
	rateLimit: Joi.object<RateLimit>({
		perSecond: Joi.number().greater(0).required(),
		burst: Joi.valid('second', 'none').default('second'),
		retryAfter: Joi.valid('seconds', 'date', 'absent').default('seconds'),
	}).allow(null),
	shape: Joi.valid('statusCode', 'conversions', 'dataAndCount', 'array'),
	writeAnswer: Joi.valid('conversion', 'status'),
	paging: Joi.valid('offset', 'page', 'none'),
	unknownKeys: Joi.valid('refuse', 'ignore'),
	pageCap: Joi.object({
		max: Joi.number().integer().min(1).required(),
		how: Joi.valid('refuse', 'silent').default('refuse'),
	}),
	defaultLimit: Joi.number().integer().min(1),
	total: Joi.boolean(),
	growWhileRead: Joi.boolean(),
	toIncluded: Joi.boolean(),
	ignoredFilters: Joi.array().items(Joi.valid(...FILTERS)),
	infoNotFound: Joi.valid('empty', '404'),
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
