import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import { conversionProperties } from './actions/conversion';
import { searchConversions, searchPrograms } from './actions/pickers';
import { runOperation } from './actions/runOperation';

export class AffilaeConversions implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Affilae Conversions',
		name: 'affilaeConversions',
		icon: { light: 'file:affilae.svg', dark: 'file:affilae.dark.svg' },
		group: ['transform'],
		version: [1],
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Read, accept, refuse and correct the conversions of your affiliate programs',
		defaults: { name: 'Affilae Conversions' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'affilaeApi', required: true }],
		hints: [
			{
				message:
					'Dry Run is on: nothing is sent to Affilae, the output only says what would be done.',
				type: 'info',
				location: 'ndv',
				whenToDisplay: 'always',
				displayCondition: '={{ $parameter["options"]["dryRun"] === true }}',
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

	methods = { listSearch: { searchConversions, searchPrograms } };

	execute = runOperation;
}
