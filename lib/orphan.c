/* The table orphans: what looks like ours in the cloud and belongs to no row. */

#include "lib/orphan.h"

#include "lib/db.h"

static enum err
insert(struct db *db, const struct orphan *orphan, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO orphans (kind, thing, name, ours, found_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)"
	    " ON CONFLICT (kind, thing) DO NOTHING";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, orphan->kind);
	db_text(st, 2, orphan->thing);
	db_text(st, 3, orphan->name);
	db_int(st, 4, orphan->ours != 0);
	db_int(st, 5, now);
	return db_run(st);
}

enum err
orphan_saw(struct db *db, const struct orphan *orphan, int64_t now, int *fresh)
{
	static const char sql[] = "UPDATE orphans SET name = ?3, ours = ?4, seen_at = ?5 WHERE kind = ?1 AND thing = ?2";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_text(st, 1, orphan->kind);
	db_text(st, 2, orphan->thing);
	db_text(st, 3, orphan->name);
	db_int(st, 4, orphan->ours != 0);
	db_int(st, 5, now);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	*fresh = db_changes(db) == 0;
	return *fresh ? insert(db, orphan, now) : ERR_OK;
}

enum err
orphan_keep(struct db *db, const char *kind, const char *thing, int64_t now)
{
	static const char	 sql[] = "UPDATE orphans SET seen_at = ?3 WHERE kind = ?1 AND thing = ?2";
	struct stmt		*st = db_stmt(db, sql);

	db_text(st, 1, kind);
	db_text(st, 2, thing);
	db_int(st, 3, now);
	return db_run(st);
}

enum err
orphan_thin(struct db *db, int64_t since, int keys)
{
	static const char sql[] = "DELETE FROM orphans WHERE seen_at < ?1 AND (kind = 'key') = ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, since);
	db_int(st, 2, keys != 0);
	return db_run(st);
}

static enum err
read_row(struct stmt *st, struct orphan *out)
{
	enum err err;

	out->id = db_col_int(st, 0);
	out->ours = db_col_int(st, 4) != 0;
	out->found_at = db_col_int(st, 5);
	out->seen_at = db_col_int(st, 6);
	out->drop_it = db_col_int(st, 7) != 0;
	if ((err = db_col_copy(st, 1, out->kind, sizeof(out->kind))) != ERR_OK ||
	    (err = db_col_copy(st, 2, out->thing, sizeof(out->thing))) != ERR_OK)
		return err;
	return db_col_copy(st, 3, out->name, sizeof(out->name));
}

/* One by one, each in a statement of its own, so that each may write. */
static enum err
read_after(struct db *db, int64_t id, struct orphan *out)
{
	static const char sql[] =
	    "SELECT id, kind, thing, name, ours, found_at, seen_at, drop_it FROM orphans WHERE id > ?1 ORDER BY id LIMIT 1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, id);
	if ((err = db_row(st)) == ERR_OK)
		err = read_row(st, out);
	db_done(st);
	return err;
}

enum err
orphan_list(struct db *db, void (*each)(void *ctx, const struct orphan *), void *ctx)
{
	struct orphan	orphan = { .id = 0 };
	enum err	err;

	while ((err = read_after(db, orphan.id, &orphan)) == ERR_OK)
		each(ctx, &orphan);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
orphan_drop(struct db *db, int64_t id)
{
	static const char sql[] = "UPDATE orphans SET drop_it = 1 WHERE id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, id);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

enum err
orphan_forget(struct db *db, int64_t id)
{
	static const char sql[] = "DELETE FROM orphans WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return db_run(st);
}
