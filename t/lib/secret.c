/* lib/secret.c: who may read a file, and what may be in it. */

#include "lib/secret.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"

static char path[512];

static void
write_file(const char *text, size_t n, mode_t mode)
{
	int fd;

	unlink(path);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) == -1 || write(fd, text, n) != (ssize_t)n ||
	    fchmod(fd, mode) == -1)
		exit(99);
	close(fd);
}

static const struct {
	const char	*text;
	size_t		 n;
	mode_t		 mode;
	enum err	 want;
	const char	*got;
} files[] = {
	{ "hidden", 6, 0644, ERR_FAULT, NULL },
	{ "hidden", 6, 0640, ERR_FAULT, NULL },
	{ "hidden", 6, 0601, ERR_FAULT, NULL },
	{ "", 0, 0600, ERR_FAULT, NULL },
	{ "\n", 1, 0600, ERR_FAULT, NULL },
	{ "a\0b", 3, 0600, ERR_FAULT, NULL },
	{ "hidden", 6, 0600, ERR_OK, "hidden" },
	{ "hidden\n", 7, 0400, ERR_OK, "hidden" },
	{ "two\nlines\n\n", 11, 0600, ERR_OK, "two\nlines\n" },
};

static void
check_files(void)
{
	struct secret *s;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		s = NULL;
		write_file(files[i].text, files[i].n, files[i].mode);
		is_int(files[i].want, secret_read(path, &s), files[i].want == ERR_OK ? "is read" : "is refused");
		is_str(files[i].got, s == NULL ? NULL : secret_text(s), "and that is its text");
		secret_free(s);
	}
}

static void
check_sizes(void)
{
	static char	 much[SECRET_CAP + 1];
	struct secret	*s = NULL;

	memset(much, 'x', sizeof(much));
	write_file(much, SECRET_CAP - 1, 0600);
	is_int(ERR_OK, secret_read(path, &s), "the longest");
	is_int(SECRET_CAP - 1, s == NULL ? 0 : (int64_t)secret_len(s), "is read whole");
	secret_free(s);
	s = NULL;
	write_file(much, SECRET_CAP, 0600);
	is_int(ERR_FAULT, secret_read(path, &s), "one more is too long");
	is_int(ERR_INVALID, secret_from(much, SECRET_CAP, &s), "also from memory");
	is_int(ERR_INVALID, secret_from("a\0b", 3, &s), "and no NUL");
	ok(s == NULL, "nothing is written");
	is_int(ERR_OK, secret_from(much, SECRET_CAP - 1, &s), "from memory too");
	secret_free(s);
}

static void
check_write(void)
{
	struct secret	*s = NULL, *back = NULL;
	struct stat	 st;

	if (secret_from("hidden", 6, &s) != ERR_OK)
		return;
	is_int(ERR_EXISTS, secret_write(s, path, 0600), "nothing is written over");
	unlink(path);
	is_int(0, symlink("elsewhere", path), "a link that leads nowhere");
	is_int(ERR_EXISTS, secret_write(s, path, 0600), "is not followed");
	unlink(path);
	umask(0);
	is_int(ERR_OK, secret_write(s, path, 0400), "a new file");
	is_int(0400, stat(path, &st) == 0 ? st.st_mode & 07777 : 0, "has its mode, whatever the umask");
	is_int(ERR_OK, secret_read(path, &back), "and is read back");
	is_str("hidden", back == NULL ? NULL : secret_text(back), "the same");
	is_int(ERR_FAULT, secret_write(s, "/nowhere/at/all", 0600), "no directory, no file");
	secret_free(s);
	secret_free(back);
}

int
main(void)
{
	struct secret *s = NULL;

	(void)snprintf(path, sizeof(path), "%s/secret", tap_dir());
	is_int(ERR_FAULT, secret_read(path, &s), "a missing file");
	is_int(ERR_FAULT, secret_read(tap_dir(), &s), "a directory");
	is_int(0, mkfifo(path, 0600), "a fifo");
	is_int(ERR_FAULT, secret_read(path, &s), "is refused, and not waited for");
	ok(s == NULL, "nothing is written");
	secret_free(NULL);
	check_files();
	check_sizes();
	check_write();
	return tap_end();
}
