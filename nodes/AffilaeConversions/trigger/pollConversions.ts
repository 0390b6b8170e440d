import type { INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { openClient, type Client } from '../api/client';
import { UserError } from '../domain/userError';
import { budgetOf, type Budget } from './budget';
import { filtersForAffilae, isWanted } from './filter';
import { isSameOwner, ownerOf, type Owner } from './owner';
import { isPassing, pollErrorOf } from './pollErrors';
import { eventOutput } from './eventOutput';
import { readRound } from './readRound';
import { Round } from './round';
import { sample } from './sample';
import { readSettings, type TriggerSettings } from './settings';
import { keep, readStored, type Stored } from './storedCursor';
import { WatchedList } from './watchedList';

/** The triggers that this process has polled, by workflow and node. */
const polledHere = new Set<string>();
/** The functions that n8n passed to those polls. */
const polledWith = new WeakSet<IPollFunctions>();

/**
 * Returns the events since the previous poll, each once.
 *
 * The cursor goes into the static data of the node at the same time as the events are returned. n8n saves
 * the static data when a poll returns something and when it starts a trigger; with an older cursor, the
 * next poll only looks further back.
 *
 * @returns null if there are no events
 * @throws {NodeApiError|NodeOperationError} if the calls failed: the cursor stays, and the next poll
 * continues from it
 */
export async function pollConversions(
	this: IPollFunctions,
): Promise<INodeExecutionData[][] | null> {
	let advice: string | undefined;
	try {
		const settings = readSettings(this);
		if (this.getMode() === 'manual') return [await sample(this, settings)];
		const isStart = startsHere(this);
		const stored = readStored(this.getWorkflowStaticData('node'));
		advice = stored.cursor
			? 'Nothing is lost: the next poll continues where the last one ended.'
			: 'Publish the workflow again when Affilae responds.';
		try {
			return await poll(this, settings, stored, isStart);
		} catch (thrown) {
			// If five attempts throw while n8n starts, n8n stops the trigger until it is published again.
			if (!isStart || !stored.cursor || !isPassing(thrown)) return await Promise.reject(thrown);
			warn(this, pollErrorOf(this.getNode(), thrown, advice).message);
			return null;
		}
	} catch (thrown) {
		throw pollErrorOf(this.getNode(), thrown, advice);
	}
}

async function poll(
	functions: IPollFunctions,
	settings: TriggerSettings,
	stored: Stored,
	isStart: boolean,
): Promise<INodeExecutionData[][] | null> {
	const startedAt = Date.now();
	const budget = budgetOf(functions.getPollBudgetMs?.(), startedAt, isStart);
	const client = await openClient(functions, budget.calls);
	try {
		return await pollWith(client, { functions, settings, stored, startedAt, budget });
	} finally {
		client.close();
	}
}

interface Poll {
	functions: IPollFunctions;
	settings: TriggerSettings;
	stored: Stored;
	/** Milliseconds since 1970, UTC. */
	startedAt: number;
	budget: Budget;
}

async function pollWith(
	client: Client,
	{ functions, settings, stored, startedAt, budget }: Poll,
): Promise<INodeExecutionData[][] | null> {
	const { events, filters, presentation } = settings;
	const asked = filtersForAffilae(filters);
	const owner = ownerOf(client.account, asked);
	const list = new WatchedList(client, asked, budget);
	const goesOn =
		stored.owner !== undefined &&
		(await isSameOwner(stored.owner, owner, async () => await list.readAdvertiser()));
	const includeExisting = settings.includeExisting && stored.revision === 0;
	const round = new Round(
		goesOn ? stored.cursor : undefined,
		{ events, includeExisting, isStatusFiltered: filters.status !== undefined },
		startedAt,
	);
	const happened = await readRound(round, list, (event) => isWanted(event, filters));
	if (includeExisting && !round.isRead) {
		if (list.rateLimit) throw list.rateLimit;
		if (round.isEmpty && list.hasNotFound) throw nothingThere();
		throw round.plan.hasMoved ? keptChanging() : tooMany();
	}
	const isProgramUnknown =
		!goesOn && asked.programId !== undefined && round.isEmpty && (await list.isProgramEmpty());

	const { programs, ...known } = owner;
	const nowKnown: Owner = {
		...(goesOn ? stored.owner : {}),
		...known,
		...(round.advertiserId === undefined ? {} : { advertiserId: round.advertiserId }),
		...(programs !== undefined && list.isAskedByProgram() ? { programs } : {}),
	};
	const cursor = round.close();
	// No await from here to the return, so that of two polls at once one sees the other.
	if (!keep(functions.getWorkflowStaticData('node'), stored, nowKnown, cursor)) {
		functions.logger.debug(`${functions.getNode().name}: another poll was faster`);
		return null;
	}
	const unreadable = round.newlyUnreadable();
	if (unreadable.length > 0) warn(functions, passedOver(unreadable));
	if (round.plan.isStuck) warn(functions, TOO_SLOW);
	if (round.leavesUnwatched) warn(functions, UNWATCHED);
	if (round.failure) {
		warn(functions, pollErrorOf(functions.getNode(), round.failure, OLDER_UNREAD).message);
	}
	if (isProgramUnknown) warn(functions, noConversionIn(asked.programId));
	if (happened.length === 0) return null;
	return [happened.map((event) => ({ json: eventOutput(event, presentation) }))];
}

/**
 * Whether this poll starts the trigger. n8n passes the same functions to all polls after one start. Its
 * durable engine passes new ones to each poll, but with the activation mode `update`.
 */
function startsHere(functions: IPollFunctions): boolean {
	const key = `${functions.getWorkflow().id}:${functions.getNode().id}`;
	const isNewHere = !polledHere.has(key);
	const isNewStart = !polledWith.has(functions) && functions.getActivationMode() !== 'update';
	polledHere.add(key);
	polledWith.add(functions);
	return isNewHere || isNewStart;
}

function warn(functions: IPollFunctions, message: string): void {
	functions.logger.warn(`${functions.getNode().name}: ${message}`);
}

const TOO_SLOW =
	"A poll does not have enough time to read Affilae’s conversions, so that some events may be missing. Use a trigger for each program: set 'Program' in 'Filters'.";

const UNWATCHED =
	'The first poll could not read all conversions of the last 30 days. Changes of accepted and refused ones that it has not read, and new conversions with earlier dates, do not start the workflow.';

const OLDER_UNREAD =
	'This poll has read the newest conversions, and the next one tries again to read the older ones.';

/** How many reasons one line of the log lists; it only counts the rest. */
const MOST_REASONS = 5;

function passedOver(reasons: readonly string[]): string {
	const more = reasons.length - MOST_REASONS;
	return [
		`The trigger skipped ${reasons.length} ${reasons.length === 1 ? 'conversion' : 'conversions'} that cannot be read: `,
		reasons.slice(0, MOST_REASONS).join('; '),
		more > 0 ? `; and ${more} more` : '',
	].join('');
}

function noConversionIn(programId = ''): string {
	return `Affilae has no conversions in program ${programId} yet. If the program is not new, check the ID: in Affilae, open Configuration > Tracking. It is the part of the tracking key after the dash.`;
}

const INCLUDE_FEWER =
	"Set 'Program' or 'Customer ID' in 'Filters', or turn off 'Include Existing' and read them with Get Many.";

function tooMany(): UserError {
	return new UserError('There are more existing conversions than one poll can read', INCLUDE_FEWER);
}

function nothingThere(): UserError {
	return new UserError(
		'Affilae answered 404 Not Found, so it is unknown whether there are existing conversions',
		"If there should be some, check 'Base URL' in the credential. If there are none yet, turn off 'Include Existing'.",
	);
}

function keptChanging(): UserError {
	return new UserError(
		'The list of existing conversions kept changing while it was read: some may be missing',
		`Publish the workflow again. If this happens again: ${INCLUDE_FEWER}`,
	);
}
