import type { IExecuteFunctions } from 'n8n-workflow';

/** Whether an AI agent runs the node as its tool. n8n 1.123 has no function for this; its tools have their own node type. */
export function isTool(functions: IExecuteFunctions): boolean {
	return runsAsTool(functions) || functions.getNode().type.endsWith('Tool');
}

function runsAsTool(functions: Partial<Pick<IExecuteFunctions, 'isToolExecution'>>): boolean {
	return functions.isToolExecution?.() ?? false;
}

/**
 * Whether the other items continue if one fails. As a tool they always do: older agents of n8n pass the
 * output to the model, but not an error.
 */
export function continuesOnFail(functions: IExecuteFunctions): boolean {
	return functions.continueOnFail() || isTool(functions);
}

/** n8n 1.123 and 2.8 end the run of an agent whose tool throws; later ones pass the message to the model instead. */
export function returnsErrorToModel(functions: IExecuteFunctions): boolean {
	return isTool(functions) && functions.getNode().onError !== 'stopWorkflow';
}
