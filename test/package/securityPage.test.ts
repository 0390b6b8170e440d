/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from '../../playground/src/places';

const page = readFileSync(path.join(REPOSITORY, 'docs', 'security.md'), 'utf8');
const [, threats = ''] = page.split(/^## Threats$/m);
const rows = [...threats.matchAll(/^\| (?!Threat |-)([^|]+)\|[^|]+\|([^|]+)\|$/gm)].map(
	([, threat = '', tests = '']) => ({
		threat: threat.trim(),
		tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, test = '']) => test),
	}),
);

test('the table of threats is found', () => {
	expect(rows.length).toBeGreaterThan(10);
});

test.each(rows)('the threat "$threat" has tests that exist', ({ tests }) => {
	expect(tests).not.toEqual([]);
	expect(tests.filter((file) => !/^test\/.+\.test\.ts$/.test(file))).toEqual([]);
	expect(tests.filter((file) => !existsSync(path.join(REPOSITORY, file)))).toEqual([]);
});
