/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A folder that no other playground uses at the same time. */
export interface HeldFolder {
	folder: string;
	/** Whether it is a new one that is removed when it is released. */
	temporary: boolean;
	release(): Promise<void>;
}

/**
 * Reserves a folder for this process. If another running process has it, returns a new temporary folder
 * instead: two n8n processes would damage a database that they share.
 */
export async function holdFolder(folder: string): Promise<HeldFolder> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
	const lock = path.join(folder, 'in-use-by');
	if (await isHeld(lock)) return await holdTemporaryFolder();
	await writeFile(lock, String(process.pid));
	return { folder, temporary: false, release: async () => await rm(lock, { force: true }) };
}

/** A new empty folder, which is removed with its content when it is released. */
export async function holdTemporaryFolder(): Promise<HeldFolder> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-playground-'));
	return {
		folder,
		temporary: true,
		release: async () => await rm(folder, { recursive: true, force: true, maxRetries: 5 }),
	};
}

async function isHeld(lock: string): Promise<boolean> {
	const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
	if (!Number.isInteger(holder) || holder <= 0 || holder === process.pid) return false;
	try {
		process.kill(holder, 0);
		return true;
	} catch {
		return false;
	}
}
