/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import {
	type CredentialReference,
	type NodeType,
	type Workflow,
	workflowSchema,
} from './n8nClient';
import { EXAMPLES } from './places';

/** The example that shows the main job. */
export const MAIN_EXAMPLE = 'shopify-returns';

/** An example, named by its folder's name. */
export interface Example {
	name: string;
	workflow: Workflow;
}

/** Where an example has its workflow, its page, its picture and its data. */
export function folderOf(example: string): string {
	return path.join(EXAMPLES, example);
}

/** The file of an example's workflow, as an operator imports it. */
export function workflowFileOf(example: string): string {
	return path.join(folderOf(example), `${example}.json`);
}

/**
 * Reads all examples.
 *
 * @throws {ZodError} when a file is no workflow.
 */
export async function readExamples(): Promise<Example[]> {
	const entries = await readdir(EXAMPLES, { withFileTypes: true });
	const names = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
	return await Promise.all(
		names.map(async (name) => {
			const content: unknown = JSON.parse(await readFile(workflowFileOf(name), 'utf8'));
			return { name, workflow: workflowSchema.parse(content) };
		}),
	);
}

/**
 * What an example pins to its nodes, by the node's name: of each node that has one, the file in the
 * example's `data` that has the node's name in small letters, with hyphens and the ending `.json`.
 *
 * @throws {Error} when a JSON file there belongs to no node.
 */
export async function readPinData({
	name,
	workflow,
}: Example): Promise<NonNullable<Workflow['pinData']>> {
	const folder = path.join(folderOf(name), 'data');
	const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith('.json'));
	const pinned = await Promise.all(
		files.sort().map(async (file) => {
			const node = workflow.nodes.find((candidate) => dataFileOf(candidate.name) === file);
			if (node === undefined) throw new Error(`${name}/data/${file} is the data of no node`);
			const content: unknown = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
			const items = z.array(z.record(z.unknown())).parse(content);
			return [node.name, items.map((json) => ({ json }))] as const;
		}),
	);
	return Object.fromEntries(pinned);
}

/** The name of the file with what is pinned to a node: `orders-from-shopify.json`. */
function dataFileOf(node: string): string {
	const words = node.toLowerCase().match(/[a-z0-9]+/g) ?? [];
	return `${words.join('-')}.json`;
}

/** The nodes of a workflow that are set to Dry Run, by their names. */
export function dryNodesOf({ nodes }: Workflow): string[] {
	const dry = z.object({ parameters: z.object({ dryRun: z.literal(true) }) });
	return nodes.flatMap((node) => (dry.safeParse(node).success ? [node.name] : []));
}

/**
 * The workflow with Dry Run switched off, as an operator does who has seen what it would do.
 *
 * @param nodes the names of the nodes in which it is switched off
 */
export function withDryRunOff(workflow: Workflow, nodes: readonly string[]): Workflow {
	return {
		...workflow,
		nodes: workflow.nodes.map((node) =>
			nodes.includes(node.name)
				? {
						...node,
						parameters: { ...z.record(z.unknown()).parse(node.parameters), dryRun: false },
					}
				: node,
		),
	};
}

/** The id that an example has in the playground's n8n: the same at every start. */
export function workflowIdOf(example: string): string {
	return `playground-${example}`;
}

/**
 * The workflow with credentials at each node that can use them.
 *
 * @param credentials by credential type.
 */
export function withCredentials(
	workflow: Workflow,
	nodeTypes: readonly NodeType[],
	credentials: Readonly<Record<string, CredentialReference>>,
): Workflow {
	// A node type that has several versions is listed once for each.
	const usable = new Map<string, Set<string>>();
	for (const type of nodeTypes) {
		const own = (type.credentials ?? []).map(({ name }) => name);
		usable.set(type.name, new Set([...(usable.get(type.name) ?? []), ...own]));
	}
	return {
		...workflow,
		nodes: workflow.nodes.map((node) => {
			const own = [...(usable.get(node.type) ?? [])].flatMap((type) => {
				const credential = credentials[type];
				return credential === undefined ? [] : [[type, credential] as const];
			});
			return own.length === 0
				? node
				: { ...node, credentials: { ...node.credentials, ...Object.fromEntries(own) } };
		}),
	};
}
