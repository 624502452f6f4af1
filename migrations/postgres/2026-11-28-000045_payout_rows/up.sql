-- A payout is written in the transaction that has just read its destination and its shopper, and its events are written with it.
-- Nothing deletes a destination, a payout or an event; who has a destination is kept by the key of payout_methods, which stays. Checking
-- these was a third of what the rows of a request cost the database. `ledger verify` finds a payout without its shopper's destination, and
-- an event without its payout.
LOCK TABLE shoppers, payout_methods, payouts, payout_events IN ACCESS EXCLUSIVE MODE;
ALTER TABLE payouts DROP CONSTRAINT payouts_shopper_id_fkey;
ALTER TABLE payouts DROP CONSTRAINT payouts_method_id_fkey;
ALTER TABLE payout_events DROP CONSTRAINT payout_events_payout_id_fkey;
