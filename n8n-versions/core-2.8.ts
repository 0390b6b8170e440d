/**
 * Stands in for n8n-core in versions that are older than the one that the tests are written for: everything
 * that it exports, plus what the tests need besides.
 */
import { PollContext as OlderPollContext } from 'n8n-core/dist/index';
import { TriggersAndPollers as CorePollers } from 'n8n-core/dist/execution-engine/triggers-and-pollers';
import type { INode, INodeExecutionData, IPollFunctions, Workflow } from 'n8n-workflow';

export * from 'n8n-core/dist/index';

/** What older versions have instead of `runPollFunction`, in a class that they do not export. */
interface OlderPollers {
	runPoll(
		workflow: Workflow,
		node: INode,
		functions: IPollFunctions,
	): Promise<INodeExecutionData[][] | null>;
}

/** Older versions call the function that runs a poll differently. */
export class TriggersAndPollers {
	private readonly core: unknown = new CorePollers();

	async runPollFunction(
		workflow: Workflow,
		node: INode,
		functions: IPollFunctions,
	): Promise<INodeExecutionData[][] | null> {
		return await (this.core as OlderPollers).runPoll(workflow, node, functions);
	}
}

/**
 * Older versions set no time limit for a poll. Here there is none either, unless a test asks for a short
 * one because it would take minutes without.
 */
export class PollContext extends OlderPollContext {
	constructor(...given: ConstructorParameters<typeof OlderPollContext>) {
		super(...given);
		const [, , , , , , , , , , getPollBudgetMs] = given;
		if (getPollBudgetMs) Object.assign(this, { getPollBudgetMs });
	}
}
