const NAMES = {
	400: 'Bad Request',
	401: 'Unauthorized',
	403: 'Forbidden',
	404: 'Not Found',
	429: 'Too Many Requests',
	500: 'Internal Server Error',
	502: 'Bad Gateway',
	503: 'Service Unavailable',
	504: 'Gateway Timeout',
} as const;

/** The invalid keys, in the form that hapi adds to its response. */
export interface InvalidKeys {
	source: 'query' | 'payload';
	keys: string[];
}

/** Why a call is not carried out. `body` is the response, in hapi's shape (API page, run). */
export class HttpError {
	readonly statusCode: keyof typeof NAMES;
	readonly body: {
		statusCode: keyof typeof NAMES;
		error: string;
		message: string;
		validation?: InvalidKeys;
	};

	constructor(statusCode: keyof typeof NAMES, message: string, validation?: InvalidKeys) {
		this.statusCode = statusCode;
		this.body = {
			statusCode,
			error: NAMES[statusCode],
			message,
			...(validation === undefined ? {} : { validation }),
		};
	}
}
