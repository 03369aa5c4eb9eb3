/* The words for enum err. */

#include "lib/err.h"

const char *
err_word(enum err err)
{
	static const char *const words[ERR__MAX] = {
		[ERR_OK] = "ok",
		[ERR_NOTFOUND] = "not found",
		[ERR_EXISTS] = "exists already",
		[ERR_INVALID] = "invalid",
		[ERR_BUSY] = "busy",
		[ERR_FAULT] = "fault",
	};

	if ((int)err < 0 || err >= ERR__MAX)
		return "unknown";
	return words[err];
}
