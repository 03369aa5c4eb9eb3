/* /agents as JSON: a person and their bots. */

#include "lib/api.h"

#include <stdio.h>
#include <string.h>

#include "lib/api_part.h"
#include "lib/bot.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/wish.h"

static const char service_method[] = "HTTP_X_SERVICE_METHOD";

/* ---- wishes ---- */

/* Why each can't be had, when the bot's state is the reason. */
static const struct {
	const char *name, *refusal;
} refusals[] = {
	{ "start", "it is in the bin, or paused" },
	{ "stop", "it is in the bin, or paused" },
	{ "restart", "it is stopped, in the bin, or paused" },
	{ "restore", "it is not in the bin, or is being erased" },
	{ "delete", "it is in the bin already" },
};

static const char *
refusal(const char *name)
{
	size_t i = 0;

	while (strcmp(refusals[i].name, name) != 0)
		i++;
	return refusals[i].refusal;
}

/* Wishes it of a bot, and answers with the agent as it is then. */
static enum err
perform(struct call *call, const char *name, const struct bot *bot, int status)
{
	struct query	 query;
	const char	*why;
	enum err	 err;

	if ((err = api_query_one(call, QUERY_AGENTS, &query)) != ERR_OK)
		return err;
	if ((err = wish_make(call, wish_find(name), bot, &why)) == ERR_INVALID)
		return app_say(call, 422, "%s", why == NULL ? refusal(name) : why);
	return err == ERR_OK ? api_send_agent(call, &query, bot->id, status) : err;
}

static enum err
act_on(struct call *call, const char *id, const char *name)
{
	struct bot	bot;
	enum err	err;

	if ((err = api_bot(call, id, &bot)) != ERR_OK)
		return err;
	if (wish_find(name) == NULL || strcmp(name, "delete") == 0)	/* that is feathers' remove */
		return app_say(call, 405, "There is no such method");
	return perform(call, name, &bot, 202);
}

enum err
api_agent_act(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = api_bot(call, call->arg[0], &bot)) != ERR_OK || (err = api_body(call, NULL, 0)) != ERR_OK)
		return err;
	return act_on(call, call->arg[0], strrchr(call->path, '/') + 1);
}

enum err
api_agent_method(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = api_bot(call, call->arg[0], &bot)) != ERR_OK || (err = api_body(call, NULL, 0)) != ERR_OK)
		return err;
	return act_on(call, call->arg[0], req_var(call->req, service_method));
}

/* A custom method of feathers' client: it goes to the service, and says which one in the body. */
static enum err
custom_method(struct call *call)
{
	struct api_field	field = { "id", NULL };
	enum err		err;

	if ((err = api_body(call, &field, 1)) != ERR_OK)
		return err;
	if (field.text == NULL)
		return app_say(call, 400, "An id is needed");
	return act_on(call, field.text, req_var(call->req, service_method));
}

/* ---- find and get ---- */

enum err
api_agents_find(struct call *call)
{
	struct query	query;
	enum err	err = api_query(call, QUERY_AGENTS, &query);

	return err == ERR_OK ? api_send_page(call, &query, 0) : err;
}

static int
is_self(const struct call *call)
{
	return strcmp(call->arg[0], call->who.key) == 0;
}

enum err
api_agent_get(struct call *call)
{
	struct query	query;
	struct bot	bot = { .id = call->who.id };
	enum err	err = is_self(call) ? ERR_OK : api_bot(call, call->arg[0], &bot);

	if (err != ERR_OK || (err = api_query_one(call, QUERY_AGENTS, &query)) != ERR_OK)
		return err;
	return api_send_agent(call, &query, bot.id, 200);
}

/* ---- create ---- */

enum { NAME, DESCRIPTION, TYPE, SERVICE, CREATE_FIELDS };

/* What is wrong with the values, but for limits and names that are taken. */
static void
check_create(struct call *call, const struct api_field *fields, char name[BOT_NAME_CAP])
{
	const char *text = fields[NAME].text == NULL ? "" : fields[NAME].text, *fault;

	if (strlen(text) >= BOT_NAME_CAP) {
		app_wrong(call, "name", "use 40 letters or fewer");
	} else {
		snprintf(name, BOT_NAME_CAP, "%s", text);
		if ((fault = bot_name_fault(name)) != NULL && json_get(call->errors, "name") == NULL)
			app_wrong(call, "name", fault);
	}
	text = fields[DESCRIPTION].text;
	if (text != NULL && strlen(text) >= BOT_DESCRIPTION_CAP)
		app_wrong(call, "description", "use 5,000 letters or fewer");
	if (fields[TYPE].text != NULL && strcmp(fields[TYPE].text, "bot") != 0)
		app_wrong(call, "type", "only a bot can be made");
	if (fields[SERVICE].text != NULL && strcmp(fields[SERVICE].text, "scuttlebutt") != 0)
		app_wrong(call, "service", "only scuttlebutt is there");
}

static enum err
order(struct call *call, const char *name, const char *description, struct bot *out)
{
	const char	*why = "that does not work here";
	enum err	 err;

	err = bot_order(call->db, call->conf, call->who.id, name, description, call->now, out, &why);
	if (err == ERR_EXISTS) {
		app_wrong(call, "name", "this name is taken");
		return app_say(call, 409, "%s is taken", name);
	}
	if (err == ERR_INVALID) {
		app_wrong(call, "name", why);
		return app_say(call, 422, "%s", why);
	}
	return err == ERR_OK ? app_event(call, EVENT_BOT_ORDER, out->id, out->name, NULL) : err;
}

static enum err
create(struct call *call)
{
	struct api_field fields[CREATE_FIELDS] = {
		[NAME] = { "name", NULL }, [DESCRIPTION] = { "description", NULL },
		[TYPE] = { "type", NULL }, [SERVICE] = { "service", NULL },
	};
	struct query	 query;
	struct bot	 bot;
	char		 name[BOT_NAME_CAP] = "";
	const char	*description;
	enum err	 err;

	if ((err = api_query_one(call, QUERY_AGENTS, &query)) != ERR_OK || (err = api_single(call)) != ERR_OK ||
	    (err = api_body(call, fields, CREATE_FIELDS)) != ERR_OK)
		return err;
	check_create(call, fields, name);
	if (app_wrongs(call) > 0)
		return ERR_INVALID;
	description = fields[DESCRIPTION].text == NULL ? "" : fields[DESCRIPTION].text;
	if ((err = order(call, name, description, &bot)) != ERR_OK)
		return err;
	return api_send_agent(call, &query, bot.id, 201);
}

enum err
api_agents_create(struct call *call)
{
	if (*req_var(call->req, service_method) != '\0')
		return custom_method(call);
	return create(call);
}

/* ---- patch and remove ---- */

/* ERR_INVALID, told: a person is changed on the page of the account. */
static enum err
load_bot(struct call *call, struct bot *out)
{
	if (is_self(call))
		return app_say(call, 405, "Only bots can be changed here");
	return api_bot(call, call->arg[0], out);
}

static enum err
set_wanted(struct call *call, const struct bot *bot, const char *wanted)
{
	const char	*name = strcmp(wanted, "stopped") == 0 ? "stop" : "start", *why;
	enum err	 err;

	if (strcmp(wanted, "stopped") != 0 && strcmp(wanted, "running") != 0) {
		app_wrong(call, "wanted", "this is running or stopped");
		return ERR_INVALID;
	}
	if ((err = wish_make(call, wish_find(name), bot, &why)) == ERR_INVALID)
		app_wrong(call, "wanted", refusal(name));
	return err;
}

static enum err
describe(struct call *call, const struct bot *bot, const char *description)
{
	enum err err = bot_describe(call->db, call->who.id, bot->id, description, call->now);

	if (err == ERR_INVALID)
		app_wrong(call, "description", bot->binned_at != 0 ? "it is in the bin" : "use 5,000 letters or fewer");
	return err;
}

enum err
api_agent_patch(struct call *call)
{
	struct api_field	fields[] = { { "description", NULL }, { "wanted", NULL } };
	struct query		query;
	struct bot		bot;
	enum err		err;

	if ((err = load_bot(call, &bot)) != ERR_OK || (err = api_query_one(call, QUERY_AGENTS, &query)) != ERR_OK ||
	    (err = api_body(call, fields, 2)) != ERR_OK)
		return err;
	if (app_wrongs(call) > 0)
		return ERR_INVALID;
	if (fields[0].text != NULL && (err = describe(call, &bot, fields[0].text)) != ERR_OK)
		return err;
	if (fields[1].text != NULL && (err = set_wanted(call, &bot, fields[1].text)) != ERR_OK)
		return err;
	return api_send_agent(call, &query, bot.id, 200);
}

enum err
api_agent_remove(struct call *call)
{
	struct bot	bot;
	enum err	err = load_bot(call, &bot);

	return err == ERR_OK ? perform(call, "delete", &bot, 200) : err;
}
