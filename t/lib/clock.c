/* lib/clock.c: times as text. */

#include "lib/clock.h"

#include <string.h>
#include <time.h>

#include "t/tap.h"

#define MAY	INT64_C(1777799520000)	/* 2026-05-03T09:12:00Z */

static const struct {
	int64_t		 at;
	const char	*iso, *month;
} isos[] = {
	{ INT64_MIN, "1970-01-01T00:00:00.000Z", "1970-01" },
	{ -1, "1970-01-01T00:00:00.000Z", "1970-01" },
	{ 0, "1970-01-01T00:00:00.000Z", "1970-01" },
	{ 951782399999, "2000-02-28T23:59:59.999Z", "2000-02" },
	{ 951782400000, "2000-02-29T00:00:00.000Z", "2000-02" },
	{ 1767225599999, "2025-12-31T23:59:59.999Z", "2025-12" },
	{ 1767225600000, "2026-01-01T00:00:00.000Z", "2026-01" },
	{ 253402300799999, "9999-12-31T23:59:59.999Z", "9999-12" },
	{ INT64_MAX, "9999-12-31T23:59:59.999Z", "9999-12" },
};

static const struct {
	int64_t		 ms;
	const char	*want;
} spans[] = {
	{ INT64_MIN, "0 seconds" }, { 0, "0 seconds" }, { 999, "0 seconds" }, { 1000, "1 second" },
	{ 59999, "59 seconds" }, { 60000, "1 minute" }, { 3599999, "59 minutes" }, { 3600000, "1 hour" },
	{ 86399999, "23 hours" }, { 86400000, "1 day" }, { 12 * CLOCK_DAY, "12 days" },
	{ INT64_MAX, "106751991167 days" },
};

static const struct {
	int64_t		 at, now;
	const char	*want;
} words[] = {
	{ MAY, MAY, "3 may, 09:12" },
	{ MAY, MAY + 366 * CLOCK_DAY, "3 may 2026, 09:12" },
	{ 1767225599999, 1767225600000, "31 dec 2025, 23:59" },
	{ INT64_MAX, 0, "31 dec 9999, 23:59" },
};

/* Days from 1970 to 9999 (a prime number of days and odd hours apart) that are not as the libc writes them. */
static int
wrong_days(void)
{
	char		iso[CLOCK_ISO_CAP], want[CLOCK_ISO_CAP];
	struct tm	tm;
	time_t		t;
	int		wrong = 0;

	for (t = 0; t < INT64_C(253402300800); t += 61 * 86400 + 12345) {
		clock_iso((int64_t)t * 1000, iso);
		(void)gmtime_r(&t, &tm);
		(void)strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		wrong += strcmp(iso, want) != 0;
	}
	return wrong;
}

int
main(void)
{
	char	iso[CLOCK_ISO_CAP], month[CLOCK_MONTH_CAP], text[32], boot[CLOCK_BOOT_CAP], again[CLOCK_BOOT_CAP];
	int64_t	before = clock_boot();

	for (size_t i = 0; i < sizeof(isos) / sizeof(isos[0]); i++) {
		clock_iso(isos[i].at, iso);
		is_str(isos[i].iso, iso, isos[i].iso);
		clock_month(isos[i].at, month);
		is_str(isos[i].month, month, isos[i].month);
	}
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		clock_span(spans[i].ms, text);
		is_str(spans[i].want, text, spans[i].want);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		clock_words(words[i].at, words[i].now, text);
		is_str(words[i].want, text, words[i].want);
	}
	is_int(0, wrong_days(), "all years are as the libc has them");
	ok(clock_now() > MAY - 10 * 365 * CLOCK_DAY, "now is in this age");
	ok(clock_boot() >= before, "the boot's clock does not go back");
	clock_boot_id(boot);
	clock_boot_id(again);
	is_int(36, (int64_t)strlen(boot), "a boot has an id");
	is_str(boot, again, "and keeps it");
	return tap_end();
}
