import { z } from 'zod';
import { rotated } from '../report/median';
import type { Place } from '../surroundings/place';
import { forgetPeak, memoryOf } from '../surroundings/processFigures';
import { chain, type ChainNode } from '../workflows/chain';
import { httpRequestPaginated } from './httpRequest';
import type { ListRival } from './rival';
import { thisNodeRaw, thisNodeSimplified } from './thisNode';

const RIVALS: readonly ListRival[] = [thisNodeSimplified, thisNodeRaw, httpRequestPaginated];

/** One run of one rival. */
export interface ListFigures {
	/** Of all its nodes together. */
	seconds: number;
	calls: number;
	/** Conversions that did not come out. */
	missing: number;
	/** The most memory that n8n's process held. */
	peakMiB: number;
	/** How much more that is than before the run. */
	riseMiB: number;
}

/** The runs of one rival. */
export interface ListResult {
	key: string;
	name: string;
	runs: ListFigures[];
}

const answer = z.object({ milliseconds: z.number(), rows: z.number() });

/**
 * Lets every rival get all conversions. Each run begins with n8n freshly started, and n8n keeps
 * nothing of the execution: noting 20,000 items costs more memory than getting them.
 *
 * @param tell gets a line for each run
 */
export async function measureList(
	place: Place,
	runs: number,
	tell: (line: string) => void,
): Promise<ListResult[]> {
	const results = RIVALS.map(({ key, name, nodes }) => ({
		id: `list-${key}`,
		nodes: timed(nodes(place)),
		result: { key, name, runs: [] as ListFigures[] },
	}));
	for (const { id, nodes } of results) await place.n8n.publish(id, chain(id, nodes, false));
	for (let run = 0; run < runs; run += 1) {
		for (const { id, result } of rotated(results, run)) {
			const figures = await measure(place, id);
			result.runs.push(figures);
			const { seconds, calls, peakMiB, riseMiB, missing } = figures;
			tell(
				`run ${run + 1}, ${result.name}: ${seconds.toFixed(2)} s, ${calls} calls, peak ` +
					`${Math.round(peakMiB)} MiB (${Math.round(riseMiB)} more than before), ${missing} missing`,
			);
		}
	}
	return results.map(({ result }) => result);
}

async function measure({ n8n, sandbox }: Place, id: string): Promise<ListFigures> {
	await n8n.restart();
	await sandbox.begin(null);
	await forgetPeak(n8n.pid);
	const { nowMiB } = await memoryOf(n8n.pid);
	const { milliseconds, rows } = answer.parse(await n8n.ask(id, { items: [{}] }));
	const { peakMiB } = await memoryOf(n8n.pid);
	const { granted } = await sandbox.met();
	return {
		seconds: milliseconds / 1000,
		calls: granted,
		missing: sandbox.pending.length - rows,
		peakMiB,
		riseMiB: peakMiB - nowMiB,
	};
}

/** The nodes between two that look at the clock: n8n notes no times where it keeps nothing. */
function timed(nodes: ChainNode[]): ChainNode[] {
	const last = nodes.at(-1)?.name ?? '';
	return [
		look('Before', { startedAt: '={{ Date.now() }}' }),
		...nodes,
		look('After', {
			milliseconds: "={{ Date.now() - $('Before').first().json.startedAt }}",
			rows: `={{ $('${last}').all().length }}`,
		}),
	];
}

function look(name: string, values: Record<string, string>): ChainNode {
	const assignments = Object.entries(values).map(([field, value]) => ({
		id: field,
		name: field,
		type: 'number',
		value,
	}));
	return {
		name,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		parameters: { assignments: { assignments }, options: {} },
		executeOnce: true,
	};
}
