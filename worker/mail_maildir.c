/* Letters into a maildir (mail = maildir:DIR): written to DIR/tmp, then moved to DIR/new, so that no reader sees half of one. */

#include "worker/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "lib/mail.h"
#include "worker/world.h"

enum { NAME_CAP = 96 };

static int
open_dir(const char *path)
{
	int fd = -1;

	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		log_fault(path, "%s", strerror(errno));
	return fd;
}

static int
make_parts(int dir)
{
	static const char *const parts[] = { "tmp", "new", "cur" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (mkdirat(dir, parts[i], 0700) == -1 && errno != EEXIST)
			return -1;
	return 0;
}

static int
write_all(int fd, const char *bytes, size_t n)
{
	ssize_t some;

	for (; n > 0; bytes += some, n -= (size_t)some)
		if ((some = write(fd, bytes, n)) == -1) {
			if (errno != EINTR)
				return -1;
			some = 0;
		}
	return 0;
}

static int
sync_dir(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = fd == -1 ? -1 : fsync(fd);

	if (fd != -1)
		close(fd);
	return result;
}

/* A letter that is tried again has the name that it had, and takes its own place. */
static int
deliver(int dir, const char *name, const struct buf *text)
{
	char	tmp[NAME_CAP + 4], new[NAME_CAP + 4];
	int	fd, result;

	snprintf(tmp, sizeof(tmp), "tmp/%s", name);
	snprintf(new, sizeof(new), "new/%s", name);
	if (make_parts(dir) == -1 || (fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) == -1)
		return -1;
	result = write_all(fd, text->data, text->len) == -1 || fsync(fd) == -1 ? -1 : 0;
	close(fd);
	if (result == 0)
		result = renameat(dir, tmp, dir, new);
	if (result == -1) {
		int cause = errno;

		unlinkat(dir, tmp, 0);
		errno = cause;
		return -1;
	}
	return sync_dir(dir, "new");
}

static void
send(struct world *w, const struct mail *mail, const char *body, mail_done *done, void *ctx)
{
	struct buf	text = { .wipe = 1 };
	char		id[MAIL_ID_CAP], name[NAME_CAP];
	enum err	err = mail_text(w->conf, mail, body, "\n", &text);
	int		dir = -1, cause = 0;

	if (err == ERR_OK) {
		mail_text_id(mail, id);
		snprintf(name, sizeof(name), "%lld.%s.baas", (long long)(mail->created_at / CLOCK_SECOND), id);
		if ((dir = open_dir(conf_text(w->conf, CONF_MAIL) + strlen("maildir:"))) == -1 || deliver(dir, name, &text) == -1)
			cause = errno;
	}
	if (dir != -1)
		close(dir);
	buf_clear(&text);
	if (err != ERR_OK)
		done(ctx, ERR_BUSY, "see above");	/* the configuration will be mended */
	else
		done(ctx, cause == 0 ? ERR_OK : ERR_BUSY, strerror(cause));
}

const struct mailer mail_maildir = { .send = send };
