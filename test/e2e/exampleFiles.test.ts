/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import {
	type Example,
	folderOf,
	readExamples,
	readPinData,
	workflowFileOf,
} from '../../playground/src/exampleWorkflows';
import type { Workflow } from '../../playground/src/n8nClient';
import { EXAMPLES } from '../../playground/src/places';
import { NODES_OF_1_123 } from './nodesOf1.123';

const names = readdirSync(EXAMPLES, { withFileTypes: true }).flatMap((entry) =>
	entry.isDirectory() ? [entry.name] : [],
);
/** Examples that only read, so they have no Dry Run. */
const READ_ONLY = ['data-tables', 'monthly-report'];
/** Examples that add nothing to the table: a report, and a chat in which a person decides. */
const WITHOUT_LIST = ['monthly-report', 'ai-review'];
/** Bold words of a first note that are not nodes: fields, and choices of forms. */
const CHOICES = ['Dry Run', 'Only look', 'Tell Affilae', 'yes'];
/** Examples that run more than once a day, and how often they may run. */
const RUNS_PER_DAY: Readonly<Record<string, number>> = {
	// A person answers the question, so a poll every quarter of an hour is soon enough.
	'large-conversion-approval': 96,
	'data-tables': 24,
};

async function exampleOf(name: string): Promise<Example> {
	const example = (await readExamples()).find((one) => one.name === name);
	if (example === undefined) throw new Error(`There is no example "${name}"`);
	return example;
}

function file(example: string, ...segments: string[]): Buffer {
	return readFileSync(path.join(folderOf(example), ...segments));
}

const schedule = z.object({
	rule: z.object({
		interval: z.tuple([z.object({ field: z.enum(['days', 'months']).default('days') })]),
	}),
});
const polls = z.object({
	pollTimes: z.object({
		item: z.tuple([
			z.discriminatedUnion('mode', [
				z.object({ mode: z.literal('everyHour') }),
				z.object({ mode: z.literal('everyX'), unit: z.literal('minutes'), value: z.number() }),
			]),
		]),
	}),
});

/** How many times a day a node starts its workflow on a schedule; 0 for other nodes. */
function runsPerDay({ type, parameters }: Workflow['nodes'][number]): number {
	if (type === 'n8n-nodes-base.scheduleTrigger') {
		const { field } = schedule.parse(parameters).rule.interval[0];
		return field === 'days' ? 1 : 1 / 28;
	}
	const [poll] = polls.safeParse(parameters).data?.pollTimes.item ?? [];
	if (poll === undefined) return 0;
	return poll.mode === 'everyHour' ? 24 : (24 * 60) / poll.value;
}

const affilaeNode = z.object({
	name: z.string(),
	type: z.string(),
	onError: z.string().optional(),
	// A trigger has none.
	parameters: z.object({ operation: z.string().default('list') }).passthrough(),
});

function affilaeNodesOf(nodes: Workflow['nodes']): Array<z.infer<typeof affilaeNode>> {
	return z
		.array(affilaeNode)
		.parse(nodes.filter(({ type }) => type.startsWith('n8n-nodes-affilae.')));
}

function isWriting({ parameters }: z.infer<typeof affilaeNode>): boolean {
	return !['list', 'info'].includes(parameters.operation);
}

describe.each(names)('the folder of the example "%s"', (name) => {
	test('has the workflow, a page that says when to use it and how to import it, and a picture', () => {
		expect(readdirSync(folderOf(name))).toEqual(
			expect.arrayContaining(['README.md', 'canvas.png', `${name}.json`]),
		);
		const page = file(name, 'README.md').toString();
		expect(page).toContain('](canvas.png)');
		expect(page).toContain(`${name}.json`);
		for (const title of ['## When to use it', '## Import it', '## Make it yours', '## Try it']) {
			expect(page).toContain(`\n${title}`);
		}
		const picture = file(name, 'canvas.png');
		expect(picture.subarray(1, 4).toString()).toBe('PNG');
		expect(picture.length).toBeGreaterThan(20_000);
	});

	test('is named in the index of examples', () => {
		expect(readFileSync(path.join(EXAMPLES, 'README.md'), 'utf8')).toContain(
			`](${name}/README.md)`,
		);
	});

	test('pins exactly its data', async () => {
		const example = await exampleOf(name);
		expect(example.workflow.pinData ?? {}).toEqual(await readPinData(example));
	});

	test('contains no credential and no ID of an n8n, and is not published', () => {
		const content: unknown = JSON.parse(readFileSync(workflowFileOf(name), 'utf8'));
		const workflow = z
			.object({ nodes: z.array(z.record(z.unknown())) })
			.passthrough()
			.parse(content);
		for (const key of ['id', 'versionId', 'meta', 'active', 'shared', 'tags']) {
			expect(workflow).not.toHaveProperty(key);
		}
		expect(workflow.nodes.filter((node) => 'credentials' in node)).toEqual([]);
		expect(JSON.stringify(workflow)).not.toMatch(/bearer |api[_-]?key"|password"|secret"/i);
	});

	test('contains no personal data: email addresses are at example.com, and there are no telephone numbers', () => {
		const files = readdirSync(folderOf(name), { recursive: true, encoding: 'utf8' });
		const texts = files
			.filter((each) => /\.(json|csv|md|sql)$/.test(each))
			.map((each) => file(name, each).toString());
		expect(texts.length).toBeGreaterThan(1);
		for (const text of texts) {
			const hosts = [...text.matchAll(/[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/g)].map((match) => match[1]);
			expect(hosts.filter((host) => host !== 'example.com')).toEqual([]);
			expect(text).not.toMatch(
				/\b(?!127\.0\.0\.1\b)\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|"phone"|\+\d{2} ?\d/,
			);
		}
	});

	test('has Dry Run on, and says in its first note how to begin and how to set up the program', async () => {
		const { workflow } = await exampleOf(name);
		const writing = affilaeNodesOf(workflow.nodes).filter(isWriting);
		for (const { parameters } of writing) {
			expect(parameters['dryRun'] === true || name === 'csv-returns').toBe(true);
		}
		const [first] = z
			.array(z.object({ type: z.string(), parameters: z.object({ content: z.string() }) }))
			.parse(workflow.nodes.slice(0, 1));
		expect(first?.type).toBe('n8n-nodes-base.stickyNote');
		const { content = '' } = first?.parameters ?? {};
		const steps = content.split('\n').filter((line) => /^\d\. /.test(line));
		expect(steps.map((step) => step.slice(0, 2))).toEqual(['1.', '2.', '3.']);
		expect(steps[0]).toContain('Affilae credential');
		const isPinned = Object.keys(workflow.pinData ?? {}).length > 0;
		expect(steps[1]).toMatch(
			isPinned
				? /^2\. Unpin .* sample data, and one of your orders might have the same number/
				: /Nothing is pinned/,
		);
		expect(steps[2]).toMatch(/Dry Run.*nothing is sent/);
		expect(steps[2]).toMatch(
			READ_ONLY.includes(name)
				? /There is no Dry Run/
				: name === 'csv-returns'
					? /choose \*\*Tell Affilae\*\*/
					: /turn off Dry Run in \*\*/,
		);
		const nodes = workflow.nodes.map((node) => node.name);
		const named = steps.flatMap((step) =>
			[...step.matchAll(/\*\*(.+?)\*\*/g)].map(([, text]) => text),
		);
		expect(
			named.filter((text) => !nodes.includes(text ?? '') && !CHOICES.includes(text ?? '')),
		).toEqual([]);
		expect(content).toMatch(/commission rules.* must leave new conversions \*\*pending\*\*/);
		const page = file(name, 'README.md').toString();
		expect(page).toContain('Dry Run');
		expect(page).toMatch(/new conversions[^.]*pending/);
	});

	test('sends failed items to a person, and does not stop for them', async () => {
		const { workflow } = await exampleOf(name);
		const writing = affilaeNodesOf(workflow.nodes).filter(isWriting);
		expect(writing.length > 0).toBe(!READ_ONLY.includes(name));
		for (const node of writing) {
			if (node.type.endsWith('Tool')) {
				// n8n does not pass the items of the error branch to a model.
				expect(node.onError).toBeUndefined();
				continue;
			}
			expect(node.onError).toBe('continueErrorOutput');
			const connections = z
				.object({ main: z.array(z.array(z.object({ node: z.string() }))) })
				.parse(workflow.connections[node.name]);
			expect(connections.main[1]?.map((to) => to.node)).toEqual(['A person decides']);
		}
	});

	test('adds what a person decides to the table "Affilae: to check", and has an email that is switched off', async () => {
		const { workflow } = await exampleOf(name);
		const targets = WITHOUT_LIST.includes(name) ? [] : ['Affilae: to check', 'Send an email'];
		const connections = z
			.object({ main: z.array(z.array(z.object({ node: z.string() }))) })
			.optional()
			.parse(workflow.connections['A person decides']);
		const next = connections?.main[0]?.map((to) => to.node) ?? [];
		expect(next).toEqual(expect.arrayContaining(targets));
		expect(next.length > 0).toBe(targets.length > 0);
		const states = z
			.array(z.object({ disabled: z.boolean().default(false), onError: z.string().optional() }))
			.parse(targets.map((target) => workflow.nodes.find((node) => node.name === target)));
		expect(states).toEqual(
			targets.length === 0
				? []
				: [
						{ disabled: false, onError: 'continueRegularOutput' },
						{ disabled: true, onError: undefined },
					],
		);
	});

	test('runs no more often than necessary', async () => {
		const { workflow } = await exampleOf(name);
		const runs = workflow.nodes.map((node) => runsPerDay(node));
		expect([name, Math.max(...runs) <= (RUNS_PER_DAY[name] ?? 1)]).toEqual([name, true]);
	});

	test('uses only nodes and versions that n8n 1.123 has', async () => {
		const { workflow } = await exampleOf(name);
		for (const { type, typeVersion } of z
			.array(z.object({ type: z.string(), typeVersion: z.number() }))
			.parse(workflow.nodes)) {
			if (type.startsWith('n8n-nodes-affilae.')) continue;
			expect([type, NODES_OF_1_123[type] ?? []]).toEqual([
				type,
				expect.arrayContaining([typeVersion]),
			]);
		}
	});

	test('uses US English in its page and its notes', async () => {
		const { workflow } = await exampleOf(name);
		const notes = workflow.nodes.map(({ parameters }) => JSON.stringify(parameters));
		const page = file(name, 'README.md').toString();
		// Text between backticks or quotes may be a name that a shop uses.
		const prose = [page, ...notes].join('\n').replaceAll(/`[^`]*`|'[^']*'|"topic":"[^"]*"/g, '');
		expect(
			prose.match(
				/(?<!\.)\b(cancelled|colour|favour|behaviour|programme|organis|recognis|whilst|anew)\w*/gi,
			),
		).toBeNull();
	});
});
