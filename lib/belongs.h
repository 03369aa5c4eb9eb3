/* Who belongs to whom: a bot to a person. */

#ifndef BAAS_LIB_BELONGS_H
#define BAAS_LIB_BELONGS_H

#include <stdint.h>

#include "lib/err.h"

struct db;

enum err belongs_add(struct db *db, int64_t source, int64_t target);

#endif
