import type { Received, Reply, Respond } from './server';

/** A conversion as it goes over the wire: the fields that the calls under test look at. */
export interface WireConversion {
	id: string;
	externalId?: string;
	customerId?: string;
	status?: string;
	/** Cents. */
	amount?: number;
	currency?: string;
	/** Cents. */
	commissionsTotal?: number;
	program?: { id: string; name: string };
	createdAt?: string;
	ipAddress?: string;
	ua?: string;
	refuseReason?: string;
}

export const CALLS = {
	list: '/advertiser/conversions.list',
	info: '/advertiser/conversions.info',
	accept: '/advertiser/conversions.accept',
	refuse: '/advertiser/conversions.refuse',
	update: '/advertiser/conversions.update',
} as const;

export const SHOES = { id: '5f2d1c0b9a8e7f6d5c4b3a01', name: 'Shoes France' };
export const BAGS = { id: '5f2d1c0b9a8e7f6d5c4b3a02', name: 'Bags Europe' };

/** An id as Affilae makes them: 24 hexadecimal characters. */
export function idOf(number: number): string {
	return number.toString(16).padStart(24, '64d0f1c2b3a4958677880000');
}

/** A pending conversion of 84.90 EUR in the program {@link SHOES}, unless told otherwise. */
export function conversion(number: number, differing: Partial<WireConversion> = {}) {
	return {
		id: idOf(number),
		externalId: String(1000 + number),
		customerId: `C-${number}`,
		status: 'pending',
		amount: 8490,
		currency: 'EUR',
		commissionsTotal: 849,
		program: SHOES,
		createdAt: '2026-10-01T10:00:00.000Z',
		ipAddress: '203.0.113.7',
		ua: 'Mozilla/5.0',
		...differing,
	} satisfies WireConversion;
}

/**
 * Answers the five calls as the API page describes them, over conversions that the writes change.
 *
 * @param afterWrite what a write answers: the conversion, or no more than that it went well
 */
export function shop(
	conversions: WireConversion[],
	afterWrite: 'conversion' | 'statusOnly' = 'conversion',
): Respond {
	return ({ method, path, query, body }) => {
		if (method === 'GET' && path === CALLS.list) return listOf(conversions, query);
		if (method === 'GET' && path === CALLS.info) return listOf(conversions, query);
		if (method !== 'POST') return refusal(404, 'Not Found');
		return written(conversions, path, body, afterWrite);
	};
}

/** An error in the shape that Affilae gives it (API page: Responses). */
export function refusal(status: number, message: string, keys?: string[]): Reply {
	return {
		status,
		body: {
			statusCode: status,
			error: 'Bad Request',
			message,
			...(keys ? { validation: { source: 'query', keys } } : {}),
		},
	};
}

/** The answer of `conversions.list` and `conversions.info` (API page: Responses). */
export function answerWith(data: unknown[], total = data.length): Reply {
	return { body: { statusCode: 200, conversions: { total, data } } };
}

function listOf(conversions: readonly WireConversion[], query: Received['query']): Reply {
	const { limit = '20', offset = '0', from = '', to = '9999', ...wanted } = query;
	const fitting = conversions.filter((candidate) => {
		const { externalId, customerId, status, program, createdAt = '' } = candidate;
		const values: Record<string, string | undefined> = {
			externalId,
			customerId,
			status,
			program: program?.id,
		};
		const isFitting = Object.entries(wanted).every(([key, value]) => values[key] === value);
		return isFitting && createdAt >= from && createdAt <= to;
	});
	const start = Number(offset);
	return answerWith(fitting.slice(start, start + Number(limit)), fitting.length);
}

function written(
	conversions: WireConversion[],
	path: string,
	body: unknown,
	afterWrite: 'conversion' | 'statusOnly',
): Reply {
	const order = new Map<string, unknown>(
		typeof body === 'object' && body !== null ? Object.entries(body) : [],
	);
	const named = conversions.find(({ id }) => id === order.get('id'));
	if (named === undefined) return refusal(404, 'Conversion not found');
	if (named.status !== 'pending') return refusal(400, 'Conversion is not pending');
	const isOfProgram = order.get('program') === named.program?.id;
	if (path === CALLS.update) {
		const amount = order.get('amount');
		if (typeof amount !== 'number' || amount >= (named.amount ?? 0)) {
			return refusal(400, 'Amount must be lower than the initial one');
		}
		named.amount = amount;
	} else {
		if (!isOfProgram) return refusal(400, 'Conversion is not of this program');
		named.status = path === CALLS.accept ? 'accepted' : 'refused';
	}
	return afterWrite === 'conversion'
		? { body: { statusCode: 200, conversion: { ...named } } }
		: { body: { statusCode: 200 } };
}
