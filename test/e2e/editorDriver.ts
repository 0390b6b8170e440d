/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator, Page } from '../../playground/src/editor';

/**
 * What an operator does in n8n's editor, step by step. Each step waits for what it needs to appear.
 */

/** The fields of a credential with a custom address. */
export interface Account {
	token: string;
	baseUrl: string;
}

/** Creates the credential "Affilae API", which n8n tests as it saves it; leaves its dialog open. */
export async function createCredential(
	page: Page,
	n8nUrl: string,
	{ token, baseUrl }: Account,
): Promise<Locator> {
	await page.goto(`${n8nUrl}/home/credentials/create`);
	await page.getByTestId('new-credential-type-select').locator('input').fill('Affilae');
	await page.getByTestId('new-credential-type-select-option').getByText('Affilae API').click();
	await page.getByTestId('new-credential-type-button').click();

	const dialog = page.getByTestId('editCredential-modal');
	await dialog.getByTestId('parameter-input-token').locator('input').fill(token);
	await dialog.getByTestId('parameter-input-environment').click();
	await optionCalled(page, 'Custom').click();
	await dialog.getByTestId('parameter-input-baseUrl').locator('input').fill(baseUrl);
	await dialog.getByTestId('credential-save-button').click();
	return dialog;
}

/** Opens an empty workflow. */
export async function startWorkflow(page: Page, n8nUrl: string): Promise<void> {
	await page.goto(`${n8nUrl}/workflow/new`);
	await page.getByTestId('canvas-plus-button').waitFor();
}

/** Adds a node to the open workflow by searching for it, and one of its actions if it has any. */
export async function addNode(page: Page, name: string, action?: string): Promise<void> {
	await page.getByTestId('node-creator-plus-button').click();
	await page.getByTestId('node-creator-search-bar').fill(name);
	const offered = page.getByTestId('node-creator-item-name');
	await offered.getByText(name, { exact: true }).click();
	if (action !== undefined) await offered.getByText(action, { exact: true }).click();
}

/** The panel of the node that is open. */
export class NodePanel {
	private readonly panel: Locator;
	private readonly output: Locator;

	constructor(private readonly page: Page) {
		this.panel = page.getByTestId('ndv');
		this.output = this.panel.getByTestId('output-panel');
	}

	/** Chooses the credential that the node uses. */
	async chooseCredential(name: string): Promise<void> {
		await this.panel.getByTestId('node-credentials-select').click();
		await optionCalled(this.page, name).click();
	}

	/** Chooses from a parameter with fixed choices. */
	async choose(parameter: string, choice: string): Promise<void> {
		await this.field(parameter).click();
		await optionCalled(this.page, choice).click();
	}

	/** Types a fixed text. */
	async type(parameter: string, text: string): Promise<void> {
		await this.field(parameter).locator('input').fill(text);
	}

	/** Switches a parameter to Expression and types one; resolves when n8n shows its result. */
	async typeExpression(parameter: string, expression: string, result: string): Promise<void> {
		await this.field(parameter).hover();
		await this.panel
			.getByTestId(`${parameter}-parameter-input-options-container`)
			.getByTestId('radio-button-expression')
			.click();
		const editor = this.field(parameter).locator('.cm-content');
		await editor.fill(expression);
		await editor.blur();
		// Until then, a run still uses the previous expression, because n8n saves input with a delay.
		await this.panel
			.getByTestId(`parameter-expression-preview-${parameter}`)
			.getByText(result, { exact: true })
			.waitFor();
	}

	/** Sets a parameter to From List, and opens the list. */
	async openList(parameter: string): Promise<void> {
		await this.chooseMode(parameter, 'From list');
		await this.locator(parameter).getByTestId('rlc-input').click();
	}

	/** Sets how a resource locator is filled in, by the name that the editor shows. */
	async chooseMode(parameter: string, mode: string): Promise<void> {
		await this.locator(parameter).getByTestId('rlc-mode-selector').click();
		await optionCalled(this.page, mode).click();
	}

	/** Whether the name of the chosen mode does not fit into its box. */
	async isModeCut(parameter: string): Promise<boolean> {
		const input = this.locator(parameter).getByTestId('rlc-mode-selector').locator('input');
		return await input.evaluate((box) => box.scrollWidth > box.clientWidth + 2);
	}

	/** The choices of a parameter with a description that does not fit. */
	async cutChoices(parameter: string): Promise<string[]> {
		await this.field(parameter).click();
		const choices = this.page.getByRole('option').filter({ visible: true });
		await choices.first().waitFor();
		const texts = await choices.evaluateAll((options) =>
			options.flatMap((option) => {
				const parts = [option, ...Array.from(option.querySelectorAll('*'))];
				const isCut = parts.some((part) => part.scrollHeight > part.clientHeight + 2);
				return isCut ? [option.textContent ?? ''] : [];
			}),
		);
		await this.page.keyboard.press('Escape');
		return texts;
	}

	/** Waits until a field is shown. */
	async waitForField(parameter: string): Promise<void> {
		await this.field(parameter).waitFor();
	}

	/** The given fields that are shown, from top to bottom. */
	async inOrder(fields: readonly string[]): Promise<string[]> {
		const placed = await Promise.all(
			fields.map(async (field) => {
				const box = await this.field(field).or(this.locator(field)).first().boundingBox();
				return { field, top: box?.y ?? Infinity };
			}),
		);
		return placed.sort((a, b) => a.top - b.top).map(({ field }) => field);
	}

	/** Picks the entry with this text from the list of a parameter, optionally after a search. */
	async pick(parameter: string, text: string, search?: string): Promise<void> {
		await this.openList(parameter);
		if (search !== undefined) await this.shown('rlc-search').fill(search);
		await this.shown('rlc-item').filter({ hasText: text }).click();
	}

	/** The message of the open list in place of entries. */
	async listError(): Promise<string> {
		return await this.shown('rlc-error-container').innerText();
	}

	/** Switches on what is off by default. */
	async switchOn(parameter: string): Promise<void> {
		await this.field(parameter).click();
	}

	/** Presses Execute step on a node that has not run before; resolves when it has run. */
	async execute(): Promise<'success' | 'error'> {
		await this.panel.getByTestId('node-execute-button').click();
		const success = this.output.getByTestId('node-run-status-success');
		const error = this.output.getByTestId('node-run-status-danger');
		await success.or(error).waitFor();
		return (await success.isVisible()) ? 'success' : 'error';
	}

	/** Waits for a hint over the output with this text. */
	async waitForHint(text: string): Promise<void> {
		await this.output.getByTestId('node-hint').filter({ hasText: text }).waitFor();
	}

	/** The hints over the output. */
	async hints(): Promise<string[]> {
		const texts = await this.output.getByTestId('node-hint').allInnerTexts();
		return texts.map((text) => text.trim());
	}

	/** The items of the output table as they are shown, by column. */
	async items(): Promise<Array<Record<string, string>>> {
		const table = this.output.locator('table');
		await table.locator('tbody tr').first().waitFor();
		const columns = await trimmed(table.locator('thead th'));
		const rows = await table.locator('tbody tr').all();
		return await Promise.all(
			rows.map(async (row) => {
				const cells = await trimmed(row.locator('td'));
				return Object.fromEntries(
					columns.flatMap((column, index) => (column === '' ? [] : [[column, cells[index] ?? '']])),
				);
			}),
		);
	}

	/** The error that is shown in place of the output. */
	async error(): Promise<string> {
		const parts = ['node-error-message', 'node-error-description'].map(
			async (part) => await this.output.getByTestId(part).innerText(),
		);
		return (await Promise.all(parts)).join('\n');
	}

	private locator(parameter: string): Locator {
		return this.panel.getByTestId(`resource-locator-${parameter}`);
	}

	private field(parameter: string): Locator {
		return this.panel.getByTestId(`parameter-input-${parameter}`);
	}

	/** A visible part of the page. Lists are outside the panel, and those opened earlier are hidden. */
	private shown(part: string): Locator {
		return this.page.getByTestId(part).filter({ visible: true });
	}
}

/** Does the steps. If one fails, saves a screenshot and reports where it is. */
export async function withScreenshot(page: Page, steps: () => Promise<void>): Promise<void> {
	try {
		await steps();
	} catch (error) {
		const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-editor-'));
		const picture = path.join(folder, 'window.png');
		await page.screenshot({ path: picture });
		process.stderr.write(`What the editor showed then: ${picture}\n`);
		throw error;
	}
}

/** A choice of an open list of fixed choices, which may carry a description after its name. */
function optionCalled(page: Page, name: string): Locator {
	return page.getByRole('option', { name: new RegExp(`^${name}\\b`) });
}

async function trimmed(cells: Locator): Promise<string[]> {
	return (await cells.allInnerTexts()).map((text) => text.trim());
}
