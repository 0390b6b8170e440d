import type { CredentialReference } from '../../playground/src/n8nClient';
import { AFFILAE_CREDENTIAL } from '../../playground/src/startPlayground';
import { AFFILAE_NODE, type ChainNode } from './chain';

/** This package's node. @param parameters what differs from its defaults */
export function affilae(
	name: string,
	credential: CredentialReference,
	parameters: object,
): ChainNode {
	return {
		name,
		type: AFFILAE_NODE,
		typeVersion: 1,
		parameters: { resource: 'conversion', options: {}, ...parameters },
		credentials: { [AFFILAE_CREDENTIAL.type]: credential },
	};
}

/** A resource locator. @param value may be an expression */
export function located(mode: 'id' | 'externalId', value: string): object {
	return { __rl: true, mode, value };
}
