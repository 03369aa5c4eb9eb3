/* What to do about a bot: wanted x seen -> act.  Pure: no clock, no database, no network, no other header of ours. */

#ifndef BAAS_WORKER_PLAN_BOT_H
#define BAAS_WORKER_PLAN_BOT_H

#include <stdint.h>

enum bot_want {
	BOT_RUN,
	BOT_REST,		/* stopped, suspended, or in the bin */
	BOT_GONE,		/* its time in the bin is over */
	BOT_WANT__MAX
};

enum bot_sight {
	BOT_UNSEEN,		/* the look failed: it may run or not */
	BOT_ABSENT,		/* not running */
	BOT_RUNNING,
	BOT_STALE,		/* running, started with other restarts, rebuilds or release than wished */
	BOT_SICK,		/* running, and too many looks in a row brought no proof */
	BOT_SIGHT__MAX
};

enum bot_act {
	BOT_WAIT = 0,		/* the harmless one, so that whatever the table does not name does nothing */
	BOT_START, BOT_STOP, BOT_KILL, BOT_ERASE,
	BOT_ACT__MAX
};

/* One look, as far as it matters here. */
struct bot_case {
	int	running, answered, proven;
	int	once;		/* it was proven before in this run */
	int	indexing;	/* it answers, and says that its indexes are not in order yet */
	int	ended;		/* the last look saw it running (or we started it), and now it isn't */
	int	told;		/* it was told to stop, and has ended or soon will */
	int	died;		/* it runs, but has ended by itself since the last look */
	int	pending;	/* what is wished of it is being done */
	int	far;		/* on another machine: a look costs more */
	int64_t	age;		/* of the present run, ms */
};

enum {
	BOT_FAILS_SHOWN = 2,		/* so many make it unhealthy, in the view bot_states */
	BOT_LOOK_RUNNING = 10 * 1000,	/* ms between looks; the view bot_states counts in these */
	BOT_LOOK_RESTING = 60 * 1000,
	BOT_LOOK_STARTING = 100,
	BOT_LOOK_FAILED = 2 * 1000,
	BOT_LOOK_FAR = 60 * 1000,	/* between looks at running bots of other machines, */
	BOT_LOOK_FAR_SOON = 2 * 1000, BOT_LOOK_FAR_LATER = 5 * 1000,	/* and at those that are on their way somewhere */
	BOT_GRACE = 30 * 1000,		/* age up to which a run may still wake up: no proof is no failure yet */
	BOT_WELL = 60 * 1000,		/* a proof at this age makes up for all earlier failures */
	BOT_MISSES = 3,			/* looks in a row without a proof make it sick */
	BOT_DELAY_MAX = 300 * 1000
};

/* Is it still waking up? */
int plan_bot_waking(const struct bot_case *look);

enum bot_act plan_bot(enum bot_want want, enum bot_sight sight);
const char *plan_bot_word(enum bot_act act);	/* "start".  Static. */

/* Does the look count as one more failure?  Is it so well that earlier ones are forgotten? */
int plan_bot_failed(const struct bot_case *look);
int plan_bot_well(const struct bot_case *look);

/* How long (ms) after its end a bot that has failed so often is started again: three times at once, then 1 s, 2 s, 4 s ... 300 s. */
int64_t plan_bot_delay(int64_t fails);

/* When (ms from now) to look again. */
int64_t plan_bot_next(const struct bot_case *look);

/*
 * The brake: may one more bot be erased, when so many were within 24 hours, of so many that there are?
 * At most a tenth of them, and three in any case.
 */
int plan_bot_may_erase(int64_t erased, int64_t bots);

#endif
