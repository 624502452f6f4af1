-- People who act for a partner. Who applied for a partner belongs to none before the address is confirmed.
CREATE TABLE partner_people (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB REFERENCES partners (id),
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'blocked')),
    language TEXT NOT NULL CHECK (language IN ('en', 'ru')),
    email_confirmed_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX partner_people_by_partner ON partner_people (partner_id, id) WHERE partner_id IS NOT NULL;
CREATE INDEX partner_people_unconfirmed ON partner_people (created_at) WHERE email_confirmed_at IS NULL AND status = 'active';

-- Who wants to become a partner, and what was decided. The partner itself is made, paused, when the address is confirmed.
CREATE TABLE partner_applications (
    id BLOB NOT NULL PRIMARY KEY,
    person_id BLOB NOT NULL UNIQUE REFERENCES partner_people (id),
    partner_id BLOB UNIQUE REFERENCES partners (id),
    name TEXT NOT NULL,
    site TEXT NOT NULL,
    adapter TEXT NOT NULL,
    note TEXT,
    state TEXT NOT NULL CHECK (state IN ('unconfirmed', 'waiting', 'approved', 'declined')),
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT,
    answer TEXT
) STRICT;
CREATE INDEX partner_applications_waiting ON partner_applications (id) WHERE state = 'waiting';

-- What the test bench told, for whoever has the link: of the link's code only the SHA-256 is kept.
CREATE TABLE bench_reports (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB NOT NULL REFERENCES partners (id),
    digest TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;
CREATE INDEX bench_reports_by_partner ON bench_reports (partner_id, id);

-- Files of changes to orders, as partners' people uploaded them.
CREATE TABLE order_changes (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB NOT NULL REFERENCES partners (id),
    made_by TEXT NOT NULL,
    body TEXT NOT NULL,
    lines INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    applied_at INTEGER,
    result TEXT
) STRICT;
CREATE INDEX order_changes_by_partner ON order_changes (partner_id, id);
