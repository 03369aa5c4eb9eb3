/* The brake: what events and rows tell of it. */

#include "lib/brake.h"

#include <stdio.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/server.h"

static const char *const words[BRAKE__MAX] = {
	[BRAKE_SERVER] = "server", [BRAKE_VOLUME] = "volume", [BRAKE_IP] = "ip", [BRAKE_IP6] = "ip6",
	[BRAKE_BOT] = "bot",
};

const char *
brake_word(enum brake_kind kind)
{
	return words[kind];
}

enum err
brake_of_word(const char *word, enum brake_kind *out)
{
	for (int i = 0; i < BRAKE__MAX; i++) {
		if (strcmp(words[i], word) == 0) {
			*out = (enum brake_kind)i;
			return ERR_OK;
		}
	}
	return ERR_NOTFOUND;
}

int64_t
brake_limit(int64_t there)
{
	return there / 10 > 3 ? there / 10 : 3;
}

enum err
brake_count(struct db *db, enum brake_kind kind, int64_t now, int64_t *out)
{
	static const enum event_what drops[BRAKE__MAX] = {
		[BRAKE_SERVER] = EVENT_SERVER_DROP, [BRAKE_VOLUME] = EVENT_VOLUME_DROP, [BRAKE_IP] = EVENT_IP_DROP,
		[BRAKE_IP6] = EVENT_IP6_DROP, [BRAKE_BOT] = EVENT_BOT_ERASE,
	};

	return event_count_lifted(db, drops[kind], now - CLOCK_DAY, words[kind], out);
}

enum err
brake_there(struct db *db, enum brake_kind kind, int64_t *out)
{
	static const char *const sql[BRAKE__MAX] = {
		[BRAKE_SERVER] = "SELECT count(*) FROM servers WHERE cloud_id <> ''",
		[BRAKE_VOLUME] = "SELECT count(*) FROM servers WHERE volume_id <> ''",
		[BRAKE_IP] = "SELECT count(*) FROM servers WHERE ip_id <> ''",
		[BRAKE_IP6] = "SELECT count(*) FROM servers WHERE ip6_id <> ''",
		[BRAKE_BOT] = "SELECT count(*) FROM bots",
	};

	return db_one_int(db_stmt(db, sql[kind]), out);
}

/* Of servers whose last bot is gone. */
#define GOING	" FROM servers WHERE (wanted = 'gone' OR state = 'leaving')"

enum err
brake_waiting(struct db *db, enum brake_kind kind, int64_t now, int64_t *out)
{
	static const char *const sql[BRAKE__MAX] = {
		[BRAKE_SERVER] = ("SELECT count(*)" GOING " AND cloud_id <> ''"),
		[BRAKE_VOLUME] = ("SELECT count(*)" GOING " AND volume_id <> ''"),
		[BRAKE_IP] = ("SELECT count(*)" GOING " AND ip_id <> ''"),
		[BRAKE_IP6] = ("SELECT count(*)" GOING " AND ip6_id <> ''"),
		[BRAKE_BOT] = "SELECT count(*) FROM bots WHERE binned_at IS NOT NULL AND erase_at <= ?1",
	};
	struct stmt *st = db_stmt(db, sql[kind]);

	if (kind == BRAKE_BOT)
		db_int(st, 1, now);
	return db_one_int(st, out);
}

enum err
brake_lift(struct db *db, enum brake_kind kind, const char *actor, int64_t now)
{
	struct event	event = { .at = now, .what = EVENT_ADMIN_LIFT };
	enum err	err;

	snprintf(event.actor, sizeof(event.actor), "%s", actor);
	snprintf(event.detail, sizeof(event.detail), "%s", words[kind]);
	if ((err = event_add(db, &event)) == ERR_OK)
		err = kind == BRAKE_BOT ? bot_due_over(db, now) : server_due_gone(db);
	return err;
}
