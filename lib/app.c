/* The loop behind every route: its process, its requests, their transactions. */

#include "lib/app.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/app_part.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/jail.h"
#include "lib/log.h"
#include "lib/once.h"
#include "lib/page.h"

enum { LOCATION_CAP = 1024 };

static const int status[ERR__MAX] = {
	[ERR_OK] = 200, [ERR_NOTFOUND] = 404, [ERR_EXISTS] = 409,
	[ERR_INVALID] = 422, [ERR_BUSY] = 503, [ERR_FAULT] = 500,
};

/* The act, or, if this form came before, what was answered then. */
static enum err
act(struct call *call, const struct route *route)
{
	const char	*once = form_get(&call->form, "once");
	char		 location[LOCATION_CAP];
	enum err	 err;

	if (!call->signed_in || *once == '\0')
		return route->serve(call);
	if ((err = once_get(call->db, call->who.id, once, location, sizeof(location))) == ERR_OK)
		return app_go(call, location, NULL);
	if (err != ERR_NOTFOUND || (err = route->serve(call)) != ERR_OK || call->reply->status != 303)
		return err;
	return once_add(call->db, call->who.id, once, buf_text(&call->reply->location), call->now);
}

static enum err
serve_change(struct call *call, const struct route *route)
{
	enum err err;

	if ((route->flags & ROUTE_OWN_TX) != 0)
		return route->serve(call);
	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	if ((err = act(call, route)) == ERR_OK)
		err = db_commit(call->db);
	return err;
}

static enum err
serve_get(struct call *call, const struct route *route)
{
	call->reply->cacheable = !call->json && (call->live || !call->signed_in);
	if (!call->live)
		call_used(call);
	return route->serve(call);
}

static enum err
serve(struct call *call, const struct route *route)
{
	enum err err = route_changes(route) ? serve_change(call, route) : serve_get(call, route);

	db_rollback(call->db);		/* if one is open still: it was not to be */
	if (err == ERR_OK && call->reply->status == 0) {
		log_fault(route->shape, "said nothing");
		err = ERR_FAULT;
	}
	return err;
}

/* What is told of err: a route's own word for it, if it has said one. */
static int
status_for(const struct call *call, enum err err)
{
	int said = call->reply->status;

	if (err == ERR_BUSY && said == 429)
		return said;
	return call->words[0] != '\0' && err == ERR_INVALID ? said : status[err];
}

static int
is_get(const struct call *call)
{
	return strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0;
}

/* One request, up to what is to be sent. */
static void
answer(struct call *call, struct app *app)
{
	const struct route	*route = NULL;
	int			 code;
	enum err		 err;

	if (is_get(call))
		db_look(app->db);
	code = app_check(call, app, &route);
	if (code == 303)
		return;
	if (code != 0) {
		app_status(call, code, route);
		return;
	}
	err = serve(call, route);
	if (err == ERR_OK || (err == ERR_INVALID && call->reply->status == 422 && call->reply->body.len > 0))
		return;
	app_status(call, status_for(call, err), route);
}

/* A statement left open holds the WAL: a new connection is the sure cure. */
static enum err
check_statements(struct app *app)
{
	int n = db_open_statements(app->db);

	if (n == 0)
		return ERR_OK;
	log_fault("db", "%d statements left open", n);
	db_close(app->db);
	app->db = NULL;
	return db_open(conf_text(app->conf, CONF_DATABASE), DB_WRITE, &app->db);
}

/* ERR_FAULT: this process is not fit for another one. */
static enum err
handle(struct app *app)
{
	struct reply	 reply = { 0 };
	struct call	*call = calloc(1, sizeof(*call));
	enum err	 err = ERR_FAULT;

	if (call == NULL || call_open(call, app, &reply) != ERR_OK)
		goto out;
	answer(call, app);
	db_looked(app->db);
	if (req_send(app->req, &reply, app_https(call)) != ERR_OK)
		log_note("reply", "nobody waited for it");
	err = check_statements(app);
out:
	if (call != NULL)
		call_close(call);
	free(call);
	reply_clear(&reply);
	return err;
}

/* BAAS_AS: whoever can run this could as well write to the database.  A web server cannot be made to do it. */
static enum err
read_shell(struct app *app)
{
	const struct passwd	*user = getpwuid(getuid());
	int			 n;

	memcpy(app->actor, "person", sizeof("person"));
	if ((app->as = getenv("BAAS_AS")) == NULL)
		return ERR_OK;
	if (!req_is_cgi(app->req) || getenv("SERVER_SOFTWARE") != NULL || getenv("GATEWAY_INTERFACE") != NULL ||
	    getenv("REMOTE_ADDR") != NULL) {
		log_fault("BAAS_AS", "only from a shell, and not under a web server");
		return ERR_INVALID;
	}
	n = user == NULL ? snprintf(app->actor, sizeof(app->actor), "shell:%lu", (unsigned long)getuid()) :
	    snprintf(app->actor, sizeof(app->actor), "shell:%s", user->pw_name);
	return n < 0 || (size_t)n >= sizeof(app->actor) ? ERR_INVALID : ERR_OK;
}

/* So that a misspelt email is told once and clearly, and not as a page. */
static enum err
check_shell(struct app *app)
{
	char		email[PERSON_EMAIL_CAP], hash[CRYPT_PASSWORD_CAP];
	struct person	person;
	enum err	err;

	if (app->as == NULL)
		return ERR_OK;
	if (person_email(app->as, email) != ERR_OK ||
	    (err = person_by_email(app->db, email, &person, hash)) == ERR_NOTFOUND) {
		log_fault("BAAS_AS", "nobody has this email");
		return ERR_NOTFOUND;
	}
	return err;
}

static enum err
app_open(struct app *app)
{
	enum err err;

	if ((err = jail_harden()) != ERR_OK || (err = crypt_open()) != ERR_OK || (err = req_open(&app->req)) != ERR_OK ||
	    (err = read_shell(app)) != ERR_OK || (err = conf_open(NULL, &app->conf)) != ERR_OK ||
	    (err = db_open(conf_text(app->conf, CONF_DATABASE), DB_WRITE, &app->db)) != ERR_OK ||
	    (err = pages_open(conf_text(app->conf, CONF_SITE_TEMPLATES), &app->pages)) != ERR_OK)
		return err;
	if (req_is_cgi(app->req))		/* an admin's shell is no stranger */
		return check_shell(app);
	return jail_version() == 0 ? ERR_OK : app_enter_jail(app);
}

static void
app_close(struct app *app)
{
	pages_close(app->pages);
	db_close(app->db);
	conf_close(app->conf);
	req_close(app->req);
}

/* A program that hashes for strangers: who has waited for too long is turned away before it (app_hash.c). */
static void
mind_crowds(struct app *app)
{
	for (int i = 0; i < app->n; i++)
		if (app->routes[i].access == ANYBODY && (app->routes[i].flags & ROUTE_OWN_TX) != 0)
			req_let_in(app->req);
}

int
app_main(const char *program, const struct route *routes, int n)
{
	struct app	app = { .routes = routes, .n = n };
	enum err	err;

	log_open(program);
	if ((err = app_open(&app)) == ERR_OK)
		mind_crowds(&app);
	while (err == ERR_OK && req_next(app.req))
		err = handle(&app);
	app_close(&app);
	return err == ERR_OK ? 0 : 1;
}
