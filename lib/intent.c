/* The table intents: what the worker is about to do outside. */

#include "lib/intent.h"

#include "lib/db.h"

enum err
intent_open(struct db *db, const char *subject, const char *act, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO intents (subject, act, opened_at) VALUES (?1, ?2, ?3) ON CONFLICT (subject, act) DO NOTHING";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, subject);
	db_text(st, 2, act);
	db_int(st, 3, now);
	return db_run(st);
}

enum err
intent_close(struct db *db, const char *subject, const char *act)
{
	static const char sql[] = "DELETE FROM intents WHERE subject = ?1 AND act = ?2";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, subject);
	db_text(st, 2, act);
	return db_run(st);
}
