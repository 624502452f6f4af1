-- Where partners and operators want to be told what happens (outgoing webhooks). Without a partner it is the operators' own.
CREATE TABLE hooks (
    id BLOB NOT NULL PRIMARY KEY,
    partner_id BLOB REFERENCES partners (id),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT NOT NULL,
    sealed TEXT NOT NULL,
    old_sealed TEXT,
    old_until INTEGER,
    state TEXT NOT NULL CHECK (state IN ('on', 'off', 'failed')),
    reason TEXT,
    since INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    delivered_at INTEGER,
    paused_until INTEGER,
    leased_until INTEGER,
    made_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX hooks_by_partner ON hooks (partner_id, id);

-- What they are told: one row a message and endpoint. `event` names what happened, so that nothing is told twice.
CREATE TABLE hook_messages (
    id BLOB NOT NULL PRIMARY KEY,
    hook_id BLOB NOT NULL REFERENCES hooks (id),
    event TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_at INTEGER,
    tried_at INTEGER,
    next_at INTEGER NOT NULL,
    status INTEGER,
    said TEXT,
    UNIQUE (hook_id, event)
) STRICT;
CREATE INDEX hook_messages_by_hook ON hook_messages (hook_id, id);
CREATE INDEX hook_messages_waiting ON hook_messages (hook_id, id) WHERE state = 'waiting';

-- What happened and stands in no table that is read on in order: noted in its own transaction, and gone once it is a message.
CREATE TABLE hook_notes (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject BLOB NOT NULL,
    at INTEGER NOT NULL
) STRICT;
