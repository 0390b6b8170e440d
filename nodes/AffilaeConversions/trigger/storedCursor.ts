import type { IDataObject } from 'n8n-workflow';
import { isWireObject } from '../domain/conversion';
import type { Cursor, Known, Rest, RestOfAll } from './cursor';
import type { Owner } from './owner';

/** What the static data of a node contains. */
export interface Stored {
	/** How often a cursor was kept: shows a poll that another one kept a cursor in the meantime. */
	revision: number;
	/** Which account and filters the cursor belongs to; absent if there is no cursor. */
	owner?: Owner;
	/** Absent if none was kept, or none that this version can read. */
	cursor?: Cursor;
}

const VERSION = 2;
const AFFILAE_ID = /^[0-9a-f]{24}$/;
const WORD =
	/^(?:(?<packed>[\w-]{16})|~(?<other>[\w-]*)~)(?<isMet>\?)?(?<since>-?[0-9a-z]+)(?:(?<letter>[PAR])|!(?<status>[\w-]*)!)?(?:\.(?<cents>-?[0-9a-z]+))?(?::(?<absences>[0-9a-z]+))?$/;
/** The three states in one letter each. */
const LETTERS = new Map([
	['pending', 'P'],
	['accepted', 'A'],
	['refused', 'R'],
]);
const STATUS_OF = new Map([...LETTERS].map(([status, letter]) => [letter, status]));

/** Reads what an earlier poll kept in the static data of its node. */
export function readStored(data: IDataObject): Stored {
	const revision = readRevision(data);
	const { version, horizonMs, floorMs, pendingFloorMs, knowsUndated } = data;
	const { lookedBackAtMs, lookedFarBackAtMs, unreadable } = data;
	const owner = readOwner(data['owner']);
	const known = unpack(data['known']);
	if (version !== VERSION || owner === undefined || known === undefined) return { revision };
	if (!isNumber(horizonMs) || !isNumber(floorMs)) return { revision };
	if (!isNumber(lookedBackAtMs) || !isNumber(lookedFarBackAtMs)) return { revision };
	const rest = readRestOfAll(data['rest']);
	const pendingRest = readRest(data['pendingRest']);
	return {
		revision,
		owner,
		cursor: {
			horizonMs,
			floorMs,
			...(isNumber(pendingFloorMs) ? { pendingFloorMs } : {}),
			knowsUndated: knowsUndated === true,
			lookedBackAtMs,
			lookedFarBackAtMs,
			...(rest ? { rest } : {}),
			...(pendingRest ? { pendingRest } : {}),
			known,
			unreadable: Array.isArray(unreadable)
				? unreadable.flatMap((key: unknown) => (typeof key === 'string' ? key : []))
				: [],
		},
	};
}

/**
 * Keeps a cursor in the static data of a node, and replaces the previous one. It contains no order or
 * customer IDs; a conversion takes about 25 bytes.
 *
 * @param before what was stored when this poll began
 * @returns false, and keeps nothing, if another poll kept its cursor in the meantime: the other poll or
 * the next one returns the events
 */
export function keep(data: IDataObject, before: Stored, owner: Owner, cursor: Cursor): boolean {
	if (readRevision(data) !== before.revision) return false;
	const { known, rest, pendingRest, unreadable, ...plain } = cursor;
	const fields: IDataObject = {
		...plain,
		version: VERSION,
		revision: before.revision + 1,
		owner: { ...owner },
		known: pack(known),
		...(rest ? { rest: { ...rest } } : {}),
		...(pendingRest ? { pendingRest: { ...pendingRest } } : {}),
		unreadable: [...unreadable],
	};
	for (const key of ['rest', 'pendingRest', 'pendingFloorMs'])
		if (!(key in fields)) delete data[key];
	Object.assign(data, fields);
	return true;
}

function readRevision({ revision }: IDataObject): number {
	return isNumber(revision) ? revision : 0;
}

function readOwner(value: unknown): Owner | undefined {
	if (!isWireObject(value)) return undefined;
	const { scope, account, advertiserId, programs } = value;
	if (typeof scope !== 'string' || typeof account !== 'string') return undefined;
	return {
		scope,
		account,
		...(typeof advertiserId === 'string' ? { advertiserId } : {}),
		...(typeof programs === 'string' ? { programs } : {}),
	};
}

function readRest(value: unknown): Rest | undefined {
	if (!isWireObject(value)) return undefined;
	const { toMs, spanMs } = value;
	return { ...(isNumber(toMs) ? { toMs } : {}), ...(isNumber(spanMs) ? { spanMs } : {}) };
}

function readRestOfAll(value: unknown): RestOfAll | undefined {
	const rest = readRest(value);
	const { fromMs, startedAtMs } = isWireObject(value) ? value : {};
	if (!rest || !isNumber(fromMs) || !isNumber(startedAtMs)) return undefined;
	return { ...rest, fromMs, startedAtMs };
}

/**
 * One word a conversion, in order of creation: its ID, 24 hexadecimal digits in 16 characters; the
 * milliseconds since the one before; the status; the amount in cents; the absences. Numbers are to base 36.
 */
function pack(known: ReadonlyMap<string, Known>): string {
	const atMs = ({ createdAtMs, metAtMs = 0 }: Known) => createdAtMs ?? metAtMs;
	const sorted = [...known].sort(([, a], [, b]) => atMs(a) - atMs(b));
	let beforeMs = 0;
	const words = sorted.map(([id, one]) => {
		const { createdAtMs, status, amountCents, absences } = one;
		const since = `${createdAtMs === undefined ? '?' : ''}${(atMs(one) - beforeMs).toString(36)}`;
		beforeMs = atMs(one);
		const state = status === undefined ? '' : (LETTERS.get(status) ?? `!${textToBase64(status)}!`);
		const cents = amountCents === undefined ? '' : `.${amountCents.toString(36)}`;
		const absent = absences === undefined ? '' : `:${absences.toString(36)}`;
		return `${packId(id)}${since}${state}${cents}${absent}`;
	});
	return words.join(' ');
}

function unpack(text: unknown): Map<string, Known> | undefined {
	if (typeof text !== 'string') return undefined;
	const known = new Map<string, Known>();
	let atMs = 0;
	for (const word of text.split(' ')) {
		const parts = WORD.exec(word)?.groups;
		if (parts === undefined) continue;
		const { packed, other = '', isMet, since = '', letter = '', status, cents, absences } = parts;
		atMs += Number.parseInt(since, 36);
		if (Number.isNaN(atMs)) return undefined;
		const state = status === undefined ? STATUS_OF.get(letter) : base64ToText(status);
		known.set(packed ? Buffer.from(packed, 'base64url').toString('hex') : base64ToText(other), {
			...(isMet === undefined ? { createdAtMs: atMs } : { metAtMs: atMs }),
			...(state === undefined ? {} : { status: state }),
			...(cents === undefined ? {} : { amountCents: Number.parseInt(cents, 36) }),
			...(absences === undefined ? {} : { absences: Number.parseInt(absences, 36) }),
		});
	}
	return known;
}

function packId(id: string): string {
	if (AFFILAE_ID.test(id)) return Buffer.from(id, 'hex').toString('base64url');
	return `~${textToBase64(id)}~`;
}

/** UTF-16 encodes any text, also invalid Unicode. */
function textToBase64(text: string): string {
	return Buffer.from(text, 'utf16le').toString('base64url');
}

function base64ToText(packed: string): string {
	return Buffer.from(packed, 'base64url').toString('utf16le');
}

function isNumber(value: unknown): value is number {
	return typeof value === 'number' && Number.isFinite(value);
}
