/* The only wait: poll(2) over what is watched, or what a hook has in its stead. */

#include "worker/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

/* One whose call is near.  fd -1: forgotten meanwhile. */
struct called {
	int		 fd, ready;
	loop_call	*call;
	void		*ctx;
};

struct loop {
	struct watch	*watches;
	struct called	*called;	/* taken out of those */
	struct pollfd	*polled;
	int		 n, n_called, cap;
	struct loop_hook hook;		/* poll NULL: there is none */
};

enum err
loop_open(struct loop **out)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL) {
		log_fault("loop", "no memory");
		return ERR_FAULT;
	}
	*out = loop;
	return ERR_OK;
}

void
loop_close(struct loop *loop)
{
	if (loop == NULL)
		return;
	while (loop->n > 0) {
		const struct watch watch = loop->watches[--loop->n];

		watch.call(watch.ctx, LOOP_GONE);
	}
	free(loop->watches);
	free(loop->called);
	free(loop->polled);
	free(loop);
}

/* All three have the same room, so that a wait never has to ask for memory. */
static int
grow(struct loop *loop)
{
	int	 cap = loop->cap == 0 ? 64 : loop->cap * 2;
	void	*watches, *called = NULL, *polled = NULL;

	if ((watches = realloc(loop->watches, (size_t)cap * sizeof(*loop->watches))) != NULL)
		loop->watches = watches;
	if (watches != NULL && (called = realloc(loop->called, (size_t)cap * sizeof(*loop->called))) != NULL)
		loop->called = called;
	if (called != NULL && (polled = realloc(loop->polled, (size_t)cap * sizeof(*loop->polled))) != NULL)
		loop->polled = polled;
	if (polled == NULL)
		return -1;
	loop->cap = cap;
	return 0;
}

enum err
loop_watch(struct loop *loop, const struct watch *watch)
{
	if (loop->n == loop->cap && grow(loop) == -1) {
		log_fault("loop", "no memory");
		return ERR_FAULT;
	}
	loop->watches[loop->n++] = *watch;
	return ERR_OK;
}

void
loop_forget(struct loop *loop, int fd)
{
	for (int i = 0; i < loop->n; i++) {
		const struct watch watch = loop->watches[i];

		if (watch.fd == fd) {
			loop->watches[i] = loop->watches[--loop->n];
			watch.call(watch.ctx, LOOP_GONE);
			return;
		}
	}
	for (int i = 0; i < loop->n_called; i++) {
		struct called *called = &loop->called[i];

		if (called->fd == fd) {
			called->fd = -1;
			called->call(called->ctx, LOOP_GONE);
			return;
		}
	}
}

static int
wait_ms(const struct loop *loop, int64_t ms)
{
	int64_t now = clock_boot();

	for (int i = 0; i < loop->n; i++)
		if (loop->watches[i].until - now < ms)
			ms = loop->watches[i].until - now;
	return ms < 0 ? 0 : (int)ms;
}

/* Moves those that are ready or whose time is up from watches to called. */
static void
take(struct loop *loop)
{
	int64_t	now = clock_boot();
	int	kept = 0;

	loop->n_called = 0;
	for (int i = 0; i < loop->n; i++) {
		const struct watch	*watch = &loop->watches[i];
		int			 ready = loop->polled[i].revents;

		if (ready == 0 && watch->until > now)
			loop->watches[kept++] = *watch;
		else
			loop->called[loop->n_called++] = (struct called){ .fd = watch->fd, .ready = ready,
			    .call = watch->call, .ctx = watch->ctx };
	}
	loop->n = kept;
}

void
loop_hook(struct loop *loop, const struct loop_hook *hook)
{
	static const struct loop_hook none;

	loop->hook = hook == NULL ? none : *hook;
}

static int
wait_polled(struct loop *loop, int ms)
{
	if (loop->hook.poll != NULL)
		return loop->hook.poll(loop->hook.ctx, loop->polled, (nfds_t)loop->n, ms);
	return poll(loop->polled, (nfds_t)loop->n, ms);
}

enum err
loop_wait(struct loop *loop, int64_t ms)
{
	for (int i = 0; i < loop->n; i++)
		loop->polled[i] = (struct pollfd){ .fd = loop->watches[i].fd, .events = (short)loop->watches[i].events };
	if (wait_polled(loop, wait_ms(loop, ms)) == -1) {
		if (errno == EINTR)
			return ERR_OK;
		log_fault("loop", "poll: %s", strerror(errno));
		return ERR_FAULT;
	}
	take(loop);
	for (int i = 0; i < loop->n_called; i++) {
		const struct called called = loop->called[i];	/* a call may watch more, and so move the list */

		loop->called[i].fd = -1;
		if (called.fd != -1)
			called.call(called.ctx, called.ready);
	}
	loop->n_called = 0;
	if (loop->hook.calls != NULL)
		loop->hook.calls(loop->hook.ctx);
	return ERR_OK;
}
