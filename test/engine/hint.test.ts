import { expect, test } from '@jest/globals';
import type { INodeParameters, NodeExecutionHint } from 'n8n-workflow';
import { openShop, itemAbout, NAMED, runInShop } from '../bulk/shopUnderTest';
import { type EngineOutcome, type EngineRun, runNode } from './engine';
import { named } from './locators';
import { REASON, RECONCILE } from './reconciling';
import { serverForTests } from './server';
import { conversion, shop } from './shop';

const affilae = serverForTests();

const BY_ORDER = named('externalId', '={{ $json.order }}');
const CONTINUING = ['continueRegularOutput', 'continueErrorOutput'] as const;

async function run(
	parameters: INodeParameters,
	items: EngineRun['items'],
	settings: EngineRun['settings'] = {},
): Promise<EngineOutcome> {
	return await runNode({ parameters, items, credential: affilae.credential, settings });
}

/** The hints that n8n keeps with the node's run, from where the editor shows them. */
function hintsOf({ task }: EngineOutcome): NodeExecutionHint[] | undefined {
	return task?.hints;
}

function hint(type: 'info' | 'warning', message: string): NodeExecutionHint[] {
	return [{ type, message, location: 'outputPane' }];
}

function calls(): string {
	return `${affilae.requests.length} calls to Affilae.`;
}

function kept(number: number, amount: number, settled: boolean): EngineRun['items'][number] {
	return { order: String(1000 + number), kept: amount, settled, reason: REASON };
}

test('a run says how many came to what, and how many calls that took', async () => {
	affilae.respond = shop([1, 2, 3, 4, 5].map((number) => conversion(number)));
	const outcome = await run({ ...RECONCILE, ...BY_ORDER }, [
		kept(1, 84.9, true),
		kept(2, 60, true),
		kept(3, 0, true),
		kept(4, 60, false),
		kept(5, 84.9, false),
	]);
	expect(outcome.success).toHaveLength(5);
	expect(hintsOf(outcome)).toEqual(
		hint('info', `2 accepted, 1 refused, 1 updated, 1 unchanged. ${calls()}`),
	);
});

test.each([
	{ items: [kept(1, 0, true), kept(2, 84.9, true)], words: '1 accepted, 1 needs attention' },
	{ items: [kept(1, 0, true), kept(3, 60, true)], words: '2 need attention' },
])('what a person must look at makes it a warning: $words', async ({ items, words }) => {
	affilae.respond = shop([
		conversion(1, { status: 'accepted' }),
		conversion(2),
		conversion(3, { status: 'refused' }),
	]);
	const outcome = await run({ ...RECONCILE, ...BY_ORDER }, items);
	expect(hintsOf(outcome)).toEqual(hint('warning', `${words}. ${calls()}`));
});

test.each(CONTINUING)(
	'items that could not be handled make it a warning (On Error: %s)',
	async (onError) => {
		affilae.respond = shop([conversion(1)]);
		const one = await run(
			{ operation: 'accept', ...BY_ORDER },
			[{ order: 'none' }, kept(1, 1, true)],
			{
				onError,
			},
		);
		expect(hintsOf(one)).toEqual(
			hint('warning', `1 accepted, 1 item could not be handled. ${calls()}`),
		);

		affilae.forget();
		const none = await run({ operation: 'info', ...BY_ORDER }, [{ order: 'a' }, { order: 'b' }], {
			onError,
		});
		expect(hintsOf(none)).toEqual(
			hint('warning', `0 conversions, 2 items could not be handled. ${calls()}`),
		);
	},
);

test('a dry run says that nothing was sent, and what would be done', async () => {
	affilae.respond = shop([conversion(1), conversion(2)]);
	const parameters = { ...RECONCILE, ...BY_ORDER, options: { dryRun: true } };
	const outcome = await run(parameters, [kept(1, 60, true), kept(2, 0, true)]);
	expect(hintsOf(outcome)).toEqual(
		hint(
			'info',
			'Dry run, nothing was sent. It would be: 1 accepted, 1 refused. 2 calls to Affilae.',
		),
	);
});

test('a dry run that would leave something to a person is a warning', async () => {
	affilae.respond = shop([conversion(1, { status: 'accepted' }), conversion(2)]);
	const parameters = { ...RECONCILE, ...BY_ORDER, options: { dryRun: true } };
	const outcome = await run(parameters, [kept(1, 60, true), kept(2, 0, true)]);
	expect(hintsOf(outcome)).toEqual(
		hint(
			'warning',
			'Dry run, nothing was sent. It would be: 1 refused, 1 needs attention. 2 calls to Affilae.',
		),
	);
});

test('a list says how many conversions it gave, in figures that a person can read', async () => {
	affilae.respond = shop(Array.from({ length: 1234 }, (_, index) => conversion(index)));
	const many = await run({ operation: 'list', returnAll: true }, [{}]);
	expect(many.success).toHaveLength(1234);
	expect(hintsOf(many)).toEqual(hint('info', `1,234 conversions. ${calls()}`));

	affilae.forget();
	const one = await run({ operation: 'list', limit: 1 }, [{}]);
	expect(hintsOf(one)).toEqual(hint('info', '1 conversion. 1 call to Affilae.'));
});

test('each run of the same node counts its own calls', async () => {
	affilae.respond = shop([conversion(1), conversion(2)]);
	const items = [{ order: '1001' }, { order: '1002' }];
	for (const words of ['2 accepted. 4 calls', '2 unchanged. 2 calls']) {
		const outcome = await run({ operation: 'accept', ...BY_ORDER }, items);
		expect(hintsOf(outcome)).toEqual(hint('info', `${words} to Affilae.`));
	}
});

test('a run without items, or one that ended at an item, leaves no hint', async () => {
	affilae.respond = shop([conversion(1)]);
	const empty = await run({ operation: 'accept', ...BY_ORDER }, []);
	expect(hintsOf(empty) ?? []).toEqual([]);
	const ended = await run({ operation: 'accept', ...BY_ORDER }, [
		{ order: '1001' },
		{ order: 'x' },
	]);
	expect(ended.stopped?.message).toContain('"x"');
	expect(hintsOf(ended) ?? []).toEqual([]);
});

test('a run that had to wait for the rate limit says for how long', async () => {
	const sandbox = await openShop({
		conversions: 30,
		settings: { rateLimit: { perSecond: 10, burst: 'none', retryAfter: 'absent' } },
	});
	const since = Date.now();
	const outcome = await runInShop(sandbox, {
		operation: 'accept',
		items: sandbox.store.all().slice(0, 25).map(itemAbout),
		parameters: NAMED.id,
	});
	const tookSeconds = (Date.now() - since) / 1000;
	expect(outcome.success).toHaveLength(25);
	const [{ message, type } = { message: '', type: undefined }] = hintsOf(outcome) ?? [];
	expect(type).toBe('info');
	const parts =
		/^25 accepted\. (?<calls>\d+) calls to Affilae, (?<seconds>\d+) s of waiting for its rate limit\.$/.exec(
			message,
		)?.groups;
	expect(Number(parts?.['calls'])).toBe(sandbox.requests.total);
	expect(sandbox.requests.total).toBe(25 + sandbox.limiter.limited);
	expect(sandbox.limiter.limited).toBeGreaterThan(0);
	expect(Number(parts?.['seconds'])).toBeGreaterThanOrEqual(1);
	expect(Number(parts?.['seconds'])).toBeLessThanOrEqual(Math.round(tookSeconds));
}, 20_000);

test('where only some items are a dry run, it says for how many nothing was sent', async () => {
	affilae.respond = shop([conversion(1), conversion(2), conversion(3)]);
	const options = { dryRun: '={{ $json.order === "1001" }}' };
	const outcome = await run({ ...RECONCILE, ...BY_ORDER, options }, [
		kept(1, 84.9, true),
		kept(2, 84.9, true),
		kept(3, 84.9, true),
	]);
	expect(affilae.writes).toHaveLength(2);
	expect(hintsOf(outcome)).toEqual(
		hint('info', `3 accepted. Of these 1 was a dry run, for which nothing was sent. ${calls()}`),
	);
});
