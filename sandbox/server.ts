/**
 * Simulates Affilae: an HTTP server on loopback with an invented shop in memory. The calls, their fields
 * and rules follow docs/affilae-api.md. What is unknown there is a setting here, so that a client can be
 * tested with each possible behavior.
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
 * sandbox.advance(30 * DAY_MS); // earlier decisions are locked now
 * // ... requests ...
 * sandbox.store.byExternalId('1042'); // conversions as Affilae stores them
 * sandbox.store.writes; // writes carried out: { id, action, amountCents?, reason? }
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

/** The token that the sandbox accepts by default. It is valid nowhere else. */
export const DEFAULT_TOKEN = 'sandbox-token';

/** Options of a sandbox; all are optional. */
export interface SandboxOptions {
	/** Default 0: any free port, known after the start. */
	port?: number;
	/** Default {@link DEFAULT_TOKEN}. */
	token?: string;
	/** Default 1. The same seed and `now` give the same conversions, and the same faults for the same requests. */
	seed?: number;
	/**
	 * How many conversions, including those of the orders; default 400. Or the exact conversions: there
	 * are then no orders, and the IDs match the given creation times.
	 */
	conversions?: number | readonly NewConversion[];
	/** Programs instead of the shop's own three; then there are no orders. */
	programs?: readonly NewProgram[];
	/** Whether to include the conversions of the 66 orders; default true. */
	orders?: boolean;
	/** Whether to include rare cases; default false. */
	unusual?: boolean;
	/** The status of all conversions except those of the orders; default `mixed`. */
	status?: ShopOptions['status'];
	/**
	 * Milliseconds since 1970, UTC: the shop's conversions are from the 90 days before, and added ones
	 * come after; default now.
	 */
	now?: number;
	/**
	 * The source of time: milliseconds since 1970, UTC, never going back; default the machine's. Tests
	 * pass their own, so that no result depends on real time.
	 */
	clock?: () => number;
	/** Resolves after a number of ms of that clock, to delay responses; default a timer. */
	wait?: (ms: number) => Promise<void>;
	/** Changes to {@link defaultSettings}. */
	settings?: SettingsChange;
	/** Default none. */
	faults?: Fault[];
	/** Whether to record requests, or how many of the latest; default 10,000. */
	log?: boolean | number;
}

/** A simulated Affilae, in memory only. */
export interface Sandbox {
	/** For example `http://127.0.0.1:8787`, without a trailing slash. Known after the start. */
	readonly url: string;
	/** 0 until started, unless the options name one. */
	readonly port: number;
	/** The valid token. After you set another, the old one gets 401. */
	token: string;
	/** The programs, orders and expected results; see {@link buildShop}. */
	readonly shop: Shop;
	/** The current conversions; a reset replaces the store. */
	readonly store: ConversionStore;
	/** The requests to the API. */
	readonly requests: RequestLog;
	/** Counts: `granted` and `limited`. */
	readonly limiter: RateLimiter;
	/** The faults. */
	readonly faults: FaultControl;
	/** Can be changed at any time, directly or with `change`, which checks. */
	readonly settings: SandboxSettings;
	/** Changes settings. Throws an Error that names the problem, and then changes nothing. */
	change(change: SettingsChange): void;
	/** The current time in the sandbox: milliseconds since 1970, UTC. */
	now(): number;
	/** Moves the sandbox's clock forward by `ms`, so that grace periods and windows end. */
	advance(ms: number): void;
	/** Adds a conversion with random values for missing fields. Throws RangeError for an unknown program. */
	addConversion(wanted?: NewConversion): Conversion;
	/** Resets conversions, log, counts, random numbers and clock. Settings and faults stay. */
	reset(): void;
	/** Starts to listen on 127.0.0.1. Rejects if the port is in use. */
	start(): Promise<void>;
	/** Stops at once and closes all open connections. */
	stop(): Promise<void>;
}

/** The invented shop, or exactly the given conversions. */
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

/** Creates and starts a sandbox. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const sandbox = await createSandbox(options);
	await sandbox.start();
	return sandbox;
}

/**
 * Creates a sandbox; `start()` starts it.
 *
 * @throws Error if settings or faults are invalid
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
		// Below that, compressing takes longer than sending.
		compression: { minBytes: 65_536 },
		routes: { security: false, payload: { maxBytes: 65_536 } },
	});
	// Longer than any client keeps an idle connection, so that none is closed while it is reused.
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
