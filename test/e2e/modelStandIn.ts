import { Server } from '@hapi/hapi';
import { z } from 'zod';

const textSchema = z.string().nullish();
const messageSchema = z.object({
	role: z.string(),
	content: textSchema.or(z.array(z.object({ type: z.string(), text: textSchema }))),
	tool_calls: z
		.array(z.object({ function: z.object({ name: z.string(), arguments: z.string() }) }))
		.optional(),
});
const toolSchema = z.object({
	type: z.literal('function'),
	function: z.object({
		name: z.string(),
		description: z.string().optional(),
		parameters: z.object({
			properties: z.record(z.object({ type: z.string() }).passthrough()),
			required: z.array(z.string()).default([]),
		}),
	}),
});
const requestSchema = z.object({
	model: z.string(),
	stream: z.literal(false).optional(),
	messages: z.array(messageSchema),
	tools: z.array(toolSchema).default([]),
});

/** One message of a conversation, as the model sees it. */
export interface Message {
	role: string;
	text: string;
	/** What the model asked for with this message. */
	toolCalls: ToolCall[];
}

/** A call that the model makes: the tool, by its name for the model, and the values. */
export interface ToolCall {
	tool: string;
	values: Record<string, unknown>;
}

/** A tool as it is described to the model. */
export interface ToolDefinition {
	name: string;
	description: string;
	/** JSON schemas of the values, by name. */
	values: Record<string, { type: string } & Record<string, unknown>>;
	required: string[];
}

/** One question to the model. */
export interface ModelRequest {
	messages: Message[];
	tools: ToolDefinition[];
	/** The whole request: a model sees nothing else. */
	sent: string;
}

/** A stand-in for a language model, which makes scripted calls. */
export interface ModelStandIn {
	/** For n8n's OpenAI credential. */
	readonly url: string;
	/** The requests since the last {@link ModelStandIn.plays}, oldest first. */
	readonly requests: readonly ModelRequest[];
	/**
	 * Sets the turns that the model takes from here on. In each it makes the calls of that turn at the
	 * same time; after the last it ends by quoting what the tools answered.
	 */
	plays(turns: ReadonlyArray<readonly ToolCall[]>): void;
	stop(): Promise<void>;
}

/** Starts a stand-in on loopback that implements as much of OpenAI's chat completions as an agent needs. */
export async function startModelStandIn(): Promise<ModelStandIn> {
	let turns: ReadonlyArray<readonly ToolCall[]> = [];
	let requests: ModelRequest[] = [];
	const server = new Server({ host: '127.0.0.1', port: 0 });
	server.route({
		method: 'POST',
		path: '/v1/chat/completions',
		handler: ({ payload }) => {
			const request = readRequest(payload);
			requests.push(request);
			return completion(nextMessage(turns, request));
		},
	});
	await server.start();
	return {
		url: `${server.info.uri}/v1`,
		get requests() {
			return requests;
		},
		plays(given) {
			turns = given;
			requests = [];
		},
		stop: async () => await server.stop({ timeout: 0 }),
	};
}

function readRequest(payload: unknown): ModelRequest {
	const { messages, tools } = requestSchema.parse(payload);
	return {
		messages: messages.map(({ role, content, tool_calls: calls = [] }) => ({
			role,
			text:
				typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join(''),
			toolCalls: calls.map((call) => ({
				tool: call.function.name,
				values: z.record(z.unknown()).parse(JSON.parse(call.function.arguments)),
			})),
		})),
		tools: tools.map(({ function: { name, description = '', parameters } }) => ({
			name,
			description,
			values: parameters.properties,
			required: parameters.required,
		})),
		sent: JSON.stringify(payload),
	};
}

/**
 * The answers of the tools since the last message of the user. A memory repeats earlier messages with the
 * answers of the tools in n8n 2.41, and without them in n8n 1.x.
 */
export function answersIn(messages: readonly Message[]): string[] {
	const said = messages.map(({ role }) => role).lastIndexOf('user');
	return messages.flatMap(({ role, text }, at) => (role === 'tool' && at > said ? [text] : []));
}

/** The next turn. n8n sends the whole conversation, so the answers in it show how far it is. */
function nextMessage(
	turns: ReadonlyArray<readonly ToolCall[]>,
	{ messages }: ModelRequest,
): Record<string, unknown> {
	const answers = answersIn(messages);
	let made = 0;
	for (const turn of turns) {
		if (made === answers.length) {
			return {
				content: null,
				tool_calls: turn.map(({ tool, values }, index) => ({
					id: `call_${made + index}`,
					type: 'function',
					function: { name: tool, arguments: JSON.stringify(values) },
				})),
			};
		}
		made += turn.length;
	}
	return { content: `The tool says: ${answers.join(' ')}` };
}

function completion(message: Record<string, unknown>): Record<string, unknown> {
	return {
		id: 'chatcmpl-stand-in',
		object: 'chat.completion',
		created: 0,
		model: 'stand-in',
		choices: [
			{
				index: 0,
				message: { role: 'assistant', ...message },
				finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop',
			},
		],
		usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
	};
}
