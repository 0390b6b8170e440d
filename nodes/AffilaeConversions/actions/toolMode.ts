import type { IExecuteFunctions } from 'n8n-workflow';

/** Whether an AI agent runs the node as its tool. n8n 1.123 cannot say so; its tools have a type of their own. */
export function isTool(functions: IExecuteFunctions): boolean {
	return runsAsTool(functions) || functions.getNode().type.endsWith('Tool');
}

function runsAsTool(functions: Partial<Pick<IExecuteFunctions, 'isToolExecution'>>): boolean {
	return functions.isToolExecution?.() ?? false;
}

/**
 * Whether the other items go on if one cannot. As a tool they always do: n8n's older agents pass on
 * what is put out, and nothing of what is thrown.
 */
export function continuesOnFail(functions: IExecuteFunctions): boolean {
	return functions.continueOnFail() || isTool(functions);
}

/** n8n 1.123 and 2.8 end the run of an agent whose tool throws; later ones tell the model the message instead. */
export function returnsErrorToModel(functions: IExecuteFunctions): boolean {
	return isTool(functions) && functions.getNode().onError !== 'stopWorkflow';
}
