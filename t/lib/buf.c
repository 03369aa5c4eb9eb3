/* lib/buf.c: growth, escaping, the sticky error. */

#include "lib/buf.h"

#include <stdint.h>
#include <string.h>

#include "t/tap.h"

static const struct {
	void		(*add)(struct buf *, const char *);
	const char	*text, *want;
} escapes[] = {
	{ buf_html, "", "" },
	{ buf_html, "a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c&#39;" },
	{ buf_html, "&amp;", "&amp;amp;" },
	{ buf_html, "\xe2\x82\xac", "\xe2\x82\xac" },
	{ buf_url, "", "" },
	{ buf_url, "aZ09-._~", "aZ09-._~" },
	{ buf_url, "a b/c?d=e&f#%+", "a%20b%2Fc%3Fd%3De%26f%23%25%2B" },
	{ buf_url, "\xe2\x82\xac\r\n", "%E2%82%AC%0D%0A" },
};

static void
check_escapes(void)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		struct buf b = { 0 };

		escapes[i].add(&b, escapes[i].text);
		is_str(escapes[i].want, buf_text(&b), escapes[i].want);
		buf_clear(&b);
	}
}

static const struct {
	int64_t		 number;
	const char	*want;
} numbers[] = {
	{ 0, "0" }, { 7, "7" }, { -1, "-1" }, { 1777799520123, "1777799520123" },
	{ INT64_MAX, "9223372036854775807" }, { INT64_MIN, "-9223372036854775808" },
};

static void
check_numbers(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct buf b = { 0 };

		buf_int(&b, numbers[i].number);
		is_str(numbers[i].want, buf_text(&b), numbers[i].want);
		buf_clear(&b);
	}
}

/* Room that was asked for is there, and is no text. */
static void
check_room(void)
{
	struct buf	 b = { 0 };
	const char	*data;
	char		*place;

	buf_reserve(&b, 3000);
	is_str("", buf_text(&b), "room alone adds nothing");
	data = b.data;
	while (b.len < 3000)
		buf_str(&b, "x");
	ok(b.data == data, "within it nothing moves");
	buf_reserve(&b, 10);
	is_int(3000, (int64_t)b.len, "less than there is changes nothing");
	place = buf_extend(&b, 2);
	memcpy(place, "yz", 2);
	is_str("yz", buf_text(&b) + 3000, "a place is at the end, with a NUL after it");
	ok(buf_extend(&b, SIZE_MAX / 2) == NULL, "none beyond all memory");
	is_int(ERR_FAULT, buf_error(&b), "which is a fault");
	buf_reserve(&b, 10000);
	ok(buf_extend(&b, 1) == NULL, "that stays");
	buf_clear(&b);
}

/* Each total around the first sizes, by each way to add. */
static void
check_growth(void)
{
	struct buf	b = { 0 };
	int		bad = 0;

	for (size_t n = 0; n < 1100; n++) {
		buf_reset(&b);
		for (size_t i = 0; i < n; i++)
			if (i % 2 == 0)
				buf_add(&b, "x", 1);
			else
				buf_fmt(&b, "%c", 'x');
		bad += b.len != n || strlen(buf_text(&b)) != n;
	}
	is_int(0, bad, "every length up to 1,100 is as long as it says");
	buf_reset(&b);
	buf_fmt(&b, "%0500d", 7);
	is_int(500, (int64_t)b.len, "a format longer than what is free");
	buf_clear(&b);
}

/* That memory is wiped can't be seen from here; that nothing is lost by it can. */
static void
check_wipe(void)
{
	struct buf	wiped = { .wipe = 1 }, plain = { 0 };
	int		bad = 0;

	for (int i = 0; i < 3000; i++) {
		buf_fmt(&wiped, "%d,", i);
		buf_fmt(&plain, "%d,", i);
		bad += i % 100 == 0 && strcmp(buf_text(&wiped), buf_text(&plain)) != 0;
	}
	is_int(0, bad, "one that is wiped holds the same");
	is_str(buf_text(&plain), buf_text(&wiped), "to its end");
	buf_clear(&wiped);
	is_str("", buf_text(&wiped), "and is empty afterwards");
	buf_clear(&plain);
}

int
main(void)
{
	struct buf b = { 0 };

	is_str("", buf_text(&b), "an empty one is a text");
	buf_add(&b, "", 0);
	is_str("", buf_text(&b), "also with nothing added");
	buf_str(&b, "one");
	buf_add(&b, "x", SIZE_MAX / 2);
	is_int(ERR_FAULT, buf_error(&b), "more than there can be is a fault");
	buf_str(&b, "two");
	buf_fmt(&b, "%d", 3);
	buf_html(&b, "<");
	is_str("one", buf_text(&b), "after which nothing is added");
	is_int(ERR_FAULT, buf_error(&b), "and the fault stays");
	buf_reset(&b);
	is_int(ERR_OK, buf_error(&b), "until a reset");
	buf_clear(&b);
	check_escapes();
	check_numbers();
	check_room();
	check_growth();
	check_wipe();
	return tap_end();
}
