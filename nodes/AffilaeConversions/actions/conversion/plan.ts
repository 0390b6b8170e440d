import type { Lookup } from '../../api/lookup';
import type { Conversion } from '../../domain/conversion';
import { decide, type Instruction } from '../../domain/decision';
import { formatCents } from '../../domain/money';
import { orderOf } from '../../domain/order';
import type { Decision } from '../../domain/outcome';
import {
	describeConversion,
	describeOneOf,
	NotFound,
	type Reference,
} from '../../domain/reference';
import { UserError } from '../../domain/userError';
import type { Presentation } from '../../parameters/presentation';
import type { Batch, Held } from '../batch';
import type { Item } from '../item';
import { readPresentation, readReference } from './fields';
import { readCallSettings, ordersSinceOf, readWriteSettings, type WriteSettings } from './options';

/** What an item asks for. */
export interface Request extends WriteSettings {
	reference: Reference;
	instruction: Instruction;
	isDryRun: boolean;
	presentation: Presentation;
	/** UTC ISO 8601. */
	ordersSince: string | undefined;
}

/** One conversion of an item's order, with what was decided for it. */
export interface Target {
	conversion: Conversion;
	decision: Decision;
	/** The conversion as a message names it. */
	name: string;
}

/** A request with the conversions that it is about. */
export type Found = Request & { targets: readonly Target[] };

/** A request with its conversions; or with none, if that counts as done. */
export type Plan = Found | (Request & { absent: NotFound });

/** Reads what one item asks for. @throws {UserError} that takes the item out before anything is sent */
export type ReadInstruction = (item: Item, presentation: Presentation) => Instruction;

/**
 * Reads, finds and decides for all items, and writes nothing: first what each item asks for, then the
 * conversions that it names, then what follows from both. Items that contradict each other are taken out.
 */
export async function planAll(
	batch: Batch,
	lookup: Lookup,
	readInstruction: ReadInstruction,
): Promise<Array<Held<Plan>>> {
	const requests = await batch.check(batch.start(), (_, item) => read(item, readInstruction));
	const since = requests.map(({ value }) => value.ordersSince);
	await lookup.expect(
		requests.map(({ value }) => value.reference),
		since.includes(undefined) ? undefined : [...since].sort()[0],
	);
	const found = await batch.check(requests, async (request, item) => {
		const named = await find(lookup, request);
		if (named instanceof NotFound) return { request, order: named, named: [] };
		item.subjects.push(...named.map(({ id }) => ({ by: 'id' as const, value: id })));
		if (named[0] !== undefined) item.label = describeConversion(named[0]);
		return { request, order: await decidedTogether(lookup, request, named), named };
	});
	const contradictions = contradictionsIn(found);
	const nowMs = Date.now();
	return await batch.check(found, ({ request, order, named }): Plan => {
		if (order instanceof NotFound) return { ...request, absent: order };
		mustAgree(request, order, contradictions);
		const { instruction, ifAlreadyProcessed } = request;
		const decisions = decideOrRemember(batch, order, instruction, { ifAlreadyProcessed, nowMs });
		const targets = order.flatMap((conversion, index) => {
			if (!named.some(({ id }) => id === conversion.id)) return [];
			const decision = decisions[index] ?? { writes: [], outcome: 'unchanged' };
			const name = describeOneOf(conversion, order);
			mustKnowProgram(conversion, decision, name);
			return { conversion, decision, name };
		});
		return { ...request, targets };
	});
}

function read(item: Item, readInstruction: ReadInstruction): Request {
	const options = item.collection('options');
	const presentation = readPresentation(item, options);
	readCallSettings(item);
	return {
		reference: readReference(item, options),
		instruction: readInstruction(item, presentation),
		isDryRun: item.flag('dryRun'),
		presentation,
		ordersSince: ordersSinceOf(item, options),
		...readWriteSettings(options),
	};
}

/**
 * The conversions that are decided as one. What was kept is said of an order: a conversion that is named
 * by its own ID is compared together with the others of its order, unless Commission Rule singles it out
 * or the order is one that only a person can tell apart.
 */
async function decidedTogether(
	lookup: Lookup,
	{ reference, instruction }: Request,
	named: Conversion[],
): Promise<Conversion[]> {
	const [{ id, externalId, programId } = {}] = named;
	const isWhole = instruction.to !== 'reconcile' || reference.by !== 'id';
	if (isWhole || reference.rule !== undefined || id === undefined || externalId === undefined) {
		return named;
	}
	const byOrder: Reference = {
		by: 'externalId',
		value: externalId,
		...(programId === undefined ? {} : { programId }),
	};
	const others = await lookup.find(byOrder).catch(async (thrown: unknown) => {
		return thrown instanceof NotFound ? named : await Promise.reject(thrown);
	});
	if (!others.some((one) => one.id === id)) return named;
	try {
		return orderOf(byOrder, others);
	} catch (thrown) {
		return thrown instanceof UserError ? named : await Promise.reject(thrown);
	}
}

async function find(lookup: Lookup, request: Request): Promise<Conversion[] | NotFound> {
	const { reference, ifNotFound } = request;
	try {
		return orderOf(reference, await lookup.find(reference)).map((conversion) =>
			// Affilae left the program out of its rows: the one that was asked for goes with the write.
			conversion.programId === undefined && reference.programId !== undefined
				? { ...conversion, programId: reference.programId }
				: conversion,
		);
	} catch (thrown) {
		if (thrown instanceof NotFound && ifNotFound === 'succeed') return thrown;
		return await Promise.reject(thrown);
	}
}

/** What an earlier try of this execution has carried out is not decided again. */
function decideOrRemember(
	batch: Batch,
	order: readonly Conversion[],
	instruction: Instruction,
	circumstances: Parameters<typeof decide>[2],
): Decision[] {
	const { memory } = batch;
	const keys = order.map(({ id }) => memoryKey(id, instruction));
	const shares = keys.flatMap((key) => memory.shareOf(key) ?? []);
	const isBegun = instruction.to === 'reconcile' && shares.length === order.length;
	const carriedOn = isBegun ? { ...instruction, shares } : instruction;
	const remembered = keys.map((key) => memory.outcomeOf(key));
	if (!remembered.some((outcome) => outcome !== undefined)) {
		return decide(order, carriedOn, circumstances);
	}
	const lenient = { ...circumstances, ifAlreadyProcessed: 'succeed' as const };
	return decide(order, carriedOn, lenient).map((decision, index) => {
		const outcome = remembered[index];
		return outcome === undefined || decision.writes.length > 0
			? decision
			: { writes: [], outcome, message: 'Done in an earlier try of this execution' };
	});
}

/** One text per conversion and instruction, for the memory of Retry On Fail. */
export function memoryKey(id: string, instruction: Instruction): string {
	return JSON.stringify([id, instruction]);
}

/** The different instructions that items have for one conversion, in words, each with the items that do. */
type Contradictions = Map<string, Map<string, number[]>>;

function contradictionsIn(
	found: ReadonlyArray<Held<{ request: Request; order: Conversion[] | NotFound }>>,
): Contradictions {
	const contradictions: Contradictions = new Map();
	for (const { item, value } of found) {
		if (value.order instanceof NotFound) continue;
		for (const conversion of value.order) {
			const key = targetKey(conversion, value.request);
			const ofConversion = contradictions.get(key) ?? new Map<string, number[]>();
			const words = inWords(value.request.instruction, conversion);
			ofConversion.set(words, [...(ofConversion.get(words) ?? []), item.index]);
			contradictions.set(key, ofConversion);
		}
	}
	return contradictions;
}

/** What two items share if they are about the same conversion, both dry or both for real. */
export function targetKey({ id }: Conversion, { isDryRun }: Pick<Request, 'isDryRun'>): string {
	return JSON.stringify([id, isDryRun]);
}

function mustAgree(
	request: Request,
	order: readonly Conversion[],
	contradictions: Contradictions,
): void {
	for (const conversion of order) {
		const given = contradictions.get(targetKey(conversion, request));
		if (given === undefined || given.size < 2) continue;
		const each = [...given].map(([words, items]) => `${words} (item ${items.join(', ')})`);
		throw new UserError(
			`Several items say different things of ${describeOneOf(conversion, order)}: ${each.join(' and ')}`,
			'Leave one item for each order.',
		);
	}
}

/** An instruction as far as two of them can contradict each other. */
function inWords(instruction: Instruction, { currency }: Conversion): string {
	if (instruction.to === 'update') return formatCents(instruction.amount.amountCents, currency);
	if (instruction.to !== 'reconcile') return instruction.to;
	const kept = `${formatCents(instruction.kept.amountCents, currency)} kept`;
	const ended = instruction.isSettled ? 'return period ended' : 'return period open';
	return [
		kept,
		ended,
		...(instruction.severalConversions === 'ask' ? [] : [instruction.severalConversions]),
		...(instruction.toleranceCents === 5 ? [] : [`tolerance ${instruction.toleranceCents} cents`]),
	].join(', ');
}

function mustKnowProgram({ programId }: Conversion, { writes }: Decision, name: string): void {
	if (programId !== undefined || writes.every((write) => write.do === 'update')) return;
	throw new UserError(
		`Affilae does not say to which program ${name} belongs, and wants to know it to accept or refuse`,
		"Fill in 'Program'.",
	);
}
