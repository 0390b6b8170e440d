import type { SandboxSettings } from './settings';
import type { ConversionStore, Selection } from './store';

/** How long a lagging total stays outdated. */
const LAG_MS = 60_000;

/** The `total` of lists. */
export class Totals {
	private readonly settings: SandboxSettings;
	private readonly now: () => number;
	private readonly remembered = new Map<string, { count: number; untilMs: number }>();

	/** @param now milliseconds since 1970, UTC */
	constructor(settings: SandboxSettings, now: () => number) {
		this.settings = settings;
		this.now = now;
	}

	/** The total; undefined: none. */
	said(store: ConversionStore, selection: Selection, rowsOfPage: number): number | undefined {
		const count = store.count(selection);
		switch (this.settings.total) {
			case true:
				return count;
			case false:
				return undefined;
			case 'ofPage':
				return rowsOfPage;
			case 'capped':
				return Math.min(count, this.settings.totalCap);
			case 'lagging':
				return this.lagging(JSON.stringify(selection), count);
		}
	}

	/** Forgets all earlier totals. */
	clear(): void {
		this.remembered.clear();
	}

	private lagging(question: string, count: number): number {
		const nowMs = this.now();
		const earlier = this.remembered.get(question);
		if (earlier !== undefined && nowMs < earlier.untilMs) return earlier.count;
		this.remembered.set(question, { count, untilMs: nowMs + LAG_MS });
		return count;
	}
}
