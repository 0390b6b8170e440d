/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * n8n's engine with the node in a separate process, started with `--expose-gc`. It receives one
 * {@link EngineRun}, runs it and sends back the memory that it needed.
 */
import './outsideJest';
import { GCProfiler } from 'node:v8';
import { runNode, type EngineRun } from '../engine/engine';

/** The memory of a run: bytes of heap in use after garbage collection. */
export interface MemoryCost {
	rows: number;
	stopped?: string;
	/** The maximum during the run, minus what was in use before. */
	peakBytes: number;
	/** The memory of the output rows alone, parsed from JSON. */
	rowBytes: number;
}

const SAMPLE_EVERY_MS = 1000;

function collect(): number {
	global.gc?.();
	return process.memoryUsage().heapUsed;
}

async function measure(asked: EngineRun): Promise<MemoryCost> {
	// Code that is loaded and compiled at the first call does not count as memory of the rows.
	await runNode({ ...asked, parameters: { ...asked.parameters, returnAll: false, limit: 1 } });
	const before = collect();
	const profiler = new GCProfiler();
	profiler.start();
	const sampling = setInterval(collect, SAMPLE_EVERY_MS);
	const outcome = await runNode(asked);
	clearInterval(sampling);
	collect();
	const used = profiler
		.stop()
		.statistics.filter(({ gcType }) => gcType === 'MarkSweepCompact')
		.map(({ afterGC }) => afterGC.heapStatistics.usedHeapSize);

	const without = collect();
	const held = outcome.success.map(({ json }): unknown => JSON.parse(JSON.stringify(json)));
	const rowBytes = collect() - without;
	return {
		rows: held.length,
		...(outcome.stopped ? { stopped: outcome.stopped.message } : {}),
		peakBytes: Math.max(...used) - before,
		rowBytes,
	};
}

process.once('message', (asked: EngineRun) => {
	void measure(asked).then((cost) => process.send?.(cost, () => process.disconnect()));
});
