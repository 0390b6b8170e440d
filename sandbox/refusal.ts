const NAMES = {
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	409: 'Conflict',
	429: 'Too Many Requests',
	500: 'Internal Server Error',
	502: 'Bad Gateway',
	503: 'Service Unavailable',
	504: 'Gateway Timeout',
} as const;

export type RefusalStatus = keyof typeof NAMES;

/** What joi did not like, in the form that hapi adds to its answer. */
export interface RefusedKeys {
	source: 'query' | 'payload';
	keys: string[];
}

/** Why a call is not carried out. `body` is what is answered, in hapi's shape (API page, seen). */
export class Refusal {
	readonly statusCode: RefusalStatus;
	readonly body: {
		statusCode: RefusalStatus;
		error: string;
		message: string;
		validation?: RefusedKeys;
	};

	constructor(statusCode: RefusalStatus, message: string, validation?: RefusedKeys) {
		this.statusCode = statusCode;
		this.body = {
			statusCode,
			error: NAMES[statusCode],
			message,
			...(validation === undefined ? {} : { validation }),
		};
	}
}
