/* A server's row, and what looks have told of its parts, as the plan takes it. */

#include "worker/servers.h"

#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "worker/world.h"

/* ---- single parts ---- */

static enum plan_seen
plain(const struct fact *fact)
{
	static const enum plan_seen seen[] = {
		[CLOUD_MOVING] = PLAN_MOVING, [CLOUD_OFF] = PLAN_FREE, [CLOUD_ON] = PLAN_HELD, [CLOUD_ODD] = PLAN_ODD,
	};

	return seen[fact->state];
}

/* Something should be there, and the last look did not find it: is that so for long enough? */
static int
is_lost(struct world *w, const struct post *post, enum plan_part part)
{
	int64_t first = post->absent_at[part];

	return first != 0 && post->known_at - first >= conf_int(w->conf, CONF_LIMITS_ABSENT) * 1000;
}

/* A deletion said that there is no such thing, and a look since then agrees. */
static int
is_away(const struct post *post, enum plan_part part, const char *id)
{
	return !post->facts[part].there && strcmp(post->denied, id) == 0 && post->known_at > post->acted_at;
}

/* A part without an id. */
static enum plan_seen
nameless(struct world *w, const struct post *post, enum plan_part part, int in_doubt)
{
	const struct fact *fact = &post->facts[part];

	if (fact->there && fact->by_mark)
		return PLAN_FOUND;
	if (in_doubt && !is_lost(w, post, part))
		return PLAN_DOUBT;
	return fact->there && fact->foreign ? PLAN_FOREIGN : PLAN_NONE;
}

static enum plan_seen
absent(struct world *w, const struct post *post, enum plan_part part)
{
	return is_lost(w, post, part) ? PLAN_LOST : PLAN_MISSING;
}

/* One of an earlier generation that is not found: perhaps it was deleted just before the worker died. */
static int
is_old(struct world *w, const struct server *row, const struct fact *fact)
{
	struct making making;

	if (fact->there && fact->generation != 0)
		return fact->generation < row->generation;
	return making_of(w->db, row->cloud_id, &making) == ERR_OK && making.generation < row->generation;
}

static enum plan_seen
machine(struct world *w, const struct server *row, const struct post *post, int in_doubt)
{
	static const enum plan_seen olds[PLAN_SEEN__MAX] = {
		[PLAN_MOVING] = PLAN_OLD_MOVING, [PLAN_FREE] = PLAN_OLD_FREE, [PLAN_HELD] = PLAN_OLD_HELD, [PLAN_ODD] = PLAN_ODD,
	};
	const struct fact *fact = &post->facts[PLAN_MACHINE];

	if (row->cloud_id[0] == '\0')
		return nameless(w, post, PLAN_MACHINE, in_doubt);
	if (is_away(post, PLAN_MACHINE, row->cloud_id))
		return PLAN_AWAY;
	if (is_old(w, row, fact))
		return fact->there ? olds[plain(fact)] : PLAN_OLD_FREE;
	return fact->there ? plain(fact) : absent(w, post, PLAN_MACHINE);
}

/* A volume or address: held by this server's machine, or by another one. */
static enum plan_seen
holdable(struct world *w, const struct server *row, const struct post *post, enum plan_part part, const char *id)
{
	const struct fact	*fact = &post->facts[part];
	enum plan_seen		 seen;

	if (!fact->there)
		return is_away(post, part, id) ? PLAN_AWAY : absent(w, post, part);
	seen = plain(fact);
	if (seen == PLAN_HELD && (row->cloud_id[0] == '\0' || strcmp(fact->holder, row->cloud_id) != 0))
		return PLAN_TAKEN;
	return seen;
}

static enum plan_seen
root(struct world *w, const struct server *row, const struct post *post)
{
	const struct fact *fact = &post->facts[PLAN_ROOT];

	if (row->root_id[0] == '\0')
		return PLAN_NONE;
	if (row->cloud_id[0] != '\0')
		return holdable(w, row, post, PLAN_ROOT, row->root_id);
	if (is_away(post, PLAN_ROOT, row->root_id))
		return PLAN_AWAY;
	if (!fact->there || fact->state == CLOUD_OFF)
		return PLAN_OLD_FREE;
	if (fact->state == CLOUD_ODD)
		return PLAN_ODD;
	return fact->state == CLOUD_ON ? PLAN_OLD_HELD : PLAN_OLD_MOVING;
}

static enum plan_seen
group(struct world *w)
{
	const struct servers	*s = w->servers;
	int64_t			 second = conf_int(w->conf, CONF_LIMITS_ABSENT) * 1000;
	int			 lost = s->group_absent_at != 0 && s->good_at - s->group_absent_at >= second;

	if (s->group_acting)
		return PLAN_MOVING;
	if (!s->group.there)
		return s->group_doubt && !lost ? PLAN_DOUBT : PLAN_NONE;
	if (s->group.by_mark)
		return PLAN_FOUND;
	if (plain(&s->group) == PLAN_HELD || plain(&s->group) == PLAN_FREE)
		return s->group_ruled ? PLAN_HELD : PLAN_TAKEN;
	return plain(&s->group);
}

/* ---- all of them ---- */

static void
note_open(void *ctx, const struct making *making)
{
	int *in_doubt = ctx;

	for (int k = 0; k < CLOUD_KIND__MAX; k++)
		if (strcmp(making->kind, cloud_kind_word((enum cloud_kind)k)) == 0)
			in_doubt[servers_part((enum cloud_kind)k)] = 1;
}

static void
describe_parts(struct world *w, const struct server *row, const struct post *post, struct plan_case *out)
{
	int in_doubt[PLAN_PART__MAX] = { 0 };

	if (!post->known || post->facts == NULL ||
	    making_each_open(w->db, row->id, note_open, in_doubt) != ERR_OK)
		return;		/* all parts stay unseen */
	out->seen[PLAN_VOLUME] = row->volume_id[0] != '\0' ? holdable(w, row, post, PLAN_VOLUME, row->volume_id) :
	    nameless(w, post, PLAN_VOLUME, in_doubt[PLAN_VOLUME]);
	out->seen[PLAN_IP] = row->ip_id[0] != '\0' ? holdable(w, row, post, PLAN_IP, row->ip_id) :
	    nameless(w, post, PLAN_IP, in_doubt[PLAN_IP]);
	out->seen[PLAN_IP6] = row->ip6_id[0] != '\0' ? holdable(w, row, post, PLAN_IP6, row->ip6_id) :
	    nameless(w, post, PLAN_IP6, in_doubt[PLAN_IP6]);
	out->seen[PLAN_MACHINE] = machine(w, row, post, in_doubt[PLAN_MACHINE]);
	out->seen[PLAN_ROOT] = root(w, row, post);
	out->seen[PLAN_GROUP] = group(w);
}

/* With no zone of ours in the DNS, names are somebody else's business. */
static int
has_record_due(struct world *w, const struct server *row)
{
	struct bot_record record;

	return conf_text(w->conf, CONF_SCALEWAY_DNS_ZONE)[0] != '\0' && row->address[0] != '\0' &&
	    bot_record_due(w->db, row->id, row->address, row->address6, &record) == ERR_OK;
}

static void
describe_row(struct world *w, const struct server *row, struct plan_case *out)
{
	int64_t now = clock_now();

	out->leaving = row->state == SERVER_LEAVING;
	out->there = row->volume_id[0] != '\0' || row->ip_id[0] != '\0' || row->ip6_id[0] != '\0' ||
	    row->cloud_id[0] != '\0' || row->root_id[0] != '\0' || row->state != SERVER_NONE;
	out->bots = row->bots > 0;
	out->anew = row->anew != row->seen_anew;
	out->root_known = row->root_id[0] != '\0';
	out->root_marked = row->root_marked;
	out->seeded = row->seeded_at != 0;
	out->powered = row->powered_at != 0;
	out->ready = row->state == SERVER_READY;
	out->broken = row->state == SERVER_BROKEN;
	/* what is in hand is due within a minute; what was refused, later; nothing, later than that: the clock was set back */
	out->resting = row->due > (out->leaving ? now + CLOCK_MINUTE : now) && row->due <= now + SERVERS_PAUSE;
	out->tries = (int)row->tries;
	out->age = row->state == SERVER_JOINING && now > row->state_since ? now - row->state_since : 0;
	out->deadline = conf_int(w->conf, CONF_LIMITS_JOIN) * 1000;
	if (row->gone)
		out->want = PLAN_GONE;
	else
		out->want = row->bots > 0 && row->awake == 0 ? PLAN_OFF : PLAN_UP;
}

void
servers_case(struct world *w, const struct server *row, const struct post *post, struct plan_case *out)
{
	*out = (struct plan_case){ .fresh = post->known && post->known_at > post->acted_at };
	describe_row(w, row, out);
	describe_parts(w, row, post, out);
	out->record = has_record_due(w, row);
	out->silent = post->silent;
	out->full = clock_boot() < w->servers->full_until;
	for (int p = 0; p < PLAN_PART__MAX; p++)
		out->brake[p] = !servers_may_drop(w, (enum plan_part)p);
}
