/* lib/form: what a form may hold, and what it may not. */

#include "lib/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

/* With its length, since NULs are among them. */
#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char	*bytes;
	size_t		 n;
	const char	*what;
} bad[] = {
	{ BYTES("a=%00"), "a hidden NUL" },
	{ BYTES("a%00=1"), "a hidden NUL in a name" },
	{ BYTES("a=\0b"), "a plain NUL" },
	{ BYTES("a=%"), "% and nothing" },
	{ BYTES("a=%4"), "% and one digit" },
	{ BYTES("a=%4&b=1"), "% and one digit before the next field" },
	{ BYTES("a=%zz"), "% and no digits" },
	{ BYTES("a=%u0041"), "%u" },
	{ BYTES("a=%ff"), "a byte that UTF-8 has not" },
	{ BYTES("a=%c0%af"), "an overlong slash" },
	{ BYTES("a=%e0%80%af"), "an overlong slash of three bytes" },
	{ BYTES("a=%f0%80%80%af"), "an overlong slash of four bytes" },
	{ BYTES("a=%ed%a0%80"), "a surrogate" },
	{ BYTES("a=%f4%90%80%80"), "beyond U+10FFFF" },
	{ BYTES("a=%e2%82"), "a character cut short" },
	{ BYTES("a=%80"), "a stray continuation" },
	{ BYTES("a=\xff"), "a raw byte that UTF-8 has not" },
	{ BYTES("a=%07"), "a bell" },
	{ BYTES("a=%1b[2J"), "an escape" },
	{ BYTES("a=%7f"), "a delete" },
	{ BYTES("a=%c2%85"), "a C1 control" },
	{ BYTES("a=%0d"), "a lone carriage return" },
	{ BYTES("a=x%0dX-Evil:1"), "a carriage return in the middle" },
	{ BYTES("a=1&a=2"), "a field twice" },
	{ BYTES("a=1&%61=2"), "a field twice, once encoded" },
	{ BYTES("=&="), "a field without a name twice" },
	{ BYTES("[]=1&[]=2"), "nor is [] alone a name for several" },
	{ BYTES("a[]b=1&a[]b=2"), "nor one with [] in it" },
};

static const struct {
	const char	*bytes, *value, *what;
} good[] = {
	{ "a=", "", "empty" },
	{ "a[]=1&a[]=2&a=3", "3", "a[] is for several" },
	{ "a", "", "no =" },
	{ "b=1", "", "missing" },
	{ "", "", "nothing at all" },
	{ "&&a=1&&", "1", "empty parts are nothing" },
	{ "a=x+y%2bz", "x y+z", "plus is a space, %2b is a plus" },
	{ "a=%253Cb%253E", "%3Cb%3E", "decoded once" },
	{ "a=1=2", "1=2", "= in a value" },
	{ "a=%26b%3D1", "&b=1", "& and = encoded" },
	{ "a=one%0D%0Atwo", "one\ntwo", "CRLF is one new line" },
	{ "a=%0D%0A%0D%0A", "\n\n", "and two are two" },
	{ "a=one%0Atwo%09", "one\ntwo\t", "new line and tab" },
	{ "a=%c3%a9%e2%82%ac%f0%9f%a6%80", "\xc3\xa9\xe2\x82\xac\xf0\x9f\xa6\x80", "two, three and four bytes" },
	{ "a=\xc3\xa9", "\xc3\xa9", "raw UTF-8" },
	{ "a=%ed%9f%bf%ee%80%80", "\xed\x9f\xbf\xee\x80\x80", "on both sides of the surrogates" },
	{ "a=%f4%8f%bf%bf", "\xf4\x8f\xbf\xbf", "U+10FFFF" },
	{ "a=%c2%a0", "\xc2\xa0", "the first one after C1" },
};

static const struct {
	const char	*bytes, *want, *what;
	enum err	 err;
} trims[] = {
	{ "a=abc", "abc", "cap - 1 bytes", ERR_OK },
	{ "a=abcd", "abc", "cap bytes", ERR_INVALID },
	{ "a=ab%c3%a9", "ab", "cut before a character, not within", ERR_INVALID },
	{ "a=%20%09%0Aab%20%0A", "ab", "white space at both ends", ERR_OK },
	{ "a=++abc++", "abc", "white space is not counted", ERR_OK },
	{ "a=+a+b+", "a b", "white space in the middle stays", ERR_OK },
	{ "a=%20+", "", "only white space", ERR_OK },
	{ "b=1", "", "missing", ERR_OK },
};

static void
test_many(void)
{
	char		 text[16 * (FORM_FIELDS_MAX + 1)] = "";
	size_t		 n = 0;
	struct form	 form = { 0 };

	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "f%d=%d&", i, i);
	is_int(ERR_OK, form_read(text, n, &form), "as many fields as there may be");
	is_int(FORM_FIELDS_MAX, form.count, "all of them");
	is_str("63", form_get(&form, "f63"), "the last one too");
	form_clear(&form);
	is_int(0, form.count, "cleared");
	is_str("", form_get(&form, "f63"), "a cleared form has nothing");
	form_clear(&form);
	snprintf(text + n, sizeof(text) - n, "x=1");
	is_int(ERR_INVALID, form_read(text, strlen(text), &form), "one more");
}

/* The bytes end where n says: a copy of exactly that size lets the sanitizer see. */
static enum err
read_exactly(const char *bytes, size_t n, struct form *form)
{
	char		*copy = malloc(n + (n == 0));
	enum err	 err;

	memcpy(copy, bytes, n);
	err = form_read(copy, n, form);
	free(copy);
	return err;
}

int
main(void)
{
	struct form	form = { 0 };
	char		out[4];

	for (size_t i = 0; i < LEN(bad); i++) {
		is_int(ERR_INVALID, read_exactly(bad[i].bytes, bad[i].n, &form), bad[i].what);
		if (form.memory != NULL || form.count != 0)
			ok(0, "%s: writes nothing", bad[i].what);
	}
	for (size_t i = 0; i < LEN(good); i++) {
		is_int(ERR_OK, read_exactly(good[i].bytes, strlen(good[i].bytes), &form), good[i].what);
		is_str(good[i].value, form_get(&form, "a"), good[i].what);
		form_clear(&form);
	}
	for (size_t i = 0; i < LEN(trims); i++) {
		is_int(ERR_OK, read_exactly(trims[i].bytes, strlen(trims[i].bytes), &form), trims[i].what);
		is_int(trims[i].err, form_trimmed(&form, "a", out, sizeof(out)), trims[i].what);
		is_str(trims[i].want, out, trims[i].what);
		form_clear(&form);
	}
	test_many();
	ok(!form_utf8("a\0b", 3), "a NUL is not text");
	ok(form_utf8("", 0), "nothing is text");
	ok(!form_utf8("\xe2\x82\xac", 2), "cut short by n");
	return tap_end();
}
