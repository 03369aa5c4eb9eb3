/* Time: milliseconds since 1970 (UTC), and those since this machine was started. */

#ifndef BAAS_LIB_CLOCK_H
#define BAAS_LIB_CLOCK_H

#include <stdint.h>

enum {
	CLOCK_ISO_CAP = 25,	/* "2026-11-24T06:49:35.123Z" and its NUL */
	CLOCK_MONTH_CAP = 8,	/* "2026-11" and its NUL */
	CLOCK_BOOT_CAP = 40	/* a UUID and its NUL */
};

#define CLOCK_SECOND	INT64_C(1000)
#define CLOCK_MINUTE	(60 * CLOCK_SECOND)
#define CLOCK_HOUR	(60 * CLOCK_MINUTE)
#define CLOCK_DAY	(24 * CLOCK_HOUR)

/* Wall clock.  It can jump. */
int64_t clock_now(void);

/* Time since boot, suspension included; never goes back (CLOCK_BOOTTIME). */
int64_t clock_boot(void);

/* Writes this boot's id (/proc/sys/kernel/random/boot_id), or "" if it can't be read. */
void clock_boot_id(char out[CLOCK_BOOT_CAP]);

/* ISO 8601 with milliseconds, UTC. */
void clock_iso(int64_t at, char out[CLOCK_ISO_CAP]);

/* "YYYY-MM", UTC. */
void clock_month(int64_t at, char out[CLOCK_MONTH_CAP]);

/* "3 may, 09:12" (UTC), with the year in front of the comma unless it is now's: for pages. */
void clock_words(int64_t at, int64_t now, char out[32]);

/* "40 seconds", "6 minutes", "3 hours", "12 days": how long ms is, in words, one unit. */
void clock_span(int64_t ms, char out[32]);

#endif
