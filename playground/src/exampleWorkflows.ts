/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
	type CredentialReference,
	type NodeType,
	type Workflow,
	workflowSchema,
} from './n8nClient';
import { EXAMPLES } from './places';

/** The example that shows the main job. */
export const MAIN_EXAMPLE = 'shopify-returns';

/** An example, named by its file's name without the ending. */
export interface Example {
	name: string;
	workflow: Workflow;
}

/**
 * Reads all examples.
 *
 * @throws {ZodError} when a file is no workflow.
 */
export async function readExamples(): Promise<Example[]> {
	const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith('.json')).sort();
	return await Promise.all(
		files.map(async (file) => {
			const content: unknown = JSON.parse(await readFile(path.join(EXAMPLES, file), 'utf8'));
			return { name: path.basename(file, '.json'), workflow: workflowSchema.parse(content) };
		}),
	);
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
	const usable = new Map(
		nodeTypes.map((type) => [type.name, (type.credentials ?? []).map(({ name }) => name)]),
	);
	return {
		...workflow,
		nodes: workflow.nodes.map((node) => {
			const own = (usable.get(node.type) ?? []).flatMap((type) => {
				const credential = credentials[type];
				return credential === undefined ? [] : [[type, credential] as const];
			});
			return own.length === 0
				? node
				: { ...node, credentials: { ...node.credentials, ...Object.fromEntries(own) } };
		}),
	};
}
