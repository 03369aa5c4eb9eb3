/* The page, or the JSON, of a status that no route has a page for. */

#include "lib/app_part.h"

#include <stdarg.h>
#include <stdio.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/page.h"

enum { REFERENCE_BYTES = 4, JSON_USUAL = 4096 };

/* CONTRACT.md 3: the names that feathers has for them. */
static const struct error {
	int		 status;
	const char	*name, *class, *words;
} errors[] = {
	{ 400, "BadRequest", "bad-request", "this request can't be understood" },
	{ 401, "NotAuthenticated", "not-authenticated", "sign in first" },
	{ 402, "PaymentError", "payment-error", "this needs a payment" },
	{ 403, "Forbidden", "forbidden", "this came from somewhere else, or too late" },
	{ 404, "NotFound", "not-found", "there is no such thing" },
	{ 405, "MethodNotAllowed", "method-not-allowed", "this can't be done here" },
	{ 409, "Conflict", "conflict", "this is taken" },
	{ 413, "PayloadTooLarge", "payload-too-large", "this is too large" },
	{ 415, "UnsupportedMediaType", "unsupported-media-type", "this kind of content is not understood here" },
	{ 422, "Unprocessable", "unprocessable", "a value is not allowed" },
	{ 429, "TooManyRequests", "too-many-requests", "too many tries" },
	{ 503, "Unavailable", "unavailable", "there is no room on our disk just now. nothing was changed" },
	{ 503, "Unavailable", "unavailable", "too busy, try again in a moment" },
	{ 500, "GeneralError", "general-error", "something broke on our side" },	/* the last: for all others */
};

/* Of the two for 503 the first is that of a full disk. */
static const struct error *
find(int status, int full)
{
	const struct error *error = errors;

	while (error->status != status && error->status != 500)
		error++;
	return error->status == 503 && !full ? error + 1 : error;
}

/* What a fault was about goes nowhere: there the reference is all. */
static enum err
write_json(struct call *call, const struct error *error, const char *reference)
{
	struct json	*root = json_object(NULL, NULL), *fields;
	char		 message[APP_WORDS_CAP + 32];
	int		 own = error->status < 500;
	enum err	 err;

	snprintf(message, sizeof(message), "%s%s%s", own && call->words[0] != '\0' ? call->words : error->words,
	    *reference != '\0' ? ", reference " : "", reference);
	json_add_text(root, "name", error->name);
	json_add_text(root, "message", message);
	json_add_int(root, "code", error->status);
	json_add_text(root, "className", error->class);
	fields = json_object(root, "errors");
	for (const struct json *at = own ? json_first(call->errors) : NULL; at != NULL; at = json_next(at))
		json_add_text(fields, json_key(at), json_text(at, ""));
	err = app_json(call, error->status, root);
	json_free(root);
	return err;
}

enum err
app_say(struct call *call, int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(call->words, sizeof(call->words), format, ap);
	va_end(ap);
	call->reply->status = status;
	return ERR_INVALID;
}

enum err
app_wait(struct call *call, const char *why, int64_t ms)
{
	int64_t	seconds = (ms + CLOCK_SECOND - 1) / CLOCK_SECOND, unit = seconds < 60 ? 1 : seconds < 3600 ? 60 : 3600;
	char	span[32];

	/* Rounded up: who comes back after as long as the words say is not sent away again. */
	clock_span((seconds + unit - 1) / unit * unit * CLOCK_SECOND, span);
	view_text(call->view, "why", why);
	view_text(call->view, "wait", span);
	app_say(call, 429, "%s, wait %s", why, span);
	call->reply->retry_after = (int)seconds;
	return ERR_BUSY;
}

static enum err
say_json(struct call *call, int status, enum err err)
{
	if (err != ERR_OK)
		return err;
	call->reply->type = "application/json";
	call->reply->status = status;
	return ERR_OK;
}

enum err
app_json(struct call *call, int status, const struct json *json)
{
	buf_reset(&call->reply->body);
	return say_json(call, status, json_write(json, &call->reply->body));
}

struct json_writer
app_json_begin(struct call *call)
{
	struct json_writer w = { .out = &call->reply->body };

	buf_reset(w.out);
	buf_reserve(w.out, JSON_USUAL);
	json_open(&w, NULL, '{');
	return w;
}

enum err
app_json_end(struct call *call, int status, struct json_writer *w)
{
	json_close(w);
	return say_json(call, status, json_written(w));
}

/* Without a template of its own a status has that of its kind. */
static enum err
write_page(struct call *call, const struct error *error)
{
	char name[16];

	snprintf(name, sizeof(name), "%d", error->status);
	if (!pages_have(call->pages, name))
		snprintf(name, sizeof(name), "%d", error->status < 500 ? 400 : 500);
	if (!pages_have(call->pages, name))
		return ERR_NOTFOUND;
	return page_render(call->pages, name, call->view, &call->reply->body);
}

/* When the templates are missing or broken. */
static void
write_plain(struct call *call, const struct error *error, const char *reference)
{
	struct buf *body = &call->reply->body;

	buf_reset(body);
	buf_fmt(body, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>%s</title>\n<h1>%s</h1>\n",
	    error->words, error->words);
	if (*reference != '\0')
		buf_fmt(body, "<p>reference: %s</p>\n", reference);
	buf_str(body, "<p><a href=\"/\">go home</a></p>\n</html>\n");
}

void
app_status(struct call *call, int status, const struct route *route)
{
	int			 full = db_full(call->db);
	const struct error	*error = find(status, full);
	struct reply		*reply = call->reply;
	char			 reference[2 * REFERENCE_BYTES + 1] = "";
	enum err		 err;

	buf_reset(&reply->body);
	buf_reset(&reply->location);
	buf_reset(&reply->cookies);
	reply->type = NULL;
	reply->cacheable = 0;
	reply->status = error->status;
	if (error->status == 503 && reply->retry_after == 0)
		reply->retry_after = 1;
	if (error->status == 500) {
		crypt_hex(reference, REFERENCE_BYTES);
		/* The shape and not the path: a path can hold a secret. */
		log_fault(route == NULL ? "request" : route->shape, "reference %s", reference);
	}
	view_text(call->view, "reference", reference);
	view_flag(call->view, "no_room", full);
	err = call->json ? write_json(call, error, reference) : write_page(call, error);
	if (err != ERR_OK)
		write_plain(call, error, reference);
}
