/* A bot as values of a page. */

#include "lib/view_bot.h"

#include <stdio.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/page.h"
#include "lib/view_size.h"
#include "lib/view_time.h"

/* Which butt a status looks like; there are four. */
static const char *const moods[BOT_STATUS__MAX] = {
	[BOT_ALIVE] = "alive",
	[BOT_STARTING] = "waking",
	[BOT_STOPPED] = "asleep",
	[BOT_UNHEALTHY] = "poorly",
	[BOT_UNKNOWN] = "poorly",
	[BOT_SUSPENDED] = "asleep",
	[BOT_DELETING] = "asleep",
};

static const char *const flags[BOT_STATUS__MAX] = {
	[BOT_ALIVE] = "is_alive",
	[BOT_STARTING] = "is_starting",
	[BOT_STOPPED] = "is_stopped",
	[BOT_UNHEALTHY] = "is_unhealthy",
	[BOT_UNKNOWN] = "is_unknown",
	[BOT_SUSPENDED] = "is_suspended",
	[BOT_DELETING] = "is_deleting",
};

static const char *const tabs[TAB__MAX] = {
	[TAB_ACTIONS] = "tab_actions",
	[TAB_STATUS] = "tab_status",
	[TAB_INVITES] = "tab_invites",
};

void
bot_host(const struct bot *bot, const struct conf *conf, char out[HOST_CAP])
{
	snprintf(out, HOST_CAP, "%s.%s", bot->name, conf_text(conf, CONF_BOTS_DOMAIN));
}

int
address_is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}

int
live_every(int on_its_way)
{
	return on_its_way ? 1 : 5;
}

static void
add_identity(struct view *view, const struct bot *bot, const struct conf *conf)
{
	char host[HOST_CAP];

	bot_host(bot, conf, host);
	view_text(view, "bot_name", bot->name);
	view_text(view, "bot_host", host);
	view_fmt(view, "bot_path", "/agents/%s", bot->name);
	view_text(view, "bot_key", bot->public_key);
	view_fmt(view, "bot_address", "%s:%d", bot->address, bot->port);
}

static void
add_status(struct view *view, const struct bot *bot)
{
	view_text(view, "bot_status", bot_status_word(bot->status));
	view_text(view, "bot_tag", bot_status_tag(bot->status));
	view_text(view, "bot_mood", moods[bot->status]);
	view_flag(view, "bot_naps", bot->status == BOT_STOPPED || bot->status == BOT_STARTING);
	view_text(view, "reason", bot->reason);
	for (int i = 0; i < BOT_STATUS__MAX; i++)
		view_flag(view, flags[i], bot->status == (enum bot_status)i);
}

static int64_t
disk(const struct bot *bot)
{
	if (bot->disk_log < 0 || bot->disk_blobs < 0 || bot->disk_indexes < 0)
		return -1;
	return bot->disk_log + bot->disk_blobs + bot->disk_indexes;
}

void
view_bot(struct view *view, const struct bot *bot, const struct conf *conf, int64_t now)
{
	add_identity(view, bot, conf);
	add_status(view, bot);
	view_flag(view, "peers_none", bot->peers == 0);
	view_flag(view, "peers_one", bot->peers == 1);
	view_flag(view, "peers_many", bot->peers > 1);
	view_int(view, "peers_count", bot->peers);
	view_size(view, "disk", disk(bot));
	view_time(view, "since", bot->status_since, now);
	/* In the future: before the clock was set back, and who knows how long ago. */
	view_time(view, "seen", bot->seen_at > now + 5 * CLOCK_SECOND ? 0 : bot->seen_at, now);
	view_time(view, "binned", bot->binned_at, now);
	view_time(view, "erase", bot->erase_at, now);
}

void
view_bot_page(struct view *view, const struct bot *bot, const struct conf *conf, int64_t now)
{
	view_bot(view, bot, conf, now);
	view_flag(view, "has_tabs", bot->status != BOT_DELETING);
	view_int(view, "live_every", live_every(bot->status == BOT_STARTING));
	view_flag(view, "here_only", address_is_loopback(bot->address));
}

void
view_tab(struct view *view, enum tab tab)
{
	for (int i = 0; i < TAB__MAX; i++)
		view_flag(view, tabs[i], (enum tab)i == tab);
}
