import { describe, expect, test } from '@jest/globals';
import { REASON } from './reconciling';
import { BY_ITSELF, FINAL, LOCKED, type NewConversion, sale, shown, UNLOCKED } from './sandboxShop';
import { inAnyOrder } from './server';
import {
	about,
	accepting,
	adviceOf,
	BY_ORDER,
	CONTINUING,
	failuresOf,
	lowering,
	NAMES,
	outcomesOf,
	refusing,
	TO_ERROR_BRANCH,
	WRITES,
	writeTests,
} from './writing';

const { affilae, openShop, run } = writeTests();

const ACCEPTED: NewConversion = { status: 'accepted', ...UNLOCKED };
const REFUSED: NewConversion = { status: 'refused', ...UNLOCKED };
const UPDATE = { reason: REASON, amount: 19.99 };

const DONE = [
	{
		operation: 'accept',
		parameters: {},
		done: ACCEPTED,
		message: 'Order 1001 was already accepted',
	},
	{
		operation: 'refuse',
		parameters: { reason: REASON },
		done: REFUSED,
		message: 'Order 1001 was already refused',
	},
	{
		operation: 'update',
		parameters: UPDATE,
		done: { amount: 1999, initialAmount: 8490 },
		message: 'The amount of order 1001 was already 19.99 EUR',
	},
].flatMap((one) => NAMES.map((name) => ({ ...one, ...name })));

describe.each(DONE)('$operation by $by of a conversion that needs no change', (tried) => {
	const { operation, parameters, done, message, name } = tried;

	test('leaves it unchanged, says so and sends nothing for it', async () => {
		await openShop([sale(1, done), sale(2)]);
		const result = await run(operation, { ...parameters, ...name }, [about(1), about(2)]);
		expect(outcomesOf(result)).toEqual([
			['unchanged', false, { item: 0 }],
			[expect.stringMatching(/^(accepted|refused|updated)$/), true, { item: 1 }],
		]);
		expect(result.success[0]?.json['message']).toBe(message);
		expect(affilae.writes).toHaveLength(1);
	});

	test('fails before the first write if If Already Processed is Fail', async () => {
		await openShop([sale(1, done), sale(2)]);
		const options = { ifAlreadyProcessed: 'fail' };
		const { stopped } = await run(operation, { ...parameters, ...name, options }, [
			about(2),
			about(1),
		]);
		expect(stopped).toEqual({
			message: `${message} [item 1]`,
			description:
				"If that is fine, set 'If Already Processed' to Succeed. Nothing was changed in Affilae.",
		});
		expect(affilae.writes).toEqual([]);
	});

	test('leaves it unchanged even if it is locked', async () => {
		const { decidedAtMs } = LOCKED;
		await openShop([sale(1, { ...done, decidedAtMs }), sale(2)]);
		const result = await run(operation, { ...parameters, ...name }, [about(1), about(2)]);
		expect(outcomesOf(result)[0]).toEqual(['unchanged', false, { item: 0 }]);
	});
});

describe.each(NAMES)('by $by:', ({ name }) => {
	test('refuse changes an accepted conversion that is not locked', async () => {
		const shop = await openShop([sale(1, ACCEPTED), sale(2)]);
		const { success } = await run('refuse', { ...name, reason: REASON }, [about(1), about(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual([refusing(1), refusing(2)]);
		expect(success[0]?.json).toEqual({ ...shown(shop.held(1)), outcome: 'refused', changed: true });
		expect(shop.held(1)).toMatchObject({ status: 'refused', refuseReason: REASON });
	});

	test('accept of a refused conversion is sent, and succeeds if Affilae allows it', async () => {
		const shop = await openShop([sale(1, REFUSED), sale(2)]);
		const { success } = await run('accept', name, [about(1), about(2)]);
		expect(inAnyOrder(affilae.writes)).toEqual([accepting(1), accepting(2)]);
		expect(success[0]?.json).toEqual({
			...shown(shop.held(1)),
			outcome: 'accepted',
			changed: true,
		});
		expect(shop.held(1).status).toBe('accepted');
	});

	test.each(CONTINUING)(
		'accept of a refused conversion fails with Affilae’s message if Affilae does not allow it (On Error: %s)',
		async (onError) => {
			const shop = await openShop([sale(1, REFUSED), sale(2)], { acceptRefused: false });
			const result = await run('accept', name, [about(1), about(2)], { onError });
			expect(failuresOf(result)).toEqual([
				[
					expect.stringMatching(
						/^(Order|Conversion) \w+: Affilae rejected the request: "Conversion already refused" \[item 0\]$/,
					),
					{ item: 0 },
				],
			]);
			expect(adviceOf(result)).toEqual(['Check the values that you entered. (HTTP 400)']);
			expect(inAnyOrder(affilae.writes)).toEqual([accepting(1), accepting(2)]);
			expect(shop.held(1).status).toBe('refused');
		},
	);

	test.each([
		{ before: ACCEPTED, status: 'accepted', instead: ' Until then you can still refuse it.' },
		{ before: REFUSED, status: 'refused', instead: '' },
	])(
		'update is not sent if the conversion is $status, and the message says when it will be locked',
		async ({ before, status, instead }) => {
			await openShop([sale(1, before), sale(2)]);
			const result = await run(
				'update',
				{ ...UPDATE, ...name },
				[about(1), about(2)],
				TO_ERROR_BRANCH,
			);
			expect(failuresOf(result)).toEqual([
				[
					`Order 1001 is ${status}, but Affilae changes the amount of pending conversions only [item 0]`,
					{ item: 0 },
				],
			]);
			expect(adviceOf(result)).toEqual([
				`It will be locked on 2026-12-20 09:00 UTC.${instead} If the amount must change, settle it with the affiliate.`,
			]);
			expect(affilae.writes).toEqual([lowering(2, 1999)]);
		},
	);

	test.each([
		{ operation: 'accept', parameters: {}, before: REFUSED, status: 'refused', wanted: 'accepted' },
		{
			operation: 'refuse',
			parameters: { reason: REASON },
			before: ACCEPTED,
			status: 'accepted',
			wanted: 'refused',
		},
		{
			operation: 'update',
			parameters: UPDATE,
			before: ACCEPTED,
			status: 'accepted',
			wanted: 'lowered',
		},
		{
			operation: 'update',
			parameters: UPDATE,
			before: REFUSED,
			status: 'refused',
			wanted: 'lowered',
		},
	])(
		'$operation is not sent if the conversion is $status and locked, and the message says since when',
		async ({ operation, parameters, before, status, wanted }) => {
			await openShop([sale(1, { ...before, ...LOCKED }), sale(2)]);
			const items = [about(2), about(1)];
			const result = await run(operation, { ...parameters, ...name }, items, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[
					`Order 1001 was not ${wanted}: it is ${status} and can no longer be changed [item 1]`,
					{ item: 1 },
				],
			]);
			expect(adviceOf(result)).toEqual([
				'It has been locked since 2026-11-09 09:00 UTC. If the decision is wrong, settle it with the affiliate.',
			]);
			expect(affilae.writes).toHaveLength(1);

			affilae.forget();
			const { stopped } = await run(operation, { ...parameters, ...name }, items);
			expect(stopped?.description).toMatch(/Nothing was changed in Affilae\.$/);
			expect(affilae.writes).toEqual([]);
		},
	);
});

describe('the lock', () => {
	const PAST = '2020-01-31T09:00:00.000Z';
	const FUTURE = '2999-01-31T09:00:00.000Z';

	test.each([
		{
			shownFields: { isLocked: true, lockedAt: null },
			told: /^It is locked: its grace period is over\./,
		},
		{
			shownFields: { isLocked: true, lockedAt: FUTURE },
			told: /^It (is|has been) locked/,
		},
		{
			shownFields: { isLocked: 'true', lockedAt: PAST },
			told: /^It has been locked since 2020-01-31 09:00 UTC\./,
		},
		{
			shownFields: { isLocked: undefined, lockedAt: PAST },
			told: /^It has been locked since 2020-01-31 09:00 UTC\./,
		},
		{
			shownFields: { isLocked: undefined, lockedAt: 1580461200 },
			told: /^It has been locked since 2020-01-31 09:00 UTC\./,
		},
	])('is in effect if Affilae returns $shownFields', async ({ shownFields, told }) => {
		await openShop([sale(1, { ...ACCEPTED, shownFields }), sale(2)]);
		const parameters = { ...BY_ORDER, reason: REASON };
		const result = await run('refuse', parameters, [about(1), about(2)], TO_ERROR_BRANCH);
		expect(adviceOf(result)).toEqual([expect.stringMatching(told)]);
		expect(affilae.writes).toEqual([refusing(2)]);
	});

	test.each([
		{ shownFields: { isLocked: false, lockedAt: PAST } },
		{ shownFields: { isLocked: undefined, lockedAt: FUTURE } },
		{ shownFields: { isLocked: undefined, lockedAt: null } },
	])('is not in effect if Affilae returns $shownFields', async ({ shownFields }) => {
		await openShop([sale(1, { ...ACCEPTED, shownFields }), sale(2)]);
		const result = await run('refuse', { ...BY_ORDER, reason: REASON }, [about(1), about(2)]);
		expect(outcomesOf(result)).toEqual([
			['refused', true, { item: 0 }],
			['refused', true, { item: 1 }],
		]);
	});

	test('starts at once under a rule without a grace period: an accepted conversion cannot be refused', async () => {
		const shop = await openShop([sale(1, { rule: FINAL.name }), sale(2, { rule: FINAL.name })]);
		const items = [about(1), about(2)];
		const accepted = await run('accept', BY_ORDER, items);
		expect(accepted.success.map(({ json }) => json['lockedAt'])).toEqual(
			Array(2).fill('2026-12-01T00:00:00.000Z'),
		);
		affilae.forget();
		const refused = await run('refuse', { ...BY_ORDER, reason: REASON }, items, TO_ERROR_BRANCH);
		expect(adviceOf(refused)).toEqual(
			Array(2).fill(expect.stringMatching(/^It has been locked since 2026-12-01 00:00 UTC\./)),
		);
		expect(affilae.writes).toEqual([]);
		expect(shop.held(1).status).toBe('accepted');
	});

	test('starts after the grace period: an accepted conversion can be refused until then, and not after', async () => {
		const shop = await openShop([sale(1), sale(2)]);
		await run('accept', BY_ORDER, [about(1), about(2)]);
		const refuse = async (number: number) =>
			await run(
				'refuse',
				{ ...BY_ORDER, reason: REASON },
				[about(number), about(number)],
				TO_ERROR_BRANCH,
			);
		const DAY_MS = 86_400_000;
		shop.sandbox.advance(30 * DAY_MS - 1);
		expect(outcomesOf(await refuse(1))[0]).toEqual(['refused', true, { item: 0 }]);
		shop.sandbox.advance(1);
		expect(failuresOf(await refuse(2))).toHaveLength(2);
		expect([shop.held(1).status, shop.held(2).status]).toEqual(['refused', 'accepted']);
	});
});

test.each(WRITES)(
	'$operation of a conversion with an unknown status fails and is left for a person',
	async ({ operation, parameters, sent }) => {
		await openShop([sale(1, { shownFields: { status: 'disputed' } }), sale(2)]);
		const items = [about(1), about(2)];
		const result = await run(operation, { ...parameters, ...BY_ORDER }, items, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			['Order 1001 is "disputed", which is not pending, accepted or refused [item 0]', { item: 0 }],
		]);
		expect(adviceOf(result)).toEqual(['Look at it in Affilae, and decide there.']);
		expect(affilae.writes).toEqual([sent(2)]);
	},
);

test.each(WRITES)(
	'$operation of a conversion without a status is sent, and Affilae decides',
	async ({ operation, parameters, sent, outcome }) => {
		const withoutStatus = { shownFields: { status: undefined } };
		await openShop([sale(1, withoutStatus), sale(2, { ...ACCEPTED, ...withoutStatus })]);
		const items = [about(1), about(2)];
		const result = await run(operation, { ...parameters, ...BY_ORDER }, items, TO_ERROR_BRANCH);
		expect(inAnyOrder(affilae.writes)).toEqual([sent(1), sent(2)]);
		expect(outcomesOf(result)[0]).toEqual([outcome, true, { item: 0 }]);
		if (operation !== 'refuse') {
			expect(failuresOf(result)).toEqual([
				[expect.stringContaining('"Conversion already accepted"'), { item: 1 }],
			]);
		}
	},
);

test.each(WRITES)(
	'$operation understands a status in capitals',
	async ({ operation, parameters, outcome }) => {
		await openShop([sale(1), sale(2, ACCEPTED)], { statusWords: 'upper' });
		const items = [about(1), about(2)];
		const result = await run(operation, { ...parameters, ...BY_ORDER }, items, TO_ERROR_BRANCH);
		const second = { accept: 'unchanged', refuse: 'refused', update: undefined }[operation];
		expect(result.success.map(({ json }) => json['outcome'])).toEqual(
			second === undefined ? [outcome] : [outcome, second],
		);
		expect(result.success[0]?.json['status']).toBe(outcome === 'updated' ? 'pending' : outcome);
	},
);

test('under a rule that accepts automatically, accept sends nothing, and refuse works before the lock', async () => {
	const automatic = { rule: BY_ITSELF.name, decidedAtMs: UNLOCKED.decidedAtMs };
	await openShop([sale(1, automatic), sale(2, automatic)]);
	const accepted = await run('accept', BY_ORDER, [about(1), about(2)]);
	expect(accepted.success.map(({ json }) => json['message'])).toEqual([
		'Order 1001 was already accepted',
		'Order 1002 was already accepted',
	]);
	expect(affilae.writes).toEqual([]);
	await run('refuse', { ...BY_ORDER, reason: REASON }, [about(1), about(2)]);
	expect(inAnyOrder(affilae.writes)).toEqual([refusing(1), refusing(2)]);
});
