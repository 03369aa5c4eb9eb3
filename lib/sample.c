/* The table samples: measurements, kept as minutes, hours and days at once. */

#include "lib/sample.h"

#include "lib/clock.h"
#include "lib/db.h"

static const struct {
	int	step;		/* seconds */
	int64_t	kept;		/* ms */
} steps[] = {
	{ 60, 2 * CLOCK_DAY },
	{ 3600, 60 * CLOCK_DAY },
	{ 86400, 5 * 365 * CLOCK_DAY },
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static enum err
add_to(struct db *db, int64_t bot, int step, const struct sample *now)
{
	static const char sql[] =
	    "INSERT INTO samples (bot_id, step, at, memory, disk, bytes_in, bytes_out, peers, alive_ms)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	    " ON CONFLICT (bot_id, step, at) DO UPDATE SET memory = max(memory, ?4), disk = ?5,"
	    " bytes_in = min(bytes_in + ?6, 1 << 60), bytes_out = min(bytes_out + ?7, 1 << 60),"
	    " peers = max(peers, ?8), alive_ms = min(alive_ms + ?9, ?2 * 1000)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot);
	db_int(st, 2, step);
	db_int(st, 3, now->at - now->at % (step * CLOCK_SECOND));
	db_int(st, 4, now->memory);
	db_int(st, 5, now->disk);
	db_int(st, 6, now->bytes_in);
	db_int(st, 7, now->bytes_out);
	db_int(st, 8, now->peers);
	db_int(st, 9, now->alive_ms);
	return db_run(st);
}

enum err
sample_add(struct db *db, int64_t bot, const struct sample *now)
{
	enum err err = ERR_OK;

	for (int i = 0; i < STEPS && err == ERR_OK; i++)
		err = add_to(db, bot, steps[i].step, now);
	return err;
}

static void
read_row(struct stmt *st, struct sample *out)
{
	out->at = db_col_int(st, 0);
	out->memory = db_col_int(st, 1);
	out->disk = db_col_int(st, 2);
	out->bytes_in = db_col_int(st, 3);
	out->bytes_out = db_col_int(st, 4);
	out->peers = db_col_int(st, 5);
	out->alive_ms = db_col_int(st, 6);
}

enum err
sample_list(struct db *db, int64_t bot, int step, int64_t from, int64_t to,
    void (*each)(void *ctx, const struct sample *), void *ctx)
{
	static const char sql[] =
	    "SELECT at, memory, disk, bytes_in, bytes_out, peers, alive_ms FROM samples"
	    " WHERE bot_id = ?1 AND step = ?2 AND at >= ?3 AND at < ?4 ORDER BY at";
	struct stmt	*st = db_stmt(db, sql);
	struct sample	 sample;
	enum err	 err;

	db_int(st, 1, bot);
	db_int(st, 2, step);
	db_int(st, 3, from);
	db_int(st, 4, to);
	while ((err = db_row(st)) == ERR_OK) {
		read_row(st, &sample);
		each(ctx, &sample);
	}
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static enum err
thin_step(struct db *db, int step, int64_t before, int limit)
{
	static const char sql[] =
	    "DELETE FROM samples WHERE (bot_id, step, at) IN"
	    " (SELECT bot_id, step, at FROM samples WHERE step = ?1 AND at < ?2 LIMIT ?3)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, step);
	db_int(st, 2, before);
	db_int(st, 3, limit);
	return db_run(st);
}

enum err
sample_thin(struct db *db, int64_t now, int limit, int *left)
{
	int		more = 0;
	enum err	err;

	for (int i = 0; i < STEPS; i++) {
		if ((err = thin_step(db, steps[i].step, now - steps[i].kept, limit)) != ERR_OK)
			return err;
		more |= db_changes(db) >= limit;
	}
	*left = more;
	return ERR_OK;
}
