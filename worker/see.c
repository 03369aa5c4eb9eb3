/* Looks: what is.  A look is stored as a whole, with what it means, before anything is done about it. */

#include "worker/see.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/sample.h"
#include "worker/fleet.h"
#include "worker/plan_bot.h"
#include "worker/world.h"

enum {
	BATCH = 64,			/* rows read at a time */
	AWAY = 110 * 1000,		/* ms: not so far that bot_hurry takes it for a jump of the clock */
	ROW_PAUSE = 1000,		/* ms: a row's due is not nearer; what is, is in hand only */
	QUIET = 3000,			/* ms: looks that bring nothing new are stored no more often */
	DIED_TOLD = 5			/* so many ends in a row become events; then it is known */
};

/* What a look means. */
struct finding {
	struct bot_case	 look;
	struct bot_seen	 seen;
	int64_t		 now, next;	/* next: ms until the next look */
};

/*
 * A look under way: small, since there may be thousands.  What the row says is read when the answer comes; wished_at is from
 * when the look began, so that it knows nothing of later wishes.
 */
struct look {
	struct world	*w;
	int64_t		 bot, wished_at;
};

/* What one has found: kept until it is stored, since only then may be acted on it. */
struct glance {
	struct world	*w;
	struct bot	 bot;		/* the row as it was; then as it is */
	struct sight	 sight;
	struct finding	 f;
	enum err	 err;		/* of storing it */
	struct glance	*next;
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
		.ended = !sight->running && !sight->pending && (g->bot.running || hand->started_at != 0),
		.died = sight->running && sight->died, .pending = sight->pending, .far = g->w->fleet->far,
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
	int silent = look->told || (plan_bot_waking(look) && !look->answered);
	int no_news = silent || (!look->running && !look->ended);

	if (look->proven || (look->told && bot_rests(bot)))
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
	else if (!sight->running && !bot_rests(&g->bot) && !f->look.far)	/* it starts now, or the next worker soon finds it */
		next = least(next, BOT_LOOK_FAILED);
	return least(next, bin_left(g->w, &g->bot, f->now));
}

static void
update_hand(struct world *w, struct hand *hand, const struct sight *sight, const struct finding *f)
{
	int starting = !f->look.far && plan_bot_waking(&f->look);

	w->starting += starting - hand->starting;
	hand->starting = starting;
	if (f->seen.failed && sight->running)
		hand->misses++;
	else if (!sight->running || f->look.proven)
		hand->misses = 0;
	if (!sight->running && !sight->pending)
		hand->told_at = hand->started_at = 0;
	hand->unsettled = !sight->known || sight->pending || (sight->running && !f->look.proven);
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
	if ((f->look.running && !f->look.died) || !f->seen.failed || bot->fails > DIED_TOLD)
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
	int64_t		longest = 3 * (f->look.far ? BOT_LOOK_FAR : BOT_LOOK_RUNNING);
	struct sample	sample = {
		.at = f->now, .memory = known(f->seen.memory), .bytes_in = moved->in, .bytes_out = moved->out,
		.disk = known(f->seen.disk_log) + known(f->seen.disk_blobs) + known(f->seen.disk_indexes),
		.peers = known(f->seen.peers),
		.alive_ms = same && since > 0 && since < longest ? since : 0
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
	enum err err = ERR_OK;

	if (g->w->batching && !db_in_tx(g->w->db))
		err = world_begin(g->w);	/* of the whole batch, which see_end ends */
	if (err == ERR_OK && (err = world_begin(g->w)) == ERR_OK)
		err = world_commit(g->w, store_all(g, f, after));
	return err;
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

/* What comes after a look is stored. */
static void
act_on(struct glance *g, struct hand *hand)
{
	struct world *w = g->w;

	if (g->err == ERR_NOTFOUND)
		return;
	if (g->err != ERR_OK) {
		hand->look_at = clock_boot() + ROW_PAUSE;
		w->failed = 1;
		return;
	}
	update_hand(w, hand, &g->sight, &g->f);
	if (g->f.seen.failed && !g->f.look.far && !g->f.look.running && g->sight.ended_at == 0)	/* nobody wrote down when */
		hand->not_before = clock_boot() + plan_bot_delay(g->bot.fails);
	w->act(w, &g->bot, &g->sight);
}

static void
end_glance(struct glance *g)
{
	struct hand *hand = world_hand(g->w, g->bot.id);

	if (hand == NULL)
		return;
	act_on(g, hand);
	if (hand->again)
		hand->look_at = 0;
	hand->again = 0;
}

static void
see_to_invites(struct glance *g)
{
	struct world *w = g->w;

	if (g->err == ERR_OK && g->sight.proven && !w->dry && !w->house.reporting)
		w->invites(w, &g->bot, &g->sight);
}

static void
handle(struct glance *g, struct hand *hand)
{
	struct bot after = g->bot;

	g->f.now = clock_now();
	describe_case(g, hand, &g->sight, &g->f);
	describe_seen(g, &g->sight, &g->f);
	g->f.next = next_look(g, &g->sight, &g->f);
	if (!g->w->dry && !is_quiet(&g->bot, &g->f))
		g->err = store(g, &g->f, &after);
	g->f.seen.reason = NULL;	/* which may be the row's as it was */
	g->bot = after;
	if (!g->w->batching) {
		end_glance(g);
		see_to_invites(g);
		free(g);
		return;
	}
	*g->w->batch_end = g;
	g->w->batch_end = &g->next;
}

static void
look_again_at(struct hand *hand, int64_t at)
{
	hand->look_at = hand->again ? 0 : at;
	hand->again = 0;
}

/* A look that failed changes nothing but the time of the next. */
static void
fail(const struct look *look, struct hand *hand, const struct sight *sight)
{
	const struct bot	 row = { .id = look->bot, .wished_at = look->wished_at };
	struct world		*w = look->w;

	hand->unsettled = 1;
	if (!sight->away) {
		look_again_at(hand, clock_boot() + (w->fleet->far ? BOT_LOOK_FAR_LATER : BOT_LOOK_FAILED));
		return;
	}
	if (!w->dry && bot_set_due(w->db, &row, clock_now() + AWAY) == ERR_OK)
		w->next_due = least(w->next_due, clock_now() + AWAY);
	look_again_at(hand, INT64_MAX);
}

/* NULL: there is no such bot any more, or *err says what is wrong. */
static struct glance *
glance_of(const struct look *look, const struct sight *sight, enum err *err)
{
	struct glance *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		log_fault("look", "no memory");
		*err = ERR_FAULT;
	} else if ((*err = bot_of_id(look->w->db, look->bot, &g->bot)) == ERR_OK) {
		g->bot.wished_at = look->wished_at;
		g->w = look->w;
		g->sight = *sight;
		return g;
	}
	free(g);
	return NULL;
}

static void
seen(void *ctx, const struct sight *sight)
{
	const struct look	 look = *(const struct look *)ctx;
	struct hand		*hand = world_hand(look.w, look.bot);
	struct glance		*g;
	enum err		 err;

	free(ctx);
	look.w->asked--;
	look.w->looking--;
	if (hand == NULL)
		return;
	hand->looking = 0;
	if (!sight->known) {
		fail(&look, hand, sight);
	} else if ((g = glance_of(&look, sight, &err)) != NULL) {
		handle(g, hand);
	} else if (err != ERR_NOTFOUND) {
		look_again_at(hand, clock_boot() + ROW_PAUSE);
		look.w->failed = 1;
	}
}

void
see_begin(struct world *w)
{
	w->batching = 1;
	w->batch = NULL;
	w->batch_end = &w->batch;
}

/* All of it is stored, or none: then all of it is looked at again. */
void
see_end(struct world *w)
{
	struct glance	*batch = w->batch, *next;
	enum err	 err = db_in_tx(w->db) ? world_commit(w, ERR_OK) : ERR_OK;

	w->batching = 0;
	w->batch = NULL;
	for (struct glance *g = batch; g != NULL; g = g->next) {
		if (err != ERR_OK && g->err == ERR_OK)
			g->err = err;
		end_glance(g);
	}
	if (batch != NULL)
		(void)world_begin(w);	/* what they note of invites is one transaction as well */
	for (struct glance *g = batch; g != NULL; g = next) {
		next = g->next;
		see_to_invites(g);
		free(g);
	}
	if (db_in_tx(w->db))
		(void)world_commit(w, ERR_OK);	/* else they are asked about again */
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
	struct look	*look;

	if (hand == NULL || hand->erasing)
		return;
	if (bot->due == 0 && !w->dry)
		act_early(w, bot);
	if (hand->looking) {
		hand->again = 1;
		return;
	}
	if ((look = calloc(1, sizeof(*look))) == NULL) {
		log_fault(bot->name, "look: no memory");
		return;
	}
	*look = (struct look){ .w = w, .bot = bot->id, .wished_at = bot->wished_at };
	hand->looking = 1;
	hand->look_wish = bot->wished_at;
	hand->waiting = 0;
	hand->look_at = INT64_MAX;
	w->asked++;
	w->looking++;
	w->fleet->look(w, bot, seen, look);
}

/* One whose look is under way, and knows of all wishes, is left alone. */
static enum err
see_one_due(struct world *w, const struct bot_due *due)
{
	const struct hand	*hand = world_hand(w, due->id);
	struct bot		 bot;
	enum err		 err;

	if (hand == NULL || (hand->looking && hand->look_wish == due->wished_at))
		return ERR_OK;
	if ((err = bot_of_id(w->db, due->id, &bot)) == ERR_OK)
		see_bot(w, &bot);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

/* Those under way are due still, and must not keep the others from being read. */
enum err
see_due(struct world *w, int *n)
{
	int		 limit = BATCH + w->looking + w->erasing;
	struct bot_due	*due = calloc((size_t)limit, sizeof(*due));
	int64_t		 next = INT64_MAX;
	enum err	 err;

	*n = 0;
	if (due == NULL) {
		log_fault("look", "no memory");
		return ERR_FAULT;
	}
	w->next_due = INT64_MAX;	/* what the looks below find is compared with it */
	err = bot_due_list(w->db, clock_now(), limit, due, n, &next);
	for (int i = 0; err == ERR_OK && i < *n; i++)
		err = see_one_due(w, &due[i]);
	w->next_due = err == ERR_OK ? least(w->next_due, next) : clock_now() + ROW_PAUSE;
	free(due);
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
