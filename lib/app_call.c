/* Who is asking: cookies, session, visit, and what every page can name. */

#include "lib/app_part.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/page.h"

static const char session_cookie[] = COOKIE_HOST "baas";
static const char visit_cookie[] = COOKIE_HOST "baas_visit";

int
app_https(const struct call *call)
{
	return strncmp(conf_text(call->conf, CONF_SITE_URL), "https://", 8) == 0;
}

static const char *
name_here(const struct call *call, const char *name)
{
	return app_https(call) ? name : name + sizeof(COOKIE_HOST) - 1;
}

void
call_cookie(struct call *call, const char *name, const char *value, int seconds)
{
	struct buf *line = &call->reply->cookies;

	buf_fmt(line, "Set-Cookie: %s=%s; Path=/; HttpOnly; SameSite=Lax", name_here(call, name), value);
	if (seconds != COOKIE_UNTIL_CLOSED)
		buf_fmt(line, "; Max-Age=%d", seconds);
	buf_str(line, app_https(call) ? "; Secure\r\n" : "\r\n");
}

void
call_cookie_get(struct call *call, const char *name, char *out, size_t cap)
{
	/* Too long a value is not one of ours: as good as none. */
	if (req_cookie(call->req, name_here(call, name), out, cap) != ERR_OK)
		*out = '\0';
}

/* 1 if it looks as crypt_token makes them. */
static int
is_token(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return strlen(text) == CRYPT_TOKEN_CAP - 1 && strspn(text, allowed) == CRYPT_TOKEN_CAP - 1;
}

void
call_token_get(struct call *call, const char *name, char out[CRYPT_TOKEN_CAP])
{
	call_cookie_get(call, name, out, CRYPT_TOKEN_CAP);
	if (!is_token(out))
		out[0] = '\0';
}

/* The token of "Authorization: Bearer x"; a bare one is taken too, as feathers does. */
static void
read_bearer(struct call *call, char out[CRYPT_TOKEN_CAP])
{
	static const char	 scheme[] = "bearer ";
	const char		*value = req_var(call->req, "HTTP_AUTHORIZATION");

	if (strncasecmp(value, scheme, sizeof(scheme) - 1) == 0) {
		value += sizeof(scheme) - 1;
		value += strspn(value, " ");
	}
	if (is_token(value))
		memcpy(out, value, CRYPT_TOKEN_CAP);
}

int
is_json_type(const char *value)
{
	static const char	type[] = "application/json";
	size_t			n = sizeof(type) - 1;

	for (const char *p = value; (p = strcasestr(p, type)) != NULL; p += n)
		if ((p == value || strchr(", \t", p[-1]) != NULL) && strchr(",; \t", p[n]) != NULL)
			return 1;
	return 0;
}

static int
speaks_json(struct req *req)
{
	return is_json_type(req_var(req, "HTTP_ACCEPT")) || is_json_type(req_var(req, "CONTENT_TYPE"));
}

static void
read_path(struct call *call)
{
	const char *path = req_var(call->req, "PATH_INFO");

	if (*path == '\0')
		path = req_var(call->req, "SCRIPT_NAME");
	if (strlen(path) < sizeof(call->path))
		memcpy(call->path, path, strlen(path) + 1);
}

/* The names of lib/app.h, as they are before anything is known. */
static void
name_all(struct call *call)
{
	struct view *view = call->view;

	view_text(view, "site_name", conf_text(call->conf, CONF_SITE_NAME));
	view_text(view, "site_url", conf_text(call->conf, CONF_SITE_URL));
	view_text(view, "contact", conf_text(call->conf, CONF_SITE_CONTACT));
	view_text(view, "version", PACKAGE_VERSION);
	view_text(view, "path", call->path);
	view_flag(view, "signed_in", 0);
	view_text(view, "who_name", "");
	view_text(view, "csrf", "");
	view_text(view, "once", "");
	view_text(view, "flash", "");
	view_flag(view, "live", 0);
	view_flag(view, "error", 0);
	view_list(view, "problems");
	view_text(view, "reference", "");
}

enum err
call_open(struct call *call, struct app *app, struct reply *reply)
{
	call->db = app->db;
	call->conf = app->conf;
	call->pages = app->pages;
	call->pool = &app->pool;
	call->req = app->req;
	call->method = req_var(app->req, "REQUEST_METHOD");
	call->reply = reply;
	call->now = clock_now();
	call->json = speaks_json(app->req);
	memcpy(call->actor, app->actor, sizeof(call->actor));
	read_path(call);
	if ((call->view = view_new()) == NULL) {
		log_fault("view", "no memory");
		return ERR_FAULT;
	}
	name_all(call);
	return ERR_OK;
}

void
call_close(struct call *call)
{
	form_clear(&call->form);
	form_clear(&call->query);
	json_free(call->body);
	json_free(call->errors);
	view_free(call->view);
	explicit_bzero(call->token, sizeof(call->token));
}

/* The person at hand, from now on. */
static void
welcome(struct call *call, const struct person *who)
{
	call->who = *who;
	call->signed_in = 1;
	view_flag(call->view, "signed_in", 1);
	view_text(call->view, "who_name", who->name);
	view_text(call->view, "csrf", call->csrf);
}

static enum err
from_shell(struct call *call, const char *email)
{
	char		folded[PERSON_EMAIL_CAP], hash[CRYPT_PASSWORD_CAP];
	struct person	who;
	enum err	err;

	if (person_email(email, folded) != ERR_OK)
		return ERR_NOTFOUND;
	if ((err = person_by_email(call->db, folded, &who, hash)) != ERR_OK)
		return err;
	call->shell = 1;
	welcome(call, &who);
	return ERR_OK;
}

/* By the token that a page's cookie or a JSON request's header has. */
static enum err
from_token(struct call *call)
{
	struct person	who;
	enum err	err;

	if (call->token[0] == '\0')
		return ERR_NOTFOUND;
	if ((err = person_by_token(call->db, call->token, call->now, &who, &call->session)) != ERR_OK)
		return err;
	crypt_csrf(call->token, call->csrf);
	welcome(call, &who);
	return ERR_OK;
}

/* Before sign-in: the token of the visit, if there is one. */
static void
read_visit(struct call *call)
{
	memset(&call->session, 0, sizeof(call->session));
	call_token_get(call, visit_cookie, call->token);
	if (call->token[0] != '\0')
		crypt_csrf(call->token, call->csrf);
}

enum err
call_sign_in(struct call *call, const struct app *app)
{
	enum err err;

	if (app->as != NULL)
		return from_shell(call, app->as);
	if (call->json) {	/* cookies count for pages alone */
		read_bearer(call, call->token);
		err = from_token(call);
		return err == ERR_NOTFOUND ? ERR_OK : err;
	}
	call_token_get(call, session_cookie, call->token);
	if ((err = from_token(call)) != ERR_NOTFOUND)
		return err;
	read_visit(call);
	return ERR_OK;
}

void
call_used(struct call *call)
{
	if (call->session.id == 0 || call->now - call->session.used_at < CLOCK_HOUR || db_begin(call->db) != ERR_OK)
		return;
	if (session_used(call->db, call->session.id, call->now) == ERR_OK && db_commit(call->db) == ERR_OK && !call->json)
		call_cookie(call, session_cookie, call->token, COOKIE_MONTH);
	db_rollback(call->db);
}

enum err
app_csrf(struct call *call)
{
	if (call->shell)
		return ERR_OK;
	if (call->token[0] == '\0') {
		crypt_token(call->token);
		crypt_csrf(call->token, call->csrf);
		call_cookie(call, visit_cookie, call->token, COOKIE_UNTIL_CLOSED);
	}
	view_text(call->view, "csrf", call->csrf);
	return ERR_OK;
}

enum err
app_open_session(struct call *call, int64_t person, enum session_kind kind, char token[CRYPT_TOKEN_CAP])
{
	struct session	fresh = { .person = person, .kind = kind, .created_at = call->now };
	enum err	err;

	session_agent(req_var(call->req, "HTTP_USER_AGENT"), fresh.agent);
	if ((err = session_open(call->db, &fresh, token)) != ERR_OK)
		return err;
	return session_trim(call->db, person, kind, conf_int(call->conf, CONF_LIMITS_SESSIONS));
}

enum err
app_sign_in(struct call *call, int64_t person)
{
	char		token[CRYPT_TOKEN_CAP];
	enum err	err;

	if ((err = app_open_session(call, person, SESSION_BROWSER, token)) != ERR_OK)
		return err;
	/* What was there before ends: no token from before a sign-in is good after it. */
	if (call->session.id != 0)
		err = session_end(call->db, call->session.person, call->session.key);
	if (err != ERR_OK && err != ERR_NOTFOUND)
		return err;
	if (!call->signed_in && call->token[0] != '\0')
		call_cookie(call, visit_cookie, "", COOKIE_GONE);
	memcpy(call->token, token, sizeof(token));
	explicit_bzero(token, sizeof(token));
	crypt_csrf(call->token, call->csrf);
	call_cookie(call, session_cookie, call->token, COOKIE_MONTH);
	return ERR_OK;
}

void
app_forget(struct call *call)
{
	call_cookie(call, session_cookie, "", COOKIE_GONE);
	explicit_bzero(call->token, sizeof(call->token));
	explicit_bzero(call->csrf, sizeof(call->csrf));
}

enum err
app_event(struct call *call, int what, int64_t bot, const char *bot_name, const char *detail)
{
	struct event event = { .at = call->now, .person = call->who.id, .bot = bot, .what = (enum event_what)what };

	snprintf(event.actor, sizeof(event.actor), "%s", call->actor);
	snprintf(event.detail, sizeof(event.detail), "%s", detail == NULL ? "" : detail);
	if (snprintf(event.bot_name, sizeof(event.bot_name), "%s", bot_name == NULL ? "" : bot_name) >=
	    (int)sizeof(event.bot_name)) {
		log_fault("event", "a bot's name is too long");
		return ERR_FAULT;
	}
	return event_add(call->db, &event);
}
