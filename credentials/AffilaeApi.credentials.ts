import type { IAuthenticate, ICredentialType, INodeProperties } from 'n8n-workflow';
import { mustBeAllowed, mustBeSafe, readAccount } from '../nodes/AffilaeConversions/api/address';
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
				'Made in your advertiser account in Affilae. It has the rights of the user who made it.',
		},
		{
			displayName: 'Program IDs',
			name: 'programs',
			type: 'string',
			default: '',
			placeholder: 'e.g. 5f2d1c0b9a8e7f6d5c4b3a29',
			description:
				'Separated by commas. In Affilae, open Configuration > Tracking: a program ID is the part of a tracking key after the dash; whole keys are taken as well. They are asked if Affilae wants to know the program and the node names none, and offered in the Program picker.',
		},
		{
			displayName: 'Environment',
			name: 'environment',
			type: 'options',
			default: 'production',
			options: [
				{ name: 'Custom', value: 'custom', description: 'Another address, such as a test server' },
				{
					name: 'Development',
					value: 'development',
					description: `${DEVELOPMENT_URL}: named in one edition of Affilae’s article. The domain belongs to a web agency, so do not send a production token there.`,
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
				'Must start with https://, so that the token is encrypted on its way. Plain http:// works for this machine only (localhost).',
		},
		// Declared here because n8n would otherwise add them with “All” as the default.
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
			default: PRODUCTION_HOST,
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
}
