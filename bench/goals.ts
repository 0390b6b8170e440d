import type { Figures, Way } from './measure';

/** A figure's bound. */
export interface Bound {
	/** For people, with the bound in it. */
	text: string;
	at: 'least' | 'most';
	bound: number;
	/** A figure for people. */
	words(figure: number): string;
}

/** What this node is to come to. */
export interface Goal extends Bound {
	/** @param beside what the other ways came to in the same run */
	figure(ours: Figures, beside: Readonly<Record<Way, Figures>>): number;
}

/** A share for people: `97 %`, `0.4 %`. */
export function percent(share: number): string {
	return `${Number((share * 100).toFixed(share < 0.03 ? 1 : 0))} %`;
}

/** A ratio for people: `1.02 ×`. */
export function times(ratio: number): string {
	return `${ratio.toFixed(2)} ×`;
}

/** At most so many times another way's time. */
export function overTime(way: 'http' | 'plain', bound: number): Goal {
	return {
		text: `≤ ${bound} × ${way === 'http' ? 'HTTP Request' : 'script'}`,
		at: 'most',
		bound,
		words: times,
		figure: (ours, beside) => ours.seconds / beside[way].seconds,
	};
}

/** At least this share of what the limit lets through. */
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

/** At most so many calls. */
export function callsMade(bound: number): Goal {
	const words = (calls: number) => `${calls} calls`;
	return { text: `≤ ${words(bound)}`, at: 'most', bound, words, figure: ({ calls }) => calls };
}

/** Whether all goals are met, else what was measured and by how much it misses its bound. */
export function verdictOn(goals: ReadonlyArray<readonly [goal: Bound, figure: number]>): string {
	const missed = goals
		.filter(([{ at, bound }, figure]) => !(at === 'most' ? figure <= bound : figure >= bound))
		.map(([{ bound, words }, figure]) => {
			return `${words(figure)}: missed by ${words(Math.abs(figure - bound))}`;
		});
	return missed.length === 0 ? 'yes' : missed.join('; ');
}
