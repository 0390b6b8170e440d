import type {
	IAuthenticate,
	ICredentialTestRequest,
	ICredentialType,
	INodeProperties,
} from 'n8n-workflow';
import { mustBeAllowed, mustBeSafe, readAccount } from '../nodes/AffilaeConversions/api/address';
import {
	AFFILAE_HOSTS,
	DEVELOPMENT_URL,
	PATHS,
	PRODUCTION_URL,
} from '../nodes/AffilaeConversions/api/constants';

export class AffilaeApi implements ICredentialType {
	name = 'affilaeApi';

	displayName = 'Affilae API';

	icon = { light: 'file:affilae.svg', dark: 'file:affilae.dark.svg' } as const;

	documentationUrl = 'https://github.com/n8n-nodes-affilae/n8n-nodes-affilae#credential';

	properties: INodeProperties[] = [
		{
			displayName: 'Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'The API token from the advertiser interface of Affilae',
		},
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			default: 'production',
			options: [
				{ name: 'Custom', value: 'custom', description: 'Another address, such as a test server' },
				{ name: 'Development', value: 'development', description: DEVELOPMENT_URL },
				{ name: 'Production', value: 'production', description: PRODUCTION_URL },
			],
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. https://rest.affilae.com',
			displayOptions: { show: { environment: ['custom'] } },
			description:
				'Must start with https://, so that the token is encrypted on its way. Plain http:// is for this machine alone (localhost).',
		},
		// Declared by us because n8n would otherwise add them with “All” as the default.
		{
			displayName: 'Allowed HTTP Request Domains',
			name: 'allowedHttpRequestDomains',
			type: 'options',
			default: 'domains',
			description: 'To which domains the HTTP Request node may send this credential',
			options: [
				{ name: 'All', value: 'all', description: 'Any domain' },
				{ name: 'Specific Domains', value: 'domains', description: 'The domains listed below' },
				{ name: 'None', value: 'none', description: 'Nowhere: only Affilae nodes may use it' },
			],
		},
		{
			displayName: 'Allowed Domains',
			name: 'allowedDomains',
			type: 'string',
			default: AFFILAE_HOSTS.join(','),
			placeholder: 'e.g. rest.affilae.com',
			displayOptions: { show: { allowedHttpRequestDomains: ['domains'] } },
			description: 'Separated by commas',
		},
	];

	// A function: the generic form would evaluate an expression for every call.
	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		const { token } = readAccount(credentials);
		// The HTTP Request node gives `uri`, whatever the type says.
		const isHttpRequestNode = 'uri' in requestOptions;
		const address = isHttpRequestNode ? String(requestOptions.uri) : requestOptions.url;
		const { href } = new URL(address, requestOptions.baseURL);
		mustBeSafe(href);
		if (isHttpRequestNode) mustBeAllowed(href, credentials);
		requestOptions.headers = { ...requestOptions.headers, Authorization: `Bearer ${token}` };
		return requestOptions;
	};

	test: ICredentialTestRequest = {
		request: {
			baseURL: `={{ ({ development: '${DEVELOPMENT_URL}', custom: $credentials.baseUrl })[$credentials.environment] || '${PRODUCTION_URL}' }}`,
			url: PATHS.list,
			// Documented filters alone: a period of one minute asks for next to nothing.
			qs: {
				from: '={{ $now.toUTC().minus({ minutes: 1 }).toISO() }}',
				to: '={{ $now.toUTC().toISO() }}',
			},
			disableFollowRedirect: true,
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'Affilae does not accept this token. Copy it again from the advertiser interface, and check the environment.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message: 'Affilae knows this token, but does not let it read conversions.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 404,
					message: 'Affilae’s API is not at this address. Check the environment and the base URL.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 429,
					message: 'Affilae asked to slow down. Wait a minute and test again.',
				},
			},
		],
	};
}
