/* Keeps the worker away while the database is changed under it: by its own two locks, as a newcomer that stays. */

#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/log.h"

/* ms; a worker hands over within 8 s once somebody waits (worker/reconcile.c) */
enum { PATIENCE = 20000 };

/* -1: logged. */
static int
open_lock(const struct conf *conf, const char *name)
{
	struct buf	path = { 0 };
	int		fd = -1;

	buf_fmt(&path, "%s/%s", conf_text(conf, CONF_STATE_DIR), name);
	if (buf_error(&path) == ERR_OK && (fd = open(buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		log_fault(buf_text(&path), "%s", strerror(errno));
	buf_clear(&path);
	return fd;
}

static enum err
take(int fd, int64_t until)
{
	const struct timespec nap = { .tv_nsec = 20000000 };

	if (fd == -1)
		return ERR_FAULT;
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			log_fault("lock", "%s", strerror(errno));
			return ERR_FAULT;
		}
		if (clock_boot() > until) {
			log_fault("worker", "baas-reconcile does not end: stop it, and its line in cron");
			return ERR_BUSY;
		}
		nanosleep(&nap, NULL);
	}
	return ERR_OK;
}

enum err
alone_open(const struct conf *conf, struct alone *alone)
{
	int64_t		until = clock_boot() + PATIENCE;
	enum err	err;

	alone->next = open_lock(conf, "next.lock");
	alone->run = open_lock(conf, "run.lock");
	if ((err = take(alone->next, until)) == ERR_OK)
		err = take(alone->run, until);
	if (err != ERR_OK)
		alone_close(alone);
	return err;
}

void
alone_close(struct alone *alone)
{
	if (alone->next != -1)
		close(alone->next);
	if (alone->run != -1)
		close(alone->run);
	alone->next = alone->run = -1;
}
