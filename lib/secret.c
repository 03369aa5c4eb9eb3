/* Text that must not be seen: libsodium's guarded memory around it. */

#include "lib/secret.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

struct secret {
	size_t	 len;
	char	 text[SECRET_CAP];
};

static struct secret *
new(const char *subject)
{
	struct secret *s = NULL;

	if (sodium_init() == -1 || (s = sodium_malloc(sizeof(*s))) == NULL) {
		log_fault(subject, "no guarded memory: %s", strerror(errno));
		return NULL;
	}
	s->len = 0;
	s->text[0] = '\0';
	return s;
}

/* Opens a regular file that only its owner can read: the descriptor, or -1 and logged. */
static int
open_private(const char *path)
{
	struct stat	 st;
	int		 fd;

	/* O_NONBLOCK: a fifo in its place must not hang us. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) == -1 || fstat(fd, &st) == -1) {
		log_fault(path, "%s", strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		log_fault(path, "not a file");
		goto fail;
	}
	if ((st.st_mode & 077) != 0) {
		log_fault(path, "mode %03o lets others in; use 600", (unsigned)st.st_mode & 0777);
		goto fail;
	}
	return fd;
fail:
	if (fd != -1)
		close(fd);
	return -1;
}

enum err
secret_read(const char *path, struct secret **out)
{
	struct secret	*s = NULL;
	enum err	 err = ERR_FAULT;
	ssize_t		 n = 1;
	int		 fd;

	if ((fd = open_private(path)) == -1 || (s = new(path)) == NULL)
		goto out;
	while (n > 0 && s->len < sizeof(s->text)) {
		if ((n = read(fd, s->text + s->len, sizeof(s->text) - s->len)) == -1) {
			log_fault(path, "%s", strerror(errno));
			goto out;
		}
		s->len += (size_t)n;
	}
	if (s->len > 0 && s->len < sizeof(s->text) && s->text[s->len - 1] == '\n')
		s->len--;
	if (s->len == 0 || s->len == sizeof(s->text) || memchr(s->text, '\0', s->len) != NULL) {
		log_fault(path, "empty, too long, or not text");	/* and never what it says */
		goto out;
	}
	s->text[s->len] = '\0';
	*out = s;
	s = NULL;
	err = ERR_OK;
out:
	secret_free(s);
	if (fd != -1)
		close(fd);
	return err;
}

enum err
secret_from(const char *text, size_t n, struct secret **out)
{
	struct secret *s;

	if (n >= SECRET_CAP || memchr(text, '\0', n) != NULL)
		return ERR_INVALID;
	if ((s = new("secret")) == NULL)
		return ERR_FAULT;
	memcpy(s->text, text, n);
	s->text[n] = '\0';
	s->len = n;
	*out = s;
	return ERR_OK;
}

/* A new name survives a power cut only once its directory was synced too. */
static int
sync_parent(const char *path)
{
	char	*dir = strdup(path), *slash;
	int	 fd = -1, rc = -1;

	if (dir == NULL)
		return -1;
	if ((slash = strrchr(dir, '/')) != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	if ((fd = open(slash == NULL ? "." : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		rc = fsync(fd);
		close(fd);
	}
	free(dir);
	return rc;
}

static int
write_all(int fd, const char *bytes, size_t n)
{
	ssize_t done;

	for (; n > 0; bytes += done, n -= (size_t)done)
		if ((done = write(fd, bytes, n)) == -1)
			return -1;
	return 0;
}

enum err
secret_write(const struct secret *s, const char *path, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1 && errno == EEXIST)
		return ERR_EXISTS;
	if (fd == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	if (write_all(fd, s->text, s->len) == -1 || fchmod(fd, mode) == -1 || fsync(fd) == -1 ||
	    sync_parent(path) == -1) {
		log_fault(path, "%s", strerror(errno));
		close(fd);
		unlink(path);
		return ERR_FAULT;
	}
	close(fd);
	return ERR_OK;
}

const char *
secret_text(const struct secret *s)
{
	return s->text;
}

size_t
secret_len(const struct secret *s)
{
	return s->len;
}

void
secret_free(struct secret *s)
{
	sodium_free(s);
}
