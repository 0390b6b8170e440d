/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * n8n's engine with the node in a separate process. It receives one {@link EngineRun}, runs it and sends
 * back the outcome.
 */
import './outsideJest';
import { runNode, type EngineRun } from '../engine/engine';

/** The outcome of a run in another process. */
export interface ProcessOutcome {
	outcomes: unknown[];
	stopped?: string;
}

process.once('message', (asked: EngineRun) => {
	void runNode(asked).then(({ success, stopped }) => {
		const answer: ProcessOutcome = {
			outcomes: success.map(({ json }) => json['outcome']),
			...(stopped ? { stopped: stopped.message } : {}),
		};
		process.send?.(answer, () => process.disconnect());
	});
});
