import type { Page, PlacedPage } from './page';

/** Reads several pages at the same time, and returns them in the order in which they were requested. */
export class PagePrefetch {
	private readonly asked: Array<Promise<PlacedPage>> = [];

	constructor(private readonly ask: (start: number) => Promise<Page>) {}

	/** How many pages were requested but not returned yet. */
	get count(): number {
		return this.asked.length;
	}

	/** Requests the page that begins at a position. */
	add(start: number): void {
		const asking = this.ask(start).then((page) => ({ ...page, start }));
		// The list may end before this page is used. Its failure must not become an unhandled rejection then.
		asking.catch(() => undefined);
		this.asked.push(asking);
	}

	/**
	 * Returns the next page.
	 *
	 * @throws what reading it throws
	 */
	async next(): Promise<PlacedPage> {
		const next = this.asked.shift();
		if (next === undefined) throw new RangeError('No page was requested');
		return await next;
	}

	/** Waits until no page is in flight. */
	async settle(): Promise<void> {
		await Promise.allSettled(this.asked);
	}
}
