/**
 * Stands in for n8n-core where that is older than the one that the harness is written for: all that it
 * exports, and what the harness needs beside that.
 */
import { PollContext as OlderPollContext } from 'n8n-core/dist/index';
import { TriggersAndPollers as CorePollers } from 'n8n-core/dist/execution-engine/triggers-and-pollers';
import type { INode, INodeExecutionData, IPollFunctions, Workflow } from 'n8n-workflow';

export * from 'n8n-core/dist/index';

/** What older versions have in place of `runPollFunction`, in a class that they do not export. */
interface OlderPollers {
	runPoll(
		workflow: Workflow,
		node: INode,
		functions: IPollFunctions,
	): Promise<INodeExecutionData[][] | null>;
}

/** Older versions run a poll by another name. */
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
 * Older versions give a poll no time that it must end in: there is none here either, unless a test asks
 * for a short one, because it would take minutes without.
 */
export class PollContext extends OlderPollContext {
	constructor(...given: ConstructorParameters<typeof OlderPollContext>) {
		super(...given);
		const [, , , , , , , , , , getPollBudgetMs] = given;
		if (getPollBudgetMs) Object.assign(this, { getPollBudgetMs });
	}
}
