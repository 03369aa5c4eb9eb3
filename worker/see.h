/* Looks: what is.  Each ends with a row that says so, and with w->act. */

#ifndef BAAS_WORKER_SEE_H
#define BAAS_WORKER_SEE_H

#include <stdint.h>

#include "lib/err.h"

struct bot;
struct world;

/* Begins a look at one bot, unless one is under way (then one more follows). */
void see_bot(struct world *w, const struct bot *bot);

/* Begins a look at each bot that is due.  *n: how many rows that were. */
enum err see_due(struct world *w, int *n);

/*
 * Whatever is seen in between is stored in one transaction, and only then acted on.  Nothing else is to be begun in there
 * that the database should not wait for.
 */
void see_begin(struct world *w);
void see_end(struct world *w);

/* Begins the looks that are wanted earlier than the rows say, and gives free places to those who wait for one. */
void see_hands(struct world *w);

/* When (clock_boot) the next of those is wanted; INT64_MAX: none. */
int64_t see_next(struct world *w);

#endif
