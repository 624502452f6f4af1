-- Orders that shoppers told of while the store still had time to report them: each becomes a claim by itself when that time is over
-- and the order is not there.
CREATE TABLE awaited_orders (
    id uuid NOT NULL PRIMARY KEY,
    shopper_id uuid NOT NULL REFERENCES shoppers (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    click_id uuid NOT NULL,
    order_number text NOT NULL,
    order_amount bigint,
    currency text,
    ordered_at timestamptz NOT NULL,
    note text,
    told_at timestamptz NOT NULL,
    opens_at timestamptz NOT NULL,
    UNIQUE (click_id, order_number)
);
CREATE INDEX awaited_orders_by_shopper ON awaited_orders (shopper_id, id);
CREATE INDEX awaited_orders_due ON awaited_orders (opens_at);
