-- Files of payouts for a bank. A file is made once, sealed (it holds whole account numbers), and handed out again as it is.
CREATE TABLE payout_files (
    id BLOB NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    currency TEXT NOT NULL,
    payouts INTEGER NOT NULL CHECK (payouts > 0),
    total INTEGER NOT NULL CHECK (total > 0),
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    csv TEXT NOT NULL,
    pain TEXT NOT NULL
) STRICT;

-- Which payouts a file holds. A payout is in one file at most: a second order to the bank would pay twice.
CREATE TABLE payout_file_lines (
    payout_id BLOB NOT NULL PRIMARY KEY REFERENCES payouts (id),
    file_id BLOB NOT NULL REFERENCES payout_files (id)
) STRICT;
CREATE INDEX payout_file_lines_by_file ON payout_file_lines (file_id);
