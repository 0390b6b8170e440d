import { isWireObject } from '../domain/conversion';
import { Refusal } from '../domain/refusal';
import { DEVELOPMENT_URL, PRODUCTION_URL } from './constants';

/** Where the calls of one credential go, and what they carry. */
export interface Account {
	/** Without a final slash. */
	baseUrl: string;
	token: string;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads a credential as n8n hands it out.
 *
 * @throws {Refusal} for an unusable token or address
 */
export function readAccount(credential: unknown): Account {
	const { token, environment, baseUrl } = isWireObject(credential) ? credential : {};
	return { baseUrl: readBaseUrl(environment, baseUrl), token: readToken(token) };
}

/**
 * Refuses an address that would carry the token in the clear.
 *
 * @throws {Refusal} unless the address is https, or this machine itself
 */
export function mustBeSafe(address: string): void {
	const url = parseUrl(address);
	if (url.protocol === 'https:') return;
	if (url.protocol === 'http:' && LOOPBACK.test(url.hostname)) return;
	throw new Refusal(
		`The address ${url.protocol}//${url.host} would send your Affilae token unencrypted`,
		'Use an address that starts with https://. Plain http:// is for this machine alone (localhost).',
	);
}

function readBaseUrl(environment: unknown, custom: unknown): string {
	if (environment === 'development') return DEVELOPMENT_URL;
	if (environment !== 'custom') return PRODUCTION_URL;
	if (typeof custom !== 'string' || !custom.trim()) {
		throw new Refusal(
			'The Affilae credential has no base URL',
			'Fill in Base URL in the credential, or choose another environment.',
		);
	}
	const address = custom.trim();
	mustBeSafe(address);
	const url = parseUrl(address);
	if (url.username || url.password || url.search || url.hash) {
		throw new Refusal(
			`The base URL of the Affilae credential holds more than an address`,
			`Give it as ${url.origin}${url.pathname}`,
		);
	}
	return address.replace(/\/+$/, '');
}

function readToken(value: unknown): string {
	const token = typeof value === 'string' ? value.trim().replace(/^Bearer(?:\s+|$)/i, '') : '';
	if (!token) {
		throw new Refusal(
			'The Affilae credential has no token',
			'Copy it from the advertiser interface of Affilae into the credential.',
		);
	}
	if (!/^[\x21-\x7e]+$/.test(token)) {
		throw new Refusal(
			'The token of the Affilae credential holds a space, a line break or a special character',
			'Copy it again from the advertiser interface of Affilae.',
		);
	}
	return token;
}

function parseUrl(address: string): URL {
	if (!URL.canParse(address)) {
		throw new Refusal(
			'The base URL of the Affilae credential is not an address',
			`Give one such as ${PRODUCTION_URL}.`,
		);
	}
	return new URL(address);
}
