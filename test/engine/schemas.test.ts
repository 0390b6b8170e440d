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
import { REASON, RECONCILE } from './reconciling';
import { serverForTests } from './server';
import { conversion, shop } from './shop';

const affilae = serverForTests();

const FOLDER = 'nodes/AffilaeConversions/__schema__/v1.0.0/conversion';
const BY_ORDER = named('externalId', '={{ $json.order }}');

/** Conversions 1 and 2 are pending, 3 is accepted and 4 refused, 5 was lowered to 60.00 EUR. */
const OPERATIONS: Record<string, INodeParameters> = {
	list: { returnAll: true },
	info: BY_ORDER,
	accept: BY_ORDER,
	refuse: { ...BY_ORDER, reason: REASON },
	update: { ...BY_ORDER, reason: REASON, amount: 60 },
	reconcile: { ...RECONCILE, ...BY_ORDER },
};
const READS = ['list', 'info'];

async function outputOf(operation: string): Promise<INodeExecutionData[]> {
	affilae.respond = shop([
		conversion(1),
		conversion(2),
		conversion(3, { status: 'accepted' }),
		conversion(4, { status: 'refused' }),
		conversion(5, { amount: 6000 }),
	]);
	const items: EngineRun['items'] = [
		{ kept: 60, settled: true },
		{ kept: 0, settled: true },
		{ kept: 84.9, settled: true },
		{ kept: 10, settled: true },
		{ kept: 60, settled: false },
		{ kept: 60, settled: true, order: 'none' },
	].map((item, index) => ({ order: String(1001 + index), reason: REASON, ...item }));
	const { success } = await runNode({
		parameters: {
			operation,
			...OPERATIONS[operation],
			options: operation === 'reconcile' ? { ifNotFound: 'succeed' } : {},
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

test('each operation has a schema of its output, and there is no other', () => {
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
	test('fits what comes out, changed and unchanged, with a message and without', async () => {
		const output = await outputOf(operation);
		const fits = new Ajv({ strict: true, allErrors: true }).compile(schemaOf(operation));
		expect(
			output.flatMap(({ json }) => (fits(json) ? [] : [{ json, errors: fits.errors }])),
		).toEqual([]);
		const sorts = new Set(output.map(({ json }) => [json['changed'], 'message' in json].join(' ')));
		expect(output.length).toBeGreaterThan(1);
		if (READS.includes(operation)) expect(sorts).toEqual(new Set([' false']));
		else {
			expect(sorts).toContain('true false');
			expect(sorts).toContain('false true');
		}
	});

	test('names each key that comes out, and nothing that never does', async () => {
		const output = await outputOf(operation);
		const keys = new Set(output.flatMap(({ json }) => Object.keys(json)));
		expect([...keys].sort()).toEqual(propertiesOf(operation));
	});

	test('would not fit other output', async () => {
		const [first] = await outputOf(operation);
		const fits = new Ajv({ strict: true }).compile(schemaOf(operation));
		const { json } = first ?? { json: {} };
		for (const key of Object.keys(json)) {
			expect([key, fits({ ...json, [key]: { not: 'that' } })]).toEqual([key, false]);
		}
	});
});
