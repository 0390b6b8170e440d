import { withCredentials } from '../../playground/src/exampleWorkflows';
import type { N8nClient, Workflow } from '../../playground/src/n8nClient';
import { AFFILAE_CREDENTIAL } from '../../playground/src/startPlayground';
import { until } from '../e2e/until';
import { pollsIn, watchingWorkflow } from '../e2e/watchingWorkflow';
import { BY_ORDER_ID, workflowOf } from '../e2e/workflowOf';
import type { Shop } from './shop';

/** Reconciles three orders and one that does not exist. */
export const RECONCILES = 'reconciles';
/** The same with a wrong token, and with On Error set to stop. */
const STOPS = 'stops';
/** Starts when a conversion appears. */
export const WATCHES = 'watches';

const TOLD_WITHIN_MS = 120_000;

/** Stores workflows and credentials, as an operator does. */
export async function storeWork(client: N8nClient, byHand: Shop, watched?: Shop): Promise<void> {
	const nodeTypes = await client.nodeTypes();
	const orders = [
		{ orderId: '1001', kept: 84.9 },
		{ orderId: 'none', kept: 1 },
		{ orderId: '1002', kept: 20 },
		{ orderId: '1003', kept: 0 },
	];
	const parameters = {
		operation: 'reconcile',
		conversion: BY_ORDER_ID,
		keptAmount: '={{ $json.kept }}',
		settled: true,
	};
	const store = async (id: string, workflow: Workflow, shop: Shop, token: string) => {
		const { type } = AFFILAE_CREDENTIAL;
		const credential = await client.saveCredential({
			type,
			name: `Affilae of ${id}`,
			data: { token, environment: 'custom', baseUrl: shop.url },
		});
		await client.saveWorkflow(id, withCredentials(workflow, nodeTypes, { [type]: credential }));
	};
	const branches = workflowOf(orders, { parameters, onError: 'continueErrorOutput' });
	await store(RECONCILES, branches, byHand, byHand.sandbox.token);
	await store(STOPS, workflowOf(orders, { parameters }), byHand, 'not-the-token');
	if (watched) await store(WATCHES, watchingWorkflow(), watched, watched.sandbox.token);
}

/** The results of the workflows that are run manually. */
export type Work = Awaited<ReturnType<typeof runWork>>;

/** Resets the shop and runs these workflows. */
export async function runWork(client: N8nClient, { sandbox, callers }: Shop) {
	sandbox.reset();
	callers.length = 0;
	const reconciled = await client.run(RECONCILES, 'Start');
	const stopped = await client.run(STOPS, 'Start');
	return {
		done: reconciled
			.items('Done')
			.map(({ externalId, outcome, message = '' }) => ({ externalId, outcome, message })),
		notDone: reconciled.items('Not done'),
		told: reconciled.runs.get('Affilae')?.flatMap(({ hints }) => hints),
		atAffilae: sandbox.store
			.all()
			.map(({ externalId, status, amount }) => ({ externalId, status, amount })),
		stopped: stopped.error?.message,
		/** The versions of the package that made the calls. */
		calledBy: [...new Set(callers)],
	};
}

/**
 * Waits until the published workflow has run for this many conversions, then for two more polls, so that a conversion
 * that starts it twice is noticed.
 *
 * @returns the IDs of the conversions, in the order in which they started the workflow
 */
export async function told(client: N8nClient, { sandbox }: Shop, count: number): Promise<string[]> {
	const deadline = Date.now() + TOLD_WITHIN_MS;
	const look = async (): Promise<string[]> => {
		const executions = await client.executionsOf(WATCHES);
		return executions.flatMap((execution) => execution.items('After').map(({ id }) => String(id)));
	};
	const left = () => deadline - Date.now();
	await until(`${count} conversions are told`, left(), async () =>
		(await look()).length >= count ? true : undefined,
	);
	const before = pollsIn(sandbox);
	await until('two polls more', left(), () => (pollsIn(sandbox) >= before + 2 ? true : undefined));
	return await look();
}
