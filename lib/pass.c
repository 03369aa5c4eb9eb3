/* The table worker: its life sign. */

#include "lib/pass.h"

#include "lib/db.h"

enum err
pass_get(struct db *db, struct pass *out)
{
	static const char sql[] =
	    "SELECT iif(seen_at > baas_now() + 5000, 0, seen_at), passed_at FROM worker WHERE id = 1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	if ((err = db_row(st)) == ERR_OK) {
		out->seen_at = db_col_int(st, 0);
		out->passed_at = db_col_int(st, 1);
	}
	db_done(st);
	return err;
}

enum err
pass_alive(struct db *db, int64_t now)
{
	static const char sql[] = "UPDATE worker SET seen_at = ?1 WHERE id = 1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now);
	return db_run(st);
}

enum err
pass_ended(struct db *db, int64_t now)
{
	static const char sql[] = "UPDATE worker SET seen_at = ?1, passed_at = ?1 WHERE id = 1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now);
	return db_run(st);
}

enum err
pass_forget(struct db *db)
{
	static const char sql[] = "UPDATE worker SET seen_at = 0, passed_at = 0 WHERE id = 1";

	return db_run(db_stmt(db, sql));
}

enum err
pass_look(struct db *db, int64_t ms)
{
	static const char sql[] = "UPDATE worker SET look = ?1 WHERE id = 1 AND look <> ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, ms);
	return db_run(st);
}
