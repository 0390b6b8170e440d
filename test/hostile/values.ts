/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { GenericValue } from 'n8n-workflow';
import { MARK } from '../engine/server';

/** Text that has broken other programs. */
export const NASTY_TEXTS = [
	'',
	' ',
	'\u00a0',
	'\n\t',
	'\u0000',
	'\ufeff1001',
	'NaN',
	'Infinity',
	'-Infinity',
	'-0',
	'1e400',
	'1e3',
	'0x10',
	'null',
	'true',
	'false',
	'__proto__',
	'constructor',
	'toString',
	'hasOwnProperty',
	'prototype',
	'٣٤٫٥',
	'１２',
	'1,234',
	'1.234,56 €',
	'12.345',
	'-5',
	'−5',
	'5 EUR USD',
	'$ 5',
	'9007199254740993',
	'99999999999999999999999999',
	'👩‍👩‍👧‍👦🏳️‍🌈',
	'\u202e1001\u202c',
	'שלום',
	'\ud800',
	'e\u0301'.repeat(20),
	'a'.repeat(5000),
	'9'.repeat(2000),
	'{{ $json }}',
	'{{ 1 + 1 }}',
	'$& $1 $`',
	'%00%0d%0a',
	'a&limit=1&b=c#d?e',
	'1001\r\nX-Injected: 1',
	'../../advertiser/conversions.accept',
	'";DROP TABLE orders;--',
	'<script>alert(1)</script>',
	'2026-10-31',
	'2026-02-30',
	'+275760-09-13T00:00:00.000Z',
	'-271821-04-20T00:00:00.000Z',
	'9999-12-31T23:59:59-14:00',
	'2026-W44',
	'10:00',
	'externalId',
	'customerId',
	'id',
	'list',
	'pending',
	'accepted',
] as const;

const NUMBERS = [
	0,
	-0,
	1,
	-1,
	0.1,
	1.5,
	12.345,
	19.989999999999998,
	-19.99,
	5e-324,
	1e15,
	1e21,
	1.7976931348623157e308,
	Number.MAX_SAFE_INTEGER,
	Number.MAX_SAFE_INTEGER + 1,
	Number.MIN_SAFE_INTEGER,
	2 ** 31,
	4294967296,
	1e12,
	1e12 + 1,
] as const;

/** Objects as JSON creates them, with own `__proto__` keys. */
const NASTY_JSON = [
	'{"__proto__":{"polluted":true}}',
	'{"constructor":{"prototype":{"polluted":true}}}',
	'{"__rl":true}',
	'{"__rl":true,"mode":"__proto","value":"1001"}',
	'{"toString":1,"valueOf":2,"toJSON":3}',
	'{"toISO":"2026-10-01"}',
	'{"then":1}',
	'{"length":5}',
	'{"message":"x","error":"y"}',
	'{"0":"a","1":"b"}',
	'[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]',
	'[null]',
	'{}',
	'[]',
] as const;

/** Text of any code points, including lone surrogates. fast-check's own takes seconds to set up. */
const codePoints: fc.Arbitrary<string> = fc
	.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 20 })
	.map((points) => String.fromCodePoint(...points));

/** Any text that n8n does not read as an expression. */
export const nastyText: fc.Arbitrary<string> = fc
	.oneof(
		{ weight: 4, arbitrary: fc.constantFrom(...NASTY_TEXTS) },
		codePoints,
		fc.string({ maxLength: 12 }),
		fc.double({ noNaN: false }).map(String),
	)
	.filter((text) => !text.startsWith('=') && !text.includes(MARK));

/** A number of any size that JSON can represent. */
export const nastyNumber: fc.Arbitrary<number> = fc.oneof(
	fc.constantFrom(...NUMBERS),
	fc.double({ noNaN: true, noDefaultInfinity: true }),
	fc.integer(),
);

/** Any JSON value. */
export const nastyJson: fc.Arbitrary<GenericValue> = fc.oneof(
	{ weight: 5, arbitrary: nastyText },
	{ weight: 3, arbitrary: nastyNumber },
	{ weight: 2, arbitrary: fc.constantFrom(null, true, false) },
	{ weight: 2, arbitrary: fc.constantFrom(...NASTY_JSON).map(parsed) },
	fc.jsonValue({ maxDepth: 3 }).map((value) => parsed(JSON.stringify(value))),
);

/** The value of a JSON text. */
export function parsed(text: string): GenericValue {
	const value: GenericValue = JSON.parse(text);
	return value;
}

const SHARE = Number(process.env['HOSTILE_SHARE'] ?? 1);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 20261001);

/**
 * The number of runs and the seed: the same each time, unless the environment says otherwise.
 * A failure names the seed, so that it can be reproduced.
 */
export function seeded(numRuns: number): { seed: number; numRuns: number } {
	return { seed: SEED, numRuns: Math.ceil(numRuns * SHARE) };
}

/** The totals of a test with many runs. */
interface Extent {
	/** Input items. */
	cases: number;
	writes: number;
}

/** Prints the number of cases and writes, and fails if there were too few. */
export function mustBeMany(what: string, { cases, writes }: Extent, least: Extent): void {
	process.stdout.write(`${what}: ${cases} items, ${writes} writes, seed ${SEED}\n`);
	expect(cases).toBeGreaterThan(least.cases * SHARE);
	expect(writes).toBeGreaterThan(least.writes * SHARE);
}
