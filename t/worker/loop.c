/* worker/loop.c: who is called back, with what, and that everybody is, once. */

#include "worker/loop.h"

#include <poll.h>
#include <unistd.h>

#include "lib/clock.h"
#include "t/tap.h"

enum { NEVER = -9 };

/* One that waits. */
struct waiter {
	int		 ends[2];
	int		 calls, ready;
	struct loop	*loop;
	int		 forget;	/* within its call it forgets this one; -1: none */
};

static void
called(void *ctx, int ready)
{
	struct waiter *w = ctx;

	w->calls++;
	w->ready = ready;
	if (w->forget != -1)
		loop_forget(w->loop, w->forget);
}

static struct waiter
wait_in(struct loop *loop)
{
	struct waiter w = { .ready = NEVER, .loop = loop, .forget = -1 };

	is_int(0, pipe(w.ends), "a pipe");
	return w;
}

static void
begin(struct waiter *w, int64_t until)
{
	const struct watch watch = { .fd = w->ends[0], .events = POLLIN, .until = until, .call = called, .ctx = w };

	is_int(ERR_OK, loop_watch(w->loop, &watch), "watched");
}

static void
done(struct waiter *w, int ready, const char *what)
{
	is_int(1, w->calls, what);
	is_int(ready, w->ready, "with");
	close(w->ends[0]);
	close(w->ends[1]);
}

static void
check_waits(struct loop *loop)
{
	struct waiter heard = wait_in(loop), late = wait_in(loop), left = wait_in(loop);

	begin(&heard, INT64_MAX);
	begin(&late, clock_boot());
	begin(&left, INT64_MAX);
	is_int(1, write(heard.ends[1], "x", 1), "something comes");
	is_int(ERR_OK, loop_wait(loop, 1000), "waited");
	is_int(ERR_OK, loop_wait(loop, 0), "and again");
	done(&heard, POLLIN, "who heard something is called once");
	done(&late, 0, "whose time was up too");
	is_int(0, left.calls, "nobody else is");
	loop_forget(loop, left.ends[0]);
	loop_forget(loop, left.ends[0]);
	done(&left, LOOP_GONE, "who is forgotten is told so, once");
}

/* Both are ready: the first to be called takes the second away. */
static void
check_forget_within(struct loop *loop)
{
	struct waiter one = wait_in(loop), two = wait_in(loop);

	one.forget = two.ends[0];
	two.forget = one.ends[0];
	begin(&one, INT64_MAX);
	begin(&two, INT64_MAX);
	is_int(2, write(one.ends[1], "x", 1) + write(two.ends[1], "x", 1), "something comes for both");
	is_int(ERR_OK, loop_wait(loop, 1000), "waited");
	done(&one, POLLIN, "the first is called");
	done(&two, LOOP_GONE, "the second, which it takes away, is told so");
}

int
main(void)
{
	struct loop	*loop = NULL;
	struct waiter	 many[100];

	loop_close(NULL);
	if (loop_open(&loop) != ERR_OK)
		return 99;
	check_waits(loop);
	check_forget_within(loop);
	for (int i = 0; i < 100; i++) {
		many[i] = wait_in(loop);
		begin(&many[i], INT64_MAX);
	}
	loop_close(loop);
	for (int i = 0; i < 100; i++)
		done(&many[i], LOOP_GONE, "whoever waits at the end is told so");
	return tap_end();
}
