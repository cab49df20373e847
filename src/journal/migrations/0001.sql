-- The journal, version 1.

-- The chains in this file. This folder continues the last one, if its place is still the place where the folder lies.
CREATE TABLE origins (
    n     INTEGER PRIMARY KEY,
    id    TEXT NOT NULL UNIQUE,
    place TEXT                            -- digest of machine and path; '' once it must not be continued; NULL: another folder's
) STRICT;

-- body is the record, written once: UTF-8 JSON. hash = lower-case hex of SHA-256(prev ‖ body), both as text;
-- prev is the hash of the entry before it in its origin, for the first one SHA-256('midwatch:' ‖ origin).
-- All other columns repeat what the body says, so that it can be found; verification compares them.
-- The row's number is (number of the origin << 40) + seq: in a folder's own chains that is the order of arrival, and it
-- makes origin and sequence unique without an index of their own: each index costs every append a page.
CREATE TABLE entries (
    n           INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    seq         INTEGER NOT NULL AS (n & 0xffffffffff) VIRTUAL,
    clock_ms    INTEGER NOT NULL,
    clock_count INTEGER NOT NULL,
    at          INTEGER NOT NULL,         -- milliseconds
    kind        TEXT    NOT NULL,
    key         TEXT,
    incident    TEXT,
    alert       TEXT,
    run         TEXT,
    corrects    TEXT,
    until       INTEGER,                  -- end of an acknowledgement, milliseconds
    prev        TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    body        TEXT    NOT NULL
) STRICT;

CREATE INDEX by_at       ON entries (at);
CREATE INDEX by_key      ON entries (key)      WHERE key IS NOT NULL;
CREATE INDEX by_incident ON entries (incident) WHERE incident IS NOT NULL;
CREATE INDEX by_run      ON entries (run)      WHERE run IS NOT NULL;
CREATE INDEX by_corrects ON entries (corrects) WHERE corrects IS NOT NULL;
CREATE INDEX acks        ON entries (alert)    WHERE kind IN ('ack', 'unack');
CREATE INDEX ack_ends    ON entries (until)    WHERE until IS NOT NULL;
CREATE INDEX declared    ON entries (kind)     WHERE kind = 'declare';
CREATE INDEX statuses    ON entries (incident, clock_ms, clock_count) WHERE kind = 'status';
-- What makes incidents what they are, and the runs in them: a long night's notes, alerts and feeds are many times as many.
CREATE INDEX shaping     ON entries (incident) WHERE incident IS NOT NULL AND (run IS NOT NULL OR kind IN
    ('declare', 'status', 'severity', 'title', 'role', 'link', 'unlink', 'handoff', 'comms'));
-- Entries that a correction moved to another incident.
CREATE INDEX moved       ON entries (json_extract(body, '$.data.incident')) WHERE kind = 'correction';

CREATE TRIGGER entries_stay_as_they_are BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- What has begun and not ended: alerts' episodes, acts, runs. A cache: made from the entries alone.
CREATE TABLE open (
    what  TEXT    PRIMARY KEY,            -- alert/<alert>, act/<entry>, run/<run>
    entry INTEGER NOT NULL                -- n of the entry that began it
) STRICT, WITHOUT ROWID;
