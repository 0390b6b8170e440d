import type { IDataObject } from 'n8n-workflow';
import type { Client } from '../../api/client';
import { Lookup } from '../../api/lookup';
import {
	decide,
	stepOf,
	type Decision,
	type IfAlreadyProcessed,
	type Wish,
} from '../../domain/decision';
import { describeReference, theOnly, type Reference } from '../../domain/match';
import { formatCents } from '../../domain/money';
import { Refusal } from '../../domain/refusal';
import type { Batch, Held } from '../batch';
import type { Item } from '../item';
import {
	present,
	readIfAlreadyProcessed,
	readPresentation,
	readReference,
	type Presentation,
} from './fields';
import { Writer, type Located } from './writer';

/** What an item asks for. */
interface Request {
	reference: Reference;
	wish: Wish;
	ifAlreadyProcessed: IfAlreadyProcessed;
	presentation: Presentation;
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
	const located = await batch.check(requests, async (request) => await locate(lookup, request));
	const amounts = amountsByConversion(located);
	const decided = await batch.check(located, (request) => {
		mustAgree(request, amounts);
		return { ...request, decision: writer.hasDone(request) ? { steps: [] } : decideFor(request) };
	});

	const carryOut = async (request: LocatedRequest & { decision: Decision }, item: Item) => {
		const { conversion, outcome, message } = await writer.carryOut(request, item);
		return [
			{
				...present(conversion, request.presentation),
				outcome,
				changed: outcome !== 'unchanged',
				...(message ? { message } : {}),
			},
		];
	};
	return await batch.write(decided, carryOut, () => client.stop());
}

function readRequest(
	item: Item,
	readWish: (item: Item, presentation: Presentation) => Wish,
): Request {
	const options = item.collection('options');
	const presentation = readPresentation(item, options);
	const reference = readReference(item);
	const wish = readWish(item, presentation);
	if (reference.by === 'id' && reference.programId === undefined && wish.to !== 'update') {
		throw new Refusal(
			`To ${wish.to} a conversion by its ID, Affilae needs to know its program`,
			'Choose the program in Program, or name the conversion by its order ID.',
		);
	}
	return {
		reference,
		wish,
		ifAlreadyProcessed: readIfAlreadyProcessed(options),
		presentation,
	};
}

async function locate(lookup: Lookup, request: Request): Promise<LocatedRequest> {
	const { reference, wish } = request;
	if (reference.by === 'id') {
		const { value: id, programId } = reference;
		return { ...request, id, programId, conversion: undefined };
	}
	const conversion = theOnly(reference, await lookup.find(reference));
	const programId = conversion.programId ?? reference.programId;
	if (programId === undefined && wish.to !== 'update') {
		throw new Refusal(
			`Affilae does not say to which program the conversion with the ${describeReference(reference)} belongs`,
			'Choose the program in Program.',
		);
	}
	return { ...request, id: conversion.id, programId, conversion };
}

/** The different amounts that items give one conversion, each with the items that do. */
function amountsByConversion(
	located: ReadonlyArray<Held<Located>>,
): Map<string, Map<number, number[]>> {
	const amounts = new Map<string, Map<number, number[]>>();
	for (const { item, value } of located) {
		if (value.wish.to !== 'update') continue;
		const ofConversion = amounts.get(value.id) ?? new Map<number, number[]>();
		const { amountCents } = value.wish.amount;
		ofConversion.set(amountCents, [...(ofConversion.get(amountCents) ?? []), item.index]);
		amounts.set(value.id, ofConversion);
	}
	return amounts;
}

function mustAgree({ id }: Located, amounts: ReturnType<typeof amountsByConversion>): void {
	const given = amounts.get(id);
	if (given === undefined || given.size < 2) return;
	const each = [...given].map(
		([cents, items]) => `${formatCents(cents)} (item ${items.join(', ')})`,
	);
	throw new Refusal(
		`Several items give conversion ${id} different amounts: ${each.join(' and ')}`,
		'Leave one item for each conversion.',
	);
}

function decideFor({ conversion, wish, ifAlreadyProcessed }: Located): Decision {
	return conversion ? decide(conversion, wish, ifAlreadyProcessed) : { steps: [stepOf(wish)] };
}
