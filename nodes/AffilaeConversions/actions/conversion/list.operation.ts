import type { IDataObject } from 'n8n-workflow';
import type { ListFilters } from '../../api/conversions';
import { PAGE_SIZE } from '../../api/constants';
import type { Client } from '../../api/client';
import { readPages } from '../../api/pages';
import { parsePeriod } from '../../domain/period';
import { UserError, shown } from '../../domain/userError';
import { readProgramId, readStatus, readText } from '../../parameters/values';
import { present, type Presentation } from '../../parameters/presentation';
import {
	customerFilter,
	programFilter,
	simplifyField,
	statusFilter,
} from '../../parameters/fields';
import type { Item } from '../item';
import type { Operation } from '../operation';
import { readPresentation } from './fields';
import { listOptions } from './options';

/** Get Many: the conversions that fit some filters, one output item each. */
export const list = {
	option: {
		name: 'Get Many',
		value: 'list',
		description: 'Get many conversions, filtered by status, period, program, customer or order',
		action: 'Get many conversions',
	},
	fields: [
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			default: 50,
			typeOptions: { minValue: 1 },
			displayOptions: { show: { returnAll: [false] } },
			description: 'Max number of results to return',
		},
		{
			displayName: 'Filters',
			name: 'filters',
			type: 'collection',
			placeholder: 'Add filter',
			default: {},
			options: [
				customerFilter,
				{
					displayName: 'From',
					name: 'from',
					type: 'dateTime',
					default: '',
					description: 'Only conversions made at this time or later, in the workflow’s time zone',
				},
				{
					displayName: 'Order ID',
					name: 'externalId',
					type: 'string',
					default: '',
					placeholder: 'e.g. 1042',
					description: 'Only conversions of this order',
				},
				programFilter,
				statusFilter,
				{
					displayName: 'To',
					name: 'to',
					type: 'dateTime',
					default: '',
					description:
						'Only conversions made at this time or earlier, in the workflow’s time zone. A date alone lasts to the end of that day.',
				},
			],
		},
		simplifyField,
		listOptions,
	],
	async run(batch, client) {
		const asked = await batch.check(batch.start(), (_, item) => readQuestion(item));
		return await batch.check(asked, async (question) => await ask(client, question));
	},
} satisfies Operation;

interface Question {
	filters: ListFilters;
	/** How many conversions to return at most; undefined for all. */
	limit: number | undefined;
	presentation: Presentation;
}

function readQuestion(item: Item): Question {
	return {
		filters: readFilters(item),
		limit: item.flag('returnAll', 'Return All') ? undefined : readLimit(item.value('limit')),
		presentation: readPresentation(item, item.collection('options')),
	};
}

function readFilters(item: Item): ListFilters {
	const filters = item.collection('filters');
	const customerId = readText(filters['customerId'], 'Customer ID');
	const externalId = readText(filters['externalId'], 'Order ID');
	const programId = readProgramId(filters['program']);
	const status = readStatus(filters['status']);
	return {
		...(status ? { status } : {}),
		...parsePeriod(filters['from'], filters['to'], item.timezone),
		...(customerId ? { customerId } : {}),
		...(externalId ? { externalId } : {}),
		...(programId ? { programId } : {}),
	};
}

function readLimit(value: unknown): number {
	const limit = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 1) return limit;
	throw new UserError(`Limit is ${shown(value)}`, 'Give a whole number of 1 or more.');
}

async function ask(
	client: Client,
	{ filters, limit, presentation }: Question,
): Promise<IDataObject[]> {
	const output: IDataObject[] = [];
	const pageSize = Math.min(limit ?? PAGE_SIZE, PAGE_SIZE);
	for await (const page of readPages(client, filters, pageSize)) {
		for (const conversion of page) {
			output.push(present(conversion, presentation));
			if (output.length === limit) return output;
		}
	}
	return output;
}
