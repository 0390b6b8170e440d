/** What happened to the goods of an order. */
export type OrderGroup = 'untouched' | 'partlyRefunded' | 'fullyRefunded' | 'cancelled';

/** How many programs tracked the sale. */
type Tracking = 'none' | 'once' | 'twice';

/**
 * What somebody decided manually before: nothing (the conversion is pending), or a decision that is
 * right or wrong for what the customer kept.
 */
type Decided = 'nothing' | 'rightly' | 'wrongly';

export interface Plan {
	group: OrderGroup;
	/** How many refunds return the goods. */
	refunds: number;
	tracking: Tracking;
	decided: Decided;
	/** Refunds something other than goods. */
	extra?: 'shipping' | 'goodwill';
	/** Refunds everything as one sum, without naming goods. */
	byAmount?: true;
	/** When the order was canceled; before payment means that no money was taken. */
	cancelled?: 'beforePayment' | 'beforeFulfillment' | 'afterFulfillment';
	/** The order was not paid. */
	unpaid?: 'pending' | 'authorized' | 'voided';
	/** A test order of the merchant. */
	test?: true;
}

const PENDING = { tracking: 'once', decided: 'nothing' } as const;

export const PLANS: ReadonlyArray<readonly [count: number, plan: Plan]> = [
	[9, { ...PENDING, group: 'untouched', refunds: 0 }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, unpaid: 'pending' }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, unpaid: 'authorized' }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, unpaid: 'voided' }],
	[1, { ...PENDING, group: 'untouched', refunds: 0, test: true }],
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
	[2, { ...PENDING, group: 'fullyRefunded', refunds: 1 }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, byAmount: true }],
	[2, { ...PENDING, group: 'fullyRefunded', refunds: 2, extra: 'shipping' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, tracking: 'none' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, tracking: 'twice' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, decided: 'rightly' }],
	[1, { ...PENDING, group: 'fullyRefunded', refunds: 1, decided: 'wrongly' }],
	[2, { ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'beforePayment' }],
	[5, { ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'beforeFulfillment' }],
	[2, { ...PENDING, group: 'cancelled', refunds: 1, cancelled: 'afterFulfillment' }],
	[
		2,
		{
			...PENDING,
			group: 'cancelled',
			refunds: 1,
			cancelled: 'beforeFulfillment',
			tracking: 'none',
		},
	],
];
