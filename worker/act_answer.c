/* Answers to acts on servers: what each means for the row, committed at once. */

#include "worker/act_part.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/event.h"
#include "lib/log.h"
#include "worker/act_server.h"
#include "worker/world.h"

enum {
	FULL_PAUSE = 5 * 60 * 1000,	/* ms without makes */
	LOCKED_PAUSE = 60 * 1000,	/* ms without any act */
	LATER_PAUSE = 2 * 1000,
	NAME_PAUSE = 60 * 1000,		/* ms until a name that could not be set is tried again */
	VAIN_TIMES = 5,			/* that an act is told "not yet" before a person is */
	JOIN_LATE = (SERVER_JOIN_USUAL + 60) * 1000	/* ms until a machine that has not joined is spoken of */
};

/* ---- rows ---- */

/* Where a row has the cloud's id of a part. */
static const size_t ids[PLAN_PART__MAX] = {
	[PLAN_GROUP] = offsetof(struct server, group_id), [PLAN_VOLUME] = offsetof(struct server, volume_id),
	[PLAN_IP] = offsetof(struct server, ip_id), [PLAN_IP6] = offsetof(struct server, ip6_id),
	[PLAN_MACHINE] = offsetof(struct server, cloud_id), [PLAN_ROOT] = offsetof(struct server, root_id),
};

static char *
id_of(struct server *row, enum plan_part part)
{
	return (char *)row + ids[part];
}

const char *
act_id(const struct server *row, enum plan_part part)
{
	return (const char *)row + ids[part];
}

void
act_take(struct server *row, enum plan_part part, const struct fact *fact)
{
	if (part == PLAN_GROUP)
		return;			/* everybody's: a row has the one that its machine was made with */
	memcpy(id_of(row, part), fact->id, SERVER_ID_CAP);
	if (part != PLAN_MACHINE)
		return;
	memcpy(row->root_id, fact->root, sizeof(row->root_id));
	row->root_marked = 0;
	row->seeded_at = row->powered_at = row->joined_at = 0;
}

void
act_clear(struct server *row, enum plan_part part)
{
	id_of(row, part)[0] = '\0';
	if (part == PLAN_IP)
		row->address[0] = '\0';
	if (part == PLAN_IP6)
		row->address6[0] = '\0';
	if (part == PLAN_ROOT)
		row->root_marked = 0;
}

static int
copy(char *to, const char *from, size_t cap)
{
	if (from[0] == '\0' || strncmp(to, from, cap) == 0)
		return 0;
	snprintf(to, cap, "%s", from);
	return 1;
}

int
act_learn(struct server *row, const struct fact *facts)
{
	const struct fact	*machine = &facts[PLAN_MACHINE];
	int			 new = 0, current = row->cloud_id[0] != '\0' && machine->there && strcmp(machine->id, row->cloud_id) == 0;

	if (row->ip_id[0] != '\0' && facts[PLAN_IP].there)
		new |= copy(row->address, facts[PLAN_IP].address, sizeof(row->address));
	if (row->ip6_id[0] != '\0' && facts[PLAN_IP6].there)
		new |= copy(row->address6, facts[PLAN_IP6].address, sizeof(row->address6));
	if (current && row->root_id[0] == '\0')
		new |= copy(row->root_id, machine->root, sizeof(row->root_id));
	if (current && machine->state == CLOUD_ON && row->powered_at == 0 && row->seeded_at != 0) {
		row->powered_at = clock_now();
		new = 1;
	}
	return new;
}

enum err
act_event(struct world *w, const struct server *row, int what, const char *detail)
{
	struct event event = {
		.at = clock_now(), .person = row->person, .actor = "worker", .what = (enum event_what)what
	};

	snprintf(event.detail, sizeof(event.detail), "%s%s%s", row->minion, detail[0] == '\0' ? "" : ": ", detail);
	return event_add(w->db, &event);
}

void
act_break(struct world *w, struct post *post, const struct server *row, const char *why)
{
	struct server	now = *row;
	int		known = row->state == SERVER_BROKEN && strncmp(row->reason, why, sizeof(row->reason) - 1) == 0;
	enum err	err;

	servers_fault(post, row->minion, why);
	now.state = SERVER_BROKEN;
	now.due = clock_now() + SERVERS_PAUSE;
	snprintf(now.reason, sizeof(now.reason), "%s", why);
	if ((err = world_begin(w)) != ERR_OK)
		return;
	if ((err = server_store(w->db, &now, clock_now())) == ERR_OK && !known)
		err = act_event(w, row, EVENT_SERVER_BROKEN, why);
	(void)world_commit(w, err);
}

/* ---- what was done ---- */

static void
hold(struct fact *fact, const char *machine)
{
	if (!fact->there)
		return;
	fact->state = CLOUD_ON;
	memcpy(fact->holder, machine, sizeof(fact->holder));
}

/* A new machine has its volume, its addresses and a root in the same moment. */
static void
made_machine(struct post *post, const struct cloud_thing *thing)
{
	struct fact *root = &post->facts[PLAN_ROOT];

	hold(&post->facts[PLAN_VOLUME], thing->id);
	hold(&post->facts[PLAN_IP], thing->id);
	hold(&post->facts[PLAN_IP6], thing->id);
	*root = (struct fact){ .there = thing->root[0] != '\0' };
	memcpy(root->id, thing->root, sizeof(root->id));
	hold(root, thing->id);
}

static enum err
made(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	enum plan_part	 part = e->step.part;
	struct fact	*fact = part == PLAN_GROUP ? &e->w->servers->group : &post->facts[part];

	*fact = (struct fact){ .there = 0 };
	servers_take(fact, &answer->thing);
	if (part == PLAN_MACHINE) {
		fact->generation = row->generation;
		made_machine(post, &answer->thing);
	}
	act_take(row, part, fact);
	(void)act_learn(row, post->facts);
	return making_known(e->w->db, e->mark, fact->id);
}

static enum err
ruled(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)post;
	(void)row;
	(void)answer;
	e->w->servers->group_ruled = 1;
	return ERR_OK;
}

static enum err
marked(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)e;
	(void)post;
	(void)answer;
	row->root_marked = 1;
	return ERR_OK;
}

static enum err
seeded(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)e;
	(void)post;
	(void)answer;
	row->seeded_at = clock_now();
	return ERR_OK;
}

static enum err
started(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)e;
	(void)answer;
	post->facts[PLAN_MACHINE].state = CLOUD_MOVING;
	if (row->powered_at == 0)
		row->powered_at = clock_now();
	row->state = SERVER_JOINING;
	return ERR_OK;
}

static enum err
stopped(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)e;
	(void)answer;
	post->facts[PLAN_MACHINE].state = CLOUD_MOVING;
	if (row->state != SERVER_LEAVING)
		row->state = SERVER_BUILDING;
	return ERR_OK;
}

static enum err
attached(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)answer;
	hold(&post->facts[e->step.part], row->cloud_id);
	return ERR_OK;
}

static enum err
named(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)post;
	(void)row;
	(void)answer;
	return bot_record(e->w->db, e->record.bot, e->row.address, e->row.address6);
}

/* A machine's making is known until its root is gone, too: that carries the same mark. */
enum err
act_dropped(struct world *w, struct post *post, struct server *row, enum plan_part part)
{
	const enum event_what	what = servers_drop_event(part);
	enum err		err = ERR_OK;

	if (part == PLAN_ROOT)
		err = making_end(w->db, row->id, cloud_kind_word(CLOUD_SERVER));
	else if (part != PLAN_MACHINE)
		err = making_forget(w->db, act_id(row, part));
	if (err == ERR_OK && what != EVENT__MAX)
		err = act_event(w, row, what, act_id(row, part));
	w->servers->dropped[part] += what != EVENT__MAX;
	act_clear(row, part);
	post->facts[part] = (struct fact){ .there = 0 };
	return err;
}

static enum err
dropped(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	(void)answer;
	return act_dropped(e->w, post, row, e->step.part);
}

/* ---- what was not ---- */

static void
say_full(struct errand *e, const char *why)
{
	struct servers *s = e->w->servers;

	if (clock_boot() >= s->full_until)
		log_fault("cloud", "THERE IS NO ROOM FOR MORE, nothing is made for %d minutes: %s", FULL_PAUSE / 60000, why);
	s->full_until = clock_boot() + FULL_PAUSE;
}

static void
say_locked(struct errand *e, const char *why)
{
	struct servers *s = e->w->servers;

	if (clock_boot() >= s->locked_until)
		log_fault("cloud", "OUR KEY IS NOT TAKEN, nothing is done for a minute: %s", why);
	s->locked_until = clock_boot() + LOCKED_PAUSE;
}

static enum err
refused(struct errand *e, struct server *row, const struct cloud_answer *answer)
{
	int	leaving = row->state == SERVER_LEAVING;
	char	why[SERVER_REASON_CAP];

	snprintf(why, sizeof(why), "%.20s %.30s: %.140s", plan_act_word(e->step.act), plan_part_word(e->step.part), answer->why);
	row->due = clock_now() + SERVERS_PAUSE;
	if ((leaving || row->state == SERVER_BROKEN) && strcmp(row->reason, why) == 0)
		return ERR_OK;
	if (!leaving)
		row->state = SERVER_BROKEN;
	memcpy(row->reason, why, sizeof(row->reason));
	return act_event(e->w, row, EVENT_SERVER_BROKEN, why);
}

/* There is no such thing, says a deletion: the row keeps its id until a look agrees. */
static enum err
denied(struct errand *e, struct post *post, const struct server *row)
{
	snprintf(post->denied, sizeof(post->denied), "%s", act_id(row, e->step.part));
	post->soon = 1;
	return ERR_OK;
}

/* Not yet, each time: said once, and in the row. */
static void
count_vain(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	struct vain	*vain = &post->vain;
	char		 why[SERVER_REASON_CAP];

	if (vain->n == 0 || vain->act != e->step.act || vain->part != e->step.part)
		*vain = (struct vain){ .act = e->step.act, .part = e->step.part, .since = clock_boot() };
	vain->n++;
	if (vain->n < VAIN_TIMES || clock_boot() - vain->since < conf_int(e->w->conf, CONF_LIMITS_ABSENT) * 1000)
		return;
	snprintf(why, sizeof(why), "%.20s %.30s: not yet, again and again: %.115s", plan_act_word(vain->act),
	    plan_part_word(vain->part), answer->why);
	if (!vain->told)
		servers_fault(post, row->minion, why);
	vain->told = 1;
	e->w->failed = 1;
	if (row->state != SERVER_BROKEN)
		memcpy(row->reason, why, sizeof(row->reason));
}

/* No longer in vain, nor refused. */
static void
end_vain(struct post *post, struct server *row)
{
	if (row->state == SERVER_LEAVING)
		row->reason[0] = '\0';
	if (post->vain.told) {
		servers_fault(post, row->minion, "");
		if (row->state != SERVER_BROKEN)
			row->reason[0] = '\0';
	}
	post->vain = (struct vain){ .n = 0 };
}

/* A name that could not be set changes nothing about the server, but not all is as wanted. */
static enum err
not_named(struct post *post, const struct server *row, const char *why)
{
	char words[WORLD_WORDS_CAP];

	snprintf(words, sizeof(words), "a bot's name is not set: %.140s", why);
	servers_fault(post, row->minion, words);
	post->name_at = clock_boot() + NAME_PAUSE;
	return ERR_OK;
}

/* In all of these cases facts may have moved on: the next look tells. */
static enum err
not_done(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	struct world *w = e->w;

	if (answer->verdict == CLOUD_LOCKED)
		say_locked(e, answer->why);
	if (e->step.act == PLAN_NAME)
		return not_named(post, row, answer->why);
	post->known = 0;
	post->soon = 1;
	post->again_at = clock_boot() + LATER_PAUSE;
	if (answer->verdict == CLOUD_FULL) {
		say_full(e, answer->why);
		snprintf(row->reason, sizeof(row->reason), "the place has no room for more right now");
	}
	if (e->step.part == PLAN_GROUP)
		w->servers->group_doubt |= answer->verdict == CLOUD_DOUBT;
	if (e->step.act == PLAN_MAKE && answer->verdict != CLOUD_DOUBT) {
		enum err err = making_void(w->db, e->mark);

		if (err != ERR_OK)
			return err;
	}
	if (answer->verdict == CLOUD_REFUSED) {
		post->again_at = INT64_MAX;
		servers_fault(post, row->minion, answer->why);
		return refused(e, row, answer);
	}
	if (answer->verdict != CLOUD_FULL && answer->verdict != CLOUD_LOCKED)
		count_vain(e, post, row, answer);
	world_say(w, row->minion, "%s %s: not yet: %s", plan_act_word(e->step.act), plan_part_word(e->step.part), answer->why);
	return ERR_OK;
}

/* ---- all of them ---- */

static enum err
take_in(struct errand *e, struct post *post, struct server *row, const struct cloud_answer *answer)
{
	static enum err (*const dones[PLAN_ACT__MAX])(struct errand *, struct post *, struct server *,
	    const struct cloud_answer *) = {
		[PLAN_MAKE] = made, [PLAN_RULES] = ruled, [PLAN_ATTACH] = attached, [PLAN_MARK] = marked, [PLAN_SEED] = seeded,
		[PLAN_START] = started, [PLAN_STOP] = stopped, [PLAN_DROP] = dropped, [PLAN_NAME] = named,
	};

	if (answer->verdict == CLOUD_DONE) {
		end_vain(post, row);
		return dones[e->step.act](e, post, row, answer);
	}
	if (answer->verdict != CLOUD_MISSING || e->step.act != PLAN_DROP)
		return not_done(e, post, row, answer);
	count_vain(e, post, row, answer);
	return denied(e, post, row);
}

static enum err
record(struct errand *e, struct post *post, const struct cloud_answer *answer)
{
	struct world	*w = e->w;
	struct server	 row;
	enum err	 err;

	if ((err = world_begin(w)) != ERR_OK)
		return err;
	if ((err = server_get(w->db, e->server, &row)) == ERR_OK) {
		act_hold(&row);
		if ((err = take_in(e, post, &row, answer)) == ERR_OK)
			err = server_store(w->db, &row, clock_now());
	}
	return world_commit(w, err);
}

/* For the brake. */
static void
count_drop(const struct errand *e, int n)
{
	if (e->step.act == PLAN_DROP)
		e->w->servers->dropping[e->step.part] += n;
}

void
act_out(struct errand *e, struct post *post)
{
	struct world *w = e->w;

	w->asked++;
	w->servers->acts++;
	w->servers->group_acting |= e->step.part == PLAN_GROUP;
	post->acting = 1;
	post->again_at = INT64_MAX;
	count_drop(e, 1);
}

void
act_in(struct errand *e, struct post *post)
{
	struct world *w = e->w;

	w->asked--;
	w->servers->acts--;
	if (e->step.part == PLAN_GROUP) {
		w->servers->group_acting = 0;
		w->servers->group_acted_at = clock_boot();
	}
	count_drop(e, -1);
	post->acting = 0;
	if (e->step.act != PLAN_GREET)
		post->acted_at = clock_boot();
}

int64_t
act_in_hand(void)
{
	return clock_now() + CLOCK_MINUTE;
}

void
act_hold(struct server *row)
{
	if (row->state != SERVER_BROKEN)
		row->due = act_in_hand();
}

/* What could not be recorded is as good as not known. */
void
act_answered(void *ctx, const struct cloud_answer *answer)
{
	struct errand	*e = ctx;
	struct world	*w = e->w;
	struct post	*post = servers_post(w, e->server, 1);

	if (post == NULL || answer->verdict == CLOUD_END) {
		free(e);
		return;
	}
	act_in(e, post);
	if (post->facts == NULL || record(e, post, answer) != ERR_OK) {
		post->known = 0;
		post->soon = 1;
		w->failed = 1;
	}
	if (e->step.part == PLAN_GROUP)
		servers_wake(w);
	free(e);
	if (post->known)
		act_server(w, post, NULL);
	if (post->soon)
		servers_look_soon(w);
}

/* It is still coming up, which is no fault; but of one that is late the log and its person hear before its time is over. */
static void
still_joining(struct world *w, struct post *post)
{
	static const char	why[] = "it takes longer than usual: its machine has not answered yet";
	struct server		row;
	enum err		err;

	if (server_get(w->db, post->id, &row) != ERR_OK || row.state != SERVER_JOINING ||
	    clock_now() < row.state_since + JOIN_LATE || strcmp(row.reason, why) == 0 || (err = world_begin(w)) != ERR_OK)
		return;
	servers_fault(post, row.minion, why);
	snprintf(row.reason, sizeof(row.reason), "%s", why);
	act_hold(&row);
	err = server_store(w->db, &row, clock_now());
	(void)world_commit(w, err);
}

void
act_greeted(void *ctx, int there)
{
	struct errand	*e = ctx;
	struct world	*w = e->w;
	struct post	*post = servers_post(w, e->server, 1);
	enum err	 err = ERR_OK;

	if (post == NULL) {
		free(e);
		return;
	}
	act_in(e, post);
	post->again_at = post->greet_at;
	post->silent = there == 0;
	if (there == 0)
		still_joining(w, post);
	if (there == 1 && (err = world_begin(w)) == ERR_OK) {
		if ((err = server_joined(w->db, e->server, clock_now())) == ERR_OK)
			err = act_event(w, &e->row, EVENT_SERVER_READY, "");
		err = world_commit(w, err);
		if (err == ERR_OK) {
			world_say(w, e->row.minion, "is ready");
			post->again_at = 0;
			w->next_due = 0;	/* its bots are due now: our own commit is no news to read_due */
		}
	}
	free(e);
}
