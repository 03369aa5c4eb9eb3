/* Words for a bot's name that cannot be had. */

#include "lib/app.h"

#include <stdio.h>

#include "lib/name.h"
#include "lib/view_time.h"

void
app_taken(struct call *call, const char *field, const char *name)
{
	char	words[160], date[DATE_CAP];
	int64_t	until;

	if (name_free(call->db, name, call->who.id, call->now, &until) == ERR_EXISTS) {
		time_date(until, call->now, date);
		snprintf(words, sizeof(words), "%s is resting. it is free again on %s.", name, date);
	} else {
		snprintf(words, sizeof(words), "%s is taken. how about %.30s-too?", name, name);
	}
	app_wrong(call, field, words);
}
