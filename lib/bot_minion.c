/* The bots of one server, as its Salt minion has to know them. */

#include "lib/bot_minion.h"

#include "lib/db.h"

static enum err
read_row(struct stmt *st, struct bot_minion *out)
{
	enum err err;

	if ((err = db_col_copy(st, 2, out->key, sizeof(out->key))) != ERR_OK ||
	    (err = db_col_copy(st, 3, out->name, sizeof(out->name))) != ERR_OK ||
	    (err = db_col_copy(st, 4, out->public_key, sizeof(out->public_key))) != ERR_OK ||
	    (err = db_col_copy(st, 5, out->release, sizeof(out->release))) != ERR_OK ||
	    (err = db_col_copy(st, 6, out->wanted, sizeof(out->wanted))) != ERR_OK)
		return err;
	out->port = (int)db_col_int(st, 7);
	out->restarts = db_col_int(st, 8);
	out->rebuilds = db_col_int(st, 9);
	out->sealed = db_col_blob(st, 10, &out->sealed_n);
	return ERR_OK;
}

/* One row for each bot; a server without bots has one, too, with nothing but its rev in it. */
enum err
bot_minion_list(struct db *db, const char *minion, int64_t *rev,
    enum err (*each)(void *ctx, const struct bot_minion *), void *ctx)
{
	static const char sql[] =
	    "SELECT s.rev, b.id, a.key, a.name, b.public_key, b.release,"
	    " CASE WHEN b.binned_at IS NOT NULL AND EXISTS"
	    "  (SELECT 1 FROM intents n WHERE n.subject = 'bot:' || b.id AND n.act = 'erase') THEN 'absent'"
	    " WHEN b.wanted = 'stopped' OR b.binned_at IS NOT NULL OR b.suspended_at IS NOT NULL THEN 'stopped'"
	    " ELSE 'running' END,"
	    " b.port, b.restarts, b.rebuilds, b.secret"
	    " FROM servers s LEFT JOIN bots b ON b.server_id = s.id LEFT JOIN agents a ON a.id = b.id"
	    " WHERE s.minion = ?1 AND s.wanted <> 'gone' AND s.state <> 'leaving' ORDER BY b.id";
	struct stmt		*st = db_stmt(db, sql);
	struct bot_minion	 bot = { 0 };
	int64_t			 found = -1;
	enum err		 err;

	db_text(st, 1, minion);
	while ((err = db_row(st)) == ERR_OK) {
		found = db_col_int(st, 0);
		if (db_col_null(st, 1))
			continue;
		if ((err = read_row(st, &bot)) != ERR_OK || (err = each(ctx, &bot)) != ERR_OK)
			break;
	}
	db_done(st);
	if (err != ERR_NOTFOUND || found == -1)
		return err;
	*rev = found;
	return ERR_OK;
}

enum err
bot_minion_rev(struct db *db, const char *minion, int64_t *rev)
{
	static const char sql[] = "SELECT rev FROM servers WHERE minion = ?1 AND wanted <> 'gone' AND state <> 'leaving'";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, minion);
	return db_one_int(st, rev);
}
