import type { Received, Reply, Respond } from './server';

/** What befalls some of the requests. */
export interface Trouble {
	path: string;
	/** Only requests that hold this text in their query or body. */
	about?: string;
	/** What is answered in the place of the right answer. */
	reply: Reply;
	/** How many requests it befalls; all of them where it is left out. */
	times?: number;
	/** Whether the request is carried out all the same. */
	isKept?: boolean;
	/** What happens just before. */
	before?: () => void;
}

/** Answers as told, but for the requests that some trouble befalls. */
export function troubled(answer: Respond, ...troubles: Trouble[]): Respond {
	const left = new Map(troubles.map((trouble) => [trouble, trouble.times ?? Infinity]));
	return async (request) => {
		const trouble = troubles.find((one) => (left.get(one) ?? 0) > 0 && befalls(one, request));
		if (trouble === undefined) return await answer(request);
		left.set(trouble, (left.get(trouble) ?? 0) - 1);
		trouble.before?.();
		if (trouble.isKept) await answer(request);
		return trouble.reply;
	};
}

function befalls({ path, about = '' }: Trouble, request: Received): boolean {
	return request.path === path && JSON.stringify([request.query, request.body]).includes(about);
}
