import Joi from 'joi';

/** What a 429 says of when to come back (API page, guess), rounded up to whole seconds. */
export const RETRY_AFTER_FORMS = ['seconds', 'date', 'unix', 'absent'] as const;
export type RetryAfterForm = (typeof RETRY_AFTER_FORMS)[number];

/** A token bucket: it fills evenly with `perSecond` tokens. */
export interface BucketLimit {
	/** Requests per second, greater than 0. */
	perSecond: number;
	/**
	 * How much may come at once: a whole second's worth, or none beyond what 10 ms of jitter bring
	 * with them (the bucket then holds 1 + perSecond / 100).
	 */
	burst: 'second' | 'none';
	retryAfter: RetryAfterForm;
}

/** So many requests in each span of time. */
export interface WindowLimit {
	requests: number;
	window: 'second' | 'minute' | 'hour';
	/** Spans that follow each other, or the one that ends now. */
	how: 'fixed' | 'sliding';
	/**
	 * What a request that is answered 429 does: nothing, it counts as if it had been let through, or
	 * it begins a new span in which nothing is let through.
	 */
	rejected: 'free' | 'count' | 'prolong';
	retryAfter: RetryAfterForm;
}

/** The limit on requests; its kind and size are not known (API page). */
export type RateLimit = BucketLimit | WindowLimit;

const retryAfter = Joi.valid(...RETRY_AFTER_FORMS).default('seconds');

const bucketSchema = Joi.object<BucketLimit>({
	perSecond: Joi.number().greater(0).required(),
	burst: Joi.valid('second', 'none').default('second'),
	retryAfter,
});

const windowSchema = Joi.object<WindowLimit>({
	requests: Joi.number().integer().min(1).required(),
	window: Joi.valid('second', 'minute', 'hour').required(),
	how: Joi.valid('fixed', 'sliding').default('fixed'),
	rejected: Joi.valid('free', 'count', 'prolong').default('free'),
	retryAfter,
});

export const limitSchema = Joi.alternatives()
	.conditional(Joi.object({ requests: Joi.exist() }).unknown(), {
		then: windowSchema,
		otherwise: bucketSchema,
	})
	.allow(null);
