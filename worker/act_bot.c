/* Acts on bots.  Each is one small step that may be repeated; what comes of it is seen by the next look. */

#include "worker/act_bot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/brake.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/intent.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/server.h"
#include "lib/vault.h"
#include "worker/cloud.h"
#include "worker/fleet.h"
#include "worker/plan_bot.h"
#include "worker/servers.h"
#include "worker/world.h"

enum {
	TERM_PATIENCE = 15 * 1000,	/* ms: a keeper itself kills after 10 s */
	SICK_PATIENCE = 3 * 1000,	/* ms, for one that answers nobody anyway */
	PORT_PATIENCE = 3 * 1000,	/* ms: a pub whose keeper was killed may have it for a moment longer */
	START_PAUSE = 100,		/* ms from a start to the first look */
	PORT_TRIES = 20,
	ROOM_PAUSE = 5 * 1000,		/* ms, while there is no room on the disk */
	SUBJECT_CAP = 32,
	HOST_CAP = 300
};

/* An erasure under way. */
struct errand {
	struct world	*w;
	struct bot	 bot;
};

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- start ---- */

static enum err
unseal(struct world *w, const struct bot *bot, struct secret **out)
{
	unsigned char	*sealed = NULL;
	size_t		 n = 0;
	enum err	 err = bot_sealed(w->db, bot->id, &sealed, &n);

	if (err == ERR_OK)
		err = vault_open(w->conf, bot->public_key, sealed, n, out);
	free(sealed);
	return err;
}

/* Another program has its port: it gets the next one up, its invites will carry that. */
static enum err
move_port(struct world *w, struct bot *bot)
{
	char		detail[64];
	int		port = 0;
	enum err	err = bot_free_port(w->db, bot->server, bot->port + 1, &port);

	if (err == ERR_NOTFOUND)
		err = bot_free_port(w->db, bot->server, (int)conf_int(w->conf, CONF_BOTS_FIRST_PORT), &port);
	if (err != ERR_OK || (err = world_begin(w)) != ERR_OK)
		return err;
	snprintf(detail, sizeof(detail), "%d was taken by another program, now %d", bot->port, port);
	if ((err = bot_set_port(w->db, bot->id, port)) == ERR_OK)
		err = world_event(w, bot, EVENT_BOT_PORT, detail);
	if ((err = world_commit(w, err)) == ERR_OK) {
		world_say(w, bot->name, "port %s", detail);
		bot->port = port;
	}
	return err;
}

/* patient: a taken port may yet become free, ERR_EXISTS then. */
static enum err
try_start(struct world *w, struct bot *bot, int patient, char why[FLEET_WORDS_CAP])
{
	struct secret	*secret = NULL;
	enum err	 err = ERR_OK;

	snprintf(why, FLEET_WORDS_CAP, "its secret could not be opened");
	if (!w->fleet->far)
		err = unseal(w, bot, &secret);
	if (err != ERR_OK)
		return err;
	err = w->fleet->start(w, bot, secret, why);
	for (int i = 0; !patient && i < PORT_TRIES && err == ERR_EXISTS; i++) {
		snprintf(why, FLEET_WORDS_CAP, "no free port was found");
		if ((err = move_port(w, bot)) == ERR_OK)
			err = w->fleet->start(w, bot, secret, why);
	}
	secret_free(secret);
	return err;
}

/* It could not even be started: that counts like a death.  A full disk is not the bot's fault: it only has to show. */
static void
start_failed(struct world *w, const struct bot *bot, struct hand *hand, const char *why)
{
	struct bot_seen		seen = { .failed = !hand->no_room || bot->fails < BOT_FAILS_SHOWN, .reason = why };
	struct bot_moved	moved;
	int64_t			pause = hand->no_room ? ROOM_PAUSE : most(1000, plan_bot_delay(bot->fails + 1));
	enum err		err;

	world_fault(w, bot, why);
	hand->not_before = clock_boot() + pause;
	hand->look_at = hand->not_before;
	if ((err = world_begin(w)) != ERR_OK)
		return;
	err = bot_saw(w->db, bot, &seen, clock_now(), clock_now() + pause, &moved);
	(void)world_commit(w, err);
}

static void
start_now(struct world *w, const struct bot *bot, struct hand *hand, const struct sight *sight)
{
	char		why[FLEET_WORDS_CAP];
	struct bot	now = *bot;
	int		patient = sight->ran && (hand->taken_at == 0 || clock_boot() < hand->taken_at + PORT_PATIENCE);
	enum err	err = try_start(w, &now, patient, why);

	if (err == ERR_EXISTS && patient) {
		if (hand->taken_at == 0)
			hand->taken_at = clock_boot();
		hand->look_at = clock_boot() + START_PAUSE;
		return;
	}
	hand->taken_at = 0;
	hand->no_room = err == ERR_BUSY;
	if (err != ERR_OK) {
		start_failed(w, &now, hand, why);
		return;
	}
	world_fault(w, bot, "");
	world_say(w, bot->name, "started, port %d", now.port);
	hand->started_at = clock_boot();
	hand->look_at = hand->started_at + START_PAUSE;
	hand->starting = 1;
	w->starting++;
}

/* On another machine: it is told to see to its bots, and whatever comes of that is seen there. */
static void
start_far(struct world *w, const struct bot *bot, struct hand *hand, const struct sight *sight)
{
	char		why[FLEET_WORDS_CAP] = "";
	struct bot	now = *bot;
	enum err	err = sight->port_taken ? move_port(w, &now) : ERR_OK;

	if (err == ERR_OK)
		err = w->fleet->start(w, &now, NULL, why);
	if (err != ERR_OK) {
		hand->look_at = clock_boot() + ROOM_PAUSE;
		return;
	}
	hand->started_at = clock_boot();
	hand->look_at = hand->started_at + START_PAUSE;
}

static void
start(struct world *w, const struct bot *bot, struct hand *hand, const struct sight *sight)
{
	int64_t now = clock_now();

	if (hand->not_before > clock_boot() && bot->fails > 0) {
		hand->look_at = hand->not_before;
	} else if (sight->ended_at <= now && now < sight->ended_at + plan_bot_delay(bot->fails)) {
		world_say(w, bot->name, "is started again later: it has ended %lld times", (long long)bot->fails);
	} else if (w->fleet->far) {
		start_far(w, bot, hand, sight);
	} else if (w->starting >= conf_int(w->conf, CONF_LIMITS_STARTS)) {
		hand->waiting = 1;
		hand->wished_at = bot->wished_at;
	} else {
		start_now(w, bot, hand, sight);
	}
}

/* ---- stop ---- */

static void
end_run(struct world *w, const struct bot *bot, struct hand *hand, int64_t patience)
{
	int64_t	now = clock_boot();
	int	hard = hand->told_at != 0 && now >= hand->told_at + patience;

	if (hand->told_at == 0)
		hand->told_at = now;
	else if (!hard) {
		hand->look_at = hand->told_at + patience;
		return;
	}
	world_say(w, bot->name, hard ? "killed: it does not stop" : "told to stop");
	hand->look_at = now + patience;
	if (w->fleet->stop(w, bot, hard) != ERR_OK) {	/* a keeper that has not said its number yet */
		hand->told_at = 0;
		hand->look_at = now + START_PAUSE;
	}
}

/* Nobody is told twice there: what is done is seen by the run that follows, or by none. */
static void
stop_far(struct world *w, const struct bot *bot, struct hand *hand, int hard)
{
	if (w->fleet->stop(w, bot, hard) != ERR_OK)
		hand->look_at = clock_boot() + ROOM_PAUSE;
	else
		hand->look_at = clock_boot() + START_PAUSE;
	hand->misses = 0;
}

static void
stop(struct world *w, const struct bot *bot, struct hand *hand, const struct sight *sight)
{
	(void)sight;
	if (w->fleet->far)
		stop_far(w, bot, hand, 0);
	else
		end_run(w, bot, hand, TERM_PATIENCE);
}

static void
kill_sick(struct world *w, const struct bot *bot, struct hand *hand, const struct sight *sight)
{
	world_say(w, bot->name, "is sick: %s", sight->why);
	if (w->fleet->far)
		stop_far(w, bot, hand, 1);
	else
		end_run(w, bot, hand, SICK_PATIENCE);
}

/* ---- erase ---- */

static void
subject_of(const struct bot *bot, char out[SUBJECT_CAP])
{
	snprintf(out, SUBJECT_CAP, "bot:%lld", (long long)bot->id);
}

/* The brake (DESIGN.md 4): so many within 24 hours, over all passes.  One at a time, or they could not be counted. */
static int
may_erase(struct world *w, const struct bot *bot, struct hand *hand)
{
	int64_t erased = 0, bots = 0;
	enum err err;

	if (w->erasing > 0) {
		hand->look_at = clock_boot() + 1000;
		return 0;
	}
	if ((err = brake_count(w->db, BRAKE_BOT, clock_now(), &erased)) == ERR_OK &&
	    !plan_bot_may_erase(erased, 0))
		err = bot_total(w->db, &bots);
	if (err != ERR_OK)
		return 0;
	if (plan_bot_may_erase(erased, bots))
		return 1;
	world_fault(w, bot, "is not erased: too many were within 24 hours (baas brake)");
	(void)bot_set_due(w->db, bot, clock_now() + CLOCK_HOUR);	/* so that it is not said each minute */
	return 0;
}

/* Its rows go, the event says that it was, and a server that has no other bot is to go too. */
static void
forget(struct errand *errand)
{
	struct world	*w = errand->w;
	char		 subject[SUBJECT_CAP];
	enum err	 err;

	subject_of(&errand->bot, subject);
	if ((err = world_begin(w)) != ERR_OK)
		goto out;
	if ((err = bot_erase(w->db, errand->bot.id)) == ERR_OK &&
	    (err = world_event(w, &errand->bot, EVENT_BOT_ERASE, "")) == ERR_OK &&
	    (err = intent_close(w->db, subject, "erase")) == ERR_OK)
		err = server_dismiss(w->db, errand->bot.server);
	if (world_commit(w, err == ERR_NOTFOUND ? ERR_OK : err) == ERR_OK) {
		world_say(w, errand->bot.name, "erased");
		world_drop(w, errand->bot.id);
		servers_look_soon(w);
	}
out:
	free(errand);
}

/* Later, all of it once more: what is gone is erased at once. */
static void
unnamed(void *ctx, const struct cloud_answer *answer)
{
	struct errand *errand = ctx;

	if (answer->verdict == CLOUD_END) {
		free(errand);
		return;
	}
	errand->w->asked--;
	if (answer->verdict == CLOUD_DONE) {
		forget(errand);
		return;
	}
	world_fault(errand->w, &errand->bot, answer->why);
	free(errand);
}

/* Its name in the DNS goes before what knows of it does.  ERR_NOTFOUND: it has none; ERR_INVALID: none that can be unset here. */
static enum err
unname(struct errand *errand)
{
	struct world	*w = errand->w;
	char		 host[HOST_CAP];
	int		 has = 0;
	enum err	 err;

	if ((err = bot_has_record(w->db, errand->bot.id, &has)) != ERR_OK || !has)
		return err == ERR_OK ? ERR_NOTFOUND : err;
	snprintf(host, sizeof(host), "%s.%s", errand->bot.name, conf_text(w->conf, CONF_BOTS_DOMAIN));
	w->asked++;
	if ((err = w->cloud->name(w, host, "", "", unnamed, errand)) != ERR_OK)
		w->asked--;
	return err;
}

/* Its data is gone: so are its name and its rows. */
static void
erased(void *ctx, enum err err)
{
	struct errand	*errand = ctx;
	struct world	*w = errand->w;
	struct hand	*hand = world_hand(w, errand->bot.id);

	w->erasing--;
	if (hand != NULL) {
		hand->erasing = 0;
		hand->look_at = clock_boot() + 60 * 1000;
	}
	if (err == ERR_FAULT)
		world_fault(w, &errand->bot, "its data could not be erased");
	if (err != ERR_OK || (err = unname(errand)) == ERR_BUSY || err == ERR_FAULT)
		free(errand);
	else if (err != ERR_OK)
		forget(errand);
}

static void
erase(struct world *w, const struct bot *bot, struct hand *hand, const struct sight *sight)
{
	char		 subject[SUBJECT_CAP];
	struct errand	*errand;

	(void)sight;
	if (!may_erase(w, bot, hand) || (errand = calloc(1, sizeof(*errand))) == NULL)
		return;
	*errand = (struct errand){ .w = w, .bot = *bot };
	subject_of(bot, subject);
	if (intent_open(w->db, subject, "erase", clock_now()) != ERR_OK ||
	    w->fleet->erase(w, bot, erased, errand) != ERR_OK) {
		free(errand);
		return;
	}
	hand->erasing = 1;
	w->erasing++;
}

/* ---- which ---- */

/*
 * Is its time in the bin over?  A clock can jump, so two looks of the same boot must say so, some time of that
 * boot's own clock apart.  With its person's account gone there was no bin to lie in.
 */
static int
is_over(struct world *w, const struct bot *bot)
{
	int64_t	now = clock_boot();
	int	past = bot->erase_at != 0 && clock_now() >= bot->erase_at;

	if (bot->binned_at == 0)
		return 0;
	if (bot->erase_at != 0 && bot->erase_at <= bot->binned_at)
		return 1;
	if (past && bot->over_at != 0 && strcmp(bot->over_boot, w->boot) == 0)
		return now - bot->over_at >= conf_int(w->conf, CONF_LIMITS_BIN_SECOND_LOOK) * 1000;
	if (!w->dry && (past || bot->over_at != 0))
		(void)bot_over(w->db, bot->id, past ? w->boot : "", past ? now : 0);
	return 0;
}

static enum bot_want
want_of(struct world *w, const struct bot *bot)
{
	if (is_over(w, bot))
		return BOT_GONE;
	return bot_rests(bot) ? BOT_REST : BOT_RUN;
}

static int
is_stale(struct world *w, const struct bot *bot, const struct sight *sight)
{
	if (sight->restarts == -1)
		return 0;
	if (sight->restarts != bot->restarts || sight->rebuilds != bot->rebuilds)
		return 1;
	return bot->release[0] != '\0' && strcmp(bot->release, sight->release) != 0 && w->fleet->has(w, bot->release);
}

static enum bot_sight
sight_of(struct world *w, const struct bot *bot, const struct hand *hand, const struct sight *sight)
{
	if (!sight->known)
		return BOT_UNSEEN;
	if (!sight->running)
		return BOT_ABSENT;
	if (hand->misses >= BOT_MISSES)
		return BOT_SICK;
	return is_stale(w, bot, sight) ? BOT_STALE : BOT_RUNNING;
}

static const char *
why_of(enum bot_act act, const struct bot *bot, const struct sight *sight)
{
	if (act == BOT_START)
		return sight->ran ? "it is wanted and not running" : "it has never run here";
	if (act == BOT_ERASE)
		return "its time in the bin is over";
	if (act == BOT_KILL)
		return sight->why;
	if (bot->binned_at != 0)
		return "it is in the bin";
	if (bot->suspended_at != 0)
		return "it is suspended";
	return bot->stopped ? "its person stopped it" : "it is to be started anew";
}

/* What it would do, if this were not a copy of the database. */
static void
report(struct world *w, const struct bot *bot, enum bot_act act, const char *why)
{
	char words[WORLD_WORDS_CAP];

	snprintf(words, sizeof(words), "would %s it: %.150s", plan_bot_word(act), why);
	world_fault(w, bot, words);
}

void
act_bot(struct world *w, const struct bot *bot, const struct sight *sight)
{
	static void (*const acts[BOT_ACT__MAX])(struct world *, const struct bot *, struct hand *, const struct sight *) = {
		[BOT_START] = start, [BOT_STOP] = stop, [BOT_KILL] = kill_sick, [BOT_ERASE] = erase,
	};
	struct hand	*hand = world_hand(w, bot->id);
	enum bot_act	 act;

	if (hand == NULL)
		return;
	act = plan_bot(want_of(w, bot), sight_of(w, bot, hand, sight));
	if (act == BOT_WAIT)
		return;
	hand->unsettled = 1;
	if (w->dry)
		printf("%-8s %s: %s\n", plan_bot_word(act), bot->name, why_of(act, bot, sight));
	else if (w->house.reporting)
		report(w, bot, act, why_of(act, bot, sight));
	else if (!sight->pending || act == BOT_ERASE)
		acts[act](w, bot, hand, sight);
}
