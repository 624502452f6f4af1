-- Files of payouts for a bank. A file is made once, sealed (it holds whole account numbers), and handed out again as it is.
CREATE TABLE payout_files (
    id uuid NOT NULL PRIMARY KEY,
    provider text NOT NULL,
    currency text NOT NULL,
    payouts bigint NOT NULL CHECK (payouts > 0),
    total bigint NOT NULL CHECK (total > 0),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    csv text NOT NULL,
    pain text NOT NULL
);

-- Which payouts a file holds. A payout is in one file at most: a second order to the bank would pay twice.
CREATE TABLE payout_file_lines (
    payout_id uuid NOT NULL PRIMARY KEY REFERENCES payouts (id),
    file_id uuid NOT NULL REFERENCES payout_files (id)
);
CREATE INDEX payout_file_lines_by_file ON payout_file_lines (file_id);
