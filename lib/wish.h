/* What a person can wish of a bot, by the name that pages and JSON have for it. */

#ifndef BAAS_LIB_WISH_H
#define BAAS_LIB_WISH_H

#include "lib/err.h"

struct bot;
struct call;
struct wish;

/* "start", "stop", "restart", "delete" (into the bin), "restore" (out of it); NULL: there is none of that name. Static. */
const struct wish *wish_find(const char *name);

/*
 * Makes the wish for the person at hand and notes it as an event, in the caller's transaction.  ERR_INVALID: not in
 * the state the bot is in; *why then is NULL, or words for the person if there is more to say (good until the next call).
 */
enum err wish_make(struct call *call, const struct wish *wish, const struct bot *bot, const char **why);

#endif
