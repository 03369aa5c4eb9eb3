/* A look at a local bot: is its keeper's lock held, does the pub answer as itself, is its port open? */

#include "worker/fleet_local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/fleet_local_dir.h"
#include "worker/fleet_pub.h"
#include "worker/loop.h"
#include "worker/muxrpc.h"
#include "worker/world.h"

enum { PATIENCE = 5000 };	/* ms for an answer */

struct look {
	struct world	*w;
	struct bot	 bot;
	fleet_seen	*seen;
	void		*ctx;
	struct muxrpc	*call;		/* NULL once over */
	int		 door;		/* the TCP connection being tried; -1 once over */
	int		 listening, open;	/* the pub says so; somebody accepted */
	int64_t		 until;
	struct sight	 sight;
};

/* ---- from outside ---- */

/* The first number in a small file of /proc behind key; -1: none. */
static int64_t
number_in(const char *path, const char *key)
{
	char		 text[4096], *at;
	int64_t		 number = -1;
	ssize_t		 n;
	int		 fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if ((n = read(fd, text, sizeof(text) - 1)) > 0) {
		text[n] = '\0';
		if ((at = strstr(text, key)) != NULL)
			number = strtoll(at + strlen(key), NULL, 10);
	}
	close(fd);
	return number;
}

/* Of a keeper's pub, bytes; -1: not known. */
static int64_t
memory_of(pid_t keeper)
{
	char	path[64];
	int64_t	pub, kb;

	if (keeper <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)keeper, (long)keeper);
	if ((pub = number_in(path, "")) <= 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pub);
	kb = number_in(path, "VmRSS:");
	return kb < 0 ? -1 : kb * 1024;
}

/* ---- its socket ---- */

/* Whoever listens there must be the user that data/ belongs to: a link could lead to somebody else's socket. */
static int
is_own(int fd, const struct stat *data)
{
	struct ucred	peer;
	socklen_t	len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == data->st_uid;
}

int
local_connect(int dir, char why[FLEET_WORDS_CAP])
{
	struct sockaddr_un	address = { .sun_family = AF_UNIX };
	struct stat		st, sock;
	int			fd = -1, data = openat(dir, "data", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	snprintf(why, FLEET_WORDS_CAP, "it does not answer");
	if (data == -1 || fstat(data, &st) == -1 || fstatat(data, "socket", &sock, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISSOCK(sock.st_mode))
		goto fail;
	/* Through the descriptor, so that a long state_dir fits into the 107 bytes of an address. */
	if (snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/socket", data) < 0)
		goto fail;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) == -1)
		goto fail;
	if (!is_own(fd, &st)) {
		snprintf(why, FLEET_WORDS_CAP, "its socket is not its own");
		goto fail;
	}
	close(data);
	why[0] = '\0';
	return fd;
fail:
	if (fd != -1)
		close(fd);
	if (data != -1)
		close(data);
	return -1;
}

/* ---- the look ---- */

static void call_ready(void *ctx, int ready);

static void
finish(struct look *look)
{
	struct sight *sight = &look->sight;

	if (look->call != NULL || look->door != -1)
		return;
	if (sight->answered && sight->indexing)
		snprintf(sight->why, sizeof(sight->why), "putting its indexes in order");
	else if (sight->answered && !(look->open && look->listening))
		snprintf(sight->why, sizeof(sight->why), "its port %d does not answer", look->bot.port);
	sight->proven = sight->answered && !sight->indexing && look->open && look->listening;
	look->seen(look->ctx, sight);
	free(look);
}

static void
end_call(struct look *look, enum muxrpc_state state)
{
	struct sight *sight = &look->sight;

	if (state == MUXRPC_ANSWERED && fleet_said(look->bot.public_key, muxrpc_answer(look->call), sight))
		look->listening = json_bool(json_get(muxrpc_answer(look->call), "listening"), 0);
	else if (state == MUXRPC_REFUSED)
		snprintf(sight->why, sizeof(sight->why), "it can't say how it is: %s", muxrpc_why(look->call));
	else if (state == MUXRPC_BROKEN)
		snprintf(sight->why, sizeof(sight->why), "it answers nonsense");
	else if (state != MUXRPC_ANSWERED)
		snprintf(sight->why, sizeof(sight->why), "it does not answer");
	muxrpc_close(look->call);
	look->call = NULL;
}

static enum err
await_call(struct look *look, enum muxrpc_state state)
{
	const struct watch watch = {
		.fd = muxrpc_fd(look->call), .events = state == MUXRPC_SEND ? POLLOUT : POLLIN, .until = look->until,
		.call = call_ready, .ctx = look
	};

	return loop_watch(look->w->loop, &watch);
}

static void
call_ready(void *ctx, int ready)
{
	struct look		*look = ctx;
	enum muxrpc_state	 state = ready > 0 ? muxrpc_step(look->call) : MUXRPC_WAIT;

	if (ready == LOOP_GONE)
		look->sight.known = 0;
	if (ready > 0 && (state == MUXRPC_SEND || state == MUXRPC_WAIT) && await_call(look, state) == ERR_OK)
		return;
	end_call(look, state);
	finish(look);
}

static void
begin_call(struct look *look, int dir)
{
	struct json	*request = NULL, *arg;
	int		 fd = local_connect(dir, look->sight.why);

	if (fd == -1)
		return;
	request = muxrpc_request("status", &arg);
	if (muxrpc_open(fd, request, &look->call) == ERR_OK && await_call(look, MUXRPC_SEND) != ERR_OK)
		end_call(look, MUXRPC_WAIT);
	json_free(request);
}

static void
door_ready(void *ctx, int ready)
{
	struct look	*look = ctx;
	int		 error = 0;
	socklen_t	 len = sizeof(error);

	if (ready == LOOP_GONE)
		look->sight.known = 0;
	if (ready > 0 && getsockopt(look->door, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
		look->open = error == 0;
	close(look->door);
	look->door = -1;
	finish(look);
}

/* Only at one that answers at all: a pub that is still waking up has no port to knock at. */
static void
begin_knock(struct look *look)
{
	struct watch watch = { .events = POLLOUT, .until = look->until, .call = door_ready, .ctx = look };

	if (look->call == NULL || (look->door = fleet_knock(local_door(look->bot.address), look->bot.port)) == -1)
		return;
	watch.fd = look->door;
	if (loop_watch(look->w->loop, &watch) != ERR_OK) {
		close(look->door);
		look->door = -1;
	}
}

/*
 * When a run began.  One that seems to begin in the future is from before the clock was set back: it is taken to begin
 * now, and so that this stays, its lock's time is set.
 */
static int64_t
begun(const struct world *w, int dir, int64_t since)
{
	int64_t now = clock_now();

	if (since <= now + CLOCK_SECOND)
		return since;
	if (!w->dry)
		local_dir_began(dir, now);
	return now;
}

/* What is known without asking the pub. */
static void
see_keeper(struct world *w, const struct bot *bot, int dir, struct sight *sight)
{
	struct hand		*hand = world_hand(w, bot->id);
	struct local_run	 run = { 0 };
	pid_t			 pid = 0;
	int64_t			 since = 0;
	int			 held = local_dir_held(dir, &pid, &since);

	if (held == -1 || hand == NULL)
		return;
	sight->known = 1;
	/* One that we have just started may not have its lock yet; it is no less there. */
	if ((sight->running = held || hand->keeper != -1) == 0) {
		local_dir_end(dir, sight);
		if (!sight->ran && hand->started_at != 0)
			snprintf(sight->why, sizeof(sight->why), "its keeper could not run");
		return;
	}
	if (pid != 0)
		local_follow(w, hand, dir, pid);
	sight->started_at = pid != 0 ? begun(w, dir, since) : clock_now();
	sight->memory = memory_of(pid);
	if (local_run_read(dir, &run) == ERR_OK) {
		sight->restarts = run.restarts;
		sight->rebuilds = run.rebuilds;
		memcpy(sight->release, run.release, sizeof(sight->release));
	}
}

/* The bot's directory, -1: there is none, which is known unless something else is wrong. */
static int
enter(const struct world *w, const struct bot *bot, struct sight *sight)
{
	int dir = local_dir_open(w->conf, bot->dir);

	if (dir == -1 && !(sight->known = errno == ENOENT))
		log_fault(bot->name, "directory: %s", strerror(errno));
	return dir;
}

void
local_glance(struct world *w, const struct bot *bot, struct sight *out)
{
	int dir;

	*out = fleet_nothing;
	if ((dir = enter(w, bot, out)) == -1)
		return;
	see_keeper(w, bot, dir, out);
	close(dir);
}

static void
look_into(struct look *look)
{
	int dir = enter(look->w, &look->bot, &look->sight);

	if (dir == -1)
		return;
	see_keeper(look->w, &look->bot, dir, &look->sight);
	if (look->sight.running) {
		begin_call(look, dir);
		begin_knock(look);
	}
	close(dir);
}

void
local_look(struct world *w, const struct bot *bot, fleet_seen *seen, void *ctx)
{
	struct look *look = calloc(1, sizeof(*look));

	if (look == NULL) {
		log_fault(bot->name, "look: no memory");
		seen(ctx, &fleet_nothing);
		return;
	}
	*look = (struct look){
		.w = w, .bot = *bot, .seen = seen, .ctx = ctx, .door = -1, .until = clock_boot() + PATIENCE,
		.sight = fleet_nothing
	};
	look_into(look);
	finish(look);		/* unless there is something to wait for */
}
