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

/** The example that shows what the node is mainly for. */
export const MAIN_EXAMPLE = 'shopify-returns';

/** An example. Its name is that of its folder. */
export interface Example {
	name: string;
	workflow: Workflow;
}

/** The folder with an example's workflow, page, picture and data. */
export function folderOf(example: string): string {
	return path.join(EXAMPLES, example);
}

/** The workflow file of an example, which operators import. */
export function workflowFileOf(example: string): string {
	return path.join(folderOf(example), `${example}.json`);
}

/**
 * Reads all examples.
 *
 * @throws {ZodError} if a file is not a workflow
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
 * The data that an example pins to its nodes, by node name. It comes from the files in the example's `data`
 * that are named after a node: `orders-from-shopify.json` belongs to "Orders from Shopify".
 *
 * @throws {Error} if a JSON file there belongs to no node
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
			if (node === undefined) throw new Error(`${name}/data/${file} belongs to no node`);
			const content: unknown = JSON.parse(await readFile(path.join(folder, file), 'utf8'));
			const items = z.array(z.record(z.unknown())).parse(content);
			return [node.name, items.map((json) => ({ json }))] as const;
		}),
	);
	return Object.fromEntries(pinned);
}

const AGE_OF_ORDERS_MS = 40 * 86_400_000;

/**
 * The example with its pinned Shopify orders created 40 days ago. Their dates are fixed, and the workflow
 * treats orders differently if they are about to be too old for Shopify to show them.
 */
export function withRecentOrders(example: Example): Example {
	const { name, workflow } = example;
	const node = 'Orders from Shopify';
	const page = z.object({
		json: z.object({ body: z.object({ orders: z.array(z.record(z.unknown())) }) }),
	});
	if (workflow.pinData?.[node] === undefined) return example;
	const created = new Date(Date.now() - AGE_OF_ORDERS_MS).toISOString();
	const pages = z.array(page).parse(workflow.pinData[node]);
	const recent = pages.map(({ json: { body } }) => ({
		json: { body: { orders: body.orders.map((order) => ({ ...order, created_at: created })) } },
	}));
	return { name, workflow: { ...workflow, pinData: { ...workflow.pinData, [node]: recent } } };
}

/** The name of the file with a node's pinned data: `orders-from-shopify.json`. */
function dataFileOf(node: string): string {
	const words = node.toLowerCase().match(/[a-z0-9]+/g) ?? [];
	return `${words.join('-')}.json`;
}

/** The names of a workflow's nodes that have Dry Run on. */
export function dryNodesOf({ nodes }: Workflow): string[] {
	const dry = z.object({ parameters: z.object({ dryRun: z.literal(true) }) });
	return nodes.flatMap((node) => (dry.safeParse(node).success ? [node.name] : []));
}

/**
 * The workflow with Dry Run off, as operators set it after they have seen what would happen.
 *
 * @param nodes the names of the nodes in which to turn it off
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

/** The ID of an example in the playground's n8n, the same at every start. */
export function workflowIdOf(example: string): string {
	return `playground-${example}`;
}

/**
 * The workflow with credentials in each node that can use them.
 *
 * @param credentials by credential type
 */
export function withCredentials(
	workflow: Workflow,
	nodeTypes: readonly NodeType[],
	credentials: Readonly<Record<string, CredentialReference>>,
): Workflow {
	// A node type with several versions is listed once for each.
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
