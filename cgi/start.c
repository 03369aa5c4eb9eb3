/* /start: GET shows the form that signin answers.  /authentication/sign-out: POST ends the session. */

#include "lib/api.h"
#include "lib/app.h"
#include "lib/conf.h"
#include "lib/page.h"

static enum err
form(struct call *call)
{
	const char	*next = form_get(&call->query, "next");
	enum err	 err;

	if (!app_own_path(next))
		next = "";
	if (call->signed_in)
		return app_go(call, next[0] != '\0' ? next : "/agents", NULL);
	if ((err = app_csrf(call)) != ERR_OK)
		return err;
	app_field(call, "email", "");
	app_field(call, "password", "");
	app_field(call, "next", next);
	view_flag(call->view, "offer_new", 0);
	view_flag(call->view, "no_match", 0);
	view_flag(call->view, "open", conf_on(call->conf, CONF_ACCOUNTS_OPEN));
	return app_page(call, "start");
}

static enum err
sign_out(struct call *call)
{
	enum err err = session_end(call->db, call->who.id, call->session.key);

	if (err != ERR_OK && err != ERR_NOTFOUND)	/* not found: run from a shell, there is none */
		return err;
	app_forget(call);
	return app_go(call, "/", NULL);
}

static const struct route routes[] = {
	{ "GET", "/start", ANYBODY, form, 0 },
	{ "POST", "/authentication/sign-out", SIGNED_IN, sign_out, 0 },
	{ "POST", "/authentication/sign-out", SIGNED_IN, api_sign_out, ROUTE_JSON },
};

int
main(void)
{
	return app_main("start", routes, sizeof(routes) / sizeof(routes[0]));
}
