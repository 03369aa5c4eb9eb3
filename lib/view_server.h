/* How far a person's server is, as values of a page. */

#ifndef BAAS_LIB_VIEW_SERVER_H
#define BAAS_LIB_VIEW_SERVER_H

struct server;
struct view;

/*
 * Sets:
 *
 *	server_waits		flag: it is being built, or its first bots are being put on it
 *	server_broken		flag: it could not be
 *	server_reason		why it is broken, or takes long; ""
 *	server_steps		list, empty unless it waits or is broken.  Each: one of the flags step_volume, step_address,
 *				step_machine, step_boot, step_join, step_pub; one of step_done, step_now, step_then; and
 *				usual, "4 minutes": what it takes at most, usually
 *
 * server NULL: this machine is everybody's, and nothing of that is so.
 */
void view_server(struct view *view, const struct server *server);

/* server_waits and server_broken alone. */
void view_server_short(struct view *view, const struct server *server);

#endif
