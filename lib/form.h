/* The fields of a form or a query string (application/x-www-form-urlencoded). */

#ifndef BAAS_LIB_FORM_H
#define BAAS_LIB_FORM_H

#include <stddef.h>

#include "lib/err.h"

enum { FORM_FIELDS_MAX = 64 };

/* Fields in order; values are UTF-8 without NUL or control characters other than newline and tab. */
struct form {
	char	*memory;
	size_t	 size;		/* of memory */
	int	 count;
	struct { const char *name, *value; } field[FORM_FIELDS_MAX];
};

/*
 * Decodes n bytes once; CRLF becomes a newline.  ERR_INVALID: bad %XX, NUL or another control character, not
 * UTF-8, too many fields, a field twice (unless its name ends in "[]").  *out is unchanged unless ERR_OK; then form_clear wipes and frees it.
 */
enum err form_read(const char *bytes, size_t n, struct form *out);
void form_clear(struct form *form);

/* The value, "" if there is no such field; lives as long as the form. */
const char *form_get(const struct form *form, const char *name);

/* Copies the value without white space at its ends.  ERR_INVALID if it is longer than cap - 1 (out is then cut). */
enum err form_trimmed(const struct form *form, const char *name, char *out, size_t cap);

/* 1 if text is valid UTF-8 of n bytes without NUL. */
int form_utf8(const char *text, size_t n);

/* 1 if a form's value could be this: no C0 (but newline and tab), no DEL, no C1. */
int form_plain(const char *text);

#endif
