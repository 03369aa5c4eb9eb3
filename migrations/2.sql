-- From schema 1 to 2: servers in a cloud (their parts, states and wishes), what was made there and what is lost there,
-- letters, emails to be confirmed, and the one row that says which database this is.

CREATE TABLE house (
	id		INTEGER PRIMARY KEY CHECK (id = 1),
	instance	TEXT NOT NULL,
	home		TEXT NOT NULL DEFAULT '',
	reporting	INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO house (id, instance) VALUES (1, lower(hex(randomblob(8))));

ALTER TABLE servers ADD COLUMN master TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN anew INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN address6 TEXT;
ALTER TABLE servers ADD COLUMN state TEXT NOT NULL DEFAULT 'none'
	CHECK (state IN ('none', 'building', 'joining', 'ready', 'leaving', 'broken'));
ALTER TABLE servers ADD COLUMN state_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE servers ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN seen_anew INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN group_id TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN volume_id TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN ip_id TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN ip6_id TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN cloud_id TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN root_id TEXT NOT NULL DEFAULT '';
ALTER TABLE servers ADD COLUMN root_marked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE servers ADD COLUMN seeded_at INTEGER;
ALTER TABLE servers ADD COLUMN powered_at INTEGER;
ALTER TABLE servers ADD COLUMN joined_at INTEGER;
ALTER TABLE servers ADD COLUMN seen_at INTEGER;
ALTER TABLE servers ADD COLUMN applied_at INTEGER;
ALTER TABLE servers ADD COLUMN applied_rev INTEGER NOT NULL DEFAULT 0;
CREATE INDEX servers_due ON servers (due);
CREATE INDEX servers_root ON servers (root_id) WHERE root_id <> '';

-- Until now there was one server, this machine, and it was ready as soon as it was known.
UPDATE servers SET state = 'ready', state_since = created_at WHERE minion = 'local';

ALTER TABLE sessions ADD COLUMN kind TEXT NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'program'));

ALTER TABLE bots ADD COLUMN record TEXT NOT NULL DEFAULT '';
ALTER TABLE bots ADD COLUMN record6 TEXT NOT NULL DEFAULT '';

CREATE TRIGGER due_bot_new AFTER INSERT ON bots BEGIN
	UPDATE servers SET due = 0 WHERE id = NEW.server_id;
END;
CREATE TRIGGER due_bot_gone AFTER DELETE ON bots BEGIN
	UPDATE servers SET due = 0 WHERE id = OLD.server_id;
END;
CREATE TRIGGER due_bot AFTER UPDATE OF server_id, binned_at, suspended_at ON bots BEGIN
	UPDATE servers SET due = 0 WHERE id IN (OLD.server_id, NEW.server_id);
END;
CREATE TRIGGER due_server AFTER UPDATE OF state ON servers WHEN NEW.state <> OLD.state AND NEW.state IN ('none', 'ready', 'broken') BEGIN
	UPDATE bots SET due = 0, wished_at = wished_at + 1 WHERE server_id = NEW.id;
END;

ALTER TABLE worker ADD COLUMN look INTEGER NOT NULL DEFAULT 10000;

DROP VIEW bot_states;
CREATE VIEW bot_states AS
SELECT b.*,
	CASE
	WHEN b.binned_at IS NOT NULL THEN 'deleting'
	WHEN b.suspended_at IS NOT NULL THEN 'suspended'
	WHEN (SELECT w.seen_at FROM worker w) NOT BETWEEN baas_now() - 30000 AND baas_now() + 5000 THEN 'unknown'	-- nobody watches
	WHEN b.seen_at IS NULL AND b.wished_at BETWEEN baas_now() - 30000 AND baas_now() + 5000 THEN 'starting'
	WHEN b.seen_at IS NULL THEN (SELECT CASE
		WHEN s.state = 'broken' THEN 'unhealthy'
		WHEN s.state = 'ready' AND s.joined_at IS NULL THEN 'unknown'	-- this machine: there is nothing to wait for
		WHEN s.state = 'ready' AND s.state_since < baas_now() - 180000 THEN 'unknown'
		WHEN b.wanted = 'stopped' THEN 'unknown'
		ELSE 'starting' END FROM servers s WHERE s.id = b.server_id)
	WHEN b.seen_at NOT BETWEEN baas_now() - iif(b.running, 3 * (SELECT w.look FROM worker w), 180000) AND baas_now() + 5000 THEN 'unknown'
	WHEN b.wanted = 'stopped' AND b.running = 0 THEN 'stopped'
	WHEN b.wanted = 'running' AND b.fails >= 2
		AND (b.running = 0 OR b.proven_at IS NULL OR b.proven_at <> b.seen_at) THEN 'unhealthy'
	WHEN b.seen_restarts <> b.restarts OR b.seen_rebuilds <> b.rebuilds THEN 'starting'
	WHEN b.running = 1 AND b.proven_at >= b.started_at
		AND b.proven_at BETWEEN baas_now() - 3 * (SELECT w.look FROM worker w) AND baas_now() + 5000 THEN 'alive'
	ELSE 'starting'
	END AS status
FROM bots b;

CREATE TABLE makings (
	mark		TEXT PRIMARY KEY,
	server_id	INTEGER NOT NULL,
	kind		TEXT NOT NULL CHECK (kind IN ('group', 'volume', 'ip', 'ip6', 'server')),
	generation	INTEGER NOT NULL,
	made_at		INTEGER NOT NULL,
	thing		TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX makings_server ON makings (server_id, kind);
CREATE INDEX makings_age ON makings (made_at);
CREATE INDEX makings_thing ON makings (thing) WHERE thing <> '';

CREATE TABLE orphans (
	id		INTEGER PRIMARY KEY,
	kind		TEXT NOT NULL,
	thing		TEXT NOT NULL,
	name		TEXT NOT NULL DEFAULT '',
	ours		INTEGER NOT NULL,
	found_at	INTEGER NOT NULL,
	seen_at		INTEGER NOT NULL,
	drop_it		INTEGER NOT NULL DEFAULT 0,
	UNIQUE (kind, thing)
) STRICT;

CREATE TABLE mails (
	id		INTEGER PRIMARY KEY,
	person_id	INTEGER NOT NULL,
	email		TEXT NOT NULL,
	subject		TEXT NOT NULL,
	body		TEXT NOT NULL,
	created_at	INTEGER NOT NULL,
	sent_at		INTEGER,
	tries		INTEGER NOT NULL DEFAULT 0,
	due		INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mails_due ON mails (due) WHERE sent_at IS NULL;
CREATE INDEX mails_age ON mails (created_at);
CREATE INDEX mails_person ON mails (person_id);

CREATE TABLE confirmations (
	hash		BLOB PRIMARY KEY,
	email		TEXT NOT NULL,
	password	TEXT NOT NULL,
	name		TEXT NOT NULL,
	browser		BLOB,
	created_at	INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX confirmations_email ON confirmations (email, created_at);
CREATE INDEX confirmations_age ON confirmations (created_at);

PRAGMA user_version = 2;
