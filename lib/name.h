/* Names of bots that were erased lately: nobody but who had it may take one, for a while. */

#ifndef BAAS_LIB_NAME_H
#define BAAS_LIB_NAME_H

#include <stdint.h>

#include "lib/err.h"

struct db;

enum { NAME_DAYS = 30 };

/* Keeps the name of a bot in the bin, which is about to be erased, for its owner; drops those that are anybody's again. */
enum err name_keep(struct db *db, int64_t bot, int64_t now);

/* ERR_EXISTS if the name is kept for somebody else; then *until is when it is free again.  Writes nothing. */
enum err name_free(struct db *db, const char *name, int64_t person, int64_t now, int64_t *until);

#endif
