/* What all services of the API have in common: queries, bodies, answers. */

#include "lib/api.h"

#include <string.h>

#include "lib/api_part.h"
#include "lib/bot.h"
#include "lib/conf.h"
#include "lib/form.h"
#include "lib/json.h"

enum err
api_missing(struct call *call, const char *id)
{
	return app_say(call, 404, "No record found for id '%s'", id);
}

enum err
api_bot(struct call *call, const char *id, struct bot *out)
{
	enum err err = bot_by_key(call->db, call->who.id, id, out);

	if (err == ERR_NOTFOUND)
		err = bot_get(call->db, call->who.id, id, out);
	return err == ERR_NOTFOUND ? api_missing(call, id) : err;
}

enum err
api_query(struct call *call, enum query_of of, struct query *out)
{
	char why[QUERY_WHY_CAP];

	return query_read(of, &call->query, out, why) == ERR_OK ? ERR_OK : app_say(call, 400, "%s", why);
}

enum err
api_query_one(struct call *call, enum query_of of, struct query *out)
{
	char why[QUERY_WHY_CAP];

	return query_read_one(of, &call->query, out, why) == ERR_OK ? ERR_OK : app_say(call, 400, "%s", why);
}

static struct query_scope
scope_of(const struct call *call, const struct query *query, int64_t bot)
{
	struct query_scope scope = { .id = bot, .base = "" };

	if (query->of == QUERY_AGENTS) {
		scope.id = call->who.id;
		scope.base = conf_text(call->conf, CONF_BOTS_DOMAIN);
	} else if (query->of == QUERY_INVITES) {
		scope.base = conf_text(call->conf, CONF_SITE_URL);
	}
	return scope;
}

enum err
api_send_page(struct call *call, const struct query *query, int64_t bot)
{
	struct json_writer	page = app_json_begin(call);
	struct query_scope	scope = scope_of(call, query, bot);
	enum err		err = query_find(call->db, query, &scope, &page);

	return err == ERR_OK ? app_json_end(call, 200, &page) : err;
}

enum err
api_send_row(struct call *call, const struct query *query, const int64_t bot_and_id[2], int status)
{
	struct json_writer	row = app_json_begin(call);
	struct query_scope	scope = scope_of(call, query, bot_and_id[0]);
	enum err		err = query_get(call->db, query, &scope, bot_and_id[1], &row);

	return err == ERR_OK ? app_json_end(call, status, &row) : err;
}

enum err
api_send_agent(struct call *call, const struct query *query, int64_t agent, int status)
{
	return api_send_row(call, query, (const int64_t[]){ 0, agent }, status);
}

enum err
api_single(struct call *call)
{
	if (json_type(call->body) == JSON_LIST && json_type(json_first(call->body)) == JSON_OBJECT)
		return app_say(call, 405, "Can not create multiple entries");
	return ERR_OK;
}

/* Tells a client's own word, if it is one that fits. */
static enum err
unknown_field(struct call *call, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (n > 40 || name[i] < ' ' || name[i] > '~')
			return app_say(call, 400, "Unknown field");
	return app_say(call, 400, "Unknown field %s", name);
}

/* NULL: there is no such field. */
static struct api_field *
find_field(struct api_field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

enum err
api_body(struct call *call, struct api_field *fields, size_t n)
{
	struct api_field	*field;
	const char		*text;

	if (call->body == NULL && n == 0)
		return ERR_OK;
	if (json_type(call->body) != JSON_OBJECT)
		return app_say(call, 400, "The body has to be a JSON object");
	for (const struct json *at = json_first(call->body); at != NULL; at = json_next(at)) {
		if ((field = find_field(fields, n, json_key(at))) == NULL)
			return unknown_field(call, json_key(at));
		text = json_text(at, NULL);
		if (text == NULL || !form_plain(text))
			app_wrong(call, field->name, text == NULL ? "this has to be a text" : "this has characters that can't be seen");
		else
			field->text = text;
	}
	return ERR_OK;
}
