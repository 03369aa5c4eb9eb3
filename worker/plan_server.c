/* What to do about a server: the whole policy, as tables.  Parts are gone through in an order; the first that is not well decides. */

#include "worker/plan_server.h"

#include <stddef.h>

struct cell {
	enum plan_act	 act;
	const char	*why;		/* NULL: what waits says of what was seen */
};

#define FINE	{ PLAN_NEXT, NULL }

static const char *const waits[PLAN_SEEN__MAX] = {
	[PLAN_UNSEEN] = "a look has to come first",
	[PLAN_NONE] = "there is none",
	[PLAN_DOUBT] = "it is not known yet whether it was made",
	[PLAN_FOUND] = "it was made, as a look has found",
	[PLAN_FOREIGN] = "there is one that was not made from here",
	[PLAN_MISSING] = "the last look did not find it",
	[PLAN_LOST] = "it is gone",
	[PLAN_AWAY] = "neither a deletion nor a look has found it",
	[PLAN_MOVING] = "it is on its way",
	[PLAN_FREE] = "it is free",
	[PLAN_HELD] = "it is still in use",
	[PLAN_TAKEN] = "another machine has it",
	[PLAN_OLD_MOVING] = "the old one is on its way",
	[PLAN_OLD_FREE] = "the old one is free",
	[PLAN_OLD_HELD] = "the old one is still in use",
	[PLAN_ODD] = "it is locked or broken",
};

/* ---- wanted up: first what an earlier machine has left, then part by part ---- */

static const struct cell up_old_machine[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = FINE, [PLAN_DOUBT] = FINE, [PLAN_FOREIGN] = FINE,
	[PLAN_MOVING] = FINE, [PLAN_FREE] = FINE, [PLAN_HELD] = FINE,
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },	/* first of all: volume and addresses are held by it */
	[PLAN_LOST] = { PLAN_RENEW, "its machine has vanished" },
	[PLAN_AWAY] = { PLAN_STRIKE, NULL },
	[PLAN_OLD_HELD] = { PLAN_STOP, "a new one takes its place" },
	[PLAN_OLD_FREE] = { PLAN_DROP, "a new one takes its place" },
	[PLAN_ODD] = { PLAN_BREAK, "its machine is locked or broken" },
};

static const struct cell up_old_root[PLAN_SEEN__MAX] = {
	[PLAN_UNSEEN] = FINE, [PLAN_NONE] = FINE, [PLAN_MISSING] = FINE, [PLAN_LOST] = FINE, [PLAN_MOVING] = FINE,
	[PLAN_FREE] = FINE, [PLAN_HELD] = FINE, [PLAN_TAKEN] = FINE, [PLAN_ODD] = FINE,
	[PLAN_AWAY] = { PLAN_STRIKE, NULL },
	[PLAN_OLD_FREE] = { PLAN_DROP, "its machine is gone" },
};

static const struct cell up_volume[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = { PLAN_MAKE, "it has none yet" },
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },
	[PLAN_FOREIGN] = { PLAN_BREAK, "there is a data volume of its that was not made from here" },
	[PLAN_LOST] = { PLAN_BREAK, "its data volume is gone" },	/* never made anew silently: the data would be lost */
	[PLAN_FREE] = FINE, [PLAN_HELD] = FINE,
	[PLAN_ODD] = { PLAN_BREAK, "its data volume is locked or broken" },
};

static const struct cell up_ip[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = { PLAN_MAKE, "it has none yet" },
	[PLAN_FOREIGN] = { PLAN_MAKE, "it has none that was made from here" },
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },
	[PLAN_LOST] = { PLAN_FORGET, "it has vanished" },
	[PLAN_FREE] = FINE, [PLAN_HELD] = FINE,
	[PLAN_ODD] = { PLAN_BREAK, "its address is locked or broken" },
};

static const struct cell up_group[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = { PLAN_MAKE, "there is none yet" },
	[PLAN_FOREIGN] = { PLAN_MAKE, "there is none that was made from here" },
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },
	[PLAN_TAKEN] = { PLAN_RULES, "it lets in what bots need, and nothing else" },
	[PLAN_HELD] = FINE,
	[PLAN_ODD] = { PLAN_BREAK, "the firewall is locked or broken" },
};

static const struct cell up_machine[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = { PLAN_MAKE, "it has none" },
	[PLAN_FOREIGN] = { PLAN_MAKE, "it has none that was made from here" },
	[PLAN_FREE] = FINE, [PLAN_HELD] = FINE,
};

/* ---- its bots are all suspended ---- */

static const struct cell off_machine[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = FINE, [PLAN_FOREIGN] = FINE, [PLAN_LOST] = FINE, [PLAN_AWAY] = FINE, [PLAN_FREE] = FINE,
	[PLAN_OLD_FREE] = FINE,
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },
	[PLAN_HELD] = { PLAN_STOP, "all its bots are suspended" },
	[PLAN_OLD_HELD] = { PLAN_STOP, "all its bots are suspended" },
	[PLAN_ODD] = { PLAN_BREAK, "its machine is locked or broken" },
};

/* ---- wanted gone.  What is not found is dropped all the same: it is gone when a deletion says so, and a look after it, too ---- */

static const struct cell gone_machine[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = FINE, [PLAN_FOREIGN] = FINE,
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },
	[PLAN_HELD] = { PLAN_STOP, "its last bot is gone" },
	[PLAN_OLD_HELD] = { PLAN_STOP, "its last bot is gone" },
	[PLAN_FREE] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_OLD_FREE] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_MISSING] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_LOST] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_AWAY] = { PLAN_STRIKE, NULL },
	[PLAN_ODD] = { PLAN_BREAK, "its machine is to go, and is locked or broken" },
};

static const struct cell gone_rest[PLAN_SEEN__MAX] = {
	[PLAN_NONE] = FINE, [PLAN_FOREIGN] = FINE,
	[PLAN_FOUND] = { PLAN_ADOPT, NULL },
	[PLAN_FREE] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_OLD_FREE] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_MISSING] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_LOST] = { PLAN_DROP, "its last bot is gone" },
	[PLAN_AWAY] = { PLAN_STRIKE, NULL },
	[PLAN_ODD] = { PLAN_BREAK, "it is to go, and is locked or broken" },
};

/* ---- the orders ---- */

struct pass {
	enum plan_part		 part;
	const struct cell	*cells;
};

enum { PASSES_MAX = 8 };

static const struct pass up[PASSES_MAX] = {
	{ PLAN_MACHINE, up_old_machine }, { PLAN_ROOT, up_old_root }, { PLAN_VOLUME, up_volume }, { PLAN_IP, up_ip },
	{ PLAN_IP6, up_ip }, { PLAN_GROUP, up_group }, { PLAN_MACHINE, up_machine },
};

static const struct pass off[PASSES_MAX] = {
	{ PLAN_MACHINE, off_machine },
};

static const struct pass gone[PASSES_MAX] = {
	{ PLAN_MACHINE, gone_machine }, { PLAN_ROOT, gone_rest }, { PLAN_VOLUME, gone_rest }, { PLAN_IP, gone_rest },
	{ PLAN_IP6, gone_rest },
};

static struct plan_step
step(enum plan_act act, enum plan_part part, const char *why)
{
	return (struct plan_step){ .act = act, .part = part, .why = why };
}

/* PLAN_NEXT: all of them are well. */
static struct plan_step
go_through(const struct plan_case *c, const struct pass passes[PASSES_MAX])
{
	for (int i = 0; i < PASSES_MAX && passes[i].cells != NULL; i++) {
		enum plan_part		 part = passes[i].part;
		enum plan_seen		 seen = c->seen[part];
		const struct cell	*cell = &passes[i].cells[seen];

		if (part == PLAN_GROUP && c->seen[PLAN_MACHINE] != PLAN_NONE && c->seen[PLAN_MACHINE] != PLAN_FOREIGN)
			continue;	/* what the machine was made with stays */
		if (cell->act != PLAN_NEXT)
			return step(cell->act, part, cell->why == NULL ? waits[seen] : cell->why);
	}
	return step(PLAN_NEXT, PLAN_MACHINE, "");
}

/* ---- a machine that is there ---- */

static struct plan_step
stopped(const struct plan_case *c)
{
	if (c->seen[PLAN_VOLUME] == PLAN_FREE)
		return step(PLAN_ATTACH, PLAN_VOLUME, "its machine does not have it");
	if (c->seen[PLAN_IP] == PLAN_FREE)
		return step(PLAN_ATTACH, PLAN_IP, "its machine does not have it");
	if (c->seen[PLAN_IP6] == PLAN_FREE)
		return step(PLAN_ATTACH, PLAN_IP6, "its machine does not have it");
	if (!c->root_known)
		return step(PLAN_WAIT, PLAN_ROOT, "a look has to tell which it is");
	if (!c->root_marked)
		return step(PLAN_MARK, PLAN_ROOT, "nothing else says whose it is");
	if (!c->seeded)
		return step(PLAN_SEED, PLAN_MACHINE, "it has no instructions for its first boot");
	return step(PLAN_START, PLAN_MACHINE, c->powered ? "it is stopped" : "it is ready for its first boot");
}

static struct plan_step
joining(const struct plan_case *c)
{
	if (c->broken || c->age < c->deadline || !c->silent)
		return step(PLAN_GREET, PLAN_MACHINE, "it has not answered yet");
	if (c->tries == 0)
		return step(PLAN_RENEW, PLAN_MACHINE, "it did not answer in time");
	return step(PLAN_BREAK, PLAN_MACHINE, "its machine did not answer in time, and the one before it neither");
}

static struct plan_step
running(const struct plan_case *c)
{
	if (c->seen[PLAN_VOLUME] == PLAN_FREE)
		return step(PLAN_STOP, PLAN_MACHINE, "its data volume is to be given to it");
	if (c->seen[PLAN_IP] == PLAN_FREE)
		return step(PLAN_STOP, PLAN_MACHINE, "its address is to be given to it");
	if (c->root_known && !c->root_marked)
		return step(PLAN_MARK, PLAN_ROOT, "nothing else says whose it is");
	if (!c->ready)
		return joining(c);
	if (c->record)
		return step(PLAN_NAME, PLAN_MACHINE, "a bot's name does not lead to it");
	return step(PLAN_SETTLED, PLAN_MACHINE, "as it should be");
}

/* ---- what is wanted ---- */

/* A lost volume is made anew only when a person has said so. */
static struct plan_step
anew(const struct plan_case *c)
{
	if (c->seen[PLAN_VOLUME] == PLAN_UNSEEN || c->seen[PLAN_VOLUME] == PLAN_MISSING)
		return step(PLAN_WAIT, PLAN_VOLUME, waits[c->seen[PLAN_VOLUME]]);
	if (c->seen[PLAN_VOLUME] == PLAN_LOST)
		return step(PLAN_RENEW, PLAN_VOLUME, "it is gone, and an admin wants to begin with an empty one");
	return step(PLAN_RENEW, PLAN_MACHINE, "an admin wants a new one");
}

static struct plan_step
wanted_up(const struct plan_case *c)
{
	struct plan_step s;

	if (c->anew)
		return anew(c);
	s = go_through(c, up);
	if (s.act != PLAN_NEXT)
		return s;
	return c->seen[PLAN_MACHINE] == PLAN_HELD ? running(c) : stopped(c);
}

static struct plan_step
wanted_off(const struct plan_case *c)
{
	struct plan_step s = go_through(c, off);

	return s.act != PLAN_NEXT ? s : step(PLAN_SETTLED, PLAN_MACHINE, "all its bots are suspended");
}

static struct plan_step
wanted_gone(const struct plan_case *c)
{
	struct plan_step s;

	if (!c->leaving && c->bots)
		return step(PLAN_BREAK, PLAN_MACHINE, "it is to go, and still has bots");
	if (!c->leaving && !c->there)
		return step(PLAN_SETTLED, PLAN_MACHINE, "it has no bots");
	if (!c->leaving)
		return step(PLAN_LEAVE, PLAN_MACHINE, "its last bot is gone");
	s = go_through(c, gone);
	return s.act != PLAN_NEXT ? s : step(PLAN_FORGET, PLAN_MACHINE, "nothing of it is left");
}

static struct plan_step
patience(enum plan_part part, const char *why)
{
	return (struct plan_step){ .act = PLAN_WAIT, .part = part, .why = why, .patient = 1 };
}

static struct plan_step
braked(enum plan_part part)
{
	return (struct plan_step){ .act = PLAN_WAIT, .part = part, .patient = 1, .braked = 1,
		.why = "is not deleted, too many were within 24 hours: `baas brake`" };
}

/* The act, or what holds it back though it is otherwise right. */
static struct plan_step
hold_back(const struct plan_case *c, struct plan_step s)
{
	int needs_look = s.act == PLAN_DROP || s.act == PLAN_STRIKE || s.act == PLAN_STOP || s.act == PLAN_ATTACH;

	if (needs_look && !c->fresh)
		return step(PLAN_WAIT, s.part, waits[PLAN_UNSEEN]);
	if (s.act == PLAN_DROP && c->brake[s.part])
		return braked(s.part);
	if (s.act == PLAN_MAKE && c->full)
		return patience(s.part, "the place has no room for more right now");
	return s;
}

struct plan_step
plan_server(const struct plan_case *c)
{
	static struct plan_step (*const wants[PLAN_WANT__MAX])(const struct plan_case *) = {
		[PLAN_UP] = wanted_up, [PLAN_OFF] = wanted_off, [PLAN_GONE] = wanted_gone,
	};

	if (c->seen[PLAN_MACHINE] == PLAN_UNSEEN)
		return step(PLAN_WAIT, PLAN_MACHINE, waits[PLAN_UNSEEN]);
	if (c->resting && !c->anew && (c->broken || c->leaving))
		return patience(PLAN_MACHINE, c->broken ? "it is broken, and is tried again later" : "what was refused is tried again later");
	return hold_back(c, wants[c->leaving ? PLAN_GONE : c->want](c));
}

/* ---- what it leads to ---- */

/* Volume and addresses, with the machine or without. */
static void
hand_over(struct plan_case *c, enum plan_seen from, enum plan_seen to)
{
	static const enum plan_part parts[] = { PLAN_VOLUME, PLAN_IP, PLAN_IP6 };

	for (int i = 0; i < (int)(sizeof(parts) / sizeof(parts[0])); i++)
		if (c->seen[parts[i]] == from)
			c->seen[parts[i]] = to;
}

static void
made(struct plan_case *c, enum plan_part part)
{
	c->seen[part] = part == PLAN_GROUP ? PLAN_TAKEN : PLAN_FREE;
	if (part != PLAN_MACHINE)
		return;
	hand_over(c, PLAN_FREE, PLAN_HELD);
	c->seen[PLAN_ROOT] = PLAN_HELD;
	c->root_known = 1;
	c->root_marked = c->seeded = c->powered = c->ready = 0;
}

static void
dropped(struct plan_case *c, enum plan_part part)
{
	c->seen[part] = PLAN_NONE;
	if (part == PLAN_ROOT)
		c->root_known = c->root_marked = 0;
	if (part != PLAN_MACHINE)
		return;
	hand_over(c, PLAN_HELD, PLAN_FREE);
	if (c->seen[PLAN_ROOT] != PLAN_NONE)
		c->seen[PLAN_ROOT] = PLAN_OLD_FREE;
}

static void
renewed(struct plan_case *c, enum plan_part part)
{
	c->anew = c->broken = c->seeded = c->ready = 0;
	c->age = 0;
	c->tries++;
	if (part == PLAN_VOLUME)
		c->seen[PLAN_VOLUME] = PLAN_NONE;
	if (c->seen[PLAN_MACHINE] == PLAN_HELD || c->seen[PLAN_MACHINE] == PLAN_FREE)
		c->seen[PLAN_MACHINE] = c->seen[PLAN_MACHINE] == PLAN_HELD ? PLAN_OLD_HELD : PLAN_OLD_FREE;
	else if (c->seen[PLAN_MACHINE] == PLAN_LOST)
		dropped(c, PLAN_MACHINE);
}

static void
done(struct plan_case *c, const struct plan_step *s)
{
	if (s->act == PLAN_STOP)
		c->seen[PLAN_MACHINE] = c->seen[PLAN_MACHINE] == PLAN_HELD ? PLAN_FREE : PLAN_OLD_FREE;
	else if (s->act == PLAN_START)
		c->seen[PLAN_MACHINE] = PLAN_HELD;
	else if (s->act == PLAN_FORGET)
		c->seen[s->part] = PLAN_NONE;
	else if (s->act == PLAN_RULES || s->act == PLAN_ATTACH)
		c->seen[s->part] = PLAN_HELD;
	if (s->act == PLAN_STOP || s->act == PLAN_START)
		c->ready = 0, c->age = 0;
	if (s->act == PLAN_GREET)
		c->ready = 1, c->broken = 0;
	c->root_marked |= s->act == PLAN_MARK;
	c->seeded |= s->act == PLAN_SEED;
	c->powered |= s->act == PLAN_START;
	c->record &= s->act != PLAN_NAME;
	c->leaving |= s->act == PLAN_LEAVE;
}

int
plan_server_ahead(const struct plan_case *c, struct plan_step *steps, int max)
{
	struct plan_case	now = *c;
	int			n;

	for (n = 0; n < max; n++) {
		struct plan_step s = plan_server(&now);

		if (s.act == PLAN_SETTLED)
			break;
		steps[n] = s;
		if (s.act == PLAN_WAIT || s.act == PLAN_BREAK || (s.act == PLAN_FORGET && s.part == PLAN_MACHINE))
			return n + 1;
		if (s.act == PLAN_MAKE || s.act == PLAN_ADOPT)
			made(&now, s.part);
		else if (s.act == PLAN_DROP || s.act == PLAN_STRIKE)
			dropped(&now, s.part);
		else if (s.act == PLAN_RENEW)
			renewed(&now, s.part);
		else
			done(&now, &s);
		now.fresh = 1;
	}
	return n;
}

/* ---- words ---- */

const char *
plan_act_word(enum plan_act act)
{
	static const char *const words[PLAN_ACT__MAX] = {
		[PLAN_WAIT] = "wait", [PLAN_NEXT] = "next", [PLAN_SETTLED] = "leave", [PLAN_MAKE] = "make",
		[PLAN_ADOPT] = "adopt", [PLAN_RULES] = "set rules of", [PLAN_ATTACH] = "attach", [PLAN_MARK] = "mark",
		[PLAN_SEED] = "instruct", [PLAN_START] = "start", [PLAN_GREET] = "greet", [PLAN_NAME] = "name",
		[PLAN_STOP] = "stop", [PLAN_DROP] = "delete", [PLAN_RENEW] = "renew", [PLAN_LEAVE] = "take down",
		[PLAN_STRIKE] = "strike off",
		[PLAN_FORGET] = "forget", [PLAN_BREAK] = "report",
	};

	return words[act];
}

const char *
plan_part_word(enum plan_part part)
{
	static const char *const words[PLAN_PART__MAX] = {
		[PLAN_VOLUME] = "data volume", [PLAN_IP] = "address", [PLAN_IP6] = "IPv6 address", [PLAN_GROUP] = "firewall",
		[PLAN_MACHINE] = "machine", [PLAN_ROOT] = "root volume",
	};

	return words[part];
}

int
plan_server_may_drop(int64_t dropped, int64_t there)
{
	return dropped < 3 || dropped < there / 10;
}
