import type { INodeProperties } from 'n8n-workflow';
import type { Operation } from '../operation';
import { accept } from './accept.operation';
import { info } from './info.operation';
import { list } from './list.operation';
import { reconcile } from './reconcile.operation';
import { refuse } from './refuse.operation';
import { update } from './update.operation';

/** All operations on conversions, in the order of their names in the selector. */
export const operations: readonly Operation[] = [accept, info, list, reconcile, refuse, update];

/** The Operation selector and each operation's own parameters. */
export const conversionProperties: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['conversion'] } },
		options: operations.map(({ option }) => option),
		default: 'list',
	},
	...operations.flatMap(({ option, fields }) =>
		fields.map((field) => shownFor(option.value, field)),
	),
];

function shownFor(operation: string, field: INodeProperties): INodeProperties {
	const show = { resource: ['conversion'], operation: [operation], ...field.displayOptions?.show };
	return { ...field, displayOptions: { ...field.displayOptions, show } };
}
