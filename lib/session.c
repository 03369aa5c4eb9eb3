/* The table sessions: where people are signed in. */

#include "lib/session.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"

static const int64_t	idle_limit = 30 * CLOCK_DAY;
static const int64_t	age_limit = 180 * CLOCK_DAY;

static const char *const kinds[SESSION__MAX] = {
	[SESSION_BROWSER] = "browser",
	[SESSION_PROGRAM] = "program",
};

struct mark {
	const char	*text;		/* in the User-Agent, any case */
	const char	*word;
};

/* The first that occurs counts: Edge and Opera also call themselves Chrome, and all call themselves Safari. */
static const struct mark browsers[] = {
	{ "curl/", "curl" },
	{ "edg/", "edge" }, { "edga/", "edge" }, { "edgios/", "edge" }, { "edge/", "edge" },
	{ "opr/", "opera" }, { "opera", "opera" }, { "opt/", "opera" },
	{ "firefox/", "firefox" }, { "fxios/", "firefox" },
	{ "chrome/", "chrome" }, { "chromium/", "chrome" }, { "crios/", "chrome" },
	{ "safari/", "safari" },
	{ NULL, "a browser" }
};

/* Likewise: an iPhone is also "like Mac OS X", an Android also Linux. */
static const struct mark systems[] = {
	{ "iphone", "iphone" }, { "ipad", "ipad" }, { "android", "android" }, { "windows", "windows" },
	{ "mac os", "mac" }, { "macintosh", "mac" }, { "linux", "linux" },
	{ NULL, "something" }
};

static const char *
first_mark(const struct mark *marks, const char *text)
{
	while (marks->text != NULL && strcasestr(text, marks->text) == NULL)
		marks++;
	return marks->word;
}

void
session_agent(const char *user_agent, char out[SESSION_AGENT_CAP])
{
	snprintf(out, SESSION_AGENT_CAP, "%s on %s", first_mark(browsers, user_agent), first_mark(systems, user_agent));
}

static enum err
drop_ended(struct db *db, int64_t person, int64_t now)
{
	static const char sql[] =
	    "DELETE FROM sessions WHERE person_id = ?1 AND (used_at <= ?2 OR created_at <= ?3)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	db_int(st, 2, now - idle_limit);
	db_int(st, 3, now - age_limit);
	return db_run(st);
}

enum err
session_open(struct db *db, const struct session *session, char token[CRYPT_TOKEN_CAP])
{
	static const char sql[] =
	    "INSERT INTO sessions (key, hash, person_id, agent, created_at, used_at, kind)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
	unsigned char	 hash[CRYPT_HASH_LEN];
	char		 key[CRYPT_KEY_CAP], fresh[CRYPT_TOKEN_CAP];
	struct stmt	*st;
	enum err	 err;

	if ((err = drop_ended(db, session->person, session->created_at)) != ERR_OK)
		return err;
	crypt_key(key);
	crypt_token(fresh);
	crypt_hash(fresh, strlen(fresh), hash);
	st = db_stmt(db, sql);
	db_text(st, 1, key);
	db_blob(st, 2, hash, sizeof(hash));
	db_int(st, 3, session->person);
	db_text(st, 4, session->agent);
	db_int(st, 5, session->created_at);
	db_text(st, 6, kinds[session->kind]);
	if ((err = db_run(st)) == ERR_OK)
		memcpy(token, fresh, sizeof(fresh));
	return err;
}

enum err
session_read(struct stmt *st, int i, struct session *out)
{
	enum err err;

	out->id = db_col_int(st, i);
	out->person = db_col_int(st, i + 1);
	if ((err = db_col_copy(st, i + 2, out->key, sizeof(out->key))) != ERR_OK)
		return err;
	if ((err = db_col_copy(st, i + 3, out->agent, sizeof(out->agent))) != ERR_OK)
		return err;
	out->created_at = db_col_int(st, i + 4);
	out->used_at = db_col_int(st, i + 5);
	out->kind = strcmp(db_col_text(st, i + 6), kinds[SESSION_PROGRAM]) == 0 ? SESSION_PROGRAM : SESSION_BROWSER;
	return ERR_OK;
}

void
session_bind(struct stmt *st, const char *token, int64_t now)
{
	unsigned char hash[CRYPT_HASH_LEN];

	crypt_hash(token, strlen(token), hash);
	db_blob(st, 1, hash, sizeof(hash));
	db_int(st, 2, now - idle_limit);
	db_int(st, 3, now - age_limit);
}

enum err
session_used(struct db *db, int64_t id, int64_t now)
{
	static const char sql[] = "UPDATE sessions SET used_at = ?2 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, now);
	return db_run(st);
}

enum err
session_list(struct db *db, int64_t person, int64_t now, void (*each)(void *ctx, const struct session *), void *ctx)
{
	static const char sql[] =
	    "SELECT " SESSION_COLUMNS " FROM sessions s"
	    " WHERE s.person_id = ?1 AND s.used_at > ?2 AND s.created_at > ?3 ORDER BY s.used_at DESC, s.id DESC";
	struct stmt	*st = db_stmt(db, sql);
	struct session	 session;
	enum err	 err;

	db_int(st, 1, person);
	db_int(st, 2, now - idle_limit);
	db_int(st, 3, now - age_limit);
	while ((err = db_row(st)) == ERR_OK && (err = session_read(st, 0, &session)) == ERR_OK)
		each(ctx, &session);
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
session_end(struct db *db, int64_t person, const char *key)
{
	static const char sql[] = "DELETE FROM sessions WHERE person_id = ?1 AND key = ?2";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, person);
	db_text(st, 2, key);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

enum err
session_end_all(struct db *db, int64_t person, int64_t but)
{
	static const char sql[] = "DELETE FROM sessions WHERE person_id = ?1 AND id <> ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	db_int(st, 2, but);
	return db_run(st);
}

enum err
session_trim(struct db *db, int64_t person, enum session_kind kind, int64_t keep)
{
	static const char sql[] =
	    "DELETE FROM sessions WHERE id IN"
	    " (SELECT id FROM sessions WHERE person_id = ?1 AND kind = ?3 ORDER BY id DESC LIMIT -1 OFFSET ?2)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	db_int(st, 2, keep);
	db_text(st, 3, kinds[kind]);
	return db_run(st);
}
