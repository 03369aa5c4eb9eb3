/* What the last act has to say, shown once: in a cookie that only somebody with the session's token can have made. */

#include "lib/app_part.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/crypt.h"
#include "lib/log.h"
#include "lib/page.h"

enum { FLASH_CAP = 2048 };

static const char cookie[] = COOKIE_HOST "baas_flash";

/* Of the words, in this session. */
static enum err
sign(const struct call *call, const char *words, char out[CRYPT_CSRF_CAP])
{
	struct buf	text = { 0 };
	enum err	err;

	buf_fmt(&text, "%s\nflash\n%s", call->token, words);
	if ((err = buf_error(&text)) == ERR_OK)
		crypt_csrf(buf_text(&text), out);
	buf_clear(&text);
	return err;
}

void
flash_set(struct call *call, const char *words)
{
	char		mac[CRYPT_CSRF_CAP];
	struct buf	value = { 0 };

	if (call->shell || app_csrf(call) != ERR_OK || sign(call, words, mac) != ERR_OK)
		return;
	buf_url(&value, words);
	buf_fmt(&value, ".%s", mac);
	if (buf_error(&value) == ERR_OK && value.len < FLASH_CAP)
		call_cookie(call, cookie, buf_text(&value), COOKIE_UNTIL_CLOSED);
	else
		log_note("flash", "too long, not said");
	buf_clear(&value);
}

/* Decodes the words of a cookie's value, cut before its last dot.  *form holds them. */
static enum err
decode(const char *value, struct form *form)
{
	struct buf	text = { 0 };
	enum err	err;

	buf_fmt(&text, "flash=%s", value);
	if ((err = buf_error(&text)) == ERR_OK)
		err = form_read(buf_text(&text), text.len, form);
	buf_clear(&text);
	return err;
}

void
flash_show(struct call *call)
{
	char		value[FLASH_CAP], want[CRYPT_CSRF_CAP], *mac;
	struct form	form = { 0 };

	call_cookie_get(call, cookie, value, sizeof(value));
	if (value[0] == '\0')
		return;
	call_cookie(call, cookie, "", COOKIE_GONE);
	if (call->token[0] == '\0' || (mac = strrchr(value, '.')) == NULL)
		return;
	*mac++ = '\0';
	if (decode(value, &form) == ERR_OK && sign(call, form_get(&form, "flash"), want) == ERR_OK &&
	    crypt_same(mac, want))
		view_text(call->view, "flash", form_get(&form, "flash"));
	form_clear(&form);
}
