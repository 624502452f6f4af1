-- Orders that shoppers told of while the store still had time to report them: each becomes a claim by itself when that time is over
-- and the order is not there.
CREATE TABLE awaited_orders (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL REFERENCES shoppers (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    click_id BLOB NOT NULL,
    order_number TEXT NOT NULL,
    order_amount INTEGER,
    currency TEXT,
    ordered_at INTEGER NOT NULL,
    note TEXT,
    told_at INTEGER NOT NULL,
    opens_at INTEGER NOT NULL,
    UNIQUE (click_id, order_number)
) STRICT;
CREATE INDEX awaited_orders_by_shopper ON awaited_orders (shopper_id, id);
CREATE INDEX awaited_orders_due ON awaited_orders (opens_at);
