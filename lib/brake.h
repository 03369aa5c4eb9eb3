/* The brake (DESIGN.md 4): how many of a kind were deleted lately, how many may be, and that a person lets more through. */

#ifndef BAAS_LIB_BRAKE_H
#define BAAS_LIB_BRAKE_H

#include <stdint.h>

#include "lib/err.h"

struct db;

enum brake_kind { BRAKE_SERVER, BRAKE_VOLUME, BRAKE_IP, BRAKE_IP6, BRAKE_BOT, BRAKE__MAX };

const char *brake_word(enum brake_kind kind);			/* "server".  Static */
enum err brake_of_word(const char *word, enum brake_kind *out);	/* ERR_NOTFOUND: it is none of these */

/* How many may be deleted within 24 hours, of so many that there are. */
int64_t brake_limit(int64_t there);

/* How many were deleted in the 24 hours before now and after the last lift, as events tell. */
enum err brake_count(struct db *db, enum brake_kind kind, int64_t now, int64_t *out);

/* As of our rows: how many there are, and how many wait to be deleted. */
enum err brake_there(struct db *db, enum brake_kind kind, int64_t *out);
enum err brake_waiting(struct db *db, enum brake_kind kind, int64_t now, int64_t *out);

/* A person lets them through: none that was deleted before counts any longer, and the worker looks at what waits at once. */
enum err brake_lift(struct db *db, enum brake_kind kind, const char *actor, int64_t now);

#endif
