/* The table confirmations: accounts that wait for a click. */

#include "lib/confirmation.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"

static const int64_t good_for = CLOCK_DAY;
static const int64_t good_here = CLOCK_HOUR;	/* without the password, in the browser that asked */
static const int64_t slack = 5 * CLOCK_MINUTE;	/* that the clock may have been set back since */

/* Binds a token's hash as parameter i. */
static void
bind_hash(struct stmt *st, int i, const char *token)
{
	unsigned char hash[CRYPT_HASH_LEN];

	crypt_hash(token, strlen(token), hash);
	db_blob(st, i, hash, sizeof(hash));
}

enum err
confirmation_order(struct db *db, const struct confirmation *c, int64_t now, char token[CONFIRMATION_TOKEN_CAP])
{
	static const char sql[] =
	    "INSERT INTO confirmations (hash, email, password, name, created_at, browser) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
	char		 fresh[CONFIRMATION_TOKEN_CAP];
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	crypt_hex(fresh, (CONFIRMATION_TOKEN_CAP - 1) / 2);
	bind_hash(st, 1, fresh);
	db_text(st, 2, c->email);
	db_text(st, 3, c->password);
	db_text(st, 4, c->name);
	db_int(st, 5, now);
	if (c->browser[0] == '\0')
		db_null(st, 6);
	else
		bind_hash(st, 6, c->browser);
	if ((err = db_run(st)) == ERR_OK)
		memcpy(token, fresh, sizeof(fresh));
	return err;
}

enum err
confirmation_get(struct db *db, const char *token, int64_t now, struct confirmation *out)
{
	static const char sql[] =
	    "SELECT email, password, name FROM confirmations WHERE hash = ?1 AND created_at > ?2 AND created_at <= ?3";
	struct stmt		*st = db_stmt(db, sql);
	struct confirmation	 c = { 0 };
	enum err		 err;

	bind_hash(st, 1, token);
	db_int(st, 2, now - good_for);
	db_int(st, 3, now + slack);
	if ((err = db_row(st)) == ERR_OK &&
	    (err = db_col_copy(st, 0, c.email, sizeof(c.email))) == ERR_OK &&
	    (err = db_col_copy(st, 1, c.password, sizeof(c.password))) == ERR_OK &&
	    (err = db_col_copy(st, 2, c.name, sizeof(c.name))) == ERR_OK)
		*out = c;
	db_done(st);
	return err;
}

enum err
confirmation_here(struct db *db, const char *token, const char *browser, int64_t now)
{
	static const char sql[] =
	    "SELECT 1 FROM confirmations WHERE hash = ?1 AND browser = ?2 AND created_at > ?3 AND created_at <= ?4";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	bind_hash(st, 1, token);
	bind_hash(st, 2, browser);
	db_int(st, 3, now - good_here);
	db_int(st, 4, now + slack);
	err = db_row(st);
	db_done(st);
	return err;
}

enum err
confirmation_drop(struct db *db, const char *email)
{
	static const char sql[] = "DELETE FROM confirmations WHERE email = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, email);
	return db_run(st);
}

enum err
confirmation_thin(struct db *db, int64_t now, int limit)
{
	static const char sql[] =
	    "DELETE FROM confirmations WHERE hash IN (SELECT hash FROM confirmations WHERE created_at <= ?1 LIMIT ?2)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now - good_for);
	db_int(st, 2, limit);
	return db_run(st);
}
