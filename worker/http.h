/* Requests to the outside: libcurl, in the worker's one loop.  Nothing here waits. */

#ifndef BAAS_WORKER_HTTP_H
#define BAAS_WORKER_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct http;
struct loop;
struct secret;

enum { HTTP_WORDS_CAP = 200, HTTP_BODY_MAX = 64 << 20 };

struct http_request {
	const char		*method;	/* "GET", "POST", "PATCH", "PUT", "DELETE" */
	const char		*url;
	const char		*type;		/* Content-Type of body; NULL: there is none */
	const char		*body;		/* may hold secrets: our copy of it is wiped */
	size_t			 body_n;
	const char		*token_header;	/* "X-Auth-Token"; NULL: none */
	const struct secret	*token;		/* its value, good until the answer */
	const char		*ca_file;	/* NULL: the system's */
	int64_t			 timeout;	/* ms, all in all; 0: 60 s.  Connecting takes at most 10 s of it */
};

/* Good during the call. */
struct http_answer {
	int		 status;	/* 0: there was none */
	int		 sent;		/* status 0: 1 if the other side may have acted on the request, 0 if it surely did not */
	const char	*body;		/* NUL-terminated */
	size_t		 body_n;
	const char	*type;		/* its Content-Type, or "" */
	int64_t		 total;		/* X-Total-Count; -1: not said */
	int64_t		 retry_after;	/* ms; -1: not said */
	const char	*request_id;	/* X-Request-Id, or "": for the log */
	const char	*why;		/* status 0: libcurl's words; else "" */
};

/* Called back exactly once.  answer NULL: the worker ends, let go of ctx. */
typedef void http_done(void *ctx, const struct http_answer *answer);

/* Takes over the waiting of the loop.  agent: our User-Agent. */
enum err http_open(struct loop *loop, const char *agent, struct http **out);
void http_close(struct http *http);	/* before loop_close; NULL is fine */

/*
 * Asks.  Everything of the request but token is copied.  Not ERR_OK: nothing was sent, and nobody is called back;
 * ERR_INVALID, logged, if the URL is neither https nor http to loopback, or has a password in it.  Redirects are not
 * followed; a body over HTTP_BODY_MAX is no answer.  At most a few requests to one host are under way at a time, the
 * others wait their turn (their timeout begins with it).  Never called back from within.
 */
enum err http_ask(struct http *http, const struct http_request *request, http_done *done, void *ctx);

/* A letter for a mail server. */
struct http_letter {
	const char		*url;		/* smtp://USER@HOST[:PORT] or smtps://...; without USER nobody signs in */
	const char		*hello;		/* our host's name */
	const char		*from, *to;	/* addresses */
	const char		*text;		/* all of it, lines end in "\r\n"; our copy is wiped */
	size_t			 text_n;
	const struct secret	*password;	/* NULL: none */
};

/*
 * Sends it by SMTP: encrypted from the first byte on with smtps, by STARTTLS or not at all with smtp, but to loopback in
 * the clear.  The answer's status is 250 once the server has taken it, else the number with which it refused, or 0.
 * ERR_INVALID, logged: the URL is none of these or has a password in it; an address has a character that a command
 * can't hold.
 */
enum err http_mail(struct http *http, const struct http_letter *letter, http_done *done, void *ctx);

/* Calls back after ms: a wait that is nobody's request (retries, polls). */
enum err http_later(struct http *http, int64_t ms, http_done *done, void *ctx);

#endif
