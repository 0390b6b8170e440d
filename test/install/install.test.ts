/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { installedIn, PACKAGE_NAME } from '../../playground/src/nodePackage';
import { N8N_COMMANDS } from '../../playground/src/places';
import { runCommand } from '../../playground/src/processGroup';
import { type BareN8n, offered, startBareN8n } from './bareN8n';
import { earlierVersion, type PackedVersion, packedVersion } from './earlierPackage';
import { type LocalRegistry, startLocalRegistry } from './localRegistry';
import { openShop, type Shop } from './shop';
import { RECONCILES, runWork, storeWork, told, WATCHES, type Work } from './storedWork';

const STEP_TIMEOUT_MS = 600_000;
const OFFERED = ['affilaeConversions', 'affilaeConversionsTool', 'affilaeConversionsTrigger'].map(
	(type) => `${PACKAGE_NAME}.${type}`,
);

// Each test continues from the state that the previous one left.
let folder: string;
let present: PackedVersion;
let byHand: Shop;
/** The first results of the stored workflows with the present package. */
let reference: Work | undefined;

/** Their results with any version; the wording of messages may change between versions. */
function workOf({ version }: PackedVersion) {
	return {
		done: [
			expect.objectContaining({ externalId: '1001', outcome: 'accepted' }),
			expect.objectContaining({ externalId: '1002', outcome: 'accepted' }),
			expect.objectContaining({ externalId: '1003', outcome: 'refused' }),
		],
		notDone: [
			{
				orderId: 'none',
				kept: 1,
				error: expect.stringContaining('order none'),
				message: expect.any(String),
				pairedOrderId: 'none',
			},
		],
		told: [expect.stringContaining('1 item failed')],
		atAffilae: [
			{ externalId: '1001', status: 'accepted', amount: 8490 },
			{ externalId: '1002', status: 'accepted', amount: 2000 },
			{ externalId: '1003', status: 'refused', amount: 3000 },
		],
		stopped: expect.stringContaining('token'),
		calledBy: [`${PACKAGE_NAME}/${version}`],
	};
}

beforeAll(async () => {
	folder = await mkdtemp(path.join(os.tmpdir(), 'n8n-nodes-affilae-install-'));
	const { E2E_TARBALL } = process.env;
	if (E2E_TARBALL === undefined) throw new Error('Run these tests with npm run test:install');
	present = await packedVersion(E2E_TARBALL);
	byHand = await openShop();
}, STEP_TIMEOUT_MS);

afterAll(async () => {
	await byHand?.stop();
	await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('the package in Settings > Community Nodes', () => {
	/** The conversions for which the published workflow must have started. */
	const due: string[] = [];
	let userFolder: string;
	let earlier: PackedVersion;
	let registry: LocalRegistry;
	let watched: Shop;
	let n8n: BareN8n;

	beforeAll(async () => {
		userFolder = path.join(folder, 'community-nodes');
		earlier = await earlierVersion(present, folder);
		registry = await startLocalRegistry(folder);
		await registry.publish(earlier.tarball);
		await registry.publish(present.tarball);
		watched = await openShop();
		n8n = await startBareN8n(userFolder, registry.settings);
	}, STEP_TIMEOUT_MS);

	afterAll(async () => {
		await Promise.all([n8n?.stop(), registry?.stop(), watched?.stop()]);
	});

	/** Checks that the workflow started once for each, and that the latest poll was made by this version. */
	async function expectAllIsTold({ version }: PackedVersion): Promise<void> {
		expect(await told(n8n.client, watched, due.length)).toEqual(due);
		expect(watched.callers.at(-1)).toBe(`${PACKAGE_NAME}/${version}`);
	}

	function sell(): void {
		due.push(watched.sandbox.addConversion().id);
	}

	test(
		'is installed in an n8n that has never seen it, and a newer version is shown',
		async () => {
			expect(await offered(n8n, 'affilae', [])).toEqual([]);
			const { installedVersion } = await n8n.client.installPackage(PACKAGE_NAME, earlier.version);
			expect(installedVersion).toBe(earlier.version);
			expect(await offered(n8n, 'affilae', OFFERED)).toEqual(OFFERED);
			expect(await n8n.client.communityPackages()).toEqual([
				expect.objectContaining({
					installedVersion: earlier.version,
					updateAvailable: present.version,
				}),
			]);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'runs workflows that are stored with it',
		async () => {
			await storeWork(n8n.client, byHand, watched);
			expect(await runWork(n8n.client, byHand)).toEqual(workOf(earlier));
			expect(await n8n.client.publish(WATCHES)).toEqual({ status: 'published', errors: [] });
			sell();
			await expectAllIsTold(earlier);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'is updated in the running n8n: the same workflows have the same results, and the trigger continues',
		async () => {
			const { installedVersion } = await n8n.client.updatePackage(PACKAGE_NAME, present.version);
			expect(installedVersion).toBe(present.version);
			expect(await offered(n8n, 'affilae', OFFERED)).toEqual(OFFERED);
			reference = await runWork(n8n.client, byHand);
			expect(reference).toEqual(workOf(present));
			sell();
			await expectAllIsTold(present);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'is there when n8n is started again',
		async () => {
			await n8n.stop();
			sell();
			n8n = await startBareN8n(userFolder, registry.settings);
			expect(await n8n.client.communityPackages()).toEqual([
				expect.objectContaining({ packageName: PACKAGE_NAME, installedVersion: present.version }),
			]);
			expect(await runWork(n8n.client, byHand)).toEqual(reference);
			await expectAllIsTold(present);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'is removed without a trace: the workflow still opens, and a run says what is missing',
		async () => {
			const before = await n8n.client.workflow(RECONCILES);
			await n8n.client.removePackage(PACKAGE_NAME);
			expect(await offered(n8n, 'affilae', [])).toEqual([]);
			expect(await n8n.client.communityPackages()).toEqual([]);
			expect(existsSync(installedIn(userFolder))).toBe(false);
			expect(await n8n.client.workflow(RECONCILES)).toEqual(before);
			await expect(runWork(n8n.client, byHand)).rejects.toThrow(OFFERED[0]);
		},
		STEP_TIMEOUT_MS,
	);

	test(
		'is installed again, and everything continues from where it was',
		async () => {
			sell();
			await n8n.client.installPackage(PACKAGE_NAME, present.version);
			expect(await runWork(n8n.client, byHand)).toEqual(reference);
			await expectAllIsTold(present);
		},
		STEP_TIMEOUT_MS,
	);
});

describe.each([
	['alone, as this package’s pages say', ['--omit=peer']],
	['with what npm adds to it', []],
])('the package put into n8n’s folder by npm, %s', (_, flags) => {
	let n8n: BareN8n;

	afterAll(async () => {
		await n8n?.stop();
	});

	test(
		'runs the same workflows with the same results',
		async () => {
			const userFolder = await mkdtemp(path.join(folder, 'by-npm-'));
			const nodes = path.join(userFolder, '.n8n', 'nodes');
			await mkdir(nodes, { recursive: true });
			const args = ['install', ...flags, '--prefix', nodes, present.tarball];
			const PATH = [N8N_COMMANDS, process.env['PATH'] ?? ''].join(path.delimiter);
			await runCommand('npm', args, { cwd: nodes, env: { ...process.env, PATH } });
			n8n = await startBareN8n(userFolder);
			expect(await offered(n8n, 'affilae', OFFERED)).toEqual(OFFERED);
			await storeWork(n8n.client, byHand);
			expect(await runWork(n8n.client, byHand)).toEqual(reference);
		},
		STEP_TIMEOUT_MS,
	);
});
