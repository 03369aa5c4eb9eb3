/* What is left over in the cloud.  Deleted by itself is only what a making of this very database made, and that only after a day. */

#include "worker/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/making.h"
#include "lib/orphan.h"
#include "lib/server.h"
#include "worker/cloud.h"
#include "worker/fleet.h"
#include "worker/servers.h"
#include "worker/sweep_keys.h"
#include "worker/world.h"

enum { SWEEP = 55 * 1000 };	/* ms between two */

/* One sweep. */
struct swept {
	struct world			*w;
	const struct sweep_look		*look;
	int64_t				 now;
	struct server			 row;		/* of the things that are gone through; id 0: there is none */
	int				 printed;	/* -n */
};

/* A deletion that is out. */
struct errand {
	struct world	*w;
	struct orphan	 orphan;
	enum plan_part	 part;
	int		 stops;		/* it is only told to stop yet */
};

/* ---- what is one ---- */

int
sweep_is_root(const struct cloud_thing *thing)
{
	static const char	ours[] = "baas-root-", theirs[] = "_sbs_volume_0";
	size_t			n = strlen(thing->name);

	if (thing->kind != CLOUD_VOLUME)
		return 0;
	return strncmp(thing->name, ours, sizeof(ours) - 1) == 0 ||
	    (n >= sizeof(theirs) - 1 && strcmp(thing->name + n - (sizeof(theirs) - 1), theirs) == 0);
}

static int
is_of_row(const struct server *row, const char *id)
{
	return row->id != 0 && (strcmp(row->volume_id, id) == 0 || strcmp(row->ip_id, id) == 0 ||
	    strcmp(row->ip6_id, id) == 0 || strcmp(row->cloud_id, id) == 0 || strcmp(row->root_id, id) == 0);
}

/* *ours: a making of this database has that mark. */
static int
is_wanted(struct swept *s, const struct cloud_thing *thing, int *ours)
{
	struct making	making;
	enum err	err = making_get(s->w->db, thing->mark, &making);

	*ours = err == ERR_OK && making.server == thing->server;
	if (err != ERR_OK && err != ERR_NOTFOUND)
		return 1;	/* nobody knows */
	if (*ours && making.thing[0] == '\0')
		return 1;	/* it may yet be taken over */
	if (thing->kind == CLOUD_GROUP)
		return strcmp(s->w->servers->group.id, thing->id) == 0;
	return is_of_row(&s->row, thing->id);
}

/* What it is called as an orphan. */
static const char *
kind_of(const struct cloud_thing *thing)
{
	return sweep_is_root(thing) ? "root" : cloud_kind_word(thing->kind);
}

static enum err
saw(struct swept *s, const struct cloud_thing *thing, int ours)
{
	struct orphan	orphan = { .ours = ours };
	enum err	err;
	int		fresh = 0;

	snprintf(orphan.kind, sizeof(orphan.kind), "%s", kind_of(thing));
	memcpy(orphan.thing, thing->id, sizeof(orphan.thing));
	memcpy(orphan.name, thing->name, sizeof(orphan.name));
	if (s->w->dry) {
		printf("%-8s %s %s (%s): it belongs to nobody\n", "report", orphan.kind, orphan.thing, orphan.name);
		return ERR_OK;
	}
	if ((err = orphan_saw(s->w->db, &orphan, s->now, &fresh)) == ERR_OK && fresh)
		log_fault("orphan", "%s %s (%s) belongs to nobody%s", orphan.kind, orphan.thing, orphan.name,
		    ours ? ", and is deleted in a day" : "; `baas orphan delete` does");
	return err;
}

/* It can't be judged now: if it was an orphan it is one still, and what a person wants of it stays. */
static enum err
keep(struct swept *s, const struct cloud_thing *thing)
{
	return s->w->dry ? ERR_OK : orphan_keep(s->w->db, kind_of(thing), thing->id, s->now);
}

/* Something of that server has happened since the look began: what it has may be no longer so. */
static int
is_moving(const struct swept *s, int64_t server)
{
	const struct post *post = servers_post(s->w, server, 0);

	return post != NULL && (post->acting || (post->acted_at != 0 && post->acted_at >= s->w->servers->begun_at));
}

static enum err
see_ours(struct swept *s)
{
	const struct cloud_thing	*thing;
	int64_t				 server = -1;
	enum err			 err = ERR_OK;
	int				 ours;

	for (size_t i = 0; err == ERR_OK && i < s->look->n_ours; i++) {
		thing = s->look->ours[i];
		if (thing->server != server) {
			server = thing->server;
			s->row = (struct server){ .id = 0 };
			if ((err = server_get(s->w->db, server, &s->row)) != ERR_OK && err != ERR_NOTFOUND)
				return err;
		}
		if (thing->state == CLOUD_MOVING || is_moving(s, server))
			err = keep(s, thing);
		else
			err = is_wanted(s, thing, &ours) ? ERR_OK : saw(s, thing, ours);
	}
	return err;
}

/* Machines come with a volume that has no tags until we give it some. */
static enum err
see_roots(struct swept *s)
{
	enum err err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < s->look->n; i++) {
		const struct cloud_thing *thing = s->look->all[i];

		if (thing->instance[0] != '\0' || !sweep_is_root(thing) || server_has_root(s->w->db, thing->id))
			continue;
		if (thing->state == CLOUD_MOVING)
			err = keep(s, thing);
		else if (thing->state == CLOUD_OFF && thing->holder[0] == '\0')
			err = saw(s, thing, 0);
	}
	return err;
}

/* ---- deleting it ---- */

static int
compare_ids(const void *a, const void *b)
{
	const struct cloud_thing *const *y = b;

	return strcmp(a, (*y)->id);
}

static const struct cloud_thing *
find(const struct swept *s, const char *id)
{
	const struct cloud_thing *const *found = bsearch(id, s->look->all, s->look->n, sizeof(*s->look->all), compare_ids);

	return found == NULL ? NULL : *found;
}

/* A machine that has a volume of a row is never deleted by itself. */
static int
has_wanted_disk(struct swept *s, const struct cloud_thing *machine)
{
	struct server row;

	for (int i = 0; i < machine->n_disks; i++) {
		const struct cloud_thing	*disk = find(s, machine->disks[i]);
		enum err			 err = disk == NULL ? ERR_NOTFOUND : server_get(s->w->db, disk->server, &row);

		if (err == ERR_OK ? strcmp(row.volume_id, disk->id) == 0 : err != ERR_NOTFOUND)	/* or nobody knows */
			return 1;
	}
	return 0;
}

static int
may_drop(struct swept *s, const struct orphan *orphan, const struct cloud_thing *thing, enum plan_part part)
{
	if (thing->state != CLOUD_OFF && part != PLAN_GROUP)
		return orphan->drop_it && part == PLAN_MACHINE && thing->state == CLOUD_ON;	/* stopped first */
	if (orphan->drop_it)
		return 1;
	return orphan->ours && s->now - orphan->found_at >= CLOCK_DAY && !has_wanted_disk(s, thing) &&
	    servers_may_drop(s->w, part);
}

static enum err
record(struct errand *e)
{
	struct event	event = { .at = clock_now(), .actor = "worker", .what = servers_drop_event(e->part) };
	enum err	err;

	snprintf(event.detail, sizeof(event.detail), "orphan %s", e->orphan.thing);
	if ((err = orphan_forget(e->w->db, e->orphan.id)) != ERR_OK ||
	    (e->part != PLAN_MACHINE && (err = making_forget(e->w->db, e->orphan.thing)) != ERR_OK))
		return err;
	return event.what == EVENT__MAX ? ERR_OK : event_add(e->w->db, &event);
}

static void
answered(void *ctx, const struct cloud_answer *answer)
{
	struct errand	*e = ctx;
	struct world	*w = e->w;
	enum err	 err;

	if (answer->verdict == CLOUD_END) {
		free(e);
		return;
	}
	w->asked--;
	w->servers->sweeping = 0;
	w->servers->swept_at = 0;	/* the next look goes on */
	if (answer->verdict == CLOUD_MISSING) {
		w->servers->swept_at = clock_boot();	/* a look that does not find it either forgets it */
	} else if (answer->verdict != CLOUD_DONE) {
		log_fault("orphan", "%s %s: %s", e->orphan.kind, e->orphan.thing, answer->why);
		w->servers->swept_at = clock_boot();
	} else if (!e->stops && (err = world_begin(w)) == ERR_OK) {
		(void)world_commit(w, record(e));
	}
	free(e);
}

static void
begin(struct swept *s, const struct orphan *orphan, const struct cloud_thing *thing, enum plan_part part)
{
	struct world	*w = s->w;
	struct errand	*e = calloc(1, sizeof(*e));
	enum err	 err;

	if (e == NULL)
		return;
	*e = (struct errand){ .w = w, .orphan = *orphan, .part = part, .stops = thing->kind == CLOUD_SERVER && thing->state == CLOUD_ON };
	world_say(w, "orphan", "%s %s %s: %s", e->stops ? "stop" : "delete", orphan->kind, orphan->thing,
	    orphan->drop_it ? "an admin wants it gone" : "it was made from here, and nobody wants it");
	w->asked++;
	w->servers->sweeping = 1;
	err = e->stops ? w->cloud->stop(w, thing->id, answered, e) : w->cloud->drop(w, thing->kind, thing->id, answered, e);
	if (err != ERR_OK) {
		w->asked--;
		w->servers->sweeping = 0;
		free(e);
	}
}

static void
each_orphan(void *ctx, const struct orphan *orphan)
{
	struct swept			*s = ctx;
	const struct cloud_thing	*thing = find(s, orphan->thing);
	enum plan_part			 part;

	if (thing == NULL || s->w->servers->sweeping || strcmp(orphan->kind, "key") == 0)
		return;
	part = sweep_is_root(thing) ? PLAN_ROOT : servers_part(thing->kind);
	if (may_drop(s, orphan, thing, part))
		begin(s, orphan, thing, part);
}

/* ---- all of it ---- */

/* All of it, or nothing is forgotten: what was not come to may be there. */
static enum err
take_in(struct swept *s)
{
	enum err err;

	if (!s->w->dry && (err = world_begin(s->w)) != ERR_OK)
		return err;
	if ((err = see_ours(s)) == ERR_OK)
		err = see_roots(s);
	if (s->w->dry)
		return err;
	return world_commit(s->w, err == ERR_OK ? orphan_thin(s->w->db, s->now, 0) : err);
}

void
sweep(struct world *w, const struct sweep_look *look)
{
	struct swept s = { .w = w, .look = look, .now = clock_now() };

	if (w->servers->swept_at != 0 && clock_boot() < w->servers->swept_at + SWEEP)
		return;
	w->servers->swept_at = clock_boot();
	if (take_in(&s) != ERR_OK || w->dry || w->house.reporting || clock_boot() < w->servers->locked_until)
		return;
	(void)orphan_list(w->db, each_orphan, &s);
	sweep_keys(w);
}
