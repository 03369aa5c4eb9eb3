/*
 * baas-keep DIR: the keeper of one local bot.  Holds the lock DIR/lock ("it runs"), jails itself, starts the
 * pub and waits for its end; DIR/exit then says how that was.  When to start again is the worker's business.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/jail.h"
#include "lib/json.h"
#include "lib/log.h"

enum {
	LINE_CAP = 201,			/* of the last line on stderr */
	RUN_MAX = 16384,		/* bytes of DIR/run */
	LOCK_TRIES = 50, LOCK_PAUSE = 20 * 1000,	/* 1 s, in us: the worker's looks hold the lock for a moment */
	KILL_AFTER = 10 * 1000		/* ms */
};

struct keeper {
	const char	*path;		/* DIR */
	int		 dir, lock, data, exit;
	int		 children;	/* of this process: a file of /proc that the jail would close */
	int		 events, errors;	/* signals; the pub's stderr */
	int		 port, heap;
	char		 node[PATH_MAX], pub[PATH_MAX], home[PATH_MAX];
	pid_t		 pid;		/* the pub's */
	int		 told;		/* it was told to stop */
	int64_t		 kill_at;	/* clock_boot(); 0: not to be killed */
	char		 line[LINE_CAP];	/* last line of stderr that says something */
	char		 part[LINE_CAP];	/* a line that has not ended yet */
	size_t		 part_len;
};

static enum err
fault(const struct keeper *k, const char *what)
{
	log_fault(k->path, "%s: %s", what, strerror(errno));
	return ERR_FAULT;
}

/* ---- opening ---- */

static enum err
take_lock(struct keeper *k)
{
	if ((k->lock = openat(k->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return fault(k, "lock");
	for (int i = 0; flock(k->lock, LOCK_EX | LOCK_NB) == -1; i++) {
		if (errno != EWOULDBLOCK)
			return fault(k, "lock");
		if (i == LOCK_TRIES)
			return ERR_EXISTS;
		usleep(LOCK_PAUSE);
	}
	if (ftruncate(k->lock, 0) == -1 || dprintf(k->lock, "%ld\n", (long)getpid()) < 0)
		return fault(k, "lock");
	return ERR_OK;
}

static enum err
copy_text(const struct json *json, char out[PATH_MAX])
{
	const char *text = json_text(json, "");

	return text[0] == '/' && snprintf(out, PATH_MAX, "%s", text) < PATH_MAX ? ERR_OK : ERR_INVALID;
}

static enum err
copy_number(const struct json *json, int min, int max, int *out)
{
	int64_t number = json_int(json, -1);

	if (number < min || number > max)
		return ERR_INVALID;
	*out = (int)number;
	return ERR_OK;
}

/* DIR/run, the worker's: which node, which pub, which port, how much memory. */
static enum err
read_run(struct keeper *k)
{
	char		 text[RUN_MAX];
	struct json	*run = NULL;
	ssize_t		 n = -1;
	enum err	 err;
	int		 fd = openat(k->dir, "run", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd != -1)
		n = read(fd, text, sizeof(text));
	if (n == -1)
		err = fault(k, "run");
	else if ((err = json_read(text, (size_t)n, &run)) != ERR_OK ||
	    (err = copy_text(json_get(run, "node"), k->node)) != ERR_OK ||
	    (err = copy_text(json_get(run, "pub"), k->pub)) != ERR_OK ||
	    (err = copy_number(json_get(run, "port"), 1, 65535, &k->port)) != ERR_OK ||
	    (err = copy_number(json_get(run, "heap"), 16, 1 << 20, &k->heap)) != ERR_OK)
		log_fault(k->path, "run: does not say how to start it");
	json_free(run);
	if (fd != -1)
		close(fd);
	return err;
}

static enum err
open_files(struct keeper *k)
{
	char path[64];

	if (snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid()) >= (int)sizeof(path))
		return ERR_FAULT;
	if ((k->data = openat(k->dir, "data", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return fault(k, "data");
	if ((k->exit = openat(k->dir, "exit", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) == -1)
		return fault(k, "exit");
	/* Room for what is to be said at the end, when the disk may be full; its length stays 0. */
	(void)fallocate(k->exit, FALLOC_FL_KEEP_SIZE, 0, LINE_CAP + 100);
	if ((k->children = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		log_fault(k->path, "%s: %s; what the pub leaves behind will not be ended", path, strerror(errno));
	if (fchdir(k->data) == -1 || getcwd(k->home, sizeof(k->home)) == NULL)
		return fault(k, "data");
	return ERR_OK;
}

/* ---- closing it in ---- */

/* As root: becomes the owner of data/.  The bounding set goes first, while that may still be done. */
static enum err
drop_user(const struct keeper *k)
{
	struct stat st;

	if (fstat(k->data, &st) == -1)
		return fault(k, "data");
	if (geteuid() != 0 || st.st_uid == 0)
		return ERR_OK;
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 && errno != EPERM)
			return fault(k, "capabilities");
	if (setgroups(0, NULL) == -1 || setresgid(st.st_gid, st.st_gid, st.st_gid) == -1 ||
	    setresuid(st.st_uid, st.st_uid, st.st_uid) == -1)
		return fault(k, "user");
	return ERR_OK;
}

static enum err
enter_jail(const struct keeper *k)
{
	const char *const readable[] = {
		k->node, k->pub, "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib",
		"/usr/share/nodejs",		/* Debian's node has part of itself there */
		"/etc/ld.so.cache", "/etc/ssl/openssl.cnf", "/etc/localtime", "/dev/urandom", NULL
	};
	const char *const writable[] = { k->home, "/dev/null", NULL };
	const struct jail jail = { .readable = readable, .writable = writable, .bind_port = k->port };

	return jail_enter(&jail);
}

static enum err
close_in(const struct keeper *k)
{
	const struct rlimit files = { 1024, 1024 };
	enum err	    err;

	umask(077);
	if (setrlimit(RLIMIT_NOFILE, &files) == -1)
		return fault(k, "limits");
	if ((err = drop_user(k)) != ERR_OK || (err = enter_jail(k)) != ERR_OK)
		return err;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return fault(k, "prctl");
	return ERR_OK;
}

/* ---- the pub ---- */

/* In the child.  A second jail within the first: so the pub can't trace its keeper, nor signal it. */
static void
become_pub(const struct keeper *k, pid_t keeper, int errors)
{
	char		 heap[64], start[PATH_MAX + 8], home[PATH_MAX + 8];
	char		 node[] = "node", here[] = ".", path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char *const	 argv[] = { node, heap, start, here, NULL };
	char *const	 env[] = { path, home, NULL };
	sigset_t	 none;
	int		 null = open("/dev/null", O_RDWR | O_CLOEXEC);

	snprintf(heap, sizeof(heap), "--max-old-space-size=%d", k->heap);
	snprintf(start, sizeof(start), "%s/pub.js", k->pub);
	snprintf(home, sizeof(home), "HOME=%s", k->home);
	sigemptyset(&none);
	if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 || dup2(errors, 2) == -1)
		_exit(126);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    getppid() != keeper || enter_jail(k) != ERR_OK)
		_exit(126);
	execve(k->node, argv, env);
	dprintf(2, "%s: %s\n", k->node, strerror(errno));
	_exit(127);
}

static enum err
watch_signals(struct keeper *k)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) == -1 ||
	    (k->events = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) == -1)
		return fault(k, "signals");
	return ERR_OK;
}

static enum err
start(struct keeper *k)
{
	pid_t	keeper = getpid();
	int	ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return fault(k, "pipe");
	if ((k->pid = fork()) == 0)
		become_pub(k, keeper, ends[1]);
	close(ends[1]);
	k->errors = ends[0];
	if (k->pid == -1 || fcntl(k->errors, F_SETFL, O_NONBLOCK) == -1)
		return fault(k, "fork");
	return ERR_OK;
}

/* SIGCONT too: one that was stopped would never hear of it. */
static void
stop(struct keeper *k)
{
	k->told = 1;
	if (k->kill_at == 0)
		k->kill_at = clock_boot() + KILL_AFTER;
	kill(k->pid, SIGTERM);
	kill(k->pid, SIGCONT);
}

static void
end_line(struct keeper *k)
{
	if (k->part_len > 0)
		memcpy(k->line, k->part, LINE_CAP);
	k->part_len = 0;
	memset(k->part, 0, sizeof(k->part));
}

/* Keeps the last line with anything on it, as printable ASCII. */
static void
hear(struct keeper *k, char c)
{
	if (c == '\n')
		end_line(k);
	else if (k->part_len < LINE_CAP - 1 && (k->part_len > 0 || c != ' '))
		k->part[k->part_len++] = c >= ' ' && c <= '~' ? c : '?';
}

/* A pipe full at most, lest one that never stops talking keeps us from all else.  The end of it closes the pipe. */
static void
read_errors(struct keeper *k)
{
	char	bytes[4096];
	ssize_t	n = 1;

	for (int i = 0; i < 16 && k->errors != -1 && n > 0; i++) {
		n = read(k->errors, bytes, sizeof(bytes));
		for (ssize_t at = 0; at < n; at++)
			hear(k, bytes[at]);
	}
	if (n == 0) {
		close(k->errors);
		k->errors = -1;
	}
}

/* 1, with *status, once the pub has ended.  Orphans of its making are reaped as well. */
static int
reap(struct keeper *k, int *status)
{
	pid_t	pid;
	int	one, ended = 0;

	while ((pid = waitpid(-1, &one, WNOHANG)) > 0)
		if (pid == k->pid) {
			*status = one;
			ended = 1;
		}
	return ended;
}

static int
handle_signals(struct keeper *k, int *status)
{
	struct signalfd_siginfo	info;
	int			ended = 0;

	while (read(k->events, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			ended |= reap(k, status);
		else
			stop(k);
	}
	return ended;
}

static int
patience(const struct keeper *k)
{
	int64_t left = k->kill_at - clock_boot();

	if (k->kill_at == 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

/* Until the pub has ended: its wait status. */
static int
wait_for_end(struct keeper *k)
{
	struct pollfd	fds[2];
	int		status = 0, ended = 0;

	while (!ended) {
		fds[0] = (struct pollfd){ .fd = k->events, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = k->errors, .events = POLLIN };
		if (poll(fds, 2, patience(k)) == -1 && errno != EINTR)
			kill(k->pid, SIGKILL);
		if (k->kill_at != 0 && patience(k) == 0) {
			kill(k->pid, SIGKILL);
			k->kill_at = clock_boot() + KILL_AFTER;
		}
		read_errors(k);
		ended = handle_signals(k, &status);
	}
	read_errors(k);
	end_line(k);
	return status;
}

/* Kills what the pub has left behind (such things are our children now), until nothing is left. */
static void
sweep(const struct keeper *k)
{
	char	 pids[4096], *at, *end;
	ssize_t	 n;
	long	 pid;

	while (k->children != -1 && (n = pread(k->children, pids, sizeof(pids) - 1, 0)) > 0) {
		pids[n] = '\0';
		for (at = pids; (pid = strtol(at, &end, 10)) > 0 && *end == ' '; at = end)
			kill((pid_t)pid, SIGKILL);
		if (waitpid(-1, NULL, 0) == -1)
			break;
	}
}

static enum err
tell(const struct keeper *k, int status)
{
	struct json	*root = json_object(NULL, NULL);
	struct buf	 text = { 0 };
	enum err	 err;

	json_add_bool(root, "told", k->told);
	json_add_int(root, "status", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	json_add_int(root, "signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	json_add_text(root, "line", k->line);
	if ((err = json_write(root, &text)) != ERR_OK)
		log_fault(k->path, "exit: %s", err_word(err));
	else if (pwrite(k->exit, text.data, text.len, 0) != (ssize_t)text.len)
		err = fault(k, "exit");
	json_free(root);
	buf_clear(&text);
	return err;
}

static enum err
keep(struct keeper *k)
{
	enum err	err;
	int		status;

	if ((k->dir = open(k->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return fault(k, "open");
	if ((err = take_lock(k)) != ERR_OK || (err = open_files(k)) != ERR_OK || (err = read_run(k)) != ERR_OK ||
	    (err = watch_signals(k)) != ERR_OK || (err = close_in(k)) != ERR_OK || (err = start(k)) != ERR_OK)
		return err;
	status = wait_for_end(k);
	sweep(k);
	return tell(k, status);
}

int
main(int argc, char **argv)
{
	struct keeper	k = { .lock = -1, .data = -1, .exit = -1, .children = -1, .events = -1, .errors = -1 };
	enum err	err;

	log_open("baas-keep");
	if (argc != 2) {
		log_fault("usage", "baas-keep DIR");
		return 2;
	}
	k.path = argv[1];
	if ((err = keep(&k)) == ERR_EXISTS)
		log_note(k.path, "another keeper has it");
	return err == ERR_OK || err == ERR_EXISTS ? 0 : 1;
}
