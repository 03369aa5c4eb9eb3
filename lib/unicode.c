/* Unicode's normal form, by libunistring. */

#include "lib/unicode.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <uninorm.h>
#include <unistr.h>

#include "lib/log.h"

enum err
unicode_nfkc(const char *text, char **out)
{
	const uint8_t	*bytes = (const uint8_t *)text;
	size_t		 n = strlen(text) + 1;
	uint8_t		*normal;

	if (u8_check(bytes, n) != NULL)
		return ERR_INVALID;
	if ((normal = u8_normalize(UNINORM_NFKC, bytes, n, NULL, &n)) == NULL) {
		log_fault("unicode", "%s", strerror(errno));
		return ERR_FAULT;
	}
	*out = (char *)normal;
	return ERR_OK;
}
