/* The directory of a local bot.  What lies in data/ may have been put there by a pub that is not what it should be. */

#include "worker/fleet_local_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "worker/fleet.h"

enum {
	FILE_MAX = 16384, HOPS = 2,
	ROOM = 256 * 1024		/* bytes: less is no room */
};

enum err
local_path(const struct conf *conf, const char *dir, char out[PATH_MAX])
{
	const char	*state = conf_text(conf, CONF_STATE_DIR);
	int		 n;

	if (dir == NULL)
		n = snprintf(out, PATH_MAX, "%s/bots", state);
	else if (strlen(dir) != BOT_DIR_CAP - 1 || strspn(dir, "0123456789abcdef") != BOT_DIR_CAP - 1)
		return ERR_INVALID;
	else
		n = snprintf(out, PATH_MAX, "%s/bots/%s", state, dir);
	return n > 0 && n < PATH_MAX ? ERR_OK : ERR_INVALID;
}

int
local_dir_open(const struct conf *conf, const char *dir)
{
	char path[PATH_MAX];

	if (local_path(conf, dir, path) != ERR_OK) {
		errno = EINVAL;
		return -1;
	}
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* ---- reading ---- */

/* One of our own small files, as text.  -1: errno. */
static ssize_t
read_file(int dir, const char *name, char out[FILE_MAX], struct stat *st)
{
	int	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t	n = -1;

	if (fd == -1)
		return -1;
	if (fstat(fd, st) == 0 && (n = read(fd, out, FILE_MAX - 1)) >= 0)
		out[n] = '\0';
	close(fd);
	return n;
}

static int64_t
time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}

int
local_dir_held(int dir, pid_t *pid, int64_t *since)
{
	char		text[FILE_MAX], *end;
	struct stat	st;
	ssize_t		n;
	int		held, fd = openat(dir, "lock", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1) {
		log_fault("lock", "%s", strerror(errno));
		return -1;
	}
	held = flock(fd, LOCK_SH | LOCK_NB) == 0 ? 0 : errno == EWOULDBLOCK ? 1 : -1;
	if (held == -1)
		log_fault("lock", "%s", strerror(errno));
	close(fd);			/* and lets go of it */
	if (held != 1)
		return held;
	*pid = 0;
	*since = 0;
	if ((n = read_file(dir, "lock", text, &st)) > 0) {
		*pid = (pid_t)strtol(text, &end, 10);
		*since = time_of(&st);
		if (*end != '\n' || *pid < 2)
			*pid = 0;
	}
	return 1;
}

void
local_dir_began(int dir, int64_t at)
{
	const struct timespec	when = { .tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000 };
	const struct timespec	times[] = { when, when };

	if (utimensat(dir, "lock", times, AT_SYMLINK_NOFOLLOW) == -1)
		log_fault("lock", "%s", strerror(errno));
}

int
local_dir_is_full(const struct conf *conf)
{
	struct statvfs	st;
	char		path[PATH_MAX];

	if (local_path(conf, NULL, path) != ERR_OK || statvfs(path, &st) == -1)
		return 0;
	return st.f_bavail * st.f_frsize < ROOM || (st.f_files != 0 && st.f_favail == 0);
}

/* The words for how a run ended. */
static void
tell_end(const struct json *end, struct sight *out)
{
	int		signal = (int)json_int(json_get(end, "signal"), 0);
	int		status = (int)json_int(json_get(end, "status"), -1);
	const char	*line = json_text(json_get(end, "line"), "");

	if (end == NULL)
		snprintf(out->why, sizeof(out->why), "its keeper was killed");
	else if (signal == SIGKILL)
		snprintf(out->why, sizeof(out->why), "it was killed");
	else if (signal != 0)
		snprintf(out->why, sizeof(out->why), "it was ended by signal %d", signal);
	else
		snprintf(out->why, sizeof(out->why), "it stopped with status %d%s%.150s", status,
		    status == 0 || line[0] == '\0' ? "" : ": ", status == 0 ? "" : line);
}

void
local_dir_end(int dir, struct sight *out)
{
	char		 text[FILE_MAX];
	struct json	*end = NULL;
	struct stat	 st;
	ssize_t		 n = read_file(dir, "exit", text, &st);

	if (n == -1)
		return;
	out->ran = 1;
	out->ended_at = time_of(&st);
	if (n > 0 && json_read(text, (size_t)n, &end) != ERR_OK)
		end = NULL;
	out->told = json_bool(json_get(end, "told"), 0);
	if (!out->told)
		tell_end(end, out);
	json_free(end);
}

static enum err
copy(const struct json *json, char *out, size_t cap)
{
	return snprintf(out, cap, "%s", json_text(json, "")) < (int)cap ? ERR_OK : ERR_INVALID;
}

enum err
local_run_read(int dir, struct local_run *out)
{
	char		 text[FILE_MAX];
	struct json	*json = NULL;
	struct stat	 st;
	ssize_t		 n = read_file(dir, "run", text, &st);
	enum err	 err = ERR_NOTFOUND;

	if (n <= 0 || (err = json_read(text, (size_t)n, &json)) != ERR_OK)
		return err;
	out->bot = json_int(json_get(json, "bot"), 0);
	out->restarts = json_int(json_get(json, "restarts"), 0);
	out->rebuilds = json_int(json_get(json, "rebuilds"), 0);
	out->port = (int)json_int(json_get(json, "port"), 0);
	err = copy(json_get(json, "release"), out->release, sizeof(out->release));
	json_free(json);
	return err;
}

/* ---- writing ---- */

/* The group of a bot's own user has the same number.  Who is not root keeps the one that a file was made with. */
static gid_t
group_of(uid_t owner)
{
	return geteuid() == 0 ? owner : (gid_t)-1;
}

static enum err
fault(const char *what)
{
	log_fault(what, "%s", strerror(errno));
	return ERR_FAULT;
}

/* Replaces a file of dir as a whole.  What stood there, a link even, is replaced and never followed. */
static enum err
write_file(int dir, const char *name, const struct buf *text, uid_t owner)
{
	char	temp[64];
	int	fd;

	if (snprintf(temp, sizeof(temp), "%s.new", name) >= (int)sizeof(temp))
		return ERR_FAULT;
	unlinkat(dir, temp, 0);
	if ((fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400)) == -1)
		return fault(temp);
	if (write(fd, text->data, text->len) != (ssize_t)text->len || fchown(fd, owner, group_of(owner)) == -1 ||
	    fsync(fd) == -1 || renameat(dir, temp, dir, name) == -1) {
		close(fd);
		return fault(name);
	}
	close(fd);
	return ERR_OK;
}

static enum err
write_json(int dir, const char *name, struct json *json, uid_t owner)
{
	struct buf	text = { 0 };
	enum err	err = json_write(json, &text);

	if (err == ERR_OK)
		err = write_file(dir, name, &text, owner);
	buf_clear(&text);
	json_free(json);
	return err;
}

/* New at each start: the vault's word is the one that counts. */
static enum err
write_secret(int data, const struct secret *secret, uid_t owner)
{
	char		path[64];
	enum err	err;

	unlinkat(data, "secret.new", 0);
	if (snprintf(path, sizeof(path), "/proc/self/fd/%d/secret.new", data) >= (int)sizeof(path))
		return ERR_FAULT;
	if ((err = secret_write(secret, path, 0400)) != ERR_OK)
		return err;
	if (fchownat(data, "secret.new", owner, group_of(owner), AT_SYMLINK_NOFOLLOW) == -1 ||
	    renameat(data, "secret.new", data, "secret") == -1)
		return fault("secret");
	return ERR_OK;
}

static enum err
write_config(int data, const struct bot *bot, const struct local_run *run)
{
	struct json *json = json_object(NULL, NULL);

	json_add_text(json, "host", local_host(bot->address));
	json_add_int(json, "port", run->port);
	json_add_text(json, "external", bot->address);
	json_add_int(json, "restarts", run->restarts);
	json_add_int(json, "rebuilds", run->rebuilds);
	json_add_text(json, "release", run->release);
	json_add_int(json, "hops", HOPS);
	return write_json(data, "config", json, run->uid);
}

static enum err
write_run(int dir, const struct local_run *run)
{
	struct json *json = json_object(NULL, NULL);

	json_add_int(json, "bot", run->bot);
	json_add_int(json, "restarts", run->restarts);
	json_add_int(json, "rebuilds", run->rebuilds);
	json_add_text(json, "release", run->release);
	json_add_text(json, "node", run->node);
	json_add_text(json, "pub", run->pub);
	json_add_int(json, "port", run->port);
	json_add_int(json, "heap", run->heap);
	return write_json(dir, "run", json, geteuid());
}

/* Gives all below data/ to its new owner: another one has run the worker before.  Rare, so it may take its time. */
static enum err
give_all(int data, uid_t owner)
{
	char	command[] = "chown", options[] = "-RhP", end[] = "--", path[64], to[64];
	char	*const argv[] = { command, options, end, to, path, NULL };
	pid_t	pid;
	int	status;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", data);
	snprintf(to, sizeof(to), "%lu:%lu", (unsigned long)owner, (unsigned long)owner);
	if ((pid = fork()) == 0) {
		if (fcntl(data, F_SETFD, 0) == 0)
			execvp(command, argv);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid)
		return fault("chown");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ERR_OK : ERR_FAULT;
}

/* Who does it belong to now?  (uid_t)-1: it is not there. */
static uid_t
owner_of(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_uid : (uid_t)-1;
}

/* mkdir that does not mind if it is there; opens it, with that mode and owner, whatever they were.  -1: errno. */
static int
make_dir(int at, const char *name, mode_t mode, uid_t owner)
{
	int fd;

	if (mkdirat(at, name, 0700) == -1 && errno != EEXIST)
		return -1;
	if ((fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return -1;
	if (fchown(fd, owner, group_of(owner)) == -1 || fchmod(fd, mode) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

enum err
local_dir_fill(const struct conf *conf, const struct bot *bot, const struct local_run *run, const struct secret *secret)
{
	char		path[PATH_MAX];
	enum err	err = ERR_FAULT;
	uid_t		before;
	int		bots = -1, dir = -1, data = -1;

	if (local_path(conf, bot->dir, path) != ERR_OK || local_path(conf, NULL, path) != ERR_OK) {
		log_fault(bot->name, "directory: bad name");
		return ERR_FAULT;
	}
	if ((bots = make_dir(AT_FDCWD, path, 0711, geteuid())) == -1 ||
	    (dir = make_dir(bots, bot->dir, 0711, geteuid())) == -1) {
		fault(path);
		goto out;
	}
	before = owner_of(dir, "data");
	if ((data = make_dir(dir, "data", 0700, run->uid)) == -1) {
		fault(path);
		goto out;
	}
	if (before != (uid_t)-1 && before != run->uid && (err = give_all(data, run->uid)) != ERR_OK)
		goto out;
	if ((err = write_secret(data, secret, run->uid)) != ERR_OK ||
	    (err = write_config(data, bot, run)) != ERR_OK || (err = write_run(dir, run)) != ERR_OK)
		goto out;
	if (fsync(data) == -1 || fsync(dir) == -1 || fsync(bots) == -1)
		err = fault(path);
out:
	if (data != -1)
		close(data);
	if (dir != -1)
		close(dir);
	if (bots != -1)
		close(bots);
	return err;
}
