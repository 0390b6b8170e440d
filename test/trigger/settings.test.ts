import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { INodeParameters, INodeProperties } from 'n8n-workflow';
import { AffilaeConversionsTrigger } from '../../nodes/AffilaeConversions/AffilaeConversionsTrigger.node';
import { createSandbox, type Sandbox } from '../../sandbox/server';
import { triggerFor } from './shopWatched';

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await createSandbox({ conversions: 5 });
	await sandbox.start();
});
afterAll(async () => await sandbox.stop());

/** What a first poll says, and that it asked Affilae for nothing. */
async function rejection(parameters: INodeParameters): Promise<string> {
	const before = sandbox.requests.total;
	const trigger = triggerFor(sandbox, parameters);
	const message = await trigger.start().then(
		() => 'started',
		(thrown: unknown) => (thrown instanceof Error ? thrown.message : 'no error'),
	);
	expect([sandbox.requests.total, trigger.saved]).toEqual([before, '{}']);
	return message;
}

async function isStarted(parameters: INodeParameters): Promise<void> {
	await expect(triggerFor(sandbox, parameters).start()).resolves.toBeDefined();
}

const located = (value: string | number) => ({ __rl: true, mode: 'id', value });

/** Each field of the trigger, filled in with a value or an expression. */
const FIELDS = new AffilaeConversionsTrigger().description.properties.flatMap((property) => {
	if (property.type !== 'collection') {
		return [{ field: property, fillIn: (value: string) => inPlaceOf(property, value) }];
	}
	return (property.options ?? []).flatMap((part) => {
		if (!('type' in part)) return [];
		const fillIn = (value: string): INodeParameters => ({
			[property.name]: inPlaceOf(part, value),
		});
		return [{ field: part, fillIn }];
	});
});

function inPlaceOf({ name, type }: INodeProperties, value: string): INodeParameters {
	return { [name]: type === 'resourceLocator' ? located(value) : value };
}

describe.each(FIELDS.map(({ field, fillIn }) => ({ name: field.displayName, fillIn })))(
	'the field $name',
	({ name, fillIn }) => {
		test.each(['={{ undefined }}', '={{ null }}', '={{ $vars.nobodySetThis }}'])(
			'set to %s fails the first poll, and the message names the field',
			async (expression) => {
				expect(await rejection(fillIn(expression))).toContain(`'${name}'`);
			},
		);
	},
);

describe('a field that is empty on purpose', () => {
	test.each<{ parameters: INodeParameters }>([
		{ parameters: { filters: { status: '={{ "" }}' } } },
		{ parameters: { filters: { customerId: '={{ "" }}' } } },
		{ parameters: { filters: { minimumAmount: '={{ "" }}' } } },
		{ parameters: { filters: { program: located('={{ "" }}') } } },
		{ parameters: { filters: { program: located('') } } },
		{ parameters: { options: { amountsIn: '={{ "" }}' } } },
	])('does not stop the trigger: $parameters', async ({ parameters }) => {
		await isStarted(parameters);
	});
});

describe('an invalid parameter', () => {
	test.each<{ parameters: INodeParameters; says: RegExp }>([
		{ parameters: { events: [] }, says: /'Events' is empty/ },
		{ parameters: { events: ['created', 'deleted'] }, says: /"deleted", which is not an event/ },
		{ parameters: { filters: { status: '={{ "paid" }}' } }, says: /'Status' is "paid"/ },
		{ parameters: { filters: { customerId: '={{ "undefined" }}' } }, says: /'Customer ID'/ },
		{ parameters: { filters: { customerId: '={{ ({}) }}' } }, says: /'Customer ID' is an object/ },
		{ parameters: { filters: { minimumAmount: -1 } }, says: /'Minimum Amount' is -1.*negative/ },
		{ parameters: { filters: { minimumAmount: '={{ "1,234" }}' } }, says: /can be read as/ },
		{ parameters: { filters: { minimumAmount: '={{ "many" }}' } }, says: /is not an amount/ },
		{
			parameters: { filters: { minimumAmount: '={{ "50 JPY" }}' } },
			says: /has no cents/,
		},
		{
			parameters: { options: { amountsIn: '={{ "dollars" }}' } },
			says: /'Amounts In' is "dollars"/,
		},
		{
			parameters: { options: { includeExisting: '={{ "perhaps" }}' } },
			says: /'Include Existing'/,
		},
		{ parameters: { simplify: '={{ "perhaps" }}' }, says: /'Simplify' is "perhaps"/ },
	])('fails the first poll: $parameters', async ({ parameters, says }) => {
		expect(await rejection(parameters)).toMatch(says);
	});

	test.each([
		'Shop France',
		'https://app.affilae.com/programs/5f2d1c0b9a8e7f6d5c4b3a29',
		'undefined',
		'5f2d1c0b9a8e7f6d5c4b3a2',
		42,
	])('a program that is not a program ID fails the first poll: %s', async (value) => {
		const filters = { program: located(value) };
		expect(await rejection({ filters })).toMatch(/'Program' is .*not a program ID/);
	});

	test('a tracking key names its program', async () => {
		const [rule, program] = ['64D0F1C2B3A49586778899AA', '5F2D1C0B9A8E7F6D5C4B3A29'];
		const before = sandbox.requests.total;
		await isStarted({ filters: { program: located(`${rule}-${program}`) } });
		const asked = sandbox.requests.list().slice(before - sandbox.requests.total);
		expect(new Set(asked.map(({ query }) => query['program']))).toEqual(
			new Set([program.toLowerCase()]),
		);
	});

	test.each<{ events: string[] }>([
		{ events: ['statusChanged'] },
		{ events: ['created', 'statusChanged'] },
	])(
		'an event that can never pass the filters fails the first poll, and the message names both: $events',
		async ({ events }) => {
			const message = await rejection({ events, filters: { status: 'pending' } });
			expect(message).toMatch(/'Status Changed'.*'Status' = Pending/);
		},
	);

	test('Include Existing without the event Created fails the first poll', async () => {
		const message = await rejection({
			events: ['statusChanged'],
			options: { includeExisting: true },
		});
		expect(message).toMatch(/'Include Existing'.*'Created'/);
	});
});

describe('an unusual but clear parameter', () => {
	test.each<{ parameters: INodeParameters }>([
		{ parameters: { events: '={{ ["created"] }}' } },
		{ parameters: { events: '={{ "created" }}' } },
		{ parameters: { options: { includeExisting: '={{ "FAUX" }}' } } },
		{ parameters: { filters: { status: '={{ "ACCEPTED" }}' } } },
		{ parameters: { filters: { minimumAmount: '={{ "1 234,50 €" }}' } } },
		{ parameters: { filters: { customerId: '={{ 2087 }}' } } },
	])('starts the trigger: $parameters', async ({ parameters }) => {
		await isStarted(parameters);
	});
});
