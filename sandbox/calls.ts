import Joi from 'joi';
import { type ConversionStatus, STATUSES } from './conversion';
import { Refusal, type RefusedKeys } from './refusal';
import type { SandboxSettings } from './settings';

/** What `conversions.list` may be asked (API page: the filters doc, `program` and the rest less so). */
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

/** What `conversions.info` may be asked; one of the first two is needed (API page, doc). */
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

const id = Joi.string().hex().length(24);
const reason = Joi.string().trim();

function makeSchemas({ paging, pageCap, unknownKeys }: SandboxSettings): CallSchemas {
	const limit = Joi.number().integer().min(1);
	const ignore = unknownKeys === 'ignore';
	return {
		list: Joi.object<ListQuery>({
			status: Joi.valid(...STATUSES),
			from: Joi.date().iso(),
			to: Joi.date().iso(),
			customerId: Joi.string(),
			externalId: Joi.string(),
			program: id,
			limit: pageCap.how === 'refuse' ? limit.max(pageCap.max) : limit,
			...(paging === 'offset' ? { offset: Joi.number().integer().min(0) } : {}),
			...(paging === 'page' ? { page: Joi.number().integer().min(1) } : {}),
			orderBy: Joi.valid('createdAt', 'amount'),
			sort: Joi.valid('asc', 'desc'),
		}).unknown(ignore),
		info: Joi.object<InfoQuery>({
			externalId: Joi.string(),
			customerId: Joi.string(),
			program: id,
		})
			.or('externalId', 'customerId')
			.unknown(ignore),
		accept: Joi.object<AcceptPayload>({ program: id.required(), id: id.required() })
			.unknown(ignore)
			.required(),
		refuse: Joi.object<RefusePayload>({
			program: id.required(),
			id: id.required(),
			reason: reason.required(),
		})
			.unknown(ignore)
			.required(),
		update: Joi.object<UpdatePayload>({
			id: id.required(),
			amount: Joi.number().strict().integer().min(0).required(),
			reason: reason.required(),
		})
			.unknown(ignore)
			.required(),
	};
}

/** The schemas that follow from the settings of the moment; made anew only when those change. */
export function schemasFor(settings: SandboxSettings): () => CallSchemas {
	let madeFor = '';
	let schemas = makeSchemas(settings);
	return () => {
		const { paging, pageCap, unknownKeys } = settings;
		const key = `${paging} ${pageCap.max} ${pageCap.how} ${unknownKeys}`;
		if (key !== madeFor) {
			schemas = makeSchemas(settings);
			madeFor = key;
		}
		return schemas;
	};
}

/** The value as its schema reads it, or hapi's 400 with the keys that joi did not like. */
export function checked<T>(
	schema: Joi.ObjectSchema<T>,
	source: RefusedKeys['source'],
	value: unknown,
): T | Refusal {
	const result = schema.validate(value);
	if (result.error === undefined) return result.value;
	return new Refusal(400, result.error.message, {
		source,
		keys: result.error.details.map((detail) => detail.path.join('.')),
	});
}
