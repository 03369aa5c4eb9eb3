/*
 * /agents/NAME: GET shows the actions tab, or the bin.  /agents/NAME/start, stop, restart, delete: GET asks, POST does it.
 * /agents/NAME/restore: POST brings it back out of the bin.
 */

#include <stdio.h>
#include <string.h>

#include "lib/api.h"
#include "lib/app.h"
#include "lib/bot.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/invite.h"
#include "lib/page.h"
#include "lib/server.h"
#include "lib/view_bot.h"
#include "lib/view_server.h"
#include "lib/view_size.h"
#include "lib/view_time.h"
#include "lib/wish.h"

enum { EVENTS_SHOWN = 20 };

/* The bot of the path, and its values for the page. */
static enum err
load(struct call *call, struct bot *bot)
{
	enum err err = bot_get(call->db, call->who.id, call->arg[0], bot);

	if (err != ERR_OK)
		return err;
	view_bot_page(call->view, bot, call->conf, call->now);
	view_tab(call->view, TAB_ACTIONS);
	view_int(call->view, "bin_days", conf_int(call->conf, CONF_LIMITS_BIN_DAYS));
	return ERR_OK;
}

/* An event as flags for its kind ("bot_alive"), which the template has words for, and for who did it. */
static void
add_event(void *ctx, const struct event *event)
{
	struct call	*call = ctx;
	struct view	*item = view_item(call->view, "events");
	char		 flag[32];

	view_time(item, "at", event->at, call->now);
	view_text(item, "detail", event->detail);
	view_flag(item, "by_you", strcmp(event->actor, "person") == 0);
	view_flag(item, "by_worker", strcmp(event->actor, "worker") == 0);
	view_flag(item, "by_admin", strncmp(event->actor, "shell:", 6) == 0);
	for (int i = 0; i < EVENT__MAX; i++) {
		snprintf(flag, sizeof(flag), "%s", event_word((enum event_what)i));
		for (char *c = flag; *c != '\0'; c++)
			if (*c == '.' || *c == '-')
				*c = '_';
		view_flag(item, flag, event->what == (enum event_what)i);
	}
}

/* How far its server is, once that is not everybody's.  It takes minutes, so the page looks again less often. */
static enum err
add_server(struct call *call, const struct bot *bot)
{
	struct server	server;
	enum err	err;

	if ((err = server_get(call->db, bot->server, &server)) != ERR_OK)
		return err;
	view_server(call->view, server.person == 0 ? NULL : &server);
	if (server.person != 0 && server.state != SERVER_READY)
		view_int(call->view, "live_every", live_every(0));
	return ERR_OK;
}

static enum err
actions(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = load(call, &bot)) != ERR_OK || (err = add_server(call, &bot)) != ERR_OK)
		return err;
	view_list(call->view, "events");
	if ((err = event_list(call->db, bot.id, EVENTS_SHOWN, add_event, call)) != ERR_OK)
		return err;
	view_text(call->view, "description", bot.description);
	view_text(call->view, "suspended_for", bot.suspended_for);
	view_flag(call->view, "has_address", bot.address[0] != '\0');
	view_flag(call->view, "can_start", bot.stopped && bot.suspended_at == 0);
	view_flag(call->view, "can_stop", !bot.stopped && bot.suspended_at == 0);
	view_flag(call->view, "step_runs", bot.running && bot.started_at >= bot.wished_at);
	call->reply->cacheable = call->live;
	return app_page(call, "bot");
}

/* Start, stop and restart: what they are called, and what is said of it after the bot's name. */
struct act {
	const char *name, *flash;
};

static const struct act acts[] = {
	{ "start", "is waking up." },
	{ "stop", "is going to sleep." },
	{ "restart", "restarts." },
};

enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

/* Which one the path means: the shapes let no other through. */
static const struct act *
act_of(const struct call *call)
{
	const char	*name = strrchr(call->path, '/') + 1;
	size_t		 i = 0;

	while (i + 1 < ACTS && strcmp(acts[i].name, name) != 0)
		i++;
	return &acts[i];
}

static int
can(const struct bot *bot, const struct act *what)
{
	return bot->binned_at == 0 && bot->suspended_at == 0 && !(bot->stopped && strcmp(what->name, "restart") == 0);
}

static enum err
ask(struct call *call)
{
	const struct act	*what = act_of(call);
	struct bot		 bot;
	char			 flag[16];
	enum err		 err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	if (!can(&bot, what))
		return app_refuse(call, "cannot");
	for (size_t i = 0; i < ACTS; i++) {
		snprintf(flag, sizeof(flag), "act_%s", acts[i].name);
		view_flag(call->view, flag, &acts[i] == what);
	}
	view_text(call->view, "act", what->name);
	return app_page(call, "confirm");
}

/* Back to the bot's page, with its name and words. */
static enum err
back(struct call *call, const struct bot *bot, const char *words)
{
	char path[64], flash[160];

	snprintf(path, sizeof(path), "/agents/%s", bot->name);
	snprintf(flash, sizeof(flash), "ok. %s %s", bot->name, words);
	return app_go(call, path, flash);
}

static enum err
act(struct call *call)
{
	const struct act	*what = act_of(call);
	const char		*why;
	struct bot		 bot;
	enum err		 err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	if ((err = wish_make(call, wish_find(what->name), &bot, &why)) == ERR_INVALID)
		return app_refuse(call, "cannot");
	return err == ERR_OK ? back(call, &bot, what->flash) : err;
}

/* What the page that asks about deletion says will go. */
static enum err
set_losses(struct call *call, const struct bot *bot)
{
	int64_t		count[INVITE_STATE__MAX] = { 0 };
	enum err	err = invite_count(call->db, bot->id, count);

	view_size(call->view, "disk_log", bot->disk_log);
	view_size(call->view, "disk_blobs", bot->disk_blobs);
	view_int(call->view, "unused_count", count[INVITE_UNUSED]);
	view_flag(call->view, "unused_one", count[INVITE_UNUSED] == 1);
	return err;
}

static enum err
ask_delete(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	if (bot.binned_at != 0)
		return app_refuse(call, "cannot");
	app_field(call, "confirm", "");
	app_field(call, "password", "");
	if ((err = set_losses(call, &bot)) != ERR_OK)
		return err;
	return app_page(call, "delete");
}

/* Says what is wrong with the form, the password aside. */
static void
check_delete(struct call *call, const struct bot *bot)
{
	char host[HOST_CAP], typed[HOST_CAP];

	app_field(call, "confirm", form_get(&call->form, "confirm"));
	app_field(call, "password", "");
	bot_host(bot, call->conf, host);
	if (form_trimmed(&call->form, "confirm", typed, sizeof(typed)) != ERR_OK ||
	    (strcmp(typed, host) != 0 && strcmp(typed, bot->name) != 0))
		app_wrong(call, "confirm", "that is not its name. type it as it stands here.");
	if (form_get(&call->form, "password")[0] == '\0')
		app_wrong(call, "password", "enter your password");
}

/* Within a transaction. */
static enum err
bin(struct call *call, struct bot *bot)
{
	char		 date[DATE_CAP], words[96];
	const char	*why;
	enum err	 err;

	if ((err = wish_make(call, wish_find("delete"), bot, &why)) != ERR_OK ||
	    (err = bot_get(call->db, call->who.id, bot->name, bot)) != ERR_OK)
		return err;
	time_date(bot->erase_at, call->now, date);
	snprintf(words, sizeof(words), "is in the bin until %s.", date);
	return back(call, bot, words);
}

static enum err
delete(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	if (bot.binned_at != 0)
		return app_refuse(call, "cannot");
	check_delete(call, &bot);
	if (app_wrongs(call) == 0) {
		if ((err = app_password(call, form_get(&call->form, "password"))) == ERR_INVALID)
			app_wrong(call, "password", "that is not your password");
		else if (err != ERR_OK)
			return err;
	}
	if (app_wrongs(call) > 0)
		return (err = set_losses(call, &bot)) == ERR_OK ? app_refuse(call, "delete") : err;
	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	if ((err = bin(call, &bot)) == ERR_OK)
		return db_commit(call->db);
	db_rollback(call->db);
	return err == ERR_INVALID ? app_refuse(call, "cannot") : err;
}

static enum err
restore(struct call *call)
{
	struct bot	 bot;
	const char	*why;
	enum err	 err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	err = wish_make(call, wish_find("restore"), &bot, &why);
	if (err == ERR_INVALID && why != NULL)
		view_text(call->view, "why", why);
	if (err == ERR_INVALID)
		return app_refuse(call, why == NULL ? "cannot" : "full");
	return err == ERR_OK ? back(call, &bot, "is back.") : err;
}

static const struct route routes[] = {
	{ "GET", "/agents/:name", SIGNED_IN, actions, 0 },
	{ "GET", "/agents/:name/start", SIGNED_IN, ask, 0 },
	{ "POST", "/agents/:name/start", SIGNED_IN, act, 0 },
	{ "GET", "/agents/:name/stop", SIGNED_IN, ask, 0 },
	{ "POST", "/agents/:name/stop", SIGNED_IN, act, 0 },
	{ "GET", "/agents/:name/restart", SIGNED_IN, ask, 0 },
	{ "POST", "/agents/:name/restart", SIGNED_IN, act, 0 },
	{ "GET", "/agents/:name/delete", SIGNED_IN, ask_delete, 0 },
	{ "POST", "/agents/:name/delete", SIGNED_IN, delete, ROUTE_OWN_TX },
	{ "POST", "/agents/:name/restore", SIGNED_IN, restore, 0 },
	{ "GET", "/agents/:name", SIGNED_IN, api_agent_get, ROUTE_JSON },
	{ "PATCH", "/agents/:name", SIGNED_IN, api_agent_patch, ROUTE_JSON },
	{ "DELETE", "/agents/:name", SIGNED_IN, api_agent_remove, ROUTE_JSON },
	{ "POST", "/agents/:name", SIGNED_IN, api_agent_method, ROUTE_JSON },
	{ "POST", "/agents/:name/start", SIGNED_IN, api_agent_act, ROUTE_JSON },
	{ "POST", "/agents/:name/stop", SIGNED_IN, api_agent_act, ROUTE_JSON },
	{ "POST", "/agents/:name/restart", SIGNED_IN, api_agent_act, ROUTE_JSON },
	{ "POST", "/agents/:name/restore", SIGNED_IN, api_agent_act, ROUTE_JSON },
	{ "GET", "/agents/:name/exports", SIGNED_IN, api_exports_find, ROUTE_JSON },
};

int
main(void)
{
	return app_main("bot", routes, sizeof(routes) / sizeof(routes[0]));
}
