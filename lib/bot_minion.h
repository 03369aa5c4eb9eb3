/* The bots of one server, as its Salt minion has to know them: the one read behind the private server. */

#ifndef BAAS_LIB_BOT_MINION_H
#define BAAS_LIB_BOT_MINION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bot.h"
#include "lib/err.h"

struct db;

enum { MINION_CAP = 64 };	/* [a-z0-9][a-z0-9-]{0,62} and its NUL */

struct bot_minion {
	char		key[CRYPT_KEY_CAP];
	char		name[BOT_NAME_CAP];
	char		public_key[CRYPT_ID_CAP];
	char		release[BOT_RELEASE_CAP];	/* as wished: "" is whatever bot_release makes of it */
	char		wanted[8];			/* "running", "stopped", "absent" */
	int		port;
	int64_t		restarts, rebuilds;
	const void	*sealed;			/* its secret: sealed_n bytes, good until each returns */
	size_t		sealed_n;
};

/*
 * Calls each for every bot of the server of that name, bin included, until one does not return ERR_OK: that is the
 * answer then.  ERR_NOTFOUND: there is no such server, or it is to go, or it is going: one that is ordered again meanwhile
 * has its new bots on its next machine only.
 *
 * A bot is absent from the moment at which the worker has decided to erase it (its intent is open: the bin's time was over
 * twice, and the brake lets it through) until its rows are gone; in the bin before that, or suspended, it is stopped.
 *
 * *rev is servers.rev: larger after each commit that changes what is told here.  So a run that began with rev N has
 * applied all wishes of a server whose rev was N or less when they were read.
 */
enum err bot_minion_list(struct db *db, const char *minion, int64_t *rev,
    enum err (*each)(void *ctx, const struct bot_minion *), void *ctx);

/* The rev alone.  ERR_NOTFOUND likewise. */
enum err bot_minion_rev(struct db *db, const char *minion, int64_t *rev);

#endif
