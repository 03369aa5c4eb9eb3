/* The table servers: one row per machine. */

#include "lib/server.h"

#include <stdlib.h>
#include <string.h>

#include "lib/db.h"
#include "lib/log.h"

static const char *const words[SERVER_STATE__MAX] = {
	[SERVER_NONE] = "none",
	[SERVER_BUILDING] = "building",
	[SERVER_JOINING] = "joining",
	[SERVER_READY] = "ready",
	[SERVER_LEAVING] = "leaving",
	[SERVER_BROKEN] = "broken",
};

const char *
server_state_word(enum server_state state)
{
	return words[state];
}

/* ---- reading ---- */

/* The columns that read_row reads.  Its bots are found by the index of their ports. */
#define SERVER_COLUMNS \
	"s.id, s.person_id, s.minion, s.master, s.wanted = 'gone', s.anew, s.state, s.state_since, s.reason, s.address," \
	" s.address6, s.generation, s.tries, s.seen_anew, s.group_id, s.volume_id, s.ip_id, s.ip6_id, s.cloud_id," \
	" s.root_id, s.root_marked, s.seeded_at, s.powered_at, s.joined_at, s.seen_at, s.applied_at, s.applied_rev," \
	" s.created_at, s.due, s.rev," \
	" (SELECT count(*) FROM bots b WHERE b.server_id = s.id)," \
	" (SELECT count(*) FROM bots b WHERE b.server_id = s.id AND (b.suspended_at IS NULL OR b.binned_at IS NOT NULL))"

static enum err
read_texts(struct stmt *st, struct server *out)
{
	const struct {
		int	 column;
		char	*out;
		size_t	 cap;
	} texts[] = {
		{ 2, out->minion, sizeof(out->minion) },
		{ 3, out->master, sizeof(out->master) },
		{ 8, out->reason, sizeof(out->reason) },
		{ 9, out->address, sizeof(out->address) },
		{ 10, out->address6, sizeof(out->address6) },
		{ 14, out->group_id, sizeof(out->group_id) },
		{ 15, out->volume_id, sizeof(out->volume_id) },
		{ 16, out->ip_id, sizeof(out->ip_id) },
		{ 17, out->ip6_id, sizeof(out->ip6_id) },
		{ 18, out->cloud_id, sizeof(out->cloud_id) },
		{ 19, out->root_id, sizeof(out->root_id) },
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && err == ERR_OK; i++)
		err = db_col_copy(st, texts[i].column, texts[i].out, texts[i].cap);
	return err;
}

/* NULL is 0. */
static void
read_ints(struct stmt *st, struct server *out)
{
	const struct {
		int	 column;
		int64_t	*out;
	} ints[] = {
		{ 0, &out->id }, { 1, &out->person }, { 5, &out->anew }, { 7, &out->state_since },
		{ 11, &out->generation }, { 12, &out->tries }, { 13, &out->seen_anew },
		{ 21, &out->seeded_at }, { 22, &out->powered_at }, { 23, &out->joined_at }, { 24, &out->seen_at },
		{ 25, &out->applied_at }, { 26, &out->applied_rev }, { 27, &out->created_at }, { 28, &out->due },
		{ 29, &out->rev }, { 30, &out->bots }, { 31, &out->awake },
	};

	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		*ints[i].out = db_col_int(st, ints[i].column);
	out->gone = db_col_int(st, 4) != 0;
	out->root_marked = db_col_int(st, 20) != 0;
}

static enum err
read_state(const char *word, enum server_state *out)
{
	for (int i = 0; i < SERVER_STATE__MAX; i++) {
		if (strcmp(words[i], word) == 0) {
			*out = (enum server_state)i;
			return ERR_OK;
		}
	}
	log_fault("server", "no such state: %s", word);
	return ERR_FAULT;
}

static enum err
read_row(struct stmt *st, struct server *out)
{
	enum err err;

	memset(out, 0, sizeof(*out));
	read_ints(st, out);
	if ((err = read_texts(st, out)) != ERR_OK)
		return err;
	return read_state(db_col_text(st, 6), &out->state);
}

/* The one row of a bound statement, and done with it. */
static enum err
get_row(struct stmt *st, struct server *out)
{
	struct server	server;
	enum err	err;

	if ((err = db_row(st)) == ERR_OK && (err = read_row(st, &server)) == ERR_OK)
		*out = server;
	db_done(st);
	return err;
}

enum err
server_get(struct db *db, int64_t id, struct server *out)
{
	static const char sql[] = "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return get_row(st, out);
}

enum err
server_of_minion(struct db *db, const char *minion, struct server *out)
{
	static const char sql[] = "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.minion = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, minion);
	return get_row(st, out);
}

enum err
server_of_person(struct db *db, int64_t person, struct server *out)
{
	static const char sql[] = "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.person_id = ?1 ORDER BY s.id LIMIT 1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	return get_row(st, out);
}

enum err
server_bots(struct db *db, int64_t server, int64_t *out)
{
	static const char sql[] = "SELECT count(*) FROM bots WHERE server_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, server);
	return db_one_int(st, out);
}

enum err
server_doomed(struct db *db, int64_t server, int *out)
{
	static const char sql[] =
	    "SELECT NOT EXISTS (SELECT 1 FROM bots b WHERE b.server_id = ?1 AND NOT EXISTS"
	    " (SELECT 1 FROM intents n WHERE n.subject = 'bot:' || b.id AND n.act = 'erase'))";
	struct stmt	*st = db_stmt(db, sql);
	int64_t		 doomed;
	enum err	 err;

	db_int(st, 1, server);
	if ((err = db_one_int(st, &doomed)) == ERR_OK)
		*out = doomed != 0;
	return err;
}

/* ---- lists: all are read before the first call of each, which may write ---- */

static enum err
read_rows(struct stmt *st, int limit, struct server *rows, int *n)
{
	enum err err = ERR_OK;

	*n = 0;
	while (*n < limit && (err = db_row(st)) == ERR_OK && (err = read_row(st, &rows[*n])) == ERR_OK)
		(*n)++;
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

/* ?2 of the bound statement is the limit. */
static enum err
each_row(struct stmt *st, int limit, void (*each)(void *ctx, const struct server *), void *ctx, int *n)
{
	struct server	*rows = calloc((size_t)limit, sizeof(*rows));
	enum err	 err;

	*n = 0;
	if (rows == NULL) {
		log_fault("server", "list: out of memory");
		db_done(st);
		return ERR_FAULT;
	}
	db_int(st, 2, limit);
	if ((err = read_rows(st, limit, rows, n)) == ERR_OK)
		for (int i = 0; i < *n; i++)
			each(ctx, &rows[i]);
	free(rows);
	return err;
}

enum err
server_list(struct db *db, int64_t after, int limit, void (*each)(void *ctx, const struct server *), void *ctx)
{
	static const char sql[] = "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.id > ?1 ORDER BY s.id LIMIT ?2";
	struct stmt	*st = db_stmt(db, sql);
	int		 n;

	db_int(st, 1, after);
	return each_row(st, limit, each, ctx, &n);
}

/* The due time of the one after the first n. */
static enum err
read_next(struct db *db, int n, int64_t *next)
{
	static const char sql[] =
	    "SELECT due FROM servers WHERE person_id IS NOT NULL ORDER BY due, id LIMIT 1 OFFSET ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, n);
	if ((err = db_one_int(st, next)) != ERR_NOTFOUND)
		return err;
	*next = INT64_MAX;
	return ERR_OK;
}

enum err
server_due(struct db *db, int64_t now, int limit, void (*each)(void *ctx, const struct server *), void *ctx, int64_t *next)
{
	static const char sql[] =
	    "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.due <= ?1 AND s.person_id IS NOT NULL"
	    " ORDER BY s.due, s.id LIMIT ?2";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;
	int		 n;

	db_int(st, 1, now);
	if ((err = each_row(st, limit, each, ctx, &n)) != ERR_OK)
		return err;
	return read_next(db, n, next);
}

/* ---- wishes ---- */

enum err
server_local(struct db *db, const char *address, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO servers (minion, address, state, state_since, created_at) VALUES ('local', ?1, 'ready', ?2, ?2)"
	    " ON CONFLICT (minion) DO UPDATE SET address = excluded.address, state = 'ready'";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, address);
	db_int(st, 2, now);
	return db_run(st);
}

enum err
server_for(struct db *db, int64_t person, int64_t *out)
{
	static const char sql[] =
	    "SELECT id FROM servers WHERE wanted = 'up' AND (person_id = ?1 OR person_id IS NULL)"
	    " ORDER BY person_id IS NULL, id LIMIT 1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	return db_one_int(st, out);
}

static enum err
insert(struct db *db, int64_t person, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO servers (minion, person_id, created_at) VALUES (printf('p%d-g1', ?1), ?1, ?2)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	db_int(st, 2, now);
	return db_run(st);
}

static enum err
want_up(struct db *db, int64_t id)
{
	static const char sql[] = "UPDATE servers SET wanted = 'up', due = 0 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return db_run(st);
}

enum err
server_order(struct db *db, int64_t person, int64_t now, int64_t *out)
{
	static const char sql[] = "SELECT id FROM servers WHERE person_id = ?1 ORDER BY id LIMIT 1";
	struct stmt	*st = db_stmt(db, sql);
	int64_t		 id = 0;
	enum err	 err;

	db_int(st, 1, person);
	if ((err = db_one_int(st, &id)) == ERR_NOTFOUND) {
		if ((err = insert(db, person, now)) == ERR_OK)
			id = db_last_id(db);
	} else if (err == ERR_OK) {
		err = want_up(db, id);
	}
	if (err == ERR_OK)
		*out = id;
	return err;
}

/* One statement that changes one row, or none: ERR_NOTFOUND. */
static enum err
change(struct db *db, struct stmt *st)
{
	enum err err = db_run(st);

	return err == ERR_OK && db_changes(db) == 0 ? ERR_NOTFOUND : err;
}

enum err
server_anew(struct db *db, int64_t id)
{
	static const char sql[] =
	    "UPDATE servers SET anew = anew + (anew = seen_anew), due = 0 WHERE id = ?1 AND person_id IS NOT NULL";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return change(db, st);
}

enum err
server_apply(struct db *db, int64_t id)
{
	static const char sql[] = "UPDATE servers SET rev = rev + 1 WHERE wanted = 'up' AND (?1 = 0 OR id = ?1)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return change(db, st);
}

enum err
server_dismiss(struct db *db, int64_t id)
{
	static const char sql[] =
	    "UPDATE servers SET wanted = 'gone', due = 0 WHERE id = ?1 AND person_id IS NOT NULL"
	    " AND NOT EXISTS (SELECT 1 FROM bots WHERE server_id = ?1)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return change(db, st);
}

/* ---- what the worker knows ---- */

/* Binds parameters from the second on, in the order of store's columns. */
static void
bind_texts(struct stmt *st, const struct server *s)
{
	const char *const texts[] = {
		s->minion, s->master, words[s->state], s->reason, s->group_id, s->volume_id, s->ip_id, s->ip6_id, s->cloud_id,
		s->root_id, s->address, s->address6,
	};

	for (int i = 0; i < (int)(sizeof(texts) / sizeof(texts[0])); i++)
		db_text(st, 2 + i, texts[i]);
}

static void
bind_ints(struct stmt *st, const struct server *s)
{
	const int64_t ints[] = {
		s->generation, s->tries, s->seen_anew, s->root_marked, s->seeded_at, s->powered_at, s->joined_at, s->seen_at,
		s->due, s->rev, s->anew, s->gone,
	};

	for (int i = 0; i < (int)(sizeof(ints) / sizeof(ints[0])); i++)
		db_int(st, 14 + i, ints[i]);
}

/* A wish that came since the row was read leaves due at 0. */
enum err
server_store(struct db *db, const struct server *server, int64_t now)
{
	static const char sql[] =
	    "UPDATE servers SET minion = ?2, master = ?3, state_since = iif(state = ?4, state_since, ?26), state = ?4,"
	    " reason = ?5, group_id = ?6, volume_id = ?7, ip_id = ?8, ip6_id = ?9, cloud_id = ?10, root_id = ?11,"
	    " address = nullif(?12, ''), address6 = nullif(?13, ''), generation = ?14, tries = ?15, seen_anew = ?16,"
	    " root_marked = ?17, seeded_at = nullif(?18, 0), powered_at = nullif(?19, 0), joined_at = nullif(?20, 0),"
	    " seen_at = nullif(?21, 0), due = iif(rev = ?23 AND anew = ?24 AND (wanted = 'gone') = ?25, ?22, 0)"
	    " WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, server->id);
	bind_texts(st, server);
	bind_ints(st, server);
	db_int(st, 26, now);
	return change(db, st);
}

enum err
server_set_due(struct db *db, int64_t id, int64_t due)
{
	static const char sql[] = "UPDATE servers SET due = ?2 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, due);
	return db_run(st);
}

enum err
server_due_gone(struct db *db)
{
	static const char sql[] = "UPDATE servers SET due = 0 WHERE (wanted = 'gone' AND state <> 'none') OR state = 'leaving'";

	return db_run(db_stmt(db, sql));
}

enum err
server_joined(struct db *db, int64_t id, int64_t now)
{
	static const char sql[] =
	    "UPDATE servers SET joined_at = coalesce(joined_at, ?2), tries = 0, reason = '',"
	    " state_since = iif(state = 'ready', state_since, ?2), state = 'ready' WHERE id = ?1 AND state <> 'leaving'";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, now);
	return change(db, st);
}

enum err
server_applied(struct db *db, int64_t id, int64_t rev, int64_t now)
{
	static const char sql[] = "UPDATE servers SET applied_at = ?3, applied_rev = ?2 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, rev);
	db_int(st, 3, now);
	return db_run(st);
}

int
server_has_root(struct db *db, const char *root)
{
	static const char sql[] = "SELECT 1 FROM servers WHERE root_id = ?1 AND root_id <> ''";
	struct stmt	*st = db_stmt(db, sql);
	int64_t		 one;

	db_text(st, 1, root);
	return db_one_int(st, &one) != ERR_NOTFOUND;
}

/* ---- for the person ---- */

/* 1 if that part of the way is behind it. */
static int
is_past(const struct server *s, enum server_step step)
{
	const int past[SERVER_STEP__MAX] = {
		[SERVER_STEP_VOLUME] = s->volume_id[0] != '\0',
		[SERVER_STEP_ADDRESS] = s->address[0] != '\0',
		[SERVER_STEP_MACHINE] = s->cloud_id[0] != '\0',
		[SERVER_STEP_BOOT] = s->powered_at != 0,
		[SERVER_STEP_JOIN] = s->joined_at != 0,
		[SERVER_STEP_PUB] = s->state == SERVER_READY && s->applied_at > s->joined_at,
	};

	return past[step];
}

void
server_steps(const struct server *server, struct server_way out[SERVER_STEP__MAX])
{
	static const int usual[SERVER_STEP__MAX][2] = {	/* seconds, least and most */
		[SERVER_STEP_VOLUME] = { 1, 5 },
		[SERVER_STEP_ADDRESS] = { 1, 3 },
		[SERVER_STEP_MACHINE] = { 1, 3 },
		[SERVER_STEP_BOOT] = { 5, 20 },
		[SERVER_STEP_JOIN] = { 60, SERVER_JOIN_USUAL },
		[SERVER_STEP_PUB] = { 20, 120 },
	};
	int reached = 1;

	for (int i = 0; i < SERVER_STEP__MAX; i++) {
		int past = reached && is_past(server, (enum server_step)i);

		out[i].state = past ? SERVER_STEP_DONE : reached ? SERVER_STEP_NOW : SERVER_STEP_TO_COME;
		out[i].usual_least = usual[i][0];
		out[i].usual_most = usual[i][1];
		reached = past;
	}
}
