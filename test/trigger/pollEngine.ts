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

/** How one start of a workflow with the trigger is made. */
export interface Published {
	parameters: INodeParameters;
	credential: ICredentialDataDecryptedObject;
	/** How long a poll may take, in milliseconds; default n8n's own. */
	budgetMs?: number;
	/** Default: of its own for every start, as if each were in a process of its own. */
	workflowId?: string;
	/** What n8n's database holds of the workflow's static data, as JSON. */
	saved?: string;
}

/** The result of one poll. */
export interface Poll {
	/** What the execution begins with that this poll started; undefined where it started none. */
	items?: Array<INodeExecutionData['json']>;
	/** What the execution is recorded with that n8n marks as not successful. */
	failed?: Error;
}

/** What n8n gives a poll. */
const USUAL_BUDGET_MS = 300_000;

let starts = 0;

/**
 * A workflow with the trigger, published in n8n's engine: polled as n8n polls, its static data saved
 * when n8n saves it, which is once the trigger is started and when a poll starts an execution.
 */
export class PublishedTrigger {
	/** As in n8n's database. */
	saved: string;
	/** What went to n8n's log as a warning. */
	readonly logged: string[] = [];
	/** How long a poll may take, in milliseconds; undefined is n8n's own. */
	budgetMs: number | undefined;
	private readonly workflow: Workflow;
	private readonly functions: IPollFunctions;
	private readonly pollers = new TriggersAndPollers();

	constructor(private readonly published: Published) {
		this.saved = published.saved ?? '{}';
		// The node remembers for its process which workflows it has polled.
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

	/** The poll with which n8n starts a trigger. Rejects as starting would. */
	async start(): Promise<Poll> {
		const items = await this.run();
		this.save();
		return items ? { items } : {};
	}

	/** The poll of a poll time. */
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

	/** The same workflow after n8n was killed: only with what is in the database. */
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
		...(error ? { stopped: error.message } : {}),
		staticData: JSON.stringify(workflow.staticData),
	};
}

function triggerIn(workflow: Workflow): INode {
	const node = workflow.getNode(NODE_NAME);
	if (!node) throw new Error('The workflow does not hold the trigger');
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
