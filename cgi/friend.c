/* /i/TOKEN: GET shows the invited friend their code and how to join.  No sign-in; looking uses nothing up. */

#include "lib/app.h"
#include "lib/bot.h"
#include "lib/invite.h"
#include "lib/page.h"
#include "lib/view_bot.h"
#include "lib/view_invite.h"

/* One and the same page for taken back, used and never made: a stranger learns nothing. */
static enum err
gone(struct call *call)
{
	enum err err = app_page(call, "gone");

	if (err == ERR_OK)
		call->reply->status = 404;
	return err;
}

/* What is behind the token: ERR_NOTFOUND if nothing is, or nothing that can be used. */
static enum err
load(struct call *call, struct invite *invite, struct bot *bot, struct person *owner)
{
	enum err err;

	if ((err = invite_by_token(call->db, call->arg[0], invite)) != ERR_OK)
		return err;
	if ((err = bot_of_id(call->db, invite->bot, bot)) != ERR_OK)
		return err;
	return person_get(call->db, bot->owner, owner);
}

static enum err
show(struct call *call)
{
	struct invite	invite;
	struct bot	bot;
	struct person	owner;
	char		code[INVITE_CODE_CAP];
	enum err	err;

	call->reply->no_referrer = 1;
	if ((err = load(call, &invite, &bot, &owner)) != ERR_OK)
		return err == ERR_NOTFOUND ? gone(call) : err;
	view_bot_page(call->view, &bot, call->conf, call->now);
	view_text(call->view, "owner", owner.name);
	view_flag(call->view, "away", bot.status != BOT_ALIVE);
	view_int(call->view, "live_every", live_every(invite.state == INVITE_PENDING));
	if ((err = view_invite(call->view, &invite, &bot, call->now)) != ERR_OK)
		return err;
	err = invite_code(&invite, bot.address, bot.port, bot.public_key, code);
	if (err == ERR_OK)
		err = view_qr(call->view, code);
	if (err != ERR_OK && err != ERR_NOTFOUND)	/* pending: no code yet */
		return err;
	call->reply->cacheable = call->live;
	return app_page(call, "friend");
}

static const struct route routes[] = {
	{ "GET", "/i/:token", ANYBODY, show, 0 },
};

int
main(void)
{
	return app_main("friend", routes, sizeof(routes) / sizeof(routes[0]));
}
