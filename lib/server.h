/* Servers: one row per machine.  With cloud = local there is one, everybody's; else one per person, schema.sql. */

#ifndef BAAS_LIB_SERVER_H
#define BAAS_LIB_SERVER_H

#include <stdint.h>

#include "lib/err.h"

struct db;

enum {
	SERVER_MINION_CAP = 64,		/* [a-z0-9][a-z0-9-]{0,62} and its NUL */
	SERVER_ID_CAP = 40,		/* a UUID, with room */
	SERVER_ADDRESS_CAP = 46,
	SERVER_MASTER_CAP = 200,
	SERVER_REASON_CAP = 200
};

enum server_state {
	SERVER_NONE, SERVER_BUILDING, SERVER_JOINING, SERVER_READY, SERVER_LEAVING, SERVER_BROKEN, SERVER_STATE__MAX
};

/* A row.  Times are wall clock ms, 0: NULL; ids and addresses "": none. */
struct server {
	int64_t			 id, person;		/* person 0: everybody's */
	char			 minion[SERVER_MINION_CAP], master[SERVER_MASTER_CAP];
	int			 gone;			/* wish: it is to go */
	int64_t			 anew;
	enum server_state	 state;
	int64_t			 state_since;
	char			 reason[SERVER_REASON_CAP];
	char			 address[SERVER_ADDRESS_CAP], address6[SERVER_ADDRESS_CAP];
	int64_t			 generation, tries, seen_anew;
	char			 group_id[SERVER_ID_CAP], volume_id[SERVER_ID_CAP], ip_id[SERVER_ID_CAP],
				 ip6_id[SERVER_ID_CAP], cloud_id[SERVER_ID_CAP], root_id[SERVER_ID_CAP];
	int			 root_marked;
	int64_t			 seeded_at, powered_at, joined_at, seen_at, applied_at, applied_rev, created_at, due, rev;
	int64_t			 bots;			/* that it has, bin included */
	int64_t			 awake;			/* of these, not suspended, or in the bin: the machine must run for them */
};

/* "building".  Static. */
const char *server_state_word(enum server_state state);

/* Makes the row of this machine, or brings its address up to date. */
enum err server_local(struct db *db, const char *address, int64_t now);

/* The server that a new bot of this person goes to: theirs, or everybody's.  ERR_NOTFOUND: none is there. */
enum err server_for(struct db *db, int64_t person, int64_t *out);

/* Likewise with a cloud: makes the person's row, or wants it up again, and has the worker look at once. */
enum err server_order(struct db *db, int64_t person, int64_t now, int64_t *out);

/* How many bots it has, bin included. */
enum err server_bots(struct db *db, int64_t server, int64_t *out);

/* *out: 1 if it has none but those that the worker is about to erase: they can't come out of the bin any more. */
enum err server_doomed(struct db *db, int64_t server, int *out);

enum err server_get(struct db *db, int64_t id, struct server *out);
enum err server_of_minion(struct db *db, const char *minion, struct server *out);
enum err server_of_person(struct db *db, int64_t person, struct server *out);

/* Calls each for rows in order of id, after that one, at most limit. */
enum err server_list(struct db *db, int64_t after, int limit, void (*each)(void *ctx, const struct server *), void *ctx);

/* Likewise for what is due, oldest first; everybody's never is.  *next: when the next row after these is; INT64_MAX: none. */
enum err server_due(struct db *db, int64_t now, int limit, void (*each)(void *ctx, const struct server *), void *ctx,
    int64_t *next);

/*
 * Writes what the worker knows: all columns but the wishes, minion included; not applied_*, which server_applied
 * does.  A new state gets the time now; due stays 0 if a wish came since it was read.  What becomes ready, broken or
 * none has its bots looked at at once (schema.sql).
 */
enum err server_store(struct db *db, const struct server *server, int64_t now);
enum err server_set_due(struct db *db, int64_t id, int64_t due);
enum err server_due_gone(struct db *db);	/* all that are to go, and are not gone, are due: the brake was lifted */

/* An admin wants a new machine for it; again is fine until the worker has seen to it.  ERR_NOTFOUND: no such one, or everybody's. */
enum err server_anew(struct db *db, int64_t id);

/*
 * An admin wants it brought once more to what its pillar says, though no wish of a person has changed: the configuration
 * has.  id 0: every server.  ERR_NOTFOUND: there is none that is wanted.  Its bots are to be looked at (bot_wake_all).
 */
enum err server_apply(struct db *db, int64_t id);

/* Worker: it is to go, as its last bot is gone.  ERR_NOTFOUND if it has one, or is everybody's. */
enum err server_dismiss(struct db *db, int64_t id);

/* Its minion has answered: it is ready.  The first time is joined_at.  ERR_NOTFOUND: it is leaving. */
enum err server_joined(struct db *db, int64_t id, int64_t now);

/* An apply that began with rev went well. */
enum err server_applied(struct db *db, int64_t id, int64_t rev, int64_t now);

/* 1 if a row has that root volume, or if nobody knows. */
int server_has_root(struct db *db, const char *root);

/* ---- for the person: how far it is ---- */

enum server_step {
	SERVER_STEP_VOLUME, SERVER_STEP_ADDRESS, SERVER_STEP_MACHINE,
	SERVER_STEP_BOOT,		/* told to start */
	SERVER_STEP_JOIN,		/* first boot, until its minion answers */
	SERVER_STEP_PUB,		/* the first apply: docker, the image, the containers */
	SERVER_STEP__MAX
};

enum { SERVER_JOIN_USUAL = 240 };	/* seconds: most machines have joined by then */

enum server_step_state { SERVER_STEP_TO_COME, SERVER_STEP_NOW, SERVER_STEP_DONE };

struct server_way {
	enum server_step_state	state;
	int			usual_least, usual_most;	/* seconds that it usually takes */
};

/* At most one is NOW; all are DONE once it is ready and has been applied to. */
void server_steps(const struct server *server, struct server_way out[SERVER_STEP__MAX]);

#endif
