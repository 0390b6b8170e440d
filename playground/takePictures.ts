/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Editor, openEditor, type Page, USUAL_WINDOW } from './src/editor';
import { folderOf, workflowIdOf } from './src/exampleWorkflows';
import type { Workflow } from './src/n8nClient';
import { buildNodePackage, packNodePackage } from './src/nodePackage';
import { FIRST_LOOK, SHOWN, WATCH } from './src/picturedWorkflow';
import { REPOSITORY } from './src/places';
import { showStep } from './src/screen';
import { AFFILAE_CREDENTIAL, OWNER, type Playground, startPlayground } from './src/startPlayground';

const IMAGES = path.join(REPOSITORY, 'docs', 'images');
/** The size of the editor's window for pictures of canvases. */
const WIDE_WINDOW = { width: 1680, height: 1000 };
/** The margin around the nodes and notes of a canvas, in pixels: small enough to leave out the buttons. */
const MARGIN = 16;

/**
 * Takes a picture of each example's canvas and the documentation's pictures, in the real editor.
 *
 * @param only what to take: names of examples, for their canvases, or `docs`
 */
async function takePictures(playground: Playground, only: readonly string[]): Promise<void> {
	const { n8n, sandbox, examples } = playground;
	const editor = await openEditor(n8n.url, OWNER);
	try {
		const { page } = editor;
		await page.setViewportSize(WIDE_WINDOW);
		for (const { name, workflow } of examples) {
			if (only.length > 0 && !only.includes(name)) continue;
			await openCanvas(editor, workflowIdOf(name), workflow);
			await page.screenshot({
				path: path.join(folderOf(name), 'canvas.png'),
				clip: await boxOfNodes(page),
			});
		}
		if (only.length > 0 && !only.includes('docs')) return;

		await page.setViewportSize(USUAL_WINDOW);
		await takeNodes(editor, playground);
		await page.goto(sandbox.url);
		await page.waitForTimeout(2000);
		await page.screenshot({ path: path.join(IMAGES, 'sandbox.png') });
	} finally {
		await editor.close();
	}
}

/** Pictures of the credential, and of each node with its output. */
async function takeNodes(editor: Editor, playground: Playground): Promise<void> {
	const { page } = editor;
	const { n8n, credentials } = playground;
	const take = async (name: string) => {
		await page.waitForTimeout(1500);
		await page.screenshot({ path: path.join(IMAGES, `${name}.png`) });
	};
	const run = async (id: string, workflow: Workflow) => {
		await playground.store(id, workflow);
		await editor.openWorkflow(id, workflow);
		await editor.runWorkflow();
	};
	await run('playground-first-look', FIRST_LOOK);
	await editor.openNode(SHOWN.list);
	await take('get-many');
	await page.keyboard.press('Escape');

	await editor.openNode(SHOWN.reconcile);
	const table = page.getByTestId('ndv').getByTestId('output-panel').locator('table');
	// Outcome and message are the last columns.
	await table.locator('th').last().scrollIntoViewIfNeeded();
	await take('reconcile');
	await page.keyboard.press('Escape');

	await run('playground-watch', WATCH);
	await editor.openNode(SHOWN.trigger);
	await take('trigger');

	await page.goto(`${n8n.url}/home/credentials/${credentials[AFFILAE_CREDENTIAL.type]?.id ?? ''}`);
	await page.getByTestId('editCredential-modal').waitFor();
	await take('credential');
}

/** Opens a workflow in the editor and shows the whole of it. */
async function openCanvas(editor: Editor, id: string, workflow: Workflow): Promise<void> {
	await editor.openWorkflow(id, workflow);
	await editor.page.keyboard.press('1');
	await editor.page.waitForTimeout(1500);
}

/** The part of the window that contains the workflow's nodes and notes. */
async function boxOfNodes(page: Page) {
	const boxes = await Promise.all(
		(await page.locator('.vue-flow__node').all()).map(async (node) => await node.boundingBox()),
	);
	const shown = boxes.flatMap((box) => (box === null ? [] : [box]));
	const left = Math.min(...shown.map(({ x }) => x)) - MARGIN;
	const top = Math.min(...shown.map(({ y }) => y)) - MARGIN;
	const right = Math.max(...shown.map(({ x, width }) => x + width)) + MARGIN;
	const bottom = Math.max(...shown.map(({ y, height }) => y + height)) + MARGIN;
	return { x: left, y: top, width: right - left, height: bottom - top };
}

async function main(): Promise<void> {
	await mkdir(IMAGES, { recursive: true });
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-pictures-'));
	let playground: Playground | undefined;
	try {
		await showStep('Building the node', async () => await buildNodePackage());
		const tarball = await packNodePackage(folder);
		playground = await showStep(
			'Starting the sandbox and n8n',
			async () => await startPlayground({ userFolder: path.join(folder, 'user'), tarball }),
		);
		const started = playground;
		await showStep(
			'Taking pictures',
			async () => await takePictures(started, process.argv.slice(2)),
		);
	} finally {
		await playground?.stop();
		await rm(folder, { recursive: true, force: true });
	}
}

void main().then(
	() => process.exit(0),
	(reason: unknown) => {
		process.stderr.write(`${String(reason)}\n`);
		process.exit(1);
	},
);
