/* A moment for pages. */

#include "lib/view_time.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/page.h"

void
time_date(int64_t at, int64_t now, char out[DATE_CAP])
{
	clock_words(at, now, out);
	out[strcspn(out, ",")] = '\0';
}

void
view_time(struct view *view, const char *name, int64_t at, int64_t now)
{
	char		 iso[CLOCK_ISO_CAP], words[32], date[DATE_CAP], span[32];
	struct view	*item;

	view_list(view, name);
	if (at <= 0)
		return;
	clock_iso(at, iso);
	clock_words(at, now, words);
	memcpy(date, words, strlen(words) + 1);
	date[strcspn(date, ",")] = '\0';
	clock_span(llabs(now - at), span);
	item = view_item(view, name);
	view_text(item, "iso", iso);
	view_text(item, "words", words);
	view_text(item, "date", date);
	view_text(item, "span", span);
	view_int(item, "age", now > at ? (now - at) / CLOCK_SECOND : 0);
}
