import type { CredentialReference } from '../../playground/src/n8nClient';
import { AFFILAE_CREDENTIAL } from '../../playground/src/startPlayground';
import type { ChainNode } from './chain';

/** A call as an operator sets it up in the HTTP Request node, with fields rather than JSON. */
export interface HttpCall {
	method: 'GET' | 'POST';
	url: string;
	/** Values may be expressions. */
	query?: Record<string, string>;
	/** Values may be expressions. */
	body?: Record<string, string>;
	/** The node's Options; default none. */
	options?: object;
}

/** n8n's own HTTP Request node, with the credential that this package brings. */
export function httpRequest(
	name: string,
	credential: CredentialReference,
	{ method, url, query, body, options = {} }: HttpCall,
): ChainNode {
	return {
		name,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.5,
		parameters: {
			method,
			url,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: AFFILAE_CREDENTIAL.type,
			...(query ? { sendQuery: true, queryParameters: fieldsOf(query) } : {}),
			...(body ? { sendBody: true, bodyParameters: fieldsOf(body) } : {}),
			options,
		},
		credentials: { [AFFILAE_CREDENTIAL.type]: credential },
	};
}

function fieldsOf(values: Record<string, string>): object {
	return { parameters: Object.entries(values).map(([name, value]) => ({ name, value })) };
}
