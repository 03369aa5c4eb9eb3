/* Where bots run: a driver's functions.  Nothing here waits; what takes time is called back from the loop. */

#ifndef BAAS_WORKER_FLEET_H
#define BAAS_WORKER_FLEET_H

#include <stdint.h>

#include "lib/bot.h"
#include "lib/err.h"

struct json;
struct secret;
struct world;

enum { FLEET_WORDS_CAP = BOT_REASON_CAP };

/* What one look has found.  Times are wall clock ms, 0: not known. */
struct sight {
	int	known;			/* 0: the look failed, and nothing below means anything */
	int	running;
	int64_t	started_at;
	/* running */
	int	answered;		/* in time, as itself, and in a way that makes sense */
	int	proven;			/* and its port is open, and its indexes are in order */
	int	indexing;
	int64_t	restarts, rebuilds;	/* what it was started with; -1: not known */
	char	release[BOT_RELEASE_CAP];
	int64_t	said_restarts, said_rebuilds;	/* the pub's word for it, if it answered */
	char	said_release[BOT_RELEASE_CAP];
	int64_t	peers, feeds, messages, bytes_in, bytes_out, disk_log, disk_blobs, disk_indexes, memory;	/* -1: not known */
	int64_t	invites;		/* differs once one of its invites has changed */
	/* not running */
	int	ran;			/* there was a run, */
	int	told;			/* it was told to stop, */
	int64_t	ended_at;		/* and it ended then */
	char	why[FLEET_WORDS_CAP];	/* not proven, or ended without being told: the reason, in words for the person */
};

typedef void fleet_seen(void *ctx, const struct sight *sight);

/* The answer to a call: ERR_OK with what the pub said, good during the call; ERR_INVALID: it refused, why says; ERR_BUSY: no answer;
 * why NULL: the worker ends, there is nothing left to do but to let go of ctx. */
typedef void fleet_answer(void *ctx, enum err err, const struct json *answer, const char *why);

struct fleet_reply {
	fleet_answer	*answer;
	void		*ctx;
};

/* ERR_BUSY: the worker ends before it is known. */
typedef void fleet_erased(void *ctx, enum err err);

struct fleet {
	/* Finds what runs already, so that its end is noticed at once. */
	enum err (*open)(struct world *w);

	/* Looks, and calls back exactly once, perhaps before it returns. */
	void (*look)(struct world *w, const struct bot *bot, fleet_seen *seen, void *ctx);

	/* What can be seen at once, without asking the pub. */
	void (*glance)(struct world *w, const struct bot *bot, struct sight *out);

	/* Starts it; ERR_EXISTS: another program has its port; ERR_BUSY: no room on the disk.  Otherwise why says what is wrong, for person and log. */
	enum err (*start)(struct world *w, const struct bot *bot, const struct secret *secret, char why[FLEET_WORDS_CAP]);

	/* Tells it to stop; hard: at once, without asking it. */
	enum err (*stop)(struct world *w, const struct bot *bot, int hard);

	/* Erases all that it has.  Calls back exactly once, unless this is not ERR_OK. */
	enum err (*erase)(struct world *w, const struct bot *bot, fleet_erased *erased, void *ctx);

	/* One call to the pub itself.  Calls back exactly once, unless this is not ERR_OK. */
	enum err (*call)(struct world *w, const struct bot *bot, const struct json *request, const struct fleet_reply *reply);

	/* 1 if it could be started with that release. */
	int (*has)(struct world *w, const char *release);
};

extern const struct fleet fleet_local;

#endif
