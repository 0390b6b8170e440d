import type { Page } from './page';
import type { PlacedPage } from './received';

/** Pages that were asked for at the same time, handed out in the order in which they were asked for. */
export class PagePrefetch {
	private readonly asked: Array<Promise<PlacedPage>> = [];

	constructor(private readonly ask: (start: number) => Promise<Page>) {}

	/** How many pages are under way, or came and wait for their turn. */
	get count(): number {
		return this.asked.length;
	}

	/** Asks for the page that begins at a position. */
	add(start: number): void {
		const asking = this.ask(start).then((page) => ({ ...page, start }));
		// It may never be looked at: the list can end before it.
		asking.catch(() => undefined);
		this.asked.push(asking);
	}

	/**
	 * The next page.
	 *
	 * @throws what asking for it throws
	 */
	async next(): Promise<PlacedPage> {
		const next = this.asked.shift();
		if (next === undefined) throw new RangeError('No page was asked for');
		return await next;
	}

	/** Waits until no page is under way any more. */
	async settle(): Promise<void> {
		await Promise.allSettled(this.asked);
	}
}
