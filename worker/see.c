/* Looks: what is.  A look is stored as a whole, with what it means, before anything is done about it. */

#include "worker/see.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/sample.h"
#include "worker/fleet.h"
#include "worker/plan_bot.h"
#include "worker/world.h"

enum {
	BATCH = 64,			/* rows read at a time */
	ROW_PAUSE = 1000,		/* ms: a row's due is not nearer; what is, is in hand only */
	QUIET = 3000,			/* ms: looks that bring nothing new are stored no more often */
	DIED_TOLD = 5			/* so many ends in a row become events; then it is known */
};

/* A look under way. */
struct glance {
	struct world	*w;
	struct bot	 bot;		/* the row as it was */
};

/* What it means. */
struct finding {
	struct bot_case	 look;
	struct bot_seen	 seen;
	int64_t		 now, next;	/* next: ms until the next look */
};

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---- what it means ---- */

static void
describe_case(const struct glance *g, const struct hand *hand, const struct sight *sight, struct finding *f)
{
	int64_t age = f->now - sight->started_at;

	f->look = (struct bot_case){
		.running = sight->running, .answered = sight->answered,
		.once = g->bot.proven_at != 0 && g->bot.proven_at >= sight->started_at,
		.proven = sight->proven && hand->told_at == 0,	/* one that is being ended is not well any more */
		.indexing = sight->answered && sight->indexing,
		.ended = !sight->running && (g->bot.running || hand->started_at != 0),
		.told = sight->told || hand->told_at != 0,
		.age = age > 0 ? age : 0
	};
}

/*
 * Of a young pub that says nothing, and of one that is being ended, there is nothing to say.  But where the page goes on
 * to call it unwell, what was said before stays.
 */
static const char *
reason(const struct bot *bot, const struct bot_case *look, const struct sight *sight)
{
	int rests = bot->stopped || bot->binned_at != 0 || bot->suspended_at != 0;
	int silent = look->told || (plan_bot_waking(look) && !look->answered);
	int no_news = silent || (!look->running && !look->ended);

	if (look->proven || (look->told && rests))
		return NULL;
	if (no_news && bot->fails >= BOT_FAILS_SHOWN && bot->reason[0] != '\0')
		return bot->reason;
	return silent ? NULL : sight->why;
}

static void
describe_seen(const struct glance *g, const struct sight *sight, struct finding *f)
{
	f->seen = (struct bot_seen){
		.running = sight->running, .started_at = sight->started_at, .proven = f->look.proven,
		.failed = plan_bot_failed(&f->look), .well = plan_bot_well(&f->look),
		.reason = reason(&g->bot, &f->look, sight), .has_numbers = sight->answered,
		.restarts = sight->said_restarts, .rebuilds = sight->said_rebuilds, .release = sight->said_release,
		.peers = sight->peers, .feeds = sight->feeds, .messages = sight->messages,
		.bytes_in = sight->bytes_in, .bytes_out = sight->bytes_out, .disk_log = sight->disk_log,
		.disk_blobs = sight->disk_blobs, .disk_indexes = sight->disk_indexes, .memory = sight->memory
	};
}

/* ms until its time in the bin is over or, the first time that was seen, until it may be seen again. */
static int64_t
bin_left(const struct world *w, const struct bot *bot, int64_t now)
{
	int64_t second = conf_int(w->conf, CONF_LIMITS_BIN_SECOND_LOOK) * 1000;

	if (bot->binned_at == 0 || bot->erase_at <= bot->binned_at)
		return INT64_MAX;	/* or no bin at all: erased at once, and if that fails, not each second */
	if (bot->erase_at > now)
		return bot->erase_at - now;
	return bot->over_at == 0 ? ROW_PAUSE : second + ROW_PAUSE;
}

static int64_t
next_look(const struct glance *g, const struct sight *sight, const struct finding *f)
{
	int64_t next = plan_bot_next(&f->look);
	int64_t fails = g->bot.fails + f->seen.failed;
	int64_t again = sight->ended_at + plan_bot_delay(fails) - f->now;

	if (!sight->running && !g->bot.stopped && again > 0)
		next = least(next, again);
	return least(next, bin_left(g->w, &g->bot, f->now));
}

static void
update_hand(struct world *w, struct hand *hand, const struct sight *sight, const struct finding *f)
{
	int starting = plan_bot_waking(&f->look);

	w->starting += starting - hand->starting;
	hand->starting = starting;
	if (f->seen.failed && sight->running)
		hand->misses++;
	else if (!sight->running || f->look.proven)
		hand->misses = 0;
	if (!sight->running)
		hand->told_at = hand->started_at = 0;
	hand->unsettled = !sight->known || (sight->running && !f->look.proven);
	if (f->next < ROW_PAUSE)
		hand->look_at = clock_boot() + f->next;
}

/* ---- storing it ---- */

/* The event that a new status is; EVENT__MAX: none. */
static enum event_what
event_of(enum bot_status status)
{
	static const enum event_what events[BOT_STATUS__MAX] = {
		[BOT_ALIVE] = EVENT_BOT_ALIVE, [BOT_STOPPED] = EVENT_BOT_STOPPED, [BOT_UNHEALTHY] = EVENT_BOT_UNHEALTHY,
	};

	return events[status] == 0 ? EVENT__MAX : events[status];
}

/* bot: as it is now.  A start says how long it took. */
static enum err
note_status(struct world *w, const struct bot *bot, const struct finding *f)
{
	enum event_what	what = event_of(bot->status);
	char		detail[sizeof(bot->reason)];
	enum err	err;

	if (strcmp(bot_status_word(bot->status), bot->last_status) == 0)
		return ERR_OK;
	world_say(w, bot->name, "%s -> %s %s", bot->last_status, bot_status_word(bot->status), bot->reason);
	if ((err = bot_noted_status(w->db, bot->id, bot_status_word(bot->status), f->now)) != ERR_OK ||
	    what == EVENT__MAX)
		return err;
	if (what == EVENT_BOT_ALIVE && f->look.age < 10 * BOT_WELL)
		snprintf(detail, sizeof(detail), "%.1f s after its start", (double)f->look.age / 1000);
	else
		snprintf(detail, sizeof(detail), "%s", what == EVENT_BOT_UNHEALTHY ? bot->reason : "");
	return world_event(w, bot, what, detail);
}

static enum err
note_end(struct world *w, const struct bot *bot, const struct finding *f)
{
	if (f->look.running || !f->seen.failed || bot->fails > DIED_TOLD)
		return ERR_OK;
	return world_event(w, bot, EVENT_BOT_DIED, bot->reason);
}

static int64_t
known(int64_t number)
{
	return number < 0 ? 0 : number;
}

/* What was moved, and for how long it has been well: since the look before, if that was a proof of the same run. */
static enum err
add_sample(struct world *w, const struct bot *before, const struct finding *f, const struct bot_moved *moved)
{
	int		same = before->proven_at != 0 && before->proven_at == before->seen_at &&
			    before->started_at == f->seen.started_at;
	int64_t		since = f->now - before->seen_at;
	struct sample	sample = {
		.at = f->now, .memory = known(f->seen.memory), .bytes_in = moved->in, .bytes_out = moved->out,
		.disk = known(f->seen.disk_log) + known(f->seen.disk_blobs) + known(f->seen.disk_indexes),
		.peers = known(f->seen.peers),
		.alive_ms = same && since > 0 && since < 3 * BOT_LOOK_RUNNING ? since : 0
	};

	return f->seen.proven ? sample_add(w->db, before->id, &sample) : ERR_OK;
}

/* In a transaction.  *after: the row as it then is. */
static enum err
store_all(struct glance *g, const struct finding *f, struct bot *after)
{
	struct bot_moved	moved;
	int64_t			due = f->now + (f->next > ROW_PAUSE ? f->next : ROW_PAUSE);
	enum err		err;

	if ((err = bot_saw(g->w->db, &g->bot, &f->seen, f->now, due, &moved)) != ERR_OK ||
	    (err = bot_of_id(g->w->db, g->bot.id, after)) != ERR_OK ||
	    (err = note_end(g->w, after, f)) != ERR_OK || (err = note_status(g->w, after, f)) != ERR_OK ||
	    (err = add_sample(g->w, &g->bot, f, &moved)) != ERR_OK)
		return err;
	g->w->next_due = least(g->w->next_due, after->due);
	return ERR_OK;
}

static enum err
store(struct glance *g, const struct finding *f, struct bot *after)
{
	enum err err = world_begin(g->w);

	return err == ERR_OK ? world_commit(g->w, store_all(g, f, after)) : err;
}

/* While it wakes up it is looked at ten times a second: most of that is nothing to write down. */
static int
is_quiet(const struct bot *bot, const struct finding *f)
{
	const char *why = f->seen.reason == NULL ? "" : f->seen.reason;

	return !f->seen.proven && !f->seen.failed && bot->running == f->seen.running && bot->due > f->now &&
	    bot->started_at == f->seen.started_at && strcmp(bot->reason, why) == 0 &&
	    f->now - bot->seen_at >= 0 && f->now - bot->seen_at < QUIET && f->next < ROW_PAUSE;
}

/* ---- looking ---- */

static void
handle(struct glance *g, struct hand *hand, const struct sight *sight)
{
	struct world	*w = g->w;
	struct finding	 f = { .now = clock_now() };
	struct bot	 after = g->bot;
	enum err	 err = ERR_OK;

	describe_case(g, hand, sight, &f);
	describe_seen(g, sight, &f);
	f.next = next_look(g, sight, &f);
	if (!w->dry && !is_quiet(&g->bot, &f))
		err = store(g, &f, &after);
	if (err == ERR_NOTFOUND)
		return;
	if (err != ERR_OK) {
		hand->look_at = clock_boot() + ROW_PAUSE;
		w->failed = 1;
		return;
	}
	update_hand(w, hand, sight, &f);
	w->act(w, &after, sight);
	if (sight->proven && !w->dry)
		w->invites(w, &after, sight);
}

/* A look that failed changes nothing but the time of the next. */
static void
seen(void *ctx, const struct sight *sight)
{
	struct glance	*g = ctx;
	struct hand	*hand = world_hand(g->w, g->bot.id);

	g->w->asked--;
	if (hand == NULL)
		goto out;
	hand->looking = 0;
	if (sight->known) {
		handle(g, hand, sight);
	} else {
		hand->unsettled = 1;
		hand->look_at = clock_boot() + BOT_LOOK_FAILED;
	}
	if (hand->again)
		hand->look_at = 0;
	hand->again = 0;
out:
	free(g);
}

/*
 * A wish about one that runs is done before it is asked anything: a pub that hangs must not keep its person waiting.
 * All else waits for what the look finds.
 */
static void
act_early(struct world *w, const struct bot *bot)
{
	struct sight sight;

	w->fleet->glance(w, bot, &sight);
	if (sight.known && sight.running)
		w->act(w, bot, &sight);
}

void
see_bot(struct world *w, const struct bot *bot)
{
	struct hand	*hand = world_hand(w, bot->id);
	struct glance	*g;

	if (hand == NULL || hand->erasing)
		return;
	if (bot->due == 0 && !w->dry)
		act_early(w, bot);
	if (hand->looking) {
		hand->again = 1;
		return;
	}
	if ((g = calloc(1, sizeof(*g))) == NULL) {
		log_fault(bot->name, "look: no memory");
		return;
	}
	*g = (struct glance){ .w = w, .bot = *bot };
	hand->looking = 1;
	hand->waiting = 0;
	hand->look_at = INT64_MAX;
	w->asked++;
	w->fleet->look(w, bot, seen, g);
}

struct due {
	struct world	*w;
	int		 n;
};

static void
each_due(void *ctx, const struct bot *bot)
{
	struct due *due = ctx;

	due->n++;
	see_bot(due->w, bot);
}

enum err
see_due(struct world *w, int *n)
{
	struct due	due = { .w = w };
	int64_t		next = INT64_MAX;
	enum err	err;

	w->next_due = INT64_MAX;	/* what the looks below find is compared with it */
	err = bot_due(w->db, clock_now(), BATCH, each_due, &due, &next);
	w->next_due = err == ERR_OK ? least(w->next_due, next) : clock_now() + ROW_PAUSE;
	*n = due.n;
	return err;
}

/* ---- what is wanted earlier ---- */

static void
look_again(struct world *w, struct hand *hand)
{
	struct bot	bot;
	enum err	err;

	hand->look_at = INT64_MAX;
	if ((err = bot_of_id(w->db, hand->bot, &bot)) == ERR_OK)
		see_bot(w, &bot);
	else if (err != ERR_NOTFOUND)
		hand->look_at = clock_boot() + ROW_PAUSE;
}

static void
look_if_time(struct world *w, struct hand *hand)
{
	if (hand->look_at <= clock_boot())
		look_again(w, hand);
}

/* Of those who wait for a place the one whose person clicked last. */
static struct hand *
next_waiting(struct world *w)
{
	struct hand *first = NULL;

	for (int i = 0; i < WORLD_BUCKETS; i++)
		for (struct hand *hand = w->hands[i]; hand != NULL; hand = hand->next)
			if (hand->waiting && (first == NULL || hand->wished_at > first->wished_at))
				first = hand;
	return first;
}

void
see_hands(struct world *w)
{
	struct hand	*hand;
	int64_t		 places = conf_int(w->conf, CONF_LIMITS_STARTS) - w->starting;

	world_hands(w, look_if_time);
	while (places-- > 0 && (hand = next_waiting(w)) != NULL) {
		hand->waiting = 0;
		look_again(w, hand);
	}
}

int64_t
see_next(struct world *w)
{
	int64_t next = INT64_MAX;

	for (int i = 0; i < WORLD_BUCKETS; i++)
		for (const struct hand *hand = w->hands[i]; hand != NULL; hand = hand->next)
			next = least(next, hand->look_at);
	return next;
}
