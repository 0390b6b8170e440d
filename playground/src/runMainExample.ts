import type { Sandbox } from '../../sandbox/server';
import { MAIN_EXAMPLE, workflowIdOf } from './exampleWorkflows';
import type { Execution } from './n8nClient';
import { type ConversionState, readOrders, reportOn, type ReturnsReport } from './returnsReport';
import type { Playground } from './startPlayground';

/** What the conversions of a sandbox are at this moment. */
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
 * Runs the main example by hand, as the button in the editor does, and compares what it did.
 *
 * @throws {Error} when the execution does not succeed, with n8n's reason.
 */
export async function runMainExample(
	{ n8n, sandbox, examples }: Playground,
	signal?: AbortSignal,
): Promise<{ execution: Execution; report: ReturnsReport }> {
	const workflow = examples.find(({ name }) => name === MAIN_EXAMPLE)?.workflow;
	const trigger = workflow?.nodes.find(({ type }) => type === 'n8n-nodes-base.manualTrigger');
	if (trigger === undefined)
		throw new Error(`There is no example "${MAIN_EXAMPLE}" to run by hand`);

	const before = conversionsOf(sandbox);
	const execution = await n8n.client.run(workflowIdOf(MAIN_EXAMPLE), trigger.name, { signal });
	if (execution.status !== 'success') {
		const { message, description } = execution.error ?? { message: 'no reason was given' };
		throw new Error(
			[`The example ended with "${execution.status}": ${message}`, description]
				.filter(Boolean)
				.join('\n'),
		);
	}
	const report = reportOn(await readOrders(), execution, before, conversionsOf(sandbox));
	return { execution, report };
}
