/* What a pub says of itself, and whether its port opens. */

#ifndef BAAS_WORKER_FLEET_PUB_H
#define BAAS_WORKER_FLEET_PUB_H

#include "worker/fleet.h"

/* All numbers not known. */
extern const struct sight fleet_nothing;

/* A number of something that can be counted: *out is -1 if json is null or missing.  0: it is none. */
int fleet_count(const struct json *json, int64_t *out);

/* A release's name.  0: it is none. */
int fleet_release(const struct json *json, char out[BOT_RELEASE_CAP]);

/*
 * The answer of baas.status, all of it or nothing: 1 if it is that pub's, and every part of it is what it should be; else
 * out->why says what is wrong.
 */
int fleet_said(const char *public_key, const struct json *status, struct sight *out);

/* Begins a TCP connection to a numeric address; it is there, or failed, once the descriptor can be written to.  -1: can't. */
int fleet_knock(const char *door, int port);

#endif
