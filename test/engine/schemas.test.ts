/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import Ajv from 'ajv';
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { AffilaeConversions } from '../../nodes/AffilaeConversions/AffilaeConversions.node';
import { isWireObject } from '../../nodes/AffilaeConversions/domain/conversion';
import { type EngineRun, runNode } from './engine';
import { named } from './locators';
import { sale, shopWith, UNLOCKED } from './sandboxShop';
import { serverForTests } from './server';

const affilae = serverForTests();

const FOLDER = 'nodes/AffilaeConversions/__schema__/v1.0.0/conversion';
const REASON = 'Order returned';
const BY_ORDER = named('externalId', '={{ $json.order }}');

/** Conversions 1 and 2 are pending, 3 is accepted with 60.00 EUR, 4 refused, 5 was lowered to 60.00 EUR and is about a dry run. */
const OPERATIONS: Record<string, INodeParameters> = {
	list: { returnAll: true },
	info: BY_ORDER,
	accept: BY_ORDER,
	refuse: { ...BY_ORDER, reason: REASON },
	update: { ...BY_ORDER, reason: REASON, amount: '60' },
	reconcile: {
		...BY_ORDER,
		keptAmount: '={{ $json.kept }}',
		settled: '={{ $json.settled }}',
		reason: REASON,
	},
};
const READS = ['list', 'info'];

async function outputOf(operation: string): Promise<INodeExecutionData[]> {
	const { respond } = await shopWith([
		sale(1),
		sale(2),
		sale(3, { amount: 6000, status: 'accepted', ...UNLOCKED }),
		sale(4, { status: 'refused', ...UNLOCKED }),
		sale(5, { amount: 6000, initialAmount: 8490 }),
	]);
	affilae.respond = respond;
	const items: EngineRun['items'] = [
		{ kept: 60, settled: true },
		{ kept: 0, settled: true },
		{ kept: 60, settled: true },
		{ kept: 10, settled: true },
		{ kept: 60, settled: false },
		{ kept: 60, settled: true, order: 'none' },
	].map((item, index) => ({ order: String(1001 + index), ...item }));
	const { success } = await runNode({
		parameters: {
			operation,
			...OPERATIONS[operation],
			...(READS.includes(operation)
				? {}
				: { dryRun: '={{ $json.order === "1005" }}', options: { ifNotFound: 'succeed' } }),
		},
		items: operation === 'list' ? items.slice(0, 1) : items,
		credential: affilae.credential,
		settings: { onError: 'continueErrorOutput' },
	});
	return success;
}

function schemaOf(operation: string): { [key: string]: unknown } {
	const schema: unknown = JSON.parse(readFileSync(join(FOLDER, `${operation}.json`), 'utf8'));
	if (!isWireObject(schema)) throw new Error(`The schema of ${operation} is not an object`);
	return schema;
}

function propertiesOf(operation: string): string[] {
	const { properties } = schemaOf(operation);
	return isWireObject(properties) ? Object.keys(properties).sort() : [];
}

test('each operation has a schema of its output, and there are no other schemas', () => {
	const selector = new AffilaeConversions().description.properties.find(
		({ name }) => name === 'operation',
	);
	const values = selector?.options?.flatMap((option) => ('value' in option ? [option.value] : []));
	expect(values?.length).toBeGreaterThan(0);
	expect(readdirSync(FOLDER).sort()).toEqual(
		values?.map((value) => `${String(value)}.json`).sort(),
	);
	expect(Object.keys(OPERATIONS).sort()).toEqual(values?.sort());
});

describe.each(Object.keys(OPERATIONS))('the schema of %s', (operation) => {
	test('matches the output, changed and unchanged, with and without a message', async () => {
		const output = await outputOf(operation);
		const matches = new Ajv({ strict: true, allErrors: true }).compile(schemaOf(operation));
		expect(
			output.flatMap(({ json }) => (matches(json) ? [] : [{ json, errors: matches.errors }])),
		).toEqual([]);
		const sorts = new Set(output.map(({ json }) => [json['changed'], 'message' in json].join(' ')));
		expect(output.length).toBeGreaterThan(1);
		if (READS.includes(operation)) expect(sorts).toEqual(new Set([' false']));
		else {
			expect(sorts).toContain('true false');
			expect(sorts).toContain('false true');
		}
	});

	test('contains each key of the output and no other', async () => {
		const output = await outputOf(operation);
		const keys = new Set(output.flatMap(({ json }) => Object.keys(json)));
		expect([...keys].sort()).toEqual(propertiesOf(operation));
	});

	test('rejects each key with a value of another type', async () => {
		const [first] = await outputOf(operation);
		const matches = new Ajv({ strict: true }).compile(schemaOf(operation));
		const { json } = first ?? { json: {} };
		expect(Object.keys(json).length).toBeGreaterThan(5);
		for (const key of Object.keys(json)) {
			expect([key, matches({ ...json, [key]: { not: 'that' } })]).toEqual([key, false]);
		}
	});
});
