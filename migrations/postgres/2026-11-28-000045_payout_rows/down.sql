ALTER TABLE payout_events ADD FOREIGN KEY (payout_id) REFERENCES payouts (id);
ALTER TABLE payouts ADD FOREIGN KEY (method_id) REFERENCES payout_methods (id);
ALTER TABLE payouts ADD FOREIGN KEY (shopper_id) REFERENCES shoppers (id);
