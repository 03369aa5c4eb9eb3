/* Browsers that people have signed in with.  The token is in the cookie and nowhere else. */

#ifndef BAAS_LIB_DEVICE_H
#define BAAS_LIB_DEVICE_H

#include <stdint.h>

#include "lib/crypt.h"
#include "lib/err.h"

struct db;

enum { DEVICE_DAYS = 180, DEVICES_KEPT = 20 };	/* since its last sign-in; of one person, the latest */

/* ERR_OK if the person has signed in with the browser of this token within DEVICE_DAYS; ERR_NOTFOUND if not.  Writes nothing. */
enum err device_get(struct db *db, const char *token, int64_t person, int64_t now);

/*
 * Notes that the person has signed in with it.  A token that nobody's device has ("" too) becomes a new one, in place: a
 * token from elsewhere is never taken over.
 */
enum err device_used(struct db *db, char token[CRYPT_TOKEN_CAP], int64_t person, int64_t now);

/* Forgets all of the person's but that of the token ("": all). */
enum err device_forget(struct db *db, int64_t person, const char *but);

#endif
