import { jest } from '@jest/globals';
import { PollContext, TriggersAndPollers, WorkflowExecute } from 'n8n-core';
import {
	createRunExecutionData,
	NodeConnectionTypes,
	NodeHelpers,
	Workflow,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type INodeParameters,
	type INodeType,
	type IPollFunctions,
} from 'n8n-workflow';
import { AffilaeConversionsTrigger } from '../../nodes/AffilaeConversions/AffilaeConversionsTrigger.node';
import { additionalDataWith, captureLog } from '../engine/engine';

const TRIGGER = 'n8n-nodes-affilae.affilaeConversionsTrigger';
const NODE_NAME = 'When something happens';

/** How a workflow with the trigger is published. */
export interface Published {
	parameters: INodeParameters;
	credential: ICredentialDataDecryptedObject;
	/** How long a poll may take, in milliseconds; n8n's own limit by default. */
	budgetMs?: number;
	/** By default a new one for each start, as if each were in a new process. */
	workflowId?: string;
	/** The workflow's static data in n8n's database, as JSON. */
	saved?: string;
}

/** The result of one poll. */
export interface Poll {
	/** The items of the execution that this poll started; undefined if it started none. */
	items?: Array<INodeExecutionData['json']>;
	/** The error of the failed execution that n8n records. */
	failed?: Error;
}

/** n8n's own limit for a poll. */
const USUAL_BUDGET_MS = 300_000;

let starts = 0;

/**
 * A workflow with the trigger, published in n8n's engine. It is polled as n8n polls it, and its static data
 * is saved when n8n saves it: after the trigger has started, and when a poll starts an execution.
 */
export class PublishedTrigger {
	/** The static data in n8n's database, as JSON. */
	saved: string;
	/** The warnings in n8n's log. */
	readonly logged: string[] = [];
	/** How long a poll may take, in milliseconds; undefined for n8n's own limit. */
	budgetMs: number | undefined;
	private readonly workflow: Workflow;
	private readonly functions: IPollFunctions;
	private readonly pollers = new TriggersAndPollers();

	constructor(private readonly published: Published) {
		this.saved = published.saved ?? '{}';
		// The node remembers, as long as its process runs, which workflows it has polled.
		starts += 1;
		const { workflowId: id = `start-${starts}` } = published;
		this.workflow = workflowOf(published.parameters, id, this.saved);
		captureLog();
		this.budgetMs = published.budgetMs;
		const context = new PollContext(
			this.workflow,
			triggerIn(this.workflow),
			additionalDataWith(published.credential),
			'trigger',
			'activate',
			...([undefined, undefined, undefined, undefined, undefined] as const),
			() => this.budgetMs ?? USUAL_BUDGET_MS,
		);
		jest.spyOn(context.logger, 'warn').mockImplementation((line) => void this.logged.push(line));
		// n8n's class does not fit n8n's interface where optional means absent, as it does here.
		const functions: unknown = context;
		this.functions = functions as IPollFunctions;
	}

	/** The poll with which n8n starts a trigger. Rejects if n8n could not start it. */
	async start(): Promise<Poll> {
		const items = await this.run();
		this.save();
		return items ? { items } : {};
	}

	/** A scheduled poll. */
	async tick(): Promise<Poll> {
		try {
			const items = await this.run();
			if (items) this.save();
			return items ? { items } : {};
		} catch (thrown) {
			if (!(thrown instanceof Error)) return await Promise.reject(thrown);
			return { failed: thrown };
		}
	}

	/** The same workflow after n8n was killed: only what was saved is left. */
	afterKill(differing: Partial<Published> = {}): PublishedTrigger {
		return new PublishedTrigger({ ...this.published, saved: this.saved, ...differing });
	}

	private async run(): Promise<Poll['items']> {
		const node = triggerIn(this.workflow);
		const output = await this.pollers.runPollFunction(this.workflow, node, this.functions);
		return output?.[0]?.map(({ json }) => json);
	}

	private save(): void {
		this.saved = JSON.stringify(this.workflow.staticData);
	}
}

/** A manual run of a workflow that begins with the trigger, in n8n's engine. */
export async function runManually({ parameters, credential, saved = '{}' }: Published): Promise<{
	items: Array<INodeExecutionData['json']>;
	/** Title and description of the error. */
	stopped?: string;
	/** The workflow's static data afterwards, as JSON. */
	staticData: string;
}> {
	captureLog();
	const workflow = workflowOf(parameters, 'manual', saved);
	const data = additionalDataWith(credential);
	const execute = new WorkflowExecute(data, 'manual', createRunExecutionData());
	const run = await execute.run({ workflow, startNode: triggerIn(workflow) });
	const task = run.data.resultData.runData[NODE_NAME]?.[0];
	const error = task?.error ?? run.data.resultData.error;
	return {
		items: task?.data?.['main']?.[0]?.map(({ json }) => json) ?? [],
		...(error ? { stopped: `${error.message}. ${error.description ?? ''}` } : {}),
		staticData: JSON.stringify(workflow.staticData),
	};
}

function triggerIn(workflow: Workflow): INode {
	const node = workflow.getNode(NODE_NAME);
	if (!node) throw new Error('The workflow does not contain the trigger');
	return node;
}

function workflowOf(parameters: INodeParameters, id: string, saved: string): Workflow {
	const type: INodeType = new AffilaeConversionsTrigger();
	const staticData: IDataObject = JSON.parse(saved);
	return new Workflow({
		id,
		name: 'test',
		active: true,
		staticData,
		settings: { timezone: 'Europe/Paris' },
		nodeTypes: {
			getByName: () => type,
			getByNameAndVersion: () => NodeHelpers.getVersionedNodeType(type),
			getKnownTypes: () => ({}),
		},
		nodes: [
			{
				id: 'trigger',
				name: NODE_NAME,
				type: TRIGGER,
				typeVersion: 1,
				position: [0, 0],
				parameters,
				credentials: { affilaeApi: { id: '1', name: 'Affilae' } },
			},
			{
				id: 'after',
				name: 'After',
				type: TRIGGER,
				typeVersion: 1,
				position: [200, 0],
				disabled: true,
				parameters: {},
			},
		],
		connections: {
			[NODE_NAME]: { main: [[{ node: 'After', type: NodeConnectionTypes.Main, index: 0 }]] },
		},
	});
}
