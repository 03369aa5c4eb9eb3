/* A growing string of bytes. */

#include "lib/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 1024 };	/* pages grow out of it soon, and malloc has it as quickly as less */

/* realloc would leave a copy behind. */
static char *
resize(struct buf *b, size_t cap)
{
	char *data;

	if (!b->wipe)
		return realloc(b->data, cap);
	if ((data = malloc(cap)) == NULL)
		return NULL;
	if (b->data != NULL) {
		memcpy(data, b->data, b->len + 1);
		explicit_bzero(b->data, b->cap);
		free(b->data);
	}
	return data;
}

/* 1, or 0 and the failure is kept. */
static int
grow(struct buf *b, size_t n)
{
	size_t	 cap = b->cap == 0 ? FIRST : b->cap;
	char	*data;

	if (b->err != ERR_OK)
		return 0;
	if (n > SIZE_MAX / 4 - b->len)
		goto fail;
	while (cap < b->len + n + 1)
		cap *= 2;
	if ((data = resize(b, cap)) == NULL)
		goto fail;
	b->data = data;
	b->cap = cap;
	return 1;
fail:
	b->err = ERR_FAULT;
	return 0;
}

/* Makes room for n more bytes and a NUL, which there mostly is already: 1, or 0 and the failure is kept. */
static int
room(struct buf *b, size_t n)
{
	return (b->err == ERR_OK && n < b->cap - b->len) || grow(b, n);
}

void
buf_reserve(struct buf *b, size_t n)
{
	if (n > b->len && room(b, n - b->len))
		b->data[b->len] = '\0';
}

char *
buf_extend(struct buf *b, size_t n)
{
	if (!room(b, n))
		return NULL;
	b->len += n;
	b->data[b->len] = '\0';
	return b->data + b->len - n;
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *place = buf_extend(b, n);

	if (place != NULL && n != 0)
		memcpy(place, bytes, n);
}

void
buf_str(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_int(struct buf *b, int64_t number)
{
	char		 digits[24], *p = digits + sizeof(digits);
	uint64_t	 left = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (number < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

void
buf_fmt(struct buf *b, const char *format, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0) {
		b->err = b->err == ERR_OK ? ERR_FAULT : b->err;
		return;
	}
	if (!room(b, (size_t)n))
		return;
	va_start(ap, format);
	if (vsnprintf(b->data + b->len, b->cap - b->len, format, ap) == n)
		b->len += (size_t)n;
	else
		b->err = ERR_FAULT;
	va_end(ap);
}

/* NULL: c stands for itself. */
static const char *
entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void
buf_html(struct buf *b, const char *text)
{
	const char *done = text, *entity;

	for (; *text != '\0'; text++) {
		if ((entity = entity_of(*text)) == NULL)
			continue;
		buf_add(b, done, (size_t)(text - done));
		buf_str(b, entity);
		done = text + 1;
	}
	buf_add(b, done, (size_t)(text - done));
}

void
buf_url(struct buf *b, const char *text)
{
	static const char	 plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	size_t			 n;

	while (*text != '\0') {
		n = strspn(text, plain);
		buf_add(b, text, n);
		text += n;
		if (*text != '\0')
			buf_fmt(b, "%%%02X", (unsigned)(unsigned char)*text++);
	}
}

const char *
buf_text(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}

enum err
buf_error(const struct buf *b)
{
	return b->err;
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = ERR_OK;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_clear(struct buf *b)
{
	if (b->wipe && b->data != NULL)
		explicit_bzero(b->data, b->cap);
	free(b->data);
	*b = (struct buf){ 0 };
}
