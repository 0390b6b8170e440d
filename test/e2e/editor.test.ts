import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Editor, openEditor } from '../../playground/src/editor';
import { OWNER, type Playground } from '../../playground/src/startPlayground';
import { PROGRAMS } from '../../sandbox/programs';
import { DEFAULT_TOKEN } from '../../sandbox/server';
import {
	addNode,
	createCredential,
	NodePanel,
	startWorkflow,
	withScreenshot,
} from './editorDriver';
import { START_TIMEOUT_MS, startFreshPlayground } from './freshPlayground';
import { BY_ORDER_ID, workflowOf } from './workflowOf';

const [PROGRAM] = PROGRAMS;
const AMOUNT_CENTS = 1999;

describe('the package in n8n’s editor, as an operator sees it', () => {
	let playground: Playground;
	let editor: Editor;
	let sequence = 0;

	beforeAll(async () => {
		playground = await startFreshPlayground({ orders: false, conversions: 50 });
		editor = await openEditor(playground.n8n.url, OWNER);
	}, START_TIMEOUT_MS);

	afterAll(async () => {
		await editor?.close();
		await playground?.stop();
	});

	beforeEach(() => {
		playground.sandbox.token = DEFAULT_TOKEN;
		playground.sandbox.requests.clear();
	});

	/** A test that leaves a picture of the editor if it fails. */
	function seen(name: string, steps: () => Promise<void>): void {
		test(name, async () => await withScreenshot(editor.page, steps));
	}

	/** A new pending conversion of 19.99; returns its order id. */
	function pendingOrder(): string {
		sequence += 1;
		const externalId = `editor-${sequence}`;
		playground.sandbox.addConversion({
			externalId,
			program: PROGRAM.id,
			amount: AMOUNT_CENTS,
			status: 'pending',
		});
		return externalId;
	}

	function conversionOf(orderId: string) {
		const [conversion] = playground.sandbox.store.byExternalId(orderId);
		return { status: conversion?.status, amount: conversion?.amount };
	}

	/** The paths of the writes that reached the sandbox. */
	function writesSent(): string[] {
		return playground.sandbox.requests
			.list()
			.filter(({ method }) => method.toUpperCase() === 'POST')
			.map(({ path }) => path);
	}

	/** Opens a node that accepts the conversion of this item, in a workflow of its own. */
	async function openStored(item: Record<string, unknown>): Promise<NodePanel> {
		sequence += 1;
		const id = `editor-${sequence}`;
		const workflow = workflowOf([item], {
			parameters: { operation: 'accept', conversion: BY_ORDER_ID },
		});
		await playground.store(id, workflow);
		await editor.openWorkflow(await playground.n8n.client.ownIdOf(id), workflow);
		await editor.openNode('Affilae');
		return new NodePanel(editor.page);
	}

	seen(
		'a credential test fails with a wrong token without showing it, and succeeds with the right one',
		async () => {
			const { n8n, sandbox } = playground;
			const token = 'not-the-token-of-anybody';
			const dialog = await createCredential(editor.page, n8n.url, { token, baseUrl: sandbox.url });
			await dialog.getByText('Couldn’t connect with these settings').waitFor();
			await dialog.getByText('More details').click();
			expect(await editor.page.locator('body').innerText()).not.toContain(token);

			await dialog.getByTestId('parameter-input-token').locator('input').fill(sandbox.token);
			await dialog.getByTestId('credential-save-button').click();
			await dialog.getByText('Connection tested successfully').waitFor();
			expect(sandbox.requests.list().at(-1)?.status).toBe(200);
		},
	);

	seen('a credential with a wrong token says that it is the token', async () => {
		const { n8n, sandbox } = playground;
		const account = { token: 'not-the-token-of-anybody', baseUrl: sandbox.url };
		const dialog = await createCredential(editor.page, n8n.url, account);
		await dialog.getByText('More details').click();
		await dialog.getByText('Affilae does not accept the API token').waitFor();
	});

	seen(
		'a new credential, an empty canvas and the lists are enough to accept a conversion',
		async () => {
			const { n8n, sandbox } = playground;
			const { page } = editor;
			const orderId = pendingOrder();

			const account = { token: sandbox.token, baseUrl: sandbox.url };
			const dialog = await createCredential(page, n8n.url, account);
			const tested = dialog.getByText('Connection tested successfully');
			await tested.waitFor();
			sandbox.requests.clear();
			const testedAgain = page.waitForResponse(/\/rest\/credentials\/test$/);
			await dialog.getByRole('button', { name: 'Retry' }).click();
			await testedAgain;
			await tested.waitFor();
			expect(sandbox.requests.list().map(({ status }) => status)).toEqual([200]);
			const name = (await dialog.getByTestId('credential-name').innerText()).trim();

			await startWorkflow(page, n8n.url);
			await addNode(page, 'Manual Trigger');
			await addNode(page, 'Affilae Conversions', 'Accept a conversion');
			const panel = new NodePanel(page);
			await panel.chooseCredential(name);
			await panel.pick('conversion', `Order ${orderId} · 19.99`, orderId);
			await panel.pick('program', PROGRAM.name);
			sandbox.requests.clear();

			expect(await panel.execute()).toBe('success');
			expect(await panel.items()).toEqual([
				expect.objectContaining({
					externalId: orderId,
					status: 'accepted',
					amount: '19.99',
					outcome: 'accepted',
				}),
			]);
			expect(await panel.hints()).toEqual(['1 accepted. 2 calls to Affilae.']);
			expect(conversionOf(orderId)).toEqual({ status: 'accepted', amount: AMOUNT_CENTS });
			expect(writesSent()).toHaveLength(1);
		},
	);

	seen('an ambiguous amount is reported with both readings, and nothing is sent', async () => {
		const orderId = pendingOrder();
		const panel = await openStored({ orderId, amount: '1,234' });
		await panel.choose('operation', 'Update');
		await panel.typeExpression('amount', '{{ $json.amount }}', '1,234');
		await panel.type('reason', 'Order returned');

		expect(await panel.execute()).toBe('error');
		const message = await panel.error();
		expect(message).toContain(`'Amount' is "1,234", which can be read as 1.234 or as 1234`);
		expect(message).toContain('Nothing was changed in Affilae.');
		expect(conversionOf(orderId)).toEqual({ status: 'pending', amount: AMOUNT_CENTS });
		expect(writesSent()).toEqual([]);
	});

	seen('Dry Run says that nothing is sent as soon as it is on, and again after a run', async () => {
		const orderId = pendingOrder();
		const panel = await openStored({ orderId });
		await panel.switchOn('dryRun');
		await panel.waitForHint('Dry Run is on: nothing is changed in Affilae');

		expect(await panel.execute()).toBe('success');
		expect(await panel.hints()).toContain(
			'Dry run, nothing was sent. It would be: 1 accepted. 1 call to Affilae.',
		);
		expect(await panel.items()).toEqual([
			expect.objectContaining({ status: 'pending', outcome: 'accepted', dryRun: 'true' }),
		]);
		expect(conversionOf(orderId)).toEqual({ status: 'pending', amount: AMOUNT_CENTS });
		expect(writesSent()).toEqual([]);
	});

	seen('no name of a mode and no description of an option is cut off', async () => {
		const panel = await openStored({ orderId: pendingOrder() });
		for (const [field, mode] of [
			['conversion', 'Cust. ID'],
			['conversion', 'By ID'],
			['conversion', 'Order ID'],
			['program', 'By ID'],
			['program', 'From list'],
		] as const) {
			await panel.chooseMode(field, mode);
			expect({ mode, isCut: await panel.isModeCut(field) }).toEqual({ mode, isCut: false });
		}
		expect(await panel.cutChoices('operation')).toEqual([]);
	});

	seen('Program comes after the fields that are always needed', async () => {
		const panel = await openStored({ orderId: pendingOrder() });
		await panel.choose('operation', 'Reconcile');
		await panel.waitForField('settled');
		expect(
			await panel.inOrder(['simplify', 'program', 'reason', 'settled', 'keptAmount', 'conversion']),
		).toEqual(['conversion', 'keptAmount', 'settled', 'reason', 'program', 'simplify']);
	});

	seen('the lists say that the token is no longer accepted, in place of entries', async () => {
		const panel = await openStored({ orderId: pendingOrder() });
		playground.sandbox.token = 'another-one';
		await panel.openList('program');
		const said = await panel.listError();
		expect(said).toContain('Affilae does not accept the API token');
		expect(said).not.toContain(DEFAULT_TOKEN);
	});
});
