/* eslint-disable @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * n8n's engine with the node in a process of its own. It is sent one {@link EngineRun}, runs it and
 * sends back what came of it.
 */
import './outsideJest';
import { runNode, type EngineRun } from '../engine/engine';

/** What a run in another process came to. */
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
