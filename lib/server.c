/* The table servers: one row per machine. */

#include "lib/server.h"

#include "lib/db.h"

enum err
server_local(struct db *db, const char *address, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO servers (minion, address, created_at) VALUES ('local', ?1, ?2)"
	    " ON CONFLICT (minion) DO UPDATE SET address = excluded.address";
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
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, person);
	if ((err = db_row(st)) == ERR_OK)
		*out = db_col_int(st, 0);
	db_done(st);
	return err;
}

enum err
server_bots(struct db *db, int64_t server, int64_t *out)
{
	static const char sql[] = "SELECT count(*) FROM bots WHERE server_id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, server);
	if ((err = db_row(st)) == ERR_OK)
		*out = db_col_int(st, 0);
	db_done(st);
	return err;
}
