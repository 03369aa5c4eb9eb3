/* Numbers for pages: bytes in words ("10 GiB"), and counts that may be unknown. */

#ifndef BAAS_LIB_VIEW_SIZE_H
#define BAAS_LIB_VIEW_SIZE_H

#include <stdint.h>

struct view;

enum { SIZE_CAP = 24 };

/* "0 bytes", "1 byte", "1023 bytes", "1 KiB", "1.5 MiB", "10 GiB": binary units, one decimal below ten; "-" below 0. */
void size_words(int64_t bytes, char out[SIZE_CAP]);

/*
 * A size, or a count, as a list of one item, so that {{#disk}}{{>size}}{{/disk}} shows it: known (flag, off below 0),
 * raw (the number), text (in words).
 */
void view_size(struct view *view, const char *name, int64_t bytes);
void view_count(struct view *view, const char *name, int64_t count);

#endif
