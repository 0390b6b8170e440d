/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { reportPageOf } from './reportPage';
import { personsTextOf, textOf } from './reportText';
import { runMainExample } from './runMainExample';
import { say, showStep } from './screen';
import type { Playground } from './startPlayground';

const TITLE = 'Shopify returns to Affilae';

/** The result of {@link showMainExample}. */
export interface Shown {
	/** Whether both runs did what is right for the orders, and nothing else. */
	agrees: boolean;
	/** The address of the page. */
	page: string;
}

/**
 * Runs the main example as an operator does, first as a dry run, then with Dry Run off. Shows a table of each
 * run, and which orders need a person and why, in the terminal and on a page.
 *
 * @param folder the folder for the page, `report.html`
 * @throws {Error} if an execution does not succeed, with n8n's reason
 */
export async function showMainExample(
	playground: Playground,
	folder: string,
	signal?: AbortSignal,
): Promise<Shown> {
	const { report: dry } = await showStep(
		`Dry run of the example "${TITLE}", as an operator imports it`,
		async () => await runMainExample(playground, 'dry', signal),
	);
	say(`\n${textOf(dry)}`);
	const { report: real } = await showStep(
		'Running it again with Dry Run off',
		async () => await runMainExample(playground, 'real', signal),
	);
	say(`\n${textOf(real)}\n\n${personsTextOf(real)}\n`);
	const file = path.join(folder, 'report.html');
	await writeFile(file, reportPageOf(TITLE, dry, real));
	const page = pathToFileURL(file).href;
	say(`The same on a page: ${page}`);
	return { agrees: dry.agrees && real.agrees, page };
}
