/* Who has to wait before a password is looked at: lib/try's subjects of a sign-in, and the cookie of a known browser. */

#include "lib/app_part.h"

#include <string.h>

#include "lib/device.h"

static const char known_cookie[] = COOKIE_HOST "baas_known";

enum { COOKIE_KNOWN = DEVICE_DAYS * 24 * 3600 };

/* ERR_NOTFOUND unless this browser is one of the person's; token is "" if it has none. */
static enum err
read_device(struct call *call, int64_t person, char token[CRYPT_TOKEN_CAP])
{
	token[0] = '\0';
	if (call->json)		/* cookies count for pages alone */
		return ERR_NOTFOUND;
	call_token_get(call, known_cookie, token);
	if (token[0] == '\0' || person == 0)
		return ERR_NOTFOUND;
	return device_get(call->db, token, person, call->now);
}

enum err
app_door(struct call *call, const char *email, int64_t person, struct door *out)
{
	char		token[CRYPT_TOKEN_CAP];
	int64_t		address;
	enum err	err = read_device(call, person, token);

	if (err != ERR_OK && err != ERR_NOTFOUND)
		return err;
	out->known = call->known = err == ERR_OK;
	try_address(req_var(call->req, "REMOTE_ADDR"), out->address);
	if (out->known)
		try_device(token, email, out->subject);
	else
		try_account(email, out->subject);
	if ((err = try_wait(call->db, out->subject, call->now, &out->wait)) != ERR_OK || out->known)
		return err;
	if ((err = try_wait(call->db, out->address, call->now, &address)) == ERR_OK && address > out->wait)
		out->wait = address;
	return err;
}

enum err
app_door_failed(struct call *call, const struct door *door)
{
	enum err err = try_failed(call->db, door->subject, call->now);

	if (err != ERR_OK || door->known)
		return err;
	return try_failed(call->db, door->address, call->now);
}

/* The way to a new account leads over the page of what does not match: that was no failure. */
static enum err
forgive(struct call *call, const struct door *door)
{
	int64_t		n;
	enum err	err = try_count(call->db, door->subject, &n);

	if (err != ERR_OK || n == 0)
		return err;
	return try_forgive(call->db, door->address);
}

enum err
app_door_passed(struct call *call, const struct door *door, int64_t person, int new)
{
	char		token[CRYPT_TOKEN_CAP] = "";
	enum err	err;

	if (new && (err = forgive(call, door)) != ERR_OK)
		return err;
	if ((err = try_clear(call->db, door->subject)) != ERR_OK || call->json)
		return err;
	call_token_get(call, known_cookie, token);
	if ((err = device_used(call->db, token, person, call->now)) == ERR_OK)
		call_cookie(call, known_cookie, token, COOKIE_KNOWN);
	explicit_bzero(token, sizeof(token));
	return err;
}

enum err
app_new_wait(struct call *call, int64_t *out)
{
	char subject[TRY_SUBJECT_CAP];

	try_new(req_var(call->req, "REMOTE_ADDR"), subject);
	return try_wait(call->db, subject, call->now, out);
}

enum err
app_new_made(struct call *call)
{
	char subject[TRY_SUBJECT_CAP];

	try_new(req_var(call->req, "REMOTE_ADDR"), subject);
	return try_failed(call->db, subject, call->now);
}

enum err
app_forget_others(struct call *call)
{
	char		token[CRYPT_TOKEN_CAP];
	enum err	err;

	call_token_get(call, known_cookie, token);
	err = device_forget(call->db, call->who.id, token);
	explicit_bzero(token, sizeof(token));
	return err;
}
