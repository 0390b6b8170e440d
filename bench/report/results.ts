import type { AcceptResult } from '../accept/measureAccept';
import type { ListResult } from '../list/measureList';
import type { OrdersResult } from '../orders/measureOrders';
import type { Machine } from '../surroundings/machine';
import type { Limit } from '../surroundings/sandboxProcess';

/** Everything that was measured. */
export interface Results {
	machine: Machine;
	/** Conversions that were accepted. */
	items: number;
	/** Conversions that were listed. */
	rows: number;
	/** How often each rival was measured. */
	runs: number;
	accept: Array<{ limit: Limit; rivals: AcceptResult[] }>;
	orders?: {
		orders: number;
		/** Conversions that were pending meanwhile, those of the orders among them. */
		pending: number;
		rivals: OrdersResult[];
	};
	list?: ListResult[];
}
