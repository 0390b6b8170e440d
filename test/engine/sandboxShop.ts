import { afterAll } from '@jest/globals';
import type { NewConversion } from '../../sandbox/arrivals';
import type { Conversion } from '../../sandbox/conversion';
import { DEFAULT_TOKEN, startSandbox, type Sandbox } from '../../sandbox/server';
import { defaultSettings, type SettingsChange } from '../../sandbox/settings';
import type { Respond } from './server';
import { BAGS, SHOES } from './shop';

export type { NewConversion } from '../../sandbox/arrivals';

/** The commission rules of the program `SHOES`. `FINAL` has no grace period; `BY_ITSELF` accepts by itself. */
export const SALE = { id: '5f2d1c0b9a8e7f6d5c4b3b01', name: 'Sale' };
export const LIGHTING = { id: '5f2d1c0b9a8e7f6d5c4b3b02', name: 'Lighting' };
export const NEW_CUSTOMERS = { id: '5f2d1c0b9a8e7f6d5c4b3b03', name: 'New customers' };
export const FINAL = { id: '5f2d1c0b9a8e7f6d5c4b3b04', name: 'Final at once', graceDays: 0 };
export const BY_ITSELF = {
	id: '5f2d1c0b9a8e7f6d5c4b3b05',
	name: 'By transfer',
	acceptsByItself: true,
};

const IN_CURRENCIES = (['GBP', 'USD', 'JPY', 'KWD'] as const).map((currency) => ({
	name: currency,
	currency,
}));

/** When the conversions of a test were made and came to Affilae, and the moment at which it reads them. */
export const SOLD_AT = Date.UTC(2026, 9, 1, 10);
export const NOW = Date.UTC(2026, 11, 1);

/** An ID as Affilae makes them for a conversion of {@link SOLD_AT}. */
export function saleId(number: number): string {
	return `6abe2f20b3a49586${number.toString(16).padStart(8, '0')}`;
}

/** Order 1000 + number: 84.90 EUR in program `SHOES`, by rule `SALE`, pending unless told otherwise. */
export function sale(number: number, differing: NewConversion = {}): NewConversion {
	return {
		id: saleId(number),
		externalId: String(1000 + number),
		customerId: `C-${number}`,
		program: SHOES.id,
		amount: 8490,
		affiliate: 'The Linen Diary',
		createdAtMs: SOLD_AT,
		addedAtMs: SOLD_AT,
		...differing,
	};
}

/** A decision that is not locked: until 2026-12-20 09:00 UTC under a rule of 30 days. */
export const UNLOCKED = { decidedAtMs: Date.UTC(2026, 10, 20, 9) };
/** A decision that is locked: since 2026-11-09 09:00 UTC under a rule of 30 days. */
export const LOCKED = { decidedAtMs: Date.UTC(2026, 9, 10, 9) };

/** A sandbox that holds some conversions, behind a test's server. */
export interface SandboxShop {
	sandbox: Sandbox;
	/** Answers as the sandbox does: all rules of Affilae are its own. */
	respond: Respond;
	/** A conversion as Affilae holds it now. */
	held(number: number): Conversion;
}

/** One sandbox serves all tests of a file: opening one takes longer than most tests. */
let opened: Promise<Sandbox> | undefined;

afterAll(async () => {
	await (await opened)?.stop();
});

function openSandbox(): Promise<Sandbox> {
	return startSandbox({
		now: NOW,
		clock: () => 0,
		programs: [
			{ ...SHOES, rules: [SALE, LIGHTING, NEW_CUSTOMERS, FINAL, BY_ITSELF, ...IN_CURRENCIES] },
			{ ...BAGS, rules: [{ name: 'Bags' }, ...IN_CURRENCIES] },
		],
		conversions: [],
	});
}

/** Answers as a sandbox does. */
export function forwardTo(sandbox: Sandbox): Respond {
	return async ({ method, path, query, body }) => {
		const url = new URL(path, sandbox.url);
		for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
		const answer = await fetch(url, {
			method,
			headers: { authorization: `Bearer ${DEFAULT_TOKEN}`, 'content-type': 'application/json' },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await answer.text();
		const type = answer.headers.get('content-type') ?? '';
		return {
			status: answer.status,
			...(text === '' ? {} : { body: text, headers: { 'content-type': type } }),
		};
	};
}

/**
 * Fills a sandbox with these conversions and no others; its clock stands still at {@link NOW}. A shop that
 * was opened before is gone.
 *
 * @param settings how it behaves, as far as that differs
 */
export async function shopWith(
	conversions: readonly NewConversion[],
	settings: SettingsChange = {},
): Promise<SandboxShop> {
	opened ??= openSandbox();
	const sandbox = await opened;
	sandbox.reset();
	sandbox.change({ ...defaultSettings(), ...settings });
	for (const one of conversions) sandbox.addConversion(one);
	return {
		sandbox,
		respond: forwardTo(sandbox),
		held: (number) => {
			const entry = sandbox.store.get(saleId(number));
			if (entry === undefined) throw new RangeError(`There is no conversion ${saleId(number)}`);
			return entry.conversion;
		},
	};
}

/** A conversion as simplified output, in currency units. */
export function shown(held: Conversion): Record<string, unknown> {
	const { id, externalId, customerId, status, amount, currency, commissionsTotal } = held;
	return {
		id,
		...(externalId === '' ? {} : { externalId }),
		...(customerId === '' ? {} : { customerId }),
		status,
		amount: amount / 100,
		currency,
		commission: commissionsTotal / 100,
		...(commissionsTotal > 0 ? { affiliate: 'The Linen Diary' } : {}),
		rule: held.rule.name,
		programId: held.program.id,
		createdAt: held.createdAt,
		...(held.lockedAt === null ? {} : { lockedAt: held.lockedAt }),
	};
}
