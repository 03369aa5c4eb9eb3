/* The loop behind every route: shape, method, sign-in, CSRF, transaction, reply (CONTRACT.md 2, order of checks). */

#ifndef BAAS_LIB_APP_H
#define BAAS_LIB_APP_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/form.h"
#include "lib/person.h"
#include "lib/req.h"
#include "lib/session.h"
#include "lib/try.h"

struct conf;
struct db;
struct json;
struct json_writer;
struct pages;
struct view;

/*
 * What each page can name without its route having set it:
 *
 *	site_name site_url contact version	from the configuration and the build; contact is "" if there is none
 *	path		the request's path
 *	signed_in	flag
 *	who_name	the person's name; "" before sign-in, and before /newbie
 *	csrf		for forms; "" before sign-in, unless the route has called app_csrf
 *	once		for forms that create something; "" unless the route has called app_once
 *	flash		what the last act has to say; ""
 *	live		flag: the script asks for parts of the page (?live=1)
 *	error		flag: the page refuses something ("Error: " before the title)
 *	problems	list of (field, words), for the summary on top
 *
 * and for each field that the route has named by app_field: value_<field> and
 * wrong_<field>.  The pages of the statuses ("404") have reference too: "" but for
 * faults; and that of 429 has why and wait, "4 seconds".
 */

enum { APP_ARGS = 3, APP_ARG_CAP = 128, APP_PATH_CAP = 512, APP_WORDS_CAP = 256, APP_ALLOW_CAP = 32 };

/* One request, as a route sees it. */
struct call {
	struct db	*db;
	const struct conf *conf;
	const struct pages *pages;
	struct crypt_pool *pool;		/* of the process */
	struct req	*req;
	const char	*method;
	struct reply	*reply;
	struct form	 form;			/* of a POST */
	struct form	 query;
	struct json	*body;			/* of a JSON request that came with one, else NULL */
	char		 arg[APP_ARGS][APP_ARG_CAP];	/* what :name stood for in the shape */
	int		 signed_in;
	struct person	 who;			/* if signed in */
	struct session	 session;		/* likewise; id 0 when run from a shell */
	char		 token[CRYPT_TOKEN_CAP];	/* of the session or, before sign-in, of the visit cookie */
	char		 csrf[CRYPT_CSRF_CAP];
	char		 actor[64];		/* "person", or "shell:UNIXUSER" */
	int		 shell;			/* from a shell, as somebody (BAAS_AS): no csrf */
	int		 json;			/* the request speaks JSON: answers do too, and only a bearer token counts */
	int		 live;			/* ?live=1: the script looks for changes */
	int		 known;			/* app_door knows this browser: it does not give way to a crowd of strangers */
	int		 wrongs;
	struct json	*errors;		/* likewise, by field, for JSON; NULL: none */
	char		 words[APP_WORDS_CAP];	/* app_say's */
	char		 allow[APP_ALLOW_CAP];	/* of a 405 */
	char		 path[APP_PATH_CAP];	/* "" if it was longer */
	int64_t		 now;
	struct view	*view;			/* what the page can name */
};

enum access { ANYBODY, SIGNED_IN };

enum {
	ROUTE_OWN_TX = 1,	/* a POST that begins and commits by itself (password hashing comes first) */
	ROUTE_JSON = 2		/* for requests that speak JSON, which need no csrf; the others are for pages */
};

struct route {
	const char	*method;	/* "GET" also answers HEAD; all others run in a transaction */
	const char	*shape;		/* "/agents/:name/restart": whole path, :x is one segment */
	enum access	 access;
	enum err	(*serve)(struct call *);
	unsigned	 flags;
};

/*
 * main of a route: opens configuration, database and templates, then serves each request by the table.  A POST
 * runs in one transaction, committed before the reply; a `once` is answered as the first time.  serve says
 * ERR_OK with a page in reply->body or a 303; ERR_INVALID with a page in the body is 422; without a body
 * the status' own page is shown: ERR_NOTFOUND 404, ERR_EXISTS 409, ERR_BUSY 503 (or reply->status, if
 * it is 429), ERR_FAULT 500 (with a reference number, logged).  A GET's page is
 * cacheable if it is a stranger's, or the script's (?live=1), unless serve says otherwise: after sign-out the back button shows
 * no page from before.
 *
 * A path with rows for JSON answers JSON requests by those alone; one without has nothing for people who are
 * signed in by a token.  Their errors have feathers' form: app_wrong fills "errors", app_say chooses status and message.
 * Returns main's exit status.
 */
int app_main(const char *program, const struct route *routes, int n);

/* Renders template name from call->view into the reply. */
enum err app_page(struct call *call, const char *name);

/* Renders it with status 422: for ERR_INVALID.  Returns ERR_INVALID, or a fault. */
enum err app_refuse(struct call *call, const char *name);

/*
 * 303 to an own path; says flash (may be NULL) once on the page there, by a cookie that
 * only this session's token can have made.
 */
enum err app_go(struct call *call, const char *path, const char *flash);

/* Makes sure that there is a csrf (before sign-in: sets the visit cookie): for pages with a form that strangers see. */
enum err app_csrf(struct call *call);

/* Gives the page a fresh `once`, for forms that create something.  With ?live=1 it stays "", and so the ETag. */
void app_once(struct call *call);

/* A field of the page's form: value_<field> is value, wrong_<field> is "" unless app_wrong says otherwise. */
void app_field(struct call *call, const char *field, const char *value);

/* 1 if path is one of ours and not a way out: begins with one '/', no '\\', no control characters, ASCII. */
int app_own_path(const char *path);

/*
 * A fault in a form's field: words next to it and in the summary on top.  The view gets an
 * item of `problems` (field, words), and `wrong_<field>`.
 */
void app_wrong(struct call *call, const char *field, const char *words);
int app_wrongs(const struct call *call);	/* how many so far */

/*
 * For JSON: the answer is status and message (as printf).  Returns ERR_INVALID.  Without it the message is that of
 * the status.
 */
enum err app_say(struct call *call, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Answers a JSON request with that status and value (not freed). */
enum err app_json(struct call *call, int status, const struct json *json);

/*
 * The same without a tree: a writer whose outermost object is open, and its end.  After a fault in between the reply is
 * app_status's.
 */
struct json_writer app_json_begin(struct call *call);
enum err app_json_end(struct call *call, int status, struct json_writer *w);

/* app_wrong for a bot's name that bot_order has answered ERR_EXISTS to: taken, or resting, and until when. */
void app_taken(struct call *call, const char *field, const char *name);

/* A new session of the person's; the oldest of that kind beyond limits.sessions end.  Within a transaction. */
enum err app_open_session(struct call *call, int64_t person, enum session_kind kind, char token[CRYPT_TOKEN_CAP]);

/* Starts the person's session on this browser: new cookie; the session or visit of before ends.  Within a transaction. */
enum err app_sign_in(struct call *call, int64_t person);
/* Takes the session cookie away. */
void app_forget(struct call *call);

/* Notes an event of the person at hand (app fills actor, person, time). */
enum err app_event(struct call *call, int what, int64_t bot, const char *bot_name, const char *detail);

/* https site: 1. */
int app_https(const struct call *call);

/*
 * Not now, but in ms: 429 with Retry-After, and why ("too many tries", static) with the wait in words, on the page of that
 * status and in JSON.  Returns ERR_BUSY.
 */
enum err app_wait(struct call *call, const char *why, int64_t ms);

/*
 * Puts a letter to email into the outbox: template NAME.txt, filled from call->view, has the subject in its first line and
 * the text after an empty one.  person is 0 if nobody has the email yet.  Within a transaction.
 */
enum err app_mail(struct call *call, const char *name, int64_t person, const char *email);

/* A try to sign in: what it is counted under (lib/try.h). */
struct door {
	int	known;				/* by a cookie: the person has been in on this browser before */
	int64_t	wait;				/* ms until it may be tried; 0: now */
	char	subject[TRY_SUBJECT_CAP];	/* the account or, if known, this browser's part of it */
	char	address[TRY_SUBJECT_CAP];	/* of no interest if known */
};

/*
 * Fills *out for a try at that email (as person_email gives it) of that person (0: of nobody).  A known browser waits
 * only for its own failures, so that strangers' tries keep nobody out.  With a wait no password is looked at, nothing
 * is counted.  After it one of the others, in a transaction: failed counts; passed clears and makes the browser known
 * (its cookie is set); with new, a registration, it also takes back the failure that led to it.
 */
enum err app_door(struct call *call, const char *email, int64_t person, struct door *out);
enum err app_door_failed(struct call *call, const struct door *door);
enum err app_door_passed(struct call *call, const struct door *door, int64_t person, int new);

/*
 * Who makes accounts one after the other waits, too: how long (ms), by address; and the note that one more was made, or
 * asked for.  The latter in a transaction.
 */
enum err app_new_wait(struct call *call, int64_t *out);
enum err app_new_made(struct call *call);

/* Somebody who wants an account while accounts.verify is on. */
struct newcomer {
	const char	*email;		/* as person_email gives it */
	int64_t		 known;		/* whose it is already; 0: nobody's */
	const char	*hash;		/* of their password */
	const char	*name;		/* "": not said */
};

/*
 * A letter tells what will be: a link that makes the account, or, to who has one, that somebody tried.  Nothing here
 * differs to the outside.  Within a transaction, after app_door: counts as a failure under it, since what was typed may
 * have been a guess at a password.  At most a few letters go to one email (lib/try.h); beyond that none does, silently.
 */
enum err app_newcomer(struct call *call, const struct door *door, const struct newcomer *newcomer);

/* The person's other browsers are known no more: after a new password, and when they sign out everywhere. */
enum err app_forget_others(struct call *call);

/*
 * Checks the signed-in person's password: in one of two hash slots of this machine (flock), throttled by session, so
 * that nobody else's tries matter.  Outside of any transaction.  ERR_INVALID: wrong.  ERR_BUSY: no slot within
 * 500 ms, nobody waits for the answer, or the throttle (reply->status is 429 then); reply->retry_after says how long.
 */
enum err app_password(struct call *call, const char *password);

/*
 * The same two slots, for signin and a new password's hash: calls crypt_password_check / _hash within one, with the
 * password as person_password_normal writes it.  For a stranger the 500 ms include what the request has waited for its
 * turn: who comes in a crowd is told to come back, and nobody waits for long.
 */
enum err app_hash_check(struct call *call, const char *hash, const char *password);
enum err app_hash_new(struct call *call, const char *password, char out[CRYPT_PASSWORD_CAP]);

#endif
