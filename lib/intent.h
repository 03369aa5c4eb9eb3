/* What the worker is about to do outside: committed before the call. */

#ifndef BAAS_LIB_INTENT_H
#define BAAS_LIB_INTENT_H

#include <stdint.h>

#include "lib/err.h"

struct db;

/* Opens it; again is fine. */
enum err intent_open(struct db *db, const char *subject, const char *act, int64_t now);
enum err intent_close(struct db *db, const char *subject, const char *act);

#endif
