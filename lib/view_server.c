/* How far a person's server is, as values of a page. */

#include "lib/view_server.h"

#include <stddef.h>

#include "lib/clock.h"
#include "lib/page.h"
#include "lib/server.h"

static const char *const names[SERVER_STEP__MAX] = {
	[SERVER_STEP_VOLUME] = "step_volume",
	[SERVER_STEP_ADDRESS] = "step_address",
	[SERVER_STEP_MACHINE] = "step_machine",
	[SERVER_STEP_BOOT] = "step_boot",
	[SERVER_STEP_JOIN] = "step_join",
	[SERVER_STEP_PUB] = "step_pub",
};

static void
add_step(struct view *view, enum server_step step, const struct server_way *way)
{
	struct view	*item = view_item(view, "server_steps");
	char		 usual[32];

	for (int i = 0; i < SERVER_STEP__MAX; i++)
		view_flag(item, names[i], (enum server_step)i == step);
	view_flag(item, "step_done", way->state == SERVER_STEP_DONE);
	view_flag(item, "step_now", way->state == SERVER_STEP_NOW);
	view_flag(item, "step_then", way->state == SERVER_STEP_TO_COME);
	clock_span(way->usual_most * CLOCK_SECOND, usual);
	view_text(item, "usual", usual);
}

static int
is_waited_for(const struct server *server, const struct server_way way[SERVER_STEP__MAX])
{
	return server->state != SERVER_BROKEN && !server->gone && way[SERVER_STEP__MAX - 1].state != SERVER_STEP_DONE;
}

void
view_server_short(struct view *view, const struct server *server)
{
	struct server_way way[SERVER_STEP__MAX];

	if (server != NULL)
		server_steps(server, way);
	view_flag(view, "server_waits", server != NULL && is_waited_for(server, way));
	view_flag(view, "server_broken", server != NULL && server->state == SERVER_BROKEN);
}

void
view_server(struct view *view, const struct server *server)
{
	struct server_way	way[SERVER_STEP__MAX];
	int			broken = server != NULL && server->state == SERVER_BROKEN, waits = 0;

	view_list(view, "server_steps");
	if (server != NULL) {
		server_steps(server, way);
		waits = is_waited_for(server, way);
	}
	view_flag(view, "server_waits", waits);
	view_flag(view, "server_broken", broken);
	view_text(view, "server_reason", server == NULL ? "" : server->reason);
	for (int i = 0; i < SERVER_STEP__MAX && (waits || broken); i++)
		add_step(view, (enum server_step)i, &way[i]);
}
