/* A moment for pages. */

#ifndef BAAS_LIB_VIEW_TIME_H
#define BAAS_LIB_VIEW_TIME_H

#include <stdint.h>

struct view;

enum { DATE_CAP = 32 };

/* "3 may", with the year unless it is now's (UTC). */
void time_date(int64_t at, int64_t now, char out[DATE_CAP]);

/*
 * A moment as a list of one item, so that {{#seen}}{{>time}}{{/seen}} shows it, or of none if at is 0 (never):
 * iso, words ("3 may, 09:12"), date ("3 may"), span ("6 minutes", from then to now or from now to then), age (whole seconds).
 */
void view_time(struct view *view, const char *name, int64_t at, int64_t now);

#endif
