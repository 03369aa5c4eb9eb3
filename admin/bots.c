/* baas bots stop: ends every bot of this machine by its keeper.  Wishes stay: a worker that runs would start them again. */

#include <sys/file.h>
#include <sys/types.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/log.h"

enum { PATIENCE = 11000, LAST = 1500 };	/* ms; a keeper itself kills its pub after 10 s */

/* The pid that a number names, 0 if it is none. */
static pid_t
read_pid(int fd)
{
	char	text[16];
	ssize_t	n = pread(fd, text, sizeof(text) - 1, 0);
	char	*end;
	long	pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	pid = strtol(text, &end, 10);
	return pid > 1 && pid < 0x7fffffff && (*end == '\n' || *end == '\0') ? (pid_t)pid : 0;
}

/* A pid in a file may be an old one: only a keeper is sent a signal. */
static int
is_keeper(pid_t pid)
{
	char	 path[64], name[32] = "";
	FILE	*file;
	int	 n = snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);

	if (n < 0 || (size_t)n >= sizeof(path) || (file = fopen(path, "re")) == NULL)
		return 0;
	if (fgets(name, sizeof(name), file) == NULL)
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "baas-keep\n") == 0;
}

/* 1 if that bot runs; its keeper gets the signal, if it is not 0. */
static int
send(const char *bots, const char *name, int sig)
{
	int	fd = admin_open(bots, name, "lock"), held;
	pid_t	pid;

	if (fd == -1)
		return 0;
	held = flock(fd, LOCK_SH | LOCK_NB) == -1 && errno == EWOULDBLOCK;
	if (held && sig != 0 && (pid = read_pid(fd)) != 0 && is_keeper(pid) && kill(pid, sig) == -1)
		log_fault(name, "kill: %s", strerror(errno));
	close(fd);
	return held;
}

/* How many run.  -1: the directory can't be read. */
static int
send_all(const char *bots, int sig)
{
	struct dirent	*entry;
	DIR		*dir = opendir(bots);
	int		 n = 0;

	if (dir == NULL) {
		log_fault(bots, "%s", strerror(errno));
		return -1;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			n += send(bots, entry->d_name, sig);
	closedir(dir);
	return n;
}

/* How many still run after at most ms. */
static int
wait_for(const char *bots, int64_t ms)
{
	const struct timespec	nap = { .tv_nsec = 20000000 };
	int64_t			end = clock_boot() + ms;
	int			n;

	while ((n = send_all(bots, 0)) > 0 && clock_boot() < end)
		nanosleep(&nap, NULL);
	return n;
}

static enum err
stop_all(const char *bots)
{
	int n = send_all(bots, SIGTERM);

	if (n > 0 && (n = wait_for(bots, PATIENCE)) > 0) {
		log_fault(bots, "%d did not stop in time: killing", n);
		send_all(bots, SIGKILL);
		n = wait_for(bots, LAST);
	}
	if (n > 0)
		log_fault(bots, "%d still run", n);
	return n == 0 ? ERR_OK : ERR_FAULT;
}

enum err
bots_stop(struct admin *admin)
{
	struct buf	bots = { 0 };
	enum err	err;

	buf_fmt(&bots, "%s/bots", conf_text(admin->conf, CONF_STATE_DIR));
	if ((err = buf_error(&bots)) == ERR_OK)
		err = stop_all(buf_text(&bots));
	buf_clear(&bots);
	return err;
}
