/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import path from 'node:path';

/** The repository. */
export const REPOSITORY = path.resolve(__dirname, '..', '..');
/** An older n8n to run, such as `1.123`; if empty, the one that the playground pins. */
const { N8N_UNDER_TEST = '' } = process.env;
/** The folder with n8n's own `package.json` and lock file. */
export const N8N_FOLDER = N8N_UNDER_TEST
	? path.join(REPOSITORY, 'n8n-versions', `full-${N8N_UNDER_TEST}`)
	: path.join(REPOSITORY, 'playground');
/** n8n as installed there. */
export const N8N_MODULES = path.join(N8N_FOLDER, 'node_modules');
/** The commands installed there, including the Node.js that n8n needs. */
export const N8N_COMMANDS = path.join(N8N_MODULES, '.bin');
/** The folder where the playground's n8n keeps its state, below node_modules because linters ignore that. */
export const USER_FOLDER = path.join(N8N_MODULES, '.cache', 'n8n-user');
/** Workflows that an operator can import. */
export const EXAMPLES = path.join(REPOSITORY, 'examples');
