/* Where machines come from: a driver's functions.  Nothing here waits, and nothing above knows a field of the other side. */

#ifndef BAAS_WORKER_CLOUD_H
#define BAAS_WORKER_CLOUD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/house.h"
#include "lib/making.h"
#include "lib/server.h"

struct world;

enum { CLOUD_WORDS_CAP = 200, CLOUD_NAME_CAP = 128, CLOUD_STATE_CAP = 32, CLOUD_IPS_MAX = 8, CLOUD_DISKS_MAX = 8 };

enum cloud_kind { CLOUD_GROUP, CLOUD_VOLUME, CLOUD_IP, CLOUD_IP6, CLOUD_SERVER, CLOUD_KIND__MAX };

/* As far as it matters for what to do next. */
enum cloud_state {
	CLOUD_MOVING,		/* on its way somewhere: wait */
	CLOUD_OFF,		/* machine: stopped; volume, address: free */
	CLOUD_ON,		/* machine: running; volume, address: held by one; group: there */
	CLOUD_ODD,		/* locked, error, or a word we don't know: a person must look */
};

/* One thing that the cloud has. */
struct cloud_thing {
	enum cloud_kind		kind;
	char			id[SERVER_ID_CAP];
	char			name[CLOUD_NAME_CAP];
	enum cloud_state	state;
	char			word[CLOUD_STATE_CAP];	/* the cloud's own for it */
	/* from its tags; "", 0: it has none of that */
	char			instance[HOUSE_INSTANCE_CAP];
	char			mark[MAKING_MARK_CAP];
	int64_t			server, generation;	/* of servers.id */
	char			holder[SERVER_ID_CAP];	/* volume, address: the machine that has it; "": none */
	char			address[SERVER_ADDRESS_CAP];	/* address; machine: "" */
	char			root[SERVER_ID_CAP];	/* machine: its root volume */
	char			disks[CLOUD_DISKS_MAX][SERVER_ID_CAP];	/* machine: its other volumes */
	int			n_disks;
	char			ips[CLOUD_IPS_MAX][SERVER_ID_CAP];	/* machine: its addresses' ids */
	int			n_ips;
	char			group[SERVER_ID_CAP];	/* machine: its group */
	int			may_on, may_off, may_drop;	/* machine: what the cloud allows at present */
	int64_t			made_at;		/* wall clock ms; 0: not said */
};

/* All that there is, in one look; things NULL: it failed (why says), and nothing is known.  Good during the call; why NULL: the worker ends. */
typedef void cloud_seen(void *ctx, const struct cloud_thing *things, size_t n, const char *why);

enum cloud_verdict {
	CLOUD_DONE,
	CLOUD_MISSING,		/* there is no such thing (any more); at a make: something that it refers to is gone */
	CLOUD_LATER,		/* not in the present state: look again, plan again */
	CLOUD_DOUBT,		/* nobody knows whether it was done: look before trying again */
	CLOUD_FULL,		/* quota, out of stock: a person must know; what is deleted meanwhile goes on */
	CLOUD_REFUSED,		/* permanent: our fault, or not allowed */
	CLOUD_LOCKED,		/* our key is not taken: stop everything, tell a person */
	CLOUD_END		/* the worker ends: let go of ctx, record nothing */
};

/* The answer to one act.  Good during the call. */
struct cloud_answer {
	enum cloud_verdict	verdict;
	struct cloud_thing	thing;			/* of a make that was done */
	char			why[CLOUD_WORDS_CAP];	/* else: printable, without secrets */
};

typedef void cloud_done(void *ctx, const struct cloud_answer *answer);

/* What to make. */
struct cloud_order {
	enum cloud_kind		 kind;
	char			 instance[HOUSE_INSTANCE_CAP];
	char			 mark[MAKING_MARK_CAP];
	int64_t			 server, generation;
	/* machine */
	const char		*minion, *volume, *ip, *ip6, *group;	/* ids; ip6 "": none */
};

/*
 * Every act is one change at the cloud, and calls back exactly once unless it is not ERR_OK (then nothing was sent).
 * What may be refused for a moment is tried again in here a few times, where that is safe; a make never is.
 */
struct cloud {
	enum err (*open)(struct world *w);
	void (*close)(struct world *w);

	/* All of the project: groups, volumes, addresses, machines.  All pages of all lists, or nothing. */
	enum err (*look)(struct world *w, cloud_seen *seen, void *ctx);

	enum err (*make)(struct world *w, const struct cloud_order *order, cloud_done *done, void *ctx);

	/* What a new group lets in: the bots' ports, and nothing else. */
	enum err (*rules)(struct world *w, const char *group, cloud_done *done, void *ctx);

	/* Puts our tags on a machine's root volume, of which the cloud makes one by itself. */
	enum err (*mark)(struct world *w, const char *root, const struct cloud_order *order, cloud_done *done, void *ctx);

	/* The instructions for its first boot; before the first start.  They hold a key. */
	enum err (*seed)(struct world *w, const char *machine, const char *text, size_t n, cloud_done *done, void *ctx);

	enum err (*start)(struct world *w, const char *machine, cloud_done *done, void *ctx);
	enum err (*stop)(struct world *w, const char *machine, cloud_done *done, void *ctx);

	/* Gives a free address or volume to a stopped machine. */
	enum err (*attach)(struct world *w, enum cloud_kind kind, const char *thing, const char *machine, cloud_done *done, void *ctx);

	/* Deletes it for ever; CLOUD_VOLUME serves for root volumes too.  CLOUD_MISSING is believed when a later look agrees. */
	enum err (*drop)(struct world *w, enum cloud_kind kind, const char *thing, cloud_done *done, void *ctx);

	/*
	 * Has the DNS name lead to these addresses and no others; both "": to none.  A zone that is not configured: done at
	 * once.  Never CLOUD_MISSING: a zone that is not found may have records all the same.
	 */
	enum err (*name)(struct world *w, const char *host, const char *address, const char *address6, cloud_done *done, void *ctx);
};

extern const struct cloud cloud_local;		/* everybody's machine is this one: looks find nothing, nothing is made */
extern const struct cloud cloud_scaleway;

const char *cloud_kind_word(enum cloud_kind kind);	/* "volume", as in lib/making.h.  Static */

#endif
