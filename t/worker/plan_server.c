/* worker/plan_server: what must hold over all cases, then lives of servers against a cloud that does what it is told. */

#include "worker/plan_server.h"

#include <stddef.h>
#include <string.h>

#include "t/tap.h"

/* Every case of want, volume, address, machine and root; the rest is turned by bits. */
struct walk {
	struct plan_case	c;
	long			n, acts[PLAN_ACT__MAX];
	long			endless, other, longest;	/* what is foretold */
};

enum { AHEAD = 64 };

static int
is_deletable(enum plan_seen seen)
{
	return seen == PLAN_FREE || seen == PLAN_OLD_FREE || seen == PLAN_MISSING || seen == PLAN_LOST;
}

/* NULL, or what is wrong with that answer. */
static const char *
wrong_drop(const struct plan_case *c, const struct plan_step *s)
{
	int going = c->want == PLAN_GONE || c->leaving;

	if (s->act != PLAN_DROP)
		return NULL;
	if (!c->fresh)
		return "deletes on an old look";
	if (c->brake[s->part])
		return "deletes through the brake";
	if (!is_deletable(c->seen[s->part]))
		return "deletes what is held, moving, odd or not known";
	if (!going && (s->part != PLAN_MACHINE || c->seen[PLAN_MACHINE] != PLAN_OLD_FREE) && s->part != PLAN_ROOT)
		return "deletes a part of a wanted server";
	if (!going && s->part == PLAN_ROOT && c->seen[PLAN_ROOT] != PLAN_OLD_FREE)
		return "deletes the root of a wanted machine";
	if (!going && c->want == PLAN_OFF)
		return "deletes what only rests";
	if (!c->leaving && s->act == PLAN_DROP && c->want == PLAN_GONE)
		return "deletes before it says that it leaves";
	return s->part == PLAN_GROUP ? "deletes what is everybody's" : NULL;
}

static const char *
wrong_make(const struct plan_case *c, const struct plan_step *s)
{
	enum plan_seen seen = c->seen[s->part];

	if (s->act != PLAN_MAKE)
		return NULL;
	if (c->full)
		return "makes where there is no room";
	if (c->leaving || c->want != PLAN_UP)
		return "makes what is not wanted";
	if (seen != PLAN_NONE && (seen != PLAN_FOREIGN || s->part == PLAN_VOLUME))
		return "makes a second one";
	if (s->part != PLAN_MACHINE)
		return NULL;
	if (c->seen[PLAN_VOLUME] != PLAN_FREE && c->seen[PLAN_VOLUME] != PLAN_HELD)
		return "makes a machine without its volume";
	if (c->seen[PLAN_ROOT] >= PLAN_OLD_MOVING && c->seen[PLAN_ROOT] <= PLAN_OLD_HELD)
		return "makes a machine over an old root";
	return c->seen[PLAN_GROUP] == PLAN_HELD ? NULL : "makes a machine without a firewall";
}

static const char *
wrong_else(const struct plan_case *c, const struct plan_step *s)
{
	if (s->why == NULL || s->why[0] == '\0')
		return "does not say why";
	if (s->act == PLAN_NEXT)
		return "is no answer";
	if (s->act != PLAN_WAIT && c->seen[PLAN_MACHINE] == PLAN_UNSEEN)
		return "acts without a look";
	if (s->act == PLAN_START && (!c->seeded || c->seen[PLAN_MACHINE] != PLAN_FREE || c->want != PLAN_UP))
		return "starts what is not to run or has no instructions";
	if (s->act == PLAN_RULES && c->seen[PLAN_GROUP] != PLAN_TAKEN)
		return "sets rules of what is not there";
	if (s->act == PLAN_SEED && (c->seeded || c->seen[PLAN_MACHINE] != PLAN_FREE))
		return "instructs what runs";
	if (s->act == PLAN_STOP && c->seen[PLAN_MACHINE] != PLAN_HELD && c->seen[PLAN_MACHINE] != PLAN_OLD_HELD)
		return "stops what does not run";
	if (c->seen[PLAN_VOLUME] == PLAN_LOST && c->want == PLAN_UP && !c->leaving && !c->anew && s->part == PLAN_VOLUME &&
	    s->act != PLAN_BREAK)
		return "goes on without the data";
	if (s->act == PLAN_RENEW && s->part == PLAN_VOLUME && !c->anew)
		return "gives the data up by itself";
	if (s->act == PLAN_RENEW && s->part == PLAN_MACHINE && !c->anew && c->tries > 0 && c->seen[PLAN_MACHINE] != PLAN_LOST)
		return "renews a second time by itself";
	if (s->act == PLAN_FORGET && s->part == PLAN_MACHINE && (!c->leaving || c->seen[PLAN_MACHINE] > PLAN_FOREIGN ||
	    c->seen[PLAN_VOLUME] > PLAN_FOREIGN || c->seen[PLAN_IP] > PLAN_FOREIGN || c->seen[PLAN_ROOT] > PLAN_FOREIGN))
		return "forgets what is still there";
	if (s->act == PLAN_STRIKE && (!c->fresh || c->seen[s->part] != PLAN_AWAY || (s->part == PLAN_VOLUME && !c->leaving)))
		return "strikes off what may be there";
	if (s->act == PLAN_LEAVE && c->bots)
		return "takes down a server with bots";
	return NULL;
}

/* It begins with the plan, and comes to an end. */
static void
check_ahead(struct walk *w, const struct plan_step *s)
{
	struct plan_step	steps[AHEAD];
	int			n = plan_server_ahead(&w->c, steps, AHEAD);

	w->endless += n == AHEAD;
	w->other += n == 0 ? s->act != PLAN_SETTLED : steps[0].act != s->act || steps[0].part != s->part;
	w->longest = n > w->longest ? n : w->longest;
}

static void
check_case(struct walk *w)
{
	struct plan_step	 s = plan_server(&w->c);
	const char		*wrong = wrong_drop(&w->c, &s);

	if (wrong == NULL)
		wrong = wrong_make(&w->c, &s);
	if (wrong == NULL)
		wrong = wrong_else(&w->c, &s);
	if (wrong != NULL && w->acts[PLAN_NEXT]++ < 3)
		diag("want %d, volume %d, ip %d, machine %d, root %d: %s %s (%s): %s", (int)w->c.want,
		    (int)w->c.seen[PLAN_VOLUME], (int)w->c.seen[PLAN_IP], (int)w->c.seen[PLAN_MACHINE],
		    (int)w->c.seen[PLAN_ROOT], plan_act_word(s.act), plan_part_word(s.part), s.why, wrong);
	w->acts[s.act]++;
	w->n++;
	if (w->n % 64 == 0)
		check_ahead(w, &s);
}

/* Each pattern of the twelve flags that comes up by a walk through them: all pairs, and most else. */
static void
set_flags(struct plan_case *c, unsigned bits)
{
	static const enum plan_seen groups[] = { PLAN_HELD, PLAN_NONE, PLAN_TAKEN, PLAN_MOVING };

	c->fresh = (bits & 1) != 0;
	c->leaving = (bits & 6) == 6;
	c->bots = (bits & 8) != 0;
	c->anew = (bits & 0x30) == 0x30;
	c->root_known = (bits & 0x40) != 0;
	c->root_marked = (bits & 0x80) != 0;
	c->seeded = (bits & 0x100) != 0;
	c->ready = (bits & 0x200) != 0;
	c->tries = (bits & 0x400) != 0;
	c->age = (bits & 0x800) != 0 ? 100 : 5;
	c->full = (bits & 0x3000) == 0x3000;
	c->silent = (bits & 0x1000) != 0;
	c->broken = (bits & 0xc000) == 0xc000;
	c->resting = (bits & 0x10000) != 0;
	c->there = 1;
	c->deadline = 100;
	c->record = (bits & 0x20000) != 0;
	for (int p = 0; p < PLAN_PART__MAX; p++)
		c->brake[p] = (bits & 0xc0000) == 0xc0000;
	c->seen[PLAN_GROUP] = groups[bits >> 20 & 3];
	c->seen[PLAN_IP6] = (bits & 0x400000) != 0 ? PLAN_HELD : PLAN_NONE;
}

static void
invariants(void)
{
	struct walk	w = { .n = 0 };
	unsigned	bits = 1;

	for (long i = 0; i < (long)PLAN_WANT__MAX * PLAN_SEEN__MAX * PLAN_SEEN__MAX * PLAN_SEEN__MAX * PLAN_SEEN__MAX; i++) {
		long k = i;

		w.c.want = (enum plan_want)(k % PLAN_WANT__MAX), k /= PLAN_WANT__MAX;
		w.c.seen[PLAN_VOLUME] = (enum plan_seen)(k % PLAN_SEEN__MAX), k /= PLAN_SEEN__MAX;
		w.c.seen[PLAN_IP] = (enum plan_seen)(k % PLAN_SEEN__MAX), k /= PLAN_SEEN__MAX;
		w.c.seen[PLAN_MACHINE] = (enum plan_seen)(k % PLAN_SEEN__MAX), k /= PLAN_SEEN__MAX;
		w.c.seen[PLAN_ROOT] = (enum plan_seen)k;
		for (int f = 0; f < 32; f++) {
			set_flags(&w.c, bits);
			bits = bits * 1664525u + 1013904223u;	/* the same walk each time */
			bits ^= bits >> 13;
			check_case(&w);
		}
	}
	diag("%ld cases", w.n);
	is_int(0, w.acts[PLAN_NEXT], "no case has a wrong answer");
	diag("the longest way has %ld steps", w.longest);
	is_int(0, w.endless, "what is foretold has an end");
	is_int(0, w.other, "and begins with the plan");
	for (int a = 0; a < PLAN_ACT__MAX; a++)
		ok(a == PLAN_NEXT || w.acts[a] > 0, "%s is an answer somewhere: %ld times", plan_act_word((enum plan_act)a), w.acts[a]);
	for (int p = 0; p < PLAN_PART__MAX; p++)
		ok(plan_part_word((enum plan_part)p) != NULL, "part %d has a word", p);
}

/* ---- single rows ---- */

/* A server that is as it should be. */
static struct plan_case
whole(void)
{
	return (struct plan_case){
		.want = PLAN_UP, .fresh = 1, .there = 1, .bots = 1, .root_known = 1, .root_marked = 1, .seeded = 1, .powered = 1,
		.ready = 1, .deadline = 1000,
		.seen = {
			[PLAN_VOLUME] = PLAN_HELD, [PLAN_IP] = PLAN_HELD, [PLAN_IP6] = PLAN_HELD, [PLAN_GROUP] = PLAN_HELD,
			[PLAN_MACHINE] = PLAN_HELD, [PLAN_ROOT] = PLAN_HELD,
		},
	};
}

static void
check_row(const char *what, struct plan_case c, enum plan_act act, enum plan_part part)
{
	struct plan_step s = plan_server(&c);

	ok(s.act == act && s.part == part, "%s: %s %s (%s)", what, plan_act_word(s.act), plan_part_word(s.part), s.why);
}

/* Each row changes one thing of a whole server. */
static void
changes(void)
{
	static const struct {
		const char	*what;
		enum plan_part	 part;
		enum plan_seen	 seen;
		enum plan_act	 act;
		enum plan_part	 about;
	} rows[] = {
		{ "nothing is known", PLAN_MACHINE, PLAN_UNSEEN, PLAN_WAIT, PLAN_MACHINE },
		{ "the machine was not seen once", PLAN_MACHINE, PLAN_MISSING, PLAN_WAIT, PLAN_MACHINE },
		{ "nor twice", PLAN_MACHINE, PLAN_LOST, PLAN_RENEW, PLAN_MACHINE },
		{ "it has stopped by itself", PLAN_MACHINE, PLAN_FREE, PLAN_START, PLAN_MACHINE },
		{ "it is on its way", PLAN_MACHINE, PLAN_MOVING, PLAN_WAIT, PLAN_MACHINE },
		{ "it is locked", PLAN_MACHINE, PLAN_ODD, PLAN_BREAK, PLAN_MACHINE },
		{ "it is an old one", PLAN_MACHINE, PLAN_OLD_HELD, PLAN_STOP, PLAN_MACHINE },
		{ "stopped", PLAN_MACHINE, PLAN_OLD_FREE, PLAN_DROP, PLAN_MACHINE },
		{ "deleted, but not by us", PLAN_MACHINE, PLAN_AWAY, PLAN_STRIKE, PLAN_MACHINE },
		{ "and its root too", PLAN_ROOT, PLAN_AWAY, PLAN_STRIKE, PLAN_ROOT },
		{ "whose root is left", PLAN_ROOT, PLAN_OLD_FREE, PLAN_DROP, PLAN_ROOT },
		{ "and not free yet", PLAN_ROOT, PLAN_OLD_HELD, PLAN_WAIT, PLAN_ROOT },
		{ "the volume was not seen once", PLAN_VOLUME, PLAN_MISSING, PLAN_WAIT, PLAN_VOLUME },
		{ "nor twice", PLAN_VOLUME, PLAN_LOST, PLAN_BREAK, PLAN_VOLUME },
		{ "it is in error", PLAN_VOLUME, PLAN_ODD, PLAN_BREAK, PLAN_VOLUME },
		{ "the machine runs without it", PLAN_VOLUME, PLAN_FREE, PLAN_STOP, PLAN_MACHINE },
		{ "another has it", PLAN_VOLUME, PLAN_TAKEN, PLAN_WAIT, PLAN_VOLUME },
		{ "the address has vanished", PLAN_IP, PLAN_LOST, PLAN_FORGET, PLAN_IP },
		{ "there is none", PLAN_IP, PLAN_NONE, PLAN_MAKE, PLAN_IP },
		{ "one that was in doubt is there", PLAN_IP, PLAN_FOUND, PLAN_ADOPT, PLAN_IP },
		{ "likewise a volume", PLAN_VOLUME, PLAN_FOUND, PLAN_ADOPT, PLAN_VOLUME },
		{ "likewise a machine", PLAN_MACHINE, PLAN_FOUND, PLAN_ADOPT, PLAN_MACHINE },
		{ "the firewall's rules are not known", PLAN_GROUP, PLAN_TAKEN, PLAN_SETTLED, PLAN_MACHINE },
	};
	struct plan_case c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = whole();
		c.seen[rows[i].part] = rows[i].seen;
		check_row(rows[i].what, c, rows[i].act, rows[i].about);
	}
}

/* Nothing is let go of before a look that began after a deletion agrees with it. */
static void
leaves(struct plan_case c)
{
	c.leaving = 1;
	c.seen[PLAN_MACHINE] = c.seen[PLAN_ROOT] = PLAN_NONE;
	c.seen[PLAN_VOLUME] = PLAN_LOST;
	check_row("a part of it is lost", c, PLAN_DROP, PLAN_VOLUME);
	c.fresh = 0;
	check_row("a deletion has not found it", c, PLAN_WAIT, PLAN_VOLUME);
	c.fresh = 1;
	c.seen[PLAN_VOLUME] = PLAN_FREE;
	check_row("and the look after it does", c, PLAN_DROP, PLAN_VOLUME);
	c.seen[PLAN_VOLUME] = PLAN_AWAY;
	check_row("or neither", c, PLAN_STRIKE, PLAN_VOLUME);
	c.seen[PLAN_VOLUME] = PLAN_NONE;
	c.seen[PLAN_IP] = PLAN_FREE;
	check_row("then it is the next one's turn", c, PLAN_DROP, PLAN_IP);
}

static void
stories(void)
{
	struct plan_case c = whole();

	check_row("all is well", c, PLAN_SETTLED, PLAN_MACHINE);
	c.seen[PLAN_MACHINE] = PLAN_FOUND;
	c.seen[PLAN_VOLUME] = c.seen[PLAN_IP] = PLAN_TAKEN;
	check_row("a machine that was in doubt has the rest", c, PLAN_ADOPT, PLAN_MACHINE);
	c = whole();
	c.seen[PLAN_MACHINE] = PLAN_NONE;
	c.seen[PLAN_VOLUME] = c.seen[PLAN_IP] = c.seen[PLAN_IP6] = PLAN_FREE;
	c.seen[PLAN_GROUP] = PLAN_FOUND;
	check_row("a firewall that was in doubt is there", c, PLAN_ADOPT, PLAN_GROUP);
	c = whole();
	c.want = PLAN_OFF;
	check_row("its bots are suspended", c, PLAN_STOP, PLAN_MACHINE);
	c.seen[PLAN_MACHINE] = PLAN_FREE;
	check_row("and it is stopped", c, PLAN_SETTLED, PLAN_MACHINE);
	c = whole();
	c.want = PLAN_GONE;
	check_row("to go, with bots", c, PLAN_BREAK, PLAN_MACHINE);
	c.bots = 0;
	check_row("to go", c, PLAN_LEAVE, PLAN_MACHINE);
	leaves(c);
	c.leaving = c.resting = 1;
	check_row("it may not be deleted", c, PLAN_WAIT, PLAN_MACHINE);
	c.resting = 0;
	check_row("and is tried again", c, PLAN_STOP, PLAN_MACHINE);
	c = whole();
	c.anew = 1;
	check_row("an admin wants a new machine", c, PLAN_RENEW, PLAN_MACHINE);
	c.seen[PLAN_VOLUME] = PLAN_LOST;
	check_row("and gives the data up", c, PLAN_RENEW, PLAN_VOLUME);
	c = whole();
	c.record = 1;
	check_row("a name leads elsewhere", c, PLAN_NAME, PLAN_MACHINE);
}

static void
joins(void)
{
	struct plan_case c = whole();

	c.ready = 0;
	check_row("it has not answered", c, PLAN_GREET, PLAN_MACHINE);
	c.age = 999;
	check_row("nearly in time", c, PLAN_GREET, PLAN_MACHINE);
	c.age = 1000;
	check_row("not in time, but nobody could be asked", c, PLAN_GREET, PLAN_MACHINE);
	c.silent = 1;
	check_row("not in time", c, PLAN_RENEW, PLAN_MACHINE);
	c.tries = 1;
	check_row("not for the second time", c, PLAN_BREAK, PLAN_MACHINE);
	c.broken = c.resting = 1;
	check_row("that is known", c, PLAN_WAIT, PLAN_MACHINE);
	c.resting = 0;
	check_row("and now and then it is greeted", c, PLAN_GREET, PLAN_MACHINE);
}

static void
brake(void)
{
	static const struct {
		int64_t	dropped, there;
		int	may;
	} cases[] = {
		{ 0, 0, 1 }, { 2, 1, 1 }, { 3, 1, 0 }, { 3, 39, 0 }, { 3, 40, 1 }, { 99, 1000, 1 }, { 100, 1000, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(cases[i].may, plan_server_may_drop(cases[i].dropped, cases[i].there), "the brake");
}

/* ---- lives: a cloud that does at once what it is told ---- */

struct life {
	struct plan_case	c;
	int			generation, machines, volumes, drops, starts, answers;	/* answers: does its minion? */
	int			ip_lost;
};

static void
make(struct life *l, enum plan_part part)
{
	l->c.seen[part] = part == PLAN_GROUP ? PLAN_TAKEN : PLAN_FREE;
	l->machines += part == PLAN_MACHINE;
	l->volumes += part == PLAN_VOLUME;
	l->c.there = 1;
	if (part != PLAN_MACHINE)
		return;
	l->c.seen[PLAN_VOLUME] = l->c.seen[PLAN_IP] = l->c.seen[PLAN_IP6] = l->c.seen[PLAN_ROOT] = PLAN_HELD;
	l->c.root_known = 1;
	l->c.root_marked = l->c.seeded = l->c.powered = l->c.ready = 0;
}

static void
drop(struct life *l, enum plan_part part)
{
	l->drops++;
	l->c.seen[part] = PLAN_NONE;
	if (part == PLAN_MACHINE) {
		l->c.seen[PLAN_VOLUME] = l->c.seen[PLAN_IP] = l->c.seen[PLAN_IP6] = PLAN_FREE;
		l->c.seen[PLAN_ROOT] = PLAN_OLD_FREE;
	}
	if (part == PLAN_ROOT)
		l->c.root_known = l->c.root_marked = 0;
}

static void
renew(struct life *l, enum plan_part part)
{
	l->generation++;
	l->c.tries += !l->c.anew && l->c.seen[PLAN_MACHINE] != PLAN_LOST;
	l->c.anew = l->c.ready = l->c.broken = 0;
	l->c.age = 0;
	if (part == PLAN_VOLUME)
		l->c.seen[PLAN_VOLUME] = PLAN_NONE;
	if (l->c.seen[PLAN_MACHINE] == PLAN_LOST) {
		drop(l, PLAN_MACHINE);
		l->drops--;
	} else if (l->c.seen[PLAN_MACHINE] == PLAN_HELD || l->c.seen[PLAN_MACHINE] == PLAN_FREE) {
		l->c.seen[PLAN_MACHINE] = l->c.seen[PLAN_MACHINE] == PLAN_HELD ? PLAN_OLD_HELD : PLAN_OLD_FREE;
	}
}

/* 0: nothing more is to be done. */
static int
live_once(struct life *l)
{
	struct plan_step	 s = plan_server(&l->c);
	enum plan_seen		*machine = &l->c.seen[PLAN_MACHINE];

	switch (s.act) {
	case PLAN_MAKE:	make(l, s.part); break;
	case PLAN_RULES: l->c.seen[PLAN_GROUP] = PLAN_HELD; break;
	case PLAN_MARK:	l->c.root_marked = 1; break;
	case PLAN_SEED:	l->c.seeded = 1; break;
	case PLAN_START: *machine = PLAN_HELD; l->c.powered = 1; l->c.age = 0; l->starts++; break;
	case PLAN_GREET: l->c.ready = l->answers; l->c.silent = !l->answers; l->c.broken &= !l->answers; l->c.age += 500; break;
	case PLAN_NAME:	l->c.record = 0; break;
	case PLAN_STOP:	*machine = *machine == PLAN_HELD ? PLAN_FREE : PLAN_OLD_FREE; l->c.ready = 0; break;
	case PLAN_ATTACH: l->c.seen[s.part] = PLAN_HELD; break;
	case PLAN_DROP:	case PLAN_STRIKE: drop(l, s.part); break;
	case PLAN_RENEW: renew(l, s.part); break;
	case PLAN_LEAVE: l->c.leaving = 1; break;
	case PLAN_FORGET:
		l->c.seen[s.part] = PLAN_NONE;
		if (s.part == PLAN_MACHINE)
			l->c.leaving = l->c.there = 0;
		break;
	default:
		return 0;
	}
	return 1;
}

static void
live(struct life *l, enum plan_act end, const char *what)
{
	int n = 0;

	while (n < 60 && live_once(l))
		n++;
	ok(n < 60 && plan_server(&l->c).act == end, "%s, in %d acts", what, n);
}

/* What is foretold is what happens to a cloud that does what it is told. */
static void
foretold(const struct life *now, int least, const char *what)
{
	struct life		l = *now;
	struct plan_step	steps[AHEAD], s;
	int			n = plan_server_ahead(&l.c, steps, AHEAD), wrong = 0, i;

	for (i = 0; (s = plan_server(&l.c)).act != PLAN_SETTLED && wrong == 0 && i < AHEAD; i++) {
		wrong = i >= n || s.act != steps[i].act || s.part != steps[i].part;
		if (wrong)
			diag("%d of %d: %s %s comes, %s is foretold", i, n, plan_act_word(s.act), plan_part_word(s.part),
			    i >= n ? "nothing" : plan_act_word(steps[i].act));
		if (!live_once(&l) || (s.act == PLAN_FORGET && s.part == PLAN_MACHINE))
			break;
	}
	ok(wrong == 0 && n >= least, "%s: foretold, in %d steps", what, n);
}

static void
foretells(void)
{
	struct life l = { .c = { .want = PLAN_UP, .fresh = 1, .bots = 1, .deadline = 1000 }, .generation = 1, .answers = 1 };

	for (int p = 0; p < PLAN_PART__MAX; p++)
		l.c.seen[p] = PLAN_NONE;
	foretold(&l, 8, "a new one");
	live(&l, PLAN_SETTLED, "it is made");
	foretold(&l, 0, "nothing");
	l.c.anew = 1;
	foretold(&l, 8, "a new machine");
	l.c.anew = 0;
	l.c.seen[PLAN_MACHINE] = PLAN_LOST;
	foretold(&l, 5, "one for a lost one");
	l.c.seen[PLAN_MACHINE] = PLAN_HELD;
	l.c.want = PLAN_OFF;
	foretold(&l, 1, "a rest");
	l.c.want = PLAN_GONE;
	l.c.bots = 0;
	foretold(&l, 7, "the end");
}

static void
lives(void)
{
	struct life l = { .c = { .want = PLAN_UP, .fresh = 1, .bots = 1, .deadline = 1000, .age = 0 }, .generation = 1 };

	for (int p = 0; p < PLAN_PART__MAX; p++)
		l.c.seen[p] = PLAN_NONE;
	l.answers = 1;
	live(&l, PLAN_SETTLED, "from nothing to ready");
	ok(l.machines == 1 && l.volumes == 1 && l.starts == 1 && l.drops == 0 && l.c.root_marked, "one machine, one volume");
	l.c.want = PLAN_OFF;
	live(&l, PLAN_SETTLED, "suspended");
	is_int(PLAN_FREE, l.c.seen[PLAN_MACHINE], "it is stopped");
	l.c.want = PLAN_UP;
	live(&l, PLAN_SETTLED, "resumed");
	ok(l.starts == 2 && l.machines == 1 && l.c.ready, "the same machine runs again");
	l.c.seen[PLAN_IP] = PLAN_FREE;
	live(&l, PLAN_SETTLED, "its address was taken from it");
	is_int(PLAN_HELD, l.c.seen[PLAN_IP], "and is given back");
	l.c.seen[PLAN_MACHINE] = PLAN_LOST;
	live(&l, PLAN_SETTLED, "its machine vanishes");
	ok(l.generation == 2 && l.machines == 2 && l.volumes == 1 && l.drops == 1, "the next has the same volume; the old root is gone");
	l.c.anew = 1;
	live(&l, PLAN_SETTLED, "an admin wants a new one");
	ok(l.generation == 3 && l.machines == 3 && l.volumes == 1, "the same volume");
	l.answers = l.c.ready = 0;
	live(&l, PLAN_BREAK, "one that never answers");
	ok(l.generation == 4 && l.machines == 4 && l.volumes == 1 && l.c.tries == 1, "is made anew once");
	l.c.broken = 1;
	l.answers = 1;
	live(&l, PLAN_SETTLED, "one that answers late is as good");
	l.c.want = PLAN_GONE;
	l.c.bots = 0;
	live(&l, PLAN_SETTLED, "all goes");
	ok(l.c.seen[PLAN_VOLUME] == PLAN_NONE && l.c.seen[PLAN_IP] == PLAN_NONE && l.c.seen[PLAN_ROOT] == PLAN_NONE &&
	    l.c.seen[PLAN_GROUP] == PLAN_HELD, "but for everybody's firewall");
	l.c.want = PLAN_UP;
	l.c.bots = 1;
	live(&l, PLAN_SETTLED, "and comes again");
	l.c.leaving = 1;
	live(&l, PLAN_SETTLED, "wanted again while it goes: it goes, and comes");
	is_int(3, l.volumes, "with a volume of its own");
}

int
main(void)
{
	is_int(0, PLAN_WAIT, "the act of an empty entry is to wait");
	is_int(0, PLAN_UNSEEN, "and what is not known is not seen");
	invariants();
	changes();
	stories();
	joins();
	brake();
	lives();
	foretells();
	return tap_end();
}
