/* Lines for operators on standard error. */

#include "lib/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 1000, FAULTS = 8 };

struct line {
	char	 text[LINE + 1];	/* and its newline */
	size_t	 len;
};

/* A fault lately logged. */
struct fault {
	struct line	line;
	int64_t		at;	/* now() */
	unsigned	more;	/* how often since then */
};

static const char *name = "baas";

/* What repeats is this process's own affair, as its name is. */
static int64_t		quiet;
static struct fault	faults[FAULTS];

void
log_open(const char *program)
{
	name = program;
}

/* Appends text, escaped; what does not fit is cut, an escape never in its middle. */
static void
add(struct line *line, const char *text)
{
	static const char	 digits[] = "0123456789abcdef";
	unsigned char		 c;

	while ((c = (unsigned char)*text++) != '\0') {
		if (c >= 0x20 && c < 0x7f) {
			if (line->len + 1 > LINE)
				return;
			line->text[line->len++] = (char)c;
			continue;
		}
		if (line->len + 4 > LINE)
			return;
		line->text[line->len++] = '\\';
		line->text[line->len++] = 'x';
		line->text[line->len++] = digits[c >> 4];
		line->text[line->len++] = digits[c & 15];
	}
}

void
log_repeats(int64_t ms)
{
	quiet = ms;
}

static void __attribute__((format(printf, 3, 0)))
compose(struct line *line, const char *subject, const char *format, va_list ap)
{
	char what[LINE];

	if (vsnprintf(what, sizeof(what), format, ap) < 0)
		what[0] = '\0';
	add(line, name);
	add(line, ": ");
	add(line, subject);
	add(line, ": ");
	add(line, what);
}

static void
put(struct line *line)
{
	line->text[line->len++] = '\n';
	/* There is nowhere left to say that this failed. */
	if (write(STDERR_FILENO, line->text, line->len) == -1)
		return;
}

/* ms, of a clock that does not jump. */
static int64_t
now(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The place of that line, or the one that was quiet for longest. */
static struct fault *
place(const struct line *line)
{
	struct fault *oldest = &faults[0];

	for (size_t i = 0; i < FAULTS; i++) {
		if (faults[i].line.len == line->len && memcmp(faults[i].line.text, line->text, line->len) == 0)
			return &faults[i];
		if (faults[i].at < oldest->at)
			oldest = &faults[i];
	}
	*oldest = (struct fault){ .line = *line, .at = -quiet };
	return oldest;
}

/* 1 if it was only counted.  Else its count is added to it. */
static int
is_repeated(struct line *line)
{
	struct fault	*fault = place(line);
	int64_t		 at = now();
	char		 count[40];

	if (at - fault->at < quiet) {
		fault->more++;
		return 1;
	}
	snprintf(count, sizeof(count), " (%u more since)", fault->more);
	if (fault->more > 0)
		add(line, count);
	fault->at = at;
	fault->more = 0;
	return 0;
}

void
log_fault(const char *subject, const char *format, ...)
{
	struct line	line = { .len = 0 };
	va_list		ap;

	va_start(ap, format);
	compose(&line, subject, format, ap);
	va_end(ap);
	if (quiet == 0 || !is_repeated(&line))
		put(&line);
}

void
log_note(const char *subject, const char *format, ...)
{
	struct line	line = { .len = 0 };
	va_list		ap;

	va_start(ap, format);
	compose(&line, subject, format, ap);
	va_end(ap);
	put(&line);
}
