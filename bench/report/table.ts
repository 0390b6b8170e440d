import CliTable from 'cli-table3';

/** A table with a title; the first column is text, the others are figures. */
export interface FigureTable {
	title: string;
	header: string[];
	rows: string[][];
}

/** For a terminal. */
export function asText({ title, header, rows }: FigureTable): string {
	const table = new CliTable({
		head: header,
		style: { head: [], border: [] },
		colAligns: header.map((_, column) => (column === 0 ? 'left' : 'right')),
	});
	table.push(...rows);
	return `${title}\n${table.toString()}`;
}

/** For a page. */
export function asMarkdown({ title, header, rows }: FigureTable): string {
	const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
	const rule = header.map((_, column) => (column === 0 ? '---' : '--:'));
	return [`### ${title}`, '', ...[header, rule, ...rows].map(line)].join('\n');
}
