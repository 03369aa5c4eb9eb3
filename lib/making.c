/* The table makings: what this database had a cloud make. */

#include "lib/making.h"

#include <string.h>

#include "lib/crypt.h"
#include "lib/db.h"

static enum err
get_mark(struct stmt *st, char mark[MAKING_MARK_CAP])
{
	enum err err;

	if ((err = db_row(st)) == ERR_OK)
		err = db_col_copy(st, 0, mark, MAKING_MARK_CAP);
	db_done(st);
	return err;
}

static enum err
reopen(struct db *db, int64_t server, const char *kind, int64_t generation, char mark[MAKING_MARK_CAP])
{
	static const char sql[] =
	    "SELECT mark FROM makings WHERE server_id = ?1 AND kind = ?2 AND generation = ?3 AND thing = ''";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, server);
	db_text(st, 2, kind);
	db_int(st, 3, generation);
	return get_mark(st, mark);
}

static enum err
touch(struct db *db, const char *mark, int64_t now)
{
	static const char sql[] = "UPDATE makings SET made_at = ?2 WHERE mark = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, mark);
	db_int(st, 2, now);
	return db_run(st);
}

enum err
making_open(struct db *db, int64_t server, const char *kind, int64_t generation, int64_t now, char mark[MAKING_MARK_CAP])
{
	static const char sql[] =
	    "INSERT INTO makings (mark, server_id, kind, generation, made_at) VALUES (?1, ?2, ?3, ?4, ?5)";
	char		 fresh[CRYPT_KEY_CAP];
	struct stmt	*st;
	enum err	 err;

	if ((err = reopen(db, server, kind, generation, mark)) == ERR_OK)
		return touch(db, mark, now);
	if (err != ERR_NOTFOUND)
		return err;
	crypt_key(fresh);
	st = db_stmt(db, sql);
	db_text(st, 1, fresh);
	db_int(st, 2, server);
	db_text(st, 3, kind);
	db_int(st, 4, generation);
	db_int(st, 5, now);
	if ((err = db_run(st)) == ERR_OK)
		memcpy(mark, fresh, sizeof(fresh));
	return err;
}

enum err
making_known(struct db *db, const char *mark, const char *thing)
{
	static const char sql[] = "UPDATE makings SET thing = ?2 WHERE mark = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_text(st, 1, mark);
	db_text(st, 2, thing);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

static enum err
read_row(struct stmt *st, struct making *out)
{
	enum err err;

	out->server = db_col_int(st, 1);
	out->generation = db_col_int(st, 2);
	out->made_at = db_col_int(st, 3);
	if ((err = db_col_copy(st, 0, out->mark, sizeof(out->mark))) != ERR_OK ||
	    (err = db_col_copy(st, 4, out->kind, sizeof(out->kind))) != ERR_OK)
		return err;
	return db_col_copy(st, 5, out->thing, sizeof(out->thing));
}

/* The one row of a statement whose parameter is text. */
static enum err
get_row(struct stmt *st, const char *text, struct making *out)
{
	struct making	making = { 0 };
	enum err	err;

	db_text(st, 1, text);
	if ((err = db_row(st)) == ERR_OK && (err = read_row(st, &making)) == ERR_OK)
		*out = making;
	db_done(st);
	return err;
}

enum err
making_get(struct db *db, const char *mark, struct making *out)
{
	static const char sql[] =
	    "SELECT mark, server_id, generation, made_at, kind, thing FROM makings WHERE mark = ?1";

	return get_row(db_stmt(db, sql), mark, out);
}

enum err
making_of(struct db *db, const char *thing, struct making *out)
{
	static const char sql[] =
	    "SELECT mark, server_id, generation, made_at, kind, thing FROM makings WHERE thing = ?1 AND thing <> ''";

	return get_row(db_stmt(db, sql), thing, out);
}

enum err
making_each_open(struct db *db, int64_t server, void (*each)(void *ctx, const struct making *), void *ctx)
{
	static const char sql[] =
	    "SELECT mark, server_id, generation, made_at, kind, thing FROM makings WHERE server_id = ?1 AND thing = ''";
	struct making	 making;
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, server);
	while ((err = db_row(st)) == ERR_OK && (err = read_row(st, &making)) == ERR_OK)
		each(ctx, &making);
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
making_void(struct db *db, const char *mark)
{
	static const char sql[] = "DELETE FROM makings WHERE mark = ?1 AND thing = ''";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, mark);
	return db_run(st);
}

enum err
making_forget(struct db *db, const char *thing)
{
	static const char sql[] = "DELETE FROM makings WHERE thing = ?1 AND thing <> ''";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, thing);
	return db_run(st);
}

enum err
making_end(struct db *db, int64_t server, const char *kind)
{
	static const char all[] = "DELETE FROM makings WHERE server_id = ?1";
	static const char some[] = "DELETE FROM makings WHERE server_id = ?1 AND kind = ?2";
	struct stmt *st = db_stmt(db, kind == NULL ? all : some);

	db_int(st, 1, server);
	if (kind != NULL)
		db_text(st, 2, kind);
	return db_run(st);
}
