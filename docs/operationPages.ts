/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { z } from 'zod';
import { operations } from '../nodes/AffilaeConversions/actions/conversion';
import type { Operation } from '../nodes/AffilaeConversions/actions/operation';
import { triggerFields } from '../nodes/AffilaeConversions/trigger/fields';

const SCHEMAS = path.join(__dirname, '../nodes/AffilaeConversions/__schema__/v1.0.0/conversion');

const schema = z.object({ properties: z.record(z.object({ type: z.string() })) });

/**
 * Generates the pages of `docs/operations` from the node's description and its output schemas.
 *
 * @returns Markdown by file name
 */
export async function operationPages(): Promise<Map<string, string>> {
	const pages = new Map([['README.md', index()]]);
	for (const operation of operations) pages.set(fileOf(operation), await page(operation));
	pages.set('trigger.md', triggerPage());
	return pages;
}

function fileOf({ option }: Operation): string {
	return `${option.value}.md`;
}

const GENERATED = '<!-- Generated from the node’s description by `npm run docs`. Do not edit. -->';

function index(): string {
	return `# Operations

${GENERATED}

${table(
	['Operation', 'What it does'],
	operations.map((operation) => [
		`[${operation.option.name}](${fileOf(operation)})`,
		operation.option.description ?? '',
	]),
)}

The trigger: [Affilae Conversions Trigger](trigger.md).
`;
}

async function page({ option, fields }: Operation): Promise<string> {
	const { properties } = schema.parse(
		JSON.parse(await readFile(path.join(SCHEMAS, `${option.value}.json`), 'utf8')),
	);
	return `# ${option.name}

${GENERATED}

${sentence(option.description ?? '')}

In a workflow file this is \`"operation": "${option.value}"\`.

## Parameters

${parameters(fields.filter(isForOperators))}

${fields.filter(isCollection).map(section).join('\n')}
## Output

${table(
	['Field', 'Type'],
	Object.entries(properties).map(([name, { type }]) => [`\`${name}\``, type]),
)}

Fields that Affilae does not return are left out. \`amount\` and \`commission\` are in the unit of **Amounts In**. Dates are
UTC. A failed item has two fields instead: \`error\` (what happened, and to which item) and \`message\` (what to do).
`;
}

function triggerPage(): string {
	return `# Affilae Conversions Trigger

${GENERATED}

Starts a workflow when a conversion appears, is accepted or refused, or changes its amount. Guarantees and limits:
[the trigger](../trigger.md).

## Parameters

${parameters(triggerFields)}

${triggerFields.filter(isCollection).map(section).join('\n')}
## Output

The conversion, with the same fields as the node’s output, and \`event\`. A status change adds \`previousStatus\`. An amount
change adds \`previousAmount\`, in the same unit as \`amount\`.
`;
}

function section(field: INodeProperties): string {
	return `## ${field.displayName}\n\n${parameters((field.options ?? []).filter(isField))}\n`;
}

function parameters(fields: readonly INodeProperties[]): string {
	return table(
		['Parameter', 'Name', 'Default', 'Description'],
		fields.map((field) => [
			`**${field.displayName}**${field.required ? ', required' : ''}`,
			`\`${field.name}\``,
			defaultOf(field),
			describe(field),
		]),
	);
}

function defaultOf({ default: value, options = [], modes = [] }: INodeProperties): string {
	const choice = options.filter(isChoice).find((option) => option.value === value);
	if (choice) return choice.name;
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	if (typeof value === 'object') {
		const mode = modes.find(({ name }) => value !== null && 'mode' in value && value.mode === name);
		return mode?.displayName ?? '';
	}
	return String(value);
}

function describe(field: INodeProperties): string {
	const { description, hint, placeholder, options = [], modes = [] } = field;
	const choices = options
		.filter(isChoice)
		.map(({ name, description: meaning }) => `_${name}_${meaning ? `: ${meaning}` : ''}`);
	const ways = modes.map(({ displayName, hint: meaning, placeholder: example }) => {
		const more = [meaning, example].filter(Boolean).join(', ');
		return `_${displayName}_${more ? `: ${more}` : ''}`;
	});
	if (isCollection(field)) return 'See below.';
	return [description, hint, placeholder, ...choices, ...ways]
		.filter((part): part is string => Boolean(part))
		.map(sentence)
		.join(' ');
}

function sentence(part: string): string {
	const text = part.replaceAll(/<\/?code>/g, '`').replaceAll('|', '\\|');
	return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isForOperators({ displayOptions }: INodeProperties): boolean {
	return displayOptions?.show?.['@tool']?.[0] !== true;
}

function isCollection({ type }: INodeProperties): boolean {
	return type === 'collection';
}

function isField(option: object): option is INodeProperties {
	return 'displayName' in option && 'type' in option;
}

function isChoice(option: object): option is INodePropertyOptions {
	return 'value' in option;
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
	const lines = [head, head.map(() => '---'), ...rows];
	return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
