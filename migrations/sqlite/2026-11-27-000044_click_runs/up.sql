-- A shopper's clicks without an index that every click is written to. Its keys would be random, so each click would change a page
-- of its own. Clicks are numbered as they come. With each number that is a multiple of 8192, those before it that are in no run yet
-- are noted once more, sorted by shopper, as a run of `click_runs`: a few full pages, one after the other, for thousands of clicks. To
-- find a shopper's clicks, look into each run by key, and through the newest clicks, which are in none. `shopper_clicks` does that.
CREATE TABLE clicks_numbered (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
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
INSERT INTO clicks_numbered (id, shopper_id, store_id, partner_id, terms_id, at, issued_at, landing_url, referrer_host,
    user_agent, ip_prefix, ip_hash, sec_fetch, bot)
SELECT id, shopper_id, store_id, partner_id, terms_id, at, issued_at, landing_url, referrer_host, user_agent, ip_prefix,
    ip_hash, sec_fetch, bot FROM clicks ORDER BY id;
DROP TABLE clicks;
ALTER TABLE clicks_numbered RENAME TO clicks;

-- Run n has the clicks from 8192 n to before 8192 (n + 1), except those that are gone.
CREATE TABLE click_runs (
    run INTEGER NOT NULL,
    shopper_id BLOB NOT NULL,
    click_id BLOB NOT NULL,
    PRIMARY KEY (run, shopper_id, click_id)
) STRICT, WITHOUT ROWID;
INSERT INTO click_runs SELECT seq / 8192, shopper_id, id FROM clicks
WHERE seq < (SELECT max(seq) FROM clicks) / 8192 * 8192 ORDER BY 1, 2, 3;

-- A number that was committed is never given again, so nothing comes to a run that is noted.
CREATE TRIGGER clicks_make_a_run AFTER INSERT ON clicks WHEN new.seq % 8192 = 0 BEGIN
    INSERT INTO click_runs SELECT seq / 8192, shopper_id, id FROM clicks
    WHERE seq >= (SELECT coalesce(max(run) + 1, 0) * 8192 FROM click_runs) AND seq < new.seq ORDER BY 1, 2, 3;
END;
CREATE TRIGGER clicks_leave_their_run AFTER DELETE ON clicks BEGIN
    DELETE FROM click_runs WHERE run = old.seq / 8192 AND shopper_id = old.shopper_id AND click_id = old.id;
END;

-- The runs are found one after the other by their key. NOT INDEXED: the newest clicks are read by their numbers, even where
-- somebody wants them in the order of their ids.
CREATE VIEW shopper_clicks (shopper_id, click_id) AS
WITH RECURSIVE runs (run) AS (
    SELECT max(run) FROM click_runs
    UNION ALL
    SELECT (SELECT max(run) FROM click_runs AS older WHERE older.run < runs.run) FROM runs WHERE run IS NOT NULL
)
SELECT noted.shopper_id, noted.click_id FROM runs JOIN click_runs AS noted ON noted.run = runs.run
UNION ALL
SELECT newest.shopper_id, newest.id FROM clicks AS newest NOT INDEXED
WHERE newest.seq >= (SELECT coalesce(max(run) + 1, 0) * 8192 FROM click_runs);
