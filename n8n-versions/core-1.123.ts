/** Stands in for n8n-core in n8n 1.123: what core-2.8.ts does, and what only this version needs. */
import { WorkflowExecute as NewerWorkflowExecute } from 'n8n-core/dist/index';
import type { INode, Workflow } from 'n8n-workflow';

export * from './core-2.8';

type Running = ReturnType<NewerWorkflowExecute['run']>;

/** n8n 1.123 takes as separate arguments what newer versions take in one object. */
export class WorkflowExecute extends NewerWorkflowExecute {
	override run({ workflow, startNode }: { workflow: Workflow; startNode?: INode }): Running {
		const run: unknown = super.run;
		const older = run as (workflow: Workflow, startNode: INode | undefined) => Running;
		return older.call(this, workflow, startNode);
	}
}
