import type { IDataObject, NodeExecutionHint } from 'n8n-workflow';
import type { Client } from '../api/client';
import type { Outcome } from '../domain/decision';

/** What one execution of the node has come to. */
interface Run {
	/** What was put out for the items that got through. */
	output: readonly IDataObject[];
	/** How many items could not go on. */
	failed: number;
	client: Pick<Client, 'requests' | 'heldBackMs'>;
}

const OUTCOMES = ['accepted', 'refused', 'updated', 'unchanged', 'needsAttention'] as const;

const WORDS: Readonly<Record<Outcome, (count: number) => string>> = {
	accepted: (count) => `${count} accepted`,
	refused: (count) => `${count} refused`,
	updated: (count) => `${count} updated`,
	unchanged: (count) => `${count} unchanged`,
	needsAttention: (count) => (count === 1 ? '1 needs attention' : `${count} need attention`),
};

/** The hint over the output panel: what the run came to, at which cost, and whether a person must look. */
export function hintOn({ output, failed, client }: Run): NodeExecutionHint {
	const counts = OUTCOMES.map((outcome) => ({
		outcome,
		count: output.filter((item) => item['outcome'] === outcome).length,
	})).filter(({ count }) => count > 0);
	const dryRuns = output.filter((item) => item['dryRun'] === true).length;
	const needsAttention = counts.some(({ outcome }) => outcome === 'needsAttention');
	const results = [
		...(counts.length > 0
			? counts.map(({ outcome, count }) => WORDS[outcome](count))
			: [counted(output.length, 'conversion')]),
		...(failed > 0 ? [`${counted(failed, 'item')} could not be handled`] : []),
	].join(', ');
	const message = `${inSentences(results, dryRuns, output.length)} ${costOf(client)}.`;
	const type = needsAttention || failed > 0 ? 'warning' : 'info';
	return { message, type, location: 'outputPane' };
}

function inSentences(results: string, dryRuns: number, all: number): string {
	if (dryRuns === 0) return `${results}.`;
	if (dryRuns === all) return `Dry run, nothing was sent. It would be: ${results}.`;
	return `${results}. Of these ${dryRuns} ${dryRuns === 1 ? 'was' : 'were'} a dry run, for which nothing was sent.`;
}

function costOf({ requests, heldBackMs }: Run['client']): string {
	const calls = `${counted(requests, 'call')} to Affilae`;
	const seconds = Math.round(heldBackMs / 1000);
	return seconds > 0 ? `${calls}, ${seconds} s of waiting for its rate limit` : calls;
}

function counted(count: number, what: string): string {
	return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
