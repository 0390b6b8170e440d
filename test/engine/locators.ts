import type { INodeParameters } from 'n8n-workflow';

/** The parameter that names a conversion, in one of the locator's modes. */
export function named(mode: string, value: string): INodeParameters {
	return { conversion: { __rl: true, mode, value } };
}

/** The parameter that names a program by its ID. */
export function inProgram(value: string): INodeParameters {
	return { program: { __rl: true, mode: 'id', value } };
}
