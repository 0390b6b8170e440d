import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import { conversionProperties } from './actions/conversion';
import { testAffilaeApi } from './actions/credentialTest';
import { searchConversions, searchPrograms } from './actions/pickers';
import { runOperation } from './actions/runOperation';

export class AffilaeConversions implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Affilae Conversions',
		name: 'affilaeConversions',
		icon: { light: 'file:affilae.svg', dark: 'file:affilae.dark.svg' },
		group: ['transform'],
		version: [1],
		subtitle:
			'={{ { accept: "Accept", info: "Get", list: "Get Many", reconcile: "Reconcile", refuse: "Refuse", update: "Update" }[$parameter["operation"]] }}',
		description: 'Get, accept, refuse and correct the conversions of your affiliate programs',
		defaults: { name: 'Affilae Conversions' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'affilaeApi', required: true, testedBy: 'testAffilaeApi' }],
		hints: [
			{
				message:
					'Dry Run is on: nothing is changed in Affilae. The output shows what would be done.',
				type: 'info',
				location: 'ndv',
				whenToDisplay: 'always',
				displayCondition: '={{ $parameter["dryRun"] === true }}',
			},
		],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [{ name: 'Conversion', value: 'conversion' }],
				default: 'conversion',
			},
			...conversionProperties,
		],
	};

	methods = {
		listSearch: { searchConversions, searchPrograms },
		credentialTest: { testAffilaeApi },
	};

	execute = runOperation;
}
