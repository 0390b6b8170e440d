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

/** Answers the calls that read, over these rows. What may be written is for the sandbox to say. */
export function shop(conversions: readonly WireConversion[]): Respond {
	return ({ method, path, query }) =>
		method === 'GET' && (path === CALLS.list || path === CALLS.info)
			? listOf(conversions, query)
			: refusal(404, 'Not Found');
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
