const STYLE = `
:root {
	color-scheme: light dark;
	--ground: #f6f7f9; --card: #ffffff; --ink: #1b2430; --soft: #5c6877; --line: #dfe4ea;
	--pending: #8a5a00; --pending-bg: #fff3d6; --accepted: #0c6b3d; --accepted-bg: #dcf5e6;
	--refused: #a3242c; --refused-bg: #fde4e5; --fresh: #fff7c2; --accent: #1f5fbf;
}
@media (prefers-color-scheme: dark) {
	:root {
		--ground: #12161c; --card: #1a2028; --ink: #e6eaf0; --soft: #9aa6b5; --line: #2d3641;
		--pending: #f2c566; --pending-bg: #3a2e12; --accepted: #7fdba5; --accepted-bg: #14351f;
		--refused: #ff9fa4; --refused-bg: #40191c; --fresh: #3d3a17; --accent: #84b4ff;
	}
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1400px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 22px; margin: 0 0 12px; }
.banner { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--accent);
	border-radius: 8px; padding: 12px 16px; margin-bottom: 20px; }
.banner p { margin: 0 0 6px; }
.banner details p { margin: 8px 0 0; color: var(--soft); }
.banner summary { cursor: pointer; color: var(--accent); }
.bar { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; margin-bottom: 12px; }
.bar input { flex: 1 1 220px; min-width: 0; padding: 8px 12px; font: inherit; color: inherit;
	background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.bar button { padding: 7px 12px; font: inherit; color: inherit; cursor: pointer; background: var(--card);
	border: 1px solid var(--line); border-radius: 8px; }
.bar button[aria-pressed='true'] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.bar b { font-variant-numeric: tabular-nums; }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 8px 12px; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: 13px; font-weight: 600; color: var(--soft); white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
td.amount, th.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.amount s { color: var(--soft); font-size: 13px; display: block; }
td.changed, td.lock { white-space: nowrap; color: var(--soft); }
.status { display: inline-block; padding: 1px 9px; border-radius: 999px; font-size: 13px; }
.pending { color: var(--pending); background: var(--pending-bg); }
.accepted { color: var(--accepted); background: var(--accepted-bg); }
.refused { color: var(--refused); background: var(--refused-bg); }
tr.fresh td { animation: fresh 8s ease-out; }
@keyframes fresh { from { background: var(--fresh); } to { background: transparent; } }
@media (prefers-reduced-motion: reduce) { tr.fresh td { animation: none; background: var(--fresh); } }
#note { color: var(--soft); margin: 10px 2px; min-height: 1.5em; }
@media (max-width: 720px) {
	thead { display: none; }
	tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
	tr:last-child { border-bottom: 0; }
	td { display: flex; justify-content: space-between; gap: 16px; padding: 3px 14px; border: 0; }
	td:empty { display: none; }
	td::before { content: attr(data-label); color: var(--soft); }
	td.amount { text-align: left; }
}
`;

const SCRIPT = `
'use strict';
const byId = (id) => document.getElementById(id);
const money = new Map();
// It is unknown what a cent is in a currency without two decimals, so the number is shown as it is.
const WITHOUT_CENTS = ['JPY', 'KWD'];
function amountText(cents, currency) {
	if (WITHOUT_CENTS.includes(currency)) return String(cents);
	if (!money.has(currency)) {
		money.set(currency, new Intl.NumberFormat(undefined, { style: 'currency', currency }));
	}
	return money.get(currency).format(cents / 100);
}
const number = new Intl.NumberFormat();
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

let status = '';
let shown = null;
let lastText = '';
const changedAtOf = new Map();

function cell(row, label, className, content) {
	const td = document.createElement('td');
	td.dataset.label = label;
	if (className) td.className = className;
	td.append(...content);
	row.append(td);
}
function element(name, text, className) {
	const made = document.createElement(name);
	made.textContent = text;
	if (className) made.className = className;
	return made;
}
function lockText(entry) {
	if (entry.lockedAt === null) return [];
	const date = day.format(new Date(entry.lockedAt));
	return [entry.isLocked ? element('b', 'Locked since ' + date) : 'Locks on ' + date];
}
function rowFor(entry) {
	const row = document.createElement('tr');
	const isFresh = shown !== null && entry.changedAt !== null && changedAtOf.get(entry.id) !== entry.changedAt;
	if (isFresh && Date.now() - Date.parse(entry.changedAt) < 10000) row.className = 'fresh';
	changedAtOf.set(entry.id, entry.changedAt);
	row.title = 'Conversion ' + entry.id;
	const amount = [document.createTextNode(amountText(entry.amountCents, entry.currency))];
	if (entry.amountCents !== entry.initialAmountCents) {
		amount.unshift(element('s', amountText(entry.initialAmountCents, entry.currency)));
	}
	cell(row, 'Order', '', [entry.externalId]);
	cell(row, 'Customer', '', [entry.customerId]);
	cell(row, 'Program', '', [entry.program]);
	cell(row, 'Rule', '', [entry.rule]);
	cell(row, 'Amount', 'amount', [amount.length > 1 ? group(amount) : amount[0]]);
	cell(row, 'Currency', '', [entry.currency]);
	cell(row, 'Status', '', [element('span', entry.status, 'status ' + entry.status)]);
	cell(row, 'Lock', 'lock', lockText(entry));
	cell(row, 'Reason', '', entry.reason === null ? [] : [entry.reason]);
	cell(row, 'Changed', 'changed', entry.changedAt === null ? [] : [moment.format(new Date(entry.changedAt))]);
	return row;
}
function group(nodes) {
	const span = document.createElement('span');
	span.append(...nodes);
	return span;
}
function show(state) {
	byId('count-all').textContent = number.format(state.total);
	for (const name of ['pending', 'accepted', 'refused']) {
		byId('count-' + name).textContent = number.format(state.counts[name]);
	}
	byId('rows').replaceChildren(...state.rows.map(rowFor));
	byId('clock').textContent = moment.format(new Date(state.now));
	const more = state.rows.length === 200 ? 'Only the first 200 are shown. Use the search to find others.' : '';
	byId('note').textContent = state.rows.length === 0 ? 'No matching conversion.' :
		number.format(state.writes) + ' changes since the start. ' + more;
	shown = state.revision;
}
async function refresh() {
	const query = new URLSearchParams({ limit: '200' });
	const search = byId('search').value.trim();
	if (search) query.set('search', search);
	if (status) query.set('status', status);
	try {
		const answer = await fetch('/sandbox/state?' + query);
		const text = await answer.text();
		if (!answer.ok) throw new Error(text);
		if (text !== lastText) show(JSON.parse(text));
		lastText = text;
	} catch {
		byId('note').textContent = 'The sandbox does not respond. Was it stopped?';
		lastText = '';
	}
}
for (const button of document.querySelectorAll('button[data-status]')) {
	button.addEventListener('click', () => {
		status = button.dataset.status;
		for (const other of document.querySelectorAll('button[data-status]')) {
			other.setAttribute('aria-pressed', String(other === button));
		}
		void refresh();
	});
}
for (const button of document.querySelectorAll('button[data-days]')) {
	button.addEventListener('click', async () => {
		const body = JSON.stringify({ days: Number(button.dataset.days) });
		await fetch('/sandbox/clock', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
		void refresh();
	});
}
byId('search').addEventListener('input', () => void refresh());
async function keepRefreshing() {
	if (!document.hidden) await refresh();
	setTimeout(keepRefreshing, 1000);
}
void keepRefreshing();
`;

/**
 * The page at `/`: the conversions and their status, refreshed from `/sandbox/state` every second. It
 * loads nothing from other hosts. Time zone and number format are those of the browser.
 */
export const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Affilae sandbox</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Affilae sandbox</h1>
<section class="banner">
<p><strong>This is not Affilae.</strong> It is a simulation on your own machine, to try the n8n node
without an account. The shop, its customers and its affiliates are invented. All changes are lost when
the sandbox stops.</p>
<details>
<summary>What is documented, and what is a guess</summary>
<p>From Affilae's own pages: the five calls and their fields; the bearer token; amounts in whole cents,
net of tax and shipping; times in UTC; commission rules, several of which can apply to one order; the
grace period after a decision, at the end of which a conversion is locked; the rule that only a pending
conversion can be lowered, and only below its initial amount; the existence of a rate limit.</p>
<p>From public client code: the fields of a conversion, the shape of lists and errors,
<code>limit</code> and <code>offset</code>.</p>
<p>Guesses: the size of the rate limit and the headers of a 429; whether a program is required; how
lists are paged; the responses of accept, refuse and update; whether a refused conversion can be
accepted before it is locked; the wording of errors; the meaning of a few fields. Settings of the
sandbox change most of these.</p>
<p>This page and its data need no token, because the sandbox responds to this machine only.</p>
</details>
</section>
<div class="bar">
<button type="button" data-status="" aria-pressed="true">All <b id="count-all">–</b></button>
<button type="button" data-status="pending" aria-pressed="false">Pending <b id="count-pending">–</b></button>
<button type="button" data-status="accepted" aria-pressed="false">Accepted <b id="count-accepted">–</b></button>
<button type="button" data-status="refused" aria-pressed="false">Refused <b id="count-refused">–</b></button>
<input id="search" type="search" placeholder="Search order, customer, program, rule, reason" aria-label="Search" autocomplete="off">
</div>
<div class="bar">
<span>Sandbox clock: <b id="clock">–</b></span>
<button type="button" data-days="1">Add 1 day</button>
<button type="button" data-days="30">Add 30 days</button>
</div>
<div class="table">
<table>
<thead><tr><th>Order</th><th>Customer</th><th>Program</th><th>Rule</th><th class="amount">Amount</th><th>Currency</th><th>Status</th><th>Lock</th><th>Reason</th><th>Changed</th></tr></thead>
<tbody id="rows"></tbody>
</table>
</div>
<p id="note" role="status">Loading…</p>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
