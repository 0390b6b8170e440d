/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { installN8n, isN8nInstalled } from '../../playground/src/installN8n';
import { buildNodePackage, packNodePackage } from '../../playground/src/nodePackage';
import { showStep } from '../../playground/src/screen';

/**
 * Jest's global set-up: n8n, and the package as it would be published, for all test files. Another
 * tarball, such as a published one, is tested by naming it in `E2E_TARBALL`.
 */
export default async function packOnce(): Promise<void> {
	if (!(await isN8nInstalled())) await showStep('Installing n8n (5 to 8 minutes)', installN8n);
	if (process.env['E2E_TARBALL'] !== undefined) return;
	await buildNodePackage();
	const folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-e2e-'));
	process.env['E2E_PACK_FOLDER'] = folder;
	process.env['E2E_TARBALL'] = await packNodePackage(folder);
}
