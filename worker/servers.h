/* What the worker has in hand for servers, by row: what looks have found of each, and which act is out. */

#ifndef BAAS_WORKER_SERVERS_H
#define BAAS_WORKER_SERVERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/event.h"
#include "lib/making.h"
#include "lib/server.h"
#include "worker/cloud.h"
#include "worker/plan_server.h"
#include "worker/world.h"

enum {
	SERVERS_BUCKETS = 4096,
	SERVERS_ACTS = 100,		/* acts that may be out at one time */
	SERVERS_PAUSE = 10 * 60 * 1000	/* ms until what is broken, or was refused, is tried again */
};

/* What the last look, or an answer since, has told of one part. */
struct fact {
	int			there;
	int			by_mark;	/* the row has no id, and this is what was in doubt */
	int			foreign;	/* the row has no id, and this was not made from here, or there are two */
	enum cloud_state	state;
	char			id[SERVER_ID_CAP], holder[SERVER_ID_CAP], root[SERVER_ID_CAP];
	char			address[SERVER_ADDRESS_CAP];
	char			mark[MAKING_MARK_CAP];
	int64_t			generation;
};

/* An act that is told "not yet" each time.  told: a person knows of it. */
struct vain {
	enum plan_act	act;
	enum plan_part	part;
	int		n, told;
	int64_t		since;		/* clock_boot() of the first time */
};

/* One server.  Times are clock_boot(). */
struct post {
	int64_t		 id;
	uint64_t	 print;		/* of what the last look found of it; 0: nothing */
	unsigned	 look;		/* number of the look that last found something, */
	unsigned	 served;	/* and of the one that it was last planned in */
	int		 changed;	/* the last look found it different */
	size_t		 first, n;	/* its things in the look that is being taken in */
	int		 open;		/* not settled: planned anew at each look */
	int		 acting;
	int		 known;		/* facts hold: no act since has had an unknown outcome */
	int		 soon;		/* waits for the next look */
	int64_t		 known_at;	/* when the look that they are from began */
	int64_t		 acted_at;	/* last answer to an act */
	int64_t		 again_at;	/* planned anew then, without a look; INT64_MAX: not */
	int64_t		 absent_at[PLAN_PART__MAX];	/* the first look that did not find what should be there; 0: none */
	char		 denied[SERVER_ID_CAP];	/* what the last deletion has not found, until a look does; "": none */
	struct vain	 vain;
	int		 silent;	/* it did not answer when it was last greeted */
	int64_t		 greet_at;	/* not greeted again earlier, */
	int64_t		 name_at;	/* nor named */
	struct fact	*facts;		/* PLAN_PART__MAX of them; NULL while it is settled */
	char		 said[WORLD_WORDS_CAP];	/* the last fault logged */
	char		 waits[WORLD_WORDS_CAP];	/* the last thing that -v said of it */
	struct post	*next;			/* of its bucket */
	struct post	*before, *after;	/* of the open ones */
};

struct servers {
	struct post	*posts[SERVERS_BUCKETS];
	struct post	*open;
	int		 n_open, acts;
	/* looks; clock_boot() */
	unsigned	 looks;			/* that were good */
	int		 looking, early;	/* early: the next one is wanted as soon as may be */
	int		 failing;		/* the last one failed */
	int		 walked;		/* all rows have been planned once */
	int64_t		 opened_at, begun_at, took, next_at;
	size_t			 n_things;		/* that the last good one found */
	int64_t		 good_at;		/* when the last good one began */
	int64_t		 due_at;		/* wall clock: next row that is due */
	/* the whole cloud */
	int64_t		 full_until, locked_until;
	/* the brake: things of ours, deleted within 24 h as of the last look, and being deleted now */
	int64_t		 there[PLAN_PART__MAX], dropped[PLAN_PART__MAX], dropping[PLAN_PART__MAX];
	struct fact	 group;
	int		 group_doubt, group_ruled, group_acting;
	int64_t		 group_absent_at, group_acted_at;
	/* sweep.c */
	int64_t		 swept_at, keys_at;
	int		 sweeping, keying;
};

enum err servers_open(struct world *w);
void servers_close(struct world *w);	/* NULL is fine */

/* The server's post; make: made if need be (NULL then: no memory, logged). */
struct post *servers_post(struct world *w, int64_t id, int make);

/* It is not settled, and has facts; or it is, and forgets them.  ERR_FAULT: no memory, logged. */
enum err servers_reopen(struct world *w, struct post *post);
void servers_settle(struct world *w, struct post *post);

/* The next look is wanted as soon as may be.  Fine without a cloud. */
void servers_look_soon(struct world *w);

/* All that are open are planned anew: something that they share has changed. */
void servers_wake(struct world *w);

/* Logs a fault of a server, unless it is the same as its last; "" forgets that. */
void servers_fault(struct post *post, const char *minion, const char *words);

/* The case of a server: its row, and what its post knows. */
void servers_case(struct world *w, const struct server *row, const struct post *post, struct plan_case *out);

/* What the thing says of itself; the rest of the fact is the caller's. */
void servers_take(struct fact *fact, const struct cloud_thing *thing);

/* Which part a kind is, and back; PLAN_ROOT is CLOUD_VOLUME too. */
enum plan_part servers_part(enum cloud_kind kind);
enum cloud_kind servers_kind(enum plan_part part);

/* What its deletion is in the events, from which the brake counts; EVENT__MAX: that is not counted. */
enum event_what servers_drop_event(enum plan_part part);

/* 1: the brake lets one more of these be deleted. */
int servers_may_drop(const struct world *w, enum plan_part part);

#endif
