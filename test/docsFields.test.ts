/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AffilaeApi } from '../credentials/AffilaeApi.credentials';
import { AffilaeConversions } from '../nodes/AffilaeConversions/AffilaeConversions.node';
import { AffilaeConversionsTrigger } from '../nodes/AffilaeConversions/AffilaeConversionsTrigger.node';

const FRENCH = path.join(__dirname, '..', 'docs', 'fr');

/** Each name that the editor shows: nodes, credential, fields and options. */
function namesIn(value: unknown): string[] {
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([key, part]: [string, unknown]) => {
		if (typeof part !== 'string') return namesIn(part);
		const isShown = key === 'displayName' || (key === 'name' && 'value' in value);
		return isShown ? [part] : [];
	});
}

const shown = [new AffilaeConversions(), new AffilaeConversionsTrigger()].flatMap(
	({ description }) => namesIn(description),
);
const credential = new AffilaeApi();
shown.push(credential.displayName, ...namesIn(credential.properties));

test.each(readdirSync(FRENCH))(
	'the French page %s names fields as the editor shows them',
	(file) => {
		const text = readFileSync(path.join(FRENCH, file), 'utf8');
		const named = [...text.matchAll(/\*\*([^*\n]+)\*\*/g)].map(([, name = '']) => name);
		expect(named.length).toBeGreaterThan(10);
		expect(named.filter((name) => !shown.includes(name))).toEqual([]);
	},
);
