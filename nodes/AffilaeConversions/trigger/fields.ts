import type { IDataObject, INodeProperties, IPollFunctions } from 'n8n-workflow';
import { isWireObject, type Status } from '../domain/conversion';
import { centsToUnits, parseAmount } from '../domain/money';
import { UserError, shown } from '../domain/userError';
import {
	amountsInOption,
	optionsField,
	customerFilter,
	programFilter,
	simplifyField,
	statusFilter,
} from '../parameters/fields';
import { present, type Presentation } from '../parameters/presentation';
import { readAmountsIn, readFlag, readProgramId, readStatus, readText } from '../parameters/values';
import { EVENTS, type EventName, type Happening } from './cursor';

/** The parameters of the trigger, as the editor shows them. */
export const triggerFields: INodeProperties[] = [
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		required: true,
		default: ['created'],
		description: 'What the workflow is to start at',
		options: [
			{
				name: 'Amount Changed',
				value: 'amountChanged',
				description: 'The amount of a pending conversion is another than before',
			},
			{
				name: 'Created',
				value: 'created',
				description: 'A conversion appears at Affilae',
			},
			{
				name: 'Status Changed',
				value: 'statusChanged',
				description: 'A pending conversion is accepted or refused, by whomever',
			},
		],
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
				displayName: 'Minimum Amount',
				name: 'minimumAmount',
				type: 'number',
				default: 0,
				typeOptions: { minValue: 0, numberPrecision: 2 },
				description:
					'Only conversions whose amount is this or more now. In currency units, unless Amounts In says cents.',
			},
			programFilter,
			{
				...statusFilter,
				description:
					'Only conversions that are in this state now. After a change of status that is accepted or refused.',
			},
		],
	},
	simplifyField,
	optionsField([
		amountsInOption,
		{
			displayName: 'Include Existing',
			name: 'includeExisting',
			type: 'boolean',
			default: false,
			description:
				'Whether the first poll also gives the conversions that are already there, as created. It acts once, and needs the event Created.',
		},
	]),
];

/** Which conversions an operator wants to hear of. */
export interface TriggerFilters {
	programId?: string;
	customerId?: string;
	/** The status as it is now. */
	status?: Status;
	/** Integer cents. */
	minimumCents?: number;
}

/** The trigger as an operator filled it in. */
export interface TriggerSettings {
	events: EventName[];
	filters: TriggerFilters;
	presentation: Presentation;
	includeExisting: boolean;
}

/** @throws {UserError} for what cannot be meant */
export function readSettings(functions: IPollFunctions): TriggerSettings {
	const given = collection(functions, 'options');
	const presentation: Presentation = {
		amountsIn: readAmountsIn(given),
		simplify: readFlag(functions.getNodeParameter('simplify', true), 'Simplify'),
	};
	return {
		events: readEvents(functions.getNodeParameter('events', [])),
		filters: readFilters(collection(functions, 'filters'), presentation),
		presentation,
		includeExisting: readFlag(given['includeExisting'] ?? false, 'Include Existing'),
	};
}

/** Whether a happening is of a conversion that the filters let through. */
export function isWanted({ conversion }: Happening, filters: TriggerFilters): boolean {
	const { programId, customerId, status, minimumCents } = filters;
	return (
		(programId === undefined || conversion.programId === programId) &&
		(customerId === undefined || conversion.customerId === customerId) &&
		(status === undefined || conversion.status === status) &&
		(minimumCents === undefined || (conversion.amountCents ?? -1) >= minimumCents)
	);
}

/** A happening as an output item. Beside Affilae's own object the amount before is in cents, as all is there. */
export function presentHappening(
	{ event, conversion, previousStatus, previousAmountCents }: Happening,
	presentation: Presentation,
): IDataObject {
	const { amountsIn, simplify } = presentation;
	const isInUnits = simplify && amountsIn === 'units';
	const told: IDataObject = {
		event,
		...(previousStatus === undefined ? {} : { previousStatus }),
		...(previousAmountCents === undefined
			? {}
			: {
					previousAmount: isInUnits ? centsToUnits(previousAmountCents) : previousAmountCents,
					previousAmountInCents: previousAmountCents,
				}),
	};
	return { event, ...present(conversion, presentation), ...told };
}

function readEvents(value: unknown): EventName[] {
	const given: unknown[] = Array.isArray(value) ? value : [value];
	const events = EVENTS.filter((event) => given.includes(event));
	const unknown = given.find((event) => !EVENTS.some((known) => known === event));
	if (unknown !== undefined && unknown !== '') {
		throw new UserError(`There is no event ${shown(unknown)}`, `Give ${EVENTS.join(', ')}.`);
	}
	if (events.length > 0) return events;
	throw new UserError('No event is chosen', 'Choose at least one in Events.');
}

function readFilters(
	given: Readonly<Record<string, unknown>>,
	{ amountsIn }: Presentation,
): TriggerFilters {
	const programId = readProgramId(given['program']);
	const customerId = readText(given['customerId'], 'Customer ID');
	const status = readStatus(given['status']);
	const minimum = given['minimumAmount'];
	const isGiven = minimum !== undefined && minimum !== null && minimum !== '';
	return {
		...(programId ? { programId } : {}),
		...(customerId ? { customerId } : {}),
		...(status ? { status } : {}),
		...(isGiven ? { minimumCents: parseAmount(minimum, amountsIn).amountCents } : {}),
	};
}

function collection(functions: IPollFunctions, name: string): Readonly<Record<string, unknown>> {
	const value: unknown = functions.getNodeParameter(name, {});
	return isWireObject(value) ? value : {};
}
