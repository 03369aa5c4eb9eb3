/* Where bots run: a driver's functions.  Nothing here waits; what takes time is called back from the loop. */

#ifndef BAAS_WORKER_FLEET_H
#define BAAS_WORKER_FLEET_H

#include <stdint.h>

#include "lib/bot.h"
#include "lib/err.h"

struct json;
struct secret;
struct server;
struct world;

enum { FLEET_WORDS_CAP = BOT_REASON_CAP };

/* What one look has found.  Times are wall clock ms, 0: not known. */
struct sight {
	int	known;			/* 0: the look failed, and nothing below means anything, but: */
	int	away;			/* its machine is not ready: there is no use in looking again before it is */
	int	pending;		/* what is wished of it is being done: what is not so yet is no fault */
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
	int	port_taken;		/* not running, because another program has its port */
	/* not running */
	int	ran;			/* there was a run, */
	int	told;			/* it was told to stop, */
	int64_t	ended_at;		/* and it ended then */
	int	died;			/* running, but it has ended by itself since the last look, and been started again there */
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

/* ERR_BUSY: nobody knows; of unkey, because the worker ends. */
typedef void fleet_erased(void *ctx, enum err err);

/* 1: its minion is there; 0: it did not answer; -1: nobody knows, or the worker ends. */
typedef void fleet_greeted(void *ctx, int there);

/*
 * A new machine's key pair, of which the fleet keeps the public half and trusts it: the private one and the master's
 * public key, both PEM, good during the call.  private NULL: there is none, why says; why NULL too: the worker ends.
 */
typedef void fleet_keyed(void *ctx, const char *private, const char *master, const char *why);

struct fleet {
	/*
	 * 1: the bots are on other machines, so that looks cost more and are fewer; start and stop bring a whole machine to
	 * what its bots' rows wish, in the order that it takes, and need no secret.
	 */
	int	 far;

	/* Finds what runs already, so that its end is noticed at once. */
	enum err (*open)(struct world *w);
	void (*close)(struct world *w);		/* NULL: nothing to close */

	/* Once a turn: what was gathered goes out, and what has come back is told.  NULL: nothing is gathered. */
	void (*flush)(struct world *w);

	/* Looks, and calls back exactly once, perhaps before it returns. */
	void (*look)(struct world *w, const struct bot *bot, fleet_seen *seen, void *ctx);

	/* What can be seen at once, without asking the pub. */
	void (*glance)(struct world *w, const struct bot *bot, struct sight *out);

	/* Starts it (secret NULL if far); ERR_EXISTS: another program has its port; ERR_BUSY: no room on the disk.  Otherwise why says what is wrong, for person and log. */
	enum err (*start)(struct world *w, const struct bot *bot, const struct secret *secret, char why[FLEET_WORDS_CAP]);

	/* Tells it to stop; hard: at once, without asking it.  Far: as it is wished; hard: a new start if it is to run. */
	enum err (*stop)(struct world *w, const struct bot *bot, int hard);

	/* Erases all that it has.  Calls back exactly once, unless this is not ERR_OK. */
	enum err (*erase)(struct world *w, const struct bot *bot, fleet_erased *erased, void *ctx);

	/* One call to the pub itself.  Calls back exactly once, unless this is not ERR_OK. */
	enum err (*call)(struct world *w, const struct bot *bot, const struct json *request, const struct fleet_reply *reply);

	/* 1 if it could be started with that release. */
	int (*has)(struct world *w, const char *release);

	/* What follows is about machines, and NULL where there is but this one. */

	/* Does its minion answer?  Calls back exactly once, unless this is not ERR_OK. */
	enum err (*greet)(struct world *w, const struct server *server, fleet_greeted *greeted, void *ctx);

	/* Makes the key pair of a machine that has never started; again is fine, the last one counts.  Calls back likewise. */
	enum err (*key)(struct world *w, const struct server *server, fleet_keyed *keyed, void *ctx);

	/* Takes the trust back from minions that are gone, all at once: it makes all others log in again, so once a day. */
	enum err (*unkey)(struct world *w, const char *const *minions, size_t n, fleet_erased *done, void *ctx);

	/* Names of all minions whose keys are known, and of those who were denied (somebody else has such a name); each may be NULL-terminated lists. */
	enum err (*keys)(struct world *w, void (*keys)(void *ctx, const char *const *known, const char *const *denied), void *ctx);
};

extern const struct fleet fleet_local;
extern const struct fleet fleet_salt;

#endif
