import { createHash } from 'crypto';
import type { Account } from '../api/address';
import type { Filters } from '../domain/matches';

/** Whose conversions a cursor knows, and which of them. Neither token nor customer can be read from it. */
export interface Owner {
	/** Stands for the address and the filters that Affilae is asked for. */
	scope: string;
	/** Stands for the address and the token. */
	account: string;
	/** The account's ID at Affilae, as far as its rows say. */
	advertiserId?: string;
	/** Stands for the program IDs of the credential, if Affilae wants to be asked for each of them. */
	programs?: string;
}

/** Who is asked, and what for. */
export function ownerOf({ baseUrl, token, programs }: Account, filters: Filters): Owner {
	const { programId = '', customerId = '' } = filters;
	return {
		scope: hashOf([baseUrl, programId, customerId]),
		account: hashOf([baseUrl, token]),
		programs: hashOf([...programs].sort()),
	};
}

/**
 * Whether a cursor goes on. Of another account or another question it knows nothing: what is there would
 * come as created.
 *
 * @param before who was asked when the cursor was kept
 * @param readAdvertiser asks for the account's ID; called only if nothing but the token is another
 */
export async function isSameOwner(
	before: Owner,
	now: Owner,
	readAdvertiser: () => Promise<string | undefined>,
): Promise<boolean> {
	if (before.scope !== now.scope) return false;
	if (before.programs !== undefined && before.programs !== now.programs) return false;
	if (before.account === now.account) return true;
	return before.advertiserId !== undefined && before.advertiserId === (await readAdvertiser());
}

function hashOf(parts: readonly string[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16);
}
