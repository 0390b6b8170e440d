import type { Conversion } from '../domain/conversion';
import type { Write } from '../domain/write';
import { readWritten } from './answers';
import type { ApiError } from './apiError';
import type { Client } from './client';
import { PATHS } from './constants';

/**
 * Sends one write, without a retry.
 *
 * @param isAgain whether this write was sent before
 * @returns the conversion, if the response contains it; undefined if it only reports success; if it is unclear
 * whether the write was carried out, the error that says so
 * @throws {ApiError} if it was not carried out, or may not have been
 */
export async function sendWrite(
	client: Client,
	{ id, programId = '' }: Pick<Conversion, 'id' | 'programId'>,
	write: Write,
	isAgain: boolean,
): Promise<Conversion | ApiError | undefined> {
	const body =
		write.do === 'update'
			? { id, amount: write.amountCents, reason: write.reason }
			: { program: programId, id, ...(write.do === 'refuse' ? { reason: write.reason } : {}) };
	const call = { method: 'POST', path: PATHS[write.do], body, about: programId } as const;
	return readWritten(await client.sendOnce(call, isAgain), id);
}
