/* Requests to the outside: the only user of libcurl, and a hook of the loop. */

#include "worker/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "worker/loop.h"

enum {
	/*
	 * Requests to one host at a time: at the API's usual 0.1 to 0.7 s an answer that is as fast as its limit of about
	 * 100 a second lets us be, and few enough for a small server such as salt-api's.
	 */
	AT_ONCE = 16,
	TIMEOUT = 60 * 1000, CONNECT_TIMEOUT = 10 * 1000,	/* ms */
	ORIGIN_CAP = 320,
	HEADER_CAP = SECRET_CAP + 64
};

/* One request, from http_ask to the end of its call. */
struct ask {
	TAILQ_ENTRY(ask)	 entry;
	struct host		*host;
	char			*method, *url, *type, *body, *token_header, *ca_file;
	char			*user, *from;	/* of a letter, whose text is body; from NULL: it is none */
	struct curl_slist	*to;
	size_t			 given;		/* of body */
	size_t			 body_n;
	const struct secret	*token;
	int64_t			 timeout;
	http_done		*done;
	void			*ctx;
	CURL			*easy;
	struct curl_slist	*headers;
	struct buf		 got;
	CURLcode		 code;
	char			 why[CURL_ERROR_SIZE];
};

TAILQ_HEAD(queue, ask);

struct host {
	char		 origin[ORIGIN_CAP];	/* "https://api.example.org:443" */
	struct queue	 waiting, running;
	int		 n_running;
	struct host	*next;
};

struct later {
	int64_t		 at;		/* clock_boot() */
	http_done	*done;
	void		*ctx;
	struct later	*next;
};

struct http {
	struct loop		*loop;
	CURLM			*multi;
	char			*agent;
	struct host		*hosts;
	struct queue		 ended;		/* to be called back */
	struct later		*laters, *last_later;	/* soonest first */
	struct curl_waitfd	*waited;
	nfds_t			 cap_waited;
	int			 running;	/* in multi */
	int			 closing;
};

/* ---- memory: libcurl's buffers have held tokens and keys, so what it gives back is wiped ---- */

static void
wipe(void *memory)
{
	if (memory != NULL)
		explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

static void *
resize(void *memory, size_t n)
{
	size_t	 old = memory == NULL ? 0 : malloc_usable_size(memory);
	void	*new;

	if (n <= old && memory != NULL)
		return memory;
	if ((new = malloc(n)) == NULL)
		return NULL;
	if (memory != NULL)
		memcpy(new, memory, old);
	wipe(memory);
	return new;
}

static int
copy(char **out, const char *text)
{
	*out = NULL;
	return text == NULL || (*out = strdup(text)) != NULL;
}

static void
free_ask(struct ask *ask)
{
	if (ask == NULL)
		return;
	curl_easy_cleanup(ask->easy);
	curl_slist_free_all(ask->headers);	/* with wipe, as all of libcurl's */
	curl_slist_free_all(ask->to);
	buf_clear(&ask->got);
	if (ask->body != NULL)
		explicit_bzero(ask->body, ask->body_n);
	free(ask->method);
	free(ask->url);
	free(ask->type);
	free(ask->body);
	free(ask->token_header);
	free(ask->ca_file);
	free(ask->user);
	free(ask->from);
	free(ask);
}

/* The first of a queue, taken out; NULL: there is none. */
static struct ask *
pop(struct queue *queue)
{
	struct ask *ask = TAILQ_FIRST(queue);

	if (ask != NULL)
		TAILQ_REMOVE(queue, ask, entry);
	return ask;
}

/* ---- addresses ---- */

/* Nobody can listen on the way there. */
static int
is_loopback(const char *host)
{
	struct in_addr address;

	return strcmp(host, "[::1]") == 0 || strcmp(host, "localhost") == 0 ||
	    (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

/* The origin of a URL that we may ask; ERR_INVALID, not logged. */
static enum err
read_origin(const char *url, char out[ORIGIN_CAP])
{
	CURLU		*u = curl_url();
	char		*scheme = NULL, *host = NULL, *port = NULL;
	enum err	 err = ERR_INVALID;
	int		 n;

	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		goto out;
	if (strcmp(scheme, "https") != 0 && !(strcmp(scheme, "http") == 0 && is_loopback(host)))
		goto out;
	n = snprintf(out, ORIGIN_CAP, "%s://%s:%s", scheme, host, port);
	if (n > 0 && n < ORIGIN_CAP)
		err = ERR_OK;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return err;
}

static struct host *
find_host(struct http *http, const char *origin)
{
	struct host *host = http->hosts;

	while (host != NULL && strcmp(host->origin, origin) != 0)
		host = host->next;
	if (host != NULL || (host = calloc(1, sizeof(*host))) == NULL)
		return host;
	memcpy(host->origin, origin, strlen(origin) + 1);
	TAILQ_INIT(&host->waiting);
	TAILQ_INIT(&host->running);
	host->next = http->hosts;
	http->hosts = host;
	return host;
}

/* ---- one request ---- */

/* Called by libcurl with part of the body.  Taking less than n ends the transfer. */
static size_t
take_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct ask *ask = ctx;

	(void)size;	/* always 1 */
	if (ask->got.len + n > HTTP_BODY_MAX) {
		ask->code = CURLE_FILESIZE_EXCEEDED;
		return 0;
	}
	buf_add(&ask->got, bytes, n);
	return buf_error(&ask->got) == ERR_OK ? n : 0;
}

static int
add_header(struct ask *ask, const char *name, const char *value)
{
	char			 line[HEADER_CAP];
	struct curl_slist	*more = NULL;
	int			 n = snprintf(line, sizeof(line), "%s:%s%s", name, *value == '\0' ? "" : " ", value);

	if (n > 0 && (size_t)n < sizeof(line) && line[strcspn(line, "\r\n")] == '\0')
		more = curl_slist_append(ask->headers, line);
	explicit_bzero(line, sizeof(line));
	if (more != NULL)
		ask->headers = more;
	return more != NULL;
}

static int
add_headers(struct ask *ask)
{
	return add_header(ask, "Expect", "") &&		/* no asking beforehand whether a long body is welcome */
	    add_header(ask, "Content-Type", ask->type == NULL ? "" : ask->type) &&
	    (ask->token_header == NULL || add_header(ask, ask->token_header, secret_text(ask->token)));
}

static void
set_body(struct ask *ask)
{
	if (ask->body == NULL && strcmp(ask->method, "POST") != 0)
		return;
	curl_easy_setopt(ask->easy, CURLOPT_POSTFIELDS, ask->body == NULL ? "" : ask->body);
	curl_easy_setopt(ask->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body_n);
}

/*
 * A connection that was used before may have been closed meanwhile, and libcurl then sends the request again by itself,
 * even if it had arrived: a second machine.  So a POST always has a new one.
 */
static void
set_connection(struct ask *ask)
{
	CURL *easy = ask->easy;

	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, strcmp(ask->method, "POST") == 0 ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_PROXY, "");	/* whatever the environment says */
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);	/* http_close does not wait for a resolver */
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ask->timeout);
	if (ask->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ask->ca_file);
}

/* Called by libcurl for more of a letter's text. */
static size_t
give_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct ask	*ask = ctx;
	size_t		 left = ask->body_n - ask->given;

	n = n * size < left ? n * size : left;
	memcpy(bytes, ask->body + ask->given, n);
	ask->given += n;
	return n;
}

static void
set_letter(struct ask *ask)
{
	CURL	*easy = ask->easy;
	int	 safe = strncmp(ask->host->origin, "smtps:", 6) == 0, near = strcmp(ask->type, "near") == 0;

	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(safe || near ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);	/* says QUIT: letters are few */
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, ask);
	curl_easy_setopt(easy, CURLOPT_MAIL_FROM, ask->from);
	curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, ask->to);
	if (ask->user == NULL)
		return;
	curl_easy_setopt(easy, CURLOPT_USERNAME, ask->user);
	curl_easy_setopt(easy, CURLOPT_PASSWORD, ask->token == NULL ? "" : secret_text(ask->token));
}

static void
set_request(struct http *http, struct ask *ask)
{
	set_body(ask);
	curl_easy_setopt(ask->easy, CURLOPT_CUSTOMREQUEST, ask->method);
	curl_easy_setopt(ask->easy, CURLOPT_HTTPHEADER, ask->headers);
	curl_easy_setopt(ask->easy, CURLOPT_USERAGENT, http->agent);
}

static int
make_easy(struct http *http, struct ask *ask)
{
	CURL *easy = ask->easy = curl_easy_init();

	if (easy == NULL || (ask->from == NULL && !add_headers(ask)))
		return 0;
	set_connection(ask);
	if (ask->from == NULL)
		set_request(http, ask);
	else
		set_letter(ask);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, ask);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, ask->why);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, ask);
	return curl_easy_setopt(easy, CURLOPT_URL, ask->url) == CURLE_OK;
}

/* Lets those begin whose turn it is. */
static void
start(struct http *http, struct host *host)
{
	while (host->n_running < AT_ONCE && !TAILQ_EMPTY(&host->waiting)) {
		struct ask *ask = pop(&host->waiting);

		if (!make_easy(http, ask) || curl_multi_add_handle(http->multi, ask->easy) != CURLM_OK) {
			ask->code = CURLE_FAILED_INIT;
			TAILQ_INSERT_TAIL(&http->ended, ask, entry);
			continue;
		}
		TAILQ_INSERT_TAIL(&host->running, ask, entry);
		host->n_running++;
		http->running++;
	}
}

static struct ask *
new_ask(const struct http_request *request)
{
	struct ask *ask = calloc(1, sizeof(*ask));

	if (ask == NULL)
		return NULL;
	ask->got.wipe = 1;
	ask->timeout = request->timeout == 0 ? TIMEOUT : request->timeout;
	ask->token = request->token;
	ask->body_n = request->body == NULL ? 0 : request->body_n;
	if (copy(&ask->method, request->method) && copy(&ask->url, request->url) && copy(&ask->type, request->type) &&
	    copy(&ask->token_header, request->token_header) && copy(&ask->ca_file, request->ca_file) &&
	    (request->body == NULL || (ask->body = malloc(ask->body_n + 1)) != NULL)) {
		if (ask->body != NULL)
			memcpy(ask->body, request->body, ask->body_n);
		return ask;
	}
	ask->body_n = 0;	/* nothing in it to be wiped */
	free_ask(ask);
	return NULL;
}

enum err
http_ask(struct http *http, const struct http_request *request, http_done *done, void *ctx)
{
	char		 origin[ORIGIN_CAP];
	struct ask	*ask;

	if (http->closing)
		return ERR_FAULT;
	if (read_origin(request->url, origin) != ERR_OK) {
		log_fault("http", "an address that is not https, nor http to this machine");	/* it may hold a secret */
		return ERR_INVALID;
	}
	if ((ask = new_ask(request)) == NULL || (ask->host = find_host(http, origin)) == NULL) {
		free_ask(ask);
		log_fault("http", "no memory");
		return ERR_FAULT;
	}
	ask->done = done;
	ask->ctx = ctx;
	TAILQ_INSERT_TAIL(&ask->host->waiting, ask, entry);
	start(http, ask->host);
	return ERR_OK;
}

/* ---- letters ---- */

/* Fit for a command: nothing that could end it. */
static int
is_address(const char *text)
{
	return *text != '\0' && text[strcspn(text, "<> \r\n\t")] == '\0' && strchr(text, '@') != NULL;
}

/* The parts of a mail server's URL; ERR_INVALID, not logged. */
static enum err
read_mail_url(const struct http_letter *letter, struct ask *ask, char origin[ORIGIN_CAP])
{
	CURLU		*u = curl_url();
	char		*scheme = NULL, *host = NULL, *port = NULL, *user = NULL, *password = NULL;
	enum err	 err = ERR_INVALID;
	int		 n;

	if (u == NULL || curl_url_set(u, CURLUPART_URL, letter->url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || strncmp(scheme, "smtp", 4) != 0 ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PASSWORD, &password, 0) == CURLUE_OK)
		goto out;
	if (curl_url_get(u, CURLUPART_USER, &user, CURLU_URLDECODE) == CURLUE_OK && !copy(&ask->user, user))
		goto out;
	n = snprintf(origin, ORIGIN_CAP, "%s://%s:%s", scheme, host, port);
	if (n > 0 && n < ORIGIN_CAP && copy(&ask->type, is_loopback(host) ? "near" : "far") &&
	    asprintf(&ask->url, "%s/%s", origin, letter->hello) != -1)
		err = ERR_OK;
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(user);
	curl_free(password);
	curl_url_cleanup(u);
	return err;
}

/* NULL, logged, and *err says why. */
static struct ask *
new_letter(struct http *http, const struct http_letter *letter, enum err *err)
{
	const struct http_request	 request = { .method = "POST", .body = letter->text, .body_n = letter->text_n,
	    .token = letter->password };
	char				 origin[ORIGIN_CAP];
	struct ask			*ask = new_ask(&request);

	*err = ERR_FAULT;
	if (ask != NULL && (!is_address(letter->from) || !is_address(letter->to) ||
	    read_mail_url(letter, ask, origin) != ERR_OK))
		*err = ERR_INVALID;
	else if (ask != NULL && copy(&ask->from, letter->from) &&
	    (ask->to = curl_slist_append(NULL, letter->to)) != NULL && (ask->host = find_host(http, origin)) != NULL)
		return ask;
	log_fault("mail", *err == ERR_INVALID ? "not smtp://HOST or smtps://HOST, or not an address" : "no memory");
	free_ask(ask);
	return NULL;
}

enum err
http_mail(struct http *http, const struct http_letter *letter, http_done *done, void *ctx)
{
	struct ask	*ask;
	enum err	 err = ERR_FAULT;

	if (http->closing || (ask = new_letter(http, letter, &err)) == NULL)
		return err;
	ask->done = done;
	ask->ctx = ctx;
	TAILQ_INSERT_TAIL(&ask->host->waiting, ask, entry);
	start(http, ask->host);
	return ERR_OK;
}

/* What a mail server has said: a number below 400 is no refusal, but then it was not the last word. */
static int
mail_status(const struct ask *ask)
{
	long code = 0;

	if (ask->code == CURLE_OK)
		return 250;
	if (ask->easy != NULL)
		curl_easy_getinfo(ask->easy, CURLINFO_RESPONSE_CODE, &code);
	return code >= 400 && code < 600 ? (int)code : 0;
}

/* ---- answers ---- */

static const char *
header(const struct ask *ask, const char *name)
{
	struct curl_header *found;

	if (curl_easy_header(ask->easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
		return "";
	return found->value;
}

/* A number of it, at most 10^9; -1: it is none. */
static int64_t
header_number(const struct ask *ask, const char *name)
{
	const char	*text = header(ask, name);
	int64_t		 n = 0;

	if (*text == '\0' || strlen(text) > 9)
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (*text - '0');
	}
	return n;
}

/* Whether it may have left this machine: the headers go out within the call that notes the time of it. */
static int
was_sent(const struct ask *ask)
{
	static const CURLcode before[] = {
		CURLE_FAILED_INIT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_COULDNT_RESOLVE_HOST,
		CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
		CURLE_SSL_CERTPROBLEM, CURLE_OPERATION_TIMEDOUT, CURLE_OUT_OF_MEMORY,
	};
	curl_off_t	 begun = 0;
	long		 bytes = 0;

	if (ask->easy == NULL)
		return 0;
	curl_easy_getinfo(ask->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
	curl_easy_getinfo(ask->easy, CURLINFO_REQUEST_SIZE, &bytes);
	if (begun != 0 || bytes != 0)
		return 1;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (ask->code == before[i])
			return 0;
	return 1;
}

static void
call_back(struct ask *ask)
{
	struct http_answer	 answer = { .body = buf_text(&ask->got), .body_n = ask->got.len, .type = "", .total = -1,
	    .retry_after = -1, .request_id = "", .why = "" };
	long			 status = 0;

	if (ask->from != NULL)
		status = mail_status(ask);
	else if (ask->code == CURLE_OK)
		curl_easy_getinfo(ask->easy, CURLINFO_RESPONSE_CODE, &status);
	answer.status = (int)status;
	if (status == 0) {
		answer.sent = was_sent(ask);
		answer.why = ask->why[0] != '\0' && ask->code != CURLE_FILESIZE_EXCEEDED ? ask->why : curl_easy_strerror(ask->code);
		answer.body = "";
		answer.body_n = 0;
	} else {
		answer.sent = 1;
		answer.type = header(ask, "Content-Type");
		answer.request_id = header(ask, "X-Request-Id");
		answer.total = header_number(ask, "X-Total-Count");
		if ((answer.retry_after = header_number(ask, "Retry-After")) != -1)
			answer.retry_after *= CLOCK_SECOND;
	}
	ask->done(ask->ctx, &answer);
}

/* Moves what libcurl has done with to those that are to be called back. */
static void
collect(struct http *http)
{
	CURLMsg	*message;
	int	 left;

	while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
		void		*private = NULL;
		struct ask	*ask;
		CURLcode	 code = message->data.result;

		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
		ask = private;
		if (ask->code == CURLE_OK)
			ask->code = code;
		curl_multi_remove_handle(http->multi, ask->easy);
		TAILQ_REMOVE(&ask->host->running, ask, entry);
		ask->host->n_running--;
		http->running--;
		TAILQ_INSERT_TAIL(&http->ended, ask, entry);
		start(http, ask->host);
	}
}

/* ---- the loop ---- */

/* At most ms, and at most until the first of those that asked for later. */
static int
until_later(const struct http *http, int ms)
{
	int64_t left;

	if (!TAILQ_EMPTY(&http->ended))
		return 0;
	if (http->laters == NULL)
		return ms;
	left = http->laters->at - clock_boot();
	return left < 0 ? 0 : left < ms ? (int)left : ms;
}

static int
wait_fds(struct http *http, const struct pollfd *polled, nfds_t n)
{
	struct curl_waitfd *more;

	if (n > http->cap_waited) {
		if ((more = realloc(http->waited, (n + 64) * sizeof(*more))) == NULL)
			return -1;
		http->waited = more;
		http->cap_waited = n + 64;
	}
	for (nfds_t i = 0; i < n; i++)
		http->waited[i] = (struct curl_waitfd){ .fd = polled[i].fd,
		    .events = (short)(((polled[i].events & POLLIN) != 0 ? CURL_WAIT_POLLIN : 0) |
		    ((polled[i].events & POLLOUT) != 0 ? CURL_WAIT_POLLOUT : 0)) };
	return 0;
}

/* curl_multi_poll wakes for a POLLHUP and does not tell it: what came of those fds is poll's to say. */
static int
hook_poll(void *ctx, struct pollfd *polled, nfds_t n, int ms)
{
	struct http *http = ctx;

	ms = until_later(http, ms);
	if (http->running == 0)
		return poll(polled, n, ms);
	if (wait_fds(http, polled, n) == -1 ||
	    curl_multi_poll(http->multi, http->waited, (unsigned)n, ms, NULL) != CURLM_OK)
		return poll(polled, n, ms < 10 ? ms : 10);
	return poll(polled, n, 0);
}

static void
call_laters(struct http *http)
{
	int64_t now = clock_boot();

	/* One that asks for later anew, for no time at all, has its turn in the next round. */
	for (struct later *later = http->laters; later != NULL && later->at <= now; later = http->laters) {
		const struct http_answer answer = { .body = "", .type = "", .total = -1, .retry_after = -1, .request_id = "",
		    .why = "" };

		if ((http->laters = later->next) == NULL)
			http->last_later = NULL;
		later->done(later->ctx, &answer);
		free(later);
	}
}

static void
hook_calls(void *ctx)
{
	struct http	*http = ctx;
	struct ask	*ask;
	int		 running;

	if (http->running > 0) {
		curl_multi_perform(http->multi, &running);
		collect(http);
	}
	while ((ask = pop(&http->ended)) != NULL) {
		call_back(ask);
		free_ask(ask);
	}
	call_laters(http);
}

enum err
http_later(struct http *http, int64_t ms, http_done *done, void *ctx)
{
	struct later *later, **at = &http->laters;

	if (http->closing)
		return ERR_FAULT;
	if ((later = malloc(sizeof(*later))) == NULL) {
		log_fault("http", "no memory");
		return ERR_FAULT;
	}
	*later = (struct later){ .at = clock_boot() + (ms < 1 ? 1 : ms), .done = done, .ctx = ctx };
	if (http->last_later != NULL && http->last_later->at <= later->at)	/* mostly */
		at = &http->last_later->next;
	while (*at != NULL && (*at)->at <= later->at)
		at = &(*at)->next;
	if ((later->next = *at) == NULL)
		http->last_later = later;
	*at = later;
	return ERR_OK;
}

/* ---- begin and end ---- */

enum err
http_open(struct loop *loop, const char *agent, struct http **out)
{
	struct http *http = calloc(1, sizeof(*http));

	if (http != NULL)
		TAILQ_INIT(&http->ended);
	if (http == NULL || !copy(&http->agent, agent) ||
	    curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wipe, resize, strdup, calloc) != CURLE_OK) {
		log_fault("http", "libcurl does not start");
		goto fail;
	}
	if ((http->multi = curl_multi_init()) == NULL) {
		curl_global_cleanup();
		log_fault("http", "no memory");
		goto fail;
	}
	curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)AT_ONCE);
	curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)AT_ONCE * 2);
	http->loop = loop;
	loop_hook(loop, &(struct loop_hook){ .poll = hook_poll, .calls = hook_calls, .ctx = http });
	*out = http;
	return ERR_OK;
fail:
	if (http != NULL)
		free(http->agent);
	free(http);
	return ERR_FAULT;
}

static void
end(struct http *http, struct queue *queue)
{
	struct ask *ask;

	while ((ask = pop(queue)) != NULL) {
		if (ask->easy != NULL)
			curl_multi_remove_handle(http->multi, ask->easy);
		ask->done(ask->ctx, NULL);
		free_ask(ask);
	}
}

void
http_close(struct http *http)
{
	struct host	*host;
	struct later	*later;

	if (http == NULL)
		return;
	http->closing = 1;
	loop_hook(http->loop, NULL);
	end(http, &http->ended);
	while ((host = http->hosts) != NULL) {
		end(http, &host->running);
		end(http, &host->waiting);
		http->hosts = host->next;
		free(host);
	}
	while ((later = http->laters) != NULL) {
		http->laters = later->next;
		later->done(later->ctx, NULL);
		free(later);
	}
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	free(http->agent);
	free(http->waited);
	free(http);
}
