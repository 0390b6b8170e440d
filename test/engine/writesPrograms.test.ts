import { describe, expect, test } from '@jest/globals';
import { type EngineRun, runNode, TRIED_ONCE } from './engine';
import { inProgram } from './locators';
import { type NewConversion, sale, saleId } from './sandboxShop';
import { inAnyOrder, type Received } from './server';
import { BAGS, CALLS, SHOES } from './shop';
import {
	about,
	adviceOf,
	ALL_WRITES,
	BY_CUSTOMER,
	BY_ID,
	BY_ORDER,
	failuresOf,
	listingOrder,
	MODES,
	NAMES,
	outcomesOf,
	TO_ERROR_BRANCH,
	type Write,
	writeTests,
} from './writing';

const { affilae, openShop } = writeTests();

const RULE_ID = '5f2d1c0b9a8e7f6d5c4b3b01';
const UNUSED = '5f2d1c0b9a8e7f6d5c4b3aff';
/** What an operator may enter for the program `SHOES`. */
const FORMS = [
	{ what: 'the program ID', program: SHOES.id },
	{ what: 'the program ID in capitals', program: SHOES.id.toUpperCase() },
	{ what: 'the tracking key', program: `${RULE_ID}-${SHOES.id}` },
	{
		what: 'the tracking key in capitals with spaces',
		program: ` ${RULE_ID}-${SHOES.id} `.toUpperCase(),
	},
];
const NO_PROGRAMS = [
	'Shoes France',
	'https://app.affilae.com/programs/12',
	12,
	'abc',
	`${SHOES.id}0`,
	true,
	{},
];
const REQUIRED: Array<Array<'list' | 'info'>> = [[], ['list'], ['info'], ['list', 'info']];

/** Runs a write; `programs` are the Program IDs of the credential. */
async function run(
	{ operation, parameters }: Write,
	more: EngineRun['parameters'],
	items: EngineRun['items'],
	programs = '',
	settings: EngineRun['settings'] = {},
) {
	return await runNode({
		parameters: { operation, ...parameters, ...more },
		items,
		credential: { ...affilae.credential, programs },
		settings,
	});
}

function withoutProgram(requests: readonly Received[]): Received[] {
	return requests.filter(({ query }) => !('program' in query));
}

const SALES: NewConversion[] = [sale(1), sale(2), sale(3, { program: BAGS.id })];
const [ACCEPT] = ALL_WRITES;
if (ACCEPT === undefined) throw new Error('There is nothing to write');

describe.each(REQUIRED.map((programRequired) => ({ programRequired })))(
	'if Affilae requires a program for $programRequired,',
	({ programRequired }) => {
		const isWanted = programRequired.includes('list');
		const DONE = [
			['accepted', true, { item: 0 }],
			['accepted', true, { item: 1 }],
		];

		test.each(NAMES.flatMap((name) => FORMS.map((form) => ({ ...name, ...form }))))(
			'by $by with $what in Program: each request contains the program ID',
			async ({ name, program }) => {
				await openShop(SALES, { programRequired });
				const result = await run(ACCEPT, { ...name, ...inProgram(program) }, [about(1), about(2)]);
				expect(outcomesOf(result)).toEqual(DONE);
				expect(affilae.reads.map(({ query }) => query['program'])).toEqual([SHOES.id, SHOES.id]);
				expect(inAnyOrder(affilae.writes)).toEqual([ACCEPT.sent(1), ACCEPT.sent(2)]);
			},
		);

		test.each(FORMS)(
			'with $what in the credential: requests contain the program ID only once Affilae requires it',
			async ({ program }) => {
				await openShop(SALES, { programRequired });
				const result = await run(ACCEPT, BY_ORDER, [about(1), about(2)], program);
				expect(outcomesOf(result)).toEqual(DONE);
				const each = isWanted ? { program: SHOES.id } : {};
				expect(inAnyOrder(affilae.reads)).toEqual(
					inAnyOrder([
						...(isWanted ? [listingOrder(1)] : []),
						listingOrder(1, each),
						listingOrder(2, each),
					]),
				);
				expect(inAnyOrder(affilae.writes)).toEqual([ACCEPT.sent(1), ACCEPT.sent(2)]);
			},
		);

		test('with two programs in the credential: the list of each is read if required, and each write names its own', async () => {
			await openShop(SALES, { programRequired });
			const items = [1, 2, 3].map(about);
			const programs = `${SHOES.id}, ${RULE_ID}-${BAGS.id}`;
			const result = await run(ACCEPT, BY_ORDER, items, programs);
			expect(outcomesOf(result)).toEqual([...DONE, ['accepted', true, { item: 2 }]]);
			expect(withoutProgram(affilae.reads)).toHaveLength(isWanted ? 1 : 3);
			expect(affilae.reads).toHaveLength(isWanted ? 7 : 3);
			expect(inAnyOrder(affilae.writes)).toEqual(
				inAnyOrder([ACCEPT.sent(1), ACCEPT.sent(2), ACCEPT.sent(3, BAGS.id)]),
			);
		});

		test.each(NAMES)(
			'by $by without a program: items fail only if the list requires one, and say where to find its ID',
			async ({ name }) => {
				await openShop(SALES, { programRequired });
				const result = await run(ACCEPT, name, [about(1), about(2)], '', TO_ERROR_BRANCH);
				if (!isWanted) {
					expect(outcomesOf(result)).toEqual(DONE);
					expect(inAnyOrder(affilae.writes)).toEqual([ACCEPT.sent(1), ACCEPT.sent(2)]);
					return;
				}
				expect(failuresOf(result)).toEqual(
					[0, 1].map((item) => [
						expect.stringMatching(
							`^(Order|Conversion) \\w+: Affilae requires a program, but none is set \\[item ${item}\\]$`,
						),
						{ item },
					]),
				);
				expect(adviceOf(result)).toEqual(
					Array(2).fill(
						"Fill in 'Program', or 'Program IDs' in the credential. To find a program ID, open Configuration > Tracking in Affilae: it is the part of the tracking key after the dash.",
					),
				);
				expect(affilae.writes).toEqual([]);
			},
		);

		test('with a program that has no conversions: its order is not found, and nothing is written for it', async () => {
			await openShop(SALES, { programRequired });
			const more = { ...BY_ORDER, ...inProgram('={{ $json.program }}') };
			const items = [
				{ ...about(1), program: UNUSED },
				{ ...about(2), program: SHOES.id },
			];
			const result = await run(ACCEPT, more, items, SHOES.id, TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual([
				[`Affilae has no conversion for order 1001 in program ${UNUSED} [item 0]`, { item: 0 }],
			]);
			expect(adviceOf(result)).toEqual([
				'Check that this is the order ID that your shop’s tracking sends to Affilae, and the program ID. An order that no affiliate brought has no conversion.',
			]);
			expect(affilae.writes).toEqual([ACCEPT.sent(2)]);
			expect(withoutProgram(affilae.reads)).toEqual([]);
		});

		test('an order in a program that the credential lacks is found only if the list requires no program', async () => {
			await openShop(SALES, { programRequired });
			const items = [about(3), about(2)];
			const result = await run(ACCEPT, BY_ORDER, items, SHOES.id, TO_ERROR_BRANCH);
			if (isWanted) {
				expect(failuresOf(result)).toEqual([
					[`Affilae has no conversion for order 1003 in program ${SHOES.id} [item 0]`, { item: 0 }],
				]);
				expect(affilae.writes).toEqual([ACCEPT.sent(2)]);
			} else {
				expect(outcomesOf(result)).toEqual(DONE);
			}
		});

		test('forty orders cost one extra request if the list requires a program, otherwise none', async () => {
			const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
			await openShop(
				numbers.map((number) => sale(number)),
				{ programRequired },
			);
			const result = await run(ACCEPT, BY_ORDER, numbers.map(about), SHOES.id);
			expect(result.success).toHaveLength(40);
			expect(affilae.reads).toHaveLength(isWanted ? 41 : 40);
		});

		test('two conversion IDs cost one extra request if the list requires a program, otherwise none', async () => {
			await openShop(SALES, { programRequired });
			const items = [1, 2].map(about);
			const result = await run(ACCEPT, BY_ID, items, SHOES.id);
			expect(outcomesOf(result)).toEqual(DONE);
			expect(affilae.reads).toHaveLength(isWanted ? 3 : 2);
		});
	},
);

describe.each(ALL_WRITES)('$operation', (write) => {
	const { operation, sent, outcome } = write;

	test.each(NAMES)(
		'by $by writes in the conversion’s own program if Affilae requires a program',
		async ({ name }) => {
			await openShop(SALES, { programRequired: ['list', 'info'] });
			const programs = `${BAGS.id}; ${SHOES.id}`;
			const result = await run(write, name, [about(1), about(3)], programs);
			expect(outcomesOf(result)).toEqual([
				[outcome, true, { item: 0 }],
				[outcome, true, { item: 1 }],
			]);
			expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([sent(1), sent(3, BAGS.id)]));
		},
	);

	test('of an order in two programs of the credential writes in neither, and names both', async () => {
		const second = sale(11, { externalId: '1001', program: BAGS.id });
		await openShop([...SALES, second], { programRequired: ['list', 'info'] });
		const programs = `${SHOES.id} ${BAGS.id}`;
		const result = await run(write, BY_ORDER, [about(1), about(2)], programs, TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[
				expect.stringMatching(
					`^Affilae has several programs for order 1001: .*${saleId(1)}.*${saleId(11)}`,
				),
				{ item: 0 },
			],
		]);
		expect(affilae.writes).toEqual([sent(2)]);
	});

	test.each(operation === 'accept' ? NO_PROGRAMS : NO_PROGRAMS.slice(0, 1))(
		'rejects the program ID %j and writes nothing for its item, in each On Error mode',
		async (program) => {
			for (const onError of MODES) {
				await openShop(SALES);
				affilae.forget();
				const more = { ...BY_ORDER, ...inProgram('={{ $json.program }}') };
				const items = [
					{ ...about(2), program: SHOES.id },
					{ ...about(1), program },
				];
				const result = await run(write, more, items, '', { onError });
				const told = /^Order 1001: 'Program' is .*not a program ID \[item 1\]$/;
				if (onError === 'stopWorkflow') {
					expect(result.stopped?.message).toMatch(told);
					expect(affilae.requests).toEqual([]);
				} else {
					expect(failuresOf(result)).toEqual([[expect.stringMatching(told), { item: 1 }]]);
					expect(affilae.writes).toEqual([sent(2)]);
				}
			}
		},
	);

	test.each([undefined, null])('fails if the expression in Program returns %j', async (program) => {
		await openShop(SALES);
		const more = { ...BY_ORDER, ...inProgram('={{ $json.program }}') };
		const items = [
			{ ...about(2), program: '' },
			program === undefined ? about(1) : { ...about(1), program },
		];
		const result = await run(write, more, items, '', TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual(
			[
				[
					"'Program' is set to an expression that returns nothing for this item [item 1]",
					{ item: 1 },
				],
			].map(([title, item]) => [expect.stringContaining(String(title)), item]),
		);
		expect(affilae.writes).toEqual([sent(2)]);
	});

	test('recognizes a program that Affilae returns as an ID only', async () => {
		await openShop(SALES, { bareProgram: true });
		await run(write, BY_ORDER, [about(1), about(3)]);
		expect(inAnyOrder(affilae.writes)).toEqual(inAnyOrder([sent(1), sent(3, BAGS.id)]));
	});

	test.each(NAMES)(
		'by $by compares the programs of the rows if the list rejects the filter "program"',
		async ({ name }) => {
			await openShop([...SALES, sale(11, { externalId: '1001', program: BAGS.id })], {
				notAllowed: { list: ['program'] },
			});
			const more = { ...name, ...inProgram(SHOES.id) };
			const result = await run(write, more, [about(1), about(3)], '', TO_ERROR_BRANCH);
			expect(outcomesOf(result)).toEqual([[outcome, true, { item: 0 }]]);
			expect(failuresOf(result)).toEqual([
				[
					expect.stringMatching(
						`^Affilae has no conversion .* in program ${SHOES.id} \\[item 1\\]$`,
					),
					{ item: 1 },
				],
			]);
			expect(affilae.writes).toEqual([sent(1)]);
		},
	);
});

describe('if Affilae does not say to which program a conversion belongs', () => {
	const NEED = ALL_WRITES.filter(({ operation }) => operation !== 'update');
	const told = (number: number) =>
		`Affilae does not say which program order 100${number} belongs to, but requires it to accept or refuse`;

	test.each(NEED)('$operation fails, but is sent if Program is filled in', async (write) => {
		await openShop(SALES, { leftOut: ['program'] });
		const items = [about(1), about(2)];
		const result = await run(write, BY_ORDER, items, '', TO_ERROR_BRANCH);
		expect(failuresOf(result)).toEqual([
			[`${told(1)} [item 0]`, { item: 0 }],
			[`${told(2)} [item 1]`, { item: 1 }],
		]);
		expect(adviceOf(result)).toEqual(["Fill in 'Program'.", "Fill in 'Program'."]);
		expect(affilae.writes).toEqual([]);

		const chosen = await run(write, { ...BY_ORDER, ...inProgram(SHOES.id) }, items);
		expect(chosen.stopped).toBeUndefined();
		expect(inAnyOrder(affilae.writes)).toEqual([write.sent(1), write.sent(2)]);
	});

	test.each([...NEED.flatMap((write) => NAMES.map(({ by, name }) => ({ ...write, by, name })))])(
		'$operation by $by fails if the list cannot filter by program, and does not report an existing conversion as not found',
		async ({ name, ...write }) => {
			await openShop(SALES, { leftOut: ['program'], notAllowed: { list: ['program'] } });
			const parameters = { ...name, ...inProgram(SHOES.id), options: { ifNotFound: 'succeed' } };
			const result = await run(write, parameters, [about(1), about(2)], '', TO_ERROR_BRANCH);
			expect(failuresOf(result)).toEqual(
				[0, 1].map((item) => [
					expect.stringMatching(
						/^(A conversion of order 100\d|Conversion \w{24}) cannot be read: Affilae does not say which program conversion \w{24} belongs to, and does not list one program only \[item \d\]$/,
					),
					{ item },
				]),
			);
			expect(affilae.writes).toEqual([]);
		},
	);

	test.each(NEED)(
		'$operation is sent in the program that the request to the list contained',
		async (write) => {
			await openShop(SALES, { leftOut: ['program'], programRequired: ['list'] });
			await run(write, BY_ORDER, [about(1), about(3)], `${SHOES.id},${BAGS.id}`);
			expect(inAnyOrder(affilae.writes)).toEqual(
				inAnyOrder([write.sent(1), write.sent(3, BAGS.id)]),
			);
		},
	);

	test('update is sent, because it needs no program', async () => {
		await openShop(SALES, { leftOut: ['program'] });
		const update = ALL_WRITES.find(({ operation }) => operation === 'update') ?? ACCEPT;
		await run(update, BY_CUSTOMER, [about(1), about(3)]);
		expect(inAnyOrder(affilae.writes)).toEqual([update.sent(1), update.sent(3)]);
	});
});

test('if Orders Since is set, many orders are read together in each program of the credential', async () => {
	const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
	const sales = numbers.map((number) => sale(number, { program: number % 2 ? SHOES.id : BAGS.id }));
	await openShop(sales, { programRequired: ['list', 'info'] });
	const options = { ...TRIED_ONCE, ordersSince: '2026-09-01' };
	const programs = `${SHOES.id},${BAGS.id}`;
	const result = await run(ACCEPT, { ...BY_ORDER, options }, numbers.map(about), programs);
	expect(result.success.map(({ json }) => json['outcome'])).toEqual(Array(12).fill('accepted'));
	expect(affilae.reads.every(({ path }) => path === CALLS.list)).toBe(true);
	expect(affilae.reads.length).toBeLessThan(12);
	expect(affilae.writes).toHaveLength(12);
});
