import { expect, test } from '@jest/globals';
import nock from 'nock';
import { runNode } from './engine';

test('a listed conversion comes out with its amount in currency units and in cents', async () => {
	nock('https://rest.affilae.com')
		.get('/advertiser/conversions.list')
		.query({ limit: 50 })
		.reply(200, { conversions: { total: 1, data: [{ id: 'a'.repeat(24), amount: 1999 }] } });
	const { success } = await runNode({
		parameters: { operation: 'list' },
		items: [{}],
		credential: { token: 'secret', environment: 'production' },
	});
	expect(success.map(({ json }) => json)).toEqual([
		{ id: 'a'.repeat(24), amount: 19.99, amountInCents: 1999 },
	]);
});
