/* Text that must not be seen: guarded memory, wiped when freed. */

#ifndef BAAS_LIB_SECRET_H
#define BAAS_LIB_SECRET_H

#include <stddef.h>

#include "lib/err.h"

enum { SECRET_CAP = 4096 };

struct secret;

/*
 * The whole text of a private file (mode 0600 or less, at most SECRET_CAP - 1 bytes, not empty), one
 * trailing newline dropped.  ERR_FAULT: errors are logged with the path and never with what the file says.
 */
enum err secret_read(const char *path, struct secret **out);

/* A copy of n bytes of text.  The caller wipes its own.  ERR_INVALID: too long, or a NUL in it. */
enum err secret_from(const char *text, size_t n, struct secret **out);

/* Writes it to a new file of that mode (0600, 0400) with O_EXCL and fsync.  ERR_EXISTS if there is one. */
enum err secret_write(const struct secret *secret, const char *path, unsigned mode);

/* The text, and its length.  Lives as long as the secret; never to be logged or put into a page. */
const char *secret_text(const struct secret *secret);
size_t secret_len(const struct secret *secret);

/* Wipes and frees; NULL is fine. */
void secret_free(struct secret *secret);

#endif
