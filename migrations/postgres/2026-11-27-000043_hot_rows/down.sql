ALTER TABLE ledger_seals ADD FOREIGN KEY (transaction_id) REFERENCES ledger_transactions (id);
ALTER TABLE ledger_transfers ADD FOREIGN KEY (transaction_id) REFERENCES ledger_transactions (id);
ALTER TABLE conversion_revisions ADD FOREIGN KEY (conversion_id) REFERENCES conversions (id);
