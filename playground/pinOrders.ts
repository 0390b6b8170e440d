/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
/** Pins the orders of `examples/data` in the example workflow; to be run when they change. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { z } from 'zod';
import { MAIN_EXAMPLE } from './src/exampleWorkflows';
import { EXAMPLES } from './src/places';

const ORDERS_NODE = 'Orders from Shopify';

async function main(): Promise<void> {
	const file = path.join(EXAMPLES, `${MAIN_EXAMPLE}.json`);
	const orders: unknown = JSON.parse(
		await readFile(path.join(EXAMPLES, 'data', 'shopify-orders.json'), 'utf8'),
	);
	const content: unknown = JSON.parse(await readFile(file, 'utf8'));
	const workflow = {
		...z.record(z.unknown()).parse(content),
		pinData: {
			[ORDERS_NODE]: z
				.array(z.record(z.unknown()))
				.parse(orders)
				.map((json) => ({ json })),
		},
	};
	const style = { ...(await prettier.resolveConfig(file)), filepath: file };
	await writeFile(file, await prettier.format(JSON.stringify(workflow, null, '\t'), style));
}

void main();
