import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import type { EngineOutcome } from './engine';
import { inProgram } from './locators';
import { RECONCILE, REASON } from './reconciling';
import { sale, saleId, UNLOCKED } from './sandboxShop';
import { BAGS, CALLS, refusal, SHOES } from './shop';
import { troubled, type Trouble } from './trouble';
import { about, ALL_WRITES, BY_ORDER, NAMES, TO_ERROR_BRANCH, writeTests } from './writing';

const { affilae, openShop, run } = writeTests();

const NOT_ALLOWED = refusal(403, 'Insufficient rights');
const MOST_REFUSED = 3;

type Item = ReturnType<typeof about> & { [field: string]: string | number | boolean };

interface Case {
	parameters: INodeParameters;
	/** In an order in which the calls that are not allowed come first. */
	items: Item[];
	forbidden: Trouble[];
	/** Conversions of the second program. */
	bags?: number[];
	maxConcurrency: number;
}

async function runWith(
	{ parameters, forbidden, bags = [], maxConcurrency }: Case,
	items: Item[],
): Promise<EngineOutcome> {
	affilae.forget();
	affilae.openAccount();
	const { respond } = await openShop([
		...[1, 2, 3, 4, 5, 6, 7, 8].map((number) =>
			sale(number, bags.includes(number) ? { program: BAGS.id } : {}),
		),
		sale(9, { status: 'accepted', ...UNLOCKED }),
	]);
	affilae.respond = troubled(respond, ...forbidden);
	const { operation, ...fields } = parameters;
	const options = { maxConcurrency };
	return await run(String(operation), { ...fields, options }, items, TO_ERROR_BRANCH);
}

/** What becomes of each item: its outcome, or its error. */
function fates({ success, failed }: EngineOutcome, items: Item[]): Map<string, unknown> {
	return new Map(
		[...success, ...failed].map(({ json, pairedItem }) => {
			const { item } = pairedItem instanceof Object && 'item' in pairedItem ? pairedItem : {};
			const error = json['error'];
			return [
				items[item ?? -1]?.order ?? '',
				typeof error === 'string' ? error.replace(/ \[item \d+\]$/, '') : json['outcome'],
			];
		}),
	);
}

/** Each item ends the same alone and with the others, in either order, and few requests are refused. */
async function expectTogetherAsAlone(one: Case): Promise<void> {
	const alone = new Map<string, unknown>();
	for (const item of one.items) {
		for (const [order, fate] of fates(await runWith(one, [item]), [item])) alone.set(order, fate);
	}
	expect(new Set([...alone.values()].map((fate) => String(fate).includes('not allow')))).toEqual(
		new Set([true, false]),
	);
	for (const items of [one.items, [...one.items].reverse()]) {
		expect(fates(await runWith(one, items), items)).toEqual(alone);
		for (const { path, about: text = '' } of one.forbidden) {
			const sent = affilae.requests.filter(
				(request) =>
					request.path === path && JSON.stringify([request.query, request.body]).includes(text),
			);
			expect(sent.length).toBeLessThanOrEqual(MOST_REFUSED + one.maxConcurrency - 1);
		}
	}
}

describe.each([1, 5])(
	'a token that may not do everything (Max Concurrency: %i)',
	(maxConcurrency) => {
		test.each(NAMES)('may accept, but not refuse (by $by)', async ({ name }) => {
			const kept = (numbers: number[], amount: number) =>
				numbers.map((number) => ({
					...about(number),
					kept: amount,
					settled: true,
					reason: REASON,
				}));
			await expectTogetherAsAlone({
				parameters: { ...RECONCILE, ...name },
				items: [...kept([1, 2, 3, 4, 5], 0), ...kept([6, 7, 8, 9], 84.9)],
				forbidden: [{ path: CALLS.refuse, reply: NOT_ALLOWED }],
				maxConcurrency,
			});
		});

		test('may accept in one program only', async () => {
			await expectTogetherAsAlone({
				parameters: { operation: 'accept', ...BY_ORDER },
				items: [1, 2, 3, 4, 5, 6, 7, 8].map(about),
				forbidden: [{ path: CALLS.accept, about: BAGS.id, reply: NOT_ALLOWED }],
				bags: [1, 2, 3, 4, 5],
				maxConcurrency,
			});
		});

		test('may lower amounts in one program only', async () => {
			const bags = [1, 2, 3, 4, 5];
			await expectTogetherAsAlone({
				parameters: { operation: 'update', reason: REASON, amount: 19.99, ...BY_ORDER },
				items: [1, 2, 3, 4, 5, 6, 7, 8].map(about),
				forbidden: bags.map((number) => ({
					path: CALLS.update,
					about: saleId(number),
					reply: NOT_ALLOWED,
				})),
				bags,
				maxConcurrency,
			});
		});

		test.each([{ operation: 'info' }, ...ALL_WRITES])(
			'may read one program only ($operation)',
			async ({ operation, ...write }) => {
				const bags = [1, 2, 3, 4, 5];
				await expectTogetherAsAlone({
					parameters: {
						operation,
						...('parameters' in write ? write.parameters : {}),
						...BY_ORDER,
						...inProgram('={{ $json.program }}'),
					},
					items: [1, 2, 3, 4, 5, 6, 7, 8].map((number) => ({
						...about(number),
						program: bags.includes(number) ? BAGS.id : SHOES.id,
					})),
					forbidden: [CALLS.list, CALLS.info].map((path) => ({
						path,
						about: BAGS.id,
						reply: NOT_ALLOWED,
					})),
					bags,
					maxConcurrency,
				});
			},
		);
	},
);
