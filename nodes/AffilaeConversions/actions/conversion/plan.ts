import type { Lookup } from '../../api/lookup';
import type { Conversion, WireObject } from '../../domain/conversion';
import { decide, type Instruction } from '../../domain/decision';
import type { Decision } from '../../domain/outcome';
import {
	describeConversion,
	describeOneOf,
	NotFound,
	type Reference,
} from '../../domain/reference';
import { UserError } from '../../domain/userError';
import type { Presentation } from '../../parameters/presentation';
import type { Batch, BatchEntry } from '../batch';
import type { Item } from '../item';
import { Statements, targetKey } from './contradictions';
import { readPresentation, readReference } from './fields';
import { findSubjects, type Subjects } from './find';
import { readCallSettings, readWriteSettings, type WriteSettings } from './options';

/** What an item asks for. */
export interface Request extends WriteSettings {
	reference: Reference;
	instruction: Instruction;
	isDryRun: boolean;
	presentation: Presentation;
}

/** One conversion of an item's order, with its decision. */
export interface Target {
	conversion: Conversion;
	decision: Decision;
	/** The conversion as a message names it. */
	name: string;
}

/** A request with the conversions that it is about, and the decisions for those that it names. */
export type Found = Request & Subjects & { targets: readonly Target[] };

/** A conversion to write to, and the item that asks for it. */
export interface Task {
	target: Target;
	plan: Found;
	by: Item;
}

/** A request with its conversions, or without any if If Not Found is set to Succeed. */
export type Plan = Found | (Request & { absent: NotFound });

/** Reads what one item asks for. @throws {UserError} that fails the item before anything is sent */
export type ReadInstruction = (item: Item, presentation: Presentation) => Instruction;

/**
 * Reads, finds and decides for all items, and writes nothing: first what each item asks for, then the
 * conversions that it names, then the decisions. Items that contradict each other fail, and so does an item
 * about an order that an unreadable item is about.
 */
export async function planAll(
	batch: Batch,
	lookup: Lookup,
	readInstruction: ReadInstruction,
): Promise<Array<BatchEntry<Plan>>> {
	const requests = await batch.check(batch.start(), (_, item) => read(item, readInstruction));
	const unread = [...batch.failures.keys()];
	await lookup.expect(requests.map(({ value }) => value.reference));
	const found = await batch.check(requests, async (request, item) => {
		const { reference, instruction } = request;
		const subjects = await findSubjects(lookup, reference, instruction).catch(
			async (thrown: unknown) => await absentOrThrow(thrown, request),
		);
		if (subjects instanceof NotFound) return { ...request, absent: subjects };
		const { named } = subjects;
		item.subjects.push(...named.map(({ id }) => ({ by: 'id' as const, value: id })));
		if (named[0] !== undefined) item.label = describeConversion(named[0]);
		return { ...request, ...subjects };
	});
	const statements = new Statements(
		found.flatMap(({ item, value }) => ('absent' in value ? [] : { item, value })),
		unread,
	);
	const nowMs = Date.now();
	const claims = new Map<string, Item>();
	return await batch.check(found, (asked, item): Plan => {
		if ('absent' in asked) return asked;
		statements.mustAgree(asked);
		const isPartOnly = !statements.nameAllOf(asked);
		const decisions = decideOrRemember(batch, asked, isPartOnly, nowMs);
		const targets = asked.order.flatMap((conversion, index) => {
			if (!asked.named.some(({ id }) => id === conversion.id)) return [];
			const decision = decisions[index];
			if (decision === undefined) throw new TypeError('Each conversion has a decision');
			const name = describeOneOf(conversion, asked.order);
			mustKnowProgram(conversion, decision, name);
			return { conversion, decision, name };
		});
		claim({ ...asked, targets }, item, claims);
		return { ...asked, targets };
	});
}

/** Notes who changes a conversion first. @throws {UserError} if another item does, and that is an error */
function claim(plan: Found, item: Item, claims: Map<string, Item>): void {
	const written = plan.targets.filter(({ decision }) => decision.writes.length > 0);
	const keyOf = ({ conversion }: Target) => targetKey(conversion.id, plan);
	for (const target of plan.ifAlreadyProcessed === 'fail' ? written : []) {
		const first = claims.get(keyOf(target));
		if (first === undefined) continue;
		throw new UserError(
			`Item ${first.index} asks for the same change to ${target.name}`,
			"Keep one item for each order, or set 'If Already Processed' to Succeed.",
		);
	}
	for (const target of written) {
		if (!claims.has(keyOf(target))) claims.set(keyOf(target), item);
	}
}

async function absentOrThrow(thrown: unknown, { ifNotFound }: Request): Promise<NotFound> {
	const isDone = thrown instanceof NotFound && ifNotFound === 'succeed';
	return isDone ? thrown : await Promise.reject(thrown);
}

function read(item: Item, readInstruction: ReadInstruction): Request {
	const options = readOptionsOf(item);
	const reference = readReference(item, options);
	const presentation = readPresentation(item, options);
	readCallSettings(item);
	return {
		reference,
		instruction: readInstruction(item, presentation),
		isDryRun: item.flag('dryRun'),
		presentation,
		...readWriteSettings(options),
	};
}

/** The options. If they cannot be read, the item still notes what it is about. */
function readOptionsOf(item: Item): WireObject {
	let options: WireObject | undefined;
	try {
		options = item.collection('options');
		return options;
	} finally {
		if (options === undefined) readReference(item, {});
	}
}

/** Decides, but does not change what an earlier try of this execution has done or begun. */
function decideOrRemember(
	{ memory }: Batch,
	{ instruction, order, named, rivals, ifAlreadyProcessed }: Request & Subjects,
	isPartOnly: boolean,
	nowMs: number,
): Decision[] {
	const keys = order.map(({ id }) => memoryKey(id, instruction));
	const remembered = keys.map((key) => memory.outcomeOf(key));
	const isRemembered = remembered.some((outcome) => outcome !== undefined);
	const shares = keys.flatMap((key) => memory.shareOf(key) ?? []);
	const carriedOn =
		instruction.to === 'reconcile'
			? {
					...instruction,
					isPartOnly,
					rivals,
					...(shares.length === order.length ? { shares } : {}),
				}
			: instruction;
	const circumstances = {
		ifAlreadyProcessed: isRemembered ? ('succeed' as const) : ifAlreadyProcessed,
		nowMs,
		comparedOnly: order.flatMap(({ id }) => (named.some((one) => one.id === id) ? [] : id)),
	};
	return decide(order, carriedOn, circumstances).map((decision, index) => {
		const outcome = remembered[index];
		// If somebody has changed the conversion since, a person is still needed.
		return outcome === undefined || decision.outcome !== 'unchanged'
			? decision
			: { writes: [], outcome, message: 'Done in an earlier try of this execution' };
	});
}

/** The key of a conversion and its instruction in the memory of Retry On Fail. */
export function memoryKey(id: string, instruction: Instruction): string {
	const { to } = instruction;
	if (to === 'update') return JSON.stringify([id, to, instruction.amount.amountCents]);
	if (to !== 'reconcile') return JSON.stringify([id, to]);
	const { kept, isSettled, toleranceCents, severalConversions } = instruction;
	return JSON.stringify([id, to, kept.amountCents, isSettled, toleranceCents, severalConversions]);
}

function mustKnowProgram({ programId }: Conversion, { writes }: Decision, name: string): void {
	if (programId !== undefined || writes.every((write) => write.do === 'update')) return;
	throw new UserError(
		`Affilae does not say which program ${name} belongs to, but requires it to accept or refuse`,
		"Fill in 'Program'.",
	);
}
