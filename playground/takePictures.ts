/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium, selectors, type Page } from 'playwright-core';
import { folderOf, MAIN_EXAMPLE, workflowIdOf } from './src/exampleWorkflows';
import type { Workflow } from './src/n8nClient';
import { buildNodePackage, packNodePackage } from './src/nodePackage';
import { REPOSITORY } from './src/places';
import { showStep } from './src/screen';
import { OWNER, type Playground, startPlayground } from './src/startPlayground';

const IMAGES = path.join(REPOSITORY, 'docs', 'images');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const NODE_SHOWN = 'Reconcile';
/** What the window of the editor measures for the pictures of canvases, and for the others. */
const WIDE = { width: 1680, height: 1000 };
const USUAL = { width: 1440, height: 860 };
/** What is left around the nodes and notes of a canvas, in pixels: less than to the nearest button. */
const MARGIN = 16;

/**
 * Takes, in the real editor, a picture of each example's canvas and, after a real run of the main
 * example, those of the documentation.
 */
async function takePictures({ n8n, sandbox, examples }: Playground): Promise<void> {
	selectors.setTestIdAttribute('data-test-id');
	const profile = await mkdtemp(path.join(os.tmpdir(), 'chromium-'));
	const browser = await chromium.launchPersistentContext(profile, {
		executablePath: CHROMIUM,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
		viewport: USUAL,
		colorScheme: 'light',
	});
	try {
		const page = await browser.newPage();
		await signIn(page, n8n.url);
		await page.setViewportSize(WIDE);
		for (const { name, workflow } of examples) {
			await openCanvas(page, `${n8n.url}/workflow/${workflowIdOf(name)}`, workflow);
			await page.screenshot({
				path: path.join(folderOf(name), 'canvas.png'),
				clip: await boxOfNodes(page),
			});
		}

		await page.setViewportSize(USUAL);
		const main = examples.find(({ name }) => name === MAIN_EXAMPLE);
		if (main === undefined) throw new Error(`There is no example "${MAIN_EXAMPLE}"`);
		await openCanvas(page, `${n8n.url}/workflow/${workflowIdOf(MAIN_EXAMPLE)}`, main.workflow);
		await page.getByTestId('execute-workflow-button').first().click();
		const done = page.getByText('Workflow executed successfully');
		await done.waitFor({ timeout: 60_000 });
		await done.waitFor({ state: 'hidden' });
		await page.locator(`[data-node-name="${NODE_SHOWN}"]`).first().dblclick();
		await page.getByTestId('ndv').waitFor();
		await page.waitForTimeout(2000);
		await page.screenshot({ path: path.join(IMAGES, 'node-in-editor.png') });

		await page.goto(sandbox.url);
		await page.waitForTimeout(2000);
		await page.screenshot({ path: path.join(IMAGES, 'sandbox.png') });
	} finally {
		await browser.close();
		await rm(profile, { recursive: true, force: true });
	}
}

/** Opens a workflow in the editor and shows the whole of it. */
async function openCanvas(page: Page, url: string, { nodes }: Workflow): Promise<void> {
	await page.goto(url);
	for (const { name } of nodes) {
		await page.locator(`[data-node-name="${name}"]`).first().waitFor({ state: 'attached' });
	}
	await page.keyboard.press('1');
	await page.waitForTimeout(1500);
}

/** The part of the window in which the nodes and notes of the workflow are. */
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

async function signIn(page: Page, url: string): Promise<void> {
	await page.goto(`${url}/signin`);
	await page.getByTestId('emailOrLdapLoginId').locator('input').fill(OWNER.email);
	await page.getByTestId('password').locator('input').fill(OWNER.password);
	await page.getByTestId('form-submit-button').click();
	await page.waitForURL((address) => !address.pathname.includes('signin'));
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
		await showStep('Taking pictures', async () => await takePictures(started));
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
