/* Measurements over time. */

#ifndef BAAS_LIB_SAMPLE_H
#define BAAS_LIB_SAMPLE_H

#include <stdint.h>

#include "lib/err.h"

struct db;

struct sample {
	int64_t	at;		/* start of the step, ms */
	int64_t	memory, disk, bytes_in, bytes_out, peers, alive_ms;
};

/* Adds one reading to the minute, the hour and the day it falls into. */
enum err sample_add(struct db *db, int64_t bot, const struct sample *now);

/* Those of a bot with that step (60, 3600, 86400 seconds) in [from, to), oldest first. */
enum err sample_list(struct db *db, int64_t bot, int step, int64_t from, int64_t to,
    void (*each)(void *ctx, const struct sample *), void *ctx);

/* Deletes, a slice of at most limit rows at a time, minutes older than 2 days, hours older than 60 days, days older than 5 years; *left: 1 if there may be more. */
enum err sample_thin(struct db *db, int64_t now, int limit, int *left);

#endif
