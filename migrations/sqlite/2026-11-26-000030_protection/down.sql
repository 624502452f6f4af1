DROP TABLE past_addresses;
DROP TABLE payout_freezes;
DROP INDEX payouts_by_time;
DROP TABLE payout_approvals;
DROP TABLE payout_reviews;
DROP TABLE payout_networks;
DROP TABLE destination_hashes;
