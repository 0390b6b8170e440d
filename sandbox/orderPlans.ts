/** What became of an order's goods. */
export type OrderGroup = 'untouched' | 'partlyRefunded' | 'fullyRefunded' | 'cancelled';

/** The programs in the currency of the sale and, where a second one tracked it too, of that. */
type Tracking = 'none' | 'once' | 'twice';

/**
 * What somebody has done by hand before: nothing (the conversion is pending), or a decision that
 * agrees or disagrees with what the customer kept.
 */
type Decided = 'nothing' | 'rightly' | 'wrongly';

export interface Plan {
	group: OrderGroup;
	/** How many refunds carry the goods back. */
	refunds: number;
	tracking: Tracking;
	decided: Decided;
	/** Money was given back for something other than goods. */
	extra?: 'shipping' | 'goodwill';
	/** Cancelled before anything was sent, and before any money was taken. */
	cancelled?: 'beforePayment' | 'beforeFulfilment' | 'afterFulfilment';
}

const PENDING = { tracking: 'once', decided: 'nothing' } as const;

export const PLANS: ReadonlyArray<readonly [count: number, plan: Plan]> = [
	[13, { ...PENDING, group: 'untouched', refunds: 0 }],
	[4, { ...PENDING, group: 'untouched', refunds: 0, tracking: 'none' }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, tracking: 'twice' }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, decided: 'rightly' }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, decided: 'wrongly' }],
	[9, { ...PENDING, group: 'partlyRefunded', refunds: 1 }],
	[3, { ...PENDING, group: 'partlyRefunded', refunds: 2 }],
	[2, { ...PENDING, group: 'partlyRefunded', refunds: 3 }],
	[3, { ...PENDING, group: 'partlyRefunded', refunds: 1, tracking: 'none' }],
	[1, { ...PENDING, group: 'partlyRefunded', refunds: 1, tracking: 'twice' }],
	[1, { ...PENDING, group: 'partlyRefunded', refunds: 1, decided: 'rightly' }],
	[1, { ...PENDING, group: 'partlyRefunded', refunds: 1, decided: 'wrongly' }],
	[1, { ...PENDING, group: 'partlyRefunded', refunds: 0, extra: 'shipping' }],
	[1, { ...PENDING, group: 'partlyRefunded', refunds: 0, extra: 'goodwill' }],
	[4, { ...PENDING, group: 'fullyRefunded', refunds: 1, extra: 'shipping' }],
	[3, { ...PENDING, group: 'fullyRefunded', refunds: 1 }],
	[2, { ...PENDING, group: 'fullyRefunded', refunds: 2, extra: 'shipping' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, tracking: 'none' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, tracking: 'twice' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, decided: 'rightly' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, decided: 'wrongly' }],
	[2, { ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'beforePayment' }],
	[5, { ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'beforeFulfilment' }],
	[2, { ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'afterFulfilment' }],
	[
		2,
		{ ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'beforeFulfilment', tracking: 'none' },
	],
];
