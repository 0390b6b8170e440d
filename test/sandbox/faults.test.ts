import { describe, expect, it } from '@jest/globals';
import {
	type Fault,
	FAULT_KINDS,
	FaultControl,
	type FaultKind,
	keepsWrite,
	mixedFaults,
	parseFault,
} from '../../sandbox/faults';
import { failureOf, NOW, type Opened, openSandbox, somePending } from './opened';

const ACCEPT = 'POST /advertiser/conversions.accept';

const HANGS: readonly FaultKind[] = ['hangBefore', 'hangAfter'];

/** Sends one accept that gets the fault, and returns whether it was carried out. */
async function acceptUnder(fault: Fault, opened: Opened) {
	const { sandbox, client } = opened;
	const { id, program } = somePending(sandbox);
	sandbox.faults.set([fault]);
	const cancel = new AbortController();
	const call = client.post<unknown>(
		'/advertiser/conversions.accept',
		{ id, program },
		{ signal: cancel.signal },
	);
	return {
		call,
		wasKept: () => sandbox.store.get(id)?.conversion.status === 'accepted',
		/** Waits until the fault occurred, then aborts; returns the error code. */
		givenUp: async () => {
			const failure = failureOf(call);
			await played(opened, fault.kind);
			cancel.abort();
			return await failure;
		},
	};
}

/** Resolves when the latest request got this fault and, if it hangs afterwards, was carried out. */
async function played({ sandbox, client }: Opened, kind: FaultKind): Promise<void> {
	const isSo = () => {
		const entry = sandbox.requests.list().at(-1);
		return entry?.fault === kind && (kind === 'hangBefore' || entry.tookMs !== null);
	};
	while (!isSo()) await client.get('/sandbox/state');
}

describe('a fault', () => {
	it.each(['500', '502', '503', '504', '403', '429'] as const)(
		"%s returns hapi's error format, and the call is not carried out",
		async (kind) => {
			const opened = await openSandbox();
			const fault: Fault = { kind, next: 1, retryAfter: 7 };
			const { call, wasKept } = await acceptUnder(fault, opened);
			const { status, data, headers } = await call;
			expect(String(status)).toBe(kind);
			expect(data).toEqual({
				statusCode: status,
				error: expect.any(String),
				message: expect.any(String),
			});
			expect(headers['retry-after']).toBe('7');
			expect(wasKept()).toBe(false);
		},
	);

	it('with a status can still carry out the call', async () => {
		const opened = await openSandbox();
		const { call, wasKept } = await acceptUnder({ kind: '504', next: 1, kept: true }, opened);
		expect((await call).status).toBe(504);
		expect(wasKept()).toBe(true);
		expect(opened.sandbox.requests.list().at(-1)).toMatchObject({ status: 504, fault: '504' });
	});

	it.each([502, 200])('html is a page of the CDN, with status %p', async (status) => {
		const opened = await openSandbox();
		const { call, wasKept } = await acceptUnder({ kind: 'html', next: 1, status }, opened);
		const answer = await call;
		expect(answer.status).toBe(status);
		expect(answer.headers['content-type']).toContain('text/html');
		expect(answer.data).toContain('<!DOCTYPE html>');
		expect(wasKept()).toBe(false);
	});

	it('redirect points to the same path on another host', async () => {
		const opened = await openSandbox();
		const fault: Fault = { kind: 'redirect', next: 1, to: 'http://127.0.0.1:9' };
		const { call, wasKept } = await acceptUnder(fault, opened);
		const { status, headers } = await call;
		expect(status).toBe(302);
		expect(headers.location).toBe('http://127.0.0.1:9/advertiser/conversions.accept');
		expect(wasKept()).toBe(false);
	});

	it.each([
		['resetBefore', false],
		['resetAfter', true],
	] as const)(
		'%s resets the connection without a response, call carried out: %p',
		async (kind, kept) => {
			const opened = await openSandbox();
			const { call, wasKept } = await acceptUnder({ kind, next: 1 }, opened);
			expect(await failureOf(call)).toBe('ECONNRESET');
			expect(wasKept()).toBe(kept);
			const entry = opened.sandbox.requests.list().at(-1);
			expect(entry).toMatchObject({ status: null, fault: kind });
		},
	);

	it('truncated announces more than it sends, and the call is carried out', async () => {
		const opened = await openSandbox();
		const { call, wasKept } = await acceptUnder({ kind: 'truncated', next: 1 }, opened);
		expect(await failureOf(call)).toBe('ERR_BAD_RESPONSE');
		expect(wasKept()).toBe(true);
	});

	it('halfJson sends half of the response as if it were all, and the call is carried out', async () => {
		const opened = await openSandbox();
		const { call, wasKept } = await acceptUnder({ kind: 'halfJson', next: 1 }, opened);
		const { status, data } = await call;
		expect(status).toBe(200);
		expect(() => JSON.parse(String(data))).toThrow(SyntaxError);
		expect(data).toContain('{"statusCode":200,"conversion":{"id":');
		expect(wasKept()).toBe(true);
	});

	it.each([
		['hangBefore', false],
		['hangAfter', true],
	] as const)('%s never responds, call carried out: %p', async (kind, kept) => {
		const opened = await openSandbox();
		const { givenUp, wasKept } = await acceptUnder({ kind, next: 1 }, opened);
		expect(await givenUp()).toBe('ERR_CANCELED');
		expect(wasKept()).toBe(kept);
	});

	it('slow responds late', async () => {
		let nowMs = NOW;
		const opened = await openSandbox({
			clock: () => nowMs,
			wait: async (ms) => {
				nowMs += ms;
			},
		});
		const { call, wasKept } = await acceptUnder({ kind: 'slow', next: 1 }, opened);
		expect((await call).status).toBe(200);
		expect(opened.sandbox.requests.list().at(-1)?.tookMs).toBe(12_000);
		expect(wasKept()).toBe(true);
	});

	it('of any kind leaves the sandbox working', async () => {
		const opened = await openSandbox();
		for (const kind of FAULT_KINDS) {
			const fault: Fault = { kind, next: 1, ms: 1, to: 'http://127.0.0.1:9' };
			const { call, givenUp } = await acceptUnder(fault, opened);
			await (HANGS.includes(kind) ? givenUp() : call.catch(() => undefined));
			const { call: after } = await acceptUnder({ kind: '500', next: 0 }, opened);
			expect((await after).status).toBe(200);
		}
		const kinds = Object.keys(opened.sandbox.faults.played);
		expect(new Set(kinds)).toEqual(new Set(FAULT_KINDS));
	});

	it('does not delay the stop of the sandbox', async () => {
		const { sandbox, client } = await openSandbox({ faults: [{ kind: 'hangAfter', next: 1 }] });
		const failure = failureOf(client.get('/advertiser/conversions.list'));
		await played({ sandbox, client }, 'hangAfter');
		await sandbox.stop();
		expect(await failure).toBe('ECONNRESET');
	});
});

describe('the requests that get a fault', () => {
	it('are a share, the same for the same seed', () => {
		const run = (seed: number) => {
			const control = new FaultControl(seed);
			control.set([
				{ kind: '500', rate: 0.1 },
				{ kind: 'resetAfter', rate: 0.05 },
			]);
			return Array.from({ length: 10_000 }, () => control.pick('POST', '/x')?.kind ?? null);
		};
		const kinds = run(3);
		expect(run(3)).toEqual(kinds);
		expect(run(4)).not.toEqual(kinds);
		const share = (kind: string) => kinds.filter((one) => one === kind).length / 10_000;
		expect(share('500')).toBeCloseTo(0.1, 1);
		expect(share('resetAfter')).toBeGreaterThan(0.04);
		expect(share('resetAfter')).toBeLessThan(0.06);
	});

	it('are the next ones after those to skip', () => {
		const control = new FaultControl(1);
		control.set([{ kind: '503', next: 2, skip: 1, on: 'POST' }]);
		const met = ['POST', 'GET', 'POST', 'POST', 'POST'].map(
			(method) => control.pick(method, '/advertiser/conversions.accept')?.kind ?? null,
		);
		expect(met).toEqual([null, null, '503', '503', null]);
		expect(control.list()).toEqual([]);
		expect(control.played).toEqual({ 503: 2 });
	});

	it('can be selected by parts of method and path', () => {
		const control = new FaultControl(1);
		control.set([{ kind: '500', rate: 1, on: 'conversions.accept|conversions.refuse' }]);
		const meets = (route: string) => {
			const [method = '', path = ''] = route.split(' ');
			return control.pick(method, path) !== null;
		};
		expect(meets(ACCEPT)).toBe(true);
		expect(meets('POST /advertiser/conversions.refuse')).toBe(true);
		expect(meets('POST /advertiser/conversions.update')).toBe(false);
	});

	it('are none after the faults are cleared', async () => {
		const { sandbox, client } = await openSandbox({ faults: [{ kind: '500', rate: 1 }] });
		expect((await client.get('/advertiser/conversions.list')).status).toBe(500);
		expect((await client.get('/sandbox/state')).status).toBe(200);
		sandbox.faults.clear();
		expect((await client.get('/advertiser/conversions.list')).status).toBe(200);
	});

	it('can be one in twenty with a mixture of faults', () => {
		const control = new FaultControl(1);
		control.set(mixedFaults(0.05));
		const met = Array.from({ length: 20_000 }, () => control.pick('POST', '/x')).flatMap(
			(fault) => fault?.kind ?? [],
		);
		expect(met.length / 20_000).toBeGreaterThan(0.045);
		expect(met.length / 20_000).toBeLessThan(0.055);
		expect(new Set(met).size).toBe(8);
	});
});

describe('the faults of the settings', () => {
	it.each([
		[[{ kind: 'fire', rate: 1 }]],
		[[{ kind: '500' }]],
		[[{ kind: '500', rate: 1, next: 1 }]],
		[[{ kind: '500', rate: 2 }]],
		[[{ kind: 'redirect', rate: 1 }]],
		[{ kind: '500', rate: 1 }],
	])('are validated: %j is invalid', (faults) => {
		const control = new FaultControl(1);
		control.set([{ kind: '502', rate: 0.5 }]);
		expect(() => control.set(faults)).toThrow();
		expect(control.list()).toEqual([{ kind: '502', rate: 0.5 }]);
	});

	it('can be read from a flag', () => {
		expect(parseFault('resetAfter:0.05')).toEqual({ kind: 'resetAfter', rate: 0.05 });
		expect(parseFault('503:x3,retryAfter=2,on=POST')).toEqual({
			kind: '503',
			next: 3,
			retryAfter: 2,
			on: 'POST',
		});
		expect(parseFault('504,kept')).toEqual({ kind: '504', rate: 1, kept: true });
		expect(parseFault('redirect:x1,to=http://127.0.0.1:9')).toMatchObject({
			to: 'http://127.0.0.1:9',
		});
		expect(() => parseFault('503:often')).toThrow('Fault 503:often');
	});

	it('know whether the call is carried out', () => {
		const kept = FAULT_KINDS.filter((kind) => keepsWrite({ kind, rate: 1 }));
		expect(kept).toEqual(['resetAfter', 'truncated', 'halfJson', 'hangAfter', 'slow']);
	});
});
