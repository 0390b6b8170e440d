import Joi from 'joi';
import { type ConversionStatus, STATUSES } from './conversion';
import { HttpError, type InvalidKeys } from './httpError';
import type { Route, SandboxSettings } from './settings';

/** The query of `conversions.list` (API page: the filters are documented, the rest is not). */
export interface ListQuery {
	status?: ConversionStatus;
	from?: Date;
	to?: Date;
	customerId?: string;
	externalId?: string;
	program?: string;
	limit?: number;
	offset?: number;
	/** Counted from 1. */
	page?: number;
	orderBy?: 'createdAt' | 'amount';
	sort?: 'asc' | 'desc';
}

/** The query of `conversions.info`; one of the first two keys is required (API page, doc). */
export interface InfoQuery {
	externalId?: string;
	customerId?: string;
	program?: string;
}

export interface AcceptPayload {
	program: string;
	id: string;
}

export interface RefusePayload extends AcceptPayload {
	reason: string;
}

/** `amount` in whole cents. */
export interface UpdatePayload {
	id: string;
	amount: number;
	reason: string;
}

export interface CallSchemas {
	list: Joi.ObjectSchema<ListQuery>;
	info: Joi.ObjectSchema<InfoQuery>;
	accept: Joi.ObjectSchema<AcceptPayload>;
	refuse: Joi.ObjectSchema<RefusePayload>;
	update: Joi.ObjectSchema<UpdatePayload>;
}

/** The maximum length of a reason (API page, doc). */
const REASON_MAX = 1024;

const id = Joi.string().hex().length(24).lowercase();
const reason = Joi.string().trim().max(REASON_MAX);

/** The settings that the schemas depend on. */
function schemaSettings({
	paging,
	pageCap,
	unknownKeys,
	programRequired,
	notAllowed,
}: SandboxSettings) {
	return { paging, pageCap, unknownKeys, programRequired, notAllowed };
}

function makeSchemas({
	paging,
	pageCap,
	unknownKeys,
	programRequired,
	notAllowed,
}: ReturnType<typeof schemaSettings>): CallSchemas {
	const limit = Joi.number().integer().min(1);
	const programOf = (route: 'list' | 'info') =>
		programRequired.includes(route) ? id.required() : id;
	const strict = <T>(route: Route, schema: Joi.ObjectSchema<T>): Joi.ObjectSchema<T> => {
		const forbidden = (notAllowed[route] ?? []).map((key) => [key, Joi.forbidden()]);
		return schema.append(Object.fromEntries(forbidden)).unknown(unknownKeys === 'ignore');
	};
	const takesOffset = paging !== 'page' && paging !== 'none';
	return {
		list: strict(
			'list',
			Joi.object<ListQuery>({
				status: Joi.valid(...STATUSES),
				from: Joi.date().iso(),
				to: Joi.date().iso(),
				customerId: Joi.string(),
				externalId: Joi.string(),
				program: programOf('list'),
				limit: pageCap.how === 'reject' ? limit.max(pageCap.max) : limit,
				...(takesOffset ? { offset: Joi.number().integer().min(0) } : {}),
				...(paging === 'page' ? { page: Joi.number().integer().min(1) } : {}),
				orderBy: Joi.valid('createdAt', 'amount'),
				sort: Joi.valid('asc', 'desc'),
			}),
		),
		info: strict(
			'info',
			Joi.object<InfoQuery>({
				externalId: Joi.string(),
				customerId: Joi.string(),
				program: programOf('info'),
			}).or('externalId', 'customerId'),
		),
		accept: strict(
			'accept',
			Joi.object<AcceptPayload>({ program: id.required(), id: id.required() }).required(),
		),
		refuse: strict(
			'refuse',
			Joi.object<RefusePayload>({
				program: id.required(),
				id: id.required(),
				reason: reason.required(),
			}).required(),
		),
		update: strict(
			'update',
			Joi.object<UpdatePayload>({
				id: id.required(),
				amount: Joi.number().strict().integer().min(0).required(),
				reason: reason.required(),
			}).required(),
		),
	};
}

/** The schemas for the current settings; rebuilt only if these change. */
export function schemasFor(settings: SandboxSettings): () => CallSchemas {
	let madeFor = '';
	let schemas = makeSchemas(settings);
	return () => {
		const now = schemaSettings(settings);
		const key = JSON.stringify(now);
		if (key !== madeFor) {
			schemas = makeSchemas(now);
			madeFor = key;
		}
		return schemas;
	};
}

/** The value as its schema reads it, or hapi's 400 with the invalid keys. */
export function checked<T>(
	schema: Joi.ObjectSchema<T>,
	source: InvalidKeys['source'],
	value: unknown,
): T | HttpError {
	const result = schema.validate(value);
	if (result.error === undefined) return result.value;
	return new HttpError(400, result.error.message, {
		source,
		keys: result.error.details.map((detail) => detail.path.join('.')),
	});
}
