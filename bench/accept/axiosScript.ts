/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../playground/src/processGroup';
import { API_PATH } from '../../sandbox/api';
import { type ScriptTask, takenSchema } from './axiosTask';
import { type AcceptRival, itemsOf } from './rival';

const SCRIPT = path.join(__dirname, 'axiosProcess.ts');
const IN_FLIGHT = 20;

/** A plain script outside n8n, in a process of its own; it tries nothing again. */
export const axiosScript: AcceptRival = {
	key: 'axios',
	name: `axios script, ${IN_FLIGHT} in flight`,
	prepare: async () => undefined,
	run: async ({ sandbox, scratch }, _limit, pending) => {
		const task: ScriptTask = {
			url: `${sandbox.url}${API_PATH}conversions.accept`,
			token: sandbox.token,
			inFlight: IN_FLIGHT,
			items: itemsOf(pending),
		};
		const file = path.join(scratch, 'axios-task.json');
		await writeFile(file, JSON.stringify(task));
		const startedAt = performance.now();
		const said = await runCommand(
			process.execPath,
			['--require', require.resolve('tsx/cjs'), SCRIPT, file],
			{ cwd: __dirname },
		);
		const wallSeconds = (performance.now() - startedAt) / 1000;
		return { ...takenSchema.parse(JSON.parse(said)), wallSeconds };
	},
};
