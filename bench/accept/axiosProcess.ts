/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/** Accepts the conversions of a task file with so many calls in flight, and prints what it took. */
import axios from 'axios';
import { readFileSync } from 'node:fs';
import { taskSchema } from './axiosTask';

async function main(): Promise<void> {
	const { url, token, inFlight, items } = taskSchema.parse(
		JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')),
	);
	const headers = { Authorization: `Bearer ${token}` };
	const left = items.values();
	const work = async () => {
		for (const { id, program } of left) {
			await axios.post(url, { id, program }, { headers, proxy: false }).catch(() => undefined);
		}
	};

	const before = process.cpuUsage();
	const startedAt = performance.now();
	await Promise.all(Array.from({ length: inFlight }, work));
	const seconds = (performance.now() - startedAt) / 1000;
	const { user, system } = process.cpuUsage(before);
	process.stdout.write(JSON.stringify({ seconds, processorSeconds: (user + system) / 1e6 }));
}

void main();
