import { isWireObject } from '../domain/conversion';
import { readProgramIds } from '../domain/ids';
import { formatValue, UserError } from '../domain/userError';
import { DEVELOPMENT_URL, PRODUCTION_HOST, PRODUCTION_URL } from './constants';

/** A credential, checked: where its calls go, and with which token. */
export interface Account {
	/** Without a final slash. */
	baseUrl: string;
	token: string;
	/** The programs that the operator works with; may be none. */
	programs: readonly string[];
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads a credential as n8n provides it.
 *
 * @throws {UserError} for an unusable token, environment, address or program ID
 */
export function readAccount(credential: unknown): Account {
	const { token, environment, baseUrl, programs } = isWireObject(credential) ? credential : {};
	return {
		baseUrl: readBaseUrl(environment, baseUrl),
		token: readToken(token),
		programs: readProgramIds(programs ?? '', 'Program IDs'),
	};
}

/**
 * Checks that an address does not send the token unencrypted.
 *
 * @throws {UserError} unless the address is https, or this machine itself
 */
export function mustBeSafe(address: string): void {
	const url = parseUrl(address);
	if (url.protocol === 'https:') return;
	if (url.protocol === 'http:' && LOOPBACK.test(url.hostname)) return;
	throw new UserError(
		`The address ${url.protocol}//${url.host} would send your Affilae token unencrypted`,
		'Use an address that starts with https://. Only localhost may use http://.',
	);
}

/**
 * Checks that the credential allows n8n's HTTP Request node to send the token to an address. Newer
 * versions of n8n check that themselves; 1.123 checks only redirects.
 *
 * @param address whole, with its host
 * @throws {UserError} naming the host
 */
export function mustBeAllowed(address: string, credential: unknown): void {
	const { allowedHttpRequestDomains, allowedDomains } = isWireObject(credential) ? credential : {};
	if (allowedHttpRequestDomains === 'all') return;
	const { hostname } = parseUrl(address);
	const allowed = allowedHttpRequestDomains === 'none' ? [] : readDomains(allowedDomains);
	const isAllowed = allowed.some((domain) =>
		domain.startsWith('*.') ? hostname.endsWith(domain.slice(1)) : hostname === domain,
	);
	if (isAllowed) return;
	throw new UserError(
		`The Affilae credential does not allow other nodes to send it to ${hostname}`,
		"If you want to allow that, add the host to 'Allowed Domains' in the credential, or set 'Allowed HTTP Request Domains' to All.",
	);
}

function readDomains(given: unknown): readonly string[] {
	if (typeof given !== 'string' || !given.trim()) return [PRODUCTION_HOST];
	return given.split(',').map((domain) => domain.trim().toLowerCase());
}

function readBaseUrl(environment: unknown, custom: unknown): string {
	const chosen = environment ?? '';
	if (chosen === '' || chosen === 'production') return PRODUCTION_URL;
	if (chosen === 'development') return DEVELOPMENT_URL;
	// To guess production would send it a token that is not meant for it.
	if (chosen !== 'custom') {
		throw new UserError(
			`'Environment' is ${formatValue(chosen)} in the Affilae credential, which is not one of its choices`,
			"Choose Production, Development or Custom in 'Environment'. In an expression, use production, development or custom.",
		);
	}
	if (typeof custom !== 'string' || !custom.trim()) {
		throw new UserError(
			"'Base URL' is empty in the Affilae credential",
			"Fill in 'Base URL' in the credential, or choose another environment.",
		);
	}
	const address = custom.trim();
	mustBeSafe(address);
	const url = parseUrl(address);
	if (url.username || url.password || /[?#]/.test(address)) {
		throw new UserError(
			"'Base URL' in the Affilae credential contains more than an address",
			`Enter only ${url.origin}${url.pathname}`,
		);
	}
	return address.replace(/\/+$/, '');
}

function readToken(value: unknown): string {
	const token = typeof value === 'string' ? value.trim().replace(/^Bearer(?:\s+|$)/i, '') : '';
	if (!token) {
		throw new UserError(
			"'API Token' is empty in the Affilae credential",
			'Copy the token from your advertiser account in Affilae.',
		);
	}
	if (!/^[\x21-\x7e]+$/.test(token)) {
		throw new UserError(
			"'API Token' in the Affilae credential contains a space, a line break or a special character",
			'Copy the token again from your advertiser account in Affilae.',
		);
	}
	return token;
}

function parseUrl(address: string): URL {
	if (!URL.canParse(address)) {
		throw new UserError(
			"'Base URL' in the Affilae credential is not a URL",
			`Enter one such as ${PRODUCTION_URL}.`,
		);
	}
	return new URL(address);
}
