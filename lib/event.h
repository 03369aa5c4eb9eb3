/* What happened: a person's history, and the audit log. */

#ifndef BAAS_LIB_EVENT_H
#define BAAS_LIB_EVENT_H

#include <stdint.h>

#include "lib/err.h"

struct db;

enum event_what {
	EVENT_PERSON_REGISTER, EVENT_PERSON_SIGN_IN, EVENT_PERSON_PASSWORD, EVENT_PERSON_LEAVE,
	EVENT_BOT_ORDER, EVENT_BOT_START, EVENT_BOT_STOP, EVENT_BOT_RESTART, EVENT_BOT_BIN, EVENT_BOT_RESTORE,
	EVENT_BOT_ALIVE, EVENT_BOT_STOPPED, EVENT_BOT_UNHEALTHY, EVENT_BOT_DIED, EVENT_BOT_ERASE, EVENT_BOT_PORT,
	EVENT_BOT_SUSPEND, EVENT_BOT_RESUME,
	EVENT_SERVER_READY, EVENT_SERVER_ANEW, EVENT_SERVER_BROKEN, EVENT_SERVER_GONE,
	EVENT_SERVER_DROP, EVENT_VOLUME_DROP, EVENT_IP_DROP, EVENT_IP6_DROP,	/* what the brake counts, with EVENT_BOT_ERASE */
	EVENT_KEYS,		/* the daily batch: keys of minions that are gone */
	EVENT_ADMIN_ANEW, EVENT_ADMIN_APPLY, EVENT_ADMIN_ORPHAN, EVENT_ADMIN_ACT, EVENT_ADMIN_REPORT, EVENT_ADMIN_RESTORE, EVENT_ADMIN_LIFT,	/* wishes of an admin */
	EVENT_INVITE_ORDER, EVENT_INVITE_REVOKE, EVENT_INVITE_USED,
	EVENT__MAX
};

struct event {
	int64_t	at, person, bot;
	char	bot_name[64];
	char	actor[64];
	enum event_what what;
	char	detail[256];
};

const char *event_word(enum event_what what);	/* "bot.order" */

/* Notes an event; actor "person", "worker" or "shell:UNIXUSER"; bot 0 and name "" if it is about none; detail may be NULL. */
enum err event_add(struct db *db, const struct event *event);

/* A bot's, newest first, at most limit; what counts as the bot's is known by its id, whoever did it. */
enum err event_list(struct db *db, int64_t bot, int limit, void (*each)(void *ctx, const struct event *), void *ctx);

/* What happened to a person's server, likewise. */
enum err event_of_server(struct db *db, int64_t person, int limit, void (*each)(void *ctx, const struct event *), void *ctx);

/* How many of that kind since. */
enum err event_count(struct db *db, enum event_what what, int64_t since, int64_t *out);

/* Likewise, and after the last EVENT_ADMIN_LIFT with that detail: for the brake. */
enum err event_count_lifted(struct db *db, enum event_what what, int64_t since, const char *lifted, int64_t *out);

#endif
