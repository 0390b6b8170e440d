/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { orderCases } from './orders';

// Run with `npx tsx sandbox/writeOrders.ts`: updates the orders that the example workflows read.
const path = resolve(__dirname, '../examples/shopify-returns/data/orders-from-shopify.json');
mkdirSync(dirname(path), { recursive: true });
const orders = orderCases().map(({ order }) => order);
writeFileSync(path, `${JSON.stringify([{ body: { orders } }], null, '\t')}\n`);
process.stdout.write(`${path}: ${orders.length} orders\n`);
