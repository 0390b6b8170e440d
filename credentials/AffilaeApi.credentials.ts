import type { IAuthenticate, ICredentialType, INodeProperties } from 'n8n-workflow';
import { mustBeAllowed, mustBeSafe, readAccount } from '../nodes/AffilaeConversions/api/account';
import {
	DEVELOPMENT_URL,
	PRODUCTION_HOST,
	PRODUCTION_URL,
} from '../nodes/AffilaeConversions/api/constants';

export class AffilaeApi implements ICredentialType {
	name = 'affilaeApi';

	displayName = 'Affilae API';

	icon = { light: 'file:affilae.svg', dark: 'file:affilae.dark.svg' } as const;

	documentationUrl = 'https://github.com/n8n-nodes-affilae/n8n-nodes-affilae#credential';

	properties: INodeProperties[] = [
		{
			displayName: 'API Token',
			name: 'token',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description:
				'Create it in your advertiser account in Affilae. It has the permissions of the user who creates it.',
		},
		{
			displayName: 'Program IDs',
			name: 'programs',
			type: 'string',
			default: '',
			placeholder: 'e.g. 5f2d1c0b9a8e7f6d5c4b3a29',
			description:
				'Separated by commas. In Affilae, open Configuration > Tracking: the program ID is the part of the tracking key after the dash. Whole keys work too. The node offers these programs in the list of Program, and tries them if Program is empty and Affilae requires one.',
		},
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			default: 'production',
			options: [
				{
					name: 'Custom',
					value: 'custom',
					description: 'Your own address, such as that of a test server',
				},
				{
					name: 'Development',
					value: 'development',
					description: `Mentioned in Affilae’s help article. The domain belongs to a web agency: never use a production token. ${DEVELOPMENT_URL}`,
				},
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
				'Must start with https://, so that the token is encrypted. Only localhost may use http://.',
		},
		// Otherwise n8n adds these fields with “All” as the default.
		{
			displayName: 'Allowed HTTP Request Domains',
			name: 'allowedHttpRequestDomains',
			type: 'options',
			default: 'domains',
			description: 'The domains to which the HTTP Request node may send this credential',
			options: [
				{ name: 'All', value: 'all', description: 'Any domain' },
				{ name: 'Specific Domains', value: 'domains', description: 'The domains listed below' },
				{ name: 'None', value: 'none', description: 'Only Affilae nodes may use this credential' },
			],
		},
		{
			displayName: 'Allowed Domains',
			name: 'allowedDomains',
			type: 'string',
			default: PRODUCTION_HOST,
			placeholder: 'e.g. rest.affilae.com',
			displayOptions: { show: { allowedHttpRequestDomains: ['domains'] } },
			description: 'Separated by commas',
		},
	];

	// A function is faster: n8n's declarative form evaluates an expression for every call.
	authenticate: IAuthenticate = async (credentials, requestOptions) => {
		const { token, baseUrl } = readAccount(credentials);
		// The HTTP Request node passes `uri`, although the type does not have it.
		const isHttpRequestNode = 'uri' in requestOptions;
		const address = isHttpRequestNode ? String(requestOptions.uri) : requestOptions.url;
		const { href } = new URL(address, requestOptions.baseURL);
		mustBeSafe(href);
		if (isHttpRequestNode || !href.startsWith(new URL(`${baseUrl}/`).href))
			mustBeAllowed(href, credentials);
		requestOptions.headers = { ...requestOptions.headers, Authorization: `Bearer ${token}` };
		return requestOptions;
	};
}
