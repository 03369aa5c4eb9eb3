/* Unicode's normal form: the only user of libunistring. */

#ifndef BAAS_LIB_UNICODE_H
#define BAAS_LIB_UNICODE_H

#include "lib/err.h"

/*
 * text in the form NFKC, in which characters that look the same are the same, however a keyboard wrote them.  *out is the
 * caller's to free.  ERR_INVALID: text is not UTF-8.  ERR_FAULT: no memory.
 */
enum err unicode_nfkc(const char *text, char **out);

#endif
