import { jest } from '@jest/globals';
import type * as Engine from '../engine/engine';
import type * as UserErrorModule from '../../nodes/AffilaeConversions/domain/userError';

const USER_ERRORS = '../../nodes/AffilaeConversions/domain/userError';

/** The node in n8n's engine, with a record of its user errors. */
export interface Watch {
	runNode: typeof Engine.runNode;
	/** What each user error said that was made since this was last emptied, and the advice that it gave. */
	told: Map<string, Set<string>>;
}

/** Loads the node so that each user error it makes is heard. Nothing of it may be loaded before. */
export async function openWatch(): Promise<Watch> {
	const told: Watch['told'] = new Map();
	jest.doMock(USER_ERRORS, () => {
		const actual = jest.requireActual<typeof UserErrorModule>(USER_ERRORS);
		class HeardUserError extends actual.UserError {
			constructor(what: string, advice: string) {
				super(what, advice);
				told.set(what, (told.get(what) ?? new Set()).add(advice));
			}
		}
		return { ...actual, UserError: HeardUserError };
	});
	const { runNode } = await import('../engine/engine');
	return { runNode, told };
}
