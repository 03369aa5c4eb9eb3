/* The table onces: answers to forms that create something. */

#include "lib/once.h"

#include "lib/clock.h"
#include "lib/db.h"

enum err
once_get(struct db *db, int64_t person, const char *once, char *location, size_t cap)
{
	static const char sql[] = "SELECT location FROM onces WHERE person_id = ?1 AND once = ?2";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, person);
	db_text(st, 2, once);
	if ((err = db_row(st)) == ERR_OK)
		err = db_col_copy(st, 0, location, cap);
	db_done(st);
	return err;
}

static enum err
drop_old(struct db *db, int64_t before)
{
	static const char sql[] = "DELETE FROM onces WHERE created_at < ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, before);
	return db_run(st);
}

enum err
once_add(struct db *db, int64_t person, const char *once, const char *location, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO onces (person_id, once, location, created_at) VALUES (?1, ?2, ?3, ?4)";
	struct stmt	*st;
	enum err	 err = drop_old(db, now - CLOCK_DAY);

	if (err != ERR_OK)
		return err;
	st = db_stmt(db, sql);
	db_int(st, 1, person);
	db_text(st, 2, once);
	db_text(st, 3, location);
	db_int(st, 4, now);
	return db_run(st);
}

enum err
once_forget(struct db *db, int64_t person)
{
	static const char sql[] = "DELETE FROM onces WHERE person_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	return db_run(st);
}
