/* A bot as values of a page. */

#include "lib/view_bot.h"

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

/* a and b in one text, cut if it is too long.  (A list has three for each bot, and snprintf is slow at them.) */
static void
join(const char *a, const char *b, char out[HOST_CAP])
{
	size_t n = strnlen(a, HOST_CAP - 1), m = strnlen(b, HOST_CAP - 1 - n);

	memcpy(out, a, n);
	memcpy(out + n, b, m);
	out[n + m] = '\0';
}

static void
host_of(const char *name, const struct conf *conf, char out[HOST_CAP])
{
	char label[HOST_CAP];

	join(name, ".", label);
	join(label, conf_text(conf, CONF_BOTS_DOMAIN), out);
}

void
bot_host(const struct bot *bot, const struct conf *conf, char out[HOST_CAP])
{
	host_of(bot->name, conf, out);
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

static int64_t
disk(const struct bot *bot)
{
	if (bot->disk_log < 0 || bot->disk_blobs < 0 || bot->disk_indexes < 0)
		return -1;
	return bot->disk_log + bot->disk_blobs + bot->disk_indexes;
}

static struct bot_line
line_of(const struct bot *bot)
{
	struct bot_line line = {
		.id = bot->id, .status = bot->status, .status_since = bot->status_since, .seen_at = bot->seen_at,
		.binned_at = bot->binned_at, .erase_at = bot->erase_at, .peers = bot->peers, .disk = disk(bot),
	};

	memcpy(line.name, bot->name, sizeof(line.name));
	memcpy(line.reason, bot->reason, sizeof(line.reason));
	return line;
}

static void
add_name(struct view *view, const char *name, const struct conf *conf)
{
	char host[HOST_CAP], path[HOST_CAP];

	host_of(name, conf, host);
	join("/agents/", name, path);
	view_text(view, "bot_name", name);
	view_text(view, "bot_host", host);
	view_text(view, "bot_path", path);
}

static void
add_status(struct view *view, const struct bot_line *line)
{
	view_text(view, "bot_status", bot_status_word(line->status));
	view_text(view, "bot_tag", bot_status_tag(line->status));
	view_text(view, "bot_mood", moods[line->status]);
	view_flag(view, "bot_naps", line->status == BOT_STOPPED || line->status == BOT_STARTING);
	view_text(view, "reason", line->reason);
	for (int i = 0; i < BOT_STATUS__MAX; i++)
		view_flag(view, flags[i], line->status == (enum bot_status)i);
}

static void
add_numbers(struct view *view, const struct bot_line *line)
{
	view_flag(view, "peers_none", line->peers == 0);
	view_flag(view, "peers_one", line->peers == 1);
	view_flag(view, "peers_many", line->peers > 1);
	view_int(view, "peers_count", line->peers);
	view_size(view, "disk", line->disk);
}

static void
add_times(struct view *view, const struct bot_line *line, int64_t now)
{
	view_time(view, "since", line->status_since, now);
	/* In the future: before the clock was set back, and who knows how long ago. */
	view_time(view, "seen", line->seen_at > now + 5 * CLOCK_SECOND ? 0 : line->seen_at, now);
	view_time(view, "erase", line->erase_at, now);
}

void
view_bot_line(struct view *view, const struct bot_line *line, const struct conf *conf, int64_t now)
{
	add_name(view, line->name, conf);
	add_status(view, line);
	if (line->status == BOT_ALIVE)
		add_numbers(view, line);
	else
		add_times(view, line, now);
}

void
view_bot(struct view *view, const struct bot *bot, const struct conf *conf, int64_t now)
{
	struct bot_line line = line_of(bot);

	add_name(view, bot->name, conf);
	view_text(view, "bot_key", bot->public_key);
	view_fmt(view, "bot_address", "%s:%d", bot->address, bot->port);
	add_status(view, &line);
	add_numbers(view, &line);
	add_times(view, &line, now);
	view_time(view, "binned", bot->binned_at, now);
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
