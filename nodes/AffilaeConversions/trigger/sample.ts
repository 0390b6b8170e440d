import { NodeOperationError, type INodeExecutionData, type IPollFunctions } from 'n8n-workflow';
import { INTERACTIVE_CALLS, openClient } from '../api/client';
import { readConversions } from '../api/conversions';
import { readUntil } from '../api/lists/readUntil';
import { isReadable, type Conversion } from '../domain/conversion';
import type { Filters } from '../domain/matches';
import { DAY_MS, madeAt, withStatusOf } from './cursor';
import { filtersForAffilae, isWanted } from './filter';
import { EVENTS, type EventName, type ConversionEvent } from './conversionEvent';
import { eventOutput } from './eventOutput';
import type { TriggerSettings } from './settings';

/** How many conversions a manual test shows. */
const MOST_SHOWN = 5;
/** How many rows per period a manual test reads to find them. */
const MOST_ROWS = 1000;
/** Search the last days first, then further back: lists may begin with the oldest conversion. */
const PERIODS_MS = [2 * DAY_MS, 30 * DAY_MS, Infinity];

/**
 * The newest matching conversions, as examples of events. Stores nothing.
 *
 * @throws {NodeOperationError} if there is none
 */
export async function sample(
	functions: IPollFunctions,
	{ events, filters, presentation }: TriggerSettings,
): Promise<INodeExecutionData[]> {
	const { status } = filters;
	const asked: Filters = { ...filtersForAffilae(filters), ...(status ? { status } : {}) };
	const client = await openClient(functions, INTERACTIVE_CALLS);
	const found = new Map<string, ConversionEvent>();
	try {
		for (const periodMs of PERIODS_MS) {
			const since =
				periodMs === Infinity ? {} : { from: new Date(Date.now() - periodMs).toISOString() };
			const list = readConversions(client, { ...asked, ...since }, { wanted: MOST_ROWS });
			let rows = 0;
			await readUntil(list, (batch) => {
				for (const row of batch.filter(isReadable)) {
					const conversion = withStatusOf(filters, row);
					for (const example of exampleOf(conversion, events)) {
						if (isWanted(example, filters)) found.set(row.id, example);
					}
				}
				rows += batch.length;
				return rows >= MOST_ROWS || (periodMs === Infinity && found.size >= MOST_SHOWN);
			});
			if (found.size >= MOST_SHOWN) break;
		}
	} finally {
		client.close();
	}
	if (found.size === 0) {
		throw new NodeOperationError(
			functions.getNode(),
			'None of the latest conversions in Affilae matches the events and filters',
			{
				description:
					'Remove a filter for the test, or publish the workflow and wait for a conversion.',
			},
		);
	}
	const newest = [...found.values()].sort(
		(a, b) => (madeAt(b.conversion) ?? 0) - (madeAt(a.conversion) ?? 0),
	);
	return newest.slice(0, MOST_SHOWN).map((event) => ({ json: eventOutput(event, presentation) }));
}

/** The first of the chosen events that a conversion could be an example of. */
function exampleOf(conversion: Conversion, events: readonly EventName[]): ConversionEvent[] {
	const { status, amountCents } = conversion;
	const event = EVENTS.find(
		(candidate) =>
			events.includes(candidate) && (candidate !== 'statusChanged' || status !== 'pending'),
	);
	if (event === 'created') return [{ event, conversion }];
	if (event === 'statusChanged') return [{ event, conversion, previousStatus: 'pending' }];
	if (event !== 'amountChanged' || amountCents === undefined) return [];
	return [{ event, conversion, previousAmountCents: amountCents }];
}
