const base = require('./jest.config.js');

/** The tests that start a whole n8n: the node is built and packed once for all of them. */
/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: base.testEnvironment,
	transform: base.transform,
	testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
	modulePathIgnorePatterns: ['<rootDir>/playground/node_modules/', '<rootDir>/dist/'],
	globalSetup: '<rootDir>/test/e2e/packOnce.ts',
	globalTeardown: '<rootDir>/test/e2e/removePack.ts',
	testTimeout: 120_000,
	// Each has an n8n of its own, and spends most of its time waiting for it.
	maxWorkers: 2,
	watchman: false,
};
