/* What routes say: pages, refusals, where to go next. */

#include "lib/app_part.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/crypt.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/page.h"

enum { KEY_CAP = 64, ONCE_BYTES = 16, PAGE_USUAL = 8192 };

enum err
app_page(struct call *call, const char *name)
{
	enum err err;

	if (strcmp(call->method, "GET") == 0 && !call->live)
		flash_show(call);
	buf_reset(&call->reply->body);
	buf_reserve(&call->reply->body, PAGE_USUAL);
	if ((err = page_render(call->pages, name, call->view, &call->reply->body)) == ERR_OK)
		call->reply->status = 200;
	return err;
}

enum err
app_refuse(struct call *call, const char *name)
{
	enum err err;

	view_flag(call->view, "error", 1);
	if ((err = app_page(call, name)) != ERR_OK)
		return err;
	call->reply->status = 422;
	return ERR_INVALID;
}

enum err
app_go(struct call *call, const char *path, const char *flash)
{
	if (!app_own_path(path)) {
		log_fault("redirect", "not one of our paths");
		return ERR_FAULT;
	}
	if (flash != NULL)
		flash_set(call, flash);
	reply_see_other(call->reply, path);
	return ERR_OK;
}

void
app_once(struct call *call)
{
	char once[2 * ONCE_BYTES + 1];

	if (call->live)
		return;
	crypt_pool_hex(call->pool, once, ONCE_BYTES);
	view_text(call->view, "once", once);
}

static void
name_of(const char *kind, const char *field, char out[KEY_CAP])
{
	size_t k = strlen(kind), n = strlen(field);

	out[0] = '\0';
	/* A field has its name from a literal in a route. */
	if (k + n + 2 > KEY_CAP) {
		log_fault(field, "too long a name for a field");
		return;
	}
	memcpy(out, kind, k);
	out[k] = '_';
	memcpy(out + k + 1, field, n + 1);
}

void
app_field(struct call *call, const char *field, const char *value)
{
	char name[KEY_CAP];

	name_of("value", field, name);
	view_text(call->view, name, value);
	name_of("wrong", field, name);
	if (!view_has(call->view, name))
		view_text(call->view, name, "");
}

/* The same, for those who speak JSON. */
static void
add_error(struct call *call, const char *field, const char *words)
{
	if (call->errors == NULL)
		call->errors = json_object(NULL, NULL);
	json_add_text(call->errors, field, words);
}

void
app_wrong(struct call *call, const char *field, const char *words)
{
	struct view	*item = view_item(call->view, "problems");
	char		 name[KEY_CAP];

	view_text(item, "field", field);
	view_text(item, "words", words);
	name_of("wrong", field, name);
	view_text(call->view, name, words);
	if (call->json)
		add_error(call, field, words);
	call->wrongs++;
}

int
app_wrongs(const struct call *call)
{
	return call->wrongs;
}

int
app_own_path(const char *path)
{
	if (path[0] != '/' || path[1] == '/')
		return 0;
	for (const char *p = path; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '\\')
			return 0;
	return 1;
}
