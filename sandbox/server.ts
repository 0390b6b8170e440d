/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
/**
 * A stand-in for Affilae: an HTTP server on loopback with an invented shop in memory. The calls, their
 * fields and rules follow Affilae's help article; what is not documented is a setting, so that a client
 * can be tried against each way it may be.
 *
 * ```ts
 * const sandbox = await createSandbox({ conversions: 1000, status: 'pending' });
 * await sandbox.start(); // sandbox.url, sandbox.token
 * sandbox.settings.rateLimit = { perSecond: 10, burst: 'second', retryAfter: 'seconds' };
 * sandbox.faults.set([{ kind: 'resetAfter', rate: 0.05, on: 'POST' }]);
 * // ... requests ...
 * sandbox.store.byExternalId('1042'); // conversions as the API shows them
 * sandbox.store.writes; // kept writes: { id, action, amountCents?, reason? }
 * sandbox.requests.list(); // { order, method, path, query, payload, attempt, atMs, tookMs, status, fault }
 * sandbox.limiter.limited; // how many were answered 429
 * await sandbox.stop();
 * ```
 *
 * The types: {@link SandboxOptions}, {@link Sandbox}; `SandboxSettings` in settings.ts; `Fault`,
 * `mixedFaults` and `parseFault` in faults.ts; `ConversionStore` in store.ts; `buildShop` in shop.ts;
 * `orderCases` (the 66 orders and what is to become of each) in orders.ts.
 */
import { performance } from 'node:perf_hooks';
import { Server } from '@hapi/hapi';
import { apiRoutes } from './api';
import { controlRoutes } from './control';
import type { Conversion } from './conversion';
import { type Fault, FaultControl } from './faults';
import { RateLimiter } from './rateLimit';
import { Refusal } from './refusal';
import { RequestLog } from './requestLog';
import {
	changeSettings,
	defaultSettings,
	type SandboxSettings,
	type SettingsChange,
} from './settings';
import { Arrivals, buildShop, type NewConversion, type Shop, type ShopOptions } from './shop';
import { ConversionStore } from './store';
import { directTraffic } from './traffic';

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
	/** How many conversions, those of the orders included; default 400. */
	conversions?: number;
	/** Whether the conversions of the 66 orders are there; default true. */
	orders?: boolean;
	/** The status of all conversions but the orders' ones; default `mixed`. */
	status?: ShopOptions['status'];
	/**
	 * Milliseconds since 1970, UTC: the shop's conversions lie in the 90 days before, and those that
	 * are added come after; default now.
	 */
	now?: number;
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
	/** Adds a conversion; what is left out is made up. */
	addConversion(wanted?: NewConversion): Conversion;
	/** Conversions, log, counts and the drawing of faults as at the start; settings and faults stay. */
	reset(): void;
	/** Begins to listen on 127.0.0.1. Rejects when the port is taken. */
	start(): Promise<void>;
	/** Ends at once: open connections are cut, hung answers with them. */
	stop(): Promise<void>;
}

/**
 * Makes a sandbox; `start()` opens it.
 *
 * @throws Error when settings or faults do not fit
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
	const seed = options.seed ?? 1;
	const madeAtMs = performance.now();
	const clock = () => performance.now() - madeAtMs;
	const now = () => Date.now();
	const shopOpenedAtMs = options.now ?? now();
	const shopNow = () => Math.round(shopOpenedAtMs + clock());
	const shopOptions: ShopOptions = {
		seed,
		conversions: options.conversions ?? 400,
		now: shopOpenedAtMs,
		orders: options.orders ?? true,
		status: options.status ?? 'mixed',
	};
	const settings = defaultSettings();
	changeSettings(settings, options.settings ?? {});
	const faults = new FaultControl(seed);
	faults.set(options.faults ?? []);
	const limiter = new RateLimiter(() => settings.rateLimit, clock);
	const log = new RequestLog(
		options.log !== false,
		typeof options.log === 'number' ? options.log : 10_000,
	);

	let token = options.token ?? DEFAULT_TOKEN;
	let shop = buildShop(shopOptions);
	let store = new ConversionStore(shop.conversions, now);
	let arrivals = new Arrivals(seed, shopNow);

	const addConversion = (wanted: NewConversion = {}) => store.add(arrivals.next(wanted)).conversion;
	const reset = () => {
		shop = buildShop(shopOptions);
		store = new ConversionStore(shop.conversions, now);
		arrivals = new Arrivals(seed, shopNow);
		faults.restart();
		limiter.reset();
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
			return h
				.response(new Refusal(401, message).body)
				.code(401)
				.header('www-authenticate', 'Bearer')
				.takeover();
		},
	}));
	server.auth.strategy('bearer', 'bearer');
	directTraffic(server, { settings, limiter, faults, log, seed, clock, now });
	server.route(apiRoutes({ store: () => store, settings, arrive: addConversion }));
	server.route(
		controlRoutes({
			store: () => store,
			settings,
			faults,
			limiter,
			log,
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
		change: (change) => changeSettings(settings, change),
		addConversion,
		reset,
		start: () => server.start(),
		stop: () => server.stop({ timeout: 0 }),
	};
}
