/* What is left over: things in the cloud that no row wants, and keys of minions that are gone. */

#ifndef BAAS_WORKER_SWEEP_H
#define BAAS_WORKER_SWEEP_H

#include <stddef.h>

struct cloud_thing;
struct world;

/* A good look. */
struct sweep_look {
	const struct cloud_thing *const	*ours;		/* with our instance's tag, in order of their server */
	size_t				 n_ours;
	const struct cloud_thing *const	*all;		/* in order of their ids */
	size_t				 n;
};

/*
 * Once a minute: reports what looks like ours and belongs to no row, and begins to delete what a person wants deleted or
 * what this database itself made and has not wanted for a day.  Once a day: keys.  With -n, and if the house only reports,
 * it says so and does nothing.
 */
void sweep(struct world *w, const struct sweep_look *look);

/* 1 if it is named like a machine's own volume. */
int sweep_is_root(const struct cloud_thing *thing);

#endif
