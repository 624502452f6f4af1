-- People who act for a partner. Who applied for a partner belongs to none before the address is confirmed.
CREATE TABLE partner_people (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid REFERENCES partners (id),
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'blocked')),
    language text NOT NULL CHECK (language IN ('en', 'ru')),
    email_confirmed_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX partner_people_by_partner ON partner_people (partner_id, id) WHERE partner_id IS NOT NULL;
CREATE INDEX partner_people_unconfirmed ON partner_people (created_at) WHERE email_confirmed_at IS NULL AND status = 'active';

-- Who wants to become a partner, and what was decided. The partner itself is made, paused, when the address is confirmed.
CREATE TABLE partner_applications (
    id uuid NOT NULL PRIMARY KEY,
    person_id uuid NOT NULL UNIQUE REFERENCES partner_people (id),
    partner_id uuid UNIQUE REFERENCES partners (id),
    name text NOT NULL,
    site text NOT NULL,
    adapter text NOT NULL,
    note text,
    state text NOT NULL CHECK (state IN ('unconfirmed', 'waiting', 'approved', 'declined')),
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text,
    answer text
);
CREATE INDEX partner_applications_waiting ON partner_applications (id) WHERE state = 'waiting';

-- What the test bench told, for whoever has the link: of the link's code only the SHA-256 is kept.
CREATE TABLE bench_reports (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    digest text NOT NULL UNIQUE,
    body text NOT NULL,
    made_by text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX bench_reports_by_partner ON bench_reports (partner_id, id);

-- Files of changes to orders, as partners' people uploaded them.
CREATE TABLE order_changes (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid NOT NULL REFERENCES partners (id),
    made_by text NOT NULL,
    body text NOT NULL,
    lines bigint NOT NULL,
    created_at timestamptz NOT NULL,
    applied_at timestamptz,
    result text
);
CREATE INDEX order_changes_by_partner ON order_changes (partner_id, id);
