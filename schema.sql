-- The database of Butt as a Service: wishes (what people want) and facts
-- (what the worker has seen).  One SQLite file, WAL, read with `baas sql`.
--
-- Times are milliseconds since 1970, UTC.  Keys are random and opaque: they
-- are what the outside sees, row ids never leave the house.  Wish columns are
-- written by people's actions only, seen columns by the worker only.
--
-- A change to this file comes with a numbered file in migrations/ and a new
-- user_version; baas init takes a backup before it migrates.

PRAGMA user_version = 2;

-- Everybody and everything that has a name: a person or a bot.
CREATE TABLE agents (
	id		INTEGER PRIMARY KEY AUTOINCREMENT,
	key		TEXT NOT NULL UNIQUE,		-- public id: 20 characters of [0-9a-z]
	type		TEXT NOT NULL CHECK (type IN ('person', 'bot')),
	name		TEXT NOT NULL,			-- person: any words; bot: a DNS label, lower case
	description	TEXT NOT NULL DEFAULT '',	-- plain text
	service		TEXT NOT NULL DEFAULT '',	-- bot: 'scuttlebutt'; person: ''
	created_at	INTEGER NOT NULL,
	updated_at	INTEGER NOT NULL		-- last change by a person, not by the worker
) STRICT;
CREATE UNIQUE INDEX agents_bot_name ON agents (name) WHERE type = 'bot';

-- The source (a bot) belongs to the target (a person).
CREATE TABLE belongs (
	source_agent_id	INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
	target_agent_id	INTEGER NOT NULL REFERENCES agents (id) ON DELETE RESTRICT,
	role		TEXT NOT NULL DEFAULT 'owner' CHECK (role IN ('owner')),
	PRIMARY KEY (source_agent_id, target_agent_id),
	CHECK (source_agent_id <> target_agent_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX belongs_target ON belongs (target_agent_id);

-- How a person signs in.
CREATE TABLE credentials (
	person_id	INTEGER PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
	email		TEXT NOT NULL UNIQUE,		-- as typed, trimmed, folded to lower case
	hash		TEXT NOT NULL,			-- argon2id, as crypto_pwhash_str writes it
	named		INTEGER NOT NULL DEFAULT 0,	-- 1 once the person has gone through /newbie
	changed_at	INTEGER NOT NULL		-- when the password was set
) STRICT;

-- Where a person is signed in.
CREATE TABLE sessions (
	id		INTEGER PRIMARY KEY,
	key		TEXT NOT NULL UNIQUE,		-- public id, to end this session from /account
	hash		BLOB NOT NULL UNIQUE,		-- BLAKE2b-256 of the token; the token is stored nowhere
	person_id	INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
	agent		TEXT NOT NULL,			-- "firefox on linux", from User-Agent
	created_at	INTEGER NOT NULL,
	used_at		INTEGER NOT NULL,		-- written at most hourly
	kind		TEXT NOT NULL DEFAULT 'browser' CHECK (kind IN ('browser', 'program'))	-- the limit counts each by itself
) STRICT;
CREATE INDEX sessions_person ON sessions (person_id);

-- Browsers that a person has signed in with: what strangers try does not keep these waiting.
CREATE TABLE devices (
	hash		BLOB NOT NULL,			-- BLAKE2b-256 of the cookie's token
	person_id	INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
	created_at	INTEGER NOT NULL,
	used_at		INTEGER NOT NULL,		-- last sign-in
	PRIMARY KEY (hash, person_id)			-- a family can share a browser
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_person ON devices (person_id, used_at);

-- What may not be done at any speed, failed sign-ins above all: for growing delays.  Never a lock.
CREATE TABLE tries (
	subject		TEXT PRIMARY KEY,		-- 'address:', 'new:' and an ip or /64; 'account:', 'device:', 'session:', 'mail:' and a hash
	count		INTEGER NOT NULL,		-- in a row, less what time has taken back
	last_at		INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tries_age ON tries (last_at);

-- Forms that create something: the same `once` sent again gets the same answer.
CREATE TABLE onces (
	person_id	INTEGER NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
	once		TEXT NOT NULL,			-- the form's hidden random value
	location	TEXT NOT NULL,			-- where the first answer sent the browser
	created_at	INTEGER NOT NULL,
	PRIMARY KEY (person_id, once)
) STRICT, WITHOUT ROWID;
CREATE INDEX onces_age ON onces (created_at);

-- This database itself; one row.
CREATE TABLE house (
	id		INTEGER PRIMARY KEY CHECK (id = 1),
	instance	TEXT NOT NULL,			-- random: what all that it has in a cloud is tagged with
	home		TEXT NOT NULL DEFAULT '',	-- the file it lives in, by machine and inode: in another one it is a copy
	reporting	INTEGER NOT NULL DEFAULT 0	-- 1: restored or copied, the worker looks and reports, and does nothing
) STRICT;
INSERT INTO house (id, instance) VALUES (1, lower(hex(randomblob(8))));

-- One row per machine.  With cloud = local there is one, and it is this
-- machine; else one for each person that ever had a bot, which goes through
-- none, building, joining, ready, leaving and none again.
CREATE TABLE servers (
	id		INTEGER PRIMARY KEY,
	minion		TEXT NOT NULL UNIQUE,		-- its name for Salt, never reused: 'local', 'p17-g1' (person, generation)
	person_id	INTEGER REFERENCES agents (id) ON DELETE RESTRICT, -- NULL: everybody's (cloud = local)
	master		TEXT NOT NULL DEFAULT '',	-- its Salt master's salt-api; '': salt.url
	-- wish
	wanted		TEXT NOT NULL DEFAULT 'up' CHECK (wanted IN ('up', 'gone')),
	anew		INTEGER NOT NULL DEFAULT 0,	-- counter: how often an admin wanted a new machine for it
	-- seen
	address		TEXT,				-- what its bots' invites carry
	address6	TEXT,				-- likewise, if it has one
	state		TEXT NOT NULL DEFAULT 'none' CHECK (state IN ('none', 'building', 'joining', 'ready', 'leaving', 'broken')),
	state_since	INTEGER NOT NULL DEFAULT 0,
	reason		TEXT NOT NULL DEFAULT '',	-- why it is broken or takes long, in words for the person
	generation	INTEGER NOT NULL DEFAULT 1,	-- of the machine; grows when it is made anew
	tries		INTEGER NOT NULL DEFAULT 0,	-- generations in a row that did not join
	seen_anew	INTEGER NOT NULL DEFAULT 0,
	-- its parts in the cloud, by the cloud's ids; '': none.  Each is written in the commit that learns it
	group_id	TEXT NOT NULL DEFAULT '',	-- security group
	volume_id	TEXT NOT NULL DEFAULT '',	-- data; outlives the machine
	ip_id		TEXT NOT NULL DEFAULT '',	-- outlives the machine
	ip6_id		TEXT NOT NULL DEFAULT '',
	cloud_id	TEXT NOT NULL DEFAULT '',	-- the machine
	root_id		TEXT NOT NULL DEFAULT '',	-- its root volume: nothing else names it once the machine is gone
	root_marked	INTEGER NOT NULL DEFAULT 0,	-- 1: that one carries our tags
	seeded_at	INTEGER,			-- its first boot's instructions and keys are set
	powered_at	INTEGER,			-- told to start for the first time
	joined_at	INTEGER,			-- its minion has answered for the first time; this generation's all three
	seen_at		INTEGER,			-- last list that brought knowledge
	applied_at	INTEGER,			-- last apply of its pillar that went well,
	applied_rev	INTEGER NOT NULL DEFAULT 0,	-- and the rev that it began with
	created_at	INTEGER NOT NULL,
	due		INTEGER NOT NULL DEFAULT 0,	-- when the worker looks next
	rev		INTEGER NOT NULL DEFAULT 0	-- counts changes of what its pillar says: by the triggers below
) STRICT;
CREATE INDEX servers_due ON servers (due);
CREATE INDEX servers_person ON servers (person_id);
CREATE INDEX servers_root ON servers (root_id) WHERE root_id <> '';

-- Names of bots that were erased lately: kept for whoever had it.
CREATE TABLE names_kept (
	name		TEXT PRIMARY KEY,
	person_id	INTEGER NOT NULL,		-- who had it; stays when they leave
	until		INTEGER NOT NULL		-- from then on it is anybody's
) STRICT, WITHOUT ROWID;
CREATE INDEX names_kept_until ON names_kept (until);

-- One row per bot, beside its row in agents.
CREATE TABLE bots (
	id		INTEGER PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
	server_id	INTEGER NOT NULL REFERENCES servers (id) ON DELETE RESTRICT,
	-- wish
	wanted		TEXT NOT NULL DEFAULT 'running' CHECK (wanted IN ('running', 'stopped')),
	restarts	INTEGER NOT NULL DEFAULT 0,	-- counter: the running pub says which one it was started with
	rebuilds	INTEGER NOT NULL DEFAULT 0,	-- likewise
	release		TEXT NOT NULL DEFAULT '',	-- of the pub; '': the newest installed
	wished_at	INTEGER NOT NULL,		-- last change of a wish
	binned_at	INTEGER,			-- thrown into the bin; NULL: not in it
	erase_at	INTEGER,			-- when the bin is emptied of it; set with binned_at
	suspended_at	INTEGER,			-- paused by billing or an admin; NULL: not
	suspended_for	TEXT NOT NULL DEFAULT '',	-- why, in words for the person
	-- identity: made with the order, never changed
	public_key	TEXT NOT NULL UNIQUE,		-- '@<base64>.ed25519'
	secret		BLOB NOT NULL,			-- the secret file, sealed to the vault
	dir		TEXT NOT NULL UNIQUE,		-- its directory's name: 32 random hex digits
	-- place; changed by the worker when another program has the port
	port		INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
	-- seen
	seen_at		INTEGER,			-- last look that brought knowledge; NULL: never, or forgotten at start
	running		INTEGER NOT NULL DEFAULT 0,	-- its keeper held the lock then
	started_at	INTEGER,			-- start of the present run
	proven_at	INTEGER,			-- last proof: own id, port open, indexes in sync
	seen_restarts	INTEGER NOT NULL DEFAULT 0,
	seen_rebuilds	INTEGER NOT NULL DEFAULT 0,
	seen_release	TEXT NOT NULL DEFAULT '',
	fails		INTEGER NOT NULL DEFAULT 0,	-- deaths and missed proofs since it last stayed well
	reason		TEXT NOT NULL DEFAULT '',	-- why it is not alive, in words for the person
	last_status	TEXT NOT NULL DEFAULT '',	-- status as of the last look, to notice changes
	status_since	INTEGER,			-- when that one began
	peers		INTEGER, feeds INTEGER, messages INTEGER,
	memory		INTEGER,			-- bytes, measured from outside
	disk_log	INTEGER, disk_blobs INTEGER, disk_indexes INTEGER, -- bytes
	run_in		INTEGER NOT NULL DEFAULT 0,	-- bytes the present run had counted when last seen
	run_out		INTEGER NOT NULL DEFAULT 0,
	month		TEXT NOT NULL DEFAULT '',	-- 'YYYY-MM' that month_* counts
	month_in	INTEGER NOT NULL DEFAULT 0,	-- bytes in that month
	month_out	INTEGER NOT NULL DEFAULT 0,
	over_boot	TEXT NOT NULL DEFAULT '',	-- boot in which erase_at was first seen to be past,
	over_at		INTEGER NOT NULL DEFAULT 0,	-- and that boot's clock then: a clock that jumps empties no bin
	invites_seen	INTEGER NOT NULL DEFAULT 0,	-- the pub's counter of changes to invites when last read
	record		TEXT NOT NULL DEFAULT '',	-- address that its DNS name was last set to; '': it has none
	record6		TEXT NOT NULL DEFAULT '',
	-- attention
	due		INTEGER NOT NULL DEFAULT 0	-- when the worker looks next; 0: at once
) STRICT;
CREATE UNIQUE INDEX bots_port ON bots (server_id, port);
CREATE INDEX bots_due ON bots (due);
CREATE INDEX bots_bin ON bots (binned_at) WHERE binned_at IS NOT NULL;

-- servers.rev grows in the same commit as anything that the server's pillar tells (lib/bot_minion.c), whoever writes it.
CREATE TRIGGER rev_bot_new AFTER INSERT ON bots BEGIN
	UPDATE servers SET rev = rev + 1 WHERE id = NEW.server_id;
END;
CREATE TRIGGER rev_bot_gone AFTER DELETE ON bots BEGIN
	UPDATE servers SET rev = rev + 1 WHERE id = OLD.server_id;
END;
CREATE TRIGGER rev_bot AFTER UPDATE OF server_id, wanted, restarts, rebuilds, release, binned_at, suspended_at, public_key,
	secret, port ON bots BEGIN
	UPDATE servers SET rev = rev + 1 WHERE id IN (OLD.server_id, NEW.server_id);
END;
CREATE TRIGGER rev_bot_name AFTER UPDATE OF name ON agents WHEN NEW.type = 'bot' BEGIN
	UPDATE servers SET rev = rev + 1 WHERE id = (SELECT server_id FROM bots WHERE id = NEW.id);
END;

-- Bots that come, rest, wake or go may change what their server has to be, and a server that becomes one thing or another
-- has its bots looked at: each in the commit of the other.  wished_at too, so that no look under way puts them off.
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

-- The one expression that says how a bot is (DESIGN.md 6).  What is older
-- than three looks is unknown; so is what was seen in the future, before the
-- clock was set back.  worker.look is the interval of looks at running bots,
-- at others a minute.  baas_now() is the connection's, lib/db.c.  All of the
-- row comes along, so that a query reads it once.
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

-- An invite: a code for one friend.
CREATE TABLE invites (
	id		INTEGER PRIMARY KEY,
	key		TEXT NOT NULL UNIQUE,		-- public id
	bot_id		INTEGER NOT NULL REFERENCES bots (id) ON DELETE CASCADE,
	ref		TEXT NOT NULL UNIQUE,		-- opaque: all that the pub is told, and publishes
	label		TEXT NOT NULL,			-- for whom; the owner's own words, never told to the pub
	token		TEXT UNIQUE,			-- of the page /i/TOKEN; erased when used or revoked
	seed		TEXT,				-- of the code; NULL: not made yet, or erased
	revoke		INTEGER NOT NULL DEFAULT 0,	-- wish
	state		TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'unused', 'used', 'revoked')), -- seen
	used_by		TEXT,				-- '@<base64>.ed25519'
	used_name	TEXT,				-- what they call themselves; NULL until replicated
	used_at		INTEGER,
	created_at	INTEGER NOT NULL
) STRICT;
CREATE INDEX invites_bot ON invites (bot_id, state, created_at);

-- Measurements, thinned with age: minutes for 2 days, hours for 60 days, days for 5 years.
CREATE TABLE samples (
	bot_id		INTEGER NOT NULL REFERENCES bots (id) ON DELETE CASCADE,
	step		INTEGER NOT NULL CHECK (step IN (60, 3600, 86400)), -- seconds that the row stands for
	at		INTEGER NOT NULL,		-- start of the step
	memory		INTEGER NOT NULL,		-- bytes, the largest of the step
	disk		INTEGER NOT NULL,		-- bytes, the last of the step
	bytes_in	INTEGER NOT NULL,		-- moved within the step
	bytes_out	INTEGER NOT NULL,
	peers		INTEGER NOT NULL,		-- the largest of the step
	alive_ms	INTEGER NOT NULL,		-- of the step's time, proven alive
	PRIMARY KEY (bot_id, step, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX samples_age ON samples (step, at);

-- What happened, and who or what did it: a person's history and the audit log.
CREATE TABLE events (
	id		INTEGER PRIMARY KEY,
	at		INTEGER NOT NULL,
	person_id	INTEGER,			-- whose history shows it; kept when they leave
	bot_id		INTEGER,
	bot_name	TEXT NOT NULL DEFAULT '',
	actor		TEXT NOT NULL,			-- 'person', 'worker', 'shell:UNIXUSER'
	what		TEXT NOT NULL,			-- one of lib/event.c's list: 'bot.order', 'bot.alive', ...
	detail		TEXT NOT NULL DEFAULT ''	-- no secrets, no email
) STRICT;
CREATE INDEX events_bot ON events (bot_id, id);
CREATE INDEX events_person ON events (person_id, id);
CREATE INDEX events_what ON events (what, at);

-- What the worker is about to do outside: committed before the call.
CREATE TABLE intents (
	id		INTEGER PRIMARY KEY,
	subject		TEXT NOT NULL,			-- 'bot:17', 'server:3'
	act		TEXT NOT NULL,			-- 'erase', 'volume', 'server', ...
	opened_at	INTEGER NOT NULL,
	UNIQUE (subject, act)
) STRICT;

-- What this database had a cloud make.  The mark is a tag of the thing, so that it is known again, and only what has
-- one of these is ever deleted without a person.  Written with the intent, before the call.
CREATE TABLE makings (
	mark		TEXT PRIMARY KEY,		-- 20 characters of [0-9a-z]
	server_id	INTEGER NOT NULL,		-- whose; stays when that is gone
	kind		TEXT NOT NULL CHECK (kind IN ('group', 'volume', 'ip', 'ip6', 'server')),
	generation	INTEGER NOT NULL,
	made_at		INTEGER NOT NULL,
	thing		TEXT NOT NULL DEFAULT ''	-- the cloud's id; '': not known (yet)
) STRICT, WITHOUT ROWID;
CREATE INDEX makings_server ON makings (server_id, kind);
CREATE INDEX makings_age ON makings (made_at);
CREATE INDEX makings_thing ON makings (thing) WHERE thing <> '';

-- What a look has found in the cloud that looks like ours and that no row wants.
CREATE TABLE orphans (
	id		INTEGER PRIMARY KEY,
	kind		TEXT NOT NULL,			-- as in makings, or 'root', 'key' (of a minion), 'record' (of DNS)
	thing		TEXT NOT NULL,			-- the cloud's id
	name		TEXT NOT NULL DEFAULT '',
	ours		INTEGER NOT NULL,		-- 1: a making of this database, so deleted after a day
	found_at	INTEGER NOT NULL,
	seen_at		INTEGER NOT NULL,
	drop_it		INTEGER NOT NULL DEFAULT 0,	-- wish: an admin wants it deleted
	UNIQUE (kind, thing)
) STRICT;

CREATE TRIGGER rev_erase AFTER INSERT ON intents WHEN NEW.act = 'erase' AND NEW.subject LIKE 'bot:%' BEGIN
	UPDATE servers SET rev = rev + 1 WHERE id = (SELECT server_id FROM bots WHERE id = CAST(substr(NEW.subject, 5) AS INTEGER));
END;
CREATE TRIGGER rev_no_erase AFTER DELETE ON intents WHEN OLD.act = 'erase' AND OLD.subject LIKE 'bot:%' BEGIN
	UPDATE servers SET rev = rev + 1 WHERE id = (SELECT server_id FROM bots WHERE id = CAST(substr(OLD.subject, 5) AS INTEGER));
END;

-- Letters to send; the worker does, and tries again.
CREATE TABLE mails (
	id		INTEGER PRIMARY KEY,
	person_id	INTEGER NOT NULL,		-- 0: nobody yet
	email		TEXT NOT NULL,			-- to whom
	subject		TEXT NOT NULL,
	body		TEXT NOT NULL,			-- plain text; erased when it is sent
	created_at	INTEGER NOT NULL,
	sent_at		INTEGER,
	tries		INTEGER NOT NULL DEFAULT 0,
	due		INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX mails_due ON mails (due) WHERE sent_at IS NULL;
CREATE INDEX mails_age ON mails (created_at);
CREATE INDEX mails_person ON mails (person_id);

-- Emails that wait for a click on the link that was sent to them (accounts.verify).
CREATE TABLE confirmations (
	hash		BLOB PRIMARY KEY,		-- BLAKE2b-256 of the link's token; the token is stored nowhere
	email		TEXT NOT NULL,
	password	TEXT NOT NULL,			-- argon2id of what they chose
	name		TEXT NOT NULL,
	browser		BLOB,				-- BLAKE2b-256 of the visit's cookie of the browser that asked; NULL: a program
	created_at	INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX confirmations_email ON confirmations (email, created_at);
CREATE INDEX confirmations_age ON confirmations (created_at);

-- The worker's life sign; one row.
CREATE TABLE worker (
	id		INTEGER PRIMARY KEY CHECK (id = 1),
	seen_at		INTEGER NOT NULL DEFAULT 0,	-- written by each pass, at most every 5 s
	passed_at	INTEGER NOT NULL DEFAULT 0,	-- end of the last pass; 0: none since baas init
	look		INTEGER NOT NULL DEFAULT 10000	-- ms between its looks at running bots
) STRICT;
INSERT INTO worker (id) VALUES (1);
