/*
 * LD_PRELOAD into a route: once it accepts, it tries to open PEEK for reading, and then to make PEEK.made, and writes
 * "peek: read ERRNO, make ERRNO" to standard error.  What a route that was broken into would try.
 */

#include <sys/socket.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

static int
try_open(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0600) == -1 ? errno : 0;
}

int
accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict n, int flags)
{
	int		(*real)(int, struct sockaddr *, socklen_t *, int);
	char		 made[4096];
	const char	*path = getenv("PEEK");

	*(void **)&real = dlsym(RTLD_NEXT, "accept4");
	if (path != NULL) {
		snprintf(made, sizeof(made), "%s.made", path);
		dprintf(2, "peek: read %d, make %d\n", try_open(path, O_RDONLY), try_open(made, O_WRONLY | O_CREAT));
	}
	return real(fd, address, n, flags);
}
