/* Forms that create something, sent twice: the second gets the first one's answer. */

#ifndef BAAS_LIB_ONCE_H
#define BAAS_LIB_ONCE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct db;

/* Where the first answer went: ERR_NOTFOUND if this is the first. */
enum err once_get(struct db *db, int64_t person, const char *once, char *location, size_t cap);
/* Remembers it; drops those older than a day. */
enum err once_add(struct db *db, int64_t person, const char *once, const char *location, int64_t now);
/* All of a person's, when they leave. */
enum err once_forget(struct db *db, int64_t person);

#endif
