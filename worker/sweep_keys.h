/* The daily batch: the fleet trusts minions no more whose machines are gone. */

#ifndef BAAS_WORKER_SWEEP_KEYS_H
#define BAAS_WORKER_SWEEP_KEYS_H

struct world;

/* Once a day by the events: taking a key back makes all other minions log in again.  Reports keys that were denied. */
void sweep_keys(struct world *w);

#endif
