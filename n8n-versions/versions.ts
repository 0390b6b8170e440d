/** A test that a version of n8n cannot pass, because n8n itself lacks what it is about. */
export interface LeftOut {
	/** Its whole name, as Jest puts it together. */
	test: string;
	because: string;
}

/** A version of n8n that the node is tested in. */
export interface Version {
	n8n: string;
	/** Whether it is in folders of its name here; otherwise its engine is the repository's own, and the whole is in the playground. */
	hasFolder: boolean;
	/** Tests of the engine. */
	leftOut: readonly LeftOut[];
}

const NO_CAUSE =
	'its NodeApiError holds no cause of a failure, by which newer versions wait or ask for a credential';

/** What n8n before 2.41 lacks. */
const OLDER: readonly LeftOut[] = [
	{
		test: 'a token that is not accepted (401) tells n8n that the credential is the cause',
		because: NO_CAUSE,
	},
	{
		test: 'a token that is not accepted (403) tells n8n that the credential is the cause',
		because: NO_CAUSE,
	},
	{ test: 'a 429 tells n8n how long to wait', because: NO_CAUSE },
];

/** What cannot be tested within Jest if n8n evaluates expressions in isolation (`vm`, `quickjs`). */
export const ISOLATED: readonly LeftOut[] = [
	{
		test: 'the request of Get Many contains the exact instant of a date that an expression computes',
		because:
			'n8n rebuilds the date with its own global objects, which are not those of a test in Jest; outside of Jest it is the date that `legacy` gives',
	},
];

/** Oldest first. */
export const VERSIONS: readonly Version[] = [
	{ n8n: '1.123', hasFolder: true, leftOut: OLDER },
	{ n8n: '2.8', hasFolder: true, leftOut: OLDER },
	{ n8n: '2.41', hasFolder: false, leftOut: [] },
];

/**
 * These versions, or all of them when none is named.
 *
 * @throws {Error} when there is no version of such a name.
 */
export function versionsNamed(names: readonly string[]): readonly Version[] {
	const unknown = names.find((name) => !VERSIONS.some(({ n8n }) => n8n === name));
	if (unknown !== undefined) {
		const known = VERSIONS.map(({ n8n }) => n8n).join(', ');
		throw new Error(`There are ${known}, and no ${unknown}`);
	}
	return VERSIONS.filter(({ n8n }) => names.length === 0 || names.includes(n8n));
}
