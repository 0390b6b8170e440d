-- How a shop or an ERP adds a return: it updates the order's row if there is one, and clears done_at.

insert into returns (order_id, kept_amount, currency, reason, settled)
	values ('20228', 99.00, 'EUR', 'Both items were returned, the gift box was kept', true)
	on conflict (order_id) do update
	set kept_amount = excluded.kept_amount,
		currency = excluded.currency,
		reason = excluded.reason,
		settled = excluded.settled,
		done_at = null;
