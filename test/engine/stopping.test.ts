/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { getEventListeners } from 'node:events';
import { expect, test } from '@jest/globals';
import { runNode } from './engine';
import { sale } from './sandboxShop';
import type { Reply } from './server';
import { about, ALL_WRITES, BY_ORDER, NAMES, writeTests } from './writing';

const { affilae, openShop } = writeTests();

const SIX = [1, 2, 3, 4, 5, 6];

test.each(ALL_WRITES.flatMap((write) => NAMES.map((name) => ({ ...write, ...name }))))(
	'$operation by $by sends nothing more if it is stopped during a write',
	async ({ operation, parameters, name }) => {
		const { respond } = await openShop(SIX.map((number) => sale(number)));
		let atSecondWrite: () => void = () => undefined;
		const cancelWhen = new Promise<void>((resolve) => {
			atSecondWrite = resolve;
		});
		affilae.respond = async (request) => {
			if (affilae.writes.length < 2) return await respond(request);
			atSecondWrite();
			return await new Promise<Reply>(() => undefined);
		};
		const { run: whole } = await runNode({
			parameters: { operation, ...parameters, ...name, options: { maxConcurrency: 1 } },
			items: SIX.map(about),
			credential: affilae.credential,
			settings: { onError: 'continueRegularOutput' },
			cancelWhen,
		});
		expect(whole.status).toBe('canceled');
		expect(affilae.writes).toHaveLength(2);
	},
);

const ROUNDS = 12;

test.each(ALL_WRITES.flatMap((write) => [true, false].map((isFound) => ({ ...write, isFound }))))(
	'$operation in a loop leaves no listeners on the abort signal of the execution (found: $isFound)',
	async ({ operation, parameters, isFound }) => {
		await openShop([sale(1), sale(2)]);
		const listeners: number[] = [];
		const { run: whole } = await runNode({
			parameters: { operation, ...parameters, ...BY_ORDER },
			items: isFound ? [about(1), about(2)] : [{ order: 'none' }, { order: 'neither' }],
			credential: affilae.credential,
			settings: { onError: 'continueRegularOutput' },
			loop: {
				rounds: ROUNDS,
				onRound: (signal) => {
					if (signal === undefined) throw new Error('The execution has no signal');
					listeners.push(getEventListeners(signal, 'abort').length);
				},
			},
		});
		expect(whole.data.resultData.runData['Affilae']).toHaveLength(ROUNDS);
		expect(affilae.reads.length).toBeGreaterThanOrEqual(2 * ROUNDS);
		expect(listeners).toEqual(Array(ROUNDS + 1).fill(listeners[0]));
	},
);
