/*
 * JSON, by path and type.  cJSON reads more than JSON: "scan" refuses beforehand
 * what it would let through, "check" afterwards what only a parser can see.
 */

#include "lib/json.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/log.h"

#define WHOLE	9007199254740992.0	/* 2^53: beyond, a double skips numbers */

enum { FIRST_PRINT = 4096 };	/* bytes; each time that it does not do, cJSON copies and wipes all */

/* What is left of the text. */
struct scan {
	const unsigned char	*p, *end;
	int			 depth;
};

static const cJSON *
in(const struct json *json)
{
	return (const cJSON *)json;
}

static struct json *
out(cJSON *json)
{
	return (struct json *)json;
}

/* -- cJSON's memory -- */

static void
wipe(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/* Passwords, tokens and pubs' secrets come this way: nothing that cJSON has had keeps them, its buffers neither. */
static void
hook(void)
{
	cJSON_Hooks hooks = { .malloc_fn = malloc, .free_fn = wipe };

	cJSON_InitHooks(&hooks);
}

/* -- before cJSON -- */

/* The length of the UTF-8 character at p, before end; 0 if it is none, as surrogates and NUL are. */
static int
utf8(const unsigned char *p, const unsigned char *end)
{
	static const struct {
		unsigned char	 first, last;	/* of the first byte */
		unsigned char	 low, high;	/* of the second */
		int		 len;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0xff, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (end - p < forms[i].len)
			return 0;
		if (forms[i].len > 1 && (p[1] < forms[i].low || p[1] > forms[i].high))
			return 0;
		for (int k = 2; k < forms[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* At a backslash, moves to what it escapes.  cJSON reads \u12g4 as \u0000, and that as the end of the text. */
static int
scan_escape(struct scan *s)
{
	if (++s->p == s->end)
		return 0;
	if (*s->p != 'u')
		return 1;
	if (s->end - s->p < 5 || memcmp(s->p + 1, "0000", 4) == 0)
		return 0;
	for (int i = 1; i < 5; i++)
		if (s->p[i] > 0x7f || !isxdigit(s->p[i]))
			return 0;
	return 1;
}

/* From behind the opening quote to behind the closing one: UTF-8, no control characters, no NUL in disguise. */
static int
scan_string(struct scan *s)
{
	int n;

	while (s->p < s->end && *s->p != '"') {
		if (*s->p < 0x20)
			return 0;
		if (*s->p == '\\' && !scan_escape(s))
			return 0;
		if ((n = utf8(s->p, s->end)) == 0)
			return 0;
		s->p += n;
	}
	return s->p++ < s->end;
}

static int
digits(struct scan *s)
{
	const unsigned char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

static int
take(struct scan *s, const char *any)
{
	if (s->p == s->end || *s->p == '\0' || strchr(any, *s->p) == NULL)
		return 0;
	s->p++;
	return 1;
}

/* A number by the grammar: strtod would take 01, 1. and .5 too. */
static int
scan_number(struct scan *s)
{
	take(s, "-");
	if (!take(s, "0") && !digits(s))
		return 0;
	if (take(s, ".") && !digits(s))
		return 0;
	if (take(s, "eE")) {
		take(s, "+-");
		if (!digits(s))
			return 0;
	}
	return s->p == s->end || strchr(" \t\r\n,]}", *s->p) != NULL;
}

/* Walks over the tokens; whether they are in a sensible order is left to cJSON. */
static int
scan(const char *bytes, size_t n)
{
	struct scan s = { .p = (const unsigned char *)bytes, .end = (const unsigned char *)bytes + n };

	while (s.p < s.end) {
		unsigned char c = *s.p;

		if (c == '-' || (c >= '0' && c <= '9')) {
			if (!scan_number(&s))
				return 0;
			continue;
		}
		s.p++;
		if (c == '"' && !scan_string(&s))
			return 0;
		if ((c == '{' || c == '[') && ++s.depth > JSON_DEPTH)
			return 0;
		if (c == '}' || c == ']')
			s.depth--;
		if (c == '\0' || c > 0x7e || strchr("\"{}[]:, \t\r\ntruefalsn", c) == NULL)
			return 0;
	}
	return 1;
}

/* -- after cJSON -- */

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that an object of many keys costs no more than it should. */
static enum err
check_keys(const cJSON *object)
{
	size_t		  n = 0;
	const char	**keys;
	enum err	  err = ERR_OK;

	for (const cJSON *at = object->child; at != NULL; at = at->next)
		n++;
	if (n < 2)
		return ERR_OK;
	if ((keys = calloc(n, sizeof(*keys))) == NULL)
		return ERR_FAULT;
	n = 0;
	for (const cJSON *at = object->child; at != NULL; at = at->next)
		keys[n++] = at->string;
	qsort(keys, n, sizeof(*keys), compare);
	for (size_t i = 1; i < n; i++)
		if (strcmp(keys[i - 1], keys[i]) == 0)
			err = ERR_INVALID;
	free(keys);
	return err;
}

/* Keys once each, numbers finite; at most JSON_DEPTH deep. */
static enum err
check(const cJSON *json)
{
	enum err err = ERR_OK;

	if (cJSON_IsNumber(json))
		return isfinite(json->valuedouble) ? ERR_OK : ERR_INVALID;
	if (cJSON_IsObject(json))
		err = check_keys(json);
	for (const cJSON *at = json->child; at != NULL && err == ERR_OK; at = at->next)
		err = check(at);
	return err;
}

enum err
json_read(const char *bytes, size_t n, struct json **root)
{
	const char	*end = NULL;
	cJSON		*json;
	enum err	 err;

	hook();
	if (!scan(bytes, n) || (json = cJSON_ParseWithLengthOpts(bytes, n, &end, 0)) == NULL)
		return ERR_INVALID;
	while (end < bytes + n && strchr(" \t\r\n", *end) != NULL)
		end++;
	err = end == bytes + n ? check(json) : ERR_INVALID;
	if (err == ERR_FAULT)
		log_fault("json", "no memory");
	if (err == ERR_OK)
		*root = out(json);
	else
		cJSON_Delete(json);
	return err;
}

void
json_free(struct json *root)
{
	cJSON_Delete((cJSON *)root);
}

/* -- asking -- */

enum json_type
json_type(const struct json *json)
{
	if (cJSON_IsBool(in(json)))
		return JSON_BOOL;
	if (cJSON_IsNumber(in(json)) || cJSON_IsRaw(in(json)))
		return JSON_NUMBER;
	if (cJSON_IsString(in(json)))
		return JSON_TEXT;
	if (cJSON_IsArray(in(json)))
		return JSON_LIST;
	if (cJSON_IsObject(in(json)))
		return JSON_OBJECT;
	return JSON_NULL;
}

const struct json *
json_get(const struct json *json, const char *key)
{
	if (json_type(json) != JSON_OBJECT)
		return NULL;
	return out(cJSON_GetObjectItemCaseSensitive(in(json), key));
}

const struct json *
json_first(const struct json *json)
{
	return json == NULL ? NULL : out(in(json)->child);
}

const struct json *
json_next(const struct json *json)
{
	return json == NULL ? NULL : out(in(json)->next);
}

const char *
json_key(const struct json *json)
{
	return json == NULL || in(json)->string == NULL ? "" : in(json)->string;
}

const char *
json_text(const struct json *json, const char *otherwise)
{
	return json_type(json) == JSON_TEXT ? in(json)->valuestring : otherwise;
}

int64_t
json_int(const struct json *json, int64_t otherwise)
{
	double d;

	if (json_type(json) != JSON_NUMBER)
		return otherwise;
	d = in(json)->valuedouble;
	if (d < -WHOLE || d > WHOLE || trunc(d) != d)
		return otherwise;
	return (int64_t)d;
}

int
json_bool(const struct json *json, int otherwise)
{
	return json_type(json) == JSON_BOOL ? cJSON_IsTrue(in(json)) : otherwise;
}

/* -- building -- */

/* Puts item into parent.  A failure is kept in the parent, in a field that cJSON uses for numbers only. */
static struct json *
add(struct json *json, const char *key, cJSON *item)
{
	cJSON	*parent = (cJSON *)json;
	int	 good = 0;

	if (parent != NULL && item != NULL)
		good = cJSON_IsArray(parent) ? cJSON_AddItemToArray(parent, item) :
		    cJSON_IsObject(parent) && key != NULL && cJSON_AddItemToObject(parent, key, item);
	if (good)
		return out(item);
	if (parent != NULL)
		parent->valueint = 1;
	cJSON_Delete(item);
	return NULL;
}

struct json *
json_object(struct json *parent, const char *key)
{
	cJSON *item;

	hook();
	item = cJSON_CreateObject();
	return parent == NULL ? out(item) : add(parent, key, item);
}

struct json *
json_list(struct json *parent, const char *key)
{
	cJSON *item;

	hook();
	item = cJSON_CreateArray();
	return parent == NULL ? out(item) : add(parent, key, item);
}

static int
is_utf8(const char *text)
{
	const unsigned char	*p = (const unsigned char *)text, *end = p + strlen(text);
	int			 n;

	for (; p < end; p += n)
		if ((n = *p < 0x80 ? 1 : utf8(p, end)) == 0)
			return 0;
	return 1;
}

void
json_add_text(struct json *parent, const char *key, const char *text)
{
	if (text == NULL)
		json_add_null(parent, key);
	else
		add(parent, key, is_utf8(text) ? cJSON_CreateString(text) : NULL);
}

/* 1 unless who reads it as a double would read another number. */
static int
is_exact(int64_t value)
{
	return value >= -(int64_t)WHOLE && value <= (int64_t)WHOLE;
}

void
json_add_int(struct json *parent, const char *key, int64_t value)
{
	cJSON	*item = NULL;
	char	 text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	if (is_exact(value) && (item = cJSON_CreateRaw(text)) != NULL)
		item->valuedouble = (double)value;	/* raw: of a number cJSON would write 15 digits only */
	add(parent, key, item);
}

void
json_add_bool(struct json *parent, const char *key, int value)
{
	add(parent, key, cJSON_CreateBool(value != 0));
}

void
json_add_null(struct json *parent, const char *key)
{
	add(parent, key, cJSON_CreateNull());
}

void
json_add_copy(struct json *parent, const char *key, const struct json *value)
{
	if (value == NULL)
		json_add_null(parent, key);
	else
		add(parent, key, cJSON_Duplicate(in(value), 1));
}

/* 1 unless something could not be added to it, or below. */
static int
is_whole(const cJSON *json)
{
	if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
		return 1;
	if (json->valueint != 0)
		return 0;
	for (const cJSON *at = json->child; at != NULL; at = at->next)
		if (!is_whole(at))
			return 0;
	return 1;
}

enum err
json_write(const struct json *json, struct buf *b)
{
	char *text = NULL;

	if (json == NULL || !is_whole(in(json)) || (text = cJSON_PrintBuffered(in(json), FIRST_PRINT, 0)) == NULL) {
		log_fault("json", "something could not be added");
		return ERR_FAULT;
	}
	buf_str(b, text);
	cJSON_free(text);
	return buf_error(b);
}

/* -- writing without a tree -- */

/* How many bytes from there on stand for themselves within quotes; *good is 0 if the one after them is no UTF-8. */
static size_t
plain(const char *text, int *good)
{
	const unsigned char	*p = (const unsigned char *)text;
	int			 n = 1;

	while (n > 0) {
		while (*p >= ' ' && *p < 0x80 && *p != '"' && *p != '\\')
			p++;
		if (*p < 0x80)
			break;
		p += n = utf8(p, p + strnlen((const char *)p, 4));
	}
	*good = n > 0;
	return (size_t)((const char *)p - text);
}

/* What has to be escaped, as cJSON escapes it. */
static void
put_escaped(struct buf *out, char c)
{
	static const char	 names[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char		*at = strchr(names, c);

	if (at != NULL)
		buf_add(out, (const char[]){ '\\', letters[at - names] }, 2);
	else
		buf_fmt(out, "\\u%04x", (unsigned)c);
}

/* With characters that don't stand for themselves. */
static void
put_odd(struct json_writer *w, const char *text)
{
	int	good = 1;
	size_t	n;

	buf_add(w->out, "\"", 1);
	for (; *text != '\0' && good; text += n + (text[n] != '\0')) {
		n = plain(text, &good);
		buf_add(w->out, text, n);
		if (text[n] != '\0' && good)
			put_escaped(w->out, text[n]);
	}
	buf_add(w->out, "\"", 1);
	if (!good)
		w->failed = 1;
}

/* Most have none, and are written at once: there are dozens in an answer. */
static void
put_string(struct json_writer *w, const char *text)
{
	int	 good;
	size_t	 n = plain(text, &good);
	char	*place;

	if (text[n] != '\0') {
		put_odd(w, text);
	} else if ((place = buf_extend(w->out, n + 2)) != NULL) {
		place[0] = place[n + 1] = '"';
		memcpy(place + 1, text, n);
	}
}

/* What stands before a value. */
static void
put_key(struct json_writer *w, const char *key)
{
	int in_object = w->depth > 0 && w->end[w->depth - 1] == '}';

	if (w->comma)
		buf_add(w->out, ",", 1);
	w->comma = 1;
	if (in_object != (key != NULL))
		w->failed = 1;
	if (key == NULL)
		return;
	put_string(w, key);
	buf_add(w->out, ":", 1);
}

void
json_open(struct json_writer *w, const char *key, char kind)
{
	put_key(w, key);
	if (w->depth == JSON_DEPTH) {
		w->failed = 1;
		return;
	}
	w->end[w->depth++] = kind == '{' ? '}' : ']';
	buf_add(w->out, &kind, 1);
	w->comma = 0;
}

void
json_close(struct json_writer *w)
{
	if (w->depth == 0) {
		w->failed = 1;
		return;
	}
	buf_add(w->out, &w->end[--w->depth], 1);
	w->comma = 1;
}

void
json_put_text(struct json_writer *w, const char *key, const char *text)
{
	if (text == NULL) {
		json_put_null(w, key);
		return;
	}
	put_key(w, key);
	put_string(w, text);
}

void
json_put_int(struct json_writer *w, const char *key, int64_t value)
{
	put_key(w, key);
	buf_int(w->out, value);
	if (!is_exact(value))
		w->failed = 1;
}

void
json_put_null(struct json_writer *w, const char *key)
{
	put_key(w, key);
	buf_add(w->out, "null", 4);
}

enum err
json_written(const struct json_writer *w)
{
	if (w->failed || w->depth > 0) {
		log_fault("json", "something could not be written");
		return ERR_FAULT;
	}
	return buf_error(w->out);
}
