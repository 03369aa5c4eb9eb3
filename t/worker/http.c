/* worker/http.c: every way in which a server answers or does not, with a small server of our own in a thread each. */

#include "worker/http.h"

#include <sys/socket.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "t/tap.h"
#include "worker/loop.h"

enum { AT_ONCE = 16, GATHERED = 6 * AT_ONCE, HUNDRED = 100,
	SHORT = 300, LONG = 1500		/* ms without an answer; LONG: enough to have sent the request before */
};

/* ---- the server ---- */

static struct {
	pthread_mutex_t	 lock;
	pthread_cond_t	 change;
	int		 gathered, inside, most;	/* requests for /gather: so far, now, at one time */
	int		 seconds;			/* that came second on a connection, for /second */
	int		 posts;				/* for anything */
	int		 threads;
} counts = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0, 0, 0 };

struct request {
	char	 bytes[8192];
	size_t	 n;
	int	 seconds;	/* for /second on its connection */
};

static void
put(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = send(fd, bytes, n, MSG_NOSIGNAL);

		if (done <= 0)
			return;
		bytes += done;
		n -= (size_t)done;
	}
}

static void
answer(int fd, const char *head, const char *body)
{
	char	line[512];
	int	n = snprintf(line, sizeof(line), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n", head, strlen(body));

	put(fd, line, (size_t)n);
	put(fd, body, strlen(body));
}

/* Reads a whole request; 0: the client is gone. */
static int
get(int fd, struct request *r)
{
	const char	*end = NULL, *length;
	size_t		 want = 0;

	memset(r->bytes, 0, sizeof(r->bytes));
	for (r->n = 0; end == NULL || r->n < want;) {
		ssize_t n = recv(fd, r->bytes + r->n, sizeof(r->bytes) - 1 - r->n, 0);

		if (n <= 0)
			return 0;
		r->n += (size_t)n;
		if ((end = strstr(r->bytes, "\r\n\r\n")) == NULL)
			continue;
		length = strcasestr(r->bytes, "\r\nContent-Length:");
		want = (size_t)(end + 4 - r->bytes) + (length == NULL ? 0 : strtoul(length + 17, NULL, 10));
	}
	return 1;
}

static int
hello(int fd, struct request *r)
{
	(void)r;
	answer(fd, "200 OK\r\nContent-Type: application/json\r\nX-Total-Count: 135\r\nX-Request-Id: r-1", "{\"a\":1}");
	return 1;
}

static int
echo(int fd, struct request *r)
{
	answer(fd, "201 Created", r->bytes);
	return 1;
}

static int
silent(int fd, struct request *r)
{
	char byte;

	(void)r;
	recv(fd, &byte, 1, 0);	/* until the client goes */
	return 0;
}

static int
reset(int fd, struct request *r)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	(void)r;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return 0;
}

static int
half(int fd, struct request *r)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1}";

	(void)r;
	put(fd, text, sizeof(text) - 1);
	return 0;
}

static int
nonsense(int fd, struct request *r)
{
	static const char text[] = "what?\r\n\r\n";

	(void)r;
	put(fd, text, sizeof(text) - 1);
	return 0;
}

static int
huge(int fd, struct request *r)
{
	static char	 zeros[1 << 20];
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";

	(void)r;
	put(fd, head, sizeof(head) - 1);
	for (size_t n = 0; n <= HTTP_BODY_MAX; n += sizeof(zeros))
		put(fd, zeros, sizeof(zeros));
	return 0;
}

/* Long, and within the limit. */
static int
big(int fd, struct request *r)
{
	static char	 spaces[1 << 20];
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n";

	(void)r;
	memset(spaces, ' ', sizeof(spaces));
	put(fd, head, sizeof(head) - 1);
	for (int i = 0; i < 32; i++)
		put(fd, spaces, sizeof(spaces));
	return 1;
}

static int
moved(int fd, struct request *r)
{
	(void)r;
	answer(fd, "302 Found\r\nLocation: /hello", "");
	return 1;
}

static int
limited(int fd, struct request *r)
{
	(void)r;
	answer(fd, "429 Too Many Requests\r\nRetry-After: 7", "");
	return 1;
}

/* Answers the first on a connection; takes the second, and goes. */
static int
second(int fd, struct request *r)
{
	if (r->seconds++ == 0)
		return hello(fd, r);
	pthread_mutex_lock(&counts.lock);
	counts.seconds++;
	pthread_mutex_unlock(&counts.lock);
	return 0;
}

/* Answers AT_ONCE together, once they are there. */
static int
gather(int fd, struct request *r)
{
	int until;

	pthread_mutex_lock(&counts.lock);
	until = (counts.gathered++ / AT_ONCE + 1) * AT_ONCE;
	if (++counts.inside > counts.most)
		counts.most = counts.inside;
	pthread_cond_broadcast(&counts.change);
	while (counts.gathered < until)
		pthread_cond_wait(&counts.change, &counts.lock);
	counts.inside--;
	pthread_mutex_unlock(&counts.lock);
	return hello(fd, r);
}

static const struct {
	const char	*path;
	int		 (*serve)(int fd, struct request *r);	/* 0: and close */
} paths[] = {
	{ "/hello ", hello }, { "/echo ", echo }, { "/silent ", silent }, { "/reset ", reset }, { "/half ", half },
	{ "/nonsense ", nonsense }, { "/huge ", huge }, { "/big ", big }, { "/moved ", moved }, { "/limited ", limited },
	{ "/second ", second }, { "/gather ", gather },
};

static void
count_thread(int n)
{
	pthread_mutex_lock(&counts.lock);
	counts.threads += n;
	pthread_cond_broadcast(&counts.change);
	pthread_mutex_unlock(&counts.lock);
}

static void *
serve(void *arg)
{
	int		 fd = (int)(intptr_t)arg, more = 1;
	struct request	*r = calloc(1, sizeof(*r));

	while (more && r != NULL && get(fd, r)) {
		const char *path = strchr(r->bytes, '/');

		pthread_mutex_lock(&counts.lock);
		counts.posts += strncmp(r->bytes, "POST ", 5) == 0;
		pthread_mutex_unlock(&counts.lock);
		more = 0;
		for (size_t i = 0; path != NULL && i < sizeof(paths) / sizeof(paths[0]); i++)
			if (strncmp(path, paths[i].path, strlen(paths[i].path)) == 0)
				more = paths[i].serve(fd, r);
	}
	free(r);
	close(fd);
	count_thread(-1);
	return NULL;
}

static void *
listener(void *arg)
{
	int		 fd = (int)(intptr_t)arg, one;
	pthread_t	 thread;

	while ((one = accept(fd, NULL, NULL)) != -1) {
		count_thread(1);
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)one) != 0)
			exit(99);
		pthread_detach(thread);
	}
	pthread_mutex_lock(&counts.lock);
	while (counts.threads > 0)
		pthread_cond_wait(&counts.change, &counts.lock);
	pthread_mutex_unlock(&counts.lock);
	return NULL;
}

/* A socket on a port of its own. */
static int
open_port(int *port)
{
	struct sockaddr_in	 address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		 n = sizeof(address);
	int			 fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &n) == -1) {
		perror("socket");
		exit(99);
	}
	*port = ntohs(address.sin_port);
	return fd;
}

/* ---- the client ---- */

struct bench {
	struct loop	*loop;
	struct http	*http;
	int		 port, closed;	/* closed: a port that nobody listens at, bound so that nobody else will */
	int		 open;		/* calls that are to come */
};

/* What came of one request. */
struct asked {
	struct bench	*bench;
	int		 calls, gone;
	int		 status, sent;
	int64_t		 total, retry_after;
	size_t		 body_n;
	char		 body[2048], type[64], id[64], why[256];
	struct asked	*next;		/* asked from within the call; NULL: none */
};

static void
done(void *ctx, const struct http_answer *a)
{
	struct asked *asked = ctx;

	asked->calls++;
	asked->bench->open--;
	if (a == NULL) {
		asked->gone = 1;
		return;
	}
	asked->status = a->status;
	asked->sent = a->sent;
	asked->total = a->total;
	asked->retry_after = a->retry_after;
	asked->body_n = a->body_n;
	snprintf(asked->body, sizeof(asked->body), "%.2000s", a->body);
	snprintf(asked->type, sizeof(asked->type), "%.60s", a->type);
	snprintf(asked->id, sizeof(asked->id), "%.60s", a->request_id);
	snprintf(asked->why, sizeof(asked->why), "%.250s", a->why);
}

static void
ask(struct bench *b, const char *method, const char *path, struct asked *asked)
{
	char			 url[256];
	struct http_request	 request = { .method = method, .url = url, .timeout = 20 * CLOCK_SECOND };

	*asked = (struct asked){ .bench = b, .status = -1 };
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", b->port, path);
	if (strcmp(path, "/silent") == 0)
		request.timeout = LONG;
	b->open++;
	is_int(ERR_OK, http_ask(b->http, &request, done, asked), path);
}

static void
wait_all(struct bench *b)
{
	int64_t until = clock_boot() + 30 * CLOCK_SECOND;

	while (b->open > 0 && clock_boot() < until)
		if (loop_wait(b->loop, 1000) != ERR_OK)
			break;
	is_int(0, b->open, "all have been called back");
}

static void
check_answers(struct bench *b)
{
	struct asked a, with;

	ask(b, "GET", "/hello", &a);
	ask(b, "GET", "/limited", &with);
	is_int(0, a.calls, "not from within");
	wait_all(b);
	is_int(200, a.status, "answered");
	is_str("{\"a\":1}", a.body, "its body");
	is_str("application/json", a.type, "its type");
	is_str("r-1", a.id, "its id");
	is_int(135, a.total, "its total");
	is_int(-1, a.retry_after, "no word of when to try again");
	is_int(429, with.status, "refused for now");
	is_int(7000, with.retry_after, "when to try again");
	is_int(-1, with.total, "no total");
	is_str("", with.type, "no type");
	ask(b, "GET", "/moved", &a);
	wait_all(b);
	is_int(302, a.status, "nobody is followed elsewhere");
}

static void
check_request(struct bench *b)
{
	char			 url[256], body[] = "line one\nline two\n";
	struct secret		*token = NULL;
	struct asked		 a = { .bench = b };
	struct http_request	 request = { .method = "PATCH", .url = url, .type = "text/plain", .body = body,
	    .body_n = strlen(body), .token_header = "X-Auth-Token" };

	is_int(ERR_OK, secret_from("much-too-secret", 15, &token), "a token");
	request.token = token;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/echo", b->port);
	b->open++;
	is_int(ERR_OK, http_ask(b->http, &request, done, &a), "asked");
	memset(body, 'x', sizeof(body) - 1);
	memset(url, 'x', sizeof(url) - 1);
	wait_all(b);
	is_int(201, a.status, "answered");
	ok(strncmp(a.body, "PATCH /echo HTTP/1.1\r\n", 22) == 0, "method and path");
	ok(strstr(a.body, "\r\nUser-Agent: baas-test/1\r\n") != NULL, "who we are");
	ok(strstr(a.body, "\r\nX-Auth-Token: much-too-secret\r\n") != NULL, "the token");
	ok(strstr(a.body, "\r\nContent-Type: text/plain\r\n") != NULL, "the type");
	ok(strstr(a.body, "\r\n\r\nline one\nline two\n") != NULL, "the body, which was copied");
	ok(strcasestr(a.body, "\r\nExpect:") == NULL, "no asking first");
	ask(b, "POST", "/echo", &a);
	wait_all(b);
	ok(strstr(a.body, "\r\nContent-Length: 0\r\n") != NULL, "a POST of nothing says so");
	ok(strcasestr(a.body, "Content-Type") == NULL, "and has no type");
	ask(b, "DELETE", "/echo", &a);
	wait_all(b);
	ok(strncmp(a.body, "DELETE /echo HTTP/1.1\r\n", 23) == 0, "a DELETE");
	ok(strcasestr(a.body, "Content-") == NULL, "has no body");
	secret_free(token);
}

static void
check_no_answer(struct bench *b)
{
	static const struct {
		const char	*path;
		int		 sent;
	} cases[] = {
		{ "/silent", 1 }, { "/reset", 1 }, { "/half", 1 }, { "/nonsense", 1 }, { "/huge", 1 },
	};
	enum { N = sizeof(cases) / sizeof(cases[0]) };
	struct asked	a[N][2];
	int		from = counts.posts;

	for (int i = 0; i < N; i++) {
		ask(b, "GET", cases[i].path, &a[i][0]);
		ask(b, "POST", cases[i].path, &a[i][1]);
	}
	wait_all(b);
	for (int i = 0; i < N; i++)
		for (int k = 0; k < 2; k++) {
			is_int(0, a[i][k].status, cases[i].path);
			is_int(cases[i].sent, a[i][k].sent, "whether it may have been acted on");
			is_int(0, (int64_t)a[i][k].body_n, "no body");
			ok(a[i][k].why[0] != '\0', "why: %s", a[i][k].why);
		}
	is_int(N, counts.posts - from, "each POST was sent once");
	ask(b, "GET", "/big", &a[0][0]);
	wait_all(b);
	is_int(200, a[0][0].status, "a long answer");
	is_int(32 << 20, (int64_t)a[0][0].body_n, "is there to its end");
}

/* Nothing that fails before there is a connection can have been acted on. */
static void
check_not_sent(struct bench *b)
{
	struct asked	a = { .bench = b };
	char		url[2][128];
	struct http_request request = { .method = "POST", .timeout = SHORT };

	snprintf(url[0], sizeof(url[0]), "http://127.0.0.1:%d/hello", b->closed);
	snprintf(url[1], sizeof(url[1]), "https://127.0.0.1:%d/hello", b->port);	/* waits for a line that never comes */
	for (int i = 0; i < 2; i++) {
		request.url = url[i];
		a = (struct asked){ .bench = b, .status = -1, .sent = -1 };
		b->open++;
		is_int(ERR_OK, http_ask(b->http, &request, done, &a), url[i]);
		wait_all(b);
		is_int(0, a.status, "no answer");
		is_int(0, a.sent, "and surely not acted on");
		diag("%s", a.why);
	}
}

static void
check_refused(struct bench *b)
{
	static const char *const urls[] = {
		"http://192.0.2.1/", "http://api.example.org/", "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "",
		"https://me:password@127.0.0.1/", "http://127.evil.example/", "http://localhost.example/", "http:///x",
	};
	struct asked a = { .bench = b };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const struct http_request request = { .method = "GET", .url = urls[i] };

		is_int(ERR_INVALID, http_ask(b->http, &request, done, &a), urls[i]);
	}
	loop_wait(b->loop, 0);
	is_int(0, a.calls, "and nobody is called back");
}

/*
 * A server that goes when a second request on a connection has come: libcurl by itself sends that again, also a POST,
 * which would make two machines.  For a GET it may.
 */
static void
check_repeat(struct bench *b)
{
	struct asked a;

	ask(b, "GET", "/second", &a);
	wait_all(b);
	is_int(200, a.status, "a GET is answered");
	counts.posts = counts.seconds = 0;
	ask(b, "POST", "/second", &a);
	wait_all(b);
	is_int(200, a.status, "and a POST");
	is_int(1, counts.posts, "a POST is sent once");
	is_int(0, counts.seconds, "on a connection of its own");
	for (int i = 0; i < AT_ONCE && counts.seconds == 0; i++) {
		ask(b, "GET", "/second", &a);
		wait_all(b);
		is_int(200, a.status, "a GET is answered");
	}
	ok(counts.seconds > 0, "and at last at a second try: the case is a real one");
}

static void
check_many(struct bench *b)
{
	static struct asked	a[GATHERED], h[HUNDRED];
	int			good = 0;

	for (int i = 0; i < GATHERED; i++)
		ask(b, i % 2 == 0 ? "GET" : "POST", "/gather", &a[i]);
	wait_all(b);
	for (int i = 0; i < GATHERED; i++)
		good += a[i].status == 200 && a[i].calls == 1;
	is_int(GATHERED, good, "many at once are all answered, once");
	is_int(AT_ONCE, counts.most, "as many at one time as may be");
	for (int i = 0; i < HUNDRED; i++)
		ask(b, "GET", "/hello", &h[i]);
	wait_all(b);
	good = 0;
	for (int i = 0; i < HUNDRED; i++)
		good += h[i].status == 200 && h[i].calls == 1;
	is_int(HUNDRED, good, "a hundred at once too");
}

/* ---- within the loop ---- */

static void
again(void *ctx, const struct http_answer *answer_)
{
	struct asked *asked = ctx;

	done(ctx, answer_);
	if (answer_ != NULL && asked->next != NULL)
		ask(asked->bench, "GET", "/hello", asked->next);
}

static void
check_within(struct bench *b)
{
	char			 url[128];
	struct asked		 first = { .bench = b }, later = { .bench = b }, second_, third;
	struct http_request	 request = { .method = "GET", .url = url };
	int64_t			 from = clock_boot();

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/hello", b->port);
	first.next = &second_;
	later.next = &third;
	b->open += 2;
	is_int(ERR_OK, http_ask(b->http, &request, again, &first), "asked");
	is_int(ERR_OK, http_later(b->http, 50, again, &later), "and for later");
	wait_all(b);
	is_int(200, first.status, "answered");
	is_int(200, second_.status, "what its call asked too");
	is_int(0, later.status, "later is no answer");
	is_int(200, third.status, "what its call asked is answered");
	ok(clock_boot() - from >= 50, "and later is not earlier");
}

static int	order[4], n_order;

static void
ordered(void *ctx, const struct http_answer *answer_)
{
	(void)answer_;
	order[n_order++] = *(const int *)ctx;
}

static void
check_later(struct bench *b)
{
	static const int	numbers[] = { 0, 1, 2, 3 };
	static const int64_t	after[] = { 900, 300, 600, 300 };	/* far apart, beside what a busy machine takes for this loop */
	int64_t			until = clock_boot() + 10 * CLOCK_SECOND;

	for (int i = 0; i < 4; i++)
		is_int(ERR_OK, http_later(b->http, after[i], ordered, (void *)(uintptr_t)&numbers[i]), "later");
	while (n_order < 4 && clock_boot() < until)
		loop_wait(b->loop, 1000);
	is_int(1, order[0], "the soonest first");
	is_int(3, order[1], "of two, who asked first");
	is_int(2, order[2], "then the next");
	is_int(0, order[3], "and the last");
}

struct watched {
	int calls, ready;
};

static void
watched(void *ctx, int ready)
{
	struct watched *w = ctx;

	w->calls++;
	w->ready = ready;
}

/* What the loop watches is heard while requests are under way: also an end without a word, which libcurl does not tell. */
static void
check_beside(struct bench *b)
{
	int		 talks[2], ends[2];
	struct watched	 heard = { 0 }, ended = { 0 }, late = { 0 };
	struct asked	 a;

	ok(pipe(talks) == 0 && pipe(ends) == 0, "two pipes");
	ask(b, "GET", "/silent", &a);
	loop_watch(b->loop, &(struct watch){ .fd = talks[0], .events = POLLIN, .until = INT64_MAX, .call = watched, .ctx = &heard });
	loop_watch(b->loop, &(struct watch){ .fd = ends[0], .events = POLLIN, .until = INT64_MAX, .call = watched, .ctx = &ended });
	loop_watch(b->loop, &(struct watch){ .fd = talks[1], .events = 0, .until = clock_boot() + 20, .call = watched, .ctx = &late });
	is_int(1, write(talks[1], "x", 1), "a word");
	close(ends[1]);
	wait_all(b);
	is_int(1, heard.calls, "heard");
	is_int(POLLIN, heard.ready, "as a word");
	is_int(1, ended.calls, "the end was heard");
	is_int(POLLHUP, ended.ready, "as such");
	is_int(1, late.calls, "and whose time was up");
	is_int(0, late.ready, "so");
	is_int(0, a.status, "beside a request that nobody answered");
	close(talks[0]);
	close(talks[1]);
	close(ends[0]);
}

static void
check_close(struct bench *b)
{
	static struct asked	a[AT_ONCE + 4];
	struct asked		later = { .bench = b }, late;
	struct http_request	request = { .method = "GET", .url = "https://192.0.2.1/", .timeout = 0 };
	int			gone = 0;

	for (int i = 0; i < AT_ONCE + 4; i++)
		ask(b, "GET", "/silent", &a[i]);
	b->open++;
	is_int(ERR_OK, http_later(b->http, 3600 * CLOCK_SECOND, done, &later), "in an hour");
	late = (struct asked){ .bench = b };
	b->open++;
	is_int(ERR_OK, http_ask(b->http, &request, done, &late), "one that does not even connect");
	loop_wait(b->loop, 0);
	http_close(b->http);
	for (int i = 0; i < AT_ONCE + 4; i++)
		gone += a[i].gone && a[i].calls == 1;
	is_int(AT_ONCE + 4, gone, "at the end all are told so");
	ok(later.gone && later.calls == 1 && late.gone && late.calls == 1, "these too");
	is_int(0, b->open, "and no others");
	is_int(ERR_OK, loop_wait(b->loop, 0), "the loop goes on without");
}

int
main(void)
{
	struct bench	 b = { 0 };
	pthread_t	 thread;
	int		 fd = open_port(&b.port), closed = open_port(&b.closed);

	log_open("http.t");
	http_close(NULL);
	if (listen(fd, 256) == -1 || pthread_create(&thread, NULL, listener, (void *)(intptr_t)fd) != 0 ||
	    loop_open(&b.loop) != ERR_OK || http_open(b.loop, "baas-test/1", &b.http) != ERR_OK)
		return 99;
	check_answers(&b);
	check_request(&b);
	check_no_answer(&b);
	check_not_sent(&b);
	check_refused(&b);
	check_repeat(&b);
	check_many(&b);
	check_within(&b);
	check_later(&b);
	check_beside(&b);
	check_close(&b);
	loop_close(b.loop);
	shutdown(fd, SHUT_RDWR);	/* the listener ends when all clients are gone */
	pthread_join(thread, NULL);
	close(fd);
	close(closed);
	return tap_end();
}
