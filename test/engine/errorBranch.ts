import { version } from 'n8n-core/package.json';

const [major = 0, minor = 0] = version.split('.').map(Number);

/**
 * The key under which an item on the error branch says more than `error`, in the engine under test: before
 * 2.36, n8n-core takes an item with `details` for a success.
 */
export const DETAILS_ON_ERROR_BRANCH =
	major > 2 || (major === 2 && minor >= 36) ? 'details' : 'message';
