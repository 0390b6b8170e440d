import type { Sandbox } from '../../sandbox/server';
import { dryNodesOf, MAIN_EXAMPLE, withDryRunOff, workflowIdOf } from './exampleWorkflows';
import type { Execution } from './n8nClient';
import { type ConversionState, readOrders, reportOn, type ReturnsReport } from './returnsReport';
import type { Playground } from './startPlayground';

/** The current conversions of a sandbox. */
export function conversionsOf(sandbox: Sandbox): ConversionState[] {
	return sandbox.store.all().map(({ id, externalId, currency, status, amount }) => ({
		id,
		externalId,
		currency,
		status,
		amountCents: amount,
	}));
}

/**
 * Runs the main example manually, as the button in the editor does, and checks what it did.
 *
 * @param mode `dry`: as it is shipped; `real`: with Dry Run off for this run
 * @throws {Error} if the execution does not succeed, with n8n's reason
 */
export async function runMainExample(
	{ n8n, sandbox, examples, store }: Playground,
	mode: 'dry' | 'real',
	signal?: AbortSignal,
): Promise<{ execution: Execution; report: ReturnsReport }> {
	const workflow = examples.find(({ name }) => name === MAIN_EXAMPLE)?.workflow;
	const trigger = workflow?.nodes.find(({ type }) => type === 'n8n-nodes-base.manualTrigger');
	if (workflow === undefined || trigger === undefined)
		throw new Error(`There is no example "${MAIN_EXAMPLE}" with a manual trigger`);

	const id = workflowIdOf(MAIN_EXAMPLE);
	const before = conversionsOf(sandbox);
	let execution: Execution;
	if (mode === 'dry') {
		execution = await n8n.client.run(id, trigger.name, { signal });
	} else {
		await store(id, withDryRunOff(workflow, dryNodesOf(workflow)));
		try {
			execution = await n8n.client.run(id, trigger.name, { signal });
		} finally {
			await store(id, workflow);
		}
	}
	if (execution.status !== 'success') {
		const { message, description } = execution.error ?? { message: 'no reason was given' };
		throw new Error(
			[`The example ended with "${execution.status}": ${message}`, description]
				.filter(Boolean)
				.join('\n'),
		);
	}
	const after = conversionsOf(sandbox);
	const run = { execution, before, after, isDryRun: mode === 'dry' };
	return { execution, report: reportOn(readOrders(), run) };
}
