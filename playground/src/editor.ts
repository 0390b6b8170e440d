/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Locator, type Page, selectors } from 'playwright-core';
import type { Owner, Workflow } from './n8nClient';

// Whoever drives the editor takes them from here: n8n brings a playwright-core of its own.
export type { Locator, Page };

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** The attribute by which n8n's own tests find the parts of the editor. */
const PART_ATTRIBUTE = 'data-test-id';
/** How long a part of the editor may take to appear on a slow machine. */
const APPEARS_WITHIN_MS = 60_000;

/** What the editor's window measures unless another size is set. */
export const USUAL_WINDOW = { width: 1440, height: 860 };

/** n8n's editor in a browser, signed in. */
export interface Editor {
	/** The one window. */
	readonly page: Page;
	/** Opens a stored workflow; resolves when all its nodes are on the canvas. */
	openWorkflow(id: string, workflow: Workflow): Promise<void>;
	/** Runs the open workflow by its button; resolves when it has succeeded. */
	runWorkflow(): Promise<void>;
	/** Opens a node of the open workflow. */
	openNode(name: string): Promise<void>;
	/** Ends the browser; nothing is left of it. */
	close(): Promise<void>;
}

/**
 * Opens n8n's editor in Chromium (`CHROMIUM`, or /usr/bin/chromium) and signs in.
 *
 * @param url where n8n is, without a slash at the end.
 * @throws {Error} when there is no such browser, or n8n does not let this owner in.
 */
export async function openEditor(url: string, owner: Owner): Promise<Editor> {
	selectors.setTestIdAttribute(PART_ATTRIBUTE);
	const profile = await mkdtemp(path.join(os.tmpdir(), 'chromium-'));
	let browser: BrowserContext | undefined;
	const close = async (): Promise<void> => {
		await browser?.close();
		await rm(profile, { recursive: true, force: true, maxRetries: 3 });
	};
	try {
		browser = await chromium.launchPersistentContext(profile, {
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
			viewport: USUAL_WINDOW,
			colorScheme: 'light',
		});
		browser.setDefaultTimeout(APPEARS_WITHIN_MS);
		const page = await browser.newPage();
		await signIn(page, url, owner);
		return {
			page,
			openWorkflow: async (id, { nodes }) => {
				await page.goto(`${url}/workflow/${id}`);
				for (const { name } of nodes) await nodeOnCanvas(page, name).waitFor({ state: 'attached' });
			},
			runWorkflow: async () => {
				await page.getByTestId('execute-workflow-button').first().click();
				const done = page.getByText('Workflow executed successfully');
				await done.waitFor();
				await done.waitFor({ state: 'hidden' });
			},
			openNode: async (name) => {
				await nodeOnCanvas(page, name).dblclick();
				await page.getByTestId('ndv').waitFor();
			},
			close,
		};
	} catch (error) {
		await close();
		throw error;
	}
}

function nodeOnCanvas(page: Page, name: string): Locator {
	return page.locator(`[data-node-name="${name}"]`).first();
}

async function signIn(page: Page, url: string, { email, password }: Owner): Promise<void> {
	await page.goto(`${url}/signin`);
	await page.getByTestId('emailOrLdapLoginId').locator('input').fill(email);
	await page.getByTestId('password').locator('input').fill(password);
	await page.getByTestId('form-submit-button').click();
	await page.waitForURL((address) => !address.pathname.includes('signin'));
}
