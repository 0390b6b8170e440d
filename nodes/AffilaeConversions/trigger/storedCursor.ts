import type { IDataObject } from 'n8n-workflow';
import type { Cursor, Watched } from './cursor';

/** What the static data of a node holds. */
export interface Stored {
	/** How often a cursor was kept: by it a poll knows that another kept one meanwhile. */
	revision: number;
	/** Absent where none was kept, or none that this version can read. */
	cursor?: Cursor;
}

const VERSION = 1;
const AFFILAE_ID = /^[0-9a-f]{24}$/;
const PACKED_ID = /^(?:([\w-]{16})|~([^~]*)~)(.*)$/;

/** Reads what an earlier poll kept in the static data of its node. */
export function readStored(data: IDataObject): Stored {
	const revision = readRevision(data);
	const { version, scope, horizonMs, floorMs, lookedBackAtMs, restMs } = data;
	const seen = unpack(data['seen']);
	const isReadable = version === VERSION && typeof scope === 'string' && seen !== undefined;
	if (!isReadable || !isNumber(horizonMs)) return { revision };
	if (!isNumber(floorMs) || !isNumber(lookedBackAtMs)) return { revision };
	const watched = unpack(data['watched']);
	return {
		revision,
		cursor: {
			scope,
			horizonMs,
			floorMs,
			lookedBackAtMs,
			...(isNumber(restMs) ? { restMs } : {}),
			seen: new Map(seen.map(({ id, createdAtMs = floorMs }) => [id, createdAtMs])),
			...(watched ? { watched: new Map(watched.map(({ id, ...rest }) => [id, rest])) } : {}),
		},
	};
}

/**
 * Keeps a cursor in the static data of a node, in the place of the one before. Neither order nor
 * customer is in it; a conversion takes about 25 bytes.
 *
 * @param before what was kept when this poll began
 * @returns false, and keeps nothing, where another poll kept its cursor meanwhile: what this one found
 * is then told by the other or by the next
 */
export function keep(data: IDataObject, before: Stored, cursor: Cursor): boolean {
	if (readRevision(data) !== before.revision) return false;
	const { scope, horizonMs, floorMs, lookedBackAtMs, restMs, seen, watched } = cursor;
	const fields: IDataObject = {
		version: VERSION,
		revision: before.revision + 1,
		scope,
		horizonMs,
		floorMs,
		lookedBackAtMs,
		seen: pack([...seen].map(([id, createdAtMs]) => ({ id, createdAtMs }))),
		...(restMs === undefined ? {} : { restMs }),
		...(watched ? { watched: pack([...watched].map(([id, rest]) => ({ id, ...rest }))) } : {}),
	};
	for (const key of ['restMs', 'watched']) if (!(key in fields)) delete data[key];
	Object.assign(data, fields);
	return true;
}

function readRevision({ revision }: IDataObject): number {
	return isNumber(revision) ? revision : 0;
}

/**
 * One word a conversion, in order of creation: its id, 24 hexadecimal digits in 16 characters; the
 * milliseconds since the one before; the amount in cents. Numbers are to base 36.
 */
function pack(entries: Array<Watched & { id: string }>): string {
	const sorted = entries.sort((a, b) => (a.createdAtMs ?? 0) - (b.createdAtMs ?? 0));
	let beforeMs = 0;
	const words = sorted.map(({ id, createdAtMs, amountCents }) => {
		const sinceMs = createdAtMs === undefined ? '' : (createdAtMs - beforeMs).toString(36);
		beforeMs = createdAtMs ?? beforeMs;
		return `${packId(id)}${sinceMs}${amountCents === undefined ? '' : `.${amountCents.toString(36)}`}`;
	});
	return words.join(' ');
}

function unpack(text: unknown): Array<Watched & { id: string }> | undefined {
	if (typeof text !== 'string') return undefined;
	if (text === '') return [];
	let atMs = 0;
	return text.split(' ').flatMap((word) => {
		const [, packed, plain, numbers = ''] = PACKED_ID.exec(word) ?? [];
		const id = packed ? Buffer.from(packed, 'base64url').toString('hex') : plain;
		const [sinceMs = '', cents] = numbers.split('.');
		atMs += sinceMs === '' ? 0 : Number.parseInt(sinceMs, 36);
		if (id === undefined || Number.isNaN(atMs)) return [];
		const amountCents = cents === undefined ? NaN : Number.parseInt(cents, 36);
		return [
			{
				id: packed ? id : decodeURIComponent(id),
				...(sinceMs === '' ? {} : { createdAtMs: atMs }),
				...(Number.isNaN(amountCents) ? {} : { amountCents }),
			},
		];
	});
}

function packId(id: string): string {
	if (AFFILAE_ID.test(id)) return Buffer.from(id, 'hex').toString('base64url');
	return `~${encodeURIComponent(id).replaceAll('~', '%7E')}~`;
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number' && Number.isFinite(value);
}
