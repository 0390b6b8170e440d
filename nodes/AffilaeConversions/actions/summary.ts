import type { IDataObject, NodeExecutionHint } from 'n8n-workflow';
import type { Client } from '../api/client';
import { OUTCOMES, type Outcome } from '../domain/outcome';
import { NotFound } from '../domain/reference';
import type { Item } from './item';
import type { ItemResult } from './operation';

/** The result of one execution of the node. */
export interface Run {
	/** The results of the items that did not fail. */
	results: readonly ItemResult[];
	/** Why the other items failed. */
	failures: ReadonlyMap<Item, unknown>;
	client: Pick<Client, 'requests' | 'waitedMs'>;
}

const WORDS: Readonly<Record<Outcome, (count: number) => string>> = {
	accepted: (count) => `${count} accepted`,
	refused: (count) => `${count} refused`,
	updated: (count) => `${count} updated`,
	unchanged: (count) => `${count} unchanged`,
	notFound: (count) => `${count} not found`,
	needsAttention: (count) => (count === 1 ? '1 needs attention' : `${count} need attention`),
};

/** Common tax rates in percent. */
const TELLING_RATES = [2.1, 2.6, 4, 5.5, 6, 7, 8.1, 9, 10, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25];
/** The "rate" of amounts in cents that were taken for currency units, in percent. */
const CENTS_FOR_UNITS = 9900;
/** With this many orders, a common ratio is no coincidence. */
const FEWEST_ALIKE = 3;

/** The hint above the output: the outcomes, the number of calls, and whether something needs attention. */
export function summaryOf({ results, failures, client }: Run): NodeExecutionHint {
	const output = results.flatMap((result) => result.output);
	const failed = failures.size;
	const problems = results.flatMap((result) => result.problems ?? []).length;
	const counts = OUTCOMES.map((outcome) => ({ outcome, count: countOf(output, outcome) })).filter(
		({ count }) => count > 0,
	);
	const dryRuns = output.filter((item) => item['dryRun'] === true).length;
	const hints = new Set(results.flatMap(({ hint }) => hint ?? []));
	const warnings = [...withoutConversions(output, failures), ...aboveByOneRatio(results), ...hints];
	const parts = [
		...(counts.length > 0
			? counts.map(({ outcome, count }) => WORDS[outcome](count))
			: [counted(output.length, 'conversion')]),
		...(failed > 0 ? [`${counted(failed, 'item')} failed`] : []),
		...(problems > 0 ? [`${counted(problems, 'row')} could not be read`] : []),
	].join(', ');
	const message = [
		inSentences(parts, dryRuns, output.length),
		...warnings,
		`${costOf(client)}.`,
	].join(' ');
	const isFine = failed + problems + warnings.length + countOf(output, 'needsAttention') === 0;
	return { message, type: isFine ? 'info' : 'warning', location: 'outputPane' };
}

/**
 * Warns if no order has a conversion: the order ID is probably wrong. Whether a missing order fails its item
 * depends on If Not Found. Items that failed for another reason are not counted.
 */
function withoutConversions(
	output: readonly IDataObject[],
	failures: ReadonlyMap<Item, unknown>,
): string[] {
	if (countOf(output, 'notFound') < output.length) return [];
	const failed = [...failures].filter(
		([{ subjects }, reason]) =>
			reason instanceof NotFound && subjects.some(({ by }) => by === 'externalId'),
	);
	const missing = failed.length + output.filter((item) => item['externalId'] !== undefined).length;
	if (missing < 2) return [];
	return [
		`None of the ${missing} orders has a conversion: is this the order ID that your shop’s tracking sends to Affilae?`,
	];
}

/** Warns if many kept amounts are higher than the amounts in Affilae by the same ratio: tax, or cents. */
function aboveByOneRatio(results: readonly ItemResult[]): string[] {
	const above = results.flatMap((result) => result.above ?? []);
	const rates = [...TELLING_RATES, CENTS_FOR_UNITS].map((rate) => ({
		rate,
		count: above.filter(({ keptCents, currentCents }) => {
			const expected = currentCents * (1 + rate / 100);
			// Each side was rounded to the cent.
			return currentCents > 0 && Math.abs(keptCents - expected) <= 1 + rate / 200;
		}).length,
	}));
	const [best] = rates.sort((a, b) => b.count - a.count);
	if (best === undefined || best.count < FEWEST_ALIKE || best.count * 2 < above.length) return [];
	return best.rate === CENTS_FOR_UNITS
		? [
				`${best.count} kept amounts are 100 times the amounts in Affilae: are they in cents? Set 'Amounts In'.`,
			]
		: [
				`${best.count} kept amounts are ${best.rate}% above the amounts in Affilae: do they include tax? Set 'Tax in Order Amount (%)', or give net amounts.`,
			];
}

function countOf(output: readonly IDataObject[], outcome: Outcome): number {
	return output.filter((item) => item['outcome'] === outcome).length;
}

function inSentences(parts: string, dryRuns: number, all: number): string {
	if (dryRuns === 0) return `${parts}.`;
	if (dryRuns === all) return `Dry run, nothing was sent. It would be: ${parts}.`;
	return `${parts}. ${dryRuns} of these ${dryRuns === 1 ? 'was' : 'were'} a dry run, for which nothing was sent.`;
}

function costOf({ requests, waitedMs }: Run['client']): string {
	const calls = `${counted(requests, 'call')} to Affilae`;
	const seconds = Math.round(waitedMs / 1000);
	return seconds > 0 ? `${calls}, waited ${seconds} s for its rate limit` : calls;
}

function counted(count: number, what: string): string {
	return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
