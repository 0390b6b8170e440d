import type { IDataObject } from 'n8n-workflow';
import type { Client } from '../../api/client';
import { PAGE_SIZE } from '../../api/constants';
import { readConversions } from '../../api/conversions';
import { readUntil } from '../../api/lists/readUntil';
import { listNotWhole } from '../../api/lookup';
import { isReadable, type UnreadableRow } from '../../domain/conversion';
import { readOrderId, readProgramId } from '../../domain/ids';
import type { Filters } from '../../domain/matches';
import { parsePeriod } from '../../domain/period';
import { UserError } from '../../domain/userError';
import { displayNameOf } from '../../parameters/displayNames';
import {
	customerFilter,
	programFilter,
	simplifyField,
	statusFilter,
} from '../../parameters/fields';
import { toOutput, type Presentation } from '../../parameters/presentation';
import { readLocated, readNumber, readStatus } from '../../parameters/values';
import type { Item } from '../item';
import type { ItemResult, Operation } from '../operation';
import { readPresentation } from './fields';
import { listOptions, readCallSettings } from './options';

/** Get Many: the conversions that match the filters, one output item each. */
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
					description:
						'Only conversions created at this time or later, in the workflow’s time zone',
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
						'Only conversions created at this time or earlier, in the workflow’s time zone. A date without a time includes that whole day.',
				},
			],
		},
		simplifyField,
		listOptions,
	],
	async run(batch, client) {
		const asked = await batch.check(batch.start(), (_, item) => readRequest(item));
		return await batch.check(asked, async (request) => await readMany(client, request));
	},
} satisfies Operation;

interface ListRequest {
	filters: Filters;
	/** How many conversions to return at most; undefined for all. */
	limit: number | undefined;
	presentation: Presentation;
}

function readRequest(item: Item): ListRequest {
	readCallSettings(item);
	return {
		filters: readFilters(item),
		limit: item.flag('returnAll') ? undefined : readLimit(item.value('limit')),
		presentation: readPresentation(item, item.collection('options')),
	};
}

function readFilters(item: Item): Filters {
	const filters = item.collection('filters');
	const given = (name: string) => filters[name] ?? '';
	const idOf = (name: string) =>
		given(name) === '' ? '' : readOrderId(given(name), displayNameOf(name));
	const customerId = idOf('customerId');
	const externalId = idOf('externalId');
	const program = readLocated(given('program'), displayNameOf('program'));
	const programId = readProgramId(program.value, displayNameOf('program'));
	const status = readStatus(given('status'));
	return {
		...(status ? { status } : {}),
		...parsePeriod(given('from'), given('to'), item.timezone),
		...(customerId ? { customerId } : {}),
		...(externalId ? { externalId } : {}),
		...(programId ? { programId } : {}),
	};
}

function readLimit(value: unknown): number {
	return readNumber(value, displayNameOf('limit'), {
		default: 50,
		least: 1,
		most: 10_000_000,
		isWhole: true,
	});
}

/** Affilae may store an ID with or without the spaces around it, so both forms are tried, as elsewhere. */
async function readMany(client: Client, request: ListRequest): Promise<ItemResult> {
	const { filters } = request;
	const asGiven = await readOnce(client, request);
	const { customerId, externalId } = filters;
	const trimmed: Filters = {
		...filters,
		...(customerId === undefined ? {} : { customerId: customerId.trim() }),
		...(externalId === undefined ? {} : { externalId: externalId.trim() }),
	};
	const isOtherForm = trimmed.customerId !== customerId || trimmed.externalId !== externalId;
	const isEmpty = asGiven.output.length + (asGiven.problems?.length ?? 0) === 0;
	return isEmpty && isOtherForm
		? await readOnce(client, { ...request, filters: trimmed })
		: asGiven;
}

const READ_FEWER =
	"Read fewer at once: set 'From' and 'To' to a shorter period, or filter by program, status or order.";

async function readOnce(
	client: Client,
	{ filters, limit, presentation }: ListRequest,
): Promise<ItemResult> {
	const output: IDataObject[] = [];
	const problems: UserError[] = [];
	const options =
		limit === undefined ? {} : { pageSize: Math.min(limit, PAGE_SIZE), wanted: limit };
	const end = await readUntil(readConversions(client, filters, options), (rows) => {
		for (const row of rows) {
			if (isReadable(row)) output.push(toOutput(row, presentation));
			else problems.push(unreadableRow(row));
			if (output.length === limit) return true;
		}
		return false;
	});
	if (end?.isWhole === false) throw listNotWhole(end, 'that match these filters', READ_FEWER);
	const isEmpty = output.length + problems.length === 0;
	const mayBeWrong = isEmpty && Object.keys(filters).every((key) => key === 'programId');
	return { output, problems, ...(mayBeWrong ? hintOnPrograms(client, filters) : {}) };
}

/** A program without conversions may be new, or its ID may be wrong: Affilae does not say which. */
function hintOnPrograms({ dialect }: Client, { programId }: Filters): { hint?: string } {
	const asked = programId === undefined ? dialect.askedPrograms('list') : [programId];
	if (asked.length === 0) return {};
	const hint =
		asked.length === 1
			? `Program ${asked.join()} has no conversions: it may be new, or its ID may be wrong.`
			: `Programs ${asked.join(', ')} have no conversions: they may be new, or their IDs may be wrong.`;
	return { hint };
}

function unreadableRow({ unreadable, externalId }: UnreadableRow): UserError {
	const of = externalId === undefined ? '' : ` of order ${externalId.trim()}`;
	return new UserError(
		`A conversion${of} cannot be read: ${unreadable}`,
		'Look at it in Affilae. Please report this to the maintainers of this node.',
	);
}
