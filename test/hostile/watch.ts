import { jest } from '@jest/globals';
import type * as Engine from '../engine/engine';
import type * as RefusalModule from '../../nodes/AffilaeConversions/domain/userError';

const REFUSALS = '../../nodes/AffilaeConversions/domain/userError';

/** The node in n8n's engine, with an ear on what it says of its own accord. */
export interface Watch {
	runNode: typeof Engine.runNode;
	/** The message of each refusal that was made since this was last emptied. */
	told: Set<string>;
}

/** Loads the node so that each refusal it makes is heard. Nothing of it may be loaded before. */
export async function openWatch(): Promise<Watch> {
	const told = new Set<string>();
	jest.doMock(REFUSALS, () => {
		const actual = jest.requireActual<typeof RefusalModule>(REFUSALS);
		class HeardRefusal extends actual.UserError {
			constructor(what: string, advice: string) {
				super(what, advice);
				told.add(this.message);
			}
		}
		return { ...actual, UserError: HeardRefusal };
	});
	const { runNode } = await import('../engine/engine');
	return { runNode, told };
}
