/* /agents/NAME/invites: GET lists all, POST makes one.  /agents/NAME/invites/ID/revoke: GET asks, POST takes it back. */

#include <stdio.h>
#include <string.h>

#include "lib/api.h"
#include "lib/app.h"
#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/event.h"
#include "lib/invite.h"
#include "lib/page.h"
#include "lib/view_bot.h"
#include "lib/view_invite.h"
#include "lib/view_time.h"

static const char *const lists[INVITE_STATE__MAX] = {
	[INVITE_PENDING] = "unused",
	[INVITE_UNUSED] = "unused",
	[INVITE_USED] = "used",
	[INVITE_REVOKED] = "revoked",
};

/* What the lists are made for. */
struct tab_lists {
	struct call		*call;
	const struct bot	*bot;
	int			 moving;	/* being made or taken back */
	enum err		 err;
};

static enum err
load(struct call *call, struct bot *bot)
{
	enum err err = bot_get(call->db, call->who.id, call->arg[0], bot);

	if (err != ERR_OK)
		return err;
	view_bot_page(call->view, bot, call->conf, call->now);
	view_tab(call->view, TAB_INVITES);
	return ERR_OK;
}

/* The page for the friend behind an unused one, and that as a QR code. */
static enum err
add_link(struct view *item, const struct call *call, const struct invite *invite)
{
	struct buf	link = { 0 };
	enum err	err;

	buf_fmt(&link, "%s/i/%s", conf_text(call->conf, CONF_SITE_URL), invite->token);
	view_text(item, "link", buf_text(&link));
	view_text(item, "token", invite->token);
	if ((err = buf_error(&link)) == ERR_OK)
		err = view_qr(item, buf_text(&link));
	buf_clear(&link);
	return err;
}

static void
add(void *ctx, const struct invite *invite)
{
	struct tab_lists	*all = ctx;
	const struct call	*call = all->call;
	struct view		*item = view_item(call->view, lists[invite->state]);
	int			 going = invite->revoke && invite->state != INVITE_USED && invite->state != INVITE_REVOKED;
	enum err		 err;

	err = view_invite(item, invite, all->bot, call->now);
	view_flag(item, "going", going);
	view_flag(item, "pending", invite->state == INVITE_PENDING && !going);
	view_text(item, "used_by", invite->used_by);
	view_text(item, "used_name", invite->used_name);
	view_time(item, "used_at", invite->used_at, call->now);
	all->moving += going || invite->state == INVITE_PENDING;
	if (going)
		view_text(item, "code", "");
	else if (err == ERR_OK && invite->state == INVITE_UNUSED)
		err = add_link(item, call, invite);
	if (err != ERR_OK)
		all->err = err;
}

static enum err
set_counts(struct call *call, const struct bot *bot)
{
	int64_t		count[INVITE_STATE__MAX] = { 0 };
	enum err	err = invite_count(call->db, bot->id, count);

	view_int(call->view, "used_count", count[INVITE_USED]);
	view_int(call->view, "unused_count", count[INVITE_UNUSED] + count[INVITE_PENDING]);
	view_int(call->view, "revoked_count", count[INVITE_REVOKED]);
	view_flag(call->view, "revoked_any", count[INVITE_REVOKED] > 0);
	return err;
}

/* 1 if the site itself is for this computer only, while its bots are not. */
static int
links_stay_here(const struct call *call, const struct bot *bot)
{
	const char *host = strstr(conf_text(call->conf, CONF_SITE_URL), "//");

	return !address_is_loopback(bot->address) && host != NULL &&
	    (strncmp(host, "//127.", 6) == 0 || strncmp(host, "//localhost", 11) == 0);
}

/* All that the page names but the form's field. */
static enum err
set_view(struct call *call, const struct bot *bot)
{
	struct tab_lists	all = { .call = call, .bot = bot };
	enum err		err;

	view_list(call->view, "used");
	view_list(call->view, "unused");
	view_list(call->view, "revoked");
	if ((err = invite_list(call->db, bot->id, add, &all)) != ERR_OK || (err = all.err) != ERR_OK)
		return err;
	if ((err = set_counts(call, bot)) != ERR_OK)
		return err;
	app_once(call);
	view_flag(call->view, "here_link", links_stay_here(call, bot));
	view_flag(call->view, "form", !call->live && bot->binned_at == 0);
	view_int(call->view, "live_every", live_every(all.moving > 0 || bot->status == BOT_STARTING));
	call->reply->cacheable = call->live;
	return ERR_OK;
}

static enum err
tab(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	app_field(call, "label", "");
	if ((err = set_view(call, &bot)) != ERR_OK)
		return err;
	return app_page(call, "invites");
}

static enum err
order(struct call *call, const struct bot *bot, const char **why)
{
	struct invite	invite;
	char		label[INVITE_LABEL_CAP];
	enum err	err;

	if (form_trimmed(&call->form, "label", label, sizeof(label)) != ERR_OK) {
		*why = "use 200 letters at most, fewer if they have accents";
		return ERR_INVALID;
	}
	err = invite_order(call->db, bot->id, label, conf_int(call->conf, CONF_LIMITS_UNUSED_INVITES), call->now, &invite, why);
	if (err != ERR_OK)
		return err;
	return app_event(call, EVENT_INVITE_ORDER, bot->id, bot->name, NULL);
}

static enum err
back(struct call *call, const struct bot *bot, const char *flash)
{
	char path[80];

	snprintf(path, sizeof(path), "/agents/%s/invites", bot->name);
	return app_go(call, path, flash);
}

static enum err
make(struct call *call)
{
	struct bot	 bot;
	const char	*why = "that does not work here";
	enum err	 err;

	if ((err = load(call, &bot)) != ERR_OK)
		return err;
	if (bot.binned_at != 0)
		return app_refuse(call, "cannot");
	app_field(call, "label", form_get(&call->form, "label"));
	if ((err = order(call, &bot, &why)) == ERR_OK)
		return back(call, &bot, "ok. here it is.");
	if (err != ERR_INVALID)
		return err;
	app_wrong(call, "label", why);
	if ((err = set_view(call, &bot)) != ERR_OK)
		return err;
	return app_refuse(call, "invites");
}

/* The page that asks, or says that it is too late. */
static void
set_revoke(struct call *call, const struct invite *invite)
{
	view_text(call->view, "invite_id", invite->key);
	view_text(call->view, "label", invite->label);
	view_flag(call->view, "can_revoke", !invite->revoke &&
	    (invite->state == INVITE_PENDING || invite->state == INVITE_UNUSED));
}

static enum err
load_invite(struct call *call, struct bot *bot, struct invite *invite)
{
	enum err err;

	if ((err = load(call, bot)) != ERR_OK)
		return err;
	if ((err = invite_get(call->db, bot->id, call->arg[1], invite)) != ERR_OK)
		return err;
	set_revoke(call, invite);
	return ERR_OK;
}

static enum err
ask(struct call *call)
{
	struct bot	bot;
	struct invite	invite;
	enum err	err = load_invite(call, &bot, &invite);

	return err == ERR_OK ? app_page(call, "revoke") : err;
}

static enum err
revoke(struct call *call)
{
	struct bot	bot;
	struct invite	invite;
	enum err	err;

	if ((err = load_invite(call, &bot, &invite)) != ERR_OK)
		return err;
	if ((err = invite_revoke(call->db, bot.id, invite.key, call->now)) == ERR_INVALID)
		return app_refuse(call, "revoke");
	if (err != ERR_OK)
		return err;
	if ((err = app_event(call, EVENT_INVITE_REVOKE, bot.id, bot.name, NULL)) != ERR_OK)
		return err;
	return back(call, &bot, "ok. it is being taken back.");
}

static const struct route routes[] = {
	{ "GET", "/agents/:name/invites", SIGNED_IN, tab, 0 },
	{ "POST", "/agents/:name/invites", SIGNED_IN, make, 0 },
	{ "GET", "/agents/:name/invites/:id/revoke", SIGNED_IN, ask, 0 },
	{ "POST", "/agents/:name/invites/:id/revoke", SIGNED_IN, revoke, 0 },
	{ "GET", "/agents/:name/invites", SIGNED_IN, api_invites_find, ROUTE_JSON },
	{ "POST", "/agents/:name/invites", SIGNED_IN, api_invites_create, ROUTE_JSON },
	{ "GET", "/agents/:name/invites/:id", SIGNED_IN, api_invite_get, ROUTE_JSON },
	{ "DELETE", "/agents/:name/invites/:id", SIGNED_IN, api_invite_remove, ROUTE_JSON },
	{ "POST", "/agents/:name/invites/:id/revoke", SIGNED_IN, api_invite_revoke, ROUTE_JSON },
};

int
main(void)
{
	return app_main("invites", routes, sizeof(routes) / sizeof(routes[0]));
}
