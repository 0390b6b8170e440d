/** The names of the fields as the editor shows them; a test compares them with the descriptions. */
const DISPLAY_NAMES: Readonly<Record<string, string>> = {
	amount: 'Amount',
	amountsIn: 'Amounts In',
	conversion: 'Conversion',
	customerId: 'Customer ID',
	dryRun: 'Dry Run',
	events: 'Events',
	externalId: 'Order ID',
	filters: 'Filters',
	from: 'From',
	ifAlreadyProcessed: 'If Already Processed',
	ifNotFound: 'If Not Found',
	includeCallLog: 'Include Call Log',
	includeExisting: 'Include Existing',
	keptAmount: 'Order Amount After Returns',
	keptTaxRate: 'Tax in Order Amount (%)',
	limit: 'Limit',
	maxConcurrency: 'Max Concurrency',
	minimumAmount: 'Minimum Amount',
	options: 'Options',
	ordersSince: 'Orders Since',
	program: 'Program',
	reason: 'Reason',
	retryForSeconds: 'Retry For (Seconds)',
	returnAll: 'Return All',
	rule: 'Commission Rule',
	settled: 'Return Period Has Ended',
	severalConversions: 'Several Conversions',
	simplify: 'Simplify',
	status: 'Status',
	timeoutSeconds: 'Timeout (Seconds)',
	to: 'To',
	tolerance: 'Tolerance',
};

/** A field as the editor shows it, for messages. */
export function displayNameOf(name: string): string {
	return DISPLAY_NAMES[name] ?? name;
}
