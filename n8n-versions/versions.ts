/** A test that a version of n8n cannot pass, because n8n itself lacks what it is about. */
export interface LeftOut {
	/** Its full name, as Jest reports it. */
	test: string;
	because: string;
}

/** A version of n8n that the node is tested in. */
export interface Version {
	n8n: string;
	/**
	 * Whether `n8n-versions` has its own folders for this version. If not, the repository's engine and the
	 * playground are used.
	 */
	hasFolder: boolean;
	/** The engine tests that it cannot pass. */
	leftOut: readonly LeftOut[];
}

const NO_CAUSE =
	'its NodeApiError does not contain the cause of a failure, which newer versions use to wait or to ask for a credential';

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
			'n8n rebuilds the date with its own global objects, which differ from those of a test in Jest; outside Jest, the date is the same as with `legacy`',
	},
];

/** Oldest first. */
export const VERSIONS: readonly Version[] = [
	{ n8n: '1.123', hasFolder: true, leftOut: OLDER },
	{ n8n: '2.8', hasFolder: true, leftOut: OLDER },
	{ n8n: '2.41', hasFolder: false, leftOut: [] },
];

/**
 * The versions with these names, or all versions if there are no names.
 *
 * @throws {Error} if a name is unknown
 */
export function versionsNamed(names: readonly string[]): readonly Version[] {
	const unknown = names.find((name) => !VERSIONS.some(({ n8n }) => n8n === name));
	if (unknown !== undefined) {
		const known = VERSIONS.map(({ n8n }) => n8n).join(', ');
		throw new Error(`The versions are ${known}, not ${unknown}`);
	}
	return VERSIONS.filter(({ n8n }) => names.length === 0 || names.includes(n8n));
}
