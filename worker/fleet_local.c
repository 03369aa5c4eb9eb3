/* The fleet of this machine: each bot a process under its keeper, baas-keep DIR. */

#include "worker/fleet_local.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/fleet_local_dir.h"
#include "worker/loop.h"
#include "worker/muxrpc.h"
#include "worker/world.h"

enum { PATIENCE = 5000 };	/* ms for an answer */

/* What a callback needs to find its way back. */
struct errand {
	struct world	*w;
	int64_t		 bot;
	int		 fd;		/* pidfd of a process */
	struct muxrpc	*call;
	int64_t		 until;
	struct fleet_reply reply;	/* of a call */
	fleet_erased	*erased;
	void		*ctx;
};

static struct errand *
new_errand(struct world *w, int64_t bot)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL) {
		log_fault("fleet", "no memory");
		return NULL;
	}
	errand->w = w;
	errand->bot = bot;
	errand->fd = -1;
	return errand;
}

/* ---- keepers ---- */

/* A keeper has ended: reaped, if it was started by this worker, and looked at once. */
static void
keeper_ended(void *ctx, int ready)
{
	struct errand	*errand = ctx;
	struct hand	*hand = world_hand(errand->w, errand->bot);
	siginfo_t	 info;

	if (ready != LOOP_GONE)
		waitid(P_PIDFD, (id_t)errand->fd, &info, WEXITED | WNOHANG);	/* ECHILD: an earlier worker's */
	close(errand->fd);
	if (hand != NULL && hand->keeper == errand->fd) {
		hand->keeper = -1;
		hand->look_at = 0;
		if (hand->looking)
			hand->again = 1;
	}
	free(errand);
}

/* fd, a pidfd, becomes the loop's and the hand's. */
static enum err
watch_keeper(struct world *w, struct hand *hand, int fd)
{
	struct errand		*errand = new_errand(w, hand->bot);
	const struct watch	 watch = {
		.fd = fd, .events = POLLIN, .until = INT64_MAX, .call = keeper_ended, .ctx = errand
	};

	if (errand == NULL || loop_watch(w->loop, &watch) != ERR_OK) {
		free(errand);
		close(fd);
		return ERR_FAULT;
	}
	errand->fd = fd;
	hand->keeper = fd;
	return ERR_OK;
}

void
local_follow(struct world *w, struct hand *hand, int dir, pid_t pid)
{
	pid_t	again = 0;
	int64_t	since;
	int	fd;

	if (hand->keeper != -1)
		return;
	if ((fd = pidfd_open(pid, 0)) == -1)
		return;
	/* The lock still held by that number, now that the descriptor stands: so it is that process and no later one. */
	if (local_dir_held(dir, &again, &since) == 1 && again == pid)
		(void)watch_keeper(w, hand, fd);
	else
		close(fd);
}

/* In the child: nothing of ours goes along but a place to complain to. */
static void
become_keeper(const char *path, const char *log)
{
	static char	program[] = PKGLIBEXECDIR "/baas-keep";
	char		*argv[] = { program, strdup(path), NULL };
	sigset_t	 none;
	int		 null = open("/dev/null", O_RDWR), err = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	sigemptyset(&none);
	if (argv[1] == NULL || null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(err == -1 ? null : err, 2) == -1)
		_exit(126);
	if (setsid() == -1 || sigprocmask(SIG_SETMASK, &none, NULL) == -1 || close_range(3, ~0U, 0) == -1)
		_exit(126);
	execv(program, argv);
	dprintf(2, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

static enum err
spawn(struct world *w, const struct bot *bot, struct hand *hand)
{
	char	path[PATH_MAX], log[PATH_MAX];
	pid_t	pid;
	int	fd;

	if (local_path(w->conf, bot->dir, path) != ERR_OK ||
	    snprintf(log, sizeof(log), "%s/log/keep.log", conf_text(w->conf, CONF_STATE_DIR)) >= (int)sizeof(log))
		return ERR_FAULT;
	if ((pid = fork()) == 0)
		become_keeper(path, log);
	if (pid == -1 || (fd = pidfd_open(pid, 0)) == -1) {
		log_fault(bot->name, "start: %s", strerror(errno));
		return ERR_FAULT;
	}
	return watch_keeper(w, hand, fd);
}

/* Finds the bot of one directory and follows its keeper; one whose end nobody has noticed is looked at. */
static void
take_over(struct world *w, const char *name)
{
	struct local_run	 run = { 0 };
	struct bot		 bot;
	struct hand		*hand;
	int64_t			 since;
	pid_t			 pid = 0;
	int			 dir = local_dir_open(w->conf, name);

	if (dir == -1)
		return;
	if (local_run_read(dir, &run) != ERR_OK || bot_of_id(w->db, run.bot, &bot) != ERR_OK ||
	    strcmp(bot.dir, name) != 0 || (hand = world_hand(w, bot.id)) == NULL)
		goto out;
	if (local_dir_held(dir, &pid, &since) == 1 && pid != 0)
		local_follow(w, hand, dir, pid);
	if ((hand->keeper != -1) != bot.running)
		hand->look_at = 0;
out:
	close(dir);
}

static enum err
open_fleet(struct world *w)
{
	const struct dirent	*entry;
	char			 path[PATH_MAX];
	DIR			*list;

	if (local_path(w->conf, NULL, path) != ERR_OK)
		return ERR_FAULT;
	if ((list = opendir(path)) == NULL)
		return errno == ENOENT ? ERR_OK : ERR_FAULT;
	while ((entry = readdir(list)) != NULL)
		if (entry->d_name[0] != '.')
			take_over(w, entry->d_name);
	closedir(list);
	return ERR_OK;
}

/* ---- start and stop ---- */

/* 1 if nobody listens there. */
static int
is_free(const char *host, int port)
{
	struct sockaddr_in	v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6	v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	const int		on = 1;
	int			is_4 = inet_pton(AF_INET, host, &v4.sin_addr) == 1, fd, rc;

	(void)inet_pton(AF_INET6, host, &v6.sin6_addr);
	if ((fd = socket(is_4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return 1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = is_4 ? bind(fd, (const struct sockaddr *)&v4, sizeof(v4)) :
	    bind(fd, (const struct sockaddr *)&v6, sizeof(v6));
	if (rc == 0)
		rc = listen(fd, 1);
	rc = rc == -1 && errno == EADDRINUSE;
	close(fd);
	return !rc;
}

static enum err
start(struct world *w, const struct bot *bot, const struct secret *secret, char why[FLEET_WORDS_CAP])
{
	struct local_run	 run;
	struct hand		*hand = world_hand(w, bot->id);
	enum err		 err;

	why[0] = '\0';
	if (hand == NULL)
		return ERR_FAULT;
	if ((err = local_run_plan(w->conf, bot, &run, why)) != ERR_OK)
		return err;
	if (!is_free(local_host(bot->address), bot->port))
		return ERR_EXISTS;
	if (local_dir_is_full(w->conf)) {
		snprintf(why, FLEET_WORDS_CAP, "there is no room on our disk for it to run");
		return ERR_BUSY;
	}
	if (geteuid() == 0 && run.uid == 0)
		log_fault(bot->name, "RUNS AS ROOT, without capabilities: its own user can't reach state_dir, pub.dir or node");
	snprintf(why, FLEET_WORDS_CAP, "its directory could not be made ready");
	if ((err = local_dir_fill(w->conf, bot, &run, secret)) != ERR_OK)
		return err;
	snprintf(why, FLEET_WORDS_CAP, "its keeper could not be started");
	return spawn(w, bot, hand);
}

static enum err
stop(struct world *w, const struct bot *bot, int hard)
{
	const struct hand *hand = world_hand(w, bot->id);

	if (hand == NULL || hand->keeper == -1)
		return ERR_NOTFOUND;
	if (pidfd_send_signal(hand->keeper, hard ? SIGKILL : SIGTERM, NULL, 0) == -1 && errno != ESRCH) {
		log_fault(bot->name, "stop: %s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

/* ---- erase ---- */

static void
erase_ended(void *ctx, int ready)
{
	struct errand	*errand = ctx;
	siginfo_t	 info = { 0 };
	enum err	 err = ERR_FAULT;

	if (ready == LOOP_GONE)
		err = ERR_BUSY;
	else if (waitid(P_PIDFD, (id_t)errand->fd, &info, WEXITED) == 0 && info.si_code == CLD_EXITED &&
	    info.si_status == 0)
		err = ERR_OK;
	close(errand->fd);
	errand->w->asked--;
	errand->erased(errand->ctx, err);
	free(errand);
}

/* A pub can make directories that not even we may enter: hence chmod (which follows no links it meets). */
static void
become_rm(char *path)
{
	char	shell[] = "sh", option[] = "-c", end[] = "sh";
	char	script[] = "[ ! -d \"$1\" ] || { chmod -R u+rwX -- \"$1\" && rm -rf -- \"$1\"; }";
	char	*const argv[] = { shell, option, script, end, path, NULL };
	char	env_path[] = "PATH=/usr/bin:/bin";
	char	*const env[] = { env_path, NULL };
	sigset_t none;

	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		_exit(126);
	execve("/bin/sh", argv, env);
	_exit(127);
}

static enum err
erase(struct world *w, const struct bot *bot, fleet_erased *erased, void *ctx)
{
	char		 path[PATH_MAX];
	struct watch	 watch = { .events = POLLIN, .until = INT64_MAX, .call = erase_ended };
	struct errand	*errand = NULL;
	pid_t		 pid;

	if (local_path(w->conf, bot->dir, path) != ERR_OK || (errand = new_errand(w, bot->id)) == NULL)
		return ERR_FAULT;
	errand->erased = erased;
	errand->ctx = ctx;
	if ((pid = fork()) == 0)
		become_rm(path);
	watch.ctx = errand;
	if (pid == -1 || (watch.fd = errand->fd = pidfd_open(pid, 0)) == -1 || loop_watch(w->loop, &watch) != ERR_OK) {
		log_fault(bot->name, "erase: %s", strerror(errno));
		free(errand);
		return ERR_FAULT;
	}
	w->asked++;
	return ERR_OK;
}

/* ---- calls ---- */

static void
end_call(struct errand *errand, enum muxrpc_state state)
{
	enum err err = state == MUXRPC_ANSWERED ? ERR_OK : state == MUXRPC_REFUSED ? ERR_INVALID : ERR_BUSY;

	errand->w->asked--;
	errand->reply.answer(errand->reply.ctx, err, muxrpc_answer(errand->call), muxrpc_why(errand->call));
	muxrpc_close(errand->call);
	free(errand);
}

/* The worker ends. */
static void
leave_call(struct errand *errand)
{
	errand->w->asked--;
	errand->reply.answer(errand->reply.ctx, ERR_BUSY, NULL, NULL);
	muxrpc_close(errand->call);
	free(errand);
}

static void call_ready(void *ctx, int ready);

static enum err
await_call(struct errand *errand, enum muxrpc_state state)
{
	const struct watch watch = {
		.fd = muxrpc_fd(errand->call), .events = state == MUXRPC_SEND ? POLLOUT : POLLIN, .until = errand->until,
		.call = call_ready, .ctx = errand
	};

	return loop_watch(errand->w->loop, &watch);
}

static void
call_ready(void *ctx, int ready)
{
	struct errand		*errand = ctx;
	enum muxrpc_state	 state = ready > 0 ? muxrpc_step(errand->call) : MUXRPC_WAIT;

	if (ready == LOOP_GONE) {
		leave_call(errand);
		return;
	}
	if (ready > 0 && (state == MUXRPC_SEND || state == MUXRPC_WAIT) && await_call(errand, state) == ERR_OK)
		return;
	end_call(errand, state);
}

static int
connect_to(const struct world *w, const struct bot *bot)
{
	char	why[FLEET_WORDS_CAP];
	int	fd, dir = local_dir_open(w->conf, bot->dir);

	if (dir == -1)
		return -1;
	fd = local_connect(dir, why);
	close(dir);
	return fd;
}

static enum err
call(struct world *w, const struct bot *bot, const struct json *request, const struct fleet_reply *reply)
{
	struct errand	*errand = NULL;
	int		 fd = connect_to(w, bot);

	if (fd == -1)
		return ERR_BUSY;
	if ((errand = new_errand(w, bot->id)) == NULL) {
		close(fd);
		return ERR_FAULT;
	}
	errand->reply = *reply;
	errand->until = clock_boot() + PATIENCE;
	if (muxrpc_open(fd, request, &errand->call) != ERR_OK || await_call(errand, MUXRPC_SEND) != ERR_OK) {
		muxrpc_close(errand->call);
		free(errand);
		return ERR_FAULT;
	}
	w->asked++;
	return ERR_OK;
}

static int
has(struct world *w, const char *release)
{
	char name[BOT_RELEASE_CAP], path[PATH_MAX];

	return local_release(w->conf, release, name, path) == ERR_OK;
}

const struct fleet fleet_local = {
	.open = open_fleet, .look = local_look, .glance = local_glance, .start = start, .stop = stop, .erase = erase, .call = call, .has = has,
};
