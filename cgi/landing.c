/* /: GET shows what this is.  Paths that are nobody's come here too, for their 404. */

#include "lib/app.h"
#include "lib/conf.h"
#include "lib/page.h"

#include <string.h>

static enum err
landing(struct call *call)
{
	if (call->signed_in)
		return app_go(call, "/agents", NULL);
	view_text(call->view, "domain", conf_text(call->conf, CONF_BOTS_DOMAIN));
	view_flag(call->view, "free", strcmp(conf_text(call->conf, CONF_BILLING), "free") == 0);
	view_flag(call->view, "open", conf_on(call->conf, CONF_ACCOUNTS_OPEN));
	return app_page(call, "landing");
}

static const struct route routes[] = {
	{ "GET", "/", ANYBODY, landing, 0 },
};

int
main(void)
{
	return app_main("landing", routes, sizeof(routes) / sizeof(routes[0]));
}
