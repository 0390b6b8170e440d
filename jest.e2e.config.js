const base = require('./jest.config.js');
const leftOut = require('./test/e2e/leftOut.json');

/** Folder below playground of the n8n to test in; without, the one that is pinned there. */
const { N8N_UNDER_TEST: folder } = process.env;

/** What that n8n lacks: whole names of tests, and files below test/e2e. */
const entries = leftOut[folder] ?? [];
const names = entries.flatMap(({ test }) => test?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') ?? []);
const files = entries.flatMap(({ file }) => file ?? []);

/** The tests that start a whole n8n: the node is built and packed once for all of them. */
/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: base.testEnvironment,
	transform: base.transform,
	testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
	testPathIgnorePatterns: ['/node_modules/', ...files.map((file) => `<rootDir>/test/e2e/${file}`)],
	modulePathIgnorePatterns: ['<rootDir>/playground/(.+/)?node_modules/', '<rootDir>/dist/'],
	...(names.length === 0 ? {} : { testNamePattern: `^(?!(?:${names.join('|')})$)` }),
	globalSetup: '<rootDir>/test/e2e/packOnce.ts',
	globalTeardown: '<rootDir>/test/e2e/removePack.ts',
	testTimeout: 120_000,
	// Each has an n8n of its own, and spends most of its time waiting for it.
	maxWorkers: 2,
	watchman: false,
};
