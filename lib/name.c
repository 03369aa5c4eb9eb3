/* The table names_kept. */

#include "lib/name.h"

#include "lib/clock.h"
#include "lib/db.h"

static enum err
drop_old(struct db *db, int64_t now)
{
	static const char sql[] = "DELETE FROM names_kept WHERE until <= ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now);
	return db_run(st);
}

enum err
name_keep(struct db *db, int64_t bot, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO names_kept (name, person_id, until)"
	    " SELECT a.name, g.target_agent_id, ?2 FROM agents a JOIN belongs g ON g.source_agent_id = a.id"
	    " JOIN bots b ON b.id = a.id WHERE a.id = ?1 AND b.binned_at IS NOT NULL"
	    " ON CONFLICT (name) DO UPDATE SET person_id = excluded.person_id, until = excluded.until";
	struct stmt	*st;
	enum err	 err;

	if ((err = drop_old(db, now)) != ERR_OK)
		return err;
	st = db_stmt(db, sql);
	db_int(st, 1, bot);
	db_int(st, 2, now + NAME_DAYS * CLOCK_DAY);
	return db_run(st);
}

enum err
name_free(struct db *db, const char *name, int64_t person, int64_t now, int64_t *until)
{
	static const char sql[] =
	    "SELECT until FROM names_kept WHERE name = ?1 AND person_id <> ?2 AND until > ?3";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_text(st, 1, name);
	db_int(st, 2, person);
	db_int(st, 3, now);
	if ((err = db_row(st)) == ERR_OK) {
		*until = db_col_int(st, 0);
		err = ERR_EXISTS;
	} else if (err == ERR_NOTFOUND) {
		err = ERR_OK;
	}
	db_done(st);
	return err;
}
