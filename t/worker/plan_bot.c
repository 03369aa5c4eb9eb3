/* worker/plan_bot: what must hold over all cases, then the cases that have a story. */

#include "worker/plan_bot.h"

#include <stddef.h>

#include "t/tap.h"

/* How many of the sights make that act out of that want. */
static int
count(enum bot_want want, enum bot_act act)
{
	int n = 0;

	for (int s = 0; s < BOT_SIGHT__MAX; s++)
		n += plan_bot(want, (enum bot_sight)s) == act;
	return n;
}

static void
invariants(void)
{
	int unseen = 0, alive = 0;

	is_int(0, BOT_WAIT, "the act of an empty entry is to wait");
	for (int w = 0; w < BOT_WANT__MAX; w++)
		unseen += plan_bot((enum bot_want)w, BOT_UNSEEN) != BOT_WAIT;
	is_int(0, unseen, "a failed look does nothing, whatever is wanted");
	is_int(0, count(BOT_RUN, BOT_ERASE), "a wanted bot is never erased, whatever is seen");
	is_int(0, count(BOT_REST, BOT_ERASE), "nor one that rests, in the bin or not");
	is_int(0, count(BOT_REST, BOT_START) + count(BOT_GONE, BOT_START), "only a wanted bot is started");
	is_int(1, count(BOT_RUN, BOT_START), "and only in one case");
	is_int(1, count(BOT_GONE, BOT_ERASE), "likewise erased");
	for (int s = 0; s < BOT_SIGHT__MAX; s++)
		alive += s != BOT_ABSENT && (plan_bot(BOT_GONE, (enum bot_sight)s) == BOT_ERASE ||
		    plan_bot(BOT_RUN, (enum bot_sight)s) == BOT_START);
	is_int(0, alive, "what runs, or may, is neither erased nor started");
	is_int(BOT_WAIT, plan_bot(BOT_RUN, BOT_RUNNING), "what is as wanted is left alone");
	is_int(BOT_WAIT, plan_bot(BOT_REST, BOT_ABSENT), "also when it rests");
	for (int a = 0; a < BOT_ACT__MAX; a++)
		ok(plan_bot_word((enum bot_act)a) != NULL, "act %d has a word", a);
}

static void
stories(void)
{
	is_int(BOT_START, plan_bot(BOT_RUN, BOT_ABSENT), "wanted, not there: start");
	is_int(BOT_STOP, plan_bot(BOT_RUN, BOT_STALE), "wanted otherwise: stop first");
	is_int(BOT_KILL, plan_bot(BOT_RUN, BOT_SICK), "sick: end it");
	is_int(BOT_STOP, plan_bot(BOT_REST, BOT_RUNNING), "not wanted: stop");
	is_int(BOT_STOP, plan_bot(BOT_GONE, BOT_RUNNING), "gone, but it runs: stop first");
	is_int(BOT_ERASE, plan_bot(BOT_GONE, BOT_ABSENT), "gone and stopped: erase");
}

static const struct {
	const char	*name;
	struct bot_case	 look;
	int		 failed, well;
	int64_t		 next;
} cases[] = {
	{ "proven", { .running = 1, .answered = 1, .proven = 1, .age = 5000 }, 0, 0, BOT_LOOK_RUNNING },
	{ "proven, just not old", { .running = 1, .answered = 1, .proven = 1, .age = BOT_WELL - 1 }, 0, 0, BOT_LOOK_RUNNING },
	{ "proven and old", { .running = 1, .answered = 1, .proven = 1, .age = BOT_WELL }, 0, 1, BOT_LOOK_RUNNING },
	{ "just started", { .running = 1, .age = 0 }, 0, 0, BOT_LOOK_STARTING },
	{ "slow to start", { .running = 1, .age = BOT_LOOK_RUNNING }, 0, 0, 1000 },
	{ "silent in its grace", { .running = 1, .age = BOT_GRACE - 1 }, 0, 0, 1000 },
	{ "silent beyond it", { .running = 1, .age = BOT_GRACE }, 1, 0, BOT_LOOK_FAILED },
	{ "silent, was proven before", { .running = 1, .once = 1, .age = 2000 }, 1, 0, BOT_LOOK_FAILED },
	{ "answers, port closed", { .running = 1, .answered = 1, .age = BOT_WELL }, 1, 0, BOT_LOOK_FAILED },
	{ "indexing for long", { .running = 1, .answered = 1, .indexing = 1, .age = BOT_WELL }, 0, 0, 1000 },
	{ "silent, but it was told to stop", { .running = 1, .told = 1, .age = BOT_WELL }, 0, 0, BOT_LOOK_FAILED },
	{ "died", { .ended = 1 }, 1, 0, BOT_LOOK_RESTING },
	{ "stopped when told", { .ended = 1, .told = 1 }, 0, 0, BOT_LOOK_RESTING },
	{ "resting", { .told = 0 }, 0, 0, BOT_LOOK_RESTING },
	{ "runs again, but died in between", { .running = 1, .answered = 1, .proven = 1, .died = 1, .age = 2000 }, 1, 0,
	  BOT_LOOK_RUNNING },
	{ "died in between, when told", { .running = 1, .died = 1, .told = 1, .age = 2000 }, 0, 0, BOT_LOOK_STARTING },
	{ "died in between, long ago", { .running = 1, .answered = 1, .proven = 1, .died = 1, .age = BOT_WELL }, 1, 1,
	  BOT_LOOK_RUNNING },
	{ "far, proven", { .far = 1, .running = 1, .answered = 1, .proven = 1, .age = 5000 }, 0, 0, BOT_LOOK_FAR },
	{ "far, just started", { .far = 1, .running = 1, .age = 0 }, 0, 0, BOT_LOOK_FAR_SOON },
	{ "far, silent in its grace", { .far = 1, .running = 1, .age = BOT_GRACE - 1 }, 0, 0, BOT_LOOK_FAR_SOON },
	{ "far, silent beyond it", { .far = 1, .running = 1, .age = BOT_GRACE }, 1, 0, BOT_LOOK_FAR_LATER },
	{ "far, silent, was proven before", { .far = 1, .running = 1, .once = 1, .age = 2000 }, 1, 0, BOT_LOOK_FAR_LATER },
	{ "far, indexing for long", { .far = 1, .running = 1, .answered = 1, .indexing = 1, .age = BOT_WELL }, 0, 0,
	  BOT_LOOK_FAR_LATER },
	{ "far, resting", { .far = 1 }, 0, 0, BOT_LOOK_FAR },
	{ "far, ended by itself", { .far = 1, .ended = 1 }, 1, 0, BOT_LOOK_FAR },
	{ "far, not there yet, being made", { .far = 1, .pending = 1 }, 0, 0, BOT_LOOK_FAR_LATER },
	{ "far, proven, but a wish is under way", { .far = 1, .pending = 1, .running = 1, .answered = 1, .proven = 1,
	  .age = 5000 }, 0, 0, BOT_LOOK_FAR_LATER },
};

static void
looks(void)
{
	for (int i = 0; i < (int)(sizeof(cases) / sizeof(cases[0])); i++) {
		is_int(cases[i].failed, plan_bot_failed(&cases[i].look), cases[i].name);
		is_int(cases[i].well, plan_bot_well(&cases[i].look), "  is it well");
		is_int(cases[i].next, plan_bot_next(&cases[i].look), "  when next");
	}
}

static void
delays(void)
{
	static const int64_t want[] = { 0, 0, 0, 0, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000 };

	for (int i = 0; i < (int)(sizeof(want) / sizeof(want[0])); i++)
		is_int(want[i], plan_bot_delay(i), "delay");
	is_int(BOT_DELAY_MAX, plan_bot_delay(INT64_MAX), "any number of failures has a delay");
}

static void
brake(void)
{
	ok(plan_bot_may_erase(2, 1), "three may go in any case");
	ok(!plan_bot_may_erase(3, 1), "the fourth of few may not");
	ok(!plan_bot_may_erase(3, 39), "nor of 39");
	ok(plan_bot_may_erase(3, 40), "of 40 it may");
	ok(!plan_bot_may_erase(4, 40), "and the fifth not");
}

int
main(void)
{
	invariants();
	stories();
	looks();
	delays();
	brake();
	return tap_end();
}
