/* What to do about a bot: the whole policy, as a table. */

#include "worker/plan_bot.h"

static const enum bot_act table[BOT_WANT__MAX][BOT_SIGHT__MAX] = {
	[BOT_RUN] = {
		[BOT_ABSENT] = BOT_START,
		[BOT_STALE] = BOT_STOP,		/* and started again when it is absent */
		[BOT_SICK] = BOT_KILL,		/* likewise */
	},
	[BOT_REST] = {
		[BOT_RUNNING] = BOT_STOP,
		[BOT_STALE] = BOT_STOP,
		[BOT_SICK] = BOT_KILL,
	},
	[BOT_GONE] = {
		[BOT_ABSENT] = BOT_ERASE,
		[BOT_RUNNING] = BOT_STOP,
		[BOT_STALE] = BOT_STOP,
		[BOT_SICK] = BOT_KILL,
	},
};

enum bot_act
plan_bot(enum bot_want want, enum bot_sight sight)
{
	return table[want][sight];
}

const char *
plan_bot_word(enum bot_act act)
{
	static const char *const words[BOT_ACT__MAX] = {
		[BOT_WAIT] = "wait", [BOT_START] = "start", [BOT_STOP] = "stop", [BOT_KILL] = "kill",
		[BOT_ERASE] = "erase",
	};

	return words[act];
}

int
plan_bot_waking(const struct bot_case *look)
{
	return look->running && !look->proven && !look->once && look->age < BOT_GRACE;
}

int
plan_bot_failed(const struct bot_case *look)
{
	if (look->told)
		return 0;
	if (!look->running || look->died)
		return look->ended || look->died;
	return !look->proven && !look->indexing && !plan_bot_waking(look);
}

int
plan_bot_well(const struct bot_case *look)
{
	return look->proven && look->age >= BOT_WELL;
}

int64_t
plan_bot_delay(int64_t fails)
{
	int64_t ms = 1000;

	if (fails <= 3)
		return 0;
	for (int64_t i = 4; i < fails && ms < BOT_DELAY_MAX; i++)
		ms *= 2;
	return ms < BOT_DELAY_MAX ? ms : BOT_DELAY_MAX;
}

/* Looks at many bots of other machines are one question, and each takes a second or so. */
static int64_t
next_far(const struct bot_case *look)
{
	if (look->pending)
		return BOT_LOOK_FAR_LATER;
	if (!look->running || look->proven)
		return BOT_LOOK_FAR;
	return plan_bot_waking(look) ? BOT_LOOK_FAR_SOON : BOT_LOOK_FAR_LATER;
}

int64_t
plan_bot_next(const struct bot_case *look)
{
	if (look->far)
		return next_far(look);
	if (!look->running)
		return BOT_LOOK_RESTING;
	if (look->proven)
		return BOT_LOOK_RUNNING;
	if (plan_bot_waking(look) && look->age < BOT_LOOK_RUNNING)
		return BOT_LOOK_STARTING;
	return plan_bot_waking(look) || look->indexing ? 1000 : BOT_LOOK_FAILED;
}

int
plan_bot_may_erase(int64_t erased, int64_t bots)
{
	return erased < 3 || erased < bots / 10;
}
