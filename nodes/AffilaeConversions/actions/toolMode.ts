import type { IExecuteFunctions } from 'n8n-workflow';

/** Whether an AI agent runs the node as its tool. n8n 1.123 has no function for this; its tools have their own node type. */
export function isTool(functions: IExecuteFunctions): boolean {
	return runsAsTool(functions) || functions.getNode().type.endsWith('Tool');
}

function runsAsTool(functions: Partial<Pick<IExecuteFunctions, 'isToolExecution'>>): boolean {
	return functions.isToolExecution?.() ?? false;
}

/**
 * Whether the other items continue if one fails. As a tool they always do, whatever On Error says: n8n's editor
 * does not show it there, and in n8n 1.123 and 2.8 a tool that throws ends the run of its agent.
 */
export function continuesOnFail(functions: IExecuteFunctions): boolean {
	return functions.continueOnFail() || isTool(functions);
}
