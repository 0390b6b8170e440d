import { expect } from '@jest/globals';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';

/** The value that a function returns, or its error. Anything else that it throws fails the test. */
function valueOrError<T>(action: () => T): T | UserError {
	try {
		return action();
	} catch (thrown) {
		expect(thrown).toBeInstanceOf(UserError);
		return thrown instanceof UserError ? thrown : new UserError('', '');
	}
}

/** The error of a function, which must have one. */
export function errorOf(action: () => unknown): UserError {
	const result = valueOrError(action);
	expect(result).toBeInstanceOf(UserError);
	return result instanceof UserError ? result : new UserError('', '');
}

/** The message of the error of a function, which must have one. */
export function messageOf(action: () => unknown): string {
	return errorOf(action).message;
}

/** The value that a function returns, or the message of its error. */
export function valueOrMessage<T>(action: () => T): T | string {
	const result = valueOrError(action);
	return result instanceof UserError ? result.message : result;
}
