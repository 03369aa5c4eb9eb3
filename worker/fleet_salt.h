/* Parts of the driver fleet_salt that its files share: what it knows of each machine, and what it waits for. */

#ifndef BAAS_WORKER_FLEET_SALT_H
#define BAAS_WORKER_FLEET_SALT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/server.h"
#include "worker/fleet.h"
#include "worker/salt.h"

enum {
	HERD_BUCKETS = 1024,
	HERD_GATHER = 300,		/* ms that the first of what is gathered waits for more */
	HERD_HOLD = 15 * 1000,		/* ms that a look waits for the end of an apply, since what it would find is about to change */
	HERD_APPLIES = 50		/* machines that are brought to their wishes at a time */
};

/* A look at a bot, asked for. */
struct herd_look {
	struct ward	*ward;
	int64_t		 bot;
	char		 key[CRYPT_KEY_CAP], public_key[CRYPT_ID_CAP];
	char		 door[SERVER_ADDRESS_CAP];	/* where its port is to be knocked at; "": nowhere */
	int		 port;
	int64_t		 since;				/* clock_boot() */
	int64_t		 started_at;			/* of the run that was seen last, by whatever worker; 0: none */
	fleet_seen	*seen;
	void		*ctx;
	int		 listening;			/* as the pub says */
	int		 fd;				/* of the knock */
	struct sight	 sight;
	struct herd_look *next;
};

/* What is remembered of a bot from one look to the next. */
struct kept {
	int64_t		 bot;
	char		 key[CRYPT_KEY_CAP];
	struct sight	 sight;
	int64_t		 seen_at;		/* clock_boot(); 0: never */
	int64_t		 restarts;		/* how often docker has started its container anew; -1: not known */
	char		 verdict[FLEET_WORDS_CAP];	/* of the last apply, for the person; "": all well, or not known */
	int		 taken;			/* the port that was another program's then; 0: none */
	struct kept	*next;
};

/* An erasure that waits for its proof. */
struct erasure {
	char		 key[CRYPT_KEY_CAP];
	int		 begun;			/* the apply under way knows of it */
	enum err	 err;			/* once it is over */
	fleet_erased	*erased;
	void		*ctx;
	struct erasure	*next;
};

/* A machine. */
struct ward {
	int64_t		 id;			/* of servers */
	struct server	 row;			/* as last read */
	int		 empty;			/* there is nothing on it, and never was */
	/* looks */
	struct herd_look *waiting, *asked;
	int		 asking;
	int		 silent;		/* it did not answer the last one: it is asked apart, so as not to keep the others waiting */
	size_t		 slice;			/* how many may be in one job with it; SALT_SLICE unless it, or another, spoiled one */
	int		 synced;		/* our module is there */
	/* applies */
	int		 wanted, applying;
	int64_t		 applying_rev, tried_rev, not_before;	/* not_before: clock_boot() */
	int		 fails;			/* in a row */
	char		 busy[SALT_JID_CAP];	/* the job that it was busy with; "": none */
	int		 asking_busy;
	struct erasure	*erasures;
	struct kept	*kept;
	struct ward	*next;
};

/* A greeting that waits to be sent, or for its answer. */
struct greeting {
	char		 minion[SALT_MINION_CAP];
	struct salt	*salt;
	fleet_greeted	*greeted;
	void		*ctx;
	struct greeting	*next;
};

/* One salt-api. */
struct master {
	char		 url[SERVER_MASTER_CAP];
	struct salt	*salt;
	struct master	*next;
};

struct herd {
	struct master	*masters;
	struct ward	*wards[HERD_BUCKETS];
	int		 n_waiting;		/* looks that wait to be sent */
	int64_t		 gathering;		/* clock_boot() of the first of them; 0: none */
	int		 n_wanted, n_applying;	/* machines */
	struct herd_look *knocks, **knocks_end;	/* wait for their knock */
	int		 n_knocking;
	struct herd_look *done, **done_end;	/* wait to be told */
	struct erasure	*erased;		/* likewise */
	struct greeting	*greetings;
	int64_t		 greeting;		/* as gathering */
};

/* What the row says is brought up to date.  NULL: logged. */
struct ward *herd_ward(struct world *w, int64_t server);

/* Its master's salt-api.  NULL: logged. */
struct salt *herd_salt(struct world *w, const char *master);

struct kept *herd_kept(struct ward *ward, int64_t bot, const char *key);

/* fleet_salt_look.c */
void herd_look(struct world *w, const struct bot *bot, fleet_seen *seen, void *ctx);
void herd_glance(struct world *w, const struct bot *bot, struct sight *out);
void herd_send_looks(struct world *w);
void herd_tell(struct world *w);		/* what has been found */
void herd_drop_looks(struct world *w);		/* at the end: nothing is known of them */

/* fleet_salt_apply.c: what a machine is brought to. */
void herd_mind(struct world *w, struct ward *ward);	/* is its last apply older than its wishes, or than a day? */
void herd_want(struct world *w, struct ward *ward);
int herd_pending(const struct ward *ward);		/* it is being done */
void herd_send_applies(struct world *w);
enum err herd_erase(struct world *w, const struct bot *bot, fleet_erased *erased, void *ctx);
void herd_end_erasures(struct world *w, struct ward *ward, enum err err);

/* fleet_salt_keys.c: as in worker/fleet.h. */
enum err herd_key(struct world *w, const struct server *server, fleet_keyed *keyed, void *ctx);
enum err herd_unkey(struct world *w, const char *const *minions, size_t n, fleet_erased *done, void *ctx);
enum err herd_keys(struct world *w, void (*keys)(void *ctx, const char *const *known, const char *const *denied), void *ctx);

#endif
