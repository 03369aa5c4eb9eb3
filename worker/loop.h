/* The only wait: everything that the worker expects an answer from is in here. */

#ifndef BAAS_WORKER_LOOP_H
#define BAAS_WORKER_LOOP_H

#include <poll.h>
#include <stdint.h>

#include "lib/err.h"

struct loop;

enum { LOOP_GONE = -1 };

/*
 * What is called back, once: ready is what poll(2) saw, 0 when the time was up.  LOOP_GONE: there is no more to wait
 * for; let go of all that was waiting, and neither begin nor record anything.
 */
typedef void loop_call(void *ctx, int ready);

enum err loop_open(struct loop **out);
void loop_close(struct loop *loop);	/* calls all back with LOOP_GONE; NULL is fine */

struct watch {
	int		 fd;
	int		 events;	/* POLLIN, POLLOUT */
	int64_t		 until;		/* clock_boot(); INT64_MAX: for ever */
	loop_call	*call;
	void		*ctx;
};

/*
 * Calls back when fd is ready or, with 0, once its time is up.  After the call, and after a fault, it is no longer
 * watched.  One watch for each fd.
 */
enum err loop_watch(struct loop *loop, const struct watch *watch);

/* Calls back with LOOP_GONE.  Fine if fd is not watched. */
void loop_forget(struct loop *loop, int fd);

/* Waits for the first of all that, at most ms, and makes the calls. */
enum err loop_wait(struct loop *loop, int64_t ms);

/* Who else has something to wait for: worker/http.c. */
struct loop_hook {
	/* As poll(2), and returns early for its own things.  Calls nobody: the list must not move yet. */
	int	 (*poll)(void *ctx, struct pollfd *polled, nfds_t n, int ms);
	void	 (*calls)(void *ctx);	/* after that, and after the calls of the watched: makes its own */
	void	*ctx;
};

/* From now on loop_wait waits in there; NULL: in poll(2) again.  The hook is copied. */
void loop_hook(struct loop *loop, const struct loop_hook *hook);

#endif
