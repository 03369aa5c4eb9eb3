/*
 * Texts that took long to make, kept for the next who asks.  They may hold secrets: what lies here is locked with a key
 * of this process, which lies in guarded memory, so that a stray read finds nothing in it.
 */

#ifndef BAAS_LIB_SHELF_H
#define BAAS_LIB_SHELF_H

#include <stddef.h>

#include "lib/err.h"

struct buf;
struct shelf;

enum { SHELF_NAME_CAP = 64 };

/* most: bytes that it may take; when that is full it is emptied. */
enum err shelf_open(size_t most, struct shelf **out);
void shelf_close(struct shelf *shelf);		/* NULL is fine */
void shelf_empty(struct shelf *shelf);

/*
 * Keeps n bytes of text under that name, instead of what was kept there; good as long as the n_stamp bytes of stamp are the
 * same.  What can't be kept (no memory, or its place is taken by others) is not: the next who asks has to make it anew.
 */
void shelf_put(struct shelf *shelf, const char *name, const void *stamp, size_t n_stamp, const struct buf *text);

/* Appends it to text.  ERR_NOTFOUND: it is not there, or has another stamp. */
enum err shelf_get(const struct shelf *shelf, const char *name, const void *stamp, size_t n_stamp, struct buf *text);

#endif
