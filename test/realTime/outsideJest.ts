/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
/**
 * Lets `test/engine/engine.ts` be loaded by plain Node with tsx, in a process of its own. Import this
 * before the engine.
 */
import { Module } from 'node:module';

/** Puts something in the place of what a path leads to. */
function putInPlaceOf(path: string, exports: unknown): void {
	const standIn = new Module(path);
	standIn.loaded = true;
	standIn.exports = exports;
	require.cache[path] = standIn;
}

// Refuses to be loaded outside Jest; the engine uses it only to keep n8n's reporter quiet.
putInPlaceOf(require.resolve('@jest/globals'), {
	jest: { spyOn: () => ({ mockImplementation: () => undefined }) },
});

// Beside `AffilaeConversions.node.ts` lies a file that ends in `.node.json`, which tsx would take.
const node = '../../nodes/AffilaeConversions/AffilaeConversions.node';
putInPlaceOf(require.resolve(`${node}.json`), module.require(`${node}.ts`));
