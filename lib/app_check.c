/* What has to be so before a route runs, in the order of CONTRACT.md 2. */

#include "lib/app_part.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/json.h"
#include "lib/page.h"

enum { ONCE_MAX = 64, NEXT_MAX = 1024 };

/* What the checks hand on to each other. */
struct turn {
	struct call		*call;
	const struct app	*app;
	const struct route	*route;
	unsigned		 kind;		/* of the rows that count: ROUTE_JSON or 0 */
};

static int
status_of(enum err err)
{
	return err == ERR_OK ? 0 : err == ERR_BUSY ? 503 : 500;
}

static int
check_doubled(struct turn *turn)
{
	return req_doubled(turn->call->req) ? 400 : 0;
}

/* Who they are; whether they may is for later. */
static int
check_person(struct turn *turn)
{
	return status_of(call_sign_in(turn->call, turn->app));
}

/* One segment of the path, for :name: letters, digits and -._~ as names, keys and tokens are. */
static int
take_segment(const char **path, char out[APP_ARG_CAP])
{
	static const char	allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t			n = strspn(*path, allowed);

	if (n == 0 || n >= APP_ARG_CAP)
		return 0;
	memcpy(out, *path, n);
	out[n] = '\0';
	*path += n;
	return 1;
}

/* 1 if path has exactly that shape; fills args. */
static int
fits(const char *shape, const char *path, char args[APP_ARGS][APP_ARG_CAP])
{
	int n = 0;

	memset(args, 0, APP_ARGS * APP_ARG_CAP);
	while (*shape != '\0') {
		if (*shape == ':') {
			if (n == APP_ARGS || !take_segment(&path, args[n++]))
				return 0;
			shape += strcspn(shape, "/");
		} else if (*shape++ != *path++) {
			return 0;
		}
	}
	return *path == '\0';
}

/* 1 if the path has rows of that kind. */
static int
has_rows(const struct turn *turn, unsigned kind)
{
	char args[APP_ARGS][APP_ARG_CAP];

	for (int i = 0; i < turn->app->n; i++)
		if ((turn->app->routes[i].flags & ROUTE_JSON) == kind &&
		    fits(turn->app->routes[i].shape, turn->call->path, args))
			return 1;
	return 0;
}

static int
check_shape(struct turn *turn)
{
	struct call *call = turn->call;

	if (call->path[0] == '\0')
		return 404;
	turn->kind = call->json && has_rows(turn, ROUTE_JSON) ? ROUTE_JSON : 0;
	return has_rows(turn, turn->kind) ? 0 : 404;
}

static int
answers(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	    (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* One of this path's, and of the kind that is asked for; its arguments are in call->arg then. */
static int
is_candidate(const struct turn *turn, const struct route *route)
{
	return (route->flags & ROUTE_JSON) == turn->kind && fits(route->shape, turn->call->path, turn->call->arg);
}

/* "GET, HEAD, POST": what the path's rows answer. */
static void
set_allow(const struct turn *turn)
{
	static const char *const	 methods[] = { "GET", "HEAD", "POST", "PATCH", "DELETE" };
	char				*allow = turn->call->allow;
	size_t				 n = 0;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		for (int k = 0; k < turn->app->n; k++) {
			if (!answers(&turn->app->routes[k], methods[i]) || !is_candidate(turn, &turn->app->routes[k]))
				continue;
			n += (size_t)snprintf(allow + n, APP_ALLOW_CAP - n, "%s%s", n > 0 ? ", " : "", methods[i]);
			break;
		}
	}
	turn->call->reply->allow = allow;
}

static int
check_method(struct turn *turn)
{
	const char *method = turn->call->method;

	for (int i = 0; i < turn->app->n && turn->route == NULL; i++)
		if (answers(&turn->app->routes[i], method) && is_candidate(turn, &turn->app->routes[i]))
			turn->route = &turn->app->routes[i];
	if (turn->route != NULL)
		return 0;
	set_allow(turn);
	return 405;
}

/* Sends them to sign in, and from there back here. */
static int
to_start(struct call *call)
{
	const char	*query = req_var(call->req, "QUERY_STRING");
	struct buf	 next = { 0 }, place = { 0 };

	buf_str(&next, call->path);
	if (*query != '\0')
		buf_fmt(&next, "?%s", query);
	buf_str(&place, "/start");
	if (buf_error(&next) == ERR_OK && next.len <= NEXT_MAX && app_own_path(buf_text(&next))) {
		buf_str(&place, "?next=");
		buf_url(&place, buf_text(&next));
	}
	reply_see_other(call->reply, buf_text(&place));
	buf_clear(&next);
	buf_clear(&place);
	return 303;
}

static int
check_signed_in(struct turn *turn)
{
	const struct call *call = turn->call;

	if (turn->route->access != SIGNED_IN)
		return 0;
	if (call->signed_in)
		return call->json && turn->kind != ROUTE_JSON ? 404 : 0;
	return call->json ? 401 : to_start(turn->call);
}

static int
check_query(struct turn *turn)
{
	struct call	*call = turn->call;
	const char	*query = req_var(call->req, "QUERY_STRING");
	enum err	 err = form_read(query, strlen(query), &call->query);

	if (err != ERR_OK)
		return err == ERR_INVALID ? 400 : 500;
	call->live = strcmp(form_get(&call->query, "live"), "1") == 0;
	view_flag(call->view, "live", call->live);
	return 0;
}

/* A form, as browsers call it; or no type at all, as people do who debug. */
static int
is_form(const char *type)
{
	static const char	form[] = "application/x-www-form-urlencoded";
	size_t			n = sizeof(form) - 1;

	return *type == '\0' || (strncasecmp(type, form, n) == 0 && strchr("; \t", type[n]) != NULL);
}

int
route_changes(const struct route *route)
{
	return strcmp(route->method, "GET") != 0;
}

/* What came with a JSON request; nothing at all is for the route to judge. */
static int
check_json(struct call *call, const char *bytes, size_t n)
{
	enum err err;

	if (n == 0)
		return 0;
	if (!is_json_type(req_var(call->req, "CONTENT_TYPE")))
		return 415;
	if ((err = json_read(bytes, n, &call->body)) == ERR_OK)
		return 0;
	return err == ERR_INVALID ? 400 : 500;
}

static int
check_body(struct turn *turn)
{
	struct call	*call = turn->call;
	const char	*bytes;
	size_t		 n;
	int		 too_large;
	enum err	 err;

	if (!route_changes(turn->route))
		return 0;
	if (req_body(call->req, &bytes, &n, &too_large) != ERR_OK)
		return too_large ? 413 : 400;
	if (turn->kind == ROUTE_JSON)
		return check_json(call, bytes, n);
	if (!is_form(req_var(call->req, "CONTENT_TYPE")))
		return 415;
	if ((err = form_read(bytes, n, &call->form)) != ERR_OK)
		return err == ERR_INVALID ? 400 : 500;
	return strlen(form_get(&call->form, "once")) > ONCE_MAX ? 400 : 0;
}

/*
 * What the browser says of where the form was: nothing is fine, a foreign place and "null" are not.  site.url is
 * written as browsers write an origin, lib/conf sees to it.
 */
static int
from_here(struct call *call)
{
	const char	*origin = req_var(call->req, "HTTP_ORIGIN");
	const char	*site = req_var(call->req, "HTTP_SEC_FETCH_SITE");

	if (*site != '\0' && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return 0;
	return *origin == '\0' || strcmp(origin, conf_text(call->conf, CONF_SITE_URL)) == 0;
}

static int
check_csrf(struct turn *turn)
{
	struct call *call = turn->call;

	if (!route_changes(turn->route) || call->shell || turn->kind == ROUTE_JSON)
		return 0;
	if (call->csrf[0] == '\0' || !from_here(call))
		return 403;
	return crypt_same(form_get(&call->form, "csrf"), call->csrf) ? 0 : 403;
}

int
app_check(struct call *call, struct app *app, const struct route **out)
{
	static int (*const checks[])(struct turn *) = {
		check_doubled, check_person, check_shape, check_method, check_signed_in, check_query, check_body,
		check_csrf,
	};
	struct turn	turn = { .call = call, .app = app };
	int		status = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && status == 0; i++)
		status = checks[i](&turn);
	*out = turn.route;
	return status;
}
