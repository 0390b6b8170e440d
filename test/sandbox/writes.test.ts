import { describe, expect, it } from '@jest/globals';
import { PROGRAMS } from '../../sandbox/programs';
import { openSandbox, somePending } from './opened';

const UNKNOWN_ID = '0123456789abcdef01234567';

describe('a write', () => {
	it('accepts a pending conversion and returns it', async () => {
		const { sandbox, client } = await openSandbox();
		const { id, program } = somePending(sandbox);
		const { status, data } = await client.post<unknown>('/advertiser/conversions.accept', {
			id,
			program,
		});
		expect(status).toBe(200);
		expect(data).toMatchObject({ statusCode: 200, conversion: { id, status: 'accepted' } });
		expect(sandbox.store.get(id)?.conversion.status).toBe('accepted');
		expect(sandbox.store.writes).toEqual([{ id, action: 'accept' }]);
	});

	it('can return only the status', async () => {
		const { sandbox, client } = await openSandbox({ settings: { writeAnswer: 'status' } });
		const { id, program } = somePending(sandbox);
		const { data } = await client.post<unknown>('/advertiser/conversions.accept', { id, program });
		expect(data).toEqual({ statusCode: 200 });
	});

	it('refuses a pending conversion and stores the reason', async () => {
		const { sandbox, client } = await openSandbox();
		const { id, program } = somePending(sandbox);
		const { data } = await client.post<unknown>('/advertiser/conversions.refuse', {
			id,
			program,
			reason: 'Returned',
		});
		expect(data).toMatchObject({ conversion: { status: 'refused', refuseReason: 'Returned' } });
		expect(sandbox.store.writes).toEqual([{ id, action: 'refuse', reason: 'Returned' }]);
	});

	it('lowers the amount and the commissions with it', async () => {
		const { sandbox, client } = await openSandbox();
		const { id, amount } = somePending(sandbox);
		const before = sandbox.store.get(id)?.conversion.commissionsTotal ?? 0;
		const half = Math.floor(amount / 2);
		const { data } = await client.post<unknown>('/advertiser/conversions.update', {
			id,
			amount: half,
			reason: 'Partly returned',
		});
		expect(data).toMatchObject({ conversion: { amount: half, status: 'pending' } });
		const after = sandbox.store.get(id)?.conversion;
		expect(Math.abs((after?.commissionsTotal ?? 0) - before / 2)).toBeLessThanOrEqual(2);
		expect(after?.events.reduce((sum, event) => sum + event.commission, 0)).toBe(
			after?.commissionsTotal,
		);
	});

	it('accepts only an amount below the initial one, even after it was lowered', async () => {
		const { sandbox, client } = await openSandbox();
		const { id, amount } = somePending(sandbox);
		const update = async (cents: number) => {
			const payload = { id, amount: cents, reason: 'Partly returned' };
			const { status } = await client.post('/advertiser/conversions.update', payload);
			return status;
		};
		expect(await update(amount)).toBe(400);
		expect(await update(amount + 1)).toBe(400);
		expect(await update(amount - 500)).toBe(200);
		expect(await update(amount - 100)).toBe(200);
		expect(await update(amount)).toBe(400);
		expect(sandbox.store.get(id)?.conversion.amount).toBe(amount - 100);
	});

	it.each([
		['19.99', 'amount'],
		[19.5, 'amount'],
		[-1, 'amount'],
		[null, 'amount'],
	])('accepts whole cents as a number, not %p', async (amount, key) => {
		const { sandbox, client } = await openSandbox();
		const { id } = somePending(sandbox);
		const { status, data } = await client.post<unknown>('/advertiser/conversions.update', {
			id,
			amount,
			reason: 'x',
		});
		expect(status).toBe(400);
		expect(data).toMatchObject({ validation: { source: 'payload', keys: [key] } });
	});

	it("requires the conversion's own program", async () => {
		const { sandbox, client } = await openSandbox();
		const { id, program } = somePending(sandbox);
		const other = PROGRAMS.find((one) => one.id !== program)?.id ?? '';
		const wrong = await client.post<unknown>('/advertiser/conversions.accept', {
			id,
			program: other,
		});
		expect(wrong.data).toMatchObject({ statusCode: 404, error: 'Not Found' });
		const missing = await client.post<unknown>('/advertiser/conversions.accept', { id });
		expect(missing.data).toMatchObject({
			statusCode: 400,
			validation: { source: 'payload', keys: ['program'] },
		});
		expect(sandbox.store.writes).toEqual([]);
	});

	it.each(['refuse', 'update'])('%s requires a reason that is not blank', async (call) => {
		const { sandbox, client } = await openSandbox();
		const { id, program } = somePending(sandbox);
		const rest = call === 'refuse' ? { program } : { amount: 1 };
		for (const reason of [undefined, '', '  ']) {
			const { data } = await client.post<unknown>(`/advertiser/conversions.${call}`, {
				id,
				reason,
				...rest,
			});
			expect(data).toMatchObject({ statusCode: 400, validation: { keys: ['reason'] } });
		}
	});

	it('returns 404 for an unknown conversion, and 400 without a body', async () => {
		const { client } = await openSandbox();
		const payload = { id: UNKNOWN_ID, amount: 1, reason: 'x' };
		expect((await client.post('/advertiser/conversions.update', payload)).status).toBe(404);
		expect((await client.post('/advertiser/conversions.update')).status).toBe(400);
		const broken = await client.post<unknown>('/advertiser/conversions.update', '{"id":', {
			headers: { 'content-type': 'application/json' },
		});
		expect(broken.data).toMatchObject({ statusCode: 400, error: 'Bad Request' });
	});
});
