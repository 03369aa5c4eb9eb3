/* lib/unicode: one form for what looks the same.  More rows are in t/lib/person.c. */

#include "lib/unicode.h"

#include <stdlib.h>
#include <string.h>

#include "t/tap.h"

int
main(void)
{
	static const char	*const bad[] = { "\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80" };
	char			 kept[] = "as it was", *out = kept, *marks;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		is_int(ERR_INVALID, unicode_nfkc(bad[i], &out), "not UTF-8");
		is_str("as it was", out, "nothing is written");
	}
	is_int(ERR_OK, unicode_nfkc("", &out), "nothing");
	is_str("", out, "is nothing");
	free(out);
	is_int(ERR_OK, unicode_nfkc("e\xcc\x81\xef\xac\x81", &out), "an e with its accent after it, and a ligature");
	is_str("\xc3\xa9" "fi", out, "are three letters");
	free(out);
	if ((marks = calloc(1, 65537)) == NULL)
		return 99;
	for (size_t i = 0; i < 65536; i += 4)
		memcpy(marks + i, i % 8 == 0 ? "\xcc\x81\xcc\xa3" : "\xcc\xa3\xcc\x81", 4);
	is_int(ERR_OK, unicode_nfkc(marks, &out), "64 KiB of marks without a letter");
	ok(strlen(out) == 65536 && strcmp(out, marks) != 0, "are sorted");
	free(out);
	free(marks);
	return tap_end();
}
