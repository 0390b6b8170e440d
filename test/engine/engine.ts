import { jest } from '@jest/globals';
import {
	ErrorReporter,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	LoadOptionsContext,
	WorkflowExecute,
} from 'n8n-core';
import {
	createRunExecutionData,
	ICredentialsHelper,
	LoggerProxy,
	NodeConnectionTypes,
	NodeHelpers,
	Workflow,
	type ICredentialDataDecryptedObject,
	type ICredentials,
	type IHttpRequestOptions,
	type ILoadOptionsFunctions,
	type INode,
	type INodeExecutionData,
	type INodeListSearchResult,
	type INodeParameters,
	type INodeType,
	type INodeTypes,
	type IRequestOptionsSimplified,
	type IRun,
	type ITaskData,
	type IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { AffilaeApi } from '../../credentials/AffilaeApi.credentials';
import { AffilaeConversions } from '../../nodes/AffilaeConversions/AffilaeConversions.node';

/** The name of the node under test in the workflow that it runs in. */
const NODE_NAME = 'Affilae';

const NODE_TYPE = 'n8n-nodes-affilae.affilaeConversions';
/** The node type that n8n makes of the node for AI agents. */
export const TOOL_TYPE = `${NODE_TYPE}Tool`;

/** Options under which each call is tried once. */
export const TRIED_ONCE = { retryForSeconds: 0 };

/** One run of the node in n8n's engine. */
export interface EngineRun {
	parameters: INodeParameters;
	/** The `json` of each input item. */
	items: INodeExecutionData['json'][];
	credential: ICredentialDataDecryptedObject;
	settings?: Pick<INode, 'onError' | 'retryOnFail' | 'maxTries' | 'waitBetweenTries'> & {
		/** {@link TOOL_TYPE} runs the node as the tool of an AI agent. */
		type?: string;
	};
	/** IANA name of the workflow's time zone. */
	timezone?: string;
	/** Stops the execution as an operator would, once this settles. */
	cancelWhen?: Promise<unknown>;
	/** Runs the node in a loop of the one execution, each time with the same items. */
	loop?: Loop;
}

/** A loop around the node. */
export interface Loop {
	rounds: number;
	/** Called before each round and once after the last, with the signal of the execution. */
	onRound(signal: AbortSignal | undefined): void;
}

/** What came out of the node. */
export interface EngineOutcome {
	/** Items of the first output. */
	success: INodeExecutionData[];
	/** Items of the error branch, where On Error asks for one. */
	failed: INodeExecutionData[];
	/** What the editor shows where the run ended at the node. */
	stopped?: { message: string; description?: string | null | undefined };
	task: ITaskData | undefined;
	run: IRun;
	/** What went to n8n's log and to its error reporter meanwhile, each with its data. */
	logged: unknown[];
}

/** Runs the node between a start node and the end of a workflow, in n8n's own engine. */
export async function runNode(asked: EngineRun): Promise<EngineOutcome> {
	const workflow = workflowOf(asked);
	const logged = captureLog();
	const execute = new WorkflowExecute(
		additionalDataWith(asked.credential),
		'manual',
		createRunExecutionData(),
	);
	const startNode = workflow.getNode('Start');
	if (!startNode) throw new Error('The workflow has no start node');
	const running = execute.run({ workflow, startNode });
	void asked.cancelWhen?.then(() => running.cancel());
	const run = await running;
	const task = run.data.resultData.runData[NODE_NAME]?.[0];
	const [success, failed] = task?.data?.['main'] ?? [];
	const error = task?.error ?? run.data.resultData.error;
	return {
		success: success ?? [],
		failed: failed ?? [],
		task,
		run,
		logged,
		...(error ? { stopped: { message: error.message, description: error.description } } : {}),
	};
}

/**
 * Looks into a From List picker of the node as the editor does.
 *
 * @param parameters what is filled in in the node meanwhile
 */
export async function lookInto(
	picker: keyof AffilaeConversions['methods']['listSearch'],
	parameters: INodeParameters,
	credential: ICredentialDataDecryptedObject,
	filter?: string,
	paginationToken?: string,
): Promise<INodeListSearchResult> {
	const workflow = workflowOf({ parameters, items: [] });
	const node = workflow.getNode(NODE_NAME);
	if (!node) throw new Error('The workflow does not hold the node');
	const additionalData = additionalDataWith(credential);
	additionalData.currentNodeParameters = parameters;
	const path = 'parameters.conversion';
	const context: unknown = new LoadOptionsContext(workflow, node, additionalData, path);
	// n8n's class does not fit n8n's interface where optional means absent, as it does here.
	const functions = context as ILoadOptionsFunctions;
	const { listSearch } = new AffilaeConversions().methods;
	return await listSearch[picker].call(functions, filter, paginationToken);
}

function workflowOf(
	asked: Pick<EngineRun, 'parameters' | 'items' | 'settings' | 'timezone' | 'loop'>,
): Workflow {
	const { loop } = asked;
	const toNode = [{ node: NODE_NAME, type: NodeConnectionTypes.Main, index: 0 }];
	const toLoop = [{ node: 'Loop', type: NodeConnectionTypes.Main, index: 0 }];
	return new Workflow({
		id: 'test',
		name: 'test',
		active: false,
		nodeTypes: nodeTypesStartingWith(
			asked.items.map((json) => ({ json })),
			loop,
		),
		settings: { timezone: asked.timezone ?? 'Europe/Paris' },
		nodes: [
			nodeOf('Start', 'test.start', {}),
			...(loop ? [nodeOf('Loop', 'test.loop', {})] : []),
			{
				...nodeOf(NODE_NAME, NODE_TYPE, {
					resource: 'conversion',
					...asked.parameters,
				}),
				...asked.settings,
				credentials: { affilaeApi: { id: '1', name: 'Affilae' } },
			},
		],
		connections: loop
			? { Start: { main: [toLoop] }, Loop: { main: [toNode] }, [NODE_NAME]: { main: [toLoop] } }
			: { Start: { main: [toNode] } },
	});
}

/** Keeps what is logged and reported from here on, in place of printing it. */
export function captureLog(): unknown[] {
	const logged: unknown[] = [];
	const keep = (...line: unknown[]) => {
		logged.push(line);
	};
	LoggerProxy.init({ error: keep, warn: keep, info: keep, debug: keep });
	jest.spyOn(ErrorReporter.prototype, 'error').mockImplementation(keep);
	return logged;
}

function nodeOf(name: string, type: string, parameters: INodeParameters): INode {
	return { id: name, name, type, typeVersion: 1, position: [0, 0], parameters };
}

function nodeTypesStartingWith(items: INodeExecutionData[], loop?: Loop): INodeTypes {
	const start: INodeType = {
		description: {
			displayName: 'Start',
			name: 'start',
			group: ['trigger'],
			version: 1,
			description: 'Gives the input items',
			defaults: {},
			inputs: [],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		execute: async () => [items],
	};
	let round = 0;
	const looping: INodeType = {
		description: { ...start.description, name: 'loop', inputs: [NodeConnectionTypes.Main] },
		async execute() {
			loop?.onRound(this.getExecutionCancelSignal());
			round += 1;
			return [round <= (loop?.rounds ?? 0) ? items.map(({ json }) => ({ json })) : []];
		},
	};
	const types: Record<string, INodeType> = {
		'test.start': start,
		'test.loop': looping,
		[NODE_TYPE]: new AffilaeConversions(),
		[TOOL_TYPE]: new AffilaeConversions(),
	};
	const typeNamed = (name: string) => {
		const type = types[name];
		if (!type) throw new Error(`No node type ${name}`);
		return type;
	};
	return {
		getByName: typeNamed,
		getByNameAndVersion: (name) => NodeHelpers.getVersionedNodeType(typeNamed(name)),
		getKnownTypes: () => ({}),
	};
}

/** Credentials as n8n hands them out, without its database and its encryption. */
class PlainCredentials extends ICredentialsHelper {
	private readonly type = new AffilaeApi();

	constructor(private readonly data: ICredentialDataDecryptedObject) {
		super();
	}

	override getParentTypes(): string[] {
		return [];
	}

	override isCredentialUsableByNode(): boolean {
		return true;
	}

	override async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		options: IHttpRequestOptions | IRequestOptionsSimplified,
	): Promise<IHttpRequestOptions> {
		if (typeof this.type.authenticate !== 'function' || !('url' in options)) {
			throw new Error('The credential authenticates in no way this test knows');
		}
		return await this.type.authenticate(credentials, { ...options, url: options.url ?? '' });
	}

	override async getDecrypted(): Promise<ICredentialDataDecryptedObject> {
		return { ...this.data };
	}

	override async preAuthentication(): Promise<undefined> {}

	override async runPreAuthentication(): Promise<undefined> {}

	override getCredentials(): Promise<ICredentials> {
		throw new Error('Not used by a node');
	}

	override async updateCredentials(): Promise<void> {}

	override async updateCredentialsOauthTokenData(): Promise<void> {}

	override getCredentialsProperties() {
		return this.type.properties;
	}
}

/** What n8n hands its contexts beside the workflow, with a credential that is not encrypted. */
export function additionalDataWith(
	credential: ICredentialDataDecryptedObject,
): IWorkflowExecuteAdditionalData {
	const notUsed = () => {
		throw new Error('Not used by this node');
	};
	const data: IWorkflowExecuteAdditionalData = {
		credentialsHelper: new PlainCredentials(credential),
		executeWorkflow: notUsed,
		getRunExecutionData: notUsed,
		getRuntimeCredential: notUsed,
		startRunnerTask: notUsed,
		logAiEvent: () => undefined,
		currentNodeExecutionIndex: 0,
		restApiUrl: 'http://localhost:5678/',
		instanceBaseUrl: 'http://localhost:5678/',
		formBaseUrl: 'http://localhost:5678/',
		formWaitingBaseUrl: 'http://localhost:5678/',
		formTestBaseUrl: 'http://localhost:5678/',
		webhookBaseUrl: 'http://localhost:5678/',
		webhookWaitingBaseUrl: 'http://localhost:5678/',
		webhookTestBaseUrl: 'http://localhost:5678/',
		mcpBaseUrl: 'http://localhost:5678/',
		mcpTestBaseUrl: 'http://localhost:5678/',
		variables: {},
		externalSecretsProxy: new ExternalSecretsProxy(),
	};
	const workflowData = {
		id: 'test',
		name: 'test',
		active: false,
		isArchived: false,
		activeVersionId: null,
		createdAt: new Date(0),
		updatedAt: new Date(0),
		nodes: [],
		connections: {},
	};
	data.hooks = new ExecutionLifecycleHooks('manual', '1', workflowData);
	return data;
}
