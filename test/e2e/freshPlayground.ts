/* eslint-disable @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/require-node-api-error -- runs on Node.js, never inside n8n */
import { holdTemporaryFolder } from '../../playground/src/folderLock';
import { type Playground, startPlayground } from '../../playground/src/startPlayground';
import type { SandboxOptions } from '../../sandbox/server';

/** How long a full n8n may take to start on a slow machine, in ms. */
export const START_TIMEOUT_MS = 240_000;

const ANY_PORT = 0;

/** Starts a playground that leaves nothing behind after it stops. */
export async function startFreshPlayground(sandbox: SandboxOptions = {}): Promise<Playground> {
	const tarball = process.env['E2E_TARBALL'];
	if (tarball === undefined) throw new Error('Run these tests with npm run e2e');
	const held = await holdTemporaryFolder();
	try {
		const playground = await startPlayground({
			userFolder: held.folder,
			tarball,
			n8nPort: ANY_PORT,
			sandbox: { port: ANY_PORT, ...sandbox },
		});
		const { stop } = playground;
		playground.stop = async () => {
			await stop();
			await held.release();
		};
		return playground;
	} catch (error) {
		await held.release();
		throw error;
	}
}
