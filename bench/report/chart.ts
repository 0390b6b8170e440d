import type { AcceptResult } from '../accept/measureAccept';
import { medianOf } from './median';
import type { Results } from './results';
import { isNoCeiling, limitName, secondsOf } from './tables';

// All lengths in pixels.
const WIDTH = 800;
const LABELS = 240;
const FIGURES = 190;
const BAR = 20;
const ROW = 30;
const TITLE = 34;
const GAP = 22;

const STYLE = `
text { font: 14px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.own { fill: #0969da; }
.whole { fill: #8c959f; }
.lossy { fill: url(#lossy); stroke: #cf222e; }
.hatch { stroke: #cf222e; }
.lost { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
	text { fill: #e6edf3; }
	.own { fill: #4493f8; }
	.whole { fill: #7d8590; }
	.lossy, .hatch { stroke: #f85149; }
	.lost { fill: #f85149; }
}`;

/** The accept measurements as bars: how long each rival took, and what it lost. An SVG. */
export function chartOf({ accept, items }: Results): string {
	let top = 0;
	const panels = accept.map(({ limit, rivals }) => {
		const shown = rivals.filter(isNoCeiling);
		const longest = Math.max(...shown.map(secondsOf));
		const title = `Accept ${items}, ${limitName(limit)}: seconds`;
		const parts = [`<text class="title" x="0" y="${top + 20}">${title}</text>`];
		top += TITLE;
		for (const rival of shown) {
			parts.push(bar(rival, top, longest));
			top += ROW;
		}
		top += GAP;
		return parts.join('\n');
	});
	const alt = 'How long each way takes to accept the conversions, and how many of them it loses';
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" role="img" aria-label="${alt}">
<title>${alt}</title>
<style>${STYLE}
</style>
<defs><pattern id="lossy" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6" stroke-width="2"/></pattern></defs>
${panels.join('\n')}
</svg>
`;
}

function bar(rival: AcceptResult, top: number, longest: number): string {
	const own = secondsOf(rival);
	const lost = medianOf(rival.runs, (run) => run.lost);
	const width = Math.max(2, (own / longest) * (WIDTH - LABELS - FIGURES));
	const middle = top + BAR / 2 + 5;
	const kind = lost > 0 ? 'lossy' : rival.key === 'this-node' ? 'own' : 'whole';
	const losses = lost > 0 ? ` <tspan class="lost">${lost} lost</tspan>` : '';
	return [
		`<text x="0" y="${middle}">${rival.name}</text>`,
		`<rect class="${kind}" x="${LABELS}" y="${top}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
		`<text x="${(LABELS + width + 8).toFixed(1)}" y="${middle}">${own.toFixed(1)} s${losses}</text>`,
	].join('\n');
}
