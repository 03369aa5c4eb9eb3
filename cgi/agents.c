/* /agents: GET shows the person's bots, sick ones first, POST orders another. */

#include <stdio.h>
#include <string.h>

#include "lib/api.h"
#include "lib/app.h"
#include "lib/bot.h"
#include "lib/conf.h"
#include "lib/event.h"
#include "lib/page.h"
#include "lib/server.h"
#include "lib/view_bot.h"
#include "lib/view_server.h"

/* What the list is made for, and what it showed. */
struct list {
	struct call	*call;
	int64_t		 n;
	int		 starting;
	int		 asked;		/* its person's server was, */
	struct server	 server;	/* and is this one; person 0: there is none of their own */
	enum err	 err;
};

/* The page shall look again each second: not for a server that takes minutes. */
static int
is_starting(const struct list *list, const struct bot_line *bot)
{
	int waits = bot->seen_at == 0 && list->server.person != 0 && list->server.state != SERVER_READY;

	return bot->status == BOT_STARTING && !waits;
}

/* A bot that nobody has seen waits for its person's server, if they have one: asked for only then, and once. */
static void
add_server(struct list *list, struct view *item, const struct bot_line *bot)
{
	struct call	*call = list->call;
	enum err	 err;

	if (bot->seen_at == 0 && !list->asked) {
		list->asked = 1;
		err = server_of_person(call->db, call->who.id, &list->server);
		if (err != ERR_OK && err != ERR_NOTFOUND)
			list->err = err;
	}
	view_server_short(item, bot->seen_at == 0 && list->server.person != 0 ? &list->server : NULL);
}

static void
add(void *ctx, const struct bot_line *bot)
{
	struct list	*list = ctx;
	struct view	*item = view_item(list->call->view, "bots");

	view_bot_line(item, bot, list->call->conf, list->call->now);
	if (bot->status == BOT_STARTING || bot->status == BOT_UNHEALTHY)
		add_server(list, item, bot);
	list->n++;
	list->starting += is_starting(list, bot);
}

/* All that the page names but the form's fields. */
static enum err
set_view(struct call *call)
{
	struct list	list = { .call = call };
	enum err	err;

	view_list(call->view, "bots");
	if ((err = bot_list(call->db, call->who.id, add, &list)) != ERR_OK || (err = list.err) != ERR_OK)
		return err;
	app_once(call);
	view_text(call->view, "domain", conf_text(call->conf, CONF_BOTS_DOMAIN));
	view_flag(call->view, "free", strcmp(conf_text(call->conf, CONF_BILLING), "free") == 0);
	view_int(call->view, "bots_count", list.n);
	view_flag(call->view, "bots_any", list.n > 0);
	view_flag(call->view, "bots_one", list.n == 1);
	view_flag(call->view, "newbie", list.n == 0 && !call->who.named);
	view_flag(call->view, "form", !call->live && (list.n > 0 || call->who.named));
	view_int(call->view, "live_every", live_every(list.starting > 0));
	call->reply->cacheable = call->live;
	return ERR_OK;
}

static enum err
dashboard(struct call *call)
{
	enum err err = set_view(call);

	app_field(call, "name", "");
	app_field(call, "description", "");
	return err == ERR_OK ? app_page(call, "agents") : err;
}

/* The dashboard with what is wrong on it. */
static enum err
again(struct call *call)
{
	enum err err = set_view(call);

	return err == ERR_OK ? app_refuse(call, "agents") : err;
}

static void
read_form(struct call *call, char name[BOT_NAME_CAP], char description[BOT_DESCRIPTION_CAP])
{
	const char *fault;

	app_field(call, "name", form_get(&call->form, "name"));
	app_field(call, "description", form_get(&call->form, "description"));
	if (form_trimmed(&call->form, "name", name, BOT_NAME_CAP) != ERR_OK)
		app_wrong(call, "name", "use 40 letters or fewer");
	else if ((fault = bot_name_fault(name)) != NULL)
		app_wrong(call, "name", fault);
	if (form_trimmed(&call->form, "description", description, BOT_DESCRIPTION_CAP) != ERR_OK)
		app_wrong(call, "description", "use 5,000 letters or fewer");
}

static enum err
order(struct call *call)
{
	struct bot	 bot;
	const char	*why = "that does not work here";
	char		 name[BOT_NAME_CAP], description[BOT_DESCRIPTION_CAP], path[64], words[160];
	enum err	 err;

	read_form(call, name, description);
	if (app_wrongs(call) > 0)
		return again(call);
	err = bot_order(call->db, call->conf, call->who.id, name, description, call->now, &bot, &why);
	if (err == ERR_EXISTS)
		app_taken(call, "name", name);
	if (err == ERR_INVALID)
		app_wrong(call, "name", why);
	if (app_wrongs(call) > 0)
		return again(call);
	if (err != ERR_OK || (err = app_event(call, EVENT_BOT_ORDER, bot.id, bot.name, NULL)) != ERR_OK)
		return err;
	snprintf(path, sizeof(path), "/agents/%s", bot.name);
	snprintf(words, sizeof(words), "%s is waking up.", bot.name);
	return app_go(call, path, words);
}

static const struct route routes[] = {
	{ "GET", "/agents", SIGNED_IN, dashboard, 0 },
	{ "POST", "/agents", SIGNED_IN, order, 0 },
	{ "GET", "/agents", SIGNED_IN, api_agents_find, ROUTE_JSON },
	{ "POST", "/agents", SIGNED_IN, api_agents_create, ROUTE_JSON },
};

int
main(void)
{
	return app_main("agents", routes, sizeof(routes) / sizeof(routes[0]));
}
