/* The worker's life sign: the one row of the table worker. */

#ifndef BAAS_LIB_PASS_H
#define BAAS_LIB_PASS_H

#include <stdint.h>

#include "lib/err.h"

struct db;

struct pass {
	int64_t	seen_at;	/* the worker was there; 0: never, or before the clock was set back */
	int64_t	passed_at;	/* it ended a pass; 0: none since baas init */
};

enum err pass_get(struct db *db, struct pass *out);
enum err pass_alive(struct db *db, int64_t now);	/* notes that it is there */
enum err pass_ended(struct db *db, int64_t now);
enum err pass_look(struct db *db, int64_t ms);		/* so often running bots are looked at */
enum err pass_forget(struct db *db);			/* baas init */

#endif
