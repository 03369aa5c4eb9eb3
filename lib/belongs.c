/* Who belongs to whom: the table belongs. */

#include "lib/belongs.h"

#include "lib/db.h"

enum err
belongs_add(struct db *db, int64_t source, int64_t target)
{
	static const char sql[] = "INSERT INTO belongs (source_agent_id, target_agent_id) VALUES (?1, ?2)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, source);
	db_int(st, 2, target);
	return db_run(st);
}
