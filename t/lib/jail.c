/*
 * lib/jail: each try is made in a child, once free and once in the jail.  Free it must work, or the try itself
 * proves nothing.
 */

#include "lib/jail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/log.h"
#include "t/tap.h"

enum { CAP = 1200, FREE = 0, JAILED = 1, SKIPPED = 77 };

struct place {
	char	inside[CAP], outside[CAP], program[CAP];	/* a directory that is writable, one that isn't, one to read */
	int	mine, other;			/* ports: free, and one where somebody listens */
	pid_t	victim;				/* a process outside */
};

/* ---- the tries: 0 if it went through ---- */

static int
open_at(const char *dir, const char *name, int flags)
{
	char	path[CAP + 16];
	int	fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((fd = open(path, flags | O_CLOEXEC, 0600)) == -1)
		return -1;
	close(fd);
	return 0;
}

static int
read_inside(const struct place *p)
{
	return open_at(p->inside, "file", O_RDONLY);
}

static int
write_inside(const struct place *p)
{
	return open_at(p->inside, "new", O_WRONLY | O_CREAT | O_TRUNC);
}

static int
rename_inside(const struct place *p)
{
	char from[CAP + 16], to[CAP + 16];

	snprintf(from, sizeof(from), "%s/moved", p->inside);
	snprintf(to, sizeof(to), "%s/sub/moved", p->inside);
	if (open_at(p->inside, "moved", O_WRONLY | O_CREAT) == -1)
		return -1;
	return rename(from, to);
}

static int
read_program(const struct place *p)
{
	return open_at(p->program, "file", O_RDONLY);
}

static int
write_program(const struct place *p)
{
	return open_at(p->program, "file", O_WRONLY);
}

static int
read_outside(const struct place *p)
{
	return open_at(p->outside, "file", O_RDONLY);
}

static int
write_outside(const struct place *p)
{
	return open_at(p->outside, "new", O_WRONLY | O_CREAT);
}

static int
list_outside(const struct place *p)
{
	return open_at(p->outside, ".", O_RDONLY | O_DIRECTORY);
}

static int
truncate_outside(const struct place *p)
{
	char path[CAP + 16];

	snprintf(path, sizeof(path), "%s/file", p->outside);
	return truncate(path, 1);
}

static int
link_out(const struct place *p)
{
	char from[CAP + 16], to[CAP + 16];

	snprintf(from, sizeof(from), "%s/file", p->outside);
	snprintf(to, sizeof(to), "%s/linked", p->inside);
	unlink(to);
	return link(from, to);
}

static int
read_proc(const struct place *p)
{
	(void)p;
	return open_at("/proc/self", "status", O_RDONLY);
}

static int
exec_inside(const struct place *p)
{
	char	path[CAP + 16];
	int	status;
	pid_t	pid;

	snprintf(path, sizeof(path), "%s/true", p->inside);
	if ((pid = fork()) == 0) {
		execl(path, "true", (char *)NULL);
		_exit(99);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int
bind_to(int port)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int		on = 1;
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	rc = bind(fd, (const struct sockaddr *)&a, sizeof(a));
	close(fd);
	return rc;
}

static int
bind_mine(const struct place *p)
{
	return bind_to(p->mine);
}

static int
bind_any(const struct place *p)
{
	(void)p;
	return bind_to(0);
}

static int
connect_out(const struct place *p)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)p->other),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int			rc = connect(fd, (const struct sockaddr *)&a, sizeof(a));

	close(fd);
	return rc;
}

static int
signal_out(const struct place *p)
{
	return kill(p->victim, SIGCONT);
}

static int
trace_out(const struct place *p)
{
	if (ptrace(PTRACE_SEIZE, p->victim, NULL, NULL) == -1)
		return -1;
	return (int)ptrace(PTRACE_DETACH, p->victim, NULL, NULL) & 0;
}

static int
gain(const struct place *p)
{
	(void)p;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -1 : 0;
}

static int
dump_core(const struct place *p)
{
	struct rlimit limit;

	(void)p;
	return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 ? -1 : 0;
}

static int
have_capability(const struct place *p)
{
	(void)p;
	if (geteuid() != 0)
		return SKIPPED;
	return chroot("/") == 0 ? 0 : -1;
}

static const struct {
	const char	*name;
	int		(*try)(const struct place *);
	int		 works;		/* in the jail */
	int		 version;	/* of Landlock that it needs to be refused */
} tries[] = {
	{ "reading what is writable", read_inside, 1, 0 },
	{ "writing what is writable", write_inside, 1, 0 },
	{ "moving from directory to directory", rename_inside, 1, 0 },
	{ "reading what is readable", read_program, 1, 0 },
	{ "listening on the one port", bind_mine, 1, 0 },
	{ "writing what is readable", write_program, 0, 1 },
	{ "reading something else", read_outside, 0, 1 },
	{ "writing something else", write_outside, 0, 1 },
	{ "listing something else", list_outside, 0, 1 },
	{ "cutting something else", truncate_outside, 0, 3 },
	{ "linking something else inside", link_out, 0, 1 },
	{ "reading /proc", read_proc, 0, 1 },
	{ "running what is writable", exec_inside, 0, 1 },
	{ "listening on another port", bind_any, 0, 4 },
	{ "connecting", connect_out, 0, 4 },
	{ "tracing a process outside", trace_out, 0, 1 },
	{ "signalling a process outside", signal_out, 0, 6 },
	{ "gaining privileges", gain, 0, 0 },
	{ "dumping core", dump_core, 0, 0 },
	{ "a capability", have_capability, 0, 0 },
};

/* ---- running them ---- */

static enum err
enter(const struct place *p)
{
	const char *const readable[] = { p->program, "/nowhere/at/all", "/usr/lib", "/lib", "/lib64", NULL };
	const char *const writable[] = { p->inside, "/dev/null", NULL };
	const struct jail jail = { .readable = readable, .writable = writable, .bind_port = p->mine };

	return jail_enter(&jail);
}

static int
run(int (*try)(const struct place *), const struct place *p, int jailed)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		if (jailed && enter(p) != ERR_OK)
			_exit(98);
		status = try(p);
		_exit(status == 0 ? 0 : status == SKIPPED ? SKIPPED : 1);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 99;
	return WEXITSTATUS(status);
}

/* Twice over: what a second jail within the first allows is no more and no less. */
static int
twice(const struct place *p)
{
	return enter(p) == ERR_OK && read_inside(p) == 0 && read_outside(p) == -1 ? 0 : 1;
}

/* What the first child can't do to us, its parent can still do to it: that is how a keeper ends its pub. */
static int
ends_child(const struct place *p)
{
	int	status, ends[2];
	char	c;
	pid_t	pid;

	if (pipe(ends) == -1)
		return 1;
	if ((pid = fork()) == 0) {
		if (enter(p) != ERR_OK || kill(getppid(), SIGCONT) == 0 || write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	close(ends[1]);
	if (read(ends[0], &c, 1) != 1 || kill(pid, SIGTERM) == -1 || waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 0 : 1;
}

static void
make_dir(const char *name, char out[CAP])
{
	snprintf(out, CAP, "%s/%s", tap_dir(), name);
	if (mkdir(out, 0700) == -1 || open_at(out, "file", O_WRONLY | O_CREAT) == -1)
		abort();
}

/* A port where this process listens from now on, or that is free: it stays bound here, so that nobody else is given it. */
static int
get_port(int listening)
{
	struct sockaddr_in	a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(a);
	const int		on = 1;
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (const struct sockaddr *)&a, sizeof(a)) == -1 || (listening && listen(fd, 9) == -1) ||
	    getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		abort();
	return ntohs(a.sin_port);
}

static void
make_place(struct place *p)
{
	char	path[CAP + 16], command[3 * CAP];
	int	ends[2];
	char	c;

	make_dir("inside", p->inside);
	make_dir("outside", p->outside);
	make_dir("program", p->program);
	snprintf(path, sizeof(path), "%s/sub", p->inside);
	snprintf(command, sizeof(command), "cp /bin/true '%s/true'", p->inside);
	if (mkdir(path, 0700) == -1 || system(command) != 0 || pipe(ends) == -1)
		abort();
	p->mine = get_port(0);
	p->other = get_port(1);
	if ((p->victim = fork()) == 0) {
		if (write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (p->victim == -1 || read(ends[0], &c, 1) != 1)
		abort();
}

int
main(void)
{
	struct place	p = { 0 };
	int		free_rc, rc;

	log_open("jail.t");
	make_place(&p);
	diag("landlock %d", jail_version());
	for (int i = 0; i < (int)(sizeof(tries) / sizeof(tries[0])); i++) {
		free_rc = run(tries[i].try, &p, FREE);
		rc = run(tries[i].try, &p, JAILED);
		if (free_rc == SKIPPED || tries[i].version > jail_version())
			ok(1, "%s # SKIP needs root, or a newer kernel", tries[i].name);
		else
			ok((free_rc == 0 || tries[i].version == 0) && rc == (tries[i].works ? 0 : 1),
			    "%s: %s (free %d, jailed %d)", tries[i].name, tries[i].works ? "works" : "is refused",
			    free_rc, rc);
	}
	is_int(0, run(twice, &p, JAILED), "a jail within the jail");
	if (jail_version() >= 6)
		is_int(0, run(ends_child, &p, JAILED), "one in the inner jail can be ended from the outer, and not the other way round");
	kill(p.victim, SIGKILL);
	return tap_end();
}
