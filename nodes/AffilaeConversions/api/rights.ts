import { ApiError, forbiddenForAll } from './apiError';

/** After this many 403s to a path, and {@link FORBIDDEN_IN_PROGRAM} about one program, the cause must be the token. */
const FORBIDDEN_IS_PROOF = 3;
const FORBIDDEN_IN_PROGRAM = 2;

/** What is known of the calls to one path about one program, or about no program that they name. */
interface Right {
	/** Whether such a call has succeeded. */
	isProven: boolean;
	/** How many got a 403. */
	forbidden: number;
	/** The error of all further ones. */
	rejection?: ApiError;
}

/** What the token may do with one path, as far as is known: it may be allowed to in some programs only. */
export class Rights {
	private readonly rights = new Map<string, Right>();
	/** Whether a call to the path has succeeded. */
	private isProven = false;
	private forbidden = 0;
	private trial: Promise<void> | undefined;

	/** @throws {ApiError} if no such call can succeed */
	mustAllow(program: string): void {
		const { rejection } = this.of(program);
		if (rejection) throw rejection;
	}

	/**
	 * Sends such a call. As long as a 403 leaves it in doubt, sends one at a time.
	 *
	 * @param ended rejects if no more calls may be sent
	 * @throws {ApiError} if no such call can succeed: then it was not sent
	 */
	async use<T>(program: string, send: () => Promise<T>, ended: Promise<never>): Promise<T> {
		while (this.trial && this.isInDoubt(program)) await Promise.race([this.trial, ended]);
		this.mustAllow(program);
		const sending = send();
		if (this.isInDoubt(program)) {
			const isOver = () => (this.trial = undefined);
			this.trial = sending.then(isOver, isOver);
		}
		return await sending;
	}

	noteSuccess(program: string): void {
		this.isProven = true;
		this.of(program).isProven = true;
	}

	/** Notes a 403. Returns the error, which after several says that no more such calls are sent. */
	judge(program: string, thrown: unknown): unknown {
		const right = this.of(program);
		const isForbidden = thrown instanceof ApiError && thrown.status === 403;
		// A 403 without a message comes from something in front of Affilae.
		if (!isForbidden || thrown.affilaeSays === undefined || right.isProven) return thrown;
		this.forbidden += 1;
		right.forbidden += 1;
		const isProof = this.forbidden >= FORBIDDEN_IS_PROOF && right.forbidden >= FORBIDDEN_IN_PROGRAM;
		if (isProof) right.rejection = forbiddenForAll(thrown);
		return right.rejection ?? thrown;
	}

	private isInDoubt(program: string): boolean {
		const { isProven, forbidden } = this.of(program);
		return !isProven && (forbidden > 0 || (this.forbidden > 0 && !this.isProven));
	}

	private of(program: string): Right {
		const right = this.rights.get(program) ?? { isProven: false, forbidden: 0 };
		this.rights.set(program, right);
		return right;
	}
}
