/*
 * What to do about a server: wanted x its row x what looks have found of its parts -> one act.  Pure: no clock, no
 * database, no network, no other header of ours.
 */

#ifndef BAAS_WORKER_PLAN_SERVER_H
#define BAAS_WORKER_PLAN_SERVER_H

#include <stdint.h>

enum plan_want {
	PLAN_UP,
	PLAN_OFF,		/* it has bots, and all of them are suspended: stopped, with all that it has kept */
	PLAN_GONE,
	PLAN_WANT__MAX
};

enum plan_part {
	PLAN_VOLUME,		/* data; outlives machines */
	PLAN_IP,		/* likewise */
	PLAN_IP6,
	PLAN_GROUP,		/* one for all servers */
	PLAN_MACHINE,
	PLAN_ROOT,		/* the machine's own volume, which comes with it and stays when it is dropped */
	PLAN_PART__MAX
};

/* What is known of one part: by its id if the row has one, else by tags. */
enum plan_seen {
	PLAN_UNSEEN = 0,	/* nothing: no good look yet, or none since an act on it whose outcome is not known */
	PLAN_NONE,		/* no id, nothing found, and no make is in doubt */
	PLAN_DOUBT,		/* no id; one was perhaps made, and looks have not settled it */
	PLAN_FOUND,		/* no id; there is the one that was in doubt */
	PLAN_FOREIGN,		/* no id; there is one with its tags that this database never made, or there are two */
	PLAN_MISSING,		/* an id, and the last look did not find it */
	PLAN_LOST,		/* nor did one some time before that */
	PLAN_AWAY,		/* an id; a deletion has not found it, nor has a look that began after that */
	PLAN_MOVING,		/* on its way to be something */
	PLAN_FREE,		/* machine: stopped; else: there, and held by no machine */
	PLAN_HELD,		/* machine: running; group: there, with its rules; else: held by this server's machine */
	PLAN_TAKEN,		/* held by a machine of somebody else; group: there, but its rules may not be */
	PLAN_OLD_MOVING,	/* a machine of an earlier generation, or the root that one has left */
	PLAN_OLD_FREE,
	PLAN_OLD_HELD,
	PLAN_ODD,		/* locked, or in error: a person must look */
	PLAN_SEEN__MAX
};

struct plan_case {
	enum plan_want	want;
	enum plan_seen	seen[PLAN_PART__MAX];
	int		fresh;		/* all of that is from one look, which began after the last act on this server */
	int		leaving;	/* it has begun to go, and goes to the end whatever is wanted */
	int		there;		/* its row knows of anything at all */
	int		bots;		/* it has some */
	int		anew;		/* an admin wants a new machine */
	int		root_known, root_marked;
	int		seeded;		/* the machine has its instructions */
	int		powered;	/* it was started before */
	int		ready;		/* its minion has answered since it was last started */
	int		broken;		/* as of the last plan, */
	int		resting;	/* and, as of one that is leaving, the time to try again has not come */
	int		tries;		/* generations in a row that did not join */
	int64_t		age, deadline;	/* ms that it has been joining; how many that may be */
	int		silent;		/* it was asked last, and did not answer; 0 too if nobody could be asked */
	int		record;		/* a bot's DNS name leads somewhere else */
	int		full;		/* the cloud has no room: nothing is made for a while */
	int		brake[PLAN_PART__MAX];	/* so many of these were deleted lately that a person must look */
};

enum plan_act {
	PLAN_WAIT = 0,		/* the harmless one, so that whatever the tables do not name does nothing */
	PLAN_NEXT,		/* never an answer: the tables' word for "this part is as it should be" */
	PLAN_SETTLED,		/* all is as wanted */
	PLAN_MAKE, PLAN_ADOPT, PLAN_RULES, PLAN_ATTACH, PLAN_MARK, PLAN_SEED, PLAN_START, PLAN_GREET, PLAN_NAME,
	PLAN_STOP, PLAN_DROP,
	PLAN_RENEW,		/* the next generation; of the volume: that one is lost, begin with an empty one */
	PLAN_LEAVE,		/* it begins to go */
	PLAN_STRIKE,		/* a part that was to be deleted is away: as if the deletion had done it */
	PLAN_FORGET,		/* it is gone; of an address: that one is */
	PLAN_BREAK,		/* a person must look */
	PLAN_ACT__MAX
};

struct plan_step {
	enum plan_act	 act;
	enum plan_part	 part;
	const char	*why;		/* static; in words for whoever asks, the person too */
	int		 patient;	/* PLAN_WAIT: there is no use in looking again soon */
	int		 braked;	/* PLAN_WAIT: a person must let it through */
};

struct plan_step plan_server(const struct plan_case *c);

/*
 * What the case leads to if every act succeeds: its steps in order, up to max of them, how many as the answer.  The last one may
 * be PLAN_WAIT or PLAN_BREAK: there it stays.  PLAN_SETTLED is none.  For those who only want to know.
 */
int plan_server_ahead(const struct plan_case *c, struct plan_step *steps, int max);

const char *plan_act_word(enum plan_act act);		/* "make".  Static */
const char *plan_part_word(enum plan_part part);	/* "data volume".  Static */

/* The brake: may one more be deleted, when so many were within 24 hours, of so many that there are? */
int plan_server_may_drop(int64_t dropped, int64_t there);

#endif
