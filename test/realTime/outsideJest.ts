/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
/**
 * Lets plain Node.js with tsx load `test/engine/engine.ts` in a separate process. Import this before the
 * engine.
 */
import { Module } from 'node:module';

/** Replaces the module at a path. */
function putInPlaceOf(path: string, exports: unknown): void {
	const standIn = new Module(path);
	standIn.loaded = true;
	standIn.exports = exports;
	require.cache[path] = standIn;
}

// It cannot be loaded outside Jest; the engine uses it only to silence n8n's reporter.
putInPlaceOf(require.resolve('@jest/globals'), {
	jest: { spyOn: () => ({ mockImplementation: () => undefined }) },
});

// Next to `AffilaeConversions.node.ts` is a file that ends in `.node.json`, which tsx would load.
const node = '../../nodes/AffilaeConversions/AffilaeConversions.node';
putInPlaceOf(require.resolve(`${node}.json`), module.require(`${node}.ts`));
