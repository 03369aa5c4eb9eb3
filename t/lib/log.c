/* lib/log.c: one line, printable, cut. */

#include "lib/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"

static int	to = -1;	/* what stands for standard error */
static char	text[8192];

/* What was logged since the last call. */
static const char *
logged(void)
{
	ssize_t n = pread(to, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	if (ftruncate(to, 0) == -1 || lseek(to, 0, SEEK_SET) == -1)
		text[0] = '\0';
	return text;
}

static const struct {
	const char *what, *want;
} lines[] = {
	{ "", "t: bot: \n" },
	{ "plain words ~", "t: bot: plain words ~\n" },
	{ "two\nt: bot: lines", "t: bot: two\\x0at: bot: lines\n" },
	{ "\r\t\x1b[31m\x7f", "t: bot: \\x0d\\x09\\x1b[31m\\x7f\n" },
	{ "caf\xc3\xa9", "t: bot: caf\\xc3\\xa9\n" },
	{ "100%s", "t: bot: 100%s\n" },
};

/* Not by the clock: nothing here waits. */
static void
check_repeats(void)
{
	log_repeats(3600 * 1000);
	log_fault("bot", "same");
	is_str("t: bot: same\n", logged(), "a fault is logged");
	log_fault("bot", "same");
	is_str("", logged(), "again: only counted");
	log_note("bot", "same");
	log_note("bot", "same");
	is_str("t: bot: same\nt: bot: same\n", logged(), "notes are not faults");
	for (int i = 0; i < 8; i++)
		log_fault("other", "%d", i);
	(void)logged();
	log_fault("bot", "same");
	is_str("t: bot: same\n", logged(), "eight others later it is news");
	log_repeats(0);
	log_fault("bot", "same");
	log_fault("bot", "same");
	is_str("t: bot: same\nt: bot: same\n", logged(), "without a time to be quiet for all is logged");
}

int
main(void)
{
	char path[512], much[3000];

	(void)snprintf(path, sizeof(path), "%s/log", tap_dir());
	if ((to = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1 || dup2(to, STDERR_FILENO) == -1)
		return 99;
	log_fault("bot", "x");
	is_str("baas: bot: x\n", logged(), "before log_open there is a name already");
	log_open("t");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		log_note("bot", "%s", lines[i].what);
		is_str(lines[i].want, logged(), lines[i].want);
	}
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	log_fault("bot", "%s", much);
	is_int(1001, (int64_t)strlen(logged()), "a long line is cut, and still ends");
	log_fault(much, "%s", "what");
	is_int(1001, (int64_t)strlen(logged()), "a long subject too");
	memset(much, '\n', sizeof(much) - 1);
	for (int i = 0; i < 4; i++) {
		log_fault(&"four"[i], "%s", much);
		ok(strlen(logged()) > 990 && strlen(text) <= 1001 && strcmp(text + strlen(text) - 5, "\\x0a\n") == 0,
		    "an escape is not cut in two");
	}
	check_repeats();
	return tap_end();
}
