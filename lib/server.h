/* Servers: one row per machine.  With cloud = local there is one, everybody's. */

#ifndef BAAS_LIB_SERVER_H
#define BAAS_LIB_SERVER_H

#include <stdint.h>

#include "lib/err.h"

struct db;

/* Makes the row of this machine, or brings its address up to date. */
enum err server_local(struct db *db, const char *address, int64_t now);

/* The server that a new bot of this person goes to: theirs, or everybody's.  ERR_NOTFOUND: none is there. */
enum err server_for(struct db *db, int64_t person, int64_t *out);

/* How many bots it has, bin included. */
enum err server_bots(struct db *db, int64_t server, int64_t *out);

#endif
