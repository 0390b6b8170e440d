import { expect, test } from '@jest/globals';
import { sleep } from 'n8n-workflow';
import { runNode } from './engine';
import { type Reply, serverForTests } from './server';
import { conversion, SHOES, shop } from './shop';

const affilae = serverForTests();

test.each([
	{
		by: 'order ID',
		conversionNamed: { __rl: true, mode: 'externalId', value: '={{ $json.order }}' },
	},
	{ by: 'conversion ID', conversionNamed: { __rl: true, mode: 'id', value: '={{ $json.id }}' } },
])(
	'an execution that is stopped during a write (by $by) sends nothing more',
	async ({ conversionNamed }) => {
		const rows = Array.from({ length: 6 }, (_, index) => conversion(index));
		const answer = shop(rows);
		let atSecondWrite: () => void = () => undefined;
		const cancelWhen = new Promise<void>((resolve) => {
			atSecondWrite = resolve;
		});
		affilae.respond = async (request) => {
			if (affilae.writes.length < 2) return answer(request);
			atSecondWrite();
			return await new Promise<Reply>(() => undefined);
		};
		const { run } = await runNode({
			parameters: {
				operation: 'accept',
				conversion: conversionNamed,
				program: { __rl: true, mode: 'id', value: SHOES.id },
				options: { maxConcurrency: 1 },
			},
			items: rows.map(({ id, externalId }) => ({ id, order: externalId })),
			credential: affilae.credential,
			settings: { onError: 'continueRegularOutput' },
			cancelWhen,
		});
		await sleep(200);
		expect(run.status).toBe('canceled');
		expect(affilae.writes).toHaveLength(2);
	},
);
