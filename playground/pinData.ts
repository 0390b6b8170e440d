/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
/** Pins the data of each example in its workflow. Run it after the data changes. */
import { writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { readExamples, readPinData, workflowFileOf } from './src/exampleWorkflows';

async function main(): Promise<void> {
	for (const example of await readExamples()) {
		const file = workflowFileOf(example.name);
		const workflow = { ...example.workflow, pinData: await readPinData(example) };
		const style = { ...(await prettier.resolveConfig(file)), filepath: file };
		await writeFile(file, await prettier.format(JSON.stringify(workflow, null, '\t'), style));
	}
}

void main();
