/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals, @n8n/community-nodes/no-dangerous-functions -- runs on Node.js, never inside n8n */
import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import axios from 'axios';
import { readFlags } from '../../sandbox/cli';
import { defaultSettings } from '../../sandbox/settings';

describe('the flags of the sandbox', () => {
	it('all have a default', () => {
		expect(readFlags([])).toEqual({
			port: 8787,
			token: 'sandbox-token',
			seed: 1,
			conversions: 400,
			status: 'mixed',
			orders: true,
			unusual: false,
			settings: defaultSettings(),
			faults: [],
			log: true,
		});
	});

	it('can change every setting', () => {
		const flags =
			'--port 0 --token t --seed 9 --conversions 50 --status pending --no-orders --latency 50 ' +
			'--jitter 5 --rate-limit 10 --burst none --retry-after date --shape array ' +
			'--write-answer status --paging page --unknown-keys ignore --page-cap 25:silent --no-total ' +
			'--grow --ends-excluded --ignore-filter program --ignore-filter to --info-404 --no-log ' +
			'--set dates=unixSeconds --set listNotFound=404 --set acceptRefused=false --set totalCap=50 --set programRequired=["info"] ' +
			'--set notAllowed={"list":["program"]} --fault resetAfter:0.05 --fault 503:x2 --unusual';
		expect(readFlags(flags.split(' '))).toEqual({
			port: 0,
			token: 't',
			seed: 9,
			conversions: 50,
			status: 'pending',
			orders: false,
			log: false,
			faults: [
				{ kind: 'resetAfter', rate: 0.05 },
				{ kind: '503', next: 2 },
			],
			unusual: true,
			settings: {
				...defaultSettings(),
				latencyMs: 50,
				latencyJitterMs: 5,
				rateLimit: { perSecond: 10, burst: 'none', retryAfter: 'date' },
				shape: 'array',
				writeAnswer: 'status',
				paging: 'page',
				unknownKeys: 'ignore',
				pageCap: { max: 25, how: 'silent' },
				total: false,
				growWhileRead: true,
				endsIncluded: false,
				ignoredFilters: ['program', 'to'],
				infoNotFound: '404',
				dates: 'unixSeconds',
				listNotFound: '404',
				acceptRefused: false,
				totalCap: 50,
				programRequired: ['info'],
				notAllowed: { list: ['program'] },
			},
		});
	});

	it('can set a limit by windows', () => {
		const flags = '--rate-limit 60 --window minute --sliding --rejected prolong --retry-after unix';
		expect(readFlags(flags.split(' '))?.settings?.rateLimit).toEqual({
			requests: 60,
			window: 'minute',
			how: 'sliding',
			rejected: 'prolong',
			retryAfter: 'unix',
		});
		const plain = '--rate-limit 1000 --window hour';
		expect(readFlags(plain.split(' '))?.settings?.rateLimit).toEqual({
			requests: 1000,
			window: 'hour',
			how: 'fixed',
			rejected: 'free',
			retryAfter: 'seconds',
		});
	});

	it.each([
		['--port eighty', '--port takes a whole number'],
		['--rate-limit 0', 'rateLimit.perSecond'],
		['--shape round', '"shape" must be one of'],
		['--rate-limit 60 --window day', 'rateLimit.window'],
		['--set speed=9', '"speed" is not allowed'],
		['--set dates', '--set takes NAME=VALUE'],
		['--status done', '--status takes mixed, pending'],
		['--fault fire', 'Fault fire'],
		['--color', "Unknown option '--color'"],
	])('are rejected with the reason: %s', (flags, message) => {
		expect(() => readFlags(flags.split(' '))).toThrow(message);
	});

	it('can print the help', () => {
		expect(readFlags(['--help'])).toBeNull();
	});
});

describe('the sandbox as a program', () => {
	it('prints its address, responds there, and stops on Ctrl-C', async () => {
		const program = spawn(
			process.execPath,
			['--require', 'tsx/cjs', resolve(__dirname, '../../sandbox/cli.ts'), '--port', '0'],
			{ stdio: ['ignore', 'pipe', 'inherit'] },
		);
		try {
			let printed = '';
			program.stdout.setEncoding('utf8');
			program.stdout.on('data', (text: string) => {
				printed += text;
			});
			while (!printed.includes('Ctrl-C')) await once(program.stdout, 'data');
			const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0] ?? '';
			expect(printed).toContain('sandbox-token');
			expect((await axios.get(`${url}/sandbox/state`)).status).toBe(200);
			const ended = once(program, 'exit');
			program.kill('SIGINT');
			expect(await ended).toEqual([0, null]);
		} finally {
			program.kill('SIGKILL');
		}
	}, 30_000);
});
