import { describe, expect, test } from '@jest/globals';
import type { ICredentialDataDecryptedObject, IHttpRequestOptions } from 'n8n-workflow';
import { AffilaeApi } from '../../credentials/AffilaeApi.credentials';
import { testAffilaeApi } from '../../nodes/AffilaeConversions/actions/credentialTest';
import { AffilaeConversions } from '../../nodes/AffilaeConversions/AffilaeConversions.node';
import { AffilaeConversionsTrigger } from '../../nodes/AffilaeConversions/AffilaeConversionsTrigger.node';
import { USER_AGENT } from '../../nodes/AffilaeConversions/api/constants';
import manifest from '../../package.json';

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

const PRODUCTION = { token: 'abc', environment: 'production' };

describe('authenticate', () => {
	test('adds the token as a bearer token and keeps the rest of the request', async () => {
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

	test('accepts a token that was pasted with the word Bearer', async () => {
		const { headers } = await authenticate(
			{ token: ' Bearer abc ', environment: 'production' },
			{ url: 'https://rest.affilae.com/' },
		);
		expect(headers).toEqual({ Authorization: 'Bearer abc' });
	});

	test('accepts a base URL and a path', async () => {
		const { headers } = await authenticate(PRODUCTION, {
			baseURL: 'https://rest.affilae.com',
			url: '/advertiser/conversions.list',
		});
		expect(headers).toEqual({ Authorization: 'Bearer abc' });
	});

	test.each([
		['https://Proxy.Example.com', '/advertiser/conversions.list'],
		['https://proxy.example.com:443/api', '/advertiser/conversions.list'],
		['HTTP://LocalHost:5690', '/advertiser/conversions.list'],
	])('adds the token for the base URL in any spelling (%s)', async (baseUrl, path) => {
		const custom = { ...PRODUCTION, environment: 'custom', baseUrl };
		const { headers } = await authenticate(custom, { url: `${baseUrl}${path}` });
		expect(headers).toEqual({ Authorization: 'Bearer abc' });
	});

	test.each([
		{ url: 'https://example.com/advertiser/conversions.list' },
		{ url: 'https://rest.affilae.com.example.com/' },
		{ baseURL: 'https://rest.affilae.com', url: '//example.com/' },
	])(
		'adds the token for any other node to no other host than those allowed (%j)',
		async (options) => {
			const none = { ...PRODUCTION, allowedHttpRequestDomains: 'none' };
			for (const data of [PRODUCTION, none, { ...PRODUCTION, ...domains('example.org') }]) {
				await expect(authenticate(data, { ...options })).rejects.toThrow(
					'does not allow other nodes',
				);
			}
			const all = { ...PRODUCTION, allowedHttpRequestDomains: 'all' };
			await expect(authenticate(all, options)).resolves.toHaveProperty('headers');
		},
	);

	test.each([
		{ options: { url: 'http://rest.affilae.com/advertiser/conversions.list' } },
		{ options: { url: 'http://localhost.evil.com/' } },
		{ options: { baseURL: 'http://example.com', url: '/advertiser/conversions.list' } },
		{ options: { baseURL: 'https://rest.affilae.com', url: 'http://example.com/' } },
		{
			options: { baseURL: 'https://rest.affilae.com', url: '//example.com', json: true },
			ok: true,
		},
	])(
		'adds the token to $options only if the connection is encrypted',
		async ({ options, ok = false }) => {
			const authenticated = authenticate({ ...PRODUCTION, ...domains('example.com') }, options);
			if (ok) await expect(authenticated).resolves.toHaveProperty('headers');
			else await expect(authenticated).rejects.toThrow('unencrypted');
			expect('headers' in options).toBe(ok);
		},
	);

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
	])('gives the HTTP Request node the token for $uri only if $fields allow it', async (tried) => {
		const { uri, fields, ok = false } = tried;
		const options = { url: '', uri };
		const authenticated = authenticate({ ...PRODUCTION, ...fields }, options);
		if (ok) await expect(authenticated).resolves.toHaveProperty('headers');
		else
			await expect(authenticated).rejects.toThrow(
				`does not allow other nodes to send it to ${new URL(uri).hostname}`,
			);
		expect('headers' in options).toBe(ok);
	});

	test.each([
		{ data: { token: '', environment: 'production' }, told: "'API Token' is empty" },
		{ data: { token: 'a b', environment: 'production' }, told: 'space' },
		{
			data: { token: 'abc', environment: 'custom', baseUrl: 'http://example.com' },
			told: 'unencrypted',
		},
		{ data: { token: 'abc', environment: 'Staging' }, told: 'Environment' },
	])('fails with an invalid credential: $told', async ({ data, told }) => {
		await expect(authenticate(data, { url: 'https://rest.affilae.com/' })).rejects.toThrow(told);
	});
});

describe('the credential in n8n', () => {
	test('has the name that nodes and workflows refer to', () => {
		expect(credential).toMatchObject({ name: 'affilaeApi', displayName: 'Affilae API' });
	});

	test('has a token that is required, masked and empty by default', () => {
		expect(property('token')).toMatchObject({
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
		});
	});

	test('offers production, development and custom environments, and production by default', () => {
		const { options = [], default: byDefault } = property('environment') ?? {};
		expect(byDefault).toBe('production');
		expect(options.map((option) => ('value' in option ? option.value : '')).sort()).toEqual([
			'custom',
			'development',
			'production',
		]);
		expect(property('baseUrl')?.displayOptions).toEqual({ show: { environment: ['custom'] } });
	});

	test('lets the HTTP Request node send the token to Affilae’s production host only, by default', () => {
		expect(property('allowedHttpRequestDomains')?.default).toBe('domains');
		expect(property('allowedDomains')).toMatchObject({
			default: 'rest.affilae.com',
			displayOptions: { show: { allowedHttpRequestDomains: ['domains'] } },
		});
	});

	test('is tested by a function of both nodes, because a declared request cannot ask for each program', () => {
		expect(credential).not.toHaveProperty('test');
		for (const { description, methods } of [
			new AffilaeConversions(),
			new AffilaeConversionsTrigger(),
		]) {
			expect(description.credentials).toEqual([
				{ name: credential.name, required: true, testedBy: 'testAffilaeApi' },
			]);
			expect(methods.credentialTest).toEqual({ testAffilaeApi });
		}
	});

	test('has optional program IDs, and says where to find them', () => {
		expect(property('programs')).toMatchObject({
			displayName: 'Program IDs',
			type: 'string',
			default: '',
			description: expect.stringContaining('Configuration > Tracking'),
		});
		expect(property('programs')?.required ?? false).toBe(false);
	});

	test('says who owns the domain of the development environment', () => {
		const { options = [] } = property('environment') ?? {};
		const development = options.find(
			(option) => 'value' in option && option.value === 'development',
		);
		expect(development).toMatchObject({ description: expect.stringContaining('web agency') });
	});
});

test('the User-Agent of each request names the package and its version', () => {
	expect(USER_AGENT).toBe(`${manifest.name}/${manifest.version}`);
});
