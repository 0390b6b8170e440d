/** A column of one of n8n's data tables. */
export interface DataTableColumn {
	name: string;
	type: 'string' | 'number' | 'boolean' | 'date';
}

/** A data table that examples write to. */
export interface DataTable {
	name: string;
	columns: readonly DataTableColumn[];
}

/** What needs a person: the last branch of each example fills it, and the person ticks `done`. */
export const TO_CHECK: DataTable = {
	name: 'Affilae: to check',
	columns: [
		{ name: 'order_id', type: 'string' },
		{ name: 'kept', type: 'string' },
		{ name: 'why', type: 'string' },
		{ name: 'workflow', type: 'string' },
		{ name: 'done', type: 'boolean' },
	],
};

/** Order, conversion and decision: one row for each conversion. */
export const ORDERS: DataTable = {
	name: 'Affilae: orders',
	columns: [
		{ name: 'order_id', type: 'string' },
		{ name: 'conversion_id', type: 'string' },
		{ name: 'program_id', type: 'string' },
		{ name: 'rule', type: 'string' },
		{ name: 'decision', type: 'string' },
		{ name: 'amount', type: 'number' },
		{ name: 'currency', type: 'string' },
	],
};
