/* eslint-disable @n8n/community-nodes/no-restricted-imports -- runs on Node.js, never inside n8n */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as prettier from 'prettier';
import { REPOSITORY } from '../../playground/src/places';
import { chartOf } from './chart';
import { whole } from './figures';
import { goalsOf } from './goals';
import { notesOn } from './notes';
import type { Results } from './results';
import { asMarkdown } from './table';
import { tablesOf } from './tables';

const PAGE = path.join(REPOSITORY, 'docs', 'performance.md');
const CHART = path.join(REPOSITORY, 'docs', 'images', 'performance.svg');

/** Writes the page and its chart into `docs`. */
export async function writePage(results: Results): Promise<void> {
	const style = { ...(await prettier.resolveConfig(PAGE)), filepath: PAGE };
	await writeFile(PAGE, await prettier.format(pageOf(results), style));
	await writeFile(CHART, chartOf(results));
}

function pageOf(results: Results): string {
	const { machine, runs, items, rows, orders } = results;
	const goals = goalsOf(results);
	const missed = goals.filter(({ isMet }) => !isMet);
	const notes = notesOn(results, goals);
	return `# Performance

<!-- Written by bench/run.ts: to change it, change that and run it again. -->

What this node costs and brings beside other ways to do the same, measured in a whole n8n against the
[sandbox](../sandbox/), a stand-in for Affilae. Each figure is the median of ${runs} runs. Absolute
figures differ from machine to machine, and on one machine from hour to hour; ratios differ less.

![Time and losses of each way to accept ${items} conversions](images/performance.svg)

## Goals

| goal | measured | met |
| --- | --: | --- |
${goals
	.map(
		({ text, measured, isMet, missedBy }) =>
			`| ${text} | ${measured} | ${isMet ? 'yes' : `no, missed by ${missedBy}`} |`,
	)
	.join('\n')}

${missed.length === 0 ? 'All goals are met.' : `${missed.length} of ${goals.length} goals are missed.`}

${notes.join('\n\n')}

## Figures

${tablesOf(results).map(asMarkdown).join('\n\n')}

## What was measured

- **On what:** ${machine.cores} processor cores and ${machine.memoryGiB} GiB of memory under ${machine.system};
  n8n ${machine.n8n} on Node.js ${machine.n8nNode}, the sandbox and the script in processes of their own on
  Node.js ${machine.ownNode}. All of it on one machine, without latency. In the minute before, ${machine.loadBefore.toFixed(1)}
  processes wanted a core on average, n8n's own start among them.
- **The rivals** work on the same conversions in the same n8n with the same credential. In each run they
  come in another order, and before each measurement the sandbox is as at the start.
- **seconds** is how long the node itself ran, as n8n notes it; where a way takes several nodes, all of
  them. For the script it is the time from its first call to its last answer. **start to end** has
  everything around it as well: n8n starting the execution, making the items and storing what came out, or
  Node.js starting the script.
- **The limit** is a token bucket: one second's worth of calls may come at once, then it fills evenly; a
  429 carries \`Retry-After\` in seconds. **share of the limit** is the number of conversions accepted,
  divided by the calls that the limit lets through in the node's time: one second's worth and the rate
  times the seconds.
- **lost** are conversions that are still pending when the run is over.
- **This node** has all its defaults and does not know the limit. The **HTTP Request** node sends all items
  at once by default; On Error is at Continue, so that those that got through come out. With **Retry On
  Fail** (3 tries, 1,000 ms) On Error is at Stop, as n8n then runs the whole node again. **Batched** is set
  up by somebody who knows the limit: batches of one second's worth with a pause of one second between
  them, without a limit batches of 20 with no pause. The **script** has 20 calls in flight and tries nothing again.
- **The ceiling** is a node that does nothing but n8n's \`httpRequest\` with the same calls; the fastest
  number in flight counts. Processor time is that of n8n's process from the call that starts the
  execution to its answer, divided by the calls.
${
	orders === undefined
		? ''
		: `- **Orders:** ${orders.orders} orders with one conversion each, among ${whole(orders.pending)} pending ones, are lowered
  by one currency unit. The HTTP Request way is one node that asks for the order's conversion, one that
  turns the amount into cents, and one that updates; it takes the first conversion that it finds.
`
}- **List:** all ${whole(rows)} conversions, one item each. n8n is freshly started for each run and stores nothing of
  the execution. Peak memory is the most that n8n's whole process held in physical memory.

## Measure again

\`\`\`sh
npm ci
npm run bench                        # everything; about 20 minutes, Linux only
npm run bench -- --only accept-none  # one part; see --help
\`\`\`

The first use installs n8n as \`npm start\` does. Leave the machine alone meanwhile. This page and its chart
are written at the end, where nothing was left out.
`;
}
