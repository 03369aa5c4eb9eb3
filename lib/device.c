/* The table devices: browsers that people have signed in with. */

#include "lib/device.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"

/* Binds the token's hash as parameter i. */
static void
bind_hash(struct stmt *st, int i, const char *token)
{
	unsigned char hash[CRYPT_HASH_LEN];

	crypt_hash(token, strlen(token), hash);
	db_blob(st, i, hash, sizeof(hash));
}

enum err
device_get(struct db *db, const char *token, int64_t person, int64_t now)
{
	static const char sql[] = "SELECT 1 FROM devices WHERE hash = ?1 AND person_id = ?2 AND used_at > ?3";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	bind_hash(st, 1, token);
	db_int(st, 2, person);
	db_int(st, 3, now - DEVICE_DAYS * CLOCK_DAY);
	err = db_row(st);
	db_done(st);
	return err;
}

/* ERR_NOTFOUND unless it is somebody's. */
static enum err
check_ours(struct db *db, const char *token, int64_t now)
{
	static const char sql[] = "SELECT 1 FROM devices WHERE hash = ?1 AND used_at > ?2 LIMIT 1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	bind_hash(st, 1, token);
	db_int(st, 2, now - DEVICE_DAYS * CLOCK_DAY);
	err = db_row(st);
	db_done(st);
	return err;
}

/* The person's beyond the latest few, and what has not been used for long. */
static enum err
drop_old(struct db *db, int64_t person, int64_t now)
{
	static const char sql[] =
	    "DELETE FROM devices WHERE person_id = ?1 AND (used_at <= ?2 OR hash IN"
	    " (SELECT hash FROM devices WHERE person_id = ?1 ORDER BY used_at DESC LIMIT -1 OFFSET ?3))";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	db_int(st, 2, now - DEVICE_DAYS * CLOCK_DAY);
	db_int(st, 3, DEVICES_KEPT);
	return db_run(st);
}

enum err
device_used(struct db *db, char token[CRYPT_TOKEN_CAP], int64_t person, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO devices (hash, person_id, created_at, used_at) VALUES (?1, ?2, ?3, ?3)"
	    " ON CONFLICT (hash, person_id) DO UPDATE SET used_at = ?3";
	struct stmt	*st;
	enum err	 err;

	if ((err = check_ours(db, token, now)) == ERR_NOTFOUND)
		crypt_token(token);
	else if (err != ERR_OK)
		return err;
	st = db_stmt(db, sql);
	bind_hash(st, 1, token);
	db_int(st, 2, person);
	db_int(st, 3, now);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return drop_old(db, person, now);
}

enum err
device_forget(struct db *db, int64_t person, const char *but)
{
	static const char sql[] = "DELETE FROM devices WHERE person_id = ?1 AND hash <> ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	bind_hash(st, 2, but);
	return db_run(st);
}
