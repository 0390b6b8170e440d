/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { rm } from 'node:fs/promises';

/** Jest's global tear-down. */
export default async function removePack(): Promise<void> {
	const folder = process.env['E2E_PACK_FOLDER'];
	if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
