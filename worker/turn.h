/* The worker's clockwork: one turn of the loop after the other, and what is done now and then. */

#ifndef BAAS_WORKER_TURN_H
#define BAAS_WORKER_TURN_H

#include <stdint.h>

#include "lib/err.h"

struct world;

/* When what was last done (clock_boot; version and passed: see turn.c). */
struct clockwork {
	int64_t	version;	/* of the database, when last looked at */
	int64_t	begun, alive, thinned, checkpointed;
	int64_t	ahead;		/* of the wall clock, against clock_boot(), when last looked at */
	int	far;		/* there may be rows whose due is further ahead than it can be */
	int	passed;		/* the first pass has ended */
};

enum err turn_open(struct world *w, struct clockwork *c);

/* Waits for what comes first, at most 200 ms, and does what then is to be done. */
enum err turn(struct world *w, struct clockwork *c);

/* 1 if nothing is outstanding and nothing is due right now. */
int turn_idle(struct world *w);

#endif
