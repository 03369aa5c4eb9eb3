/* What the files of the salt-api's client share: one request, let in first. */

#ifndef BAAS_WORKER_SALT_PART_H
#define BAAS_WORKER_SALT_PART_H

#include "worker/salt.h"

/*
 * One request's answer: SALT_ANSWERED with what came under "return" (of a GET: all of it), SALT_GARBLED, SALT_UNKNOWN,
 * SALT_REFUSED or SALT_END.
 */
typedef void salt_heard(void *ctx, const struct salt_return *ret);

/* POSTs one lowstate, which it takes over; body NULL: GETs path.  Logs in first, and once more if that is forgotten. */
enum err salt_ask(struct salt *salt, const char *path, struct json *body, salt_heard *heard, void *ctx);

struct http *salt_http(const struct salt *salt);

#endif
