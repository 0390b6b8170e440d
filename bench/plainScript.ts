/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
/**
 * The script outside n8n: axios, 20 calls in flight, knows the limit. It runs in a separate process,
 * receives one {@link PlainTask}, does it and sends back a {@link PlainRan}.
 */
import axios, { type AxiosInstance } from 'axios';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { API_PATH } from '../sandbox/api';
import type { Limit } from './sandboxProcess';
import type { WorkItem, Work } from './tasks';

/** The task of the script. */
export interface PlainTask {
	work: Work;
	items: WorkItem[];
	url: string;
	token: string;
	/** null: no limit. */
	limit: Limit | null;
}

/** From the first call to the last response, in ms since 1970; `rows`: how many conversions a list returned. */
export interface PlainRan {
	startedAt: number;
	endedAt: number;
	rows: number;
}

const IN_FLIGHT = 20;
const PAGE_ROWS = 100;

const pageSchema = z.object({
	conversions: z.object({ total: z.number(), data: z.array(z.unknown()) }),
});
const foundSchema = z.object({
	conversions: z.object({
		data: z.array(z.object({ id: z.string(), program: z.object({ id: z.string() }) })),
	}),
});

class PlainScript {
	private readonly http: AxiosInstance;
	private readonly startedAt = Date.now();
	private begun = 0;

	constructor(private readonly task: PlainTask) {
		this.http = axios.create({
			baseURL: `${task.url}${API_PATH}`,
			headers: { Authorization: `Bearer ${task.token}` },
			proxy: false,
			validateStatus: (status) => status === 200 || status === 429,
		});
	}

	async run(): Promise<PlainRan> {
		const rows = this.task.work === 'list' ? await this.list() : 0;
		if (this.task.work !== 'list') {
			await inFlight(this.task.items, async (item) => await this.settle(item));
		}
		return { startedAt: this.startedAt, endedAt: Date.now(), rows };
	}

	private async settle({ id, program, order, cents }: WorkItem): Promise<void> {
		if (this.task.work === 'accept') {
			await this.call('POST', 'accept', { id, program });
			return;
		}
		const answer = await this.call('GET', 'info', { externalId: order });
		const [found] = foundSchema.parse(answer).conversions.data;
		if (found === undefined) return;
		if (this.task.work === 'reconcile') {
			await this.call('POST', 'accept', { id: found.id, program: found.program.id });
		} else {
			await this.call('POST', 'update', { id: found.id, amount: cents, reason: 'Returned' });
		}
	}

	private async list(): Promise<number> {
		const page = async (offset: number) =>
			pageSchema.parse(await this.call('GET', 'list', { limit: PAGE_ROWS, offset })).conversions;
		const { total, data } = await page(0);
		const offsets = Array.from(
			{ length: Math.ceil(total / PAGE_ROWS) - 1 },
			(_, index) => (index + 1) * PAGE_ROWS,
		);
		await inFlight(offsets, async (offset) => void data.push(...(await page(offset)).data));
		return data.length;
	}

	private async call(method: 'GET' | 'POST', route: string, fields: object): Promise<unknown> {
		for (;;) {
			await this.turn();
			const { status, data } = await this.http.request<unknown>({
				method,
				url: `conversions.${route}`,
				...(method === 'GET' ? { params: fields } : { data: fields }),
			});
			if (status === 200) return data;
		}
	}

	/** Waits until the limit allows one more call. */
	private async turn(): Promise<void> {
		const { limit } = this.task;
		if (limit === null) return;
		const atOnce = limit.burst === 'second' ? limit.perSecond : 1;
		const seconds = Math.max(0, this.begun + 1 - atOnce) / limit.perSecond;
		this.begun += 1;
		await wait(Math.max(0, this.startedAt + seconds * 1000 - Date.now()));
	}
}

async function inFlight<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
	const left = all.values();
	const work = async () => {
		for (const one of left) await act(one);
	};
	await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

process.once('message', (task: PlainTask) => {
	void new PlainScript(task).run().then((ran) => {
		process.send?.(ran, () => process.disconnect());
	});
});
