/**
 * A stand-in for Affilae: an HTTP server on loopback with an invented shop in memory. The calls, their
 * fields and rules follow docs/affilae-api.md; what is not known is a setting, so that a client can be
 * tried against each way it may be.
 *
 * ```ts
 * const sandbox = await startSandbox({ conversions: 1000, status: 'pending' });
 * // or exactly these, in these programs:
 * const sandbox = await startSandbox({
 * 	now: Date.UTC(2026, 11, 1),
 * 	programs: [{ id: SHOES, rules: [{ name: 'Sale' }, { name: 'Fixed', graceDays: 0 }] }],
 * 	conversions: [{ externalId: '1042', amount: 8490 }, { externalId: '1042', rule: 'Fixed' }],
 * 	settings: { programRequired: ['list', 'info'] },
 * });
 * // sandbox.url, sandbox.token
 * sandbox.change({ total: 'capped', totalCap: 10 });
 * sandbox.faults.set([{ kind: 'resetAfter', rate: 0.05, on: 'POST' }]);
 * sandbox.advance(30 * DAY_MS); // what was decided before is locked now
 * // ... requests ...
 * sandbox.store.byExternalId('1042'); // conversions as Affilae knows them
 * sandbox.store.writes; // kept writes: { id, action, amountCents?, reason? }
 * sandbox.requests.list(); // { order, method, path, query, payload, attempt, atMs, tookMs, status, fault }
 * sandbox.limiter.limited; // how many were answered 429
 * await sandbox.stop();
 * ```
 *
 * The types: {@link SandboxOptions}, {@link Sandbox}; `SandboxSettings` in settings.ts; `NewConversion`
 * in arrivals.ts; `NewProgram` in programs.ts; `Fault` in faults.ts; `ConversionStore` in store.ts;
 * the 66 orders in orders.ts; `UNUSUAL` cases in unusual.ts.
 */
import { Server } from '@hapi/hapi';
import { errorAnswer } from './answers';
import { apiRoutes } from './api';
import { Arrivals, type NewConversion } from './arrivals';
import { machineTime, SandboxClock } from './clock';
import { controlRoutes } from './control';
import type { Conversion } from './conversion';
import { type Fault, FaultControl } from './faults';
import { HttpError } from './httpError';
import { makePrograms, type NewProgram, type Program, PROGRAMS } from './programs';
import { seededRandom } from './random';
import { RateLimiter } from './rateLimit';
import { RequestLog } from './requestLog';
import {
	changeSettings,
	defaultSettings,
	type SandboxSettings,
	type SettingsChange,
} from './settings';
import { buildShop, type Shop, type ShopOptions } from './shop';
import { ConversionStore } from './store';
import { Totals } from './totals';
import { directTraffic, wait } from './traffic';

/** The token that the sandbox takes unless told otherwise; it opens nothing else. */
export const DEFAULT_TOKEN = 'sandbox-token';

/** What a sandbox is made of; every key may be left out. */
export interface SandboxOptions {
	/** Default 0: any free port, known once started. */
	port?: number;
	/** Default {@link DEFAULT_TOKEN}. */
	token?: string;
	/** Default 1. Same seed and same `now`: same conversions, same faults for the same requests. */
	seed?: number;
	/**
	 * How many conversions, those of the orders included; default 400. Or these and no others: the
	 * created ones of the past have ids of that past, and there are no orders.
	 */
	conversions?: number | readonly NewConversion[];
	/** Programs instead of the shop's own three; there are no orders then. */
	programs?: readonly NewProgram[];
	/** Whether the conversions of the 66 orders are there; default true. */
	orders?: boolean;
	/** Whether there is also what is rare in a shop and plenty in the world; default false. */
	unusual?: boolean;
	/** The status of all conversions but the orders' ones; default `mixed`. */
	status?: ShopOptions['status'];
	/**
	 * Milliseconds since 1970, UTC: the shop's conversions lie in the 90 days before, and those that
	 * are added come after; default now.
	 */
	now?: number;
	/**
	 * What time follows: milliseconds since 1970, UTC, never going back; default the machine's. A test
	 * that hands in its own decides by no real time.
	 */
	clock?: () => number;
	/** Resolves after so many ms of that clock: how answers are held back; default a timer. */
	wait?: (ms: number) => Promise<void>;
	/** What differs from {@link defaultSettings}. */
	settings?: SettingsChange;
	/** Default none. */
	faults?: Fault[];
	/** Whether requests are noted, or how many of the latest; default 10,000. */
	log?: boolean | number;
}

/** A stand-in for Affilae. Nothing it holds outlives it. */
export interface Sandbox {
	/** Such as `http://127.0.0.1:8787`, without a slash at its end. Known once started. */
	readonly url: string;
	/** 0 until started, unless one was asked for. */
	readonly port: number;
	/** The token of the moment. Set another and the one before is answered 401. */
	token: string;
	/** The programs, orders and what is to be known of each; see {@link buildShop}. */
	readonly shop: Shop;
	/** The conversions of the moment; a reset puts another store in its place. */
	readonly store: ConversionStore;
	/** What was asked of the API. */
	readonly requests: RequestLog;
	/** Counts: `granted` and `limited`. */
	readonly limiter: RateLimiter;
	/** What is to go wrong. */
	readonly faults: FaultControl;
	/** Change any of it, at any time; or by `change`, which checks. */
	readonly settings: SandboxSettings;
	/** Changes settings. Throws an Error naming what does not fit, and then changes nothing. */
	change(change: SettingsChange): void;
	/** The moment that it is in the sandbox: milliseconds since 1970, UTC. */
	now(): number;
	/** Moves the sandbox's clock forward by so many ms: grace periods end, windows pass. */
	advance(ms: number): void;
	/** Adds a conversion; what is left out is made up. Throws RangeError for an unknown program. */
	addConversion(wanted?: NewConversion): Conversion;
	/** Conversions, log, counts, the drawing of faults and the clock as at the start; settings and faults stay. */
	reset(): void;
	/** Begins to listen on 127.0.0.1. Rejects when the port is taken. */
	start(): Promise<void>;
	/** Ends at once: open connections are cut, hung answers with them. */
	stop(): Promise<void>;
}

/** The made-up shop, or exactly what was given. */
function openShop(
	options: SandboxOptions,
	seed: number,
	programs: readonly Program[],
	nowMs: number,
): Shop {
	const given = typeof options.conversions === 'number' ? null : (options.conversions ?? null);
	const isOwn = given === null && options.programs === undefined;
	const shop = buildShop({
		seed,
		programs,
		conversions: given === null ? Number(options.conversions ?? 400) : 0,
		now: nowMs,
		orders: isOwn && (options.orders ?? true),
		unusual: isOwn && (options.unusual ?? false),
		status: options.status ?? 'mixed',
	});
	const seeds = new Arrivals(seed + 6, programs, () => nowMs);
	const seeded = (given ?? []).map((one) =>
		seeds.next({ addedAtMs: one.createdAtMs ?? nowMs, ...one }),
	);
	return { ...shop, conversions: [...shop.conversions, ...seeded] };
}

/** Makes a sandbox and opens it: `createSandbox` and `start` in one. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const sandbox = await createSandbox(options);
	await sandbox.start();
	return sandbox;
}

/**
 * Makes a sandbox; `start()` opens it.
 *
 * @throws Error when settings or faults do not fit
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const seed = options.seed ?? 1;
	const clock = new SandboxClock(options.clock ?? machineTime, options.now);
	const openedAtMs = clock.now();
	const settings = defaultSettings();
	changeSettings(settings, options.settings ?? {});
	const faults = new FaultControl(seed);
	faults.set(options.faults ?? []);
	const limiter = new RateLimiter(
		() => settings.rateLimit,
		() => clock.elapsedWithMoves(),
	);
	const log = new RequestLog(
		options.log !== false,
		typeof options.log === 'number' ? options.log : 10_000,
	);
	const totals = new Totals(settings, () => clock.now());
	const programs = options.programs === undefined ? PROGRAMS : makePrograms(options.programs);

	let token = options.token ?? DEFAULT_TOKEN;
	const open = () => openShop(options, seed, programs, openedAtMs);
	let shop = open();
	let store = new ConversionStore(shop.conversions, () => clock.now());
	let arrivals = new Arrivals(seed, programs, () => clock.now());

	const addConversion = (wanted: NewConversion = {}) => store.add(arrivals.next(wanted)).conversion;
	const reset = () => {
		clock.reset();
		shop = open();
		store = new ConversionStore(shop.conversions, () => clock.now());
		arrivals = new Arrivals(seed, programs, () => clock.now());
		faults.restart();
		limiter.reset();
		totals.clear();
		log.clear();
	};

	const server = new Server({
		host: '127.0.0.1',
		port: options.port ?? 0,
		debug: false,
		routes: { security: false, payload: { maxBytes: 65_536 } },
	});
	// Longer than any client keeps an idle connection, so that none is cut as it is used again.
	server.listener.keepAliveTimeout = 65_000;
	server.auth.scheme('bearer', () => ({
		authenticate: (request, h) => {
			const { authorization } = request.headers;
			if (authorization === `Bearer ${token}`) {
				return h.authenticated({ credentials: {} });
			}
			const message = authorization === undefined ? 'Missing authentication' : 'Invalid token';
			return errorAnswer(h, new HttpError(401, message))
				.header('www-authenticate', 'Bearer')
				.takeover();
		},
	}));
	server.auth.strategy('bearer', 'bearer');
	directTraffic(server, {
		settings,
		limiter,
		faults,
		log,
		seed,
		clock,
		wait: options.wait ?? wait,
	});
	server.route(
		apiRoutes({
			store: () => store,
			settings,
			totals,
			random: seededRandom(seed + 4),
			arrive: addConversion,
		}),
	);
	server.route(
		controlRoutes({
			store: () => store,
			settings,
			faults,
			limiter,
			log,
			clock,
			reset,
			addConversion,
		}),
	);
	await server.initialize();

	return {
		get url() {
			return `http://127.0.0.1:${server.info.port}`;
		},
		get port() {
			return Number(server.info.port);
		},
		get token() {
			return token;
		},
		set token(value) {
			token = value;
		},
		get shop() {
			return shop;
		},
		get store() {
			return store;
		},
		requests: log,
		limiter,
		faults,
		settings,
		now: () => clock.now(),
		advance: (ms) => clock.advance(ms),
		change: (change) => changeSettings(settings, change),
		addConversion,
		reset,
		start: () => server.start(),
		stop: () => server.stop({ timeout: 0 }),
	};
}
