/* Between the files of lib/app*.c, and for nobody else. */

#ifndef BAAS_LIB_APP_PART_H
#define BAAS_LIB_APP_PART_H

#include "lib/app.h"

/* What a route's process holds from its start to its end. */
struct app {
	const struct route	*routes;
	int			 n;
	struct conf		*conf;
	struct db		*db;
	struct pages		*pages;
	struct req		*req;
	const char		*as;		/* BAAS_AS, or NULL */
	char			 actor[64];
	struct crypt_pool	 pool;
};

/* app_jail.c: from now on this process can open nothing but what requests need.  ERR_FAULT: logged. */
enum err app_enter_jail(const struct app *app);

/* app_call.c: who is asking, and what pages can name. */

/* Fills *call (zeroed before) but for the person: ERR_FAULT if memory runs out; call_close is needed in any case. */
enum err call_open(struct call *call, struct app *app, struct reply *reply);
/* Finds the person by cookie, or by app->as (ERR_NOTFOUND: no such email). */
enum err call_sign_in(struct call *call, const struct app *app);
/* Notes the session's use, if it was not noted within the hour.  A trouble is logged, no more. */
void call_used(struct call *call);
void call_close(struct call *call);

/* 1 if a header's value is, or has in its list, application/json. */
int is_json_type(const char *value);

/* Over https our cookies' names begin so.  Names are given with it, and are without it on a site that has no https. */
#define COOKIE_HOST "__Host-"

/* Adds a Set-Cookie line; seconds 0 takes the cookie away, -1 keeps it until the browser ends. */
enum { COOKIE_GONE = 0, COOKIE_UNTIL_CLOSED = -1, COOKIE_MONTH = 30 * 24 * 3600 };
void call_cookie(struct call *call, const char *name, const char *value, int seconds);
/* The value of one of our cookies, "" if there is none. */
void call_cookie_get(struct call *call, const char *name, char *out, size_t cap);
/* Likewise, of one that holds a token: "" too if it is none that crypt_token can have made. */
void call_token_get(struct call *call, const char *name, char out[CRYPT_TOKEN_CAP]);

/* app_check.c: what has to be so before a route runs.  0, or the status that it is instead (303: the reply is filled). */
int app_check(struct call *call, struct app *app, const struct route **out);

/* 1 unless its method is GET. */
int route_changes(const struct route *route);

/* app_status.c: the page (or the JSON) of a status. */
void app_status(struct call *call, int status, const struct route *route);

/* app_flash.c: what the last act had to say. */
void flash_set(struct call *call, const char *words);
void flash_show(struct call *call);

#endif
