-- Rows that are only ever written in one transaction with the row that they belong to, thousands of times a second. Checking each
-- against it was an eighth of what a report of an order costs the database. `ledger verify` finds one that belongs to nothing.
ALTER TABLE conversion_revisions DROP CONSTRAINT conversion_revisions_conversion_id_fkey;
ALTER TABLE ledger_transfers DROP CONSTRAINT ledger_transfers_transaction_id_fkey;
ALTER TABLE ledger_seals DROP CONSTRAINT ledger_seals_transaction_id_fkey;
