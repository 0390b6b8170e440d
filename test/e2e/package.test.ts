import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CredentialTest, NewCredential, PickerPage } from '../../playground/src/n8nClient';
import { AFFILAE_CREDENTIAL, type Playground } from '../../playground/src/startPlayground';
import { PROGRAMS } from '../../sandbox/programs';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { BY_ORDER_ID, NODE_TYPE, workflowOf } from './workflowOf';

describe('the package as n8n installs it', () => {
	let playground: Playground;

	beforeAll(async () => {
		playground = await startFreshPlayground({ orders: false });
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await playground?.stop();
	});

	/** A credential for the sandbox, with these fields changed. */
	function credential(name: string, fields: Record<string, unknown>): NewCredential {
		const { token, url: baseUrl } = playground.sandbox;
		const data = { token, environment: 'custom', baseUrl, ...fields };
		return { name, type: AFFILAE_CREDENTIAL.type, data };
	}

	test('n8n offers the node, and its variant for AI agents, under the name of the package', async () => {
		const types = (await playground.n8n.client.nodeTypes()).map(({ name }) => name);
		expect(types).toEqual(expect.arrayContaining([NODE_TYPE, `${NODE_TYPE}Tool`]));
	});

	describe('the credential test', () => {
		const testOf = async (name: string, fields: Record<string, unknown>): Promise<CredentialTest> =>
			await playground.n8n.client.testCredential(credential(name, fields));

		test('succeeds with the right token', async () => {
			expect(await testOf('The right token', {})).toMatchObject({ status: 'OK' });
		});

		test('fails with a wrong token, and does not show it', async () => {
			const { status, message } = await testOf('A wrong token', { token: 'not-the-one' });
			expect(status).toBe('Error');
			expect(message).not.toContain('not-the-one');
		});

		test('says that it is the token that is not accepted', async () => {
			const { message } = await testOf('A wrong token', { token: 'not-the-one' });
			expect(message).toMatch(/Affilae does not accept the API token/);
		});

		test('fails at an address that does not answer', async () => {
			expect(await testOf('Nowhere', { baseUrl: 'http://127.0.0.1:9' })).toMatchObject({
				status: 'Error',
			});
		});

		test('does not send the token to an address that is neither https nor loopback', async () => {
			const { status, message } = await testOf('Unsafe', { baseUrl: 'http://affilae.example' });
			expect(status).toBe('Error');
			expect(message).toContain('https');
		});
	});

	describe('n8n’s own HTTP Request node with the credential', () => {
		async function request(name: string, fields: Record<string, unknown>) {
			const { n8n, sandbox } = playground;
			const stored = await n8n.client.saveCredential(credential(name, fields));
			const workflow = workflowOf([{ orderId: '1' }, { orderId: '2' }], { parameters: {} });
			await n8n.client.saveWorkflow('http-request', {
				...workflow,
				nodes: workflow.nodes.map((node) =>
					node.type === NODE_TYPE
						? {
								...node,
								type: 'n8n-nodes-base.httpRequest',
								typeVersion: 4.2,
								parameters: {
									url: `${sandbox.url}/advertiser/conversions.list`,
									authentication: 'predefinedCredentialType',
									nodeCredentialType: AFFILAE_CREDENTIAL.type,
									options: {},
								},
								credentials: { [AFFILAE_CREDENTIAL.type]: stored },
							}
						: node,
				),
			});
			sandbox.requests.clear();
			const { status, error } = await n8n.client.run('http-request', 'Start');
			return { status, error, answered: sandbox.requests.list().map((entry) => entry.status) };
		}

		test('can send requests if the credential allows it', async () => {
			expect(await request('Anywhere', { allowedHttpRequestDomains: 'all' })).toMatchObject({
				status: 'success',
				answered: [200, 200],
			});
		});

		test('sends the token only to Affilae by default', async () => {
			const { status, answered } = await request('As it comes', {});
			expect({ status, answered }).toEqual({ status: 'error', answered: [] });
		});
	});

	test.each([
		['http://affilae.example', 'unencrypted'],
		['ftp://127.0.0.1', 'unencrypted'],
		['not an address', 'URL'],
	])('a node whose base URL is %s sends nothing and says why', async (baseUrl, word) => {
		const { n8n, sandbox } = playground;
		const workflow = workflowOf([{ orderId: '1001' }], {
			parameters: { operation: 'accept', conversion: BY_ORDER_ID },
		});
		await playground.store('unsafe', workflow);
		const unsafe = await n8n.client.saveCredential(credential('An unsafe address', { baseUrl }));
		await n8n.client.saveWorkflow('unsafe', {
			...workflow,
			nodes: workflow.nodes.map((node) =>
				node.type === NODE_TYPE
					? { ...node, credentials: { [AFFILAE_CREDENTIAL.type]: unsafe } }
					: node,
			),
		});
		sandbox.requests.clear();
		const execution = await n8n.client.run('unsafe', 'Start');
		expect(execution.status).toBe('error');
		expect(execution.error?.message).toContain(word);
		expect(sandbox.requests.list()).toEqual([]);
	});

	describe('the pickers', () => {
		const pick = async (
			parameter: 'program' | 'conversion',
			more: {
				filter?: string;
				paginationToken?: string;
				parameters?: Record<string, unknown>;
			} = {},
		): Promise<PickerPage> =>
			await playground.n8n.client.pick({
				node: NODE_TYPE,
				version: 1,
				parameter,
				method: parameter === 'program' ? 'searchPrograms' : 'searchConversions',
				credentials: playground.credentials,
				...more,
			});

		test('Program offers the three programs by name', async () => {
			const { results } = await pick('program');
			expect(results.map(({ value }) => value).sort()).toEqual(PROGRAMS.map(({ id }) => id).sort());
			for (const { id, name } of PROGRAMS) {
				expect(results.find(({ value }) => value === id)?.name).toContain(name);
			}
		});

		test('Program finds a program by a part of its name', async () => {
			const [wanted] = PROGRAMS;
			const { results } = await pick('program', { filter: wanted.name.toLowerCase() });
			expect(results.map(({ value }) => value)).toEqual([wanted.id]);
		});

		test('Conversion offers conversions page by page, none twice', async () => {
			const seen = new Set<string | number>();
			let page = await pick('conversion');
			let offered = page.results.length;
			for (const { value } of page.results) seen.add(value);
			expect(page.paginationToken).toBeDefined();
			page = await pick('conversion', { paginationToken: String(page.paginationToken) });
			offered += page.results.length;
			for (const { value } of page.results) seen.add(value);
			expect(page.results.length).toBeGreaterThan(0);
			expect(seen.size).toBe(offered);
		});

		test('Conversion finds a conversion by its order ID', async () => {
			const { sandbox } = playground;
			const wanted = sandbox.addConversion({ externalId: 'picked-1', amount: 1999 });
			const { results } = await pick('conversion', { filter: 'picked-1' });
			expect(results.map(({ value }) => value)).toEqual([wanted.id]);
			expect(results[0]?.name).toContain('picked-1');
		});
	});
});
