import { createHash } from 'crypto';
import { NodeOperationError, type INodeExecutionData, type IPollFunctions } from 'n8n-workflow';
import { readAccount } from '../api/address';
import { DEFAULT_CALL_SETTINGS, openClient, type CallSettings, type Client } from '../api/client';
import { CREDENTIAL_TYPE } from '../api/constants';
import type { ListFilters } from '../api/conversions';
import { readPages } from '../api/pages';
import { UserError } from '../domain/userError';
import { EVENTS, madeAt, Round, type EventName, type Happening, type Part } from './cursor';
import {
	isWanted,
	presentHappening,
	readSettings,
	type TriggerFilters,
	type TriggerSettings,
} from './fields';
import { isPassing, nodeErrorOf } from './pollErrors';
import { readRound, type Lists } from './readRound';
import { keep, readStored, type Stored } from './storedCursor';

/** Conversions that a manual test shows. */
const MOST_SHOWN = 5;
/** Pages that a manual test looks through for them. */
const MOST_PAGES_SHOWN = 10;
/** What n8n gives a poll where it does not say, in milliseconds. */
const USUAL_BUDGET_MS = 300_000;
/** How long a call is tried again while n8n starts: other workflows wait to be started. */
const START_RETRY_MS = 10_000;

/** The triggers that this process has polled, by workflow and node. */
const polledHere = new Set<string>();
/** What n8n handed those polls. */
const polledWith = new WeakSet<IPollFunctions>();

/**
 * Gives what happened at Affilae since the poll before, each thing once.
 *
 * What the next poll must know goes into the static data of the node, at once with what is handed
 * over. n8n saves it when there is something to hand over and when it starts a trigger; a cursor that
 * is older than that only makes the next poll look further back.
 *
 * @returns null where nothing happened
 * @throws {NodeApiError|NodeOperationError} where Affilae could not be asked: nothing is kept then, and
 * the next poll goes on from the same place
 */
export async function pollConversions(
	this: IPollFunctions,
): Promise<INodeExecutionData[][] | null> {
	let advice: string | undefined;
	try {
		const settings = readSettings(this);
		if (this.getMode() === 'manual') return [await sample(this, settings)];
		const isStart = startsHere(this);
		const before = readStored(this.getWorkflowStaticData('node'));
		advice = before.cursor
			? 'Nothing is lost: the next poll goes on where the last one ended.'
			: 'Publish the workflow again once Affilae answers.';
		try {
			return await poll(this, settings, before, isStart);
		} catch (thrown) {
			// Five attempts that throw while n8n starts would end the trigger for good.
			if (!isStart || !before.cursor || !isPassing(thrown)) return await Promise.reject(thrown);
			const { message } = nodeErrorOf(this.getNode(), thrown, advice);
			this.logger.warn(`${this.getNode().name}: ${message}`);
			return null;
		}
	} catch (thrown) {
		throw nodeErrorOf(this.getNode(), thrown, advice);
	}
}

async function poll(
	functions: IPollFunctions,
	settings: TriggerSettings,
	before: Stored,
	isStart: boolean,
): Promise<INodeExecutionData[][] | null> {
	const { events, filters, includeExisting, presentation } = settings;
	const budget = budgetOf(functions, isStart);
	const client = await openClient(functions, budget.calls);
	const scope = await scopeOf(functions, filters);
	const round = new Round(before.cursor, { events, includeExisting, scope }, budget.startedAt);
	const happened = await readRound(round, listsOf(client, filters, budget), (happening) =>
		isWanted(happening, filters),
	);
	if (includeExisting && before.cursor === undefined) mustBeRead(round);

	// From here to the return nothing waits, so that of two polls at once one sees the other.
	if (!keep(functions.getWorkflowStaticData('node'), before, round.close())) {
		functions.logger.debug(`${functions.getNode().name}: another poll was faster`);
		return null;
	}
	if (happened.length === 0) return null;
	return [happened.map((happening) => ({ json: presentHappening(happening, presentation) }))];
}

/** How the time that n8n gives a poll is used: a last call may be tried again and still end within it. */
interface Budget {
	/** Milliseconds since 1970, UTC. */
	startedAt: number;
	stopReadingAt: number;
	endAt: number;
	calls: CallSettings;
}

function budgetOf(functions: IPollFunctions, isStart: boolean): Budget {
	const startedAt = Date.now();
	// Older versions of n8n do not say.
	const budgetMs = functions.getPollBudgetMs?.() ?? USUAL_BUDGET_MS;
	const timeoutMs = Math.min(DEFAULT_CALL_SETTINGS.timeoutMs, 0.3 * budgetMs);
	const retryForMs = Math.min(
		isStart ? START_RETRY_MS : DEFAULT_CALL_SETTINGS.retryForMs,
		0.15 * budgetMs,
	);
	const readingMs = 0.95 * budgetMs - 2 * timeoutMs - retryForMs;
	return {
		startedAt,
		stopReadingAt: startedAt + 0.6 * readingMs,
		endAt: startedAt + readingMs,
		calls: { ...DEFAULT_CALL_SETTINGS, timeoutMs, retryForMs },
	};
}

function listsOf(client: Client, filters: TriggerFilters, budget: Budget): Lists {
	return {
		read: (part) => readPages(client, { ...asked(filters), ...inWire(part) }),
		isTimeToStop: () => Date.now() >= budget.stopReadingAt,
		isTimeToEnd: () => Date.now() >= budget.endAt,
	};
}

/** What Affilae itself is asked to filter by; what may change in a conversion is not among it. */
function asked({ programId, customerId }: TriggerFilters): ListFilters {
	return { ...(programId ? { programId } : {}), ...(customerId ? { customerId } : {}) };
}

/** Whether the ends of a period belong to it is not known: a millisecond more on either side. */
function inWire({ status, fromMs, toMs }: Part): ListFilters {
	return {
		...(status ? { status } : {}),
		...(fromMs === undefined ? {} : { from: new Date(fromMs - 1).toISOString() }),
		...(toMs === undefined ? {} : { to: new Date(toMs + 1).toISOString() }),
	};
}

/** One short text for an account and what is asked of it; customers cannot be read from it. */
async function scopeOf(
	functions: IPollFunctions,
	{ programId = '', customerId = '' }: TriggerFilters,
): Promise<string> {
	const { baseUrl } = readAccount(await functions.getCredentials(CREDENTIAL_TYPE));
	const scope = JSON.stringify([baseUrl, programId, customerId]);
	return createHash('sha256').update(scope).digest('base64url').slice(0, 16);
}

/**
 * Whether n8n starts the trigger with this poll. n8n hands all polls of one start the same functions,
 * but its durable engine every poll its own: that one says that it updates.
 */
function startsHere(functions: IPollFunctions): boolean {
	const key = `${functions.getWorkflow().id}:${functions.getNode().id}`;
	const isNewHere = !polledHere.has(key);
	const isNewStart = !polledWith.has(functions) && functions.getActivationMode() !== 'update';
	polledHere.add(key);
	polledWith.add(functions);
	return isNewHere || isNewStart;
}

function mustBeRead({ isRead }: Round): void {
	if (isRead) return;
	throw new UserError(
		'There are more conversions already than one poll has time to read',
		'Filter by program or customer, or turn Include Existing off and read them with Get Many.',
	);
}

/** The newest conversions that fit, as an example of what is to come. Keeps nothing. */
async function sample(
	functions: IPollFunctions,
	{ events, filters, presentation }: TriggerSettings,
): Promise<INodeExecutionData[]> {
	const client = await openClient(functions, { ...DEFAULT_CALL_SETTINGS, retryForMs: 10_000 });
	const { status } = filters;
	const found: Happening[] = [];
	let pages = 0;
	for await (const page of readPages(client, {
		...asked(filters),
		...(status ? { status } : {}),
	})) {
		const happenings = page.flatMap((conversion) =>
			exampleOf({ event: 'created', conversion }, events),
		);
		found.push(...happenings.filter((happening) => isWanted(happening, filters)));
		pages += 1;
		if (found.length >= MOST_SHOWN || pages >= MOST_PAGES_SHOWN) break;
	}
	if (found.length === 0) {
		throw new NodeOperationError(
			functions.getNode(),
			'None of the latest conversions at Affilae fits the events and filters. Loosen the filters to test, or publish the workflow and wait for one.',
		);
	}
	const newest = found.sort((a, b) => (madeAt(b.conversion) ?? 0) - (madeAt(a.conversion) ?? 0));
	return newest
		.slice(0, MOST_SHOWN)
		.map((happening) => ({ json: presentHappening(happening, presentation) }));
}

/** The first of the chosen events that a conversion could be an example of. */
function exampleOf({ conversion }: Happening, events: readonly EventName[]): Happening[] {
	const { status, amountCents } = conversion;
	const [event] = EVENTS.filter(
		(candidate) =>
			events.includes(candidate) && (candidate !== 'statusChanged' || status !== 'pending'),
	);
	if (event === 'created') return [{ event, conversion }];
	if (event === 'statusChanged') return [{ event, conversion, previousStatus: 'pending' }];
	if (event !== 'amountChanged' || amountCents === undefined) return [];
	return [{ event, conversion, previousAmountCents: amountCents }];
}
