import type { Figures, Way } from './measure';

/** A figure's bound. */
export interface Bound {
	/** For the report, including the bound. */
	text: string;
	at: 'least' | 'most';
	bound: number;
	/** A figure as text. */
	words(figure: number): string;
}

/** A goal for this node. */
export interface Goal extends Bound {
	/** @param all the figures of all ways in the same run */
	figure(ours: Figures, all: Readonly<Record<Way, Figures>>): number;
}

/** A share as text: `97 %`, `0.4 %`. */
export function percent(share: number): string {
	return `${Number((share * 100).toFixed(share < 0.03 ? 1 : 0))} %`;
}

/** A ratio as text: `1.02 ×`. */
export function times(ratio: number): string {
	return `${ratio.toFixed(2)} ×`;
}

/** At most `bound` times another way's time. */
export function overTime(way: 'http' | 'plain', bound: number): Goal {
	return {
		text: `≤ ${bound} × ${way === 'http' ? 'HTTP Request' : 'script'}`,
		at: 'most',
		bound,
		words: times,
		figure: (ours, all) => ours.seconds / all[way].seconds,
	};
}

/** At least this share of what the limit allows. */
export function shareUsed(bound: number): Goal {
	const text = `≥ ${percent(bound)} of the limit`;
	return { text, at: 'least', bound, words: percent, figure: ({ share }) => share };
}

/** At most this share of the calls answered 429. */
export function rejected(bound: number): Goal {
	const text = `≤ ${percent(bound)} answered 429`;
	return {
		...{ text, at: 'most', bound, words: percent },
		figure: ({ limited, calls }) => limited / calls,
	};
}

/** At most this number of calls. */
export function callsMade(bound: number): Goal {
	const words = (calls: number) => `${calls} calls`;
	return { text: `≤ ${words(bound)}`, at: 'most', bound, words, figure: ({ calls }) => calls };
}

/** `yes` if all goals are met; otherwise the figures that miss their bounds, and by how much. */
export function verdictOn(goals: ReadonlyArray<readonly [goal: Bound, figure: number]>): string {
	const missed = goals
		.filter(([{ at, bound }, figure]) => !(at === 'most' ? figure <= bound : figure >= bound))
		.map(([{ bound, words }, figure]) => {
			return `${words(figure)}: missed by ${words(Math.abs(figure - bound))}`;
		});
	return missed.length === 0 ? 'yes' : missed.join('; ');
}
