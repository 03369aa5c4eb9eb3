/* What the worker knows and has in hand: made in main, passed down. */

#ifndef BAAS_WORKER_WORLD_H
#define BAAS_WORKER_WORLD_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/house.h"

struct bot;
struct cloud;
struct conf;
struct db;
struct fleet;
struct http;
struct loop;
struct mailer;
struct glance;
struct herd;
struct scaleway;
struct servers;
struct sight;

enum { WORLD_BUCKETS = 256, WORLD_WORDS_CAP = 200 };

/* What is in hand for one bot; a new worker begins with nothing and sees it all again.  Times are clock_boot(). */
struct hand {
	int64_t	bot;
	int	looking;	/* a look has begun and not ended, */
	int64_t	look_wish;	/* and it knows of the wishes up to this one (wished_at) */
	int	again;		/* one more, when it has */
	int64_t	look_at;	/* the next one before the row's due; INT64_MAX: none */
	int	misses;		/* looks in a row without a proof of the present run */
	int	starting;	/* takes one of the places of limits.starts */
	int	waiting;	/* wants one; who wished last is first */
	int64_t	wished_at;
	int64_t	not_before;	/* a start that failed here is not tried again earlier */
	int64_t	taken_at;	/* its port was found taken first; 0: it was not */
	int	no_room;	/* the last start failed for want of room on the disk */
	int64_t	told_at;	/* told to stop; 0: not */
	int	erasing, calling;	/* under way */
	int	unsettled;	/* not yet as wanted */
	int64_t	started_at;	/* this worker started it; 0: it did not, or it has ended */
	int	keeper;		/* fleet_local's: pidfd of the run, -1: none known */
	char	fault[WORLD_WORDS_CAP];	/* the last one logged, so that it is logged once */
	struct hand *next;
};

struct world {
	struct db		*db;
	const struct conf	*conf;
	struct loop		*loop;
	const struct fleet	*fleet;
	const struct cloud	*cloud;
	struct http		*http;		/* NULL: nothing outside is ever asked */
	struct herd		*herd;		/* fleet_salt's own */
	struct scaleway		*scaleway;	/* cloud_scaleway's own */
	struct servers		*servers;	/* see_server's and act_server's: what is in hand for each */
	struct house		 house;
	int			 verbose;	/* -v */
	int			 dry;		/* -n: look, say what would be done, touch nothing */
	const struct mailer	*mailer;
	int			 mailing;	/* letters under way */
	int64_t			 mail_due;	/* wall clock: when the outbox is looked at again, at the latest */
	int			 asked;		/* answers that are outstanding */
	int			 starting;	/* pubs that are */
	int			 erasing;	/* likewise */
	int			 looking;	/* looks under way */
	int			 nested;	/* world_begin within another */
	int			 batching;	/* between see_begin and see_end, */
	struct glance		*batch, **batch_end;	/* and what was seen since, in order */
	int			 failed;	/* a pass could not do what it should */
	int64_t			 next_due;	/* wall clock: of the rows not looked at now */
	int64_t			 write_at;	/* clock_boot(): the database is locked or full; not tried again earlier */
	char			 boot[CLOCK_BOOT_CAP];
	struct hand		*hands[WORLD_BUCKETS];
	/* What to do once a look has been stored: act_bot, set by main. */
	void			(*act)(struct world *, const struct bot *, const struct sight *);
	/* And then, if the bot is well: act_invites. */
	void			(*invites)(struct world *, const struct bot *, const struct sight *);
};

/* The bot's hand, made if need be.  NULL: no memory, logged. */
struct hand *world_hand(struct world *w, int64_t bot);

/* Forgets a bot that is gone. */
void world_drop(struct world *w, int64_t bot);
void world_clear(struct world *w);

/*
 * db_begin for the worker: ERR_BUSY, not logged, for a second after the database was found locked or full, so that not
 * each of a thousand answers waits for it anew.  world_commit ends it: commits if err is ERR_OK, which may fail as well.
 * Within another one it is a part of that, done or undone as a whole.
 */
enum err world_begin(struct world *w);
enum err world_commit(struct world *w, enum err err);

/* Calls each for every hand.  each may add hands, not drop them. */
void world_hands(struct world *w, void (*each)(struct world *, struct hand *));

/* Notes an event of a bot, done by the worker; what is an enum event_what.  In the caller's transaction. */
enum err world_event(struct world *w, const struct bot *bot, int what, const char *detail);

/* Tells of an act (-v). */
void world_say(const struct world *w, const char *bot, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Logs a fault of a bot, unless it is the same as its last; "" forgets that. */
void world_fault(struct world *w, const struct bot *bot, const char *words);

#endif
