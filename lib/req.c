/* One request and its reply, over FastCGI or plain CGI: the only user of libfcgi. */

#include "lib/req.h"

#include <fcgiapp.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

extern char **environ;

enum { ETAG_CAP = 32, HEAD_USUAL = 2048, LISTENER = 0, INSIDE_MAX = 256 };

/* A connection that was let in: what it asks is not read yet. */
struct guest {
	int	fd;
	int64_t	came_at;	/* clock_boot() */
};

struct req {
	int		 cgi;
	int		 asked;		/* plain CGI: the one request was given out */
	FCGX_Request	 fcgi;
	int		 lets_in;
	struct guest	 inside[INSIDE_MAX];
	int		 n_inside;
	int64_t		 waited;	/* by the request at hand */
	int		 have_body;
	size_t		 body_n;
	char		 body[REQ_BODY_MAX + 1];
};

static const struct {
	int		 code;
	const char	*words;
} statuses[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 413, "Payload Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char security[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"
    " img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

/*
 * The listener goes, and something that is none takes its number: accept() fails, be it that it waits already or is still to
 * be called, and libfcgi, which tries after it, knows that this is the end.
 */
static void
shut_down(int sig)
{
	(void)sig;
	FCGX_ShutdownPending();
	(void)dup2(STDERR_FILENO, LISTENER);
}

/* No SA_RESTART: accept() must be interrupted. */
static enum err
catch(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler };

	if (sigaction(sig, &sa, NULL) == -1) {
		log_fault("signals", "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

/* lighttpd killed hard leaves its children, and the next one would use their old sockets. */
static enum err
end_with_parent(void)
{
	pid_t parent = getppid();

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1) {
		log_fault("parent", "PR_SET_PDEATHSIG: %s", strerror(errno));
		return ERR_FAULT;
	}
	if (getppid() != parent) {
		log_fault("parent", "gone already");
		return ERR_FAULT;
	}
	return ERR_OK;
}

static enum err
open_fcgi(struct req *req)
{
	enum err err;

	if ((err = catch(SIGTERM, shut_down)) != ERR_OK || (err = catch(SIGINT, SIG_IGN)) != ERR_OK ||
	    (err = end_with_parent()) != ERR_OK)
		return err;
	if (FCGX_InitRequest(&req->fcgi, 0, 0) != 0) {
		log_fault("fastcgi", "cannot listen");
		return ERR_FAULT;
	}
	return ERR_OK;
}

enum err
req_open(struct req **out)
{
	struct req	*req = calloc(1, sizeof(*req));
	enum err	 err = ERR_FAULT;

	if (req == NULL || FCGX_Init() != 0) {
		log_fault("fastcgi", "no memory");
		goto out;
	}
	req->cgi = FCGX_IsCGI();
	/* After FCGX_Init, which has handlers of its own. */
	if ((err = catch(SIGPIPE, SIG_IGN)) != ERR_OK || (!req->cgi && (err = open_fcgi(req)) != ERR_OK))
		goto out;
	*out = req;
	req = NULL;
out:
	free(req);
	return err;
}

void
req_close(struct req *req)
{
	if (req == NULL)
		return;
	if (!req->cgi)
		FCGX_Finish_r(&req->fcgi);
	while (req->n_inside > 0)
		close(req->inside[--req->n_inside].fd);
	explicit_bzero(req->body, sizeof(req->body));
	free(req);
}

int
req_is_cgi(const struct req *req)
{
	return req->cgi;
}

void
req_let_in(struct req *req)
{
	req->lets_in = !req->cgi;
}

int64_t
req_waited(const struct req *req)
{
	return req->waited;
}

/* Those who wait outside: nobody else accepts from this socket, so that none of them can be gone when accept is called. */
static void
let_in(struct req *req)
{
	struct pollfd pfd = { .fd = LISTENER, .events = POLLIN };

	while (req->n_inside < INSIDE_MAX && poll(&pfd, 1, 0) == 1) {
		int fd = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);

		if (fd == -1)
			return;
		req->inside[req->n_inside++] = (struct guest){ fd, clock_boot() };
	}
}

/* The first of those inside who has something to say.  0: there is none. */
static int
take_guest(struct req *req, struct guest *out)
{
	char first;

	while (req->n_inside > 0) {
		*out = req->inside[0];
		memmove(req->inside, req->inside + 1, (size_t)--req->n_inside * sizeof(req->inside[0]));
		if (recv(out->fd, &first, 1, MSG_PEEK) == 1)
			return 1;
		close(out->fd);
	}
	return 0;
}

/* The connection of the next request, or -1: then libfcgi may try. */
static int
next_connection(struct req *req)
{
	struct guest guest;

	if (req->lets_in) {
		let_in(req);
		if (take_guest(req, &guest)) {
			req->waited = req->n_inside > 0 ? clock_boot() - guest.came_at : 0;
			return guest.fd;
		}
	}
	return accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
}

/*
 * FCGX_Accept_r first finishes the request before, then accepts, unless it has a connection.  So that is finished here, and
 * a connection of ours takes its place; as one to be kept, since else the second finish would close it.  (libfcgi's own
 * accept asks for an address, and then by poll whether the other side says something: two things too many.)
 */
static int
accept_fcgi(struct req *req)
{
	int fd;

	req->waited = 0;
	FCGX_Finish_r(&req->fcgi);
	if ((fd = next_connection(req)) != -1) {
		req->fcgi.ipcFd = fd;
		req->fcgi.keepConnection = 1;
	}
	return FCGX_Accept_r(&req->fcgi) == 0;
}

int
req_next(struct req *req)
{
	explicit_bzero(req->body, req->body_n);
	req->body_n = 0;
	req->have_body = 0;
	if (!req->cgi)
		return accept_fcgi(req);
	if (req->asked)
		return 0;
	req->asked = 1;
	return 1;
}

/* As FCGX_GetParam, which compares all of them from their start; name has two characters at least. */
static const char *
find_var(char **envp, const char *name)
{
	size_t n = strlen(name);

	for (; envp != NULL && *envp != NULL; envp++)
		if ((*envp)[0] == name[0] && (*envp)[1] == name[1] && strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return "";
}

const char *
req_var(struct req *req, const char *name)
{
	return find_var(req->cgi ? environ : req->fcgi.envp, name);
}

int
req_doubled(struct req *req)
{
	char **envp = req->cgi ? environ : req->fcgi.envp;

	for (char **a = envp; a != NULL && *a != NULL; a++) {
		size_t n = strcspn(*a, "=");

		if (strncmp(*a, "HTTP_", 5) != 0)
			continue;
		for (char **b = a + 1; *b != NULL; b++)
			if (strncmp(*a, *b, n) == 0 && ((*b)[n] == '=' || (*b)[n] == '\0'))
				return 1;
	}
	return 0;
}

/* Up to n bytes of the body: how many came. */
static size_t
read_bytes(struct req *req, char *to, size_t n)
{
	size_t	have = 0;
	ssize_t	got;

	if (!req->cgi) {
		int some = FCGX_GetStr(to, (int)n, req->fcgi.in);

		return some < 0 ? 0 : (size_t)some;
	}
	while (have < n) {
		if ((got = read(STDIN_FILENO, to + have, n - have)) == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

/* CONTENT_LENGTH: digits and nothing else. */
static enum err
content_length(struct req *req, size_t *out, int *too_large)
{
	const char	*text = req_var(req, "CONTENT_LENGTH");
	size_t		 n = 0;

	*too_large = 0;
	if (text[strspn(text, "0123456789")] != '\0')
		return ERR_INVALID;
	for (; *text != '\0'; text++)
		if ((n = n * 10 + (size_t)(*text - '0')) > REQ_BODY_MAX) {
			*too_large = 1;
			return ERR_INVALID;
		}
	*out = n;
	return ERR_OK;
}

enum err
req_body(struct req *req, const char **bytes, size_t *n, int *too_large)
{
	size_t		want = 0;
	enum err	err;

	if ((err = content_length(req, &want, too_large)) != ERR_OK)
		return err;
	if (!req->have_body) {
		req->body_n = read_bytes(req, req->body, want);
		req->have_body = 1;
	}
	if (req->body_n != want)
		return ERR_INVALID;
	*bytes = req->body;
	*n = want;
	return ERR_OK;
}

enum err
req_cookie(struct req *req, const char *name, char *out, size_t cap)
{
	const char	*p = req_var(req, "HTTP_COOKIE");
	size_t		 len = strlen(name), n;

	*out = '\0';
	for (; *p != '\0'; p += n) {
		p += strspn(p, "; \t");
		n = strcspn(p, ";");
		if (strncmp(p, name, len) != 0 || p[len] != '=')
			continue;
		n -= len + 1;
		p += len + 1;
		if (n >= cap)
			return ERR_INVALID;
		memcpy(out, p, n);
		out[n] = '\0';
		return ERR_OK;
	}
	return ERR_OK;
}

/* When the browser hangs up, lighttpd shuts its end of the connection to us: tcp-fin-propagate in admin/lighttpd.c. */
int
req_waiting(struct req *req)
{
	struct pollfd pfd = { .fd = req->fcgi.ipcFd, .events = POLLRDHUP };

	if (req->cgi)
		return 1;
	return poll(&pfd, 1, 0) != 1 || (pfd.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0;
}

static const char *
words(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == status)
			return statuses[i].words;
	return NULL;
}

/* Fit for a header's value: no control characters, no end before its end. */
static int
clean(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return 0;
	return 1;
}

/* Each line of the cookies begins with Set-Cookie and ends with CRLF. */
static int
clean_cookies(const struct buf *cookies)
{
	static const char	 start[] = "Set-Cookie: ";
	const char		*p = buf_text(cookies), *end;

	for (; *p != '\0'; p = end + 2)
		if (strncmp(p, start, sizeof(start) - 1) != 0 || (end = strstr(p, "\r\n")) == NULL ||
		    !clean(p, (size_t)(end - p)))
			return 0;
	return p == buf_text(cookies) + cookies->len;
}

static int
fit(const struct reply *reply)
{
	return words(reply->status) != NULL && clean_cookies(&reply->cookies) &&
	    clean(buf_text(&reply->location), reply->location.len) &&
	    (reply->type == NULL || clean(reply->type, strlen(reply->type))) &&
	    (reply->allow == NULL || clean(reply->allow, strlen(reply->allow))) &&
	    buf_error(&reply->location) == ERR_OK && buf_error(&reply->cookies) == ERR_OK &&
	    buf_error(&reply->body) == ERR_OK;
}

/* FNV-1a, 64 bits: it tells one state of a page from the next, and keeps no secret. */
static void
etag(const struct buf *body, char out[ETAG_CAP])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < body->len; i++)
		hash = (hash ^ (unsigned char)body->data[i]) * UINT64_C(0x100000001b3);
	snprintf(out, ETAG_CAP, "\"%016" PRIx64 "\"", hash);
}

/* The headers that tell what may be kept; returns 1 if the browser has this page already. */
static int
add_caching(struct buf *out, struct req *req, const struct reply *reply)
{
	const char	*have = req_var(req, "HTTP_IF_NONE_MATCH");
	char		 tag[ETAG_CAP];

	if (!reply->cacheable || reply->status != 200 || reply->cookies.len > 0) {
		buf_str(out, "Cache-Control: no-store\r\n");
		return 0;
	}
	etag(&reply->body, tag);
	buf_fmt(out, "Cache-Control: private, no-cache\r\nVary: Accept, Cookie\r\nETag: %s\r\n", tag);
	return strstr(have, tag) != NULL || strcmp(have, "*") == 0;
}

static void
add_headers(struct buf *out, const struct reply *reply, int https)
{
	buf_add(out, security, sizeof(security) - 1);
	buf_str(out, reply->no_referrer ? "Referrer-Policy: no-referrer\r\n" : "Referrer-Policy: same-origin\r\n");
	if (https)
		buf_str(out, "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
	if (reply->location.len > 0)
		buf_fmt(out, "Location: %s\r\n", buf_text(&reply->location));
	if (reply->allow != NULL)
		buf_fmt(out, "Allow: %s\r\n", reply->allow);
	if (reply->retry_after > 0)
		buf_fmt(out, "Retry-After: %d\r\n", reply->retry_after);
	buf_str(out, buf_text(&reply->cookies));
}

static void
add_line(struct buf *out, const char *name, const char *value)
{
	buf_str(out, name);
	buf_str(out, value);
	buf_add(out, "\r\n", 2);
}

/* The answer up to its body; 1 if that follows. */
static int
write_head(struct buf *out, struct req *req, const struct reply *reply, int https)
{
	struct buf	caching = { 0 };
	int		same = add_caching(&caching, req, reply);
	int		status = same ? 304 : reply->status;

	buf_str(out, "Status: ");
	buf_int(out, status);
	add_line(out, " ", words(status));
	buf_str(out, buf_text(&caching));
	add_headers(out, reply, https);
	if (!same) {
		add_line(out, "Content-Type: ", reply->type == NULL ? "text/html; charset=utf-8" : reply->type);
		buf_str(out, "Content-Length: ");
		buf_int(out, (int64_t)reply->body.len);
		add_line(out, "", "");
	}
	add_line(out, "", "");
	if (buf_error(&caching) != ERR_OK)
		out->err = ERR_FAULT;
	buf_clear(&caching);
	return !same && strcmp(req_var(req, "REQUEST_METHOD"), "HEAD") != 0;
}

/* 1 if the whole body was taken, so that all which is left of the request is its end. */
static int
is_taken(struct req *req)
{
	size_t	want = 0;
	int	too_large;

	return content_length(req, &want, &too_large) == ERR_OK && req->body_n == want;
}

/*
 * The answer and its end: one write, if they fit into one record.  libfcgi would shut the connection down then, and wait
 * until the other side has closed it, for fear of what it has not read; where that is nothing, "detached" spares it
 * this.  (It took a third of what a hello takes.)
 */
static int
put_fcgi(struct req *req, const struct buf *head, const struct buf *body)
{
	char	rest;
	int	good = FCGX_PutStr(buf_text(head), (int)head->len, req->fcgi.out) == (int)head->len &&
		    FCGX_PutStr(buf_text(body), (int)body->len, req->fcgi.out) == (int)body->len;

	good &= FCGX_FClose(req->fcgi.err) == 0;
	good &= FCGX_FClose(req->fcgi.out) == 0;
	if (is_taken(req) && FCGX_GetStr(&rest, 1, req->fcgi.in) == 0)
		(void)FCGX_Detach(&req->fcgi);
	return good;
}

/* 0 unless all was written. */
static int
put_cgi(const struct buf *buf)
{
	const char	*bytes = buf_text(buf);
	ssize_t		 some;

	for (size_t n = buf->len; n > 0; bytes += some, n -= (size_t)some)
		if ((some = write(STDOUT_FILENO, bytes, n)) == -1) {
			if (errno != EINTR)
				return 0;
			some = 0;
		}
	return 1;
}

static int
put(struct req *req, const struct buf *head, const struct buf *body)
{
	return req->cgi ? put_cgi(head) && put_cgi(body) : put_fcgi(req, head, body);
}

enum err
req_send(struct req *req, const struct reply *reply, int https)
{
	static const char	 trouble[] = "Status: 500 Internal Server Error\r\nCache-Control: no-store\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n";
	struct buf		 head = { 0 }, none = { 0 };
	struct reply		 plain = { 0 };
	const struct buf	*body = &none;
	enum err		 err;

	buf_reserve(&head, HEAD_USUAL);
	if (fit(reply) && write_head(&head, req, reply, https))
		body = &reply->body;
	if (head.len == 0 || buf_error(&head) != ERR_OK) {
		log_fault("reply", "status %d: not fit to be sent", reply->status);
		buf_reset(&head);
		buf_str(&head, trouble);
		add_headers(&head, &plain, https);
		buf_str(&head, "\r\nsomething broke on our side.\n");
		body = &none;
	}
	err = put(req, &head, body) ? ERR_OK : ERR_FAULT;
	if (reply->body.wipe && !req->cgi)	/* libfcgi's own buffer, empty by now */
		explicit_bzero(req->fcgi.out->wrNext, (size_t)(req->fcgi.out->stop - req->fcgi.out->wrNext));
	buf_clear(&head);
	return err;
}

void
reply_clear(struct reply *reply)
{
	buf_clear(&reply->location);
	buf_clear(&reply->cookies);
	buf_clear(&reply->body);
	memset(reply, 0, sizeof(*reply));
}

void
reply_see_other(struct reply *reply, const char *path)
{
	reply->status = 303;
	buf_reset(&reply->location);
	buf_str(&reply->location, path);
}
