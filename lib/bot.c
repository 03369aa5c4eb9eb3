/* Bots: reading them, ordering them, and a person's wishes.  What the worker writes is in lib/bot_seen.c. */

#include "lib/bot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/belongs.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/name.h"
#include "lib/secret.h"
#include "lib/server.h"
#include "lib/vault.h"

static const char *const words[BOT_STATUS__MAX] = {
	[BOT_ALIVE] = "alive",
	[BOT_STARTING] = "starting",
	[BOT_STOPPED] = "stopped",
	[BOT_UNHEALTHY] = "unhealthy",
	[BOT_UNKNOWN] = "unknown",
	[BOT_SUSPENDED] = "suspended",
	[BOT_DELETING] = "deleting",
};

static const char *const tags[BOT_STATUS__MAX] = {
	[BOT_ALIVE] = "#alive",
	[BOT_STARTING] = "#waking",
	[BOT_STOPPED] = "#asleep",
	[BOT_UNHEALTHY] = "#poorly",
	[BOT_UNKNOWN] = "#unsure",
	[BOT_SUSPENDED] = "#paused",
	[BOT_DELETING] = "#leaving",
};

int
bot_rests(const struct bot *bot)
{
	return bot->stopped || bot->binned_at != 0 || bot->suspended_at != 0;
}

const char *
bot_status_word(enum bot_status status)
{
	return words[status];
}

const char *
bot_status_tag(enum bot_status status)
{
	return tags[status];
}

/* The columns that read_row reads, and where they come from. */
#define BOT_COLUMNS \
	"b.id, b.server_id, g.target_agent_id, a.key, a.name, a.description, a.created_at, a.updated_at," \
	" b.wanted = 'stopped', b.restarts, b.rebuilds, b.release, b.wished_at, b.binned_at, b.erase_at," \
	" b.suspended_at, b.public_key, b.dir, b.port, s.address, b.status, b.status_since, b.seen_at," \
	" b.started_at, b.proven_at, b.running, b.seen_restarts, b.seen_rebuilds, b.seen_release, b.fails," \
	" b.reason, b.last_status, b.peers, b.feeds, b.messages, b.memory, b.disk_log, b.disk_blobs," \
	" b.disk_indexes, b.run_in, b.run_out, b.month_in, b.month_out, b.month, b.due," \
	" b.over_boot, b.over_at, b.invites_seen, b.suspended_for"
#define BOT_TABLES \
	"agents a JOIN bot_states b ON b.id = a.id JOIN belongs g ON g.source_agent_id = a.id" \
	" JOIN servers s ON s.id = b.server_id"

static enum err
read_texts(struct stmt *st, struct bot *out)
{
	const struct {
		int	 column;
		char	*out;
		size_t	 cap;
	} texts[] = {
		{ 3, out->key, sizeof(out->key) },
		{ 4, out->name, sizeof(out->name) },
		{ 5, out->description, sizeof(out->description) },
		{ 11, out->release, sizeof(out->release) },
		{ 16, out->public_key, sizeof(out->public_key) },
		{ 17, out->dir, sizeof(out->dir) },
		{ 19, out->address, sizeof(out->address) },
		{ 28, out->seen_release, sizeof(out->seen_release) },
		{ 30, out->reason, sizeof(out->reason) },
		{ 31, out->last_status, sizeof(out->last_status) },
		{ 43, out->month, sizeof(out->month) },
		{ 45, out->over_boot, sizeof(out->over_boot) },
		{ 48, out->suspended_for, sizeof(out->suspended_for) },
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && err == ERR_OK; i++)
		err = db_col_copy(st, texts[i].column, texts[i].out, texts[i].cap);
	return err;
}

/* NULL is 0. */
static void
read_ints(struct stmt *st, struct bot *out)
{
	const struct {
		int	 column;
		int64_t	*out;
	} ints[] = {
		{ 0, &out->id }, { 1, &out->server }, { 2, &out->owner },
		{ 6, &out->created_at }, { 7, &out->updated_at },
		{ 9, &out->restarts }, { 10, &out->rebuilds },
		{ 12, &out->wished_at }, { 13, &out->binned_at }, { 14, &out->erase_at }, { 15, &out->suspended_at },
		{ 21, &out->status_since }, { 22, &out->seen_at }, { 23, &out->started_at }, { 24, &out->proven_at },
		{ 26, &out->seen_restarts }, { 27, &out->seen_rebuilds }, { 29, &out->fails },
		{ 39, &out->run_in }, { 40, &out->run_out }, { 41, &out->month_in }, { 42, &out->month_out },
		{ 44, &out->due }, { 46, &out->over_at },
		{ 47, &out->invites_seen },
	};

	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++)
		*ints[i].out = db_col_int(st, ints[i].column);
	out->stopped = db_col_int(st, 8) != 0;
	out->port = (int)db_col_int(st, 18);
	out->running = db_col_int(st, 25) != 0;
}

/* NULL is -1. */
static void
read_numbers(struct stmt *st, struct bot *out)
{
	int64_t *const numbers[] = {
		&out->peers, &out->feeds, &out->messages, &out->memory,
		&out->disk_log, &out->disk_blobs, &out->disk_indexes,
	};

	for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++)
		*numbers[i] = db_col_null(st, 32 + i) ? -1 : db_col_int(st, 32 + i);
}

static enum err
read_status(const char *word, enum bot_status *out)
{
	for (int i = 0; i < BOT_STATUS__MAX; i++) {
		if (strcmp(words[i], word) == 0) {
			*out = (enum bot_status)i;
			return ERR_OK;
		}
	}
	log_fault("bot", "no such status: %s", word);
	return ERR_FAULT;
}

static enum err
read_row(struct stmt *st, struct bot *out)
{
	enum err err;

	memset(out, 0, sizeof(*out));
	read_ints(st, out);
	read_numbers(st, out);
	if ((err = read_texts(st, out)) != ERR_OK)
		return err;
	return read_status(db_col_text(st, 20), &out->status);
}

/* The one row of a bound statement, and done with it. */
static enum err
get_row(struct stmt *st, struct bot *out)
{
	struct bot	bot;
	enum err	err;

	if ((err = db_row(st)) == ERR_OK && (err = read_row(st, &bot)) == ERR_OK)
		*out = bot;
	db_done(st);
	return err;
}

static enum err
each_row(struct stmt *st, void (*each)(void *ctx, const struct bot *), void *ctx)
{
	struct bot	bot;
	enum err	err;

	while ((err = db_row(st)) == ERR_OK && (err = read_row(st, &bot)) == ERR_OK)
		each(ctx, &bot);
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
bot_get(struct db *db, int64_t owner, const char *name, struct bot *out)
{
	static const char sql[] =
	    "SELECT " BOT_COLUMNS " FROM " BOT_TABLES
	    " WHERE g.target_agent_id = ?1 AND a.name = ?2 AND a.type = 'bot'";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, owner);
	db_text(st, 2, name);
	return get_row(st, out);
}

enum err
bot_by_key(struct db *db, int64_t owner, const char *key, struct bot *out)
{
	static const char sql[] =
	    "SELECT " BOT_COLUMNS " FROM " BOT_TABLES " WHERE g.target_agent_id = ?1 AND a.key = ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, owner);
	db_text(st, 2, key);
	return get_row(st, out);
}

enum err
bot_of_id(struct db *db, int64_t id, struct bot *out)
{
	static const char sql[] = "SELECT " BOT_COLUMNS " FROM " BOT_TABLES " WHERE a.id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return get_row(st, out);
}

/* Lines that are to be put in order. */
struct gathered {
	struct bot_line	*line;
	size_t		 n, cap;
};

/* A place for one more; NULL: no memory, logged. */
static struct bot_line *
make_place(struct gathered *all)
{
	size_t		 cap = all->cap == 0 ? 8 : all->cap * 2;
	struct bot_line	*more;

	if (all->n < all->cap)
		return &all->line[all->n];
	if ((more = reallocarray(all->line, cap, sizeof(*more))) == NULL) {
		log_fault("bot", "no memory");
		return NULL;
	}
	all->line = more;
	all->cap = cap;
	return &all->line[all->n];
}

static int64_t
or_unknown(struct stmt *st, int column)
{
	return db_col_null(st, column) ? -1 : db_col_int(st, column);
}

static enum err
read_line(struct stmt *st, struct bot_line *out)
{
	enum err err;

	if ((err = read_status(db_col_text(st, 2), &out->status)) != ERR_OK ||
	    (err = db_col_copy(st, 1, out->name, sizeof(out->name))) != ERR_OK ||
	    (err = db_col_copy(st, 7, out->reason, sizeof(out->reason))) != ERR_OK)
		return err;
	out->id = db_col_int(st, 0);
	out->status_since = db_col_int(st, 3);
	out->seen_at = db_col_int(st, 4);
	out->binned_at = db_col_int(st, 5);
	out->erase_at = db_col_int(st, 6);
	out->peers = or_unknown(st, 8);
	out->disk = or_unknown(st, 9);
	return ERR_OK;
}

static enum err
gather(struct db *db, int64_t owner, struct gathered *all)
{
	static const char sql[] =
	    "SELECT b.id, a.name, b.status, b.status_since, b.seen_at, b.binned_at, b.erase_at, b.reason, b.peers,"
	    " b.disk_log + b.disk_blobs + b.disk_indexes"
	    " FROM belongs g JOIN agents a ON a.id = g.source_agent_id JOIN bot_states b ON b.id = a.id"
	    " WHERE g.target_agent_id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	struct bot_line	*line;
	enum err	 err;

	db_int(st, 1, owner);
	while ((err = db_row(st)) == ERR_OK) {
		err = (line = make_place(all)) == NULL ? ERR_FAULT : read_line(st, line);
		if (err != ERR_OK)
			break;
		all->n++;
	}
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static int
rank(enum bot_status status)
{
	if (status == BOT_UNHEALTHY || status == BOT_UNKNOWN)
		return 0;
	return status == BOT_DELETING ? 2 : 1;
}

static int
compare(const void *a, const void *b)
{
	const struct bot_line *x = a, *y = b;

	return rank(x->status) != rank(y->status) ? rank(x->status) - rank(y->status) : strcmp(x->name, y->name);
}

/* Put in order here: to sort by it, sqlite would work out each status three times. */
enum err
bot_list(struct db *db, int64_t owner, void (*each)(void *ctx, const struct bot_line *), void *ctx)
{
	struct gathered	all = { .line = NULL };
	enum err	err = gather(db, owner, &all);

	if (err == ERR_OK && all.n > 1)
		qsort(all.line, all.n, sizeof(*all.line), compare);
	for (size_t i = 0; i < all.n && err == ERR_OK; i++)
		each(ctx, &all.line[i]);
	free(all.line);
	return err;
}

enum err
bot_count(struct db *db, int64_t owner, int64_t *out)
{
	static const char sql[] =
	    "SELECT count(*) FROM belongs g JOIN bots b ON b.id = g.source_agent_id WHERE g.target_agent_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, owner);
	return db_one_int(st, out);
}

enum err
bot_all(struct db *db, int64_t after, int limit, void (*each)(void *ctx, const struct bot *), void *ctx)
{
	static const char sql[] =
	    "SELECT " BOT_COLUMNS " FROM " BOT_TABLES " WHERE b.id > ?1 ORDER BY b.id LIMIT ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, after);
	db_int(st, 2, limit);
	return each_row(st, each, ctx);
}

/* ---- what is due ---- */

static enum err
read_due(struct db *db, int64_t now, int limit, struct bot *rows, int *n)
{
	static const char sql[] =
	    "SELECT " BOT_COLUMNS " FROM " BOT_TABLES " WHERE b.due <= ?1 ORDER BY b.due, b.id LIMIT ?2";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	*n = 0;
	db_int(st, 1, now);
	db_int(st, 2, limit);
	while ((err = db_row(st)) == ERR_OK && (err = read_row(st, &rows[*n])) == ERR_OK)
		(*n)++;
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

/* The due time of the one after the first n. */
static enum err
read_next(struct db *db, int n, int64_t *next)
{
	static const char sql[] = "SELECT due FROM bots ORDER BY due, id LIMIT 1 OFFSET ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, n);
	if ((err = db_one_int(st, next)) != ERR_NOTFOUND)
		return err;
	*next = INT64_MAX;
	return ERR_OK;
}

enum err
bot_due_list(struct db *db, int64_t now, int limit, struct bot_due *out, int *n, int64_t *next)
{
	static const char sql[] = "SELECT id, wished_at FROM bots WHERE due <= ?1 ORDER BY due, id LIMIT ?2";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;
	int		 found = 0;

	db_int(st, 1, now);
	db_int(st, 2, limit);
	for (; (err = db_row(st)) == ERR_OK; found++)
		out[found] = (struct bot_due){ .id = db_col_int(st, 0), .wished_at = db_col_int(st, 1) };
	db_done(st);
	*n = found;
	return err == ERR_NOTFOUND ? read_next(db, found, next) : err;
}

enum err
bot_due(struct db *db, int64_t now, int limit, void (*each)(void *ctx, const struct bot *), void *ctx, int64_t *next)
{
	struct bot	*rows = calloc((size_t)limit, sizeof(*rows));
	enum err	 err = ERR_FAULT;
	int64_t		 later;
	int		 n;

	if (rows == NULL) {
		log_fault("bot", "due: out of memory");
		goto out;
	}
	if ((err = read_due(db, now, limit, rows, &n)) != ERR_OK || (err = read_next(db, n, &later)) != ERR_OK)
		goto out;
	*next = later;
	for (int i = 0; i < n; i++)
		each(ctx, &rows[i]);
out:
	free(rows);
	return err;
}

/* ---- ordering ---- */

/* "you have 5 butts, ...": the text is good until the next one. */
static const char *
too_many(int64_t n)
{
	static char text[120];

	snprintf(text, sizeof(text), "you have %" PRId64 " butt%s, that is as many as one person can have here", n,
	    n == 1 ? "" : "s");
	return text;
}

/* Takes name and description over; NULL, or why not. */
static const char *
read_wish(const char *name, const char *description, struct bot *bot)
{
	size_t n = strlen(name), d = strlen(description);

	if (n >= sizeof(bot->name))
		return "40 letters at most";
	memcpy(bot->name, name, n + 1);
	if (d >= sizeof(bot->description))
		return "that description is too long: 5,000 letters at most, fewer if they have accents";
	memcpy(bot->description, description, d + 1);
	return bot_name_fault(bot->name);
}

enum err
bot_room(struct db *db, const struct conf *conf, int64_t owner, const char **why)
{
	static const char sql[] =
	    "SELECT count(*) FROM belongs g JOIN bots b ON b.id = g.source_agent_id"
	    " WHERE g.target_agent_id = ?1 AND b.binned_at IS NULL";
	struct stmt	*st = db_stmt(db, sql);
	int64_t		 n;
	enum err	 err;

	db_int(st, 1, owner);
	if ((err = db_one_int(st, &n)) != ERR_OK || n < conf_int(conf, CONF_LIMITS_BOTS_PER_PERSON))
		return err;
	*why = too_many(n);
	return ERR_INVALID;
}

/* ERR_NOTFOUND: no server, no room on it, or no port. */
static enum err
find_place(struct db *db, const struct conf *conf, struct bot *bot)
{
	int		local = strcmp(conf_text(conf, CONF_CLOUD), "local") == 0;
	int64_t		n;
	enum err	err;

	err = local ? server_for(db, bot->owner, &bot->server) : server_order(db, bot->owner, bot->wished_at, &bot->server);
	if (err != ERR_OK || (err = server_bots(db, bot->server, &n)) != ERR_OK)
		return err;
	if (n >= conf_int(conf, CONF_LIMITS_BOTS_PER_SERVER))
		return ERR_NOTFOUND;
	return bot_free_port(db, bot->server, (int)conf_int(conf, CONF_BOTS_FIRST_PORT), &bot->port);
}

static enum err
check_place(struct db *db, const struct conf *conf, struct bot *bot, const char **why)
{
	enum err err = find_place(db, conf, bot);

	if (err != ERR_NOTFOUND)
		return err;
	*why = "this place is full right now. no butt was made.";
	return ERR_INVALID;
}

static enum err
insert_agent(struct db *db, struct bot *bot, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO agents (key, type, name, description, service, created_at, updated_at)"
	    " VALUES (?1, 'bot', ?2, ?3, 'scuttlebutt', ?4, ?4)";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	crypt_key(bot->key);
	db_text(st, 1, bot->key);
	db_text(st, 2, bot->name);
	db_text(st, 3, bot->description);
	db_int(st, 4, now);
	if ((err = db_run(st)) == ERR_OK)
		bot->id = db_last_id(db);
	return err;
}

static enum err
insert_bot(struct db *db, const struct bot *bot, const unsigned char *sealed, size_t n)
{
	static const char sql[] =
	    "INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot->id);
	db_int(st, 2, bot->server);
	db_int(st, 3, bot->wished_at);
	db_text(st, 4, bot->public_key);
	db_blob(st, 5, sealed, n);
	db_text(st, 6, bot->dir);
	db_int(st, 7, bot->port);
	return db_run(st);
}

/* Gives it an identity, of which only the sealed form is ever stored. */
static enum err
insert_with_identity(struct db *db, const struct conf *conf, struct bot *bot)
{
	struct secret	*secret = NULL;
	unsigned char	*sealed = NULL;
	size_t		 n;
	enum err	 err;

	if ((err = crypt_pub_new(bot->public_key, &secret)) != ERR_OK)
		goto out;
	if ((err = vault_seal(conf, secret, &sealed, &n)) != ERR_OK)
		goto out;
	crypt_hex(bot->dir, (BOT_DIR_CAP - 1) / 2);
	err = insert_bot(db, bot, sealed, n);
out:
	free(sealed);
	secret_free(secret);
	return err;
}

/* Who is paused gets no other one to go on with. */
static enum err
check_paused(struct db *db, int64_t owner, const char **why)
{
	char		reason[BOT_REASON_CAP];
	enum err	err = bot_suspended(db, owner, reason);

	if (err == ERR_OK)
		*why = "your butts are paused. no butt was made.";
	return err == ERR_OK ? ERR_INVALID : err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
bot_order(struct db *db, const struct conf *conf, int64_t owner, const char *name, const char *description,
    int64_t now, struct bot *out, const char **why)
{
	struct bot	bot = { .owner = owner, .wished_at = now };
	const char	*fault;
	int64_t		until;
	enum err	err;

	if ((fault = read_wish(name, description, &bot)) != NULL) {
		*why = fault;
		return ERR_INVALID;
	}
	if ((err = check_paused(db, owner, why)) != ERR_OK || (err = bot_room(db, conf, owner, why)) != ERR_OK ||
	    (err = check_place(db, conf, &bot, why)) != ERR_OK ||
	    (err = name_free(db, bot.name, owner, now, &until)) != ERR_OK ||
	    (err = insert_agent(db, &bot, now)) != ERR_OK ||
	    (err = belongs_add(db, bot.id, owner)) != ERR_OK ||
	    (err = insert_with_identity(db, conf, &bot)) != ERR_OK)
		return err;
	return bot_of_id(db, bot.id, out);
}

/* ---- wishes ---- */

/* Why a wish changed no row: the bot is not the owner's, or is not in a state for it. */
static enum err
refusal(struct db *db, int64_t owner, int64_t id)
{
	static const char sql[] = "SELECT 1 FROM belongs WHERE source_agent_id = ?2 AND target_agent_id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	int64_t		 one;
	enum err	 err;

	db_int(st, 1, owner);
	db_int(st, 2, id);
	err = db_one_int(st, &one);
	return err == ERR_OK ? ERR_INVALID : err;
}

static enum err
touch(struct db *db, int64_t id, int64_t now)
{
	static const char sql[] = "UPDATE agents SET updated_at = ?2 WHERE id = ?1 AND type = 'bot'";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, now);
	return db_run(st);
}

/* Binds owner, id and now as ?1 to ?3 and runs a wish, whose text finds its row only if it is the owner's and may change. */
static enum err
wish(struct db *db, const char *sql, const int64_t who[2], int64_t now)
{
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, who[0]);
	db_int(st, 2, who[1]);
	db_int(st, 3, now);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	if (db_changes(db) == 0)
		return refusal(db, who[0], who[1]);
	return touch(db, who[1], now);
}

/* What every wish sets, and the row that it is about. */
#define WISHED "due = 0, wished_at = max(?3, wished_at + 1)"
#define OWNED \
	"id = ?2 AND EXISTS (SELECT 1 FROM belongs g WHERE g.source_agent_id = ?2 AND g.target_agent_id = ?1)"
#define ACTIVE "binned_at IS NULL AND suspended_at IS NULL"

enum err
bot_want(struct db *db, int64_t owner, int64_t id, int stopped, int64_t now)
{
	static const char start[] =
	    "UPDATE bots SET wanted = 'running', fails = 0, reason = '', " WISHED " WHERE " OWNED " AND " ACTIVE;
	static const char stop[] =
	    "UPDATE bots SET wanted = 'stopped', " WISHED " WHERE " OWNED " AND " ACTIVE;

	return wish(db, stopped ? stop : start, (const int64_t[]){ owner, id }, now);
}

enum err
bot_restart(struct db *db, int64_t owner, int64_t id, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET restarts = restarts + (restarts = seen_restarts), fails = 0, reason = '', " WISHED
	    " WHERE " OWNED " AND " ACTIVE " AND wanted = 'running'";

	return wish(db, sql, (const int64_t[]){ owner, id }, now);
}

static enum err
set_description(struct db *db, int64_t id, const char *description)
{
	static const char sql[] = "UPDATE agents SET description = ?2 WHERE id = ?1 AND type = 'bot'";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_text(st, 2, description);
	return db_run(st);
}

enum err
bot_describe(struct db *db, int64_t owner, int64_t id, const char *description, int64_t now)
{
	static const char sql[] = "UPDATE bots SET " WISHED " WHERE " OWNED " AND binned_at IS NULL";
	enum err err;

	if (strlen(description) >= BOT_DESCRIPTION_CAP)
		return ERR_INVALID;
	if ((err = wish(db, sql, (const int64_t[]){ owner, id }, now)) != ERR_OK)
		return err;
	return set_description(db, id, description);
}

static enum err
set_erase_at(struct db *db, int64_t id, int64_t erase_at)
{
	static const char sql[] = "UPDATE bots SET erase_at = ?2, over_boot = '', over_at = 0 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, erase_at);
	return db_run(st);
}

enum err
bot_bin(struct db *db, int64_t owner, int64_t id, int64_t now, int64_t erase_at)
{
	static const char sql[] = "UPDATE bots SET binned_at = ?3, " WISHED " WHERE " OWNED " AND binned_at IS NULL";
	enum err err;

	if ((err = wish(db, sql, (const int64_t[]){ owner, id }, now)) != ERR_OK)
		return err;
	return set_erase_at(db, id, erase_at);
}

/* As if it had never had time there: that is over at the first look, unlike one that a clock says is past. */
enum err
bot_hasten(struct db *db, int64_t owner, int64_t id, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET erase_at = binned_at, " WISHED " WHERE " OWNED " AND binned_at IS NOT NULL";

	return wish(db, sql, (const int64_t[]){ owner, id }, now);
}

/* Once the worker has said that it will erase, nobody knows how much is left. */
enum err
bot_restore(struct db *db, int64_t owner, int64_t id, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET binned_at = NULL, erase_at = NULL, over_boot = '', over_at = 0, " WISHED
	    " WHERE " OWNED " AND binned_at IS NOT NULL"
	    " AND NOT EXISTS (SELECT 1 FROM intents n WHERE n.subject = 'bot:' || ?2 AND n.act = 'erase')";

	return wish(db, sql, (const int64_t[]){ owner, id }, now);
}

enum err
bot_suspend(struct db *db, int64_t owner, int64_t id, const char *why, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET suspended_at = coalesce(suspended_at, ?3), suspended_for = ?4, " WISHED " WHERE " OWNED;
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	if (why[0] == '\0' || strlen(why) >= BOT_REASON_CAP)
		return ERR_INVALID;
	db_int(st, 1, owner);
	db_int(st, 2, id);
	db_int(st, 3, now);
	db_text(st, 4, why);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

enum err
bot_resume(struct db *db, int64_t owner, int64_t id, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET suspended_at = NULL, suspended_for = '', fails = 0, reason = '', " WISHED
	    " WHERE " OWNED " AND suspended_at IS NOT NULL";

	return wish(db, sql, (const int64_t[]){ owner, id }, now);
}

enum err
bot_suspended(struct db *db, int64_t owner, char why[BOT_REASON_CAP])
{
	static const char sql[] =
	    "SELECT b.suspended_for FROM belongs g JOIN bots b ON b.id = g.source_agent_id"
	    " WHERE g.target_agent_id = ?1 AND b.suspended_at IS NOT NULL ORDER BY b.suspended_at DESC LIMIT 1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, owner);
	if ((err = db_row(st)) == ERR_OK)
		err = db_col_copy(st, 0, why, BOT_REASON_CAP);
	db_done(st);
	return err;
}

enum err
bot_wake(struct db *db, int64_t id, int64_t now)
{
	static const char sql[] = "UPDATE bots SET due = 0, wished_at = max(?2, wished_at + 1) WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, now);
	return db_run(st);
}

enum err
bot_wake_all(struct db *db, int64_t server, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET due = 0, wished_at = max(?2, wished_at + 1) WHERE ?1 = 0 OR server_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, server);
	db_int(st, 2, now);
	return db_run(st);
}
