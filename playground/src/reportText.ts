/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import Table from 'cli-table3';
import colors from 'picocolors';
import {
	countsIn,
	describe,
	money,
	type ReturnsReport,
	rowsWith,
	verdictOn,
} from './returnsReport';

/** A run for a terminal: a table with a row per order, how often each decision was made, and whether the sandbox agrees. */
export function textOf(report: ReturnsReport): string {
	const color = report.agrees ? colors.green : colors.red;
	return [tableOf(report), countsIn(report), '', ...verdictOn(report).map(color)].join('\n');
}

/** The orders that need a person, and those that the run left out, with the reason for each. */
export function personsTextOf(report: ReturnsReport): string {
	return (
		[
			['Needs a person:', 'a person'],
			['Left out:', 'left out'],
		] as const
	)
		.map(([title, decision]) =>
			[
				colors.bold(title),
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
			(title) => colors.bold(title),
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
			mismatch === undefined ? colors.green('✓') : colors.red(`✗ ${mismatch}`),
		]);
	}
	return table.toString();
}
