/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { parseArgs } from 'node:util';
import { FAULT_KINDS, parseFault } from './faults';
import { createSandbox, DEFAULT_TOKEN, type Sandbox, type SandboxOptions } from './server';
import { changeSettings, defaultSettings } from './settings';

/** Each setting with its default, one per line. */
const SETTINGS = Object.entries(defaultSettings())
	.map(([name, value]) => `                         ${name}=${JSON.stringify(value)}\n`)
	.join('');

const HELP = `Simulates Affilae's API, to try the n8n node without an account. Listens on this machine only and
stores nothing on disk.

Usage: tsx sandbox/cli.ts [flags]

The shop
  --port N               port on 127.0.0.1; 0 takes any free one (8787)
  --token TEXT           the token that it accepts (${DEFAULT_TOKEN})
  --seed N               the same seed gives the same shop (1)
  --conversions N        how many conversions in total (400)
  --status S             status of all conversions: pending, accepted or refused (mixed)
  --no-orders            leaves out the conversions of the 66 example orders
  --unusual              adds rare cases: orders with several commission rules, duplicates, bonuses,
                         locks, other currencies

Speed
  --latency MS           delay of each response (0)
  --jitter MS            additional random delay of up to MS (0)
  --rate-limit N         requests per second (no limit)
  --burst second|none    burst that the limit allows: one second's worth, or none (second)
  --window second|minute|hour   applies the limit to such a window instead of per second
  --sliding              makes the window sliding instead of fixed
  --rejected free|count|prolong   how a request that gets 429 counts against the window (free)
  --retry-after seconds|date|unix|absent   form of Retry-After in a 429 (seconds)

Responses
  --shape statusCode|conversions|countAndConversions|dataAndCount|array
  --write-answer conversion|list|status|empty|204|text|before|notDone
  --paging offset|page|none|offsetClamped|offsetIgnored
  --unknown-keys reject|ignore
  --page-cap N[:reject|silent]   maximum rows per page (100:reject)
  --no-total             lists have no total
  --grow                 adds a conversion before each list is read
  --ends-excluded          excludes the times "from" and "to" themselves from the period
  --ignore-filter KEY    ignores a filter; repeatable
  --info-404             info returns 404 if nothing matches
  --set NAME=VALUE       any setting; repeatable. VALUE is JSON or a word. Names and defaults:
${SETTINGS}                         All values: sandbox/settings.ts. To change settings at run time:
                         PUT /sandbox/settings

Faults
  --fault KIND[:SHARE|:xN][,key=value]   repeatable, for example
                         --fault resetAfter:0.05 --fault 503:x3,retryAfter=2,on=POST
                         kinds: ${FAULT_KINDS.slice(0, 9).join(' ')}
                         ${FAULT_KINDS.slice(9).join(' ')}
                         keys: on, skip, kept, retryAfter, status, ms, to

Time
  POST /sandbox/clock {"days": 30} moves the clock forward, so that grace periods end

  --no-log               does not record requests
  --help
`;

/** Reads `paging=none` as a setting's name and value. `404` stays text, as some settings need it. */
function readSetting(text: string): [name: string, value: unknown] {
	const at = text.indexOf('=');
	if (at < 1) throw new Error(`--set takes NAME=VALUE, not "${text}"`);
	const value = text.slice(at + 1);
	const isJson = /^([[{"]|(true|false|null)$)/.test(value);
	return [text.slice(0, at), isJson ? JSON.parse(value) : value];
}

/**
 * Reads the command line.
 *
 * @param args without the program name
 * @returns the options of the sandbox; null for `--help`
 * @throws Error that names the invalid flag
 */
export function readFlags(args: readonly string[]): SandboxOptions | null {
	const { values } = parseArgs({
		args: [...args],
		options: {
			port: { type: 'string', default: '8787' },
			token: { type: 'string', default: DEFAULT_TOKEN },
			seed: { type: 'string', default: '1' },
			conversions: { type: 'string', default: '400' },
			status: { type: 'string', default: 'mixed' },
			'no-orders': { type: 'boolean', default: false },
			latency: { type: 'string', default: '0' },
			jitter: { type: 'string', default: '0' },
			'rate-limit': { type: 'string' },
			burst: { type: 'string', default: 'second' },
			window: { type: 'string' },
			sliding: { type: 'boolean', default: false },
			rejected: { type: 'string' },
			'retry-after': { type: 'string', default: 'seconds' },
			shape: { type: 'string' },
			'write-answer': { type: 'string' },
			paging: { type: 'string' },
			'unknown-keys': { type: 'string' },
			'page-cap': { type: 'string' },
			'no-total': { type: 'boolean', default: false },
			grow: { type: 'boolean', default: false },
			'ends-excluded': { type: 'boolean', default: false },
			'ignore-filter': { type: 'string', multiple: true, default: [] },
			'info-404': { type: 'boolean', default: false },
			set: { type: 'string', multiple: true, default: [] },
			unusual: { type: 'boolean', default: false },
			fault: { type: 'string', multiple: true, default: [] },
			'no-log': { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	});
	if (values.help) return null;
	const [max, how] = values['page-cap']?.split(':') ?? [];
	const settings = defaultSettings();
	changeSettings(settings, {
		latencyMs: values.latency,
		latencyJitterMs: values.jitter,
		rateLimit: limitFlags(values),
		shape: values.shape,
		writeAnswer: values['write-answer'],
		paging: values.paging,
		unknownKeys: values['unknown-keys'],
		pageCap: max === undefined ? undefined : { max, how },
		total: !values['no-total'],
		growWhileRead: values.grow,
		endsIncluded: !values['ends-excluded'],
		ignoredFilters: values['ignore-filter'],
		infoNotFound: values['info-404'] ? '404' : 'empty',
		...Object.fromEntries(values.set.map(readSetting)),
	});
	return {
		port: wholeNumber('port', values.port),
		token: values.token,
		seed: wholeNumber('seed', values.seed),
		conversions: wholeNumber('conversions', values.conversions),
		status: statusFlag(values.status),
		orders: !values['no-orders'],
		unusual: values.unusual,
		settings,
		faults: values.fault.map(parseFault),
		log: !values['no-log'],
	};
}

interface LimitFlags {
	'rate-limit'?: string | undefined;
	burst: string;
	window?: string | undefined;
	sliding: boolean;
	rejected?: string | undefined;
	'retry-after': string;
}

/** The limit that the flags describe, as `changeSettings` reads it; null: none. */
function limitFlags(flags: LimitFlags): object | null {
	const size = flags['rate-limit'];
	const retryAfter = flags['retry-after'];
	if (size === undefined) return null;
	if (flags.window === undefined) return { perSecond: size, burst: flags.burst, retryAfter };
	const how = flags.sliding ? 'sliding' : 'fixed';
	return { requests: size, window: flags.window, how, rejected: flags.rejected, retryAfter };
}

function wholeNumber(flag: string, text: string): number {
	if (!/^\d{1,9}$/.test(text)) throw new Error(`--${flag} takes a whole number, not "${text}"`);
	return Number(text);
}

function statusFlag(text: string): NonNullable<SandboxOptions['status']> {
	const known = ['mixed', 'pending', 'accepted', 'refused'] as const;
	const status = known.find((name) => name === text);
	if (status === undefined) throw new Error(`--status takes ${known.join(', ')}, not "${text}"`);
	return status;
}

async function start(options: SandboxOptions): Promise<Sandbox> {
	const sandbox = await createSandbox(options);
	try {
		await sandbox.start();
	} catch (error) {
		const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
		throw isTaken
			? new Error(`Port ${options.port} is taken: choose another with --port, or --port 0`)
			: error;
	}
	return sandbox;
}

async function main(): Promise<void> {
	const options = readFlags(process.argv.slice(2));
	if (options === null) {
		process.stdout.write(HELP);
		return;
	}
	const sandbox = await start(options);
	const { pending, accepted, refused } = sandbox.store.counts();
	process.stdout.write(
		`Affilae sandbox at ${sandbox.url} (this machine only; open it in a browser to watch)\n` +
			`  token        ${sandbox.token}\n` +
			`  conversions  ${sandbox.store.size}: ${pending} pending, ${accepted} accepted, ${refused} refused\n` +
			'Press Ctrl-C to stop it. Nothing is stored.\n',
	);
	const end = () => {
		void sandbox.stop().then(() => process.exit(0));
	};
	process.once('SIGINT', end);
	process.once('SIGTERM', end);
}

if (require.main === module) {
	main().catch((error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exitCode = 1;
	});
}
