/* One request to Scaleway: its turn, its retries, and what its answer means. */

#include "worker/cloud_scaleway.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/crypt.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "worker/http.h"
#include "worker/world.h"

enum {
	/* Refusals were seen from 99 a second on (facts of recordings); 90 and a few at once stay below that. */
	PER_SECOND = 90, AT_ONCE = 8,
	FLYING = 16,		/* more would wait in http, where nobody goes first */
	RETRIES = 3, FIRST_WAIT = 1000,		/* ms, then twice as long each time, and some by chance */
	PATIENCE = 30 * 1000,	/* ms after which nothing is tried again: what asked for it comes again by itself */
	TIMEOUT = 60 * 1000	/* ms: the API itself gives up after 30 s */
};

struct scaleway_ask {
	TAILQ_ENTRY(scaleway_ask) entry;
	struct scaleway		*s;
	const char		*method, *type;
	struct buf		 path, body;
	int			 has_body, urgent;
	int			 tries;
	int64_t			 begun;
	scaleway_done		*done;
	void			*ctx;
};

static void pump(struct scaleway *s);

/* One user less. */
static void
release(struct scaleway *s)
{
	if (--s->users > 0)
		return;
	secret_free(s->token);
	free(s);
}

void
scaleway_instance(const struct scaleway *s, struct buf *path)
{
	buf_str(path, "/instance/v1/zones/");
	buf_url(path, s->zone);
	buf_str(path, "/");
}

void
scaleway_block(const struct scaleway *s, struct buf *path)
{
	buf_str(path, "/block/v1/zones/");
	buf_url(path, s->zone);
	buf_str(path, "/");
}

/* ---- what an answer means ---- */

static int
is_quota(const struct json *body)
{
	return strncmp(json_text(json_get(body, "message"), ""), "Quota exceeded", 14) == 0;
}

/* The older form of two refusals: of what we sent, which names fields, and of the state that something is in. */
static struct scaleway_refusal
classify_old(const struct json *body)
{
	if (is_quota(body))
		return (struct scaleway_refusal){ CLOUD_FULL, 0 };
	if (json_get(body, "fields") != NULL)
		return (struct scaleway_refusal){ CLOUD_REFUSED, 0 };
	return (struct scaleway_refusal){ CLOUD_LATER, 0 };
}

static struct scaleway_refusal
classify_status(int status, const struct json *body)
{
	static const struct {
		int			 status;
		struct scaleway_refusal	 refusal;
	} table[] = {
		{ 401, { CLOUD_LOCKED, 0 } }, { 403, { CLOUD_REFUSED, 0 } }, { 405, { CLOUD_REFUSED, 0 } },
		{ 409, { CLOUD_LATER, 0 } }, { 410, { CLOUD_MISSING, 0 } }, { 412, { CLOUD_LATER, 0 } },
		{ 413, { CLOUD_REFUSED, 0 } }, { 423, { CLOUD_REFUSED, 0 } },
		{ 404, { CLOUD_LATER, 0 } },	/* not the API's: it says what is not found.  Nothing is taken to be gone for it */
		{ 429, { CLOUD_LATER, 1 } },
	};

	if (status == 400)
		return classify_old(body);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].status == status)
			return table[i].refusal;
	if (status >= 500)
		return (struct scaleway_refusal){ CLOUD_DOUBT, 1 };
	return (struct scaleway_refusal){ CLOUD_REFUSED, 0 };
}

struct scaleway_refusal
scaleway_classify(int status, const struct json *body)
{
	static const struct {
		const char		*type;
		struct scaleway_refusal	 refusal;
	} table[] = {
		{ "already_exists", { CLOUD_LATER, 0 } },
		{ "conflict", { CLOUD_LATER, 0 } },
		{ "denied_authentication", { CLOUD_LOCKED, 0 } },
		{ "expired", { CLOUD_MISSING, 0 } },
		{ "internal_server_error", { CLOUD_DOUBT, 1 } },
		{ "invalid_arguments", { CLOUD_REFUSED, 0 } },
		{ "locked", { CLOUD_REFUSED, 0 } },
		{ "not_found", { CLOUD_MISSING, 0 } },
		{ "out_of_stock", { CLOUD_FULL, 0 } },
		{ "permissions_denied", { CLOUD_REFUSED, 0 } },
		{ "precondition_failed", { CLOUD_LATER, 0 } },
		{ "quotas_exceeded", { CLOUD_FULL, 0 } },
		{ "resource_expired", { CLOUD_MISSING, 0 } },
		{ "server_error", { CLOUD_DOUBT, 1 } },
		{ "transient_state", { CLOUD_LATER, 0 } },
		{ "unknown_resource", { CLOUD_MISSING, 0 } },
	};
	const char *type = json_text(json_get(body, "type"), "");

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(type, table[i].type) == 0)
			return table[i].refusal;
	if (strcmp(type, "invalid_request_error") == 0)
		return classify_old(body);
	return classify_status(status, body);
}

/* What the log and a person read: "403 quotas_exceeded: quota(s) exceeded for this resource (InstancesDEV1S)". */
static void
explain(int status, const struct json *body, struct buf *out)
{
	static const char *const more[] = { "help_message", "reason", "precondition", "current_state", "resource" };
	const struct json	*detail = json_first(json_get(body, "details"));
	const char		*type = json_text(json_get(body, "type"), ""), *message = json_text(json_get(body, "message"), "");

	buf_fmt(out, "%d", status);
	if (*type != '\0')
		buf_fmt(out, " %s", type);
	if (*message != '\0')
		buf_fmt(out, ": %s", message);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (json_type(json_get(body, more[i])) == JSON_TEXT)
			buf_fmt(out, ", %s", json_text(json_get(body, more[i]), ""));
	for (const struct json *field = json_first(detail); field != NULL; field = json_next(field))
		if (json_type(field) == JSON_TEXT)
			buf_fmt(out, ", %s", json_text(field, ""));
}

/* ---- the end of one ---- */

static void
free_ask(struct scaleway_ask *ask)
{
	buf_clear(&ask->path);
	buf_clear(&ask->body);
	release(ask->s);
	free(ask);
}

static int
is(const struct scaleway_ask *ask, const char *method)
{
	return strcmp(ask->method, method) == 0;
}

/* Calls back, and is gone.  answer NULL: the worker ends. */
static void
finish(struct scaleway_ask *ask, const struct scaleway_answer *answer)
{
	struct scaleway *s = ask->s;

	if (is(ask, "DELETE")) {
		s->dropping--;
		s->drops++;
	}
	ask->done(ask->ctx, answer);
	free_ask(ask);
}

/* Without its query, which says nothing more. */
static void
log_refusal(const struct scaleway_ask *ask, const struct scaleway_answer *answer, const char *request_id)
{
	static const int logged[] = {
		[CLOUD_DONE] = 0, [CLOUD_MISSING] = 0, [CLOUD_LATER] = 0, [CLOUD_DOUBT] = 1, [CLOUD_FULL] = 1, [CLOUD_REFUSED] = 1,
		[CLOUD_LOCKED] = 1, [CLOUD_END] = 0,
	};
	const char *path = buf_text(&ask->path);

	if (logged[answer->verdict])
		log_fault("scaleway", "%s %.*s: %s%s%s%s", ask->method, (int)strcspn(path, "?"), path, answer->why,
		    *request_id == '\0' ? "" : " (request ", request_id, *request_id == '\0' ? "" : ")");
}

/* ---- retries ---- */

/* When it may be tried again; -1: it may not. */
static int64_t
next_try(const struct scaleway_ask *ask, struct scaleway_refusal refusal, const struct http_answer *answer)
{
	int64_t		 wait = (int64_t)FIRST_WAIT << ask->tries;
	uint16_t	 chance;

	/* A POST makes a thing or sets one going: whoever wants that looks first. */
	if (!refusal.again || is(ask, "POST") || ask->tries >= RETRIES)
		return -1;
	crypt_random(&chance, sizeof(chance));
	wait += chance % (wait / 2);
	if (answer->retry_after > wait)
		wait = answer->retry_after;
	return clock_boot() + wait > ask->begun + PATIENCE ? -1 : wait;
}

/* The first of a queue, taken out; NULL: there is none. */
static struct scaleway_ask *
pop(struct scaleway_queue *queue)
{
	struct scaleway_ask *ask = TAILQ_FIRST(queue);

	if (ask != NULL)
		TAILQ_REMOVE(queue, ask, entry);
	return ask;
}

static void
queue_up(struct scaleway_ask *ask)
{
	TAILQ_INSERT_TAIL(ask->urgent ? &ask->s->urgent : &ask->s->waiting, ask, entry);
	pump(ask->s);
}

static void
rested(void *ctx, const struct http_answer *answer)
{
	struct scaleway_ask *ask = ctx;

	if (answer == NULL || ask->s->closed)
		finish(ask, NULL);
	else
		queue_up(ask);
}

/* ---- answers ---- */

/* A 2xx without a body is enough for what changes or deletes; whoever reads or makes something looks for what it needs. */
static int
makes_sense(const struct scaleway_ask *ask, const struct http_answer *answer, const struct json *json)
{
	return json_type(json) == JSON_OBJECT || (answer->body_n == 0 && !is(ask, "GET"));
}

/* What came of one try; why is written if that is not CLOUD_DONE. */
static struct scaleway_refusal
judge(const struct scaleway_ask *ask, const struct http_answer *answer, const struct json *json, struct buf *why)
{
	if (answer->status == 0) {
		buf_fmt(why, "no answer: %s", answer->why);
		return (struct scaleway_refusal){ answer->sent ? CLOUD_DOUBT : CLOUD_LATER, 1 };
	}
	if (answer->status / 100 != 2) {
		explain(answer->status, json, why);
		return scaleway_classify(answer->status, json);
	}
	if (makes_sense(ask, answer, json))
		return (struct scaleway_refusal){ CLOUD_DONE, 0 };
	buf_fmt(why, "%d, with a body that is not JSON or not whole", answer->status);
	return (struct scaleway_refusal){ CLOUD_DOUBT, 1 };
}

static void
conclude(struct scaleway_ask *ask, const struct http_answer *answer, const struct json *json)
{
	struct buf		 why = { 0 };
	struct scaleway_refusal	 refusal = judge(ask, answer, json, &why);
	struct scaleway_answer	 out = { .verdict = refusal.verdict, .json = json, .total = answer->total,
	    .resource = json_text(json_get(json, "resource"), ""), .why = buf_text(&why) };
	int64_t			 wait = next_try(ask, refusal, answer);

	ask->tries++;
	if (wait == -1 || http_later(ask->s->w->http, wait, rested, ask) != ERR_OK) {
		log_refusal(ask, &out, answer->request_id);
		finish(ask, &out);
	}
	buf_clear(&why);
}

static void
answered(void *ctx, const struct http_answer *answer)
{
	struct scaleway_ask	*ask = ctx;
	struct scaleway		*s = ask->s;
	struct json		*json = NULL;

	s->flying--;
	s->users++;	/* that it outlives the call */
	if (answer == NULL || s->closed) {
		finish(ask, NULL);
	} else {
		if (answer->status == 429)
			s->credit = 0;	/* others ask with the same key */
		if (answer->body_n > 0 && json_read(answer->body, answer->body_n, &json) != ERR_OK)
			json = NULL;
		conclude(ask, answer, json);
		json_free(json);
	}
	pump(s);
	release(s);
}

/* ---- whose turn it is ---- */

/* Counts what the time since the last look at the clock allows. */
static void
earn(struct scaleway *s)
{
	int64_t now = clock_boot();

	s->credit += (now - s->credited_at) * PER_SECOND;
	if (s->credit > AT_ONCE * 1000)
		s->credit = AT_ONCE * 1000;
	s->credited_at = now;
}

/* Those that could not even be sent. */
static void
finish_unsent(struct scaleway *s)
{
	static const struct scaleway_answer unsent = { .verdict = CLOUD_LATER, .total = -1, .resource = "",
	    .why = "it could not be sent" };
	struct scaleway_ask *ask;

	while ((ask = pop(&s->unsent)) != NULL)
		finish(ask, &unsent);
}

static void
ticked(void *ctx, const struct http_answer *answer)
{
	struct scaleway *s = ctx;

	s->ticking = 0;
	if (answer != NULL) {
		finish_unsent(s);
		pump(s);
	}
	release(s);
}

static enum err
send(struct scaleway_ask *ask)
{
	struct scaleway			*s = ask->s;
	struct buf			 url = { 0 };
	struct http_request		 request = { .method = ask->method, .type = ask->has_body ? ask->type : NULL,
	    .body = ask->has_body ? buf_text(&ask->body) : NULL, .body_n = ask->body.len, .token_header = "X-Auth-Token",
	    .token = s->token, .timeout = TIMEOUT };
	enum err			 err;

	buf_str(&url, s->url);
	buf_str(&url, buf_text(&ask->path));
	request.url = buf_text(&url);
	if ((err = buf_error(&url)) == ERR_OK && (err = http_ask(s->w->http, &request, answered, ask)) == ERR_OK)
		s->flying++;
	buf_clear(&url);
	return err;
}

/* Lets go whoever may; the others have a timer, or the end of one that is under way, to wait for. */
static void
pump(struct scaleway *s)
{
	struct scaleway_ask *ask;

	earn(s);
	while (!s->closed && s->flying < FLYING && s->credit >= 1000) {
		if ((ask = pop(&s->urgent)) == NULL && (ask = pop(&s->waiting)) == NULL)
			break;
		s->credit -= 1000;
		if (send(ask) != ERR_OK)
			TAILQ_INSERT_TAIL(&s->unsent, ask, entry);
	}
	if (s->closed || s->ticking || (TAILQ_EMPTY(&s->unsent) &&
	    (s->flying >= FLYING || (TAILQ_EMPTY(&s->urgent) && TAILQ_EMPTY(&s->waiting)))))
		return;
	if (http_later(s->w->http, s->credit >= 1000 ? 1 : (1000 - s->credit) / PER_SECOND + 1, ticked, s) == ERR_OK) {
		s->ticking = 1;
		s->users++;
	}
}

static struct scaleway_ask *
new_ask(struct scaleway *s, const struct scaleway_request *request)
{
	struct scaleway_ask *ask;

	if (buf_error(request->path) != ERR_OK || (request->body != NULL && buf_error(request->body) != ERR_OK) ||
	    (ask = calloc(1, sizeof(*ask))) == NULL)
		return NULL;
	ask->s = s;
	ask->method = request->method;
	ask->type = request->type;
	ask->urgent = request->urgent;
	ask->begun = clock_boot();
	ask->path = *request->path;
	*request->path = (struct buf){ 0 };
	if ((ask->has_body = request->body != NULL)) {
		ask->body = *request->body;
		*request->body = (struct buf){ 0 };
	}
	return ask;
}

enum err
scaleway_ask(struct scaleway *s, const struct scaleway_request *request, scaleway_done *done, void *ctx)
{
	/* Nobody above asks for that; but nothing that only looks shall ever change anything. */
	int			 barred = s->closed || ((s->w->dry || s->w->house.reporting) && strcmp(request->method, "GET") != 0);
	struct scaleway_ask	*ask = barred ? NULL : new_ask(s, request);

	if (ask == NULL) {
		buf_clear(request->path);
		if (request->body != NULL)
			buf_clear(request->body);
		log_fault("scaleway", "%s: %s", request->method, barred ? "not now" : "no memory");
		return ERR_FAULT;
	}
	ask->done = done;
	ask->ctx = ctx;
	s->users++;
	if (strcmp(ask->method, "DELETE") == 0) {
		s->dropping++;
		s->drops++;
	}
	queue_up(ask);
	return ERR_OK;
}

void
scaleway_end(struct scaleway *s)
{
	struct scaleway_ask *ask;

	s->closed = 1;
	while ((ask = pop(&s->urgent)) != NULL || (ask = pop(&s->waiting)) != NULL || (ask = pop(&s->unsent)) != NULL)
		finish(ask, NULL);
	release(s);
}
