import type {
	INodeParameters,
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
} from 'n8n-workflow';
import { AffilaeConversions } from '../../nodes/AffilaeConversions/AffilaeConversions.node';

/** What a field can hold. */
type Example = string | number | boolean;

/** One way to fill in one field of an operation: a parameter, a part of a collection, a way to locate. */
export interface DescribedField {
	operation: string;
	/** Such as `options.rule` or `conversion (customerId)`. */
	path: string;
	/** As the editor shows it. */
	displayName: string;
	/** Whether the field must hold something; elsewhere `''` leaves it open. */
	needsValue: boolean;
	/** A value as somebody might give it, other than the default. */
	example: Example;
	/** The parameters with this field filled in, by a value or by an expression. */
	fillIn(parameters: INodeParameters, value: Example): INodeParameters;
}

/** A moment for fields that ask for a date. */
export const EXAMPLE_DATE = '2026-10-15T12:00:00';

const { properties } = new AffilaeConversions().description;

/** The values of the Operation selector. */
export const OPERATIONS: readonly string[] = choicesOf(
	properties.find(({ name }) => name === 'operation'),
).map(String);

/** The parameters of an operation as an operator sees them, without the two selectors above them. */
export function parametersOf(operation: string): INodeProperties[] {
	return properties.filter(({ displayOptions: { show } = {} }) => {
		const isForModels = show?.['@tool']?.[0] === true;
		return show?.['operation']?.[0] === operation && !isForModels;
	});
}

/** Each way to fill in each field of an operation, those inside of collections included. */
export function fieldsOf(operation: string): DescribedField[] {
	return parametersOf(operation).flatMap((property) => {
		// n8n itself passes over an expression in the place of a whole collection; the editor offers none.
		if (property.type !== 'collection') {
			return waysOf(property).map((way) => ({ ...way, operation }));
		}
		return partsOf(property).flatMap((part) =>
			waysOf(part).map((way) => ({
				...way,
				operation,
				path: `${property.name}.${way.path}`,
				fillIn: (parameters: INodeParameters, value: Example) => {
					const { [property.name]: whole } = parameters;
					const others = isParameters(whole) ? whole : {};
					return { ...parameters, [property.name]: way.fillIn(others, value) };
				},
			})),
		);
	});
}

/** What an operation needs before it can run, filled in with examples. */
export function neededBy(operation: string): INodeParameters {
	return parametersOf(operation)
		.filter(({ required }) => required)
		.reduce<INodeParameters>(
			(parameters, property) => {
				const [first] = waysOf(property);
				return first ? first.fillIn(parameters, first.example) : parameters;
			},
			{ operation },
		);
}

/** The fields of a collection. */
export function partsOf({ options = [] }: INodeProperties): INodeProperties[] {
	return options.filter((option) => 'type' in option);
}

type Way = Omit<DescribedField, 'operation'>;

function waysOf(property: INodeProperties): Way[] {
	const { name, displayName, type, required = false } = property;
	const needsValue = required || type === 'boolean';
	const common = { displayName, needsValue };
	if (type !== 'resourceLocator') {
		return examplesOf(property).map((example) => ({
			...common,
			path: `${name} (${String(example)})`,
			example,
			fillIn: (parameters, value) => ({ ...parameters, [name]: value }),
		}));
	}
	const modes = property.modes ?? [];
	const byMode = modes.map((mode) => {
		// What is picked from a list is an ID.
		const shown = modes.find((other) =>
			mode.type === 'list' ? other.name === 'id' : other === mode,
		);
		return {
			...common,
			path: `${name} (${mode.name})`,
			example: exampleIn(shown?.placeholder, `${name} (${mode.name})`),
			fillIn: (parameters: INodeParameters, value: Example): INodeParameters => ({
				...parameters,
				[name]: { __rl: true, mode: mode.name, value: String(value) },
			}),
		};
	});
	// A locator can also be stored as its value alone: it means the first mode then.
	const bare = byMode.slice(0, 1).map((way) => ({
		...way,
		path: `${name} (bare)`,
		fillIn: (parameters: INodeParameters, value: Example): INodeParameters => ({
			...parameters,
			[name]: value,
		}),
	}));
	return [...byMode, ...bare];
}

/** A field says itself what it may hold: by its choices, its bounds or the example in its placeholder. */
function examplesOf(property: INodeProperties): Example[] {
	const { name, type, default: byDefault, placeholder, typeOptions = {} } = property;
	switch (type) {
		case 'boolean':
			return [byDefault !== true];
		case 'options':
			return choicesOf(property).filter((choice) => choice !== byDefault);
		case 'number':
			return [Math.min(Number(byDefault) + 1, typeOptions.maxValue ?? Infinity)];
		case 'dateTime':
			return [EXAMPLE_DATE];
		case 'string':
			return [byDefault && !placeholder ? `${String(byDefault)}.` : exampleIn(placeholder, name)];
		default:
			throw new Error(`Say here what an example for ${name} is: its type is ${type}`);
	}
}

function exampleIn(placeholder: string | undefined, name: string): string {
	const example = /^e\.g\. (.+)$/.exec(placeholder ?? '')?.[1];
	if (example === undefined) throw new Error(`The placeholder of ${name} gives no example`);
	return example;
}

function choicesOf(property: INodeProperties | undefined): Example[] {
	return (property?.options ?? []).filter(isChoice).map(({ value }) => value);
}

function isChoice(
	option: INodePropertyOptions | INodeProperties | INodePropertyCollection,
): option is INodePropertyOptions {
	return 'value' in option;
}

function isParameters(value: unknown): value is INodeParameters {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
