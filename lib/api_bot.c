/* What an agent has, as JSON: /agents/ID/invites, samples, events, exports. */

#include "lib/api.h"

#include "lib/api_part.h"
#include "lib/bot.h"
#include "lib/conf.h"
#include "lib/event.h"
#include "lib/invite.h"

static enum err
find(struct call *call, enum query_of of)
{
	struct query	query;
	struct bot	bot;
	enum err	err;

	if ((err = api_bot(call, call->arg[0], &bot)) != ERR_OK || (err = api_query(call, of, &query)) != ERR_OK)
		return err;
	return api_send_page(call, &query, bot.id);
}

enum err
api_invites_find(struct call *call)
{
	return find(call, QUERY_INVITES);
}

enum err
api_samples_find(struct call *call)
{
	return find(call, QUERY_SAMPLES);
}

enum err
api_events_find(struct call *call)
{
	return find(call, QUERY_EVENTS);
}

enum err
api_exports_find(struct call *call)
{
	return find(call, QUERY_EXPORTS);
}

static enum err
order(struct call *call, const struct bot *bot, const char *label, struct invite *out)
{
	const char	*why = "that does not work here";
	int64_t		 most = conf_int(call->conf, CONF_LIMITS_UNUSED_INVITES);
	enum err	 err = invite_order(call->db, bot->id, label, most, call->now, out, &why);

	if (err == ERR_INVALID) {
		app_wrong(call, "label", why);
		return app_say(call, 422, "%s", why);
	}
	return err == ERR_OK ? app_event(call, EVENT_INVITE_ORDER, bot->id, bot->name, NULL) : err;
}

enum err
api_invites_create(struct call *call)
{
	struct api_field	label = { "label", NULL };
	struct query		query;
	struct bot		bot;
	struct invite		invite;
	enum err		err;

	if ((err = api_bot(call, call->arg[0], &bot)) != ERR_OK ||
	    (err = api_query_one(call, QUERY_INVITES, &query)) != ERR_OK || (err = api_body(call, &label, 1)) != ERR_OK)
		return err;
	if (app_wrongs(call) > 0)
		return ERR_INVALID;
	if ((err = order(call, &bot, label.text == NULL ? "" : label.text, &invite)) != ERR_OK)
		return err;
	return api_send_row(call, &query, (const int64_t[]){ bot.id, invite.id }, 201);
}

/* The invite of the path, its bot, and what is to be shown of it. */
static enum err
load(struct call *call, struct query *query, struct bot *bot, struct invite *invite)
{
	enum err err;

	if ((err = api_bot(call, call->arg[0], bot)) != ERR_OK)
		return err;
	if ((err = invite_get(call->db, bot->id, call->arg[1], invite)) == ERR_NOTFOUND)
		return api_missing(call, call->arg[1]);
	return err == ERR_OK ? api_query_one(call, QUERY_INVITES, query) : err;
}

enum err
api_invite_get(struct call *call)
{
	struct query	query;
	struct bot	bot;
	struct invite	invite;
	enum err	err = load(call, &query, &bot, &invite);

	return err == ERR_OK ? api_send_row(call, &query, (const int64_t[]){ bot.id, invite.id }, 200) : err;
}

static enum err
revoke(struct call *call, int status)
{
	struct query	query;
	struct bot	bot;
	struct invite	invite;
	enum err	err = load(call, &query, &bot, &invite);

	if (err != ERR_OK)
		return err;
	if ((err = invite_revoke(call->db, bot.id, invite.key, call->now)) == ERR_INVALID)
		return app_say(call, 422, "it is used or revoked already");
	if (err != ERR_OK || (err = app_event(call, EVENT_INVITE_REVOKE, bot.id, bot.name, NULL)) != ERR_OK)
		return err;
	return api_send_row(call, &query, (const int64_t[]){ bot.id, invite.id }, status);
}

enum err
api_invite_remove(struct call *call)
{
	return revoke(call, 200);
}

enum err
api_invite_revoke(struct call *call)
{
	enum err err = api_body(call, NULL, 0);

	return err == ERR_OK ? revoke(call, 202) : err;
}
