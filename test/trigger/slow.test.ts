import { describe, expect, test } from '@jest/globals';
import type { INodeParameters } from 'n8n-workflow';
import { PROGRAMS } from '../../sandbox/programs';
import type { Sandbox } from '../../sandbox/server';
import type { SettingsChange } from '../../sandbox/settings';
import { credentialFor } from '../bulk/shopUnderTest';
import type { PublishedTrigger } from './pollEngine';
import { ALL_EVENTS, atAffilae, DAY_MS, HOUR_MS, shopsIn, told, triggerFor } from './shopWatched';
import { virtualTimeForTests } from '../engine/virtualTime';

const [{ id: LARGE }, { id: SMALL }] = PROGRAMS;
/** In each, a poll that is stopped does not know which conversions it has read. */
const LISTS: Array<{ what: string; settings: SettingsChange }> = [
	{ what: 'one list for each program', settings: { programRequired: ['list'] } },
	{ what: 'a list with the oldest first', settings: { order: 'oldestFirst' } },
];
const EVENTS = [{ events: ['created'] }, { events: ALL_EVENTS }];
const CASES = LISTS.flatMap((list) => EVENTS.map((events) => ({ ...list, ...events })));

const time = virtualTimeForTests();
const openShop = shopsIn(time);

function inProgram(value: string): INodeParameters {
	return { filters: { program: { __rl: true, mode: 'id', value } } };
}

/** A shop with conversions of the last 60 days, nearly all in one program, and a trigger that watches both. */
async function open(
	settings: SettingsChange,
	parameters: INodeParameters,
): Promise<{ sandbox: Sandbox; trigger: PublishedTrigger }> {
	const conversions = Array.from({ length: 2000 }, (_, index) => ({
		program: index % 100 === 0 ? SMALL : LARGE,
		createdAtMs: time.now() - HOUR_MS - (index * 60 * DAY_MS) / 2000,
	}));
	const sandbox = await openShop({ conversions, settings });
	const credential = { ...credentialFor(sandbox), programs: `${LARGE},${SMALL}` };
	return { sandbox, trigger: triggerFor(sandbox, parameters, { credential, budgetMs: 100_000 }) };
}

test('Affilae responding so slowly that polls do not get on is logged, with what to do', async () => {
	const { sandbox, trigger } = await open({ programRequired: ['list'] }, {});
	await trigger.start();
	await time.work(DAY_MS);
	sandbox.settings.latencyMs = 8000;
	for (let poll = 0; poll < 10; poll += 1) await trigger.tick();
	expect(trigger.logged.join(' ')).toMatch(/not have enough time.*set 'Program' in 'Filters'/);
	const other = trigger.afterKill({ parameters: inProgram(SMALL) });
	await other.start();
	const made = sandbox.addConversion({ program: SMALL });
	const { items } = await other.tick();
	expect(told(items)).toEqual([['created', made.id]]);
	expect(other.logged).toEqual([]);
});

describe.each(CASES)('$what, and not enough time to read it ($events)', ({ settings, events }) => {
	test('does not keep any conversion from being reached', async () => {
		const { sandbox, trigger } = await open(settings, { events });
		await trigger.start();
		await time.work(DAY_MS);
		sandbox.settings.latencyMs = 1500;
		const made = [
			sandbox.addConversion({ program: SMALL }),
			sandbox.addConversion({ program: LARGE }),
			sandbox.addConversion({ program: SMALL, createdAtMs: time.now() - 20 * DAY_MS }),
		];
		const decided = sandbox.store.all().filter((_, index) => index % 700 === 100);
		for (const one of decided) atAffilae(sandbox, one).accept();
		const expected = [
			...made.map(({ id }) => ['created', id]),
			...(events === ALL_EVENTS ? decided.map(({ id }) => ['statusChanged', id]) : []),
		];
		const heard: unknown[] = [];
		let polls = 0;
		for (; polls < 60 && heard.length < expected.length; polls += 1) {
			const { items, failed } = await trigger.tick();
			expect(failed).toBeUndefined();
			heard.push(...told(items));
		}
		expect(heard.map(String).sort()).toEqual(expected.map(String).sort());
		expect([await trigger.tick(), await trigger.tick()]).toEqual([{}, {}]);
	});

	test.each([-60_000, 60_000])(
		'at the first poll, makes no existing conversion new, and no new one existing (clock %d ms off)',
		async (skew) => {
			const { sandbox, trigger } = await open(settings, { events });
			sandbox.settings.latencyMs = 1500;
			sandbox.addConversion({ createdAtMs: time.now() - 70_000 + skew });
			expect(await trigger.start()).toEqual({});
			// With Created alone, one poll can read all.
			const expected = /could not read all conversions of the last 30 days/;
			expect(expected.test(trigger.logged.join(' '))).toBe(events === ALL_EVENTS);
			const made = sandbox.addConversion({ program: SMALL, createdAtMs: time.now() + skew });
			const heard: unknown[] = [];
			for (let poll = 0; poll < 30; poll += 1) heard.push(...told((await trigger.tick()).items));
			expect(heard).toEqual([['created', made.id]]);
		},
	);
});

describe('two programs, and three calls per poll', () => {
	test('each list is read to its end in turn, and nothing is logged', async () => {
		const settings: SettingsChange = { programRequired: ['list'] };
		const conversions = [LARGE, SMALL].flatMap((program) =>
			Array.from({ length: 8 }, (_, index) => ({
				program,
				createdAtMs: time.now() - HOUR_MS - index * 8 * DAY_MS,
			})),
		);
		const sandbox = await openShop({ conversions, settings });
		const credential = { ...credentialFor(sandbox), programs: `${LARGE},${SMALL}` };
		const trigger = triggerFor(sandbox, { events: ALL_EVENTS }, { credential });
		await trigger.start();
		sandbox.settings.rateLimit = {
			requests: 3,
			window: 'hour',
			how: 'fixed',
			rejected: 'free',
			retryAfter: 'seconds',
		};
		for (let poll = 0; poll < 20; poll += 1) {
			await time.work(HOUR_MS);
			expect(await trigger.tick()).toEqual({});
		}
		const [oldest] = sandbox.store.all().sort((a, b) => a.createdAt.localeCompare(b.createdAt));
		if (!oldest) throw new Error('The shop is empty');
		const newest = sandbox.addConversion({ program: SMALL });
		atAffilae(sandbox, oldest).lower(1);
		const heard: unknown[] = [];
		for (let poll = 0; poll < 20; poll += 1) {
			await time.work(HOUR_MS);
			heard.push(...told((await trigger.tick()).items));
		}
		expect(heard.map(String).sort()).toEqual(
			[`amountChanged,${oldest.id}`, `created,${newest.id}`].sort(),
		);
		expect(trigger.logged).toEqual([]);
	});
});
