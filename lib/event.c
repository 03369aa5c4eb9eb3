/* The table events: what happened. */

#include "lib/event.h"

#include <string.h>

#include "lib/db.h"

static const char *const words[EVENT__MAX] = {
	[EVENT_PERSON_REGISTER] = "person.register",
	[EVENT_PERSON_SIGN_IN] = "person.sign-in",
	[EVENT_PERSON_PASSWORD] = "person.password",
	[EVENT_PERSON_LEAVE] = "person.leave",
	[EVENT_BOT_ORDER] = "bot.order",
	[EVENT_BOT_START] = "bot.start",
	[EVENT_BOT_STOP] = "bot.stop",
	[EVENT_BOT_RESTART] = "bot.restart",
	[EVENT_BOT_BIN] = "bot.bin",
	[EVENT_BOT_RESTORE] = "bot.restore",
	[EVENT_BOT_ALIVE] = "bot.alive",
	[EVENT_BOT_STOPPED] = "bot.stopped",
	[EVENT_BOT_UNHEALTHY] = "bot.unhealthy",
	[EVENT_BOT_DIED] = "bot.died",
	[EVENT_BOT_ERASE] = "bot.erase",
	[EVENT_BOT_PORT] = "bot.port",
	[EVENT_BOT_SUSPEND] = "bot.suspend",
	[EVENT_BOT_RESUME] = "bot.resume",
	[EVENT_SERVER_READY] = "server.ready",
	[EVENT_SERVER_ANEW] = "server.anew",
	[EVENT_SERVER_BROKEN] = "server.broken",
	[EVENT_SERVER_GONE] = "server.gone",
	[EVENT_SERVER_DROP] = "server.drop",
	[EVENT_VOLUME_DROP] = "volume.drop",
	[EVENT_IP_DROP] = "ip.drop",
	[EVENT_IP6_DROP] = "ip6.drop",
	[EVENT_KEYS] = "keys",
	[EVENT_ADMIN_ANEW] = "admin.server-anew",
	[EVENT_ADMIN_APPLY] = "admin.server-apply",
	[EVENT_ADMIN_ORPHAN] = "admin.orphan-delete",
	[EVENT_ADMIN_ACT] = "admin.worker-act",
	[EVENT_ADMIN_REPORT] = "admin.worker-report",
	[EVENT_ADMIN_RESTORE] = "admin.restore",
	[EVENT_ADMIN_LIFT] = "admin.brake-lift",
	[EVENT_INVITE_ORDER] = "invite.order",
	[EVENT_INVITE_REVOKE] = "invite.revoke",
	[EVENT_INVITE_USED] = "invite.used",
};

const char *
event_word(enum event_what what)
{
	return words[what];
}

static void
bind_id(struct stmt *st, int i, int64_t id)
{
	if (id == 0)
		db_null(st, i);
	else
		db_int(st, i, id);
}

enum err
event_add(struct db *db, const struct event *event)
{
	static const char sql[] =
	    "INSERT INTO events (at, person_id, bot_id, bot_name, actor, what, detail)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, event->at);
	bind_id(st, 2, event->person);
	bind_id(st, 3, event->bot);
	db_text(st, 4, event->bot_name);
	db_text(st, 5, event->actor);
	db_text(st, 6, event_word(event->what));
	db_text(st, 7, event->detail);
	return db_run(st);
}

/* ERR_NOTFOUND: a word that this build doesn't know. */
static enum err
read_what(const char *word, enum event_what *out)
{
	for (int i = 0; i < EVENT__MAX; i++) {
		if (strcmp(words[i], word) == 0) {
			*out = (enum event_what)i;
			return ERR_OK;
		}
	}
	return ERR_NOTFOUND;
}

static enum err
read_row(struct stmt *st, struct event *out)
{
	enum err err;

	out->at = db_col_int(st, 0);
	out->person = db_col_int(st, 1);
	out->bot = db_col_int(st, 2);
	if ((err = db_col_copy(st, 3, out->bot_name, sizeof(out->bot_name))) != ERR_OK)
		return err;
	if ((err = db_col_copy(st, 4, out->actor, sizeof(out->actor))) != ERR_OK)
		return err;
	if ((err = db_col_copy(st, 6, out->detail, sizeof(out->detail))) != ERR_OK)
		return err;
	return read_what(db_col_text(st, 5), &out->what);
}

/* The rows of a bound statement, and done with it. */
static enum err
each_row(struct stmt *st, void (*each)(void *ctx, const struct event *), void *ctx)
{
	enum err err;

	while ((err = db_row(st)) == ERR_OK) {
		struct event	event = { 0 };
		enum err	row = read_row(st, &event);

		if (row == ERR_NOTFOUND)
			continue;
		if ((err = row) != ERR_OK)
			break;
		each(ctx, &event);
	}
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
event_list(struct db *db, int64_t bot, int limit, void (*each)(void *ctx, const struct event *), void *ctx)
{
	static const char sql[] =
	    "SELECT at, person_id, bot_id, bot_name, actor, what, detail FROM events"
	    " WHERE bot_id = ?1 ORDER BY id DESC LIMIT ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, bot);
	db_int(st, 2, limit);
	return each_row(st, each, ctx);
}

enum err
event_of_server(struct db *db, int64_t person, int limit, void (*each)(void *ctx, const struct event *), void *ctx)
{
	static const char sql[] =
	    "SELECT at, person_id, bot_id, bot_name, actor, what, detail FROM events WHERE person_id = ?1"
	    " AND (what LIKE 'server.%' OR what LIKE 'admin.server-%' OR what IN ('volume.drop', 'ip.drop', 'ip6.drop'))"
	    " ORDER BY id DESC LIMIT ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	db_int(st, 2, limit);
	return each_row(st, each, ctx);
}

enum err
event_count(struct db *db, enum event_what what, int64_t since, int64_t *out)
{
	static const char sql[] = "SELECT count(*) FROM events WHERE what = ?1 AND at >= ?2";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, event_word(what));
	db_int(st, 2, since);
	return db_one_int(st, out);
}

/* By number, so that a clock that was set back changes nothing. */
enum err
event_count_lifted(struct db *db, enum event_what what, int64_t since, const char *lifted, int64_t *out)
{
	static const char sql[] =
	    "SELECT count(*) FROM events WHERE what = ?1 AND at >= ?2"
	    " AND id > coalesce((SELECT max(id) FROM events WHERE what = ?3 AND detail = ?4), 0)";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, event_word(what));
	db_int(st, 2, since);
	db_text(st, 3, event_word(EVENT_ADMIN_LIFT));
	db_text(st, 4, lifted);
	return db_one_int(st, out);
}
