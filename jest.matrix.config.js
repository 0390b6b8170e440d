const base = require('./jest.config.js');

/** Folder below test/matrix of the n8n to test in; without, that of the repository's own modules. */
const { N8N_UNDER_TEST: folder } = process.env;

/** The tests that run the node in n8n's engine, or on what n8n gives it: for `test/matrix/run.ts`. */
/** @type {import('jest').Config} */
module.exports = {
	...base,
	testMatch: ['bulk', 'credentials', 'domain', 'engine', 'hostile', 'pace', 'trigger'].map(
		(tests) => `<rootDir>/test/${tests}/**/*.test.ts`,
	),
	// What is tested is not how fast an engine is.
	testTimeout: 20_000,
	moduleNameMapper: folder
		? {
				'^n8n-core$': `<rootDir>/test/matrix/core-${folder}.ts`,
				'^(n8n-core/.+|n8n-workflow|luxon)$': `<rootDir>/test/matrix/${folder}/node_modules/$1`,
			}
		: {},
};
