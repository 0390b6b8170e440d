/** What the invented shop sells. */
export interface Product {
	sku: string;
	title: string;
	variants: readonly string[];
	/** Taxed at the market's lower rate, as food is in France. */
	isFood?: true;
	/** Cents of one unit, by currency; with tax if the shop's prices include it. */
	EUR: number;
	GBP: number;
	USD: number;
}

export const PRODUCTS: readonly Product[] = [
	{
		sku: 'LIN-DUV',
		title: 'Washed linen duvet cover',
		variants: ['Chalk / 140 × 200', 'Sage / 200 × 200', 'Clay / 240 × 220'],
		EUR: 11900,
		GBP: 9900,
		USD: 12900,
	},
	{
		sku: 'LIN-PIL',
		title: 'Washed linen pillowcase',
		variants: ['Chalk', 'Sage', 'Clay'],
		EUR: 2490,
		GBP: 2150,
		USD: 2799,
	},
	{
		sku: 'COT-TOW',
		title: 'Waffle cotton bath towel',
		variants: ['Oat', 'Ink'],
		EUR: 1999,
		GBP: 1750,
		USD: 2299,
	},
	{
		sku: 'WOL-THR',
		title: 'Lambswool throw',
		variants: ['Heather', 'Moss'],
		EUR: 8490,
		GBP: 7495,
		USD: 9450,
	},
	{
		sku: 'STO-MUG',
		title: 'Stoneware mug',
		variants: ['Sand', 'Slate'],
		EUR: 1450,
		GBP: 1295,
		USD: 1599,
	},
	{
		sku: 'STO-BOW',
		title: 'Stoneware serving bowl',
		variants: ['Sand', 'Slate'],
		EUR: 3895,
		GBP: 3450,
		USD: 4299,
	},
	{
		sku: 'OAK-BRD',
		title: 'Oak bread board',
		variants: ['Small', 'Large'],
		EUR: 3250,
		GBP: 2895,
		USD: 3699,
	},
	{
		sku: 'BRS-LMP',
		title: 'Brass reading lamp',
		variants: ['Brushed', 'Aged'],
		EUR: 14950,
		GBP: 12995,
		USD: 15999,
	},
	{
		sku: 'CHO-FIG',
		title: 'Fig chocolates',
		variants: ['190 g', '400 g'],
		isFood: true,
		EUR: 2690,
		GBP: 2395,
		USD: 2999,
	},
	{
		sku: 'JUT-RUG',
		title: 'Braided jute rug',
		variants: ['90 × 150', '120 × 180'],
		EUR: 9790,
		GBP: 8595,
		USD: 10850,
	},
	{
		sku: 'GLS-CAR',
		title: 'Recycled glass carafe',
		variants: ['Clear', 'Smoke'],
		EUR: 2375,
		GBP: 2095,
		USD: 2649,
	},
	{
		sku: 'LIN-NAP',
		title: 'Linen napkin',
		variants: ['Chalk', 'Rust'],
		EUR: 833,
		GBP: 745,
		USD: 915,
	},
];

/** A customer has a random first name and a random last name. */
export const NAMES: ReadonlyArray<readonly [first: string, last: string]> = [
	['Ada', 'Moreau'],
	['Bruno', 'Keller'],
	['Chloé', 'Dubois'],
	['Dylan', 'Price'],
	['Elif', 'Aydın'],
	['Frank', "O'Neill"],
	['Grace', 'Whitfield'],
	['Hana', 'Novák'],
	['Iris', 'Lindqvist'],
	['Jonas', 'Weber'],
	['Kayla', 'Brooks'],
	['Léon', 'Garnier'],
	['Maya', 'Fernandes'],
	['Noah', 'Abbott'],
	['Olga', 'Zielińska'],
	['Priya', 'Shah'],
];

/** The markets of the three storefronts; `tax` and `foodTax` are fractions, `shipping` is in cents. */
export const MARKETS = {
	EUR: { zone: 'Europe/Paris', taxTitle: 'TVA', tax: 0.2, foodTax: 0.055, shipping: [0, 490, 690] },
	GBP: { zone: 'Europe/London', taxTitle: 'VAT', tax: 0.2, foodTax: 0.2, shipping: [0, 395, 595] },
	USD: {
		zone: 'America/New_York',
		taxTitle: 'Sales tax',
		tax: 0.08,
		foodTax: 0.08,
		shipping: [0, 599, 899],
	},
} as const;

/** Customers' reasons for a return. */
export const RETURN_NOTES = [
	'Colour not as expected',
	'Too large',
	'Arrived damaged',
	'Changed their mind',
	'Ordered twice by mistake',
	null,
] as const;

/** The currencies of the three storefronts. */
export type StorefrontCurrency = keyof typeof MARKETS;
