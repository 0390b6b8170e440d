/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

// Import these types from here: n8n has its own copy of playwright-core.
export type { Locator, Page } from 'playwright-core';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** How long something may take to appear on a slow machine. */
const APPEARS_WITHIN_MS = 60_000;

/** The size of a window by default. */
export const USUAL_WINDOW = { width: 1440, height: 860 };

/** A browser with one window. */
export interface Browser {
	readonly page: Page;
	/** Closes the browser and removes its profile. */
	close(): Promise<void>;
}

/**
 * Starts Chromium (`CHROMIUM`, or /usr/bin/chromium) with its own profile.
 *
 * @throws {Error} if there is no such browser
 */
export async function openBrowser(): Promise<Browser> {
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
		return { page: await browser.newPage(), close };
	} catch (error) {
		await close();
		throw error;
	}
}
