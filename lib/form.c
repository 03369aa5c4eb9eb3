/* The fields of a form or a query string (application/x-www-form-urlencoded). */

#include "lib/form.h"

#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

/* Bytes of the UTF-8 character at p (of at most n): 0 if it is not one, overlong, a surrogate or beyond U+10FFFF. */
static size_t
character(const unsigned char *p, size_t n)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

int
form_utf8(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	for (size_t i = 0, len; i < n; i += len)
		if (p[i] == '\0' || (len = character(p + i, n - i)) == 0)
			return 0;
	return 1;
}

int
form_plain(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if ((*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return 0;
	return 1;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes in place: + and %XX once, CRLF (as browsers send a new line) to LF. */
static enum err
decode(char *text)
{
	char	*to = text;
	int	 high, low;

	for (const char *from = text; *from != '\0'; from++) {
		*to = *from == '+' ? ' ' : *from;
		if (*from == '%') {
			if ((high = hex(from[1])) == -1 || (low = hex(from[2])) == -1)
				return ERR_INVALID;
			*to = (char)(high << 4 | low);
			from += 2;
		}
		if (*to == '\n' && to > text && to[-1] == '\r')
			*--to = '\n';
		to++;
	}
	*to = '\0';
	return form_utf8(text, (size_t)(to - text)) && form_plain(text) ? ERR_OK : ERR_INVALID;
}

/* Ends text at the first c and returns what follows it, or NULL. */
static char *
cut(char *text, char c)
{
	char *at = strchr(text, c);

	if (at != NULL)
		*at++ = '\0';
	return at;
}

/* 1 if there is one of that name already; "name[]" is for several. */
static int
is_doubled(const struct form *form, const char *name)
{
	size_t n = strlen(name);

	if (n > 2 && strcmp(name + n - 2, "[]") == 0)
		return 0;
	for (int i = 0; i < form->count; i++)
		if (strcmp(form->field[i].name, name) == 0)
			return 1;
	return 0;
}

static enum err
add(struct form *form, char *name)
{
	char *value = cut(name, '=');

	if (value == NULL)
		value = name + strlen(name);
	if (form->count == FORM_FIELDS_MAX || decode(name) != ERR_OK || decode(value) != ERR_OK || is_doubled(form, name))
		return ERR_INVALID;
	form->field[form->count].name = name;
	form->field[form->count].value = value;
	form->count++;
	return ERR_OK;
}

enum err
form_read(const char *bytes, size_t n, struct form *out)
{
	struct form	 form = { 0 };
	enum err	 err = ERR_OK;

	if (n > 0 && memchr(bytes, '\0', n) != NULL)
		return ERR_INVALID;
	if ((form.memory = malloc(n + 1)) == NULL) {
		log_fault("form", "no memory for %zu bytes", n);
		return ERR_FAULT;
	}
	form.size = n;
	if (n > 0)
		memcpy(form.memory, bytes, n);
	form.memory[n] = '\0';
	for (char *part = form.memory, *next; part != NULL && err == ERR_OK; part = next) {
		next = cut(part, '&');
		if (*part != '\0')
			err = add(&form, part);
	}
	if (err != ERR_OK)
		form_clear(&form);
	else
		*out = form;
	return err;
}

void
form_clear(struct form *form)
{
	/* Passwords came this way. */
	if (form->memory != NULL)
		explicit_bzero(form->memory, form->size);
	free(form->memory);
	memset(form, 0, sizeof(*form));
}

const char *
form_get(const struct form *form, const char *name)
{
	for (int i = 0; i < form->count; i++)
		if (strcmp(form->field[i].name, name) == 0)
			return form->field[i].value;
	return "";
}

enum err
form_trimmed(const struct form *form, const char *name, char *out, size_t cap)
{
	static const char	 white[] = " \t\n";
	const char		*value = form_get(form, name);
	size_t			 n;

	value += strspn(value, white);
	n = strlen(value);
	while (n > 0 && strchr(white, value[n - 1]) != NULL)
		n--;
	if (n < cap) {
		memcpy(out, value, n);
		out[n] = '\0';
		return ERR_OK;
	}
	/* Cut between characters, so that what is left is still text. */
	for (n = cap - 1; n > 0 && ((unsigned char)value[n] & 0xc0) == 0x80; n--)
		;
	memcpy(out, value, n);
	out[n] = '\0';
	return ERR_INVALID;
}
