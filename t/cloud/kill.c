/*
 * For t/cloud, put before the C library by LD_PRELOAD: a clock that runs faster, and death at a chosen moment.  The worker
 * itself knows nothing of it.
 *
 *   BAAS_CLOCK=FILE                    the clock's page, struct page below: all programs that have it share one clock
 *   BAAS_SPEED=FAST SLOW               this program lets that clock run FAST times as fast as the machine's while it only
 *                                      waits for time to pass, and SLOW times else, or while an answer is outstanding that
 *                                      will come: a busy machine is neither a slow cloud nor a slow worker
 *   BAAS_COUNT=FILE                    where the requests and the commits of all runs are counted: three numbers of 64 bits
 *   BAAS_KILL=WHERE:K                  SIGKILL at the K-th of them: "send" before a request goes out that may change
 *                                      something, "sent" when the whole of it has, "asked" when the whole of a GET has,
 *                                      "before" a commit's first byte is written, "commit" when it is there
 *   BAAS_EVERY=1                       the K-th of this run instead of all runs
 *
 * A request is what begins like one of HTTP/1.1; a commit ends with the sync of a -wal file.  Nothing is really synced:
 * that would help against power cuts only.
 */

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FDS = 1024, SECOND = 1000000000 };
enum { CHANGES, ASKED, COMMITS, COUNTED };

/* The clock: at the machine's moment mono it was boot and real (ns), and has run rate times as fast since. */
struct page {
	int64_t		 mono, boot, real, rate;
	uint64_t	 turn;		/* odd while it is written */
	int64_t		 hung;		/* answers that are waited for, and will never come; not ours to write */
};

static struct page *page;
static int64_t	 fast, slow;		/* 0: only looks at it */
static int	 waiting[FDS], n_waiting;	/* for an answer, by descriptor */
static uint64_t	*totals, own[COUNTED];	/* by all runs, by this one */
static size_t	 left[FDS];		/* of a request, that is still to be sent */
static int	 what[FDS];		/* that one: CHANGES or ASKED */
static int	 written;		/* a commit has begun */
static char	 where[8];
static uint64_t	 when;			/* 0: never */
static int	 every;

/* ---- the clock ---- */

static int64_t
ns_of(const struct timespec *ts)
{
	return ts->tv_sec * (int64_t)SECOND + ts->tv_nsec;
}

static int64_t
machine_ns(void)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ns_of(&ts);
}

/* As it was at one moment. */
static struct page
read_page(void)
{
	struct page	copy;
	uint64_t	turn;

	do {
		turn = __atomic_load_n(&page->turn, __ATOMIC_ACQUIRE);
		memcpy(&copy, page, sizeof(copy));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((turn & 1) != 0 || turn != __atomic_load_n(&page->turn, __ATOMIC_RELAXED));
	return copy;
}

/* Only one program sets it: the worker.  It is not later than that, in ns since boot. */
static void
run_at(int64_t rate, int64_t latest)
{
	int64_t now = machine_ns(), gone = (now - page->mono) * page->rate;

	if (page->rate == rate && latest == INT64_MAX)
		return;
	if (gone > latest - page->boot)
		gone = latest - page->boot;
	__atomic_fetch_or(&page->turn, 1, __ATOMIC_ACQ_REL);
	page->boot += gone;
	page->real += gone;
	page->mono = now;
	page->rate = rate;
	__atomic_add_fetch(&page->turn, 1, __ATOMIC_ACQ_REL);
}

static void
wait_for(int fd, int yes)
{
	if (fd < 0 || fd >= FDS || waiting[fd] == yes)
		return;
	waiting[fd] = yes;
	n_waiting += yes ? 1 : -1;
}

static int64_t
speed_now(void)
{
	return page == NULL ? 1 : __atomic_load_n(&page->rate, __ATOMIC_RELAXED);
}

/* ---- death ---- */

static void
die_if(const char *here, int kind, uint64_t more)
{
	uint64_t n = (every || totals == NULL ? own[kind] : totals[kind]) + more;

	if (when != 0 && n == when && strcmp(here, where) == 0)
		kill(getpid(), SIGKILL);
}

static void
count(int kind)
{
	own[kind]++;
	if (totals != NULL)
		totals[kind]++;
}

/* ---- requests ---- */

static int
is_request(const char *bytes, size_t n)
{
	static const char *const methods[] = { "GET /", "POST /", "PUT /", "PATCH /", "DELETE /" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (n > strlen(methods[i]) && memcmp(bytes, methods[i], strlen(methods[i])) == 0)
			return 1;
	return 0;
}

/* How long the request is that begins there: head and body. */
static size_t
length_of(const char *bytes, size_t n)
{
	static const char	 field[] = "\r\nContent-Length: ";
	const char		*end = memmem(bytes, n, "\r\n\r\n", 4), *length = memmem(bytes, n, field, sizeof(field) - 1);

	if (end == NULL)
		return n;
	return (size_t)(end - bytes) + 4 + (length == NULL || length > end ? 0 : strtoul(length + sizeof(field) - 1, NULL, 10));
}

ssize_t
send(int fd, const void *bytes, size_t n, int flags)
{
	ssize_t done;

	if (fd < 0 || fd >= FDS)
		return syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
	if (left[fd] == 0 && is_request(bytes, n)) {
		what[fd] = memcmp(bytes, "GET", 3) == 0 ? ASKED : CHANGES;
		if (what[fd] == CHANGES)
			die_if("send", CHANGES, 1);
		left[fd] = length_of(bytes, n);
	}
	done = syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
	if (done > 0 && left[fd] > 0) {
		left[fd] = left[fd] > (size_t)done ? left[fd] - (size_t)done : 0;
		if (left[fd] == 0) {
			wait_for(fd, 1);
			count(what[fd]);
			die_if(what[fd] == ASKED ? "asked" : "sent", what[fd], 0);
		}
	}
	return done;
}

ssize_t
recv(int fd, void *bytes, size_t n, int flags)
{
	ssize_t done = syscall(SYS_recvfrom, fd, bytes, n, flags, NULL, NULL);

	if ((flags & MSG_PEEK) == 0 && (done >= 0 || (errno != EAGAIN && errno != EINTR)))
		wait_for(fd, 0);
	return done;
}

int
close(int fd)
{
	wait_for(fd, 0);
	if (fd >= 0 && fd < FDS)
		left[fd] = 0;
	return (int)syscall(SYS_close, fd);
}

/* ---- commits ---- */

static int
is_wal(int fd)
{
	char	name[64], path[PATH_MAX];
	ssize_t	n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if ((n = readlink(name, path, sizeof(path) - 1)) < 4)
		return 0;
	path[n] = '\0';
	return strcmp(path + n - 4, "-wal") == 0;
}

ssize_t
pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	if (!written && is_wal(fd)) {
		die_if("before", COMMITS, 1);
		written = 1;
	}
	return syscall(SYS_pwrite64, fd, bytes, n, at);
}

ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	return pwrite64(fd, bytes, n, at);
}

static int
sync_it(int fd)
{
	if (is_wal(fd)) {
		written = 0;
		count(COMMITS);
		die_if("commit", COMMITS, 0);
	}
	return 0;
}

int
fdatasync(int fd)
{
	return sync_it(fd);
}

int
fsync(int fd)
{
	return sync_it(fd);
}

/* ---- time ---- */

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	struct page	now;
	int64_t		ns;

	if (page == NULL || (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME))
		return (int)syscall(SYS_clock_gettime, id, ts);
	now = read_page();
	ns = (id == CLOCK_REALTIME ? now.real : now.boot) + (machine_ns() - now.mono) * now.rate;
	ts->tv_sec = ns / SECOND;
	ts->tv_nsec = ns % SECOND;
	return 0;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){ .tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000 };
	return 0;
}

time_t
time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out != NULL)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

/* At least a moment, so that a wait never becomes a spin. */
static struct timespec
shorter(int64_t ns)
{
	int64_t shrunk = ns / speed_now(), wait = ns == 0 ? 0 : shrunk < 200000 ? 200000 : shrunk;

	return (struct timespec){ .tv_sec = wait / SECOND, .tv_nsec = wait % SECOND };
}

/* The machine may be busy and wake us late: no more time has passed than was to. */
int
poll(struct pollfd *fds, nfds_t n, int ms)
{
	int64_t		latest = INT64_MAX;
	struct timespec	now, ts;
	int		done;

	if (fast != 0) {
		run_at(n_waiting > __atomic_load_n(&page->hung, __ATOMIC_RELAXED) ? slow : fast, INT64_MAX);
		clock_gettime(CLOCK_BOOTTIME, &now);
		if (ms > 0)
			latest = ns_of(&now) + (int64_t)ms * 1000000;
	}
	ts = shorter((int64_t)ms * 1000000);
	done = (int)syscall(SYS_ppoll, fds, n, ms < 0 ? NULL : &ts, NULL, 0);
	if (fast != 0)
		run_at(slow, latest);
	return done;
}

int
nanosleep(const struct timespec *wanted, struct timespec *rest)
{
	struct timespec ts = shorter(ns_of(wanted));

	return (int)syscall(SYS_nanosleep, &ts, rest);
}

int
usleep(useconds_t us)
{
	struct timespec ts = shorter((int64_t)us * 1000);

	return (int)syscall(SYS_nanosleep, &ts, NULL);
}

/* ---- what is wanted ---- */

static void *
map(const char *path, size_t n)
{
	void	*memory = MAP_FAILED;
	int	 fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd != -1 && ftruncate(fd, (off_t)n) == 0)
		memory = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd != -1)
		syscall(SYS_close, fd);
	return memory == MAP_FAILED ? NULL : memory;
}

__attribute__((constructor)) static void
set_up(void)
{
	const char	*clock = getenv("BAAS_CLOCK"), *speed = getenv("BAAS_SPEED"), *killed = getenv("BAAS_KILL");

	page = clock == NULL ? NULL : map(clock, sizeof(*page));
	totals = getenv("BAAS_COUNT") == NULL ? NULL : map(getenv("BAAS_COUNT"), COUNTED * sizeof(*totals));
	if (page != NULL && speed != NULL && sscanf(speed, "%ld %ld", &fast, &slow) == 2)
		run_at(slow, INT64_MAX);
	if (killed != NULL)
		sscanf(killed, "%7[a-z]:%lu", where, &when);
	every = getenv("BAAS_EVERY") != NULL;
}
