/* lib/req, as plain CGI: what comes in by environment and standard input, and what goes out. */

#include "lib/req.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

extern char **environ;

static const struct {
	const char	*env[4];
	int		 doubled;
	const char	*what;
} doubles[] = {
	{ { "HTTP_A=1", "HTTP_B=2", NULL }, 0, "two" },
	{ { "HTTP_X_FORWARDED_FOR=1", "HTTP_X_FORWARDED_FOR=1", NULL }, 1, "twice the same" },
	{ { "HTTP_A=1", "HTTP_B=1", "HTTP_A=2", NULL }, 1, "one in between" },
	{ { "HTTP_A=1", "HTTP_AB=2", NULL }, 0, "one begins like the other" },
	{ { "HTTP_AB=1", "HTTP_A=2", NULL }, 0, "the other way round" },
	{ { "A=1", "A=2", NULL }, 0, "no header" },
	{ { NULL }, 0, "nothing" },
};

static const struct {
	const char	*length, *body;
	enum err	 err;
	size_t		 n;
	int		 too_large;
	const char	*what;
} bodies[] = {
	{ NULL, "abc", ERR_OK, 0, 0, "no length: no body" },
	{ "", "abc", ERR_OK, 0, 0, "an empty length" },
	{ "0", "abc", ERR_OK, 0, 0, "length 0" },
	{ "3", "abc", ERR_OK, 3, 0, "all of it" },
	{ "2", "abc", ERR_OK, 2, 0, "no more than the length" },
	{ "003", "abc", ERR_OK, 3, 0, "zeros before" },
	{ "4", "abc", ERR_INVALID, 0, 0, "it ends too early" },
	{ "1", "", ERR_INVALID, 0, 0, "nothing came" },
	{ "-1", "abc", ERR_INVALID, 0, 0, "negative" },
	{ "+3", "abc", ERR_INVALID, 0, 0, "a sign" },
	{ " 3", "abc", ERR_INVALID, 0, 0, "a space" },
	{ "3,3", "abc", ERR_INVALID, 0, 0, "two of them" },
	{ "0x3", "abc", ERR_INVALID, 0, 0, "hexadecimal" },
	{ "65536", "abc", ERR_INVALID, 0, 0, "as large as may be, but it ends too early" },
	{ "65537", "abc", ERR_INVALID, 0, 1, "too large" },
	{ "18446744073709551619", "abc", ERR_INVALID, 0, 1, "2^64 + 3" },
};

static const struct {
	const char	*header, *want;
	enum err	 err;
	const char	*what;
} cookies[] = {
	{ NULL, "", ERR_OK, "no cookies" },
	{ "", "", ERR_OK, "an empty header" },
	{ "baas=abc", "abc", ERR_OK, "one" },
	{ "baas=abcdefg", "abcdefg", ERR_OK, "cap - 1" },
	{ "baas=abcdefgh", "", ERR_INVALID, "cap" },
	{ "a=1; baas=abc; b=2", "abc", ERR_OK, "in the middle" },
	{ "a=1;baas=abc", "abc", ERR_OK, "without a space" },
	{ "baas_visit=1; baas=abc", "abc", ERR_OK, "one that begins likewise" },
	{ "xbaas=1; baas=abc", "abc", ERR_OK, "one that ends likewise" },
	{ "BAAS=1", "", ERR_OK, "another case is another name" },
	{ "baas", "", ERR_OK, "no value" },
	{ "baas=", "", ERR_OK, "an empty value" },
	{ "a=baas=1", "", ERR_OK, "within another's value" },
	{ "baas=a=b", "a=b", ERR_OK, "= in the value" },
	{ ";;; baas=abc;;", "abc", ERR_OK, "empty parts" },
	{ "baas=1; baas=2", "1", ERR_OK, "twice: the first" },
};

/* Replies that must not go out as they are. */
static const struct {
	int		 status;
	const char	*type, *location, *cookies, *what;
} unfit[] = {
	{ 0, NULL, "", "", "no status" },
	{ 299, NULL, "", "", "a status without words" },
	{ 303, NULL, "/a\r\nX-Evil: 1", "", "a line end in the location" },
	{ 303, NULL, "/a\nX-Evil: 1", "", "a bare newline" },
	{ 303, NULL, "/a\177", "", "a control character" },
	{ 200, "text/html\r\nX-Evil: 1", "", "", "a line end in the type" },
	{ 200, NULL, "", "Set-Cookie: a=1\r\nX-Evil: 1\r\n", "a line that is no cookie" },
	{ 200, NULL, "", "Set-Cookie: a=1", "a cookie that does not end" },
	{ 200, NULL, "", "Set-Cookie: a=\n1\r\n", "a newline in a cookie" },
	{ 200, NULL, "", "X-Evil: 1\r\n", "no cookie at all" },
};

static char answer[REQ_BODY_MAX];

static void
put_input(const char *text)
{
	int fds[2];

	if (pipe(fds) == -1 || write(fds[1], text, strlen(text)) == -1 || dup2(fds[0], STDIN_FILENO) == -1)
		exit(99);
	close(fds[0]);
	close(fds[1]);
}

static struct req *
begin(void)
{
	struct req *req = NULL;

	if (req_open(&req) != ERR_OK || !req_is_cgi(req) || !req_next(req))
		exit(99);
	return req;
}

/* Sends reply with standard output put aside: the answer is in `answer`. */
static enum err
send_to_file(struct req *req, const struct reply *reply, int https)
{
	char		path[300];
	int		out, keep;
	ssize_t		n;
	enum err	err;

	snprintf(path, sizeof(path), "%s/answer", tap_dir());
	fflush(stdout);
	out = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	keep = dup(STDOUT_FILENO);
	dup2(out, STDOUT_FILENO);
	err = req_send(req, reply, https);
	dup2(keep, STDOUT_FILENO);
	n = pread(out, answer, sizeof(answer) - 1, 0);
	answer[n > 0 ? n : 0] = '\0';
	close(out);
	close(keep);
	return err;
}

static int
says(const char *text)
{
	return strstr(answer, text) != NULL;
}

static void
test_doubles(void)
{
	char **mine = environ;

	for (size_t i = 0; i < LEN(doubles); i++) {
		struct req	*req = begin();
		char		*env[LEN(doubles[0].env)] = { NULL };

		for (size_t k = 0; doubles[i].env[k] != NULL; k++)
			env[k] = strdup(doubles[i].env[k]);
		environ = env;
		is_int(doubles[i].doubled, req_doubled(req), doubles[i].what);
		environ = mine;
		for (size_t k = 0; k < LEN(env); k++)
			free(env[k]);
		req_close(req);
	}
}

static void
set(const char *name, const char *value)
{
	if (value == NULL)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

static void
test_bodies(void)
{
	for (size_t i = 0; i < LEN(bodies); i++) {
		struct req	*req;
		const char	*bytes = NULL;
		size_t		 n = 99;
		int		 too_large = 0;

		put_input(bodies[i].body);
		set("CONTENT_LENGTH", bodies[i].length);
		req = begin();
		is_int(bodies[i].err, req_body(req, &bytes, &n, &too_large), bodies[i].what);
		is_int(bodies[i].too_large, too_large, bodies[i].what);
		if (bodies[i].err == ERR_OK)
			ok(n == bodies[i].n && memcmp(bytes, bodies[i].body, n) == 0, "%s: these bytes", bodies[i].what);
		is_int(bodies[i].err, req_body(req, &bytes, &n, &too_large), "asked again: the same");
		ok(!req_next(req), "there is one request");
		req_close(req);
	}
	unsetenv("CONTENT_LENGTH");
}

static void
test_cookies(void)
{
	char out[8];

	for (size_t i = 0; i < LEN(cookies); i++) {
		struct req *req = begin();

		set("HTTP_COOKIE", cookies[i].header);
		is_int(cookies[i].err, req_cookie(req, "baas", out, sizeof(out)), cookies[i].what);
		is_str(cookies[i].want, out, cookies[i].what);
		req_close(req);
	}
}

static void
test_unfit(void)
{
	for (size_t i = 0; i < LEN(unfit); i++) {
		struct req	*req = begin();
		struct reply	 reply = { .status = unfit[i].status, .type = unfit[i].type };

		buf_str(&reply.location, unfit[i].location);
		buf_str(&reply.cookies, unfit[i].cookies);
		buf_str(&reply.body, "secret");
		is_int(ERR_OK, send_to_file(req, &reply, 0), unfit[i].what);
		ok(strncmp(answer, "Status: 500 ", 12) == 0 && !says("X-Evil") && !says("secret"),
		    "%s: 500 and nothing of it", unfit[i].what);
		ok(says("nosniff"), "%s: with the usual headers", unfit[i].what);
		reply_clear(&reply);
		req_close(req);
	}
}

/* What a cacheable page's tag is. */
static void
read_tag(char out[64])
{
	const char	*at = strstr(answer, "ETag: ");
	size_t		 n = at == NULL ? 0 : strcspn(at + 6, "\r");

	snprintf(out, 64, "%.*s", (int)n, at == NULL ? "" : at + 6);
}

static void
test_cache(void)
{
	struct req	*req = begin();
	struct reply	 reply = { .status = 200, .cacheable = 1 };
	char		 tag[64], list[128];

	buf_str(&reply.body, "hello");
	send_to_file(req, &reply, 0);
	read_tag(tag);
	ok(tag[0] == '"' && says("private, no-cache") && says("hello"), "a page with a tag: %s", tag);
	setenv("HTTP_IF_NONE_MATCH", "\"0000000000000000\"", 1);
	send_to_file(req, &reply, 0);
	ok(says("Status: 200 ") && says("hello"), "another tag");
	snprintf(list, sizeof(list), "\"other\", W/%s", tag);
	setenv("HTTP_IF_NONE_MATCH", list, 1);
	send_to_file(req, &reply, 0);
	ok(says("Status: 304 ") && !says("hello") && !says("Content-Length"), "the same tag in a list");
	ok(says(tag) && says("nosniff"), "tag and headers come again");
	buf_str(&reply.body, "!");
	send_to_file(req, &reply, 0);
	ok(says("Status: 200 ") && says("hello!") && !says(tag), "the page has changed");
	setenv("HTTP_IF_NONE_MATCH", "*", 1);
	reply.status = 422;
	send_to_file(req, &reply, 0);
	ok(says("Status: 422 ") && says("no-store") && !says("ETag"), "a refusal is never kept");
	reply.status = 200;
	buf_str(&reply.cookies, "Set-Cookie: a=1\r\n");
	send_to_file(req, &reply, 0);
	ok(says("Status: 200 ") && says("no-store") && !says("ETag"), "nor is what sets a cookie");
	unsetenv("HTTP_IF_NONE_MATCH");
	reply_clear(&reply);
	req_close(req);
}

static void
test_send(void)
{
	struct req	*req = begin();
	struct reply	 reply = { .status = 405, .allow = "GET, HEAD", .retry_after = 7, .no_referrer = 1 };

	buf_str(&reply.body, "hello");
	send_to_file(req, &reply, 1);
	ok(strncmp(answer, "Status: 405 Method Not Allowed\r\n", 32) == 0, "the status first");
	ok(says("\r\nAllow: GET, HEAD\r\n") && says("\r\nRetry-After: 7\r\n"), "what is allowed, when to come back");
	ok(says("\r\nReferrer-Policy: no-referrer\r\n"), "no referrer");
	ok(says("\r\nStrict-Transport-Security: max-age=31536000"), "https");
	ok(says("\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"), "the body last");
	setenv("REQUEST_METHOD", "HEAD", 1);
	send_to_file(req, &reply, 0);
	ok(says("\r\nContent-Length: 5\r\n\r\n") && !says("hello"), "HEAD: the length, and no body");
	ok(!says("Strict-Transport-Security"), "http");
	unsetenv("REQUEST_METHOD");
	reply_see_other(&reply, "/first");
	reply_see_other(&reply, "/second");
	send_to_file(req, &reply, 0);
	ok(says("Status: 303 See Other\r\n") && says("\r\nLocation: /second\r\n") && !says("first"), "see other");
	is_str("", req_var(req, "NOT_SET"), "a variable that is not there");
	ok(req_waiting(req), "the shell waits");
	reply_clear(&reply);
	ok(reply.status == 0 && reply.body.len == 0 && reply.location.len == 0, "cleared");
	req_close(req);
	req_close(NULL);
}

int
main(void)
{
	put_input("");
	test_doubles();
	test_bodies();
	test_cookies();
	test_unfit();
	test_cache();
	test_send();
	return tap_end();
}
