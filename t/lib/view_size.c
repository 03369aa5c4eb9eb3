/* lib/view_size: how numbers are said. */

#include "lib/view_size.h"

#include <stddef.h>
#include <stdint.h>

#include "t/tap.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

static const struct {
	int64_t		 bytes;
	const char	*want;
} rows[] = {
	{ INT64_MIN, "-" },
	{ -1, "-" },
	{ 0, "0 bytes" },
	{ 1, "1 byte" },
	{ 2, "2 bytes" },
	{ 1023, "1023 bytes" },
	{ 1024, "1 KiB" },
	{ 1025, "1 KiB" },
	{ 1075, "1 KiB" },		/* 1.0498 */
	{ 1076, "1.1 KiB" },		/* 1.0508 */
	{ 1536, "1.5 KiB" },
	{ 10137, "9.9 KiB" },
	{ 10188, "9.9 KiB" },		/* 9.949 */
	{ 10189, "10 KiB" },		/* 9.950 */
	{ 10240, "10 KiB" },
	{ 10700, "10 KiB" },		/* 10.449: not by way of 10.5 */
	{ 10752, "11 KiB" },		/* 10.5 */
	{ 1023 * 1024 + 511, "1023 KiB" },
	{ 1023 * 1024 + 512, "1 MiB" },
	{ 1023 * 1024, "1023 KiB" },
	{ 1024 * 1024 - 1, "1 MiB" },	/* not 1024 KiB */
	{ 1024 * 1024, "1 MiB" },
	{ INT64_C(3) << 19, "1.5 MiB" },
	{ INT64_C(100) << 20, "100 MiB" },
	{ (INT64_C(1) << 30) - 1, "1 GiB" },
	{ INT64_C(10) << 30, "10 GiB" },
	{ INT64_C(1) << 40, "1 TiB" },
	{ INT64_C(5) << 49, "2.5 PiB" },
	{ (INT64_C(1) << 60) - 1, "1 EiB" },
	{ INT64_C(1) << 60, "1 EiB" },
	{ INT64_MAX, "8 EiB" },
};

int
main(void)
{
	char out[SIZE_CAP];

	for (size_t i = 0; i < LEN(rows); i++) {
		size_words(rows[i].bytes, out);
		is_str(rows[i].want, out, rows[i].want);
	}
	return tap_end();
}
