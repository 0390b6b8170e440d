import { NodeConnectionTypes, type INodeType, type INodeTypeDescription } from 'n8n-workflow';
import { testAffilaeApi } from './actions/credentialTest';
import { searchPrograms } from './actions/pickers';
import { triggerFields } from './trigger/fields';
import { pollConversions } from './trigger/pollConversions';

export class AffilaeConversionsTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Affilae Conversions Trigger',
		name: 'affilaeConversionsTrigger',
		icon: { light: 'file:affilae.svg', dark: 'file:affilae.dark.svg' },
		group: ['trigger'],
		version: [1],
		subtitle: '={{ [$parameter["events"]].flat().join(", ") }}',
		description:
			'Starts the workflow when a conversion is created, accepted or refused, or when its amount changes',
		defaults: { name: 'Affilae Conversions Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'affilaeApi', required: true, testedBy: 'testAffilaeApi' }],
		properties: triggerFields,
	};

	methods = { listSearch: { searchPrograms }, credentialTest: { testAffilaeApi } };

	poll = pollConversions;
}
