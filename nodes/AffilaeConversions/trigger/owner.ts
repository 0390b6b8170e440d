import { createHash } from 'crypto';
import type { Account } from '../api/account';
import type { Filters } from '../domain/matches';

/** Which account and filters a cursor belongs to. Hashed, so that it reveals neither token nor customer. */
export interface Owner {
	/** Hash of the address and of the filters that Affilae applies. */
	scope: string;
	/** Hash of the address and the token. */
	account: string;
	/** The account's ID in Affilae, if its rows contain it. */
	advertiserId?: string;
	/** Hash of the program IDs of the credential, if Affilae requires a program. */
	programs?: string;
}

export function ownerOf({ baseUrl, token, programs }: Account, filters: Filters): Owner {
	const { programId = '', customerId = '' } = filters;
	return {
		scope: hashOf([baseUrl, programId, customerId]),
		account: hashOf([baseUrl, token]),
		programs: hashOf([...programs].sort()),
	};
}

/**
 * Whether a cursor can be continued. With another account or other filters, existing conversions would
 * count as created.
 *
 * @param before the owner when the cursor was kept
 * @param readAdvertiser reads the account's ID; called only if just the token has changed. An account without
 * conversions does not show whose it is, and has none that could count as created
 */
export async function isSameOwner(
	before: Owner,
	now: Owner,
	readAdvertiser: () => Promise<{ hasRows: boolean; advertiserId?: string | undefined }>,
): Promise<boolean> {
	if (before.scope !== now.scope) return false;
	if (before.programs !== undefined && before.programs !== now.programs) return false;
	if (before.account === now.account) return true;
	if (before.advertiserId === undefined) return false;
	const { hasRows, advertiserId } = await readAdvertiser();
	return !hasRows || advertiserId === before.advertiserId;
}

function hashOf(parts: readonly string[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}
