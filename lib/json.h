/* JSON, by path and type: the only user of cJSON. */

#ifndef BAAS_LIB_JSON_H
#define BAAS_LIB_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct buf;
struct json;	/* a value; children belong to the root */

enum { JSON_DEPTH = 16 };

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_OBJECT };

/*
 * Reads n bytes.  ERR_INVALID: not JSON, bytes after it, deeper than JSON_DEPTH, a key twice in one object,
 * not UTF-8, a NUL (also as \u0000), a number that is not finite.  *out is the caller's, json_free frees it.
 */
enum err json_read(const char *bytes, size_t n, struct json **out);
void json_free(struct json *root);		/* wiped, as all memory used here; NULL is fine */

/* The member of that exact name, or NULL (also if json is NULL or no object). */
const struct json *json_get(const struct json *json, const char *key);
/* Members of a list or object, in order: NULL at the end. */
const struct json *json_first(const struct json *json);
const struct json *json_next(const struct json *json);
const char *json_key(const struct json *json);		/* its name in the object that holds it */
enum json_type json_type(const struct json *json);	/* NULL json: JSON_NULL */

/* The value if json is of that type, else otherwise.  Text lives as long as the root. */
const char *json_text(const struct json *json, const char *otherwise);
int64_t json_int(const struct json *json, int64_t otherwise);	/* a whole number within +-2^53 */
int json_bool(const struct json *json, int otherwise);

/*
 * Building.  A NULL parent makes a root; key is ignored (NULL) within a list.  NULL when out of memory: then all
 * further calls on it do nothing.  The tree remembers what could not be added (no memory, text that is not UTF-8,
 * a number beyond +-2^53) and json_write says ERR_FAULT.
 */
struct json *json_object(struct json *parent, const char *key);
struct json *json_list(struct json *parent, const char *key);
void json_add_text(struct json *parent, const char *key, const char *text);	/* NULL: null */
void json_add_int(struct json *parent, const char *key, int64_t value);
void json_add_bool(struct json *parent, const char *key, int value);
void json_add_null(struct json *parent, const char *key);
void json_add_copy(struct json *parent, const char *key, const struct json *value);	/* all of it; NULL: null */

/*
 * Writing without a tree, in order, for what is long: a writer with its out set, and all else zero, is ready.  json_open
 * begins an object ('{') or a list ('['), json_close ends the one begun last; keys as above.  What can't be written (as above, or
 * deeper than JSON_DEPTH) sticks, and json_written says ERR_FAULT, as it does before all is closed; out is then undefined.
 */
struct json_writer {
	struct buf	*out;
	int		 depth;
	char		 end[JSON_DEPTH];	/* what each that is open ends with */
	int		 comma;			/* what comes next is not the first in there */
	int		 failed;
};
void json_open(struct json_writer *w, const char *key, char kind);
void json_close(struct json_writer *w);
void json_put_text(struct json_writer *w, const char *key, const char *text);	/* NULL: null */
void json_put_int(struct json_writer *w, const char *key, int64_t value);
void json_put_null(struct json_writer *w, const char *key);
enum err json_written(const struct json_writer *w);

/* Appends it to b, without white space.  Numbers that were read are written with 15 digits only. */
enum err json_write(const struct json *json, struct buf *b);

#endif
