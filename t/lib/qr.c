/* lib/qr.c: the path stays within its square, and draws what a code must have. */

#include "lib/qr.h"

#include <stdio.h>
#include <string.h>

#include "lib/buf.h"
#include "t/tap.h"

int
main(void)
{
	struct buf	 b = { 0 };
	char		 much[2400];
	const char	*p;
	int		 size = 0, x, y, n, used, bad = 0, dark = 0;

	memset(much, 'x', sizeof(much));
	much[2332] = '\0';
	is_int(ERR_INVALID, qr_path("", &b, &size), "nothing has no code");
	is_int(ERR_INVALID, qr_path(much, &b, &size), "too much has none");
	is_int(0, size, "and nothing is written");
	is_int(ERR_OK, qr_path("butt.nz:8008:@x~y", &b, &size), "a short text");
	is_int(29, size, "is 25 modules and a quiet zone");
	ok(strncmp(buf_text(&b), "M2 2h7M", 7) == 0, "which begins with a finder");
	for (p = buf_text(&b); *p != '\0'; p += used) {
		if (sscanf(p, "M%d %dh%d%n", &x, &y, &n, &used) != 3) {
			bad++;
			break;
		}
		bad += x < 2 || y < 2 || y >= size - 2 || n < 1 || x + n > size - 2;
		dark += n;
	}
	is_int(0, bad, "all strokes are within");
	ok(dark > 25 * 25 / 3 && dark < 25 * 25 * 2 / 3, "about half of it is dark");
	buf_reset(&b);
	much[2331] = '\0';
	is_int(ERR_OK, qr_path(much, &b, &size), "the longest has one");
	is_int(181, size, "the largest there is");
	buf_clear(&b);
	return tap_end();
}
