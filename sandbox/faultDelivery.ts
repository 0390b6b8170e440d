import type { Lifecycle, Request, ResponseToolkit } from '@hapi/hapi';
import type { Fault } from './faults';
import { HttpError } from './httpError';

const MESSAGES = {
	401: 'Invalid token',
	403: 'Insufficient rights',
	429: 'Rate limit exceeded, retry later',
	500: 'An internal server error occurred',
	502: 'Bad gateway',
	503: 'Service unavailable',
	504: 'Gateway timeout',
} as const;

/** The HTML page of the CDN in front of the API (API page, run). */
function cdnPage(status: number): string {
	return `<!DOCTYPE html>
<html lang="en">
<head><title>${status} | rest.affilae.example</title></head>
<body>
<h1>Error ${status}</h1>
<p>The web server reported something we could not understand. Please try again in a few minutes.</p>
<p>Ray ID: 8f3a1c5d7e9b2046</p>
</body>
</html>
`;
}

const STATUSES = [401, 403, 429, 500, 502, 503, 504] as const;

/** What a fault sends, and what hapi continues with. */
export interface Delivery {
	/** null if no response is sent. */
	status: number | null;
	next: Lifecycle.ReturnValue;
}

function statusAnswer(fault: Fault, h: ResponseToolkit): Delivery {
	if (fault.kind === 'html') {
		const status = fault.status ?? 502;
		const page = h.response(cdnPage(status)).type('text/html').code(status);
		return { status, next: page.takeover() };
	}
	const status = STATUSES.find((code) => String(code) === fault.kind) ?? 500;
	const response = h.response(new HttpError(status, MESSAGES[status]).body).code(status);
	if (fault.retryAfter !== undefined) response.header('retry-after', String(fault.retryAfter));
	return { status, next: response.takeover() };
}

/** Resets the connection; the client gets ECONNRESET. */
function reset(request: Request): void {
	request.raw.req.socket.resetAndDestroy();
}

/**
 * Applies a fault before the call is carried out.
 *
 * @param fault one that prevents the call
 */
export function deliverBefore(fault: Fault, request: Request, h: ResponseToolkit): Delivery {
	switch (fault.kind) {
		case 'resetBefore':
			reset(request);
			return { status: null, next: h.abandon };
		case 'hangBefore':
			return { status: null, next: h.abandon };
		case 'redirect': {
			const target = `${fault.to ?? ''}${request.url.pathname}${request.url.search}`;
			return { status: 302, next: h.redirect(target).takeover() };
		}
		default:
			return statusAnswer(fault, h);
	}
}

/** What hapi is about to send: a response or one of hapi's own errors. */
function answerOf(request: Request): { status: number; body: unknown } {
	const { response } = request;
	return 'isBoom' in response
		? { status: response.output.statusCode, body: response.output.payload }
		: { status: response.statusCode, body: response.source };
}

/** The status that hapi is about to send. */
export function statusOf(request: Request): number {
	return answerOf(request).status;
}

/**
 * Applies a fault after the call was carried out.
 *
 * @param fault one that does not prevent the call
 */
export function deliverAfter(fault: Fault, request: Request, h: ResponseToolkit): Delivery {
	switch (fault.kind) {
		case 'resetAfter':
			reset(request);
			return { status: null, next: h.abandon };
		case 'hangAfter':
			return { status: null, next: h.abandon };
		case 'truncated':
		case 'halfJson': {
			const { status, body } = answerOf(request);
			const bytes = Buffer.from(JSON.stringify(body));
			const half = bytes.subarray(0, Math.floor(bytes.length / 2));
			const { res } = request.raw;
			res.writeHead(status, {
				'content-type': 'application/json; charset=utf-8',
				'content-length': fault.kind === 'truncated' ? bytes.length : half.length,
			});
			if (fault.kind === 'halfJson') res.end(half);
			else res.write(half, () => request.raw.req.socket.destroySoon());
			return { status, next: h.abandon };
		}
		case 'slow':
			return { status: statusOf(request), next: h.continue };
		default:
			return statusAnswer(fault, h);
	}
}
