/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const REPOSITORY = path.join(__dirname, '..', '..');
const WORKFLOWS = path.join(REPOSITORY, '.github', 'workflows');

function text(...segments: string[]): string {
	return readFileSync(path.join(REPOSITORY, ...segments), 'utf8');
}

test('the changelog’s newest version is the package’s, and the lock file’s', () => {
	const { version } = z.object({ version: z.string() }).parse(JSON.parse(text('package.json')));
	const [newest] = [...text('CHANGELOG.md').matchAll(/^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$/gm)];
	expect(newest?.[1]).toBe(version);
	const lock = z.object({ version: z.string() }).parse(JSON.parse(text('package-lock.json')));
	expect(lock.version).toBe(version);
});

describe.each(readdirSync(WORKFLOWS))('the GitHub workflow %s', (file) => {
	const workflow = text('.github', 'workflows', file);
	const lines = workflow.split('\n').map((line) => line.trim());

	test('takes each action by its hash', () => {
		const actions = lines.filter((line) => /^(- )?uses:/.test(line));
		expect(actions.length).toBeGreaterThan(0);
		for (const action of actions) expect(action).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	});

	test('may write nothing but the proof of where a package comes from', () => {
		expect(workflow).toMatch(/^permissions:/m);
		const writes = lines.filter((line) => /: write(-all)?$/.test(line));
		expect(writes).toEqual(file === 'publish.yml' ? ['id-token: write'] : []);
		expect(workflow).not.toContain('secrets.');
	});
});
