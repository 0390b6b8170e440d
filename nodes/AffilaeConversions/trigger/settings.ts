import type { IPollFunctions } from 'n8n-workflow';
import { isWireObject, type WireObject } from '../domain/conversion';
import { readOrderId, readProgramId } from '../domain/ids';
import { parseAmount, type AmountsIn } from '../domain/money';
import { UserError, formatValue } from '../domain/userError';
import { displayNameOf } from '../parameters/displayNames';
import type { Presentation } from '../parameters/presentation';
import { mustHaveValues } from '../parameters/emptyExpressions';
import { readAmountsIn, readFlag, readLocated, readStatus } from '../parameters/values';
import { mustBePossible, type TriggerFilters } from './filter';
import { EVENTS, type EventName } from './conversionEvent';

/** The trigger as an operator filled it in. */
export interface TriggerSettings {
	events: EventName[];
	filters: TriggerFilters;
	presentation: Presentation;
	includeExisting: boolean;
}

/**
 * @throws {UserError} if a value is invalid, if the settings cannot match anything, or if an expression
 * returns nothing
 */
export function readSettings(functions: IPollFunctions): TriggerSettings {
	const options = readCollection(functions, 'options');
	const presentation: Presentation = {
		amountsIn: readAmountsIn(options),
		simplify: readFlag(read(functions, 'simplify', true), displayNameOf('simplify')),
	};
	const events = readEvents(read(functions, 'events', []));
	const filters = readFilters(readCollection(functions, 'filters'), presentation.amountsIn);
	const { includeExisting: given = false } = options;
	const includeExisting = readFlag(given, displayNameOf('includeExisting'));
	mustBePossible(events, filters, includeExisting);
	return { events, filters, presentation, includeExisting };
}

function read(
	functions: IPollFunctions,
	name: string,
	otherwise: string[] | object | boolean,
): unknown {
	const value: unknown = functions.getNodeParameter(name, otherwise);
	mustHaveValues(name, functions.getNode().parameters[name], value);
	return value;
}

function readCollection(functions: IPollFunctions, name: string): WireObject {
	const value = read(functions, name, {});
	if (isWireObject(value)) return value;
	if (value === '') return {};
	throw new UserError(
		`'${displayNameOf(name)}' is ${formatValue(value)}, which is not a collection of fields`,
		'Remove it, then add its fields again.',
	);
}

function readEvents(value: unknown): EventName[] {
	const given: unknown[] = Array.isArray(value) ? value : [value];
	const events = EVENTS.filter((event) => given.includes(event));
	const unknown = given.find((event) => !EVENTS.some((known) => known === event));
	if (unknown !== undefined && unknown !== '') {
		throw new UserError(
			`'Events' contains ${formatValue(unknown)}, which is not an event`,
			`Use ${EVENTS.join(', ')}.`,
		);
	}
	if (events.length > 0) return events;
	throw new UserError("'Events' is empty", 'Choose at least one event.');
}

function readFilters(given: WireObject, amountsIn: AmountsIn): TriggerFilters {
	const { program = '', customerId = '', status: word = '', minimumAmount = '' } = given;
	const { value: programGiven } = readLocated(program, displayNameOf('program'));
	const programId = readProgramId(programGiven, displayNameOf('program'));
	const status = readStatus(word);
	const minimum = minimumAmount === '' ? undefined : minimumAmount;
	return {
		...(programId === undefined ? {} : { programId }),
		...(customerId === ''
			? {}
			: { customerId: readOrderId(customerId, displayNameOf('customerId')).trim() }),
		...(status === undefined ? {} : { status }),
		...(minimum === undefined
			? {}
			: { minimum: parseAmount(minimum, amountsIn, displayNameOf('minimumAmount')) }),
	};
}
