/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import path from 'node:path';
import { installedIn } from './nodePackage';
import { REPOSITORY } from './places';
import { startGroup } from './processGroup';

/**
 * Compiles the node into a running n8n, now and whenever a source file is saved, until `signal` is aborted.
 * n8n reloads it if it was started with N8N_DEV_RELOAD=true. Icons, codex files and schemas are not updated.
 *
 * @param tell receives the compiler's output, line by line
 */
export function compileOnSave(
	userFolder: string,
	tell: (line: string) => void,
	signal: AbortSignal,
): void {
	// The repository's compiler: n8n has another one.
	const tsc = path.join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
	const outDir = path.join(installedIn(userFolder), 'dist');
	startGroup(process.execPath, [tsc, '--watch', '--preserveWatchOutput', '--outDir', outDir], {
		cwd: REPOSITORY,
		output: tell,
		signal,
	});
}
