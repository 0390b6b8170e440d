/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium, selectors, type Page } from 'playwright-core';
import { MAIN_EXAMPLE, workflowIdOf } from './src/exampleWorkflows';
import { buildNodePackage, packNodePackage } from './src/nodePackage';
import { REPOSITORY } from './src/places';
import { showStep } from './src/screen';
import { OWNER, type Playground, startPlayground } from './src/startPlayground';

const IMAGES = path.join(REPOSITORY, 'docs', 'images');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const NODE_SHOWN = 'Reconcile';

/** Takes the pictures of the documentation in the real editor, after a real run of the main example. */
async function takePictures({ n8n, sandbox }: Playground): Promise<void> {
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
		viewport: { width: 1440, height: 860 },
		colorScheme: 'light',
	});
	try {
		const page = await browser.newPage();
		await signIn(page, n8n.url);
		await page.goto(`${n8n.url}/workflow/${workflowIdOf(MAIN_EXAMPLE)}`);
		await page.getByText(NODE_SHOWN, { exact: true }).waitFor();
		await page.keyboard.press('1');
		await page.waitForTimeout(1500);
		await page.screenshot({ path: path.join(IMAGES, 'example-workflow.png') });

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
