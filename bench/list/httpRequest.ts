import { API_PATH } from '../../sandbox/api';
import { httpRequest } from '../workflows/httpRequest';
import type { ListRival } from './rival';

const PAGE_ROWS = 100;

/** The HTTP Request node with its own Pagination, and Split Out behind it. */
export const httpRequestPaginated: ListRival = {
	key: 'http',
	name: 'HTTP Request with Pagination, Split Out',
	nodes: ({ sandbox, credential }) => [
		httpRequest('Pages', credential, {
			method: 'GET',
			url: `${sandbox.url}${API_PATH}conversions.list`,
			query: { limit: String(PAGE_ROWS) },
			options: {
				pagination: {
					pagination: {
						paginationMode: 'updateAParameterInEachRequest',
						parameters: {
							parameters: [
								{ type: 'qs', name: 'offset', value: `={{ $pageCount * ${PAGE_ROWS} }}` },
							],
						},
						paginationCompleteWhen: 'other',
						completeExpression: `={{ $response.body.conversions.data.length < ${PAGE_ROWS} }}`,
					},
				},
			},
		}),
		{
			name: 'Split Out',
			type: 'n8n-nodes-base.splitOut',
			typeVersion: 1,
			parameters: { fieldToSplitOut: 'conversions.data', options: {} },
		},
	],
};
