-- The table that the workflow reads and writes, with sample rows.

create table returns (
	order_id      text           not null, -- as your tracking code sends it to Affilae
	kept_amount   numeric(12, 2) not null check (kept_amount >= 0), -- what the customer kept of the order
	currency      text           not null,
	reason        text,                    -- what the affiliate reads; empty if nothing came back
	settled       boolean        not null default false, -- whether the return period has ended
	-- Written by the workflow:
	conversion_id text,                    -- Affilae's ID of the order's conversion
	outcome       text,                    -- accepted, refused, updated, unchanged, notFound, needsAttention or failed
	message       text,
	done_at       timestamptz              -- empty: not done yet
);

-- One row per order. Two rows would send Affilae two amounts for the same conversion.
create unique index returns_order_id on returns (order_id);

insert into returns (order_id, kept_amount, currency, reason, settled) values
	('20223', 0.00, 'EUR', 'All items were returned', true),
	('20228', 150.00, 'EUR', 'One of two items was returned', false),
	('20237', 180.50, 'EUR', 'One of three items was returned', true),
	('20242', 287.54, 'EUR', null, true),
	('20248', 71.70, 'EUR', null, false),
	('20210', 131.87, 'EUR', null, true),
	('20229', 10.00, 'EUR', 'Most items were returned', true),
	('20286', 0.00, 'EUR', 'All items were returned', true),
	('20227', 0.00, 'GBP', 'All items were returned', true),
	('20356', 25.00, 'EUR', 'One of two items was returned', true);

-- Done on an earlier night.
insert into returns (order_id, kept_amount, currency, reason, settled, outcome, done_at) values
	('20209', 0.00, 'EUR', 'All items were returned', false, 'refused', '2026-11-01 02:00:07+00');
