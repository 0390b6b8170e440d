import type { IDataObject } from 'n8n-workflow';
import type { Client } from '../../api/client';
import { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import {
	asWished,
	decide,
	type Decision,
	type IfAlreadyProcessed,
	type Wish,
} from '../../domain/decision';
import { describeReference, NothingFits, theOnly, type Reference } from '../../domain/match';
import { formatCents } from '../../domain/money';
import { UserError } from '../../domain/userError';
import { present, type Presentation } from '../../parameters/presentation';
import type { Batch, Held } from '../batch';
import type { Item } from '../item';
import { readPresentation, readReference } from './fields';
import { readDryRun, readIfAlreadyProcessed, readIfNotFound } from './options';
import { Writer, type Located } from './writer';

/** What an item asks for. */
interface Request {
	reference: Reference;
	wish: Wish;
	ifAlreadyProcessed: IfAlreadyProcessed;
	ifNotFound: 'succeed' | 'fail';
	isDryRun: boolean;
	presentation: Presentation;
}

/** A request whose conversion there is not, where that counts as done. */
interface WithoutConversion {
	absent: NothingFits;
	request: Request;
}

/** A request with the conversion that it is about. */
type LocatedRequest = Request & Located;

/**
 * Carries out what the items wish: reads and checks all of them, then writes.
 * Items that wish the same for one conversion send one write.
 *
 * @param readWish reads what one item wishes; what it throws takes the item out before anything is sent
 */
export async function carryOutAll(
	batch: Batch,
	client: Client,
	readWish: (item: Item, presentation: Presentation) => Wish,
): Promise<Array<Held<IDataObject[]>>> {
	const lookup = new Lookup(client);
	const writer = new Writer(client, lookup, batch.memory);
	const requests = await batch.check(batch.start(), (_, item) => readRequest(item, readWish));
	await lookup.expect(requests.map(({ value }) => value.reference));
	const sought = await batch.check(requests, async (request, item) => {
		const result = await seek(lookup, request);
		if ('id' in result) item.subjects.push({ by: 'id', value: result.id });
		return result;
	});
	const located = sought.flatMap(({ item, value }) => ('absent' in value ? [] : [{ item, value }]));
	const wishes = wishesByConversion(located);
	const decided = await batch.check(located, (request) => {
		mustAgree(request, wishes);
		return { ...request, decision: writer.doneBefore(request) ?? decideFor(request) };
	});

	const carryOut = async (request: LocatedRequest & { decision: Decision }, item: Item) => {
		const { conversion, ...result } = await writer.carryOut(request, item);
		return [
			{
				...present(conversion, request.presentation),
				...(request.isDryRun ? { dryRun: true } : {}),
				...result,
			},
		];
	};
	const written = await batch.write(decided, carryOut, () => client.stop());
	const absent = sought.flatMap(({ item, value }) =>
		'absent' in value ? [{ item, value: [withoutConversion(value)] }] : [],
	);
	return [...written, ...absent];
}

function withoutConversion({ absent, request }: WithoutConversion): IDataObject {
	const { reference, isDryRun } = request;
	return {
		[reference.by]: reference.value,
		...(isDryRun ? { dryRun: true } : {}),
		outcome: 'unchanged',
		changed: false,
		message: absent.message,
	};
}

function readRequest(
	item: Item,
	readWish: (item: Item, presentation: Presentation) => Wish,
): Request {
	const options = item.collection('options');
	const presentation = readPresentation(item, options);
	const reference = readReference(item);
	const wish = readWish(item, presentation);
	if (lacksProgram(reference, wish) && !isPicked(item)) {
		throw new UserError(
			`To ${wish.to} a conversion by its ID, Affilae needs to know its program`,
			'Choose the program in Program, or name the conversion by its order ID.',
		);
	}
	return {
		reference,
		wish,
		ifAlreadyProcessed: readIfAlreadyProcessed(options),
		ifNotFound: readIfNotFound(options),
		isDryRun: readDryRun(options),
		presentation,
	};
}

/** Whether a program must be known that nobody has given; a conversion that is read tells its own. */
function lacksProgram({ by, programId }: Reference, { to }: Wish): boolean {
	return by === 'id' && programId === undefined && (to === 'accept' || to === 'refuse');
}

function isPicked(item: Item): boolean {
	return item.located('conversion', 'Conversion').mode === 'list';
}

async function seek(lookup: Lookup, request: Request): Promise<LocatedRequest | WithoutConversion> {
	try {
		return await locate(lookup, request);
	} catch (thrown) {
		const counts = thrown instanceof NothingFits && request.ifNotFound === 'succeed';
		return counts ? { absent: thrown, request } : await Promise.reject(thrown);
	}
}

async function locate(lookup: Lookup, request: Request): Promise<LocatedRequest> {
	const { reference, wish, isDryRun } = request;
	// Affilae itself judges a write by ID; what is to be compared, foretold or completed must be read.
	const mustRead = wish.to === 'reconcile' || isDryRun || lacksProgram(reference, wish);
	if (reference.by === 'id' && !mustRead) {
		const { value: id, programId } = reference;
		return { ...request, id, programId, conversion: undefined };
	}
	const conversion = theOnly(reference, await lookup.find(reference));
	const programId = conversion.programId ?? reference.programId;
	if (programId === undefined && wish.to !== 'update') {
		throw new UserError(
			`Affilae does not say to which program the conversion with the ${describeReference(reference)} belongs`,
			'Choose the program in Program.',
		);
	}
	return { ...request, id: conversion.id, programId, conversion };
}

/** The different wishes that items have for one conversion, in words, each with the items that do. */
function wishesByConversion(
	located: ReadonlyArray<Held<Located>>,
): Map<string, Map<string, number[]>> {
	const wishes = new Map<string, Map<string, number[]>>();
	for (const { item, value } of located) {
		const ofConversion = wishes.get(value.id) ?? new Map<string, number[]>();
		const wish = inWords(value.wish, value.conversion);
		ofConversion.set(wish, [...(ofConversion.get(wish) ?? []), item.index]);
		wishes.set(value.id, ofConversion);
	}
	return wishes;
}

/** A wish as far as two of them can contradict each other. */
function inWords(wish: Wish, { currency }: Partial<Conversion> = {}): string {
	if (wish.to === 'update') return formatCents(wish.amount.amountCents, currency);
	if (wish.to !== 'reconcile') return '';
	const kept = `${formatCents(wish.kept.amountCents, currency)} kept`;
	return wish.isSettled ? `${kept}, return window over` : `${kept}, return window open`;
}

function mustAgree({ id }: Located, wishes: ReturnType<typeof wishesByConversion>): void {
	const given = wishes.get(id);
	if (given === undefined || given.size < 2) return;
	const each = [...given].map(([wish, items]) => `${wish} (item ${items.join(', ')})`);
	throw new UserError(
		`Several items say different things of conversion ${id}: ${each.join(' and ')}`,
		'Leave one item for each conversion.',
	);
}

function decideFor({ conversion, wish, ifAlreadyProcessed }: Located): Decision {
	if (conversion) return decide(conversion, wish, ifAlreadyProcessed);
	if (wish.to !== 'reconcile') return asWished(wish);
	throw new TypeError('A conversion that is to be reconciled was not read');
}
