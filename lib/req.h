/* One request and its reply, over FastCGI or plain CGI: the only user of libfcgi. */

#ifndef BAAS_LIB_REQ_H
#define BAAS_LIB_REQ_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

struct req;

enum { REQ_BODY_MAX = 65536 };	/* bytes */

/* What goes back.  Buffered: nothing is sent before the work is done. */
struct reply {
	int		 status;		/* 0: not set yet */
	const char	*type;			/* Content-Type; NULL: text/html; charset=utf-8 */
	struct buf	 location;		/* of a 303 */
	struct buf	 cookies;		/* whole Set-Cookie lines, each ending in "\r\n" */
	const char	*allow;			/* of a 405, or NULL */
	int		 retry_after;		/* seconds; 0: none */
	int		 no_referrer;		/* 1: Referrer-Policy no-referrer instead of same-origin */
	int		 cacheable;		/* 1: ETag of the body, "private, no-cache", and 304 when it matches */
	struct buf	 body;			/* with wipe set, no copy of it stays behind */
};

/*
 * Connects to FastCGI, or, if there is none, to the environment: then there is one
 * request.  As FastCGI it asks the kernel to be ended with its parent (PR_SET_PDEATHSIG), so
 * that no route outlives a killed lighttpd; SIGTERM ends it after the request at hand.
 */
enum err req_open(struct req **out);
void req_close(struct req *req);

/* 1 if the program was run from a shell or as plain CGI. */
int req_is_cgi(const struct req *req);

/* Waits for the next request: 1, or 0 when there will be none. */
int req_next(struct req *req);

/*
 * From now on whoever waits for this process is let in before each request, in order, so that req_waited can tell how
 * long that was: for a program whose work is costly.  Its socket must be its own, as lighttpd gives one to each.
 */
void req_let_in(struct req *req);

/*
 * ms that the request at hand has waited for its turn, if others still wait behind it, else 0.  (Less by what the request
 * before it took, at most: so often new ones are let in.)
 */
int64_t req_waited(const struct req *req);

/* A CGI variable ("REQUEST_METHOD"), "" if missing.  Good until the next req_next. */
const char *req_var(struct req *req, const char *name);

/* A variable that occurs twice in the request (HTTP_X from X-A and X_A): 1 if there is any. */
int req_doubled(struct req *req);

/*
 * The body.  ERR_INVALID: the length is no number or larger than REQ_BODY_MAX (*too_large tells), or the
 * client sent less.  Good until the next req_next, and safe to ask for again.
 */
enum err req_body(struct req *req, const char **bytes, size_t *n, int *too_large);

/* A cookie's value, or "" if there is none; ERR_INVALID (out is "") if it is longer than cap - 1. */
enum err req_cookie(struct req *req, const char *name, char *out, size_t cap);

/* 1 while somebody still waits for the answer (before costly work); always 1 as CGI. */
int req_waiting(struct req *req);

/*
 * Sends the reply whole, with the headers that all answers have: Content-Security-Policy, nosniff, Referrer-Policy,
 * Cross-Origin-Opener-Policy and -Resource-Policy, no-store unless cacheable, Strict-Transport-Security if https.
 * A header with a control character in it is refused: the answer is 500 then, logged.  HEAD sends no body.  A page that
 * sets a cookie is not cacheable.  ERR_FAULT, not logged: the other side has gone.
 */
enum err req_send(struct req *req, const struct reply *reply, int https);

/* Frees what a reply holds and zeroes it. */
void reply_clear(struct reply *reply);

/* Sets status 303 and the place to go (an own path). */
void reply_see_other(struct reply *reply, const char *path);

#endif
