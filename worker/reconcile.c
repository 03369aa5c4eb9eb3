/*
 * baas-reconcile [-c CONF] [-n] [-v] [--once | --watch SECONDS]: makes wishes so (DESIGN.md 4).  Exit status 0: all as
 * wanted; 1: something will be retried; 2: usage or configuration.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/house.h"
#include "lib/jail.h"
#include "lib/log.h"
#include "worker/act_bot.h"
#include "worker/act_invite.h"
#include "worker/cloud.h"
#include "worker/fleet.h"
#include "worker/http.h"
#include "worker/loop.h"
#include "worker/mail.h"
#include "worker/see.h"
#include "worker/see_server.h"
#include "worker/servers.h"
#include "worker/turn.h"
#include "worker/world.h"

enum {
	PATH_CAP = 4096,
	NEXT_TRIES = 10, NEXT_PAUSE = 10,	/* ms: a worker that asks whether `next` is taken holds it for a moment */
	RUN_PAUSE = 20,				/* ms between two tries for `run` */
	OVERTIME = 5 * 1000,			/* ms that a watch goes on when nobody has come to take over */
	HANDOVER = 8 * 1000,			/* ms, at most, for outstanding answers once somebody has */
	ONCE_MOST = 2 * 60 * 1000,		/* ms that a single pass waits for answers, though something asks again and again */
	PAGE = 64, PAGE_FAR = 1000,		/* bots looked at together by -n */
	RETRY = 1, USAGE = 2			/* exit status */
};

struct options {
	const char	*conf;
	int		 once;
	int64_t		 watch;		/* ms */
};

struct worker {
	struct world		 world;
	struct clockwork	 clock;
	struct conf		*conf;
	struct db		*db;
	struct loop		*loop;
	int			 signals;	/* signalfd */
	int			 stop;		/* told to */
	int			 next, run;	/* the two locks; -1: not held */
};

/* ---- options ---- */

static int
usage(void)
{
	log_fault("usage", "baas-reconcile [-c CONF] [-n] [-v] [--once | --watch SECONDS]");
	return USAGE;
}

static int
read_seconds(const char *text, int64_t *ms)
{
	char	*end;
	long	 seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || seconds < 1 || seconds > 86400)
		return -1;
	*ms = seconds * 1000;
	return 0;
}

static int
read_options(int argc, char **argv, struct options *o, struct world *w)
{
	static const struct option longs[] = {
		{ "once", no_argument, NULL, 'o' }, { "watch", required_argument, NULL, 'w' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:nv", longs, NULL)) != -1) {
		if (c == 'c')
			o->conf = optarg;
		else if (c == 'n')
			w->dry = 1;
		else if (c == 'v')
			w->verbose = 1;
		else if (c == 'o')
			o->once = 1;
		else if (c != 'w' || read_seconds(optarg, &o->watch) == -1)
			return -1;
	}
	if (optind != argc || (o->once && o->watch != 0))
		return -1;
	o->once |= o->watch == 0;
	return 0;
}

/* ---- signals ---- */

static void
told(void *ctx, int ready)
{
	struct worker *worker = ctx;

	if (ready != LOOP_GONE)
		worker->stop = ready != 0;
}

static enum err
watch_signals(struct worker *worker)
{
	struct watch	watch = { .events = POLLIN, .until = INT64_MAX, .call = told, .ctx = worker };
	sigset_t	set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    (worker->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1) {
		log_fault("signals", "%s", strerror(errno));
		return ERR_FAULT;
	}
	watch.fd = worker->signals;
	return loop_watch(worker->loop, &watch);
}

/* ---- the two locks ---- */

static int
open_lock(const struct worker *worker, const char *name)
{
	char	path[PATH_CAP];
	int	fd = -1;

	if (snprintf(path, sizeof(path), "%s/%s", conf_text(worker->conf, CONF_STATE_DIR), name) < (int)sizeof(path))
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		log_fault(name, "%s", strerror(errno));
	return fd;
}

static int
nap(const struct worker *worker, int ms)
{
	struct pollfd fd = { .fd = worker->signals, .events = POLLIN };

	return poll(&fd, 1, ms) != 0;
}

/* ERR_EXISTS: somebody waits already, or it is told to stop. */
static enum err
take_next(struct worker *worker)
{
	if ((worker->next = open_lock(worker, "next.lock")) == -1)
		return ERR_FAULT;
	for (int i = 0; flock(worker->next, LOCK_EX | LOCK_NB) == -1; i++) {
		if (errno != EWOULDBLOCK) {
			log_fault("next.lock", "%s", strerror(errno));
			return ERR_FAULT;
		}
		if (i == NEXT_TRIES || nap(worker, NEXT_PAUSE))
			return ERR_EXISTS;
	}
	return ERR_OK;
}

static enum err
take_run(struct worker *worker)
{
	if ((worker->run = open_lock(worker, "run.lock")) == -1)
		return ERR_FAULT;
	while (flock(worker->run, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK) {
			log_fault("run.lock", "%s", strerror(errno));
			return ERR_FAULT;
		}
		if (nap(worker, RUN_PAUSE))
			return ERR_EXISTS;
	}
	/* Kept open, unlocked, to see whether somebody takes it. */
	return flock(worker->next, LOCK_UN) == 0 ? ERR_OK : ERR_FAULT;
}

/* 1 if somebody waits for us to end. */
static int
is_next_taken(const struct worker *worker)
{
	if (flock(worker->next, LOCK_SH | LOCK_NB) == -1)
		return errno == EWOULDBLOCK;
	flock(worker->next, LOCK_UN);
	return 0;
}

/* ---- this database ---- */

/* A copy of it knows the same servers: whichever of the two is not at home must not touch them. */
static enum err
settle(struct worker *worker)
{
	struct world	*w = &worker->world;
	char		 here[HOUSE_HOME_CAP];
	enum err	 err;

	if ((err = house_get(w->db, &w->house)) != ERR_OK ||
	    (err = house_here(conf_text(worker->conf, CONF_DATABASE), here)) != ERR_OK)
		return err;
	if (w->house.home[0] != '\0' && strcmp(w->house.home, here) != 0) {
		w->house.reporting = 1;
		if (!w->dry)
			err = house_settle(w->db, w->house.home, 1);
	} else if (w->house.home[0] == '\0' && !w->dry) {
		err = house_settle(w->db, here, w->house.reporting);
	}
	if (w->house.reporting)
		log_fault("worker", "THIS DATABASE WAS RESTORED OR COPIED: it only reports, until `baas worker act`");
	return err;
}

/* ---- the watch ---- */

static int
is_over(struct worker *worker, const struct options *o, int64_t begun, int64_t *asked_to)
{
	int64_t now = clock_boot();

	if (o->once)
		return worker->stop || (worker->clock.passed && (now >= begun + ONCE_MOST || turn_idle(&worker->world)));
	if (*asked_to == 0 && (worker->stop || now >= begun + o->watch + OVERTIME || is_next_taken(worker)))
		*asked_to = now;
	if (*asked_to == 0)
		return 0;
	return worker->world.asked == 0 || now >= *asked_to + HANDOVER;
}

static void
count_unsettled(struct world *w, struct hand *hand)
{
	w->failed |= hand->unsettled;
}

/* What was to be looked at before its row's time is the next worker's to look at, at once. */
static void
hand_over(struct world *w, struct hand *hand)
{
	const struct bot row = { .id = hand->bot, .wished_at = hand->look_wish };

	if (hand->looking || hand->look_at != INT64_MAX)
		w->failed |= bot_set_due(w->db, &row, clock_now()) != ERR_OK;
}

static void
hand_over_all(struct world *w)
{
	if (w->dry || world_begin(w) != ERR_OK)
		return;
	world_hands(w, hand_over);
	(void)world_commit(w, ERR_OK);
}

/* A fault of one turn (the database is busy, say) does not end the watch, but must not make it spin either. */
static int
watch(struct worker *worker, const struct options *o)
{
	struct world	*w = &worker->world;
	int64_t		 begun = clock_boot(), asked_to = 0;

	if (settle(worker) != ERR_OK)
		return RETRY;
	if (turn_open(w, &worker->clock) != ERR_OK || w->fleet->open(w) != ERR_OK)
		w->failed = 1;
	while (!is_over(worker, o, begun, &asked_to))
		if (turn(w, &worker->clock) != ERR_OK) {
			w->failed = 1;
			if (o->once)
				break;
			(void)nap(worker, 1000);
		}
	hand_over_all(w);
	world_hands(w, count_unsettled);
	return w->failed || (o->once && w->asked > 0) || !see_servers_settled(w) ? RETRY : 0;
}

static int
take_and_watch(struct worker *worker, const struct options *o)
{
	enum err err;

	if ((err = take_next(worker)) == ERR_OK)
		err = take_run(worker);
	if (err == ERR_EXISTS)
		return 0;
	return err == ERR_OK ? watch(worker, o) : RETRY;
}

/* ---- -n ---- */

struct page {
	struct world	*w;
	int64_t		 last;
	int		 n;
};

static void
see_one(void *ctx, const struct bot *bot)
{
	struct page *page = ctx;

	page->last = bot->id;
	page->n++;
	see_bot(page->w, bot);
}

/* Looks at every bot, which only a person asks for. */
static int
show_plan(struct worker *worker)
{
	struct world	*w = &worker->world;
	struct page	 page = { .w = w };
	int		 most = w->fleet->far ? PAGE_FAR : PAGE;
	enum err	 err = w->fleet->far ? w->fleet->open(w) : ERR_OK;

	if (err != ERR_OK || settle(worker) != ERR_OK)
		return RETRY;
	see_servers(w);		/* one look, which serves them all */
	do {
		page.n = 0;
		err = bot_all(w->db, page.last, most, see_one, &page);
		while (err == ERR_OK && w->asked > 0 && !worker->stop) {
			if (w->fleet->flush != NULL)
				w->fleet->flush(w);
			err = loop_wait(w->loop, 200);
		}
	} while (err == ERR_OK && page.n == most && !worker->stop);
	world_hands(w, count_unsettled);
	if (err == ERR_OK && !w->failed)
		printf("all is as it should be\n");
	return err == ERR_OK && !w->failed ? 0 : RETRY;
}

/* ---- main ---- */

/* The drivers, by the configuration. */
static enum err
choose(struct worker *worker)
{
	struct world *w = &worker->world;

	w->fleet = strcmp(conf_text(worker->conf, CONF_FLEET), "salt") == 0 ? &fleet_salt : &fleet_local;
	if (w->http == NULL && (w->fleet == &fleet_salt || w->mailer == &mail_smtp))
		return http_open(w->loop, "baas-reconcile", &w->http);
	return ERR_OK;
}

static enum err
choose_cloud(struct worker *worker)
{
	struct world	*w = &worker->world;
	enum err	 err;

	w->cloud = &cloud_local;
	if (strcmp(conf_text(worker->conf, CONF_CLOUD), "local") == 0)
		return w->cloud->open(w);
	if (w->fleet->greet == NULL) {
		log_fault("cloud", "scaleway's servers are reached by salt only: fleet = salt");
		return ERR_INVALID;
	}
	w->cloud = &cloud_scaleway;
	if (w->http == NULL && (err = http_open(w->loop, "baas-reconcile", &w->http)) != ERR_OK)
		return err;
	if ((err = servers_open(w)) != ERR_OK)
		return err;
	return w->cloud->open(w);
}

static enum err
open_all(struct worker *worker, const struct options *o)
{
	struct world	*w = &worker->world;
	enum err	 err;

	if ((err = jail_restrain()) != ERR_OK || (err = crypt_open()) != ERR_OK ||
	    (err = conf_open(o->conf, &worker->conf)) != ERR_OK ||
	    (err = db_open(conf_text(worker->conf, CONF_DATABASE), w->dry ? DB_READ : DB_WRITE, &worker->db)) != ERR_OK ||
	    (err = loop_open(&worker->loop)) != ERR_OK || (err = watch_signals(worker)) != ERR_OK)
		return err;
	if (strcmp(conf_text(worker->conf, CONF_FLEET), "local") == 0 && jail_version() == 0 && !w->dry)
		log_fault("jail", "THIS KERNEL HAS NO LANDLOCK: pubs can read what their user can");
	w->db = worker->db;
	w->conf = worker->conf;
	w->loop = worker->loop;
	w->mailer = strncmp(conf_text(worker->conf, CONF_MAIL), "maildir:", 8) == 0 ? &mail_maildir : &mail_smtp;
	w->act = act_bot;
	w->invites = act_invites;
	clock_boot_id(w->boot);
	if ((err = choose(worker)) != ERR_OK)
		return err;
	return choose_cloud(worker);
}

static void
close_all(struct worker *worker)
{
	http_close(worker->world.http);
	loop_close(worker->loop);	/* while all that it calls back is still there */
	if (worker->world.cloud != NULL)
		worker->world.cloud->close(&worker->world);
	if (worker->world.fleet != NULL && worker->world.fleet->close != NULL)
		worker->world.fleet->close(&worker->world);
	servers_close(&worker->world);	/* greetings that were still to be sent are about them */
	world_clear(&worker->world);
	db_close(worker->db);
	conf_close(worker->conf);
}

int
main(int argc, char **argv)
{
	struct worker	worker = { .signals = -1, .next = -1, .run = -1 };
	struct options	o = { 0 };
	int		status;

	log_open("baas-reconcile");
	log_repeats(CLOCK_MINUTE);
	if (read_options(argc, argv, &o, &worker.world) == -1)
		return usage();
	if (open_all(&worker, &o) != ERR_OK)
		status = USAGE;
	else
		status = worker.world.dry ? show_plan(&worker) : take_and_watch(&worker, &o);
	close_all(&worker);
	return status;
}
