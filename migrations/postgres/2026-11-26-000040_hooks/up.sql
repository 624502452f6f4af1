-- Where partners and operators want to be told what happens (outgoing webhooks). Without a partner it is the operators' own.
CREATE TABLE hooks (
    id uuid NOT NULL PRIMARY KEY,
    partner_id uuid REFERENCES partners (id),
    name text NOT NULL,
    url text NOT NULL,
    events text NOT NULL,
    sealed text NOT NULL,
    old_sealed text,
    old_until timestamptz,
    state text NOT NULL CHECK (state IN ('on', 'off', 'failed')),
    reason text,
    since timestamptz NOT NULL,
    failures bigint NOT NULL,
    delivered_at timestamptz,
    paused_until timestamptz,
    leased_until timestamptz,
    made_by text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX hooks_by_partner ON hooks (partner_id, id);

-- What they are told: one row a message and endpoint. `event` names what happened, so that nothing is told twice.
CREATE TABLE hook_messages (
    id uuid NOT NULL PRIMARY KEY,
    hook_id uuid NOT NULL REFERENCES hooks (id),
    event text NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    created_at timestamptz NOT NULL,
    attempts bigint NOT NULL,
    first_at timestamptz,
    tried_at timestamptz,
    next_at timestamptz NOT NULL,
    status bigint,
    said text,
    UNIQUE (hook_id, event)
);
CREATE INDEX hook_messages_by_hook ON hook_messages (hook_id, id);
CREATE INDEX hook_messages_waiting ON hook_messages (hook_id, id) WHERE state = 'waiting';

-- What happened and stands in no table that is read on in order: noted in its own transaction, and gone once it is a message.
CREATE TABLE hook_notes (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    subject uuid NOT NULL,
    at timestamptz NOT NULL
);
