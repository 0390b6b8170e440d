const base = require('./jest.config.js');

/** The tests that need the machine to themselves, because they weigh memory or share a limit. */
/** @type {import('jest').Config} */
module.exports = {
	...base,
	testMatch: ['<rootDir>/test/bulk/alone/**/*.test.ts'],
	testPathIgnorePatterns: ['/node_modules/'],
	maxWorkers: 1,
};
