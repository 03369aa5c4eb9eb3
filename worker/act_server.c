/* Acts on servers: which it is to be, and its beginning.  What its answer means is in worker/act_answer.c. */

#include "worker/act_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/log.h"
#include "worker/act_part.h"
#include "worker/cloud.h"
#include "worker/fleet.h"
#include "worker/plan_server.h"
#include "worker/seed.h"
#include "worker/servers.h"
#include "worker/world.h"

enum {
	STEPS_MAX = 8,			/* acts that only write rows, one after the other */
	FAILED_PAUSE = 1000,		/* ms, when the database or memory said no */
	GREET_PAUSE = 5 * 1000,
	HOST_CAP = 300
};

/* ---- errands ---- */

/* An act that is about to be begun: it counts as out.  NULL: no memory. */
static struct errand *
set_out(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (e == NULL) {
		log_fault(row->minion, "no memory");
		post->again_at = clock_boot() + FAILED_PAUSE;
		return NULL;
	}
	*e = (struct errand){ .w = w, .server = post->id, .step = *step, .row = *row };
	act_out(e, post);
	return e;
}

/* err: of the call that was to begin it.  If it did not begin, it is as if nothing had been tried. */
static void
begun(struct post *post, struct errand *e, enum err err)
{
	if (err == ERR_OK)
		return;
	act_in(e, post);
	if (e->mark[0] != '\0')
		(void)making_void(e->w->db, e->mark);
	post->again_at = clock_boot() + FAILED_PAUSE;
	free(e);
}

/* ---- acts that ask the cloud ---- */

static struct cloud_order
order_of(const struct world *w, const struct server *row, enum cloud_kind kind)
{
	struct cloud_order order = {
		.kind = kind, .server = row->id, .generation = row->generation, .minion = row->minion, .volume = row->volume_id,
		.ip = row->ip_id, .ip6 = row->ip6_id, .group = w->servers->group.id
	};

	memcpy(order.instance, w->house.instance, sizeof(order.instance));
	if (kind == CLOUD_GROUP) {
		order.server = 0;
		order.generation = 1;
	}
	return order;
}

/*
 * The mark is committed before the call: whatever becomes of it, a look knows the thing again.  told: the row says why this
 * was in vain so often.
 */
static enum err
open_making(struct world *w, const struct server *row, struct cloud_order *order, int told)
{
	struct server	now = *row;
	enum err	err;

	now.state = SERVER_BUILDING;
	if (!told)
		now.reason[0] = '\0';
	now.due = act_in_hand();
	if (order->kind == CLOUD_SERVER)
		memcpy(now.group_id, w->servers->group.id, sizeof(now.group_id));
	if ((err = world_begin(w)) != ERR_OK)
		return err;
	err = making_open(w->db, order->server, cloud_kind_word(order->kind), order->generation, clock_now(), order->mark);
	if (err == ERR_OK)
		err = server_store(w->db, &now, clock_now());
	return world_commit(w, err);
}

static void
make(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct cloud_order	 order = order_of(w, row, servers_kind(step->part));
	struct errand		*e;

	if (open_making(w, row, &order, post->vain.told) != ERR_OK) {
		post->again_at = clock_boot() + FAILED_PAUSE;
		return;
	}
	if ((e = set_out(w, post, row, step)) == NULL)
		return;
	memcpy(e->mark, order.mark, sizeof(e->mark));
	post->absent_at[step->part] = 0;
	if (step->part == PLAN_GROUP)
		w->servers->group_absent_at = 0;
	begun(post, e, w->cloud->make(w, &order, act_answered, e));
}

static void
rules(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = set_out(w, post, row, step);

	if (e != NULL)
		begun(post, e, w->cloud->rules(w, w->servers->group.id, act_answered, e));
}

/* The root carries the mark of its machine's making. */
static void
mark(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct cloud_order	 order = order_of(w, row, CLOUD_SERVER);
	struct errand		*e = set_out(w, post, row, step);
	struct making		 making;

	if (e == NULL)
		return;
	if (making_of(w->db, row->cloud_id, &making) == ERR_OK)
		memcpy(order.mark, making.mark, sizeof(order.mark));
	begun(post, e, w->cloud->mark(w, row->root_id, &order, act_answered, e));
}

static void
start(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = set_out(w, post, row, step);

	if (e != NULL)
		begun(post, e, w->cloud->start(w, row->cloud_id, act_answered, e));
}

static void
stop(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = set_out(w, post, row, step);

	if (e != NULL)
		begun(post, e, w->cloud->stop(w, row->cloud_id, act_answered, e));
}

static void
attach(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = set_out(w, post, row, step);

	if (e != NULL)
		begun(post, e, w->cloud->attach(w, servers_kind(step->part), act_id(row, step->part), row->cloud_id,
		    act_answered, e));
}

static void
drop(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = set_out(w, post, row, step);

	if (e != NULL)
		begun(post, e, w->cloud->drop(w, servers_kind(step->part), act_id(row, step->part), act_answered, e));
}

static void
name(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand	*e;
	char		 host[HOST_CAP];
	enum err	 err;

	if (clock_boot() < post->name_at) {
		post->again_at = post->name_at;
		return;
	}
	if ((e = set_out(w, post, row, step)) == NULL)
		return;
	if ((err = bot_record_due(w->db, row->id, row->address, row->address6, &e->record)) != ERR_OK) {
		begun(post, e, err);
		return;
	}
	snprintf(host, sizeof(host), "%s.%s", e->record.name, conf_text(w->conf, CONF_BOTS_DOMAIN));
	begun(post, e, w->cloud->name(w, host, row->address, row->address6, act_answered, e));
}

/* What is told to nobody but the row. */
static void
write_row(struct world *w, struct post *post, const struct server *row, int what, const char *detail)
{
	enum err err;

	if ((err = world_begin(w)) == ERR_OK) {
		err = server_store(w->db, row, clock_now());
		if (err == ERR_OK && what == EVENT_SERVER_GONE)
			err = making_end(w->db, row->id, NULL);
		if (err == ERR_OK && what != EVENT__MAX)
			err = act_event(w, row, what, detail);
		err = world_commit(w, err);
	}
	if (err != ERR_OK) {
		post->known = 0;	/* nobody knows what the row says: from the start */
		post->soon = 1;
	}
}

/* ---- acts that ask the fleet ---- */

static void
greet(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct server	 now = *row;
	struct errand	*e;

	if (clock_boot() < post->greet_at) {
		post->again_at = post->greet_at;
		return;
	}
	post->greet_at = clock_boot() + GREET_PAUSE;
	if (row->state != SERVER_JOINING && row->state != SERVER_BROKEN) {
		now.state = SERVER_JOINING;
		now.due = act_in_hand();
		write_row(w, post, &now, EVENT__MAX, "");
	}
	if ((e = set_out(w, post, row, step)) != NULL)
		begun(post, e, w->fleet->greet(w, row, act_greeted, e));
}

/* The pair is made, and its public half is trusted: now the cloud gets the private one, and nobody else. */
static void
keyed(void *ctx, const char *private, const char *master, const char *why)
{
	struct errand		*e = ctx;
	struct world		*w = e->w;
	struct buf		 text = { .wipe = 1 };
	struct cloud_answer	 answer = { .verdict = CLOUD_LATER };
	enum err		 err = ERR_FAULT;

	if (private == NULL && why == NULL)
		answer.verdict = CLOUD_END;
	snprintf(answer.why, sizeof(answer.why), "no key: %s", why == NULL ? "" : why);
	if (private != NULL) {
		snprintf(answer.why, sizeof(answer.why), "its instructions could not be written");
		if ((err = seed_text(w->conf, &e->row, private, master, &text)) == ERR_OK)
			err = w->cloud->seed(w, e->row.cloud_id, buf_text(&text), text.len, act_answered, e);
	}
	buf_clear(&text);
	if (err != ERR_OK)
		act_answered(e, &answer);
}

static void
seed(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct errand *e = set_out(w, post, row, step);

	if (e != NULL)
		begun(post, e, w->fleet->key(w, row, keyed, e));
}

/* ---- acts that only write: 1 if it is to be planned again at once ---- */

static void
adopt(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct fact	*fact = step->part == PLAN_GROUP ? &w->servers->group : &post->facts[step->part];
	struct server	 now = *row;
	enum err	 err;

	if ((err = world_begin(w)) == ERR_OK) {
		act_take(&now, step->part, fact);
		act_hold(&now);
		if ((err = making_known(w->db, fact->mark, fact->id)) == ERR_OK)
			err = server_store(w->db, &now, clock_now());
		err = world_commit(w, err);
	}
	if (err == ERR_OK)
		fact->by_mark = 0;
	else
		post->known = 0;
}

/* Gone before it was deleted: somebody else did it, or a worker that died before it could say so. */
static void
strike(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct server	now = *row;
	enum err	err;

	if ((err = world_begin(w)) == ERR_OK) {
		act_hold(&now);
		if ((err = act_dropped(w, post, &now, step->part)) == ERR_OK)
			err = server_store(w->db, &now, clock_now());
		err = world_commit(w, err);
	}
	if (err != ERR_OK) {
		post->known = 0;
		post->soon = 1;
	}
}

/* The next generation: what the old machine has left is deleted first, by what the plan then says. */
static void
renew(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct server now = *row;

	now.generation++;
	snprintf(now.minion, sizeof(now.minion), "p%lld-g%lld", (long long)row->person, (long long)now.generation);
	now.state = SERVER_BUILDING;
	now.tries = row->anew != row->seen_anew ? 0 : row->tries + post->facts[PLAN_MACHINE].there;
	now.seen_anew = row->anew;
	now.due = act_in_hand();
	now.seeded_at = now.powered_at = now.joined_at = 0;
	snprintf(now.reason, sizeof(now.reason), "%s", step->why);
	if (!post->facts[PLAN_MACHINE].there)
		now.cloud_id[0] = '\0';
	if (step->part == PLAN_VOLUME)
		now.volume_id[0] = '\0';
	write_row(w, post, &now, EVENT_SERVER_ANEW, step->why);
}

static void
leave(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct server now = *row;

	(void)step;
	now.state = SERVER_LEAVING;
	now.reason[0] = '\0';
	now.due = act_in_hand();
	write_row(w, post, &now, EVENT__MAX, "");
}

/* All of it: the row waits for its person's next order, with the next minion's name.  Or only an address that is lost. */
static void
forget(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	struct server now = *row;

	if (step->part != PLAN_MACHINE) {
		act_clear(&now, step->part);
		act_hold(&now);
		write_row(w, post, &now, EVENT__MAX, "");
		return;
	}
	now.generation++;
	snprintf(now.minion, sizeof(now.minion), "p%lld-g%lld", (long long)row->person, (long long)now.generation);
	now.state = SERVER_NONE;
	now.tries = now.seeded_at = now.powered_at = now.joined_at = 0;
	now.group_id[0] = now.reason[0] = '\0';
	now.seen_anew = row->anew;
	now.due = act_in_hand();
	write_row(w, post, &now, EVENT_SERVER_GONE, "");
}

static void
breaks(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	act_break(w, post, row, step->why);
}

/* ---- which ---- */

static enum server_state
state_when_settled(const struct plan_case *c)
{
	if (c->want == PLAN_GONE)
		return SERVER_NONE;
	return c->want == PLAN_OFF ? SERVER_BUILDING : SERVER_READY;
}

/* Nothing is to be done until something changes. */
static void
settle(struct world *w, struct post *post, const struct server *row, const struct plan_case *c)
{
	struct server now = *row;

	now.state = state_when_settled(c);
	now.due = INT64_MAX;
	now.seen_at = clock_now();
	snprintf(now.reason, sizeof(now.reason), "%s", c->want == PLAN_OFF ? "it rests while all its bots are suspended" : "");
	if (now.state != row->state || row->due != INT64_MAX || strcmp(now.reason, row->reason) != 0)
		write_row(w, post, &now, EVENT__MAX, "");
	if (post->known)
		servers_settle(w, post);
}

/* Each wait is told once, until there is another. */
static void
wait(struct world *w, struct post *post, const struct server *row, const struct plan_step *step)
{
	char words[WORLD_WORDS_CAP];

	snprintf(words, sizeof(words), "%s: %s", plan_part_word(step->part), step->why);
	if (step->braked)
		servers_fault(post, row->minion, words);
	if (strcmp(words, post->waits) != 0) {
		memcpy(post->waits, words, sizeof(words));
		world_say(w, row->minion, "waits for its %s", words);
	}
	post->soon = !step->patient;
}

static void
say(struct world *w, const struct server *row, const struct plan_step *step)
{
	world_say(w, row->minion, "%s %s: %s", plan_act_word(step->act), plan_part_word(step->part), step->why);
}

/* 1: it may act.  Else it says what it would do. */
static int
may_act(struct world *w, struct post *post, const struct server *row, const struct plan_case *c, const struct plan_step *step)
{
	char words[WORLD_WORDS_CAP];

	if (w->dry && step->act != PLAN_SETTLED)
		act_show(w, post, row, c);
	if (step->act == PLAN_WAIT || step->act == PLAN_SETTLED)
		return 1;
	if (!w->dry && !w->house.reporting)
		return 1;
	snprintf(words, sizeof(words), "would %s %s: %s", plan_act_word(step->act), plan_part_word(step->part), step->why);
	if (!w->dry)
		servers_fault(post, row->minion, words);
	return 0;
}

/* 1: the row was written, and is to be planned anew. */
static int
perform(struct world *w, struct post *post, const struct server *row, const struct plan_case *c, const struct plan_step *step)
{
	static void (*const acts[PLAN_ACT__MAX])(struct world *, struct post *, const struct server *, const struct plan_step *) = {
		[PLAN_WAIT] = wait, [PLAN_MAKE] = make, [PLAN_ADOPT] = adopt, [PLAN_RULES] = rules, [PLAN_ATTACH] = attach,
		[PLAN_MARK] = mark, [PLAN_SEED] = seed, [PLAN_START] = start, [PLAN_GREET] = greet, [PLAN_NAME] = name,
		[PLAN_STOP] = stop, [PLAN_DROP] = drop, [PLAN_RENEW] = renew, [PLAN_LEAVE] = leave, [PLAN_FORGET] = forget,
		[PLAN_BREAK] = breaks, [PLAN_STRIKE] = strike,
	};
	int writes = step->act == PLAN_ADOPT || step->act == PLAN_RENEW || step->act == PLAN_LEAVE ||
	    step->act == PLAN_STRIKE || step->act == PLAN_FORGET;

	if (!may_act(w, post, row, c, step))
		return 0;
	if (step->act == PLAN_SETTLED) {
		if (!w->dry && !w->house.reporting)
			settle(w, post, row, c);
		return 0;
	}
	if (step->act != PLAN_WAIT && step->act != PLAN_GREET)
		say(w, row, step);
	acts[step->act](w, post, row, step);
	return writes && post->known;
}

/* What the row does not know yet, and facts tell. */
static enum err
learn(struct world *w, struct post *post, struct server *row)
{
	struct server	now = *row;
	enum err	err;

	act_hold(&now);
	if (!post->known || w->dry || w->house.reporting || !act_learn(&now, post->facts))
		return ERR_OK;
	if ((err = world_begin(w)) == ERR_OK)
		err = world_commit(w, server_store(w->db, &now, clock_now()));
	if (err == ERR_OK)
		err = server_get(w->db, row->id, row);
	return err;
}

static void
plan_and_act(struct world *w, struct post *post, struct server *row)
{
	struct plan_case	c;
	struct plan_step	step;
	int			more = 1;

	for (int i = 0; more && i < STEPS_MAX; i++) {
		if ((i > 0 && server_get(w->db, post->id, row) != ERR_OK) || learn(w, post, row) != ERR_OK) {
			post->again_at = clock_boot() + FAILED_PAUSE;
			return;
		}
		servers_case(w, row, post, &c);
		step = plan_server(&c);
		more = perform(w, post, row, &c, &step);
	}
	if (more)
		post->again_at = 0;
}

/* Nothing is begun inside of a transaction: a making must be committed before its call. */
void
act_server(struct world *w, struct post *post, const struct server *given)
{
	struct server row;

	post->again_at = INT64_MAX;
	post->soon = 0;
	if (post->acting)
		return;
	if (db_in_tx(w->db) || w->servers->acts >= SERVERS_ACTS) {
		post->again_at = 0;
		return;
	}
	if (clock_boot() < w->servers->locked_until) {
		post->again_at = w->servers->locked_until;
		return;
	}
	if (given != NULL)
		row = *given;
	else if (server_get(w->db, post->id, &row) != ERR_OK) {
		post->again_at = clock_boot() + FAILED_PAUSE;
		return;
	}
	if (row.person != 0 && servers_reopen(w, post) == ERR_OK)
		plan_and_act(w, post, &row);
	if (post->soon)
		servers_look_soon(w);
}
