import {
	countsIn,
	describe,
	money,
	type ReturnsReport,
	type ReturnsRow,
	rowsWith,
	verdictOn,
} from './returnsReport';

const STYLE = `
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 64rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: #1b2430; background: #fff; }
h1 { font-size: 1.5rem; }
h2 { margin: 2.5rem 0 0.5rem; font-size: 1.15rem; }
.table { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.6rem; border-bottom: 1px solid #dfe4ea; text-align: left; vertical-align: top; }
th { color: #52606d; font-weight: 600; }
td.amount, td.order, td.state { white-space: nowrap; }
td.amount, th.amount { text-align: right; }
tr.changed td.state:last-of-type { font-weight: 600; }
tr.person td { background: #fff3d6; }
tr.wrong td { background: #fde4e5; }
a { color: #1f5fbf; }
.agrees { color: #0c6b3d; }
.differs { color: #a3242c; }
`;

/**
 * The page about the main example that `npm start` writes: the dry run, the real run, and which orders need a
 * person and why.
 *
 * @param title the name of the workflow
 */
export function reportPageOf(title: string, dry: ReturnsReport, real: ReturnsReport): string {
	const persons = rowsWith(real, 'a person');
	const leftOut = rowsWith(real, 'left out');
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}: dry run and real run</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p><a href="#dry">Dry run</a> · <a href="#real">Real run</a> · <a href="#person">Needs a person: ${persons.length}</a> · <a href="#left-out">Left out: ${leftOut.length}</a></p>
${run('dry', '1. Dry run: what would happen', dry)}
${run('real', '2. With Dry Run off: what happened', real)}
${reasons('person', '3. Needs a person', persons)}
${reasons('left-out', '4. Left out', leftOut)}
</body>
</html>
`;
}

function run(id: string, title: string, report: ReturnsReport): string {
	const verdict = verdictOn(report).map(escaped).join('<br>');
	const titles = ['Order', 'Kept', 'Decision', 'Conversion before', 'Conversion after'];
	return `<section id="${id}">
<h2>${title}</h2>
<p>${escaped(countsIn(report))}<br><span class="${report.agrees ? 'agrees' : 'differs'}">${verdict}</span></p>
<div class="table"><table>
<thead><tr>${titles.map((text) => `<th${text === 'Kept' ? ' class="amount"' : ''}>${text}</th>`).join('')}</tr></thead>
<tbody>
${report.rows.map(rowOf).join('\n')}
</tbody>
</table></div>
</section>`;
}

function rowOf({ order, decision, before, after, mismatch }: ReturnsRow): string {
	const marks = {
		wrong: mismatch !== undefined,
		person: decision === 'a person',
		changed: describe(before) !== describe(after),
	};
	const names = Object.entries(marks).flatMap(([name, isSet]) => (isSet ? [name] : []));
	const states = (conversions: ReturnsRow['after']) =>
		`<td class="state">${escaped(describe(conversions, '\n')).replaceAll('\n', '<br>')}</td>`;
	return `<tr class="${names.join(' ')}"><td class="order">${escaped(order.orderId)}</td><td class="amount">${money(order.keptCents)} ${escaped(order.currency)}</td><td>${escaped(decision ?? '?')}</td>${states(before)}${states(after)}</tr>`;
}

function reasons(id: string, title: string, rows: readonly ReturnsRow[]): string {
	const lines = rows.map(
		({ order, message }) =>
			`<tr><td class="order">${escaped(order.orderId)}</td><td>${escaped(message ?? '')}</td></tr>`,
	);
	return `<section id="${id}">
<h2>${title}</h2>
<div class="table"><table>
<thead><tr><th>Order</th><th>Why</th></tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table></div>
</section>`;
}

function escaped(text: string): string {
	return text
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;');
}
