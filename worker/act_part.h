/* What act_server.c and act_answer.c share: an act that is out, and how a row takes what it has told. */

#ifndef BAAS_WORKER_ACT_PART_H
#define BAAS_WORKER_ACT_PART_H

#include "lib/bot.h"
#include "lib/err.h"
#include "worker/cloud.h"
#include "worker/plan_server.h"
#include "worker/servers.h"

/* An act that is out. */
struct errand {
	struct world		*w;
	int64_t			 server;
	struct plan_step	 step;
	struct server		 row;			/* as it was */
	char			 mark[MAKING_MARK_CAP];	/* a make */
	struct bot_record	 record;		/* a name */
};

/* Their answers: ctx is the errand, which is freed. */
void act_answered(void *ctx, const struct cloud_answer *answer);
void act_greeted(void *ctx, int there);

/* The id of one of its parts; what a make has given; what is gone. */
const char *act_id(const struct server *row, enum plan_part part);
void act_take(struct server *row, enum plan_part part, const struct fact *fact);
void act_clear(struct server *row, enum plan_part part);

/* Addresses, the root's id, a start that is known from a look alone: 1 if the row is not what it was. */
int act_learn(struct server *row, const struct fact *facts);

/* A person must look: state, reason and event, unless that is known.  Tried again later. */
void act_break(struct world *w, struct post *post, const struct server *row, const char *why);

/* It is out: counted, and its server does nothing else; it is back. */
void act_out(struct errand *e, struct post *post);
void act_in(struct errand *e, struct post *post);

/* The due time of a row that is in hand; and it is: but a broken one keeps its time, as what is past is being tried again. */
int64_t act_in_hand(void);
void act_hold(struct server *row);

/* One of its parts is deleted: what the row, its post and the makings say of it, and the event.  In the caller's transaction. */
enum err act_dropped(struct world *w, struct post *post, struct server *row, enum plan_part part);

/* -n: prints what the case leads to, a line for each kind of act; once. */
void act_show(struct world *w, struct post *post, const struct server *row, const struct plan_case *c);

/* Notes an event of a server; in the caller's transaction. */
enum err act_event(struct world *w, const struct server *row, int what, const char *detail);

#endif
