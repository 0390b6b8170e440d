/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { parseArgs } from 'node:util';
import { FAULT_KINDS, parseFault } from './faults';
import { createSandbox, DEFAULT_TOKEN, type Sandbox, type SandboxOptions } from './server';
import { changeSettings, defaultSettings } from './settings';

const HELP = `A stand-in for Affilae, to try the n8n node without an account. It listens on this machine only
and forgets everything when it ends.

Usage: tsx sandbox/cli.ts [flags]

The shop
  --port N               port on 127.0.0.1; 0 takes any free one (8787)
  --token TEXT           the token it takes (${DEFAULT_TOKEN})
  --seed N               same seed, same shop (1)
  --conversions N        how many in all (400)
  --status S             all of them: pending, accepted or refused; else mixed
  --no-orders            without the conversions of the 66 example orders
  --unusual              with what is rare in a shop and plenty in the world: orders with several
                         commission rules, duplicates, bonuses, locks, other currencies

Speed
  --latency MS           hold each answer back (0)
  --jitter MS            and up to so much longer (0)
  --rate-limit N         requests per second; else no limit
  --burst second|none    what may come at once (second)
  --window second|minute|hour   so many in each such span instead of per second
  --sliding              the span that ends now, instead of one that follows another
  --rejected free|count|prolong   what a request does that is answered 429 (free)
  --retry-after seconds|date|unix|absent   what a 429 says (seconds)

Answers
  --shape statusCode|conversions|countAndConversions|dataAndCount|array
  --write-answer conversion|list|status|empty|204|text|before|notDone
  --paging offset|page|none|offsetClamped|offsetIgnored
  --unknown-keys reject|ignore
  --page-cap N[:reject|silent]   most rows of a page (100:reject)
  --no-total             lists do not say how many there are
  --grow                 a conversion arrives before each list is read
  --to-excluded          the moment "to" is outside the period
  --ignore-filter KEY    a filter without effect; may be repeated
  --info-404             info answers 404 where nothing matches
  --set NAME=VALUE       any setting by its name; may be repeated. VALUE is JSON or a word
${Object.entries(defaultSettings())
	.map(([name, value]) => `                         ${name}=${JSON.stringify(value)}\n`)
	.join('')}                         What each may be: sandbox/settings.ts. While it runs:
                         PUT /sandbox/settings with the ones to change

Faults
  --fault KIND[:SHARE|:xN][,key=value]   may be repeated, for example
                         --fault resetAfter:0.05 --fault 503:x3,retryAfter=2,on=POST
                         kinds: ${FAULT_KINDS.slice(0, 9).join(' ')}
                         ${FAULT_KINDS.slice(9).join(' ')}
                         keys: on, skip, kept, retryAfter, status, ms, to

Time
  POST /sandbox/clock {"days": 30} moves its clock forward, so that grace periods end

  --no-log               do not keep the latest requests
  --help
`;

/** `paging=none` as a setting's name and value; `404` stays text, as some settings have it. */
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
 * @param args without the program's own name
 * @returns the options of the sandbox, or null where help is wanted
 * @throws Error naming the flag that does not fit
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
			'to-excluded': { type: 'boolean', default: false },
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
		toIncluded: !values['to-excluded'],
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

/** The limit that the flags ask for, as `changeSettings` takes it; null: none. */
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
		`Affilae sandbox at ${sandbox.url} (this machine only; open it to watch)\n` +
			`  token        ${sandbox.token}\n` +
			`  conversions  ${sandbox.store.size}: ${pending} pending, ${accepted} accepted, ${refused} refused\n` +
			'Ctrl-C ends it; nothing is kept.\n',
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
