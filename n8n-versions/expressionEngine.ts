/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** Jest runs this before each test file: n8n evaluates expressions with the engine in N8N_EXPRESSION_ENGINE. */
import { afterAll, beforeAll } from '@jest/globals';
import { TriggersAndPollers } from 'n8n-core';
import { Expression } from 'n8n-workflow';
import { z } from 'zod';

const engine = z.enum(['legacy', 'vm', 'quickjs']).parse(process.env['N8N_EXPRESSION_ENGINE']);

beforeAll(async () => {
	// n8n's own defaults.
	await Expression.initExpressionEngine({
		engine,
		poolSize: 1,
		maxCodeCacheSize: 1024,
		bridgeTimeout: 5000,
		bridgeMemoryLimit: 128,
	});
	if (Expression.getActiveImplementation() !== engine) throw new Error(`${engine} did not start`);
});

afterAll(async () => {
	await Expression.disposeExpressionEngine();
});

/** n8n gives each poll an isolate before it calls the function that the tests call. */
const { runPollFunction } = TriggersAndPollers.prototype;
TriggersAndPollers.prototype.runPollFunction = async function (workflow, node, functions) {
	return await workflow.expression.withIsolate(
		async () => await runPollFunction.call(this, workflow, node, functions),
	);
};
