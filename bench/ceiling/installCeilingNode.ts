/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';

const PACKAGE_NAME = 'n8n-nodes-bench-ceiling';
const SOURCE = path.join(__dirname, 'BenchCeiling.node.ts');

/** The type of the bare node, as n8n names it. */
export const CEILING_NODE = `${PACKAGE_NAME}.benchCeiling`;

/** Compiles the bare node and puts it where n8n puts community packages. */
export async function installCeilingNode(userFolder: string): Promise<void> {
	const folder = path.join(userFolder, '.n8n', 'nodes', 'node_modules', PACKAGE_NAME);
	await mkdir(folder, { recursive: true });
	const { outputText } = ts.transpileModule(await readFile(SOURCE, 'utf8'), {
		compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
	});
	await writeFile(path.join(folder, 'BenchCeiling.node.js'), outputText);
	const description = {
		name: PACKAGE_NAME,
		version: '1.0.0',
		n8n: { n8nNodesApiVersion: 1, nodes: ['BenchCeiling.node.js'] },
	};
	await writeFile(path.join(folder, 'package.json'), JSON.stringify(description));
}
