import type { Period } from '../../domain/period';
import type { ListDialect, ReadPage } from './page';
import type { ReceivedRows } from './received';

/** A list that is being read. */
export interface Reading {
	readPage: ReadPage;
	dialect: ListDialect;
	/** How many rows to request per page. */
	pageSize: number;
	/** The most pages to read at the same time. */
	atOnce: number;
	/** Pages beyond this many rows are not read ahead. */
	wanted: number;
	/** UTC ISO 8601. */
	period: Period;
	received: ReceivedRows;
	/** How many rows a page is expected to have: as many as the first one. At least 1 when a pass begins. */
	size: number;
	/** The last total that Affilae reported. */
	total: number | undefined;
	/** How many passes have begun. */
	passes: number;
}

/** How a pass ended. */
export interface PassEnd {
	/**
	 * `end`: the pass reached the end of the list, without a gap. `lost`: rows appeared and disappeared faster
	 * than the pass could follow. `noEffect`: this way of paging does not work. Affilae rejects it, or returns
	 * the first page no matter which page was requested.
	 */
	at: 'end' | 'lost' | 'noEffect';
	/** Whether there were pages that did not overlap, so that a row between them may have been skipped. */
	hasOpenEdges: boolean;
	/** Whether rows with the same date may have changed places across the edge of a page. */
	isDoubtful: boolean;
	/** Whether the pages of this pass began at the same positions as those of the first pass. */
	hasFixedEdges: boolean;
	/** How many rows the pass received that were not received before. */
	fresh: number;
	/** How many rows the pass reached. */
	reached: number;
	/** How many of them the previous pass reached too. */
	repeated: number;
	/**
	 * The lowest total that Affilae reported during the pass. If fewer rows were received, some are missing.
	 * 0 if a page had no total.
	 */
	fewest: number;
}
