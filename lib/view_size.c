/* Numbers for pages. */

#include "lib/view_size.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/page.h"

static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };

enum { UNITS = sizeof(units) / sizeof(units[0]) };

void
size_words(int64_t bytes, char out[SIZE_CAP])
{
	uint64_t	unit = 1024, whole, rest, tenths;
	int		i = 0;

	if (bytes < 0) {
		snprintf(out, SIZE_CAP, "-");
		return;
	}
	if (bytes < 1024) {
		snprintf(out, SIZE_CAP, "%" PRId64 " %s", bytes, bytes == 1 ? "byte" : "bytes");
		return;
	}
	/* To the next unit at 1023.5, which would be written as 1024. */
	for (; i + 1 < UNITS && (uint64_t)bytes >= unit * 1024 - unit / 2; i++)
		unit *= 1024;
	whole = (uint64_t)bytes / unit;
	rest = (uint64_t)bytes % unit;
	tenths = whole * 10 + (rest * 10 + unit / 2) / unit;	/* unit is at most 2^60 */
	if (tenths >= 100 || tenths % 10 == 0)
		snprintf(out, SIZE_CAP, "%" PRIu64 " %s", tenths >= 100 ? whole + (rest >= unit / 2) : tenths / 10, units[i]);
	else
		snprintf(out, SIZE_CAP, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[i]);
}

static void
add(struct view *view, const char *name, int64_t number, const char *text)
{
	struct view *item;

	view_list(view, name);
	item = view_item(view, name);
	view_flag(item, "known", number >= 0);
	view_int(item, "raw", number);
	view_text(item, "text", text);
}

void
view_size(struct view *view, const char *name, int64_t bytes)
{
	char text[SIZE_CAP];

	size_words(bytes, text);
	add(view, name, bytes, text);
}

void
view_count(struct view *view, const char *name, int64_t count)
{
	char text[SIZE_CAP];

	snprintf(text, sizeof(text), "%" PRId64, count);
	add(view, name, count, text);
}
