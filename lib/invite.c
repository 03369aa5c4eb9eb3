/* The table invites: one code for one friend. */

#include "lib/invite.h"

#include <stdio.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/db.h"

static const char	blanks[] = " \t\r\n";
static const int64_t	name_wait = 30 * CLOCK_DAY;	/* a friend whose name was not heard by then has none */

static const char *const words[INVITE_STATE__MAX] = {
	[INVITE_PENDING] = "pending",
	[INVITE_UNUSED] = "unused",
	[INVITE_USED] = "used",
	[INVITE_REVOKED] = "revoked",
};

const char *
invite_state_word(enum invite_state state)
{
	return words[state];
}

enum err
invite_code(const struct invite *invite, const char *host, int port, const char *public_key,
    char out[INVITE_CODE_CAP])
{
	char	code[INVITE_CODE_CAP];
	int	n;

	if (invite->seed[0] == '\0')
		return ERR_NOTFOUND;
	n = snprintf(code, sizeof(code), "%s:%d:%s~%s", host, port, public_key, invite->seed);
	if (n < 0 || (size_t)n >= sizeof(code))
		return ERR_INVALID;
	memcpy(out, code, (size_t)n + 1);
	return ERR_OK;
}

/* Copies label without white space at its ends; NULL, or why not. */
static const char *
read_label(const char *label, char out[INVITE_LABEL_CAP])
{
	size_t n;

	label += strspn(label, blanks);
	n = strlen(label);
	while (n > 0 && strchr(blanks, label[n - 1]) != NULL)
		n--;
	if (n >= INVITE_LABEL_CAP)
		return "that is too long: 200 letters at most, fewer if they have accents";
	if (n == 0) {
		snprintf(out, INVITE_LABEL_CAP, "someone");
		return NULL;
	}
	memcpy(out, label, n);
	out[n] = '\0';
	return NULL;
}

/* 22 characters of a token are 132 bits. */
static void
new_token(char out[INVITE_TOKEN_CAP])
{
	char token[CRYPT_TOKEN_CAP];

	crypt_token(token);
	memcpy(out, token, INVITE_TOKEN_CAP - 1);
	out[INVITE_TOKEN_CAP - 1] = '\0';
}

static enum err
insert(struct db *db, const struct invite *invite)
{
	static const char sql[] =
	    "INSERT INTO invites (key, bot_id, ref, label, token, created_at)"
	    " SELECT ?1, id, ?3, ?4, ?5, ?6 FROM bots WHERE id = ?2 AND binned_at IS NULL";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_text(st, 1, invite->key);
	db_int(st, 2, invite->bot);
	db_text(st, 3, invite->ref);
	db_text(st, 4, invite->label);
	db_text(st, 5, invite->token);
	db_int(st, 6, invite->created_at);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_INVALID : ERR_OK;
}

static enum err
check_room(struct db *db, int64_t bot, int64_t max_unused, const char **why)
{
	int64_t		count[INVITE_STATE__MAX];
	enum err	err = invite_count(db, bot, count);

	if (err != ERR_OK || count[INVITE_PENDING] + count[INVITE_UNUSED] < max_unused)
		return err;
	*why = "there are as many unused invites as one butt can have. give one away first, or revoke one";
	return ERR_INVALID;
}

enum err
invite_order(struct db *db, int64_t bot, const char *label, int64_t max_unused, int64_t now, struct invite *out,
    const char **why)
{
	struct invite	invite = { .bot = bot, .created_at = now };
	const char	*fault;
	enum err	err;

	if ((fault = read_label(label, invite.label)) != NULL) {
		*why = fault;
		return ERR_INVALID;
	}
	if ((err = check_room(db, bot, max_unused, why)) != ERR_OK)
		return err;
	crypt_key(invite.key);
	invite.ref[0] = 'i';
	crypt_hex(invite.ref + 1, 16);
	new_token(invite.token);
	if ((err = insert(db, &invite)) == ERR_INVALID)
		*why = "this butt is in the bin";
	if (err != ERR_OK)
		return err;
	invite.id = db_last_id(db);
	if ((err = bot_wake(db, bot, now)) == ERR_OK)
		*out = invite;
	return err;
}

/* The columns that read_row reads. */
#define INVITE_COLUMNS \
	"i.id, i.bot_id, i.key, i.ref, i.label, i.token, i.seed, i.revoke, i.state," \
	" i.used_by, i.used_name, i.used_at, i.created_at"

static enum invite_state
read_state(const char *word)
{
	int i = 0;

	while (i < INVITE_STATE__MAX - 1 && strcmp(words[i], word) != 0)
		i++;
	return (enum invite_state)i;
}

static enum err
read_texts(struct stmt *st, struct invite *out)
{
	const struct {
		int	 column;
		char	*out;
		size_t	 cap;
	} texts[] = {
		{ 2, out->key, sizeof(out->key) },
		{ 3, out->ref, sizeof(out->ref) },
		{ 4, out->label, sizeof(out->label) },
		{ 5, out->token, sizeof(out->token) },
		{ 6, out->seed, sizeof(out->seed) },
		{ 9, out->used_by, sizeof(out->used_by) },
		{ 10, out->used_name, sizeof(out->used_name) },
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && err == ERR_OK; i++)
		err = db_col_copy(st, texts[i].column, texts[i].out, texts[i].cap);
	return err;
}

static enum err
read_row(struct stmt *st, struct invite *out)
{
	out->id = db_col_int(st, 0);
	out->bot = db_col_int(st, 1);
	out->revoke = db_col_int(st, 7) != 0;
	out->state = read_state(db_col_text(st, 8));
	out->used_at = db_col_int(st, 11);
	out->created_at = db_col_int(st, 12);
	return read_texts(st, out);
}

/* The one row of a bound statement, and done with it. */
static enum err
get_row(struct stmt *st, struct invite *out)
{
	struct invite	invite = { 0 };
	enum err	err;

	if ((err = db_row(st)) == ERR_OK && (err = read_row(st, &invite)) == ERR_OK)
		*out = invite;
	db_done(st);
	return err;
}

static enum err
each_row(struct stmt *st, void (*each)(void *ctx, const struct invite *), void *ctx)
{
	struct invite	invite;
	enum err	err;

	while ((err = db_row(st)) == ERR_OK && (err = read_row(st, &invite)) == ERR_OK)
		each(ctx, &invite);
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
invite_get(struct db *db, int64_t bot, const char *key, struct invite *out)
{
	static const char sql[] = "SELECT " INVITE_COLUMNS " FROM invites i WHERE i.key = ?2 AND i.bot_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot);
	db_text(st, 2, key);
	return get_row(st, out);
}

enum err
invite_by_token(struct db *db, const char *token, struct invite *out)
{
	static const char sql[] =
	    "SELECT " INVITE_COLUMNS " FROM invites i JOIN bots b ON b.id = i.bot_id"
	    " WHERE i.token = ?1 AND i.state IN ('pending', 'unused') AND i.revoke = 0 AND b.binned_at IS NULL";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, token);
	return get_row(st, out);
}

enum err
invite_revoke(struct db *db, int64_t bot, const char *key, int64_t now)
{
	static const char sql[] =
	    "UPDATE invites SET revoke = 1 WHERE key = ?2 AND bot_id = ?1 AND state IN ('pending', 'unused')";
	struct stmt	*st = db_stmt(db, sql);
	struct invite	 invite;
	enum err	 err;

	db_int(st, 1, bot);
	db_text(st, 2, key);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	if (db_changes(db) != 0)
		return bot_wake(db, bot, now);
	err = invite_get(db, bot, key, &invite);
	return err == ERR_OK ? ERR_INVALID : err;
}

enum err
invite_list(struct db *db, int64_t bot, void (*each)(void *ctx, const struct invite *), void *ctx)
{
	static const char sql[] =
	    "SELECT " INVITE_COLUMNS " FROM invites i WHERE i.bot_id = ?1 ORDER BY i.created_at DESC, i.id DESC";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot);
	return each_row(st, each, ctx);
}

enum err
invite_count(struct db *db, int64_t bot, int64_t count[INVITE_STATE__MAX])
{
	static const char sql[] = "SELECT state, count(*) FROM invites WHERE bot_id = ?1 GROUP BY state";
	struct stmt	*st = db_stmt(db, sql);
	int64_t		 found[INVITE_STATE__MAX] = { 0 };
	enum err	 err;

	db_int(st, 1, bot);
	while ((err = db_row(st)) == ERR_OK)
		found[read_state(db_col_text(st, 0))] = db_col_int(st, 1);
	db_done(st);
	if (err != ERR_NOTFOUND)
		return err;
	memcpy(count, found, sizeof(found));
	return ERR_OK;
}

/* Revoked before it was made is open too: the pub may have made it, and the answer was lost. */
enum err
invite_open(struct db *db, int64_t bot, int limit, void (*each)(void *ctx, const struct invite *), void *ctx)
{
	static const char sql[] =
	    "SELECT " INVITE_COLUMNS " FROM invites i"
	    " WHERE i.bot_id = ?1 AND i.state IN ('pending', 'unused') AND (i.state = 'pending' OR i.revoke = 1)"
	    " ORDER BY i.created_at, i.id LIMIT ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot);
	db_int(st, 2, limit);
	return each_row(st, each, ctx);
}

enum err
invite_watched(struct db *db, int64_t bot, int64_t now, int limit, void (*each)(void *ctx, const struct invite *),
    void *ctx)
{
	static const char sql[] =
	    "SELECT " INVITE_COLUMNS " FROM invites i"
	    " WHERE i.bot_id = ?1 AND (i.state = 'unused'"
	    " OR (i.state = 'used' AND i.used_name IS NULL AND i.used_at > ?2))"
	    " ORDER BY i.state, i.created_at, i.id LIMIT ?3";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot);
	db_int(st, 2, now - name_wait);
	db_int(st, 3, limit);
	return each_row(st, each, ctx);
}

/* Runs a change of one row: ERR_NOTFOUND if there was none to change. */
static enum err
change(struct db *db, struct stmt *st)
{
	enum err err = db_run(st);

	if (err != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

/* What base64 of 32 bytes looks like at the start of text. */
static int
is_key(const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return strspn(text, digits) == 43 && text[43] == '=';
}

enum err
invite_made(struct db *db, int64_t id, const char *seed)
{
	static const char sql[] =
	    "UPDATE invites SET state = 'unused', seed = ?2 WHERE id = ?1 AND state = 'pending'";
	struct stmt *st;

	if (!is_key(seed) || seed[44] != '\0')
		return ERR_INVALID;
	st = db_stmt(db, sql);
	db_int(st, 1, id);
	db_text(st, 2, seed);
	return change(db, st);
}

enum err
invite_used(struct db *db, int64_t id, const char *by, const char *name, int64_t at)
{
	static const char sql[] =
	    "UPDATE invites SET state = 'used', used_by = ?2, used_name = coalesce(substr(?3, 1, 50), used_name),"
	    " used_at = coalesce(used_at, ?4), token = NULL, seed = NULL WHERE id = ?1";
	struct stmt *st;

	if (by[0] != '@' || !is_key(by + 1) || strcmp(by + 45, ".ed25519") != 0)
		return ERR_INVALID;
	st = db_stmt(db, sql);
	db_int(st, 1, id);
	db_text(st, 2, by);
	db_text(st, 3, name);
	db_int(st, 4, at);
	return change(db, st);
}

enum err
invite_revoked(struct db *db, int64_t id)
{
	static const char sql[] =
	    "UPDATE invites SET state = 'revoked', revoke = 1, token = NULL, seed = NULL"
	    " WHERE id = ?1 AND state <> 'used'";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return change(db, st);
}
