/* What a person can wish of a bot: one table for pages and JSON. */

#include "lib/wish.h"

#include <string.h>

#include "lib/app.h"
#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/event.h"

struct wish {
	const char	*name;
	enum event_what	 event;
	enum err	(*make)(struct call *call, const struct bot *bot, const char **why);
};

static enum err
start(struct call *call, const struct bot *bot, const char **why)
{
	(void)why;
	return bot_want(call->db, call->who.id, bot->id, 0, call->now);
}

static enum err
stop(struct call *call, const struct bot *bot, const char **why)
{
	(void)why;
	return bot_want(call->db, call->who.id, bot->id, 1, call->now);
}

static enum err
restart(struct call *call, const struct bot *bot, const char **why)
{
	(void)why;
	return bot_restart(call->db, call->who.id, bot->id, call->now);
}

static enum err
bin(struct call *call, const struct bot *bot, const char **why)
{
	int64_t kept = conf_int(call->conf, CONF_LIMITS_BIN_DAYS) * CLOCK_DAY;

	(void)why;
	return bot_bin(call->db, call->who.id, bot->id, call->now, call->now + kept);
}

/* It counts again from now on: there must be room for it. */
static enum err
restore(struct call *call, const struct bot *bot, const char **why)
{
	enum err err = ERR_OK;

	if (bot->binned_at != 0)
		err = bot_room(call->db, call->conf, call->who.id, why);
	return err == ERR_OK ? bot_restore(call->db, call->who.id, bot->id, call->now) : err;
}

const struct wish *
wish_find(const char *name)
{
	static const struct wish wishes[] = {
		{ "start", EVENT_BOT_START, start }, { "stop", EVENT_BOT_STOP, stop },
		{ "restart", EVENT_BOT_RESTART, restart }, { "delete", EVENT_BOT_BIN, bin },
		{ "restore", EVENT_BOT_RESTORE, restore },
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (strcmp(wishes[i].name, name) == 0)
			return &wishes[i];
	return NULL;
}

enum err
wish_make(struct call *call, const struct wish *wish, const struct bot *bot, const char **why)
{
	enum err err;

	*why = NULL;
	if ((err = wish->make(call, bot, why)) != ERR_OK)
		return err;
	return app_event(call, wish->event, bot->id, bot->name, NULL);
}
