/*
 * For t/admin/*.t, put before the C library by LD_PRELOAD: the TRIP_AT-th call that changes a file whose path begins
 * with TRIP_DIR is the last (0: none is).  TRIP_HOW=kill: the process is killed before it is made; TRIP_HOW=full: from then on there is no room on the disk.
 * How many there were is written to TRIP_COUNT at the end.  TRIP_HOW=stop: it stops itself before it gives a file the name
 * TRIP_DIR, and writes its pid to TRIP_STOPPED.
 */

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long count;

static int
is_below(const char *path)
{
	const char *dir = getenv("TRIP_DIR");

	return dir != NULL && strncmp(path, dir, strlen(dir)) == 0;
}

static int
is_file_below(int fd)
{
	char	name[64], path[PATH_MAX];
	ssize_t	n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if ((n = readlink(name, path, sizeof(path) - 1)) <= 0)
		return 0;
	path[n] = '\0';
	return is_below(path);
}

/* 1: there is no room.  Only what makes files larger can find out. */
static int
trip(int grows)
{
	const char	*text = getenv("TRIP_AT"), *how = getenv("TRIP_HOW");
	long		 at = text == NULL ? 0 : strtol(text, NULL, 10);

	count++;
	if (at == 0 || how == NULL || count < at)
		return 0;
	if (strcmp(how, "kill") == 0)
		kill(getpid(), SIGKILL);
	if (grows)
		errno = ENOSPC;
	return grows;
}

__attribute__((destructor)) static void
tell(void)
{
	const char	*path = getenv("TRIP_COUNT");
	FILE		*file = path == NULL ? NULL : fopen(path, "we");

	if (file == NULL)
		return;
	fprintf(file, "%ld\n", count);
	fclose(file);
}

ssize_t
write(int fd, const void *bytes, size_t n)
{
	if (fd > 2 && is_file_below(fd) && trip(1))
		return -1;
	return syscall(SYS_write, fd, bytes, n);
}

ssize_t
pwrite(int fd, const void *bytes, size_t n, off_t at)
{
	if (is_file_below(fd) && trip(1))
		return -1;
	return syscall(SYS_pwrite64, fd, bytes, n, at);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	return pwrite(fd, bytes, n, at);
}

int
ftruncate(int fd, off_t n)
{
	if (is_file_below(fd))
		(void)trip(0);
	return (int)syscall(SYS_ftruncate, fd, n);
}

int
ftruncate64(int fd, off_t n)
{
	return ftruncate(fd, n);
}

int
fsync(int fd)
{
	if (is_file_below(fd))
		(void)trip(0);
	return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	if (is_file_below(fd))
		(void)trip(0);
	return (int)syscall(SYS_fdatasync, fd);
}

int
unlink(const char *path)
{
	if (is_below(path))
		(void)trip(0);
	return (int)syscall(SYS_unlinkat, -100 /* AT_FDCWD */, path, 0);
}

static void
stop(void)
{
	const char	*path = getenv("TRIP_STOPPED");
	FILE		*file = path == NULL ? NULL : fopen(path, "we");

	if (file != NULL) {
		fprintf(file, "%ld\n", (long)getpid());
		fclose(file);
	}
	raise(SIGSTOP);
}

int
rename(const char *from, const char *to)
{
	const char *how = getenv("TRIP_HOW"), *dir = getenv("TRIP_DIR");

	if (how != NULL && dir != NULL && strcmp(how, "stop") == 0 && strcmp(to, dir) == 0)
		stop();
	if (is_below(to))
		(void)trip(0);
	return (int)syscall(SYS_renameat2, -100, from, -100, to, 0);
}

int
link(const char *from, const char *to)
{
	if (is_below(to) && trip(1))
		return -1;
	return (int)syscall(SYS_linkat, -100, from, -100, to, 0);
}
