DROP VIEW shopper_clicks;
DROP TABLE click_runs;
DROP TRIGGER clicks_make_a_run;
DROP TRIGGER clicks_leave_their_run;
CREATE TABLE clicks_keyed (
    id BLOB NOT NULL PRIMARY KEY,
    shopper_id BLOB NOT NULL,
    store_id BLOB NOT NULL,
    partner_id BLOB NOT NULL,
    terms_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    landing_url TEXT NOT NULL,
    referrer_host TEXT,
    user_agent TEXT,
    ip_prefix TEXT,
    ip_hash TEXT,
    sec_fetch TEXT,
    bot TEXT
) STRICT;
INSERT INTO clicks_keyed SELECT id, shopper_id, store_id, partner_id, terms_id, at, issued_at, landing_url, referrer_host,
    user_agent, ip_prefix, ip_hash, sec_fetch, bot FROM clicks ORDER BY id;
DROP TABLE clicks;
ALTER TABLE clicks_keyed RENAME TO clicks;
CREATE INDEX clicks_by_shopper ON clicks (shopper_id, id);
