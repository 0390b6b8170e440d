import type { CredentialReference } from '../playground/src/n8nClient';
import { AFFILAE_CREDENTIAL } from '../playground/src/startPlayground';
import { API_PATH } from '../sandbox/api';
import { NODE_TYPE } from '../test/e2e/workflowOf';
import type { Task } from './tasks';
import { type ChainNode, filter, ITEMS_NODE, set, splitOut } from './workflow';

/** The work, and the date since when all its orders were made. */
type Asked = Pick<Task, 'work' | 'since'>;
type Fields = Readonly<Record<string, string>>;

const REASON = 'Returned';
const credentials = (credential: CredentialReference) => ({
	[AFFILAE_CREDENTIAL.type]: credential,
});

/** This package's node with its default settings. It does not know the limit. */
export function thisNode({ work, since }: Asked, credential: CredentialReference): ChainNode[] {
	const located = (mode: 'id' | 'externalId', value: string) => ({ __rl: true, mode, value });
	const byOrder = { conversion: located('externalId', '={{ $json.order }}') };
	const parameters = {
		list: { operation: 'list', returnAll: true },
		accept: {
			operation: 'accept',
			conversion: located('id', '={{ $json.id }}'),
			program: located('id', '={{ $json.program }}'),
		},
		lower: { operation: 'update', ...byOrder, amount: '={{ $json.amount }}', reason: REASON },
		reconcile: {
			operation: 'reconcile',
			...byOrder,
			keptAmount: '={{ $json.amount }}',
			settled: true,
			options: { ordersSince: since, ifNotFound: 'succeed' },
		},
	}[work];
	return [
		{
			name: 'Affilae',
			type: NODE_TYPE,
			typeVersion: 1,
			parameters: { resource: 'conversion', options: {}, ...parameters },
			credentials: credentials(credential),
		},
	];
}

/**
 * The same with n8n's HTTP Request node and its default settings. It uses the first conversion that it
 * finds for an order. On Error is set to Continue, which keeps the items that got through.
 *
 * @param url address of the sandbox, without a trailing slash
 */
export function httpRequestNodes(
	{ work }: Asked,
	url: string,
	credential: CredentialReference,
): ChainNode[] {
	const request = (name: string, route: string, rest: object): ChainNode => ({
		name,
		type: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.5,
		parameters: {
			url: `${url}${API_PATH}conversions.${route}`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: AFFILAE_CREDENTIAL.type,
			options: {},
			...rest,
		},
		credentials: credentials(credential),
		onError: 'continueRegularOutput',
	});
	const get = (name: string, route: string, query: Fields, options = {}) =>
		request(name, route, { sendQuery: true, queryParameters: fieldsOf(query), options });
	const post = (name: string, route: string, body: Fields) =>
		request(name, route, { method: 'POST', sendBody: true, bodyParameters: fieldsOf(body) });

	const find = get('Find', 'info', { externalId: '={{ $json.order }}' });
	const id = '={{ $json.conversions.data[0].id }}';
	switch (work) {
		case 'accept':
			return [post('Accept', 'accept', { id: '={{ $json.id }}', program: '={{ $json.program }}' })];
		case 'lower':
			return [
				find,
				set('Edit Fields', { cents: `={{ $('${ITEMS_NODE}').item.json.cents }}` }),
				post('Update', 'update', { id, amount: '={{ $json.cents }}', reason: REASON }),
			];
		case 'reconcile':
			return [
				find,
				filter('Filter', '={{ $json.conversions.data.length > 0 }}'),
				post('Accept', 'accept', { id, program: '={{ $json.conversions.data[0].program.id }}' }),
			];
		case 'list':
			return [
				get('Pages', 'list', { limit: '100' }, { pagination: { pagination: BY_OFFSET } }),
				splitOut('Split Out', 'conversions.data'),
			];
	}
}

const BY_OFFSET = {
	paginationMode: 'updateAParameterInEachRequest',
	parameters: { parameters: [{ type: 'qs', name: 'offset', value: '={{ $pageCount * 100 }}' }] },
	paginationCompleteWhen: 'other',
	completeExpression: '={{ $response.body.conversions.data.length < 100 }}',
};

function fieldsOf(fields: Fields): object {
	return { parameters: Object.entries(fields).map(([name, value]) => ({ name, value })) };
}
