/* Parts of the driver fleet_local that its files share. */

#ifndef BAAS_WORKER_FLEET_LOCAL_H
#define BAAS_WORKER_FLEET_LOCAL_H

#include <sys/types.h>

#include "worker/fleet.h"

struct hand;

/* Watches the keeper of that pid, whose directory is dir, unless it is watched already. */
void local_follow(struct world *w, struct hand *hand, int dir, pid_t pid);

/* The pub's socket, connected, not blocking.  -1: nobody answers there (why says so). */
int local_connect(int dir, char why[FLEET_WORDS_CAP]);

/* The looks of struct fleet. */
void local_look(struct world *w, const struct bot *bot, fleet_seen *seen, void *ctx);

void local_glance(struct world *w, const struct bot *bot, struct sight *out);

#endif
