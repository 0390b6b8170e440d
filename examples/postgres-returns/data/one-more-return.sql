-- How a shop or an ERP notes a return: the order's row is changed where there is one, and is to be done again.

insert into returns (order_id, kept_amount, currency, reason, settled)
	values ('20228', 99.00, 'EUR', 'Both items were returned, the gift box was kept', true)
	on conflict (order_id) do update
	set kept_amount = excluded.kept_amount,
		currency = excluded.currency,
		reason = excluded.reason,
		settled = excluded.settled,
		done_at = null;
