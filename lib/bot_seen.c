/* Bots: what the worker has seen of them.  Reading and wishes are in lib/bot.c. */

#include "lib/bot.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/name.h"

/* No look has moved more, and no month: a pub that counts wildly must not make its row unwritable. */
static const int64_t	most_of_a_look = INT64_C(1) << 50;
static const int64_t	most_of_a_month = INT64_C(1) << 60;

/* Takes a run's counter over, and says how far it went since the last look.  One that went back has begun anew. */
static int64_t
count_up(int64_t *run, int64_t count)
{
	int64_t before = *run, moved;

	*run = count < 0 ? 0 : count;
	moved = *run < before ? *run : *run - before;
	return moved < most_of_a_look ? moved : most_of_a_look;
}

static int64_t
add(int64_t sum, int64_t more)
{
	return sum < most_of_a_month - more ? sum + more : most_of_a_month;
}

/* Brings the counters of run and month in bot up to date, and says what moved. */
static struct bot_moved
count_traffic(struct bot *bot, const struct bot_seen *seen, int64_t now)
{
	struct bot_moved	moved = { 0, 0 };
	char			month[CLOCK_MONTH_CAP];

	clock_month(now, month);
	if (strcmp(bot->month, month) != 0) {
		memcpy(bot->month, month, sizeof(bot->month));
		bot->month_in = bot->month_out = 0;
	}
	/* One that seems to have begun before the last is the same: the clock was set back. */
	if (seen->started_at > bot->started_at)
		bot->run_in = bot->run_out = 0;
	if (seen->started_at != 0)
		bot->started_at = seen->started_at;
	if (!seen->has_numbers)
		return moved;
	moved.in = count_up(&bot->run_in, seen->bytes_in);
	moved.out = count_up(&bot->run_out, seen->bytes_out);
	bot->month_in = add(bot->month_in, moved.in);
	bot->month_out = add(bot->month_out, moved.out);
	return moved;
}

/* Copies text (NULL: none), cut before the character that does not fit whole. */
static void
cut(const char *text, char *out, size_t cap)
{
	size_t n = text == NULL ? 0 : strlen(text);

	if (n >= cap) {
		n = cap - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(out, text, n);
	out[n] = '\0';
}

/* Only started_at, the fails and what was counted: the rest comes with numbers. */
static enum err
save_look(struct db *db, const struct bot *bot, const struct bot_seen *seen, int64_t now)
{
	static const char sql[] =
	    "UPDATE bots SET seen_at = ?2, running = ?3, started_at = nullif(?4, 0),"
	    " proven_at = iif(?5, ?2, proven_at), fails = iif(?6, 0, fails + ?7), reason = ?8,"
	    " run_in = ?9, run_out = ?10, month = ?11, month_in = ?12, month_out = ?13, peers = NULL, memory = NULL"
	    " WHERE id = ?1";
	char		 reason[BOT_REASON_CAP];
	struct stmt	*st = db_stmt(db, sql);

	cut(seen->reason, reason, sizeof(reason));
	db_int(st, 1, bot->id);
	db_int(st, 2, now);
	db_int(st, 3, seen->running != 0);
	db_int(st, 4, bot->started_at);
	db_int(st, 5, seen->proven != 0);
	db_int(st, 6, seen->well != 0);
	db_int(st, 7, seen->failed != 0);
	db_text(st, 8, reason);
	db_int(st, 9, bot->run_in);
	db_int(st, 10, bot->run_out);
	db_text(st, 11, bot->month);
	db_int(st, 12, bot->month_in);
	db_int(st, 13, bot->month_out);
	return db_run(st);
}

static enum err
save_numbers(struct db *db, int64_t id, const struct bot_seen *seen)
{
	static const char sql[] =
	    "UPDATE bots SET seen_restarts = ?2, seen_rebuilds = ?3, seen_release = ?4, peers = ?5, feeds = ?6,"
	    " messages = ?7, memory = ?8, disk_log = ?9, disk_blobs = ?10, disk_indexes = ?11 WHERE id = ?1";
	const int64_t	 numbers[] = {
		seen->peers, seen->feeds, seen->messages, seen->memory, seen->disk_log, seen->disk_blobs,
		seen->disk_indexes,
	};
	char		 release[BOT_RELEASE_CAP];
	struct stmt	*st = db_stmt(db, sql);

	cut(seen->release, release, sizeof(release));
	db_int(st, 1, id);
	db_int(st, 2, seen->restarts);
	db_int(st, 3, seen->rebuilds);
	db_text(st, 4, release);
	for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++) {
		if (numbers[i] < 0)
			db_null(st, 5 + i);
		else
			db_int(st, 5 + i, numbers[i]);
	}
	return db_run(st);
}

enum err
bot_saw(struct db *db, const struct bot *bot, const struct bot_seen *seen, int64_t now, int64_t due,
    struct bot_moved *moved)
{
	struct bot		row = *bot;
	struct bot_moved	found = count_traffic(&row, seen, now);
	enum err		err;

	if ((err = save_look(db, &row, seen, now)) != ERR_OK)
		return err;
	if (seen->has_numbers && (err = save_numbers(db, row.id, seen)) != ERR_OK)
		return err;
	if ((err = bot_set_due(db, bot, due)) == ERR_OK)
		*moved = found;
	return err;
}

enum err
bot_set_due(struct db *db, const struct bot *bot, int64_t due)
{
	static const char sql[] = "UPDATE bots SET due = iif(wished_at = ?2, ?3, 0) WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot->id);
	db_int(st, 2, bot->wished_at);
	db_int(st, 3, due);
	return db_run(st);
}

/* But for those past their time in the bin: the brake may have put them off. */
enum err
bot_hurry(struct db *db, int64_t now, int limit, int *n)
{
	static const char sql[] =
	    "UPDATE bots SET due = ?1 WHERE id IN (SELECT id FROM bots WHERE due > ?1 + 120000"
	    " AND (erase_at IS NULL OR erase_at > ?1 OR due > ?1 + 7200000) LIMIT ?2)";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, now);
	db_int(st, 2, limit);
	if ((err = db_run(st)) == ERR_OK)
		*n = (int)db_changes(db);
	return err;
}

enum err
bot_due_running(struct db *db, int64_t now, int64_t within)
{
	static const char sql[] = "UPDATE bots SET due = ?1 WHERE due > ?1 AND due <= ?1 + ?2 AND running";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now);
	db_int(st, 2, within);
	return db_run(st);
}

enum err
bot_due_over(struct db *db, int64_t now)
{
	static const char sql[] = "UPDATE bots SET due = 0 WHERE binned_at IS NOT NULL AND erase_at <= ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now);
	return db_run(st);
}

enum err
bot_set_port(struct db *db, int64_t id, int port)
{
	static const char sql[] = "UPDATE bots SET port = ?2 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, port);
	return db_run(st);
}

/* Either the first one itself, or the one after a taken port that is not followed by another. */
enum err
bot_free_port(struct db *db, int64_t server, int from, int *out)
{
	static const char sql[] =
	    "SELECT min(port) FROM (SELECT ?2 AS port"
	    " UNION ALL SELECT port + 1 FROM bots WHERE server_id = ?1 AND port >= ?2) AS p"
	    " WHERE NOT EXISTS (SELECT 1 FROM bots b WHERE b.server_id = ?1 AND b.port = p.port)";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;
	int64_t		 port;

	db_int(st, 1, server);
	db_int(st, 2, from);
	err = db_row(st);
	port = err == ERR_OK ? db_col_int(st, 0) : 0;
	db_done(st);
	if (err != ERR_OK)
		return err;
	if (port < 1 || port > 65535)
		return ERR_NOTFOUND;
	*out = (int)port;
	return ERR_OK;
}

enum err
bot_noted_status(struct db *db, int64_t id, const char *status, int64_t now)
{
	static const char sql[] = "UPDATE bots SET last_status = ?2, status_since = ?3 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_text(st, 2, status);
	db_int(st, 3, now);
	return db_run(st);
}

enum err
bot_over(struct db *db, int64_t id, const char *boot, int64_t at)
{
	static const char sql[] = "UPDATE bots SET over_boot = ?2, over_at = ?3 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_text(st, 2, boot);
	db_int(st, 3, at);
	return db_run(st);
}

enum err
bot_invites_seen(struct db *db, int64_t id, int64_t rev)
{
	static const char sql[] = "UPDATE bots SET invites_seen = ?2 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, rev);
	return db_run(st);
}

enum err
bot_total(struct db *db, int64_t *out)
{
	static const char sql[] = "SELECT count(*) FROM bots";
	struct stmt *st = db_stmt(db, sql);

	return db_one_int(st, out);
}

/* address: what it should be.  Found by the index of its server's ports. */
enum err
bot_record_due(struct db *db, int64_t server, const char *address, const char *address6, struct bot_record *out)
{
	static const char sql[] =
	    "SELECT b.id, a.name FROM bots b JOIN agents a ON a.id = b.id"
	    " WHERE b.server_id = ?1 AND (b.record <> ?2 OR b.record6 <> ?3) ORDER BY b.port LIMIT 1";
	struct bot_record	 record = { 0 };
	struct stmt		*st = db_stmt(db, sql);
	enum err		 err;

	db_int(st, 1, server);
	db_text(st, 2, address);
	db_text(st, 3, address6);
	if ((err = db_row(st)) == ERR_OK && (err = db_col_copy(st, 1, record.name, sizeof(record.name))) == ERR_OK) {
		record.bot = db_col_int(st, 0);
		*out = record;
	}
	db_done(st);
	return err;
}

enum err
bot_record(struct db *db, int64_t id, const char *address, const char *address6)
{
	static const char sql[] = "UPDATE bots SET record = ?2, record6 = ?3 WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_text(st, 2, address);
	db_text(st, 3, address6);
	return db_run(st);
}

enum err
bot_has_record(struct db *db, int64_t id, int *out)
{
	static const char sql[] = "SELECT record <> '' OR record6 <> '' FROM bots WHERE id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, id);
	if ((err = db_row(st)) == ERR_OK)
		*out = db_col_int(st, 0) != 0;
	db_done(st);
	return err;
}

enum err
bot_sealed(struct db *db, int64_t id, unsigned char **out, size_t *n)
{
	static const char sql[] = "SELECT secret FROM bots WHERE id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	const void	*bytes;
	unsigned char	*copy;
	size_t		 len;
	enum err	 err;

	db_int(st, 1, id);
	if ((err = db_row(st)) != ERR_OK)
		goto out;
	bytes = db_col_blob(st, 0, &len);
	if (bytes == NULL || (copy = malloc(len)) == NULL) {
		log_fault("bot", "sealed: %s", bytes == NULL ? "there is none" : "out of memory");
		err = ERR_FAULT;
		goto out;
	}
	memcpy(copy, bytes, len);
	*out = copy;
	*n = len;
out:
	db_done(st);
	return err;
}

enum err
bot_erase(struct db *db, int64_t id)
{
	static const char sql[] =
	    "DELETE FROM agents WHERE id = ?1 AND type = 'bot'"
	    " AND EXISTS (SELECT 1 FROM bots WHERE id = ?1 AND binned_at IS NOT NULL)";
	struct stmt	*st;
	enum err	 err;

	if ((err = name_keep(db, id, clock_now())) != ERR_OK)
		return err;
	st = db_stmt(db, sql);
	db_int(st, 1, id);
	if ((err = db_run(st)) != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

/* started_at and the counters stay: they tell a run that goes on from a new one. */
enum err
bot_forget(struct db *db)
{
	static const char sql[] =
	    "UPDATE bots SET seen_at = NULL, running = 0, proven_at = NULL, fails = 0, reason = '', peers = NULL,"
	    " feeds = NULL, messages = NULL, memory = NULL, disk_log = NULL, disk_blobs = NULL, disk_indexes = NULL,"
	    " due = 0";

	return db_run(db_stmt(db, sql));
}
