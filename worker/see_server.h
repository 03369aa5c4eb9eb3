/* Looks at the cloud: everything that it has, at once, and for each server what that means. */

#ifndef BAAS_WORKER_SEE_SERVER_H
#define BAAS_WORKER_SEE_SERVER_H

#include <stdint.h>

#include "lib/err.h"

struct world;

/* Some rows may have changed: those that are due are planned anew, or wait for a look that is wanted soon. */
enum err see_servers_due(struct world *w);

/* Once a turn: begins the look whose time has come, and goes on with servers whose time has come. */
void see_servers(struct world *w);

/* When (clock_boot) the next of those is; INT64_MAX: never. */
int64_t see_servers_next(const struct world *w);

/* 1 if what is still to come takes longer than one would wait for (or there is nothing). */
int see_servers_idle(const struct world *w);

/* 1 if all servers are as they should be. */
int see_servers_settled(const struct world *w);

#endif
