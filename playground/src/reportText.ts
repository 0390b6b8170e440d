/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import Table from 'cli-table3';
import colours from 'picocolors';
import {
	countsIn,
	describe,
	money,
	type ReturnsReport,
	rowsWith,
	verdictOn,
} from './returnsReport';

/** A run for a terminal: a table with one row an order, what was decided how often, and whether the sandbox agrees. */
export function textOf(report: ReturnsReport): string {
	const color = report.agrees ? colours.green : colours.red;
	return [tableOf(report), countsIn(report), '', ...verdictOn(report).map(color)].join('\n');
}

/** The orders that a run left to a person, and those that it left out, with the reason for each. */
export function personsTextOf(report: ReturnsReport): string {
	return (
		[
			['Needs a person:', 'a person'],
			['Left out:', 'left out'],
		] as const
	)
		.map(([title, decision]) =>
			[
				colours.bold(title),
				...rowsWith(report, decision).map(
					({ order, message }) => `  ${order.orderId}  ${message ?? ''}`,
				),
			].join('\n'),
		)
		.join('\n\n');
}

function tableOf({ rows }: ReturnsReport): string {
	const table = new Table({
		head: ['order', '', 'kept', 'decision', 'conversion before', 'conversion after', ''].map(
			(title) => colours.bold(title),
		),
		colAligns: ['right', 'left', 'right', 'left', 'left', 'left', 'left'],
		style: { head: [], border: [], compact: true },
	});
	for (const { order, decision, before, after, mismatch } of rows) {
		table.push([
			order.orderId,
			order.currency,
			money(order.keptCents),
			decision ?? '?',
			describe(before, '\n'),
			describe(after, '\n'),
			mismatch === undefined ? colours.green('✓') : colours.red(`✗ ${mismatch}`),
		]);
	}
	return table.toString();
}
