/* What this database had a cloud make: known again by its mark, and the only things ever deleted without a person. */

#ifndef BAAS_LIB_MAKING_H
#define BAAS_LIB_MAKING_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/server.h"

struct db;

enum { MAKING_MARK_CAP = 21 };

struct making {
	char	mark[MAKING_MARK_CAP];
	int64_t	server, generation, made_at;
	char	kind[8];			/* "group", "volume", "ip", "ip6", "server" */
	char	thing[SERVER_ID_CAP];		/* "": not known (yet) */
};

/*
 * Before the call: the mark that the thing is to carry.  One that was opened for this server, kind and generation and
 * has no thing yet is given again, so that a call repeated after a crash is the same making.
 */
enum err making_open(struct db *db, int64_t server, const char *kind, int64_t generation, int64_t now,
    char mark[MAKING_MARK_CAP]);

/* The cloud has said what came of it. */
enum err making_known(struct db *db, const char *mark, const char *thing);

/* The cloud has said that nothing was made. */
enum err making_void(struct db *db, const char *mark);

/* Those of this server whose outcome is not known. */
enum err making_each_open(struct db *db, int64_t server, void (*each)(void *ctx, const struct making *), void *ctx);

/* ERR_NOTFOUND: not of this database. */
enum err making_get(struct db *db, const char *mark, struct making *out);

enum err making_of(struct db *db, const char *thing, struct making *out);	/* likewise, by what was made */

/* The thing is gone; all things of that server and kind (NULL: any) are. */
enum err making_forget(struct db *db, const char *thing);
enum err making_end(struct db *db, int64_t server, const char *kind);

#endif
