/** The version of n8n to test in, which has folders in n8n-versions; if empty, the repository's own n8n. */
const { N8N_UNDER_TEST: version } = process.env;

const shared = {
	testEnvironment: 'node',
	transform: {
		'^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
	},
	modulePathIgnorePatterns: [
		'<rootDir>/playground/node_modules/',
		'<rootDir>/n8n-versions/full-.+/node_modules/',
		'<rootDir>/dist/',
	],
};

const inFolders = (...folders) => folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`);

const files = (folder, ...names) => names.map((name) => `<rootDir>/test/${folder}/${name}.test.ts`);

/** Tests that are quick even though they load n8n's engine. */
const QUICK_IN_ENGINE = [
	...files('engine', 'description', 'writes'),
	...files('trigger', 'budget', 'descent', 'description', 'round', 'rows', 'settings'),
];

/** Tests that are not quick although they do not load it. */
const NOT_QUICK = [
	...files('domain', 'reconcileProperties'),
	...files('lists', 'moving', 'properties'),
];

/** Tests with hundreds of cases or polls outside the folders of `thorough`. */
const MANY_CASES = [
	...files('engine', 'everyField', 'writesAnswers'),
	...files('rateLimiter', 'goals'),
	...files('trigger', 'catchUp', 'rateLimit', 'slow'),
];

/** The modules of n8n's engine in the version to test in. */
const engineModules = version
	? {
			moduleNameMapper: {
				'^n8n-core$': `<rootDir>/n8n-versions/core-${version}.ts`,
				'^(n8n-core/.+|n8n-workflow|luxon)$': `<rootDir>/n8n-versions/engine-${version}/node_modules/$1`,
			},
		}
	: {};

/** What a version of n8n cannot pass: full names of end-to-end tests, and files below test/e2e. */
const leftOut = require('./n8n-versions/leftOut.json')[version] ?? [];
const leftOutNames = leftOut.flatMap(
	({ test }) => test?.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') ?? [],
);
const leftOutFiles = leftOut.flatMap(({ file }) => file ?? []);

/** @type {import('jest').Config} */
module.exports = {
	watchman: false,
	maxWorkers: '100%',
	// Generous, because no test checks how fast the machine is.
	testTimeout: 120_000,
	...(leftOutNames.length === 0 ? {} : { testNamePattern: `^(?!(?:${leftOutNames.join('|')})$)` }),
	projects: [
		{
			...shared,
			...engineModules,
			// Takes seconds: for each save.
			displayName: 'quick',
			testMatch: [
				'<rootDir>/test/*.test.ts',
				...inFolders('credentials', 'domain', 'lists', 'parameters', 'rateLimiter'),
				...QUICK_IN_ENGINE,
			],
			testPathIgnorePatterns: ['/node_modules/', ...MANY_CASES, ...NOT_QUICK],
		},
		{
			...shared,
			...engineModules,
			// Mostly the node and the trigger in n8n's engine.
			displayName: 'engine',
			testMatch: [...inFolders('engine', 'trigger'), ...NOT_QUICK],
			testPathIgnorePatterns: ['/node_modules/', ...MANY_CASES, ...QUICK_IN_ENGINE],
		},
		{
			...shared,
			...engineModules,
			// Many items, polls, faults and invalid answers; the sandbox; the package; the rate limiter's goals.
			displayName: 'thorough',
			testMatch: [...inFolders('bulk', 'hostile', 'sandbox', 'package'), ...MANY_CASES],
		},
		{
			...shared,
			// Measures memory or real time: one after the other, and not part of `npm test`.
			displayName: 'realTime',
			testMatch: inFolders('realTime'),
		},
		{
			...shared,
			// Starts a full n8n: the node is built and packed once for all of them.
			displayName: 'e2e',
			testMatch: inFolders('e2e'),
			testPathIgnorePatterns: [
				'/node_modules/',
				...leftOutFiles.map((file) => `<rootDir>/test/e2e/${file}`),
			],
			globalSetup: '<rootDir>/test/e2e/packOnce.ts',
			globalTeardown: '<rootDir>/test/e2e/removePack.ts',
		},
		{
			...shared,
			// Installs the package as an operator does, in a full n8n without it.
			displayName: 'install',
			testMatch: inFolders('install'),
			globalSetup: '<rootDir>/test/e2e/packOnce.ts',
			globalTeardown: '<rootDir>/test/e2e/removePack.ts',
		},
	],
};
