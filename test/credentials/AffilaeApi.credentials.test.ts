import { describe, expect, test } from '@jest/globals';
import {
	Workflow,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
} from 'n8n-workflow';
import { AffilaeApi } from '../../credentials/AffilaeApi.credentials';
import { readAccount } from '../../nodes/AffilaeConversions/api/address';

const credential = new AffilaeApi();

async function authenticate(
	data: ICredentialDataDecryptedObject,
	options: IHttpRequestOptions,
): Promise<IHttpRequestOptions> {
	if (typeof credential.authenticate !== 'function') throw new Error('authenticate is no function');
	return await credential.authenticate(data, options);
}

function domains(allowedDomains: string): ICredentialDataDecryptedObject {
	return { allowedHttpRequestDomains: 'domains', allowedDomains };
}

function property(name: string) {
	return credential.properties.find((candidate) => candidate.name === name);
}

/** A field of the credential test as n8n evaluates it. */
function evaluated(value: unknown, $credentials: IDataObject): unknown {
	const node: INode = {
		id: 'test',
		name: 'test',
		type: 'test',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	};
	const nodeTypes = { getByName: noType, getByNameAndVersion: noType, getKnownTypes: () => ({}) };
	const workflow = new Workflow({ nodes: [], connections: {}, active: false, nodeTypes });
	return workflow.expression.getSimpleParameterValue(node, String(value), 'internal', {
		$credentials,
	});
}

function noType(): never {
	throw new Error('A credential test has no other nodes');
}

const PRODUCTION = { token: 'abc', environment: 'production' };

describe('authenticate', () => {
	test('adds the token as a bearer and keeps everything else', async () => {
		const options: IHttpRequestOptions = {
			method: 'POST',
			url: 'https://rest.affilae.com/advertiser/conversions.accept',
			headers: { Accept: 'application/json' },
			body: { id: 'a' },
		};
		expect(await authenticate(PRODUCTION, options)).toEqual({
			method: 'POST',
			url: 'https://rest.affilae.com/advertiser/conversions.accept',
			headers: { Accept: 'application/json', Authorization: 'Bearer abc' },
			body: { id: 'a' },
		});
	});

	test('takes a token that was pasted with its Bearer', async () => {
		const { headers } = await authenticate(
			{ token: ' Bearer abc ', environment: 'production' },
			{ url: 'https://rest.affilae.com/' },
		);
		expect(headers).toEqual({ Authorization: 'Bearer abc' });
	});

	test('reads the address and a path beneath it, as the credential test gives them', async () => {
		const { headers } = await authenticate(PRODUCTION, {
			baseURL: 'https://rest.affilae.com',
			url: '/advertiser/conversions.list',
		});
		expect(headers).toEqual({ Authorization: 'Bearer abc' });
	});

	test.each([
		{ options: { url: 'http://rest.affilae.com/advertiser/conversions.list' } },
		{ options: { url: 'http://localhost.evil.com/' } },
		{ options: { baseURL: 'http://example.com', url: '/advertiser/conversions.list' } },
		{ options: { baseURL: 'https://rest.affilae.com', url: 'http://example.com/' } },
		{
			options: { baseURL: 'https://rest.affilae.com', url: '//example.com', json: true },
			ok: true,
		},
	])('to $options: refused unless it is encrypted', async ({ options, ok = false }) => {
		const authenticated = authenticate(PRODUCTION, options);
		if (ok) await expect(authenticated).resolves.toHaveProperty('headers');
		else await expect(authenticated).rejects.toThrow('unencrypted');
		expect('headers' in options).toBe(ok);
	});

	test.each([
		{ uri: 'https://rest.affilae.com/advertiser/conversions.list', fields: {}, ok: true },
		{ uri: 'https://example.com/', fields: {} },
		{ uri: 'https://rest.affilae.com.example.com/', fields: {} },
		{ uri: 'https://example.com/', fields: { allowedHttpRequestDomains: 'all' }, ok: true },
		{ uri: 'https://rest.affilae.com/', fields: { allowedHttpRequestDomains: 'none' } },
		{ uri: 'https://a.example.com/', fields: domains(' *.Example.com , b.test'), ok: true },
		{ uri: 'https://b.test/', fields: domains(' *.Example.com , b.test'), ok: true },
		{ uri: 'https://example.com/', fields: domains(' *.Example.com , b.test') },
		{ uri: 'https://rest.affilae.com/', fields: domains('b.test') },
	])('the HTTP Request node gets the token for $uri only as $fields allow', async (tried) => {
		const { uri, fields, ok = false } = tried;
		const options = { url: '', uri };
		const authenticated = authenticate({ ...PRODUCTION, ...fields }, options);
		if (ok) await expect(authenticated).resolves.toHaveProperty('headers');
		else await expect(authenticated).rejects.toThrow(`not be sent to ${new URL(uri).hostname}`);
		expect('headers' in options).toBe(ok);
	});

	test.each([
		{ data: { token: '', environment: 'production' }, told: 'no token' },
		{ data: { token: 'a b', environment: 'production' }, told: 'space' },
		{
			data: { token: 'abc', environment: 'custom', baseUrl: 'http://example.com' },
			told: 'unencrypted',
		},
	])('a credential that cannot be used is refused: $told', async ({ data, told }) => {
		await expect(authenticate(data, { url: 'https://rest.affilae.com/' })).rejects.toThrow(told);
	});
});

describe('what n8n is told', () => {
	test('its name, by which nodes and workflows know it', () => {
		expect(credential).toMatchObject({ name: 'affilaeApi', displayName: 'Affilae API' });
	});

	test('the token is required, hidden on the screen and empty at first', () => {
		expect(property('token')).toMatchObject({
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
		});
	});

	test('the environments are the three of the design, production first of all', () => {
		const { options = [], default: byDefault } = property('environment') ?? {};
		expect(byDefault).toBe('production');
		expect(options.map((option) => ('value' in option ? option.value : '')).sort()).toEqual([
			'custom',
			'development',
			'production',
		]);
		expect(property('baseUrl')?.displayOptions).toEqual({ show: { environment: ['custom'] } });
	});

	test('the HTTP Request node may send it to Affilae’s own hosts only, unless somebody says otherwise', () => {
		expect(property('allowedHttpRequestDomains')?.default).toBe('domains');
		expect(property('allowedDomains')).toMatchObject({
			default: 'rest.affilae.com,rest.affilae.dev4.kaizen-developments.com',
			displayOptions: { show: { allowedHttpRequestDomains: ['domains'] } },
		});
	});

	test.each([
		{ data: { environment: 'production' }, goesTo: 'https://rest.affilae.com' },
		{ data: {}, goesTo: 'https://rest.affilae.com' },
		{
			data: { environment: 'development', baseUrl: 'https://affilae.example' },
			goesTo: 'https://rest.affilae.dev4.kaizen-developments.com',
		},
		{
			data: { environment: 'custom', baseUrl: 'https://affilae.example/v1' },
			goesTo: 'https://affilae.example/v1',
		},
	])('its test goes where the calls go: $data to $goesTo', ({ data, goesTo }) => {
		const { baseURL } = credential.test.request;
		expect(evaluated(baseURL, data)).toBe(goesTo);
		expect(readAccount({ token: 'abc', ...data }).baseUrl).toBe(goesTo);
	});

	test('its test asks for next to nothing, with documented filters, and follows no redirect', () => {
		const { request, rules } = credential.test;
		expect(request).toMatchObject({
			url: '/advertiser/conversions.list',
			disableFollowRedirect: true,
		});
		expect(Object.keys(request.qs ?? {}).sort()).toEqual(['from', 'to']);
		const [from, to] = [request.qs?.['from'], request.qs?.['to']].map((end) =>
			Date.parse(String(evaluated(end, {}))),
		);
		expect(Number(to) - Number(from)).toBeGreaterThan(50_000);
		expect(Number(to) - Number(from)).toBeLessThan(70_000);
		expect(rules?.map(({ properties }) => ('value' in properties ? properties.value : ''))).toEqual(
			expect.arrayContaining([401, 403, 404]),
		);
	});
});
