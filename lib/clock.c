/* Time, and how it is written. */

#include "lib/clock.h"

#include <inttypes.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LAST	INT64_C(253402300799999)	/* the end of the year 9999 */

static int64_t
now_of(clockid_t id)
{
	struct timespec ts = { 0 };

	/* Cannot fail for the two clocks below: both exist on every Linux that we run on. */
	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_now(void)
{
	return now_of(CLOCK_REALTIME);
}

int64_t
clock_boot(void)
{
	return now_of(CLOCK_BOOTTIME);
}

void
clock_boot_id(char out[CLOCK_BOOT_CAP])
{
	int	 fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t	 n = -1;

	if (fd != -1) {
		n = read(fd, out, CLOCK_BOOT_CAP - 1);
		close(fd);
	}
	out[n < 0 ? 0 : n] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

struct moment {
	unsigned year, month, day, hour, minute, second, ms;	/* month and day from 1 */
};

/*
 * What is outside of 1970 to 9999 becomes the nearest moment inside, so that every text has its length.  Years are
 * counted from March here: then the day that only some have is the last one.  (A page asks this dozens of times: gmtime
 * and strftime took a tenth of all its time.)
 */
static struct moment
split(int64_t at)
{
	uint64_t	ms = (uint64_t)(at < 0 ? 0 : at > LAST ? LAST : at);
	unsigned	days = (unsigned)(ms / CLOCK_DAY) + 719468, rest = (unsigned)(ms % CLOCK_DAY);
	unsigned	of_era = days % 146097;
	unsigned	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned	day = of_era - (365 * year + year / 4 - year / 100), month = (5 * day + 2) / 153;

	return (struct moment){
		.year = days / 146097 * 400 + year + (month >= 10), .month = month < 10 ? month + 3 : month - 9,
		.day = day - (153 * month + 2) / 5 + 1, .hour = rest / 3600000, .minute = rest / 60000 % 60,
		.second = rest / 1000 % 60, .ms = rest % 1000
	};
}

/* n digits and what stands after them; returns the end. */
static char *
put(char *out, unsigned number, int n, char after)
{
	for (int i = n - 1; i >= 0; i--, number /= 10)
		out[i] = (char)('0' + number % 10);
	out[n] = after;
	return out + n + 1;
}

void
clock_iso(int64_t at, char out[CLOCK_ISO_CAP])
{
	struct moment m = split(at);

	out = put(put(put(out, m.year, 4, '-'), m.month, 2, '-'), m.day, 2, 'T');
	out = put(put(put(out, m.hour, 2, ':'), m.minute, 2, ':'), m.second, 2, '.');
	*put(out, m.ms, 3, 'Z') = '\0';
}

void
clock_month(int64_t at, char out[CLOCK_MONTH_CAP])
{
	struct moment m = split(at);

	(void)put(put(out, m.year, 4, '-'), m.month, 2, '\0');
}

void
clock_words(int64_t at, int64_t now, char out[32])
{
	static const char *const months[] = {
		"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
	};
	struct moment	then = split(at);

	out = put(out, then.day, then.day < 10 ? 1 : 2, ' ');
	memcpy(out, months[then.month - 1], 3);
	out += 3;
	if (then.year != split(now).year) {
		*out++ = ' ';
		out = put(out, then.year, 4, ',');
	} else {
		*out++ = ',';
	}
	*out++ = ' ';
	(void)put(put(out, then.hour, 2, ':'), then.minute, 2, '\0');
}

void
clock_span(int64_t ms, char out[32])
{
	static const struct {
		int64_t		 ms;
		const char	*unit;
	} units[] = {
		{ CLOCK_DAY, "day" }, { CLOCK_HOUR, "hour" }, { CLOCK_MINUTE, "minute" }, { CLOCK_SECOND, "second" },
	};
	size_t	 i = 0;
	int64_t	 n;

	if (ms < 0)
		ms = 0;
	while (i < sizeof(units) / sizeof(units[0]) - 1 && ms < units[i].ms)
		i++;
	n = ms / units[i].ms;
	(void)snprintf(out, 32, "%" PRId64 " %s%s", n, units[i].unit, n == 1 ? "" : "s");
}
