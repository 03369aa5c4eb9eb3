/* Test Anything Protocol: one line a check, the count at the end. */

#include "t/tap.h"

#include <inttypes.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int	count, bad;
static char	dir[256];

static void line(int good, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

static void
line(int good, const char *format, va_list ap)
{
	count++;
	bad += !good;
	printf("%sok %d - ", good ? "" : "not ", count);
	vprintf(format, ap);
	putchar('\n');
	fflush(stdout);
}

void
ok(int good, const char *what, ...)
{
	va_list ap;

	va_start(ap, what);
	line(good, what, ap);
	va_end(ap);
}

void
diag(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	printf("# ");
	vprintf(format, ap);
	putchar('\n');
	va_end(ap);
}

void
is_int(int64_t want, int64_t got, const char *what)
{
	ok(want == got, "%s", what);
	if (want != got)
		diag("wanted %" PRId64 ", got %" PRId64, want, got);
}

void
is_str(const char *want, const char *got, const char *what)
{
	int same = want == got || (want != NULL && got != NULL && strcmp(want, got) == 0);

	ok(same, "%s", what);
	if (!same)
		diag("wanted '%s', got '%s'", want == NULL ? "(null)" : want, got == NULL ? "(null)" : got);
}

const char *
tap_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	if (dir[0] == '\0') {
		snprintf(dir, sizeof(dir), "%s/baas-t.XXXXXX", tmp == NULL ? "/tmp" : tmp);
		if (mkdtemp(dir) == NULL) {
			perror(dir);
			exit(99);
		}
	}
	return dir;
}

static int
erase(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
tap_end(void)
{
	if (dir[0] != '\0' && nftw(dir, erase, 16, FTW_DEPTH | FTW_PHYS) == -1)
		perror(dir);
	printf("1..%d\n", count);
	return bad != 0 || count == 0;
}
