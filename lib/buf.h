/* A growing string of bytes.  The first failure sticks; buf_error tells it. */

#ifndef BAAS_LIB_BUF_H
#define BAAS_LIB_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/* A zeroed struct buf is an empty one.  data is NUL-terminated once anything was added, len does not count it. */
struct buf {
	char	*data;
	size_t	 len;
	size_t	 cap;
	enum err err;
	int	 wipe;		/* 1: holds a secret; memory that it gives up is wiped first */
};

/* Appends; after a failure (ERR_FAULT, no memory) each further call does nothing. */
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *text);
void buf_int(struct buf *b, int64_t number);	/* in decimal */
void buf_fmt(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends n bytes that are the caller's to fill: where they are, or NULL after a failure. */
char *buf_extend(struct buf *b, size_t n);

/* Has room for n bytes in all from now on, if there is memory: for what is known to grow. */
void buf_reserve(struct buf *b, size_t n);

/* Appends text with & < > " ' written as HTML entities: fit for an element or a quoted attribute. */
void buf_html(struct buf *b, const char *text);

/* Appends text percent-encoded, all but [A-Za-z0-9-._~]: fit for one part of a URL. */
void buf_url(struct buf *b, const char *text);

/* The text so far, never NULL; good until the next change. */
const char *buf_text(const struct buf *b);

/* The first failure, or ERR_OK. */
enum err buf_error(const struct buf *b);

/* Makes it empty and keeps the memory; forgets a failure. */
void buf_reset(struct buf *b);

/* Frees what it holds (wiped, if wipe is set) and makes it an empty one. */
void buf_clear(struct buf *b);

#endif
