import Joi from 'joi';

/** The form of `Retry-After` in a 429 (API page, guess), rounded up to whole seconds. */
const RETRY_AFTER_FORMS = ['seconds', 'date', 'unix', 'absent'] as const;
export type RetryAfterForm = (typeof RETRY_AFTER_FORMS)[number];

/** A token bucket: it fills evenly with `perSecond` tokens. */
export interface BucketLimit {
	/** Requests per second, greater than 0. */
	perSecond: number;
	/**
	 * The burst that is allowed: one second's worth, or only what 10 ms of jitter cause (a bucket size
	 * of 1 + perSecond / 100).
	 */
	burst: 'second' | 'none';
	retryAfter: RetryAfterForm;
}

/** A number of requests per window of time. */
export interface WindowLimit {
	requests: number;
	window: 'second' | 'minute' | 'hour';
	/** Windows one after another, or the window that ends now. */
	how: 'fixed' | 'sliding';
	/**
	 * How a request that gets 429 counts: not at all, as if it had been allowed, or it starts a new
	 * window in which nothing is allowed.
	 */
	rejected: 'free' | 'count' | 'prolong';
	retryAfter: RetryAfterForm;
}

/** The rate limit. Its kind and size at Affilae are unknown (API page). */
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
