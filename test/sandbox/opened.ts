/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { afterEach } from '@jest/globals';
import axios, { type AxiosInstance } from 'axios';
import { Agent } from 'node:http';
import { z } from 'zod';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server';

/** A running sandbox, and a client with its token that does not throw for any status. */
export interface Opened {
	sandbox: Sandbox;
	client: AxiosInstance;
}

const open: Array<() => Promise<void>> = [];

afterEach(async () => {
	await Promise.all(open.splice(0).map((close) => close()));
});

/** When the test's shop is created: 1 December 2026. */
export const NOW = Date.UTC(2026, 11, 1);

/** Starts a sandbox that stops after the test. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Opened> {
	const sandbox = await createSandbox({ now: NOW, ...options });
	await sandbox.start();
	const httpAgent = new Agent({ keepAlive: true });
	open.push(async () => {
		httpAgent.destroy();
		await sandbox.stop();
	});
	const client = axios.create({
		baseURL: sandbox.url,
		httpAgent,
		maxRedirects: 0,
		validateStatus: () => true,
		headers: { authorization: `Bearer ${sandbox.token}` },
	});
	return { sandbox, client };
}

const conversion = z.object({
	id: z.string(),
	externalId: z.string().nullable(),
	customerId: z.string().nullable(),
	rule: z.object({ id: z.string(), name: z.string() }),
	lockedAt: z.string().nullable(),
	isLocked: z.boolean(),
	payoutKind: z.string(),
	amount: z.number(),
	commissionsTotal: z.number(),
	currency: z.string(),
	status: z.string(),
	refuseReason: z.string().nullable(),
	createdAt: z.string(),
	program: z.object({ id: z.string(), name: z.string() }),
});
const listAnswer = z.object({
	conversions: z.object({ total: z.number().optional(), data: z.array(conversion) }),
});

/** The rows of a list or info response in its usual shape. */
export function rowsOf(data: unknown): Array<z.infer<typeof conversion>> {
	return listAnswer.parse(data).conversions.data;
}

/** The total of the list; undefined if there is none. */
export function totalOf(data: unknown): number | undefined {
	return listAnswer.parse(data).conversions.total;
}

/** The error code of a call, which must not get a response. */
export async function failureOf(call: Promise<unknown>): Promise<string | undefined> {
	try {
		await call;
	} catch (error) {
		return axios.isAxiosError(error) ? error.code : String(error);
	}
	throw new Error('The call was answered');
}

/** The first pending conversion that does not belong to the orders. */
export function somePending(sandbox: Sandbox): { id: string; program: string; amount: number } {
	const entry = sandbox.store
		.select({ status: 'pending' })
		.find(({ conversion }) => conversion.externalId.length > 4);
	if (entry === undefined) throw new Error('No conversion is pending');
	const { id, program, amount } = entry.conversion;
	return { id, program: program.id, amount };
}
