/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { selectors } from 'playwright-core';
import { type Browser, type Locator, openBrowser, type Page, USUAL_WINDOW } from './browser';
import type { Owner, Workflow } from './n8nClient';

export { type Locator, type Page, USUAL_WINDOW };

/** The attribute by which n8n's own tests find parts of the editor. */
const PART_ATTRIBUTE = 'data-test-id';

/** n8n's editor in a browser, signed in. */
export interface Editor extends Browser {
	/** Opens a stored workflow; resolves when all its nodes are on the canvas. */
	openWorkflow(id: string, workflow: Workflow): Promise<void>;
	/** Runs the open workflow with its button; resolves when it has succeeded. */
	runWorkflow(): Promise<void>;
	/** Opens a node of the open workflow. */
	openNode(name: string): Promise<void>;
}

/**
 * Opens n8n's editor in Chromium (`CHROMIUM`, or /usr/bin/chromium) and signs in.
 *
 * @param url n8n's address, without a trailing slash
 * @throws {Error} if there is no such browser, or this owner cannot sign in
 */
export async function openEditor(url: string, owner: Owner): Promise<Editor> {
	selectors.setTestIdAttribute(PART_ATTRIBUTE);
	const { page, close } = await openBrowser();
	try {
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
