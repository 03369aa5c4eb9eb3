/* What looks like ours in the cloud and belongs to no row: reported, and deleted by a person, or after a day if we made it. */

#ifndef BAAS_LIB_ORPHAN_H
#define BAAS_LIB_ORPHAN_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/server.h"

struct db;

struct orphan {
	int64_t	id;
	char	kind[8];		/* as in makings, or "root", "key" */
	char	thing[SERVER_ID_CAP];
	char	name[128];
	int	ours;			/* a making of this very database */
	int64_t	found_at, seen_at;
	int	drop_it;		/* an admin wants it deleted */
};

/* Found, or seen again; id, found_at and drop_it are the row's.  *fresh: it was not known. */
enum err orphan_saw(struct db *db, const struct orphan *orphan, int64_t now, int *fresh);

/* If that is one it was seen, and stays one: who is on its way somewhere is judged when it is there. */
enum err orphan_keep(struct db *db, const char *kind, const char *thing, int64_t now);

/* Forgets those that a whole look has not seen since: keys, or all else. */
enum err orphan_thin(struct db *db, int64_t since, int keys);

enum err orphan_list(struct db *db, void (*each)(void *ctx, const struct orphan *), void *ctx);

/* Wish of an admin.  ERR_NOTFOUND: there is no such one. */
enum err orphan_drop(struct db *db, int64_t id);

/* It is gone. */
enum err orphan_forget(struct db *db, int64_t id);

#endif
