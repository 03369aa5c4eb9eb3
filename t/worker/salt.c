/* worker/salt.c, worker/salt_job.c: what is believed of what a salt-api says.  All cases at once, each at a path of its own. */

#include "worker/salt.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/json.h"
#include "t/fixture.h"
#include "t/tap.h"
#include "worker/http.h"
#include "worker/loop.h"

#define JSON_TYPE "application/json"
#define LOGIN "{\"return\":[{\"token\":\"c0ffee\",\"perms\":[\"test.ping\"]}]}"
#define MASTER "{\"return\":[{\"version\":\"3006.28\",\"key\":\"-----BEGIN PUBLIC KEY-----\\n\",\"faults\":[]}]}"
#define JID "20261124102455020985"
#define BOTH "{\"return\":[{\"jid\":\"" JID "\",\"minions\":[\"p1-g1\",\"p2-g1\"]}]}"
#define RESULT(s) "{\"info\":[{\"jid\":\"" JID "\",\"Result\":" s "}],\"return\":[{}]}"
#define GOOD "{\"return\":true,\"retcode\":0,\"success\":true}"

enum { MINIONS = 2, PATIENCE = 900 };

/* ---- the cases: what it answers; NULL: as a good one does ---- */

static const struct {
	const char	*name;
	const char	*login, *master, *publish, *job;	/* "@STATUS TYPE\n" before the body, if it is not 200 and JSON */
	enum salt_state	 want[MINIONS];
	int		 good[MINIONS];
} cases[] = {
	{ "all is well", NULL, NULL, NULL, NULL, { SALT_ANSWERED, SALT_ANSWERED }, { 1, 1 } },
	{ "an unknown field in all", "{\"return\":[{\"token\":\"c0ffee\",\"perms\":[1],\"x\":1}],\"y\":2}", NULL, NULL, NULL,
	    { SALT_ANSWERED, SALT_ANSWERED }, { 1, 1 } },
	{ "login: 401", "@401 text/html\n<html>", NULL, NULL, NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "login: 500", "@500 text/html\n<html>", NULL, NULL, NULL, { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "login: HTML", "@200 text/html\n<html>it works", NULL, NULL, NULL, { SALT_GARBLED, SALT_GARBLED }, { 0 } },
	{ "login: no permissions", "{\"return\":[{\"token\":\"c0ffee\",\"perms\":{}}]}", NULL, NULL, NULL,
	    { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "login: no token", "{\"return\":[{\"perms\":[1]}]}", NULL, NULL, NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "login: a token that would be a header", "{\"return\":[{\"token\":\"a\\r\\nX: y\",\"perms\":[1]}]}", NULL, NULL, NULL,
	    { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "login: a list of nothing", "{\"return\":[]}", NULL, NULL, NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: no such runner", NULL, "{\"return\":[\"'baas.master' is not available.\"]}", NULL, NULL,
	    { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: too old", NULL, "{\"return\":[{\"version\":\"3006.11\",\"key\":\"-----BEGIN \",\"faults\":[]}]}", NULL, NULL,
	    { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: 3007 before its repair", NULL, "{\"return\":[{\"version\":\"3007.3\",\"key\":\"-----BEGIN \",\"faults\":[]}]}", NULL,
	    NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: 3007 after it", NULL, "{\"return\":[{\"version\":\"3007.4\",\"key\":\"-----BEGIN \",\"faults\":[]}]}", NULL, NULL,
	    { SALT_ANSWERED, SALT_ANSWERED }, { 1, 1 } },
	{ "master: a version that is a number", NULL, "{\"return\":[{\"version\":3006.28,\"key\":\"-----BEGIN \",\"faults\":[]}]}", NULL,
	    NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: faults", NULL, "{\"return\":[{\"version\":\"3006.28\",\"key\":\"-----BEGIN \",\"faults\":[\"open_mode: x\"]}]}", NULL,
	    NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: faults that are no texts", NULL, "{\"return\":[{\"version\":\"3006.28\",\"key\":\"-----BEGIN \",\"faults\":[7]}]}",
	    NULL, NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: no faults at all", NULL, "{\"return\":[{\"version\":\"3006.28\",\"key\":\"-----BEGIN \"}]}", NULL, NULL,
	    { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "master: no key", NULL, "{\"return\":[{\"version\":\"3006.28\",\"key\":\"moo\",\"faults\":[]}]}", NULL, NULL,
	    { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "publish: 401, twice", NULL, NULL, "@401 text/html\n<html>", NULL, { SALT_REFUSED, SALT_REFUSED }, { 0 } },
	{ "publish: 503", NULL, NULL, "@503 text/html\n<html>", NULL, { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "publish: half of it", NULL, NULL, "{\"return\":[{\"jid\":\"2026", NULL, { SALT_GARBLED, SALT_GARBLED }, { 0 } },
	{ "publish: nobody has a key", NULL, NULL, "{\"return\":[{}]}", NULL, { SALT_SILENT, SALT_SILENT }, { 0 } },
	{ "publish: nothing", NULL, NULL, "{\"return\":[]}", NULL, { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "publish: text", NULL, NULL, "{\"return\":\"no\"}", NULL, { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "publish: a short number", NULL, NULL, "{\"return\":[{\"jid\":\"2026\",\"minions\":[\"p1-g1\"]}]}", NULL,
	    { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "publish: a number that is a path", NULL, NULL, "{\"return\":[{\"jid\":\"../../../../login/xx\",\"minions\":[\"p1-g1\"]}]}", NULL,
	    { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "publish: one has a key", NULL, NULL, "{\"return\":[{\"jid\":\"" JID "\",\"minions\":[\"p2-g1\",7,\"p9-g9\"]}]}", NULL,
	    { SALT_SILENT, SALT_ANSWERED }, { 0, 1 } },
	{ "job: one is silent", NULL, NULL, NULL, RESULT("{\"p1-g1\":" GOOD "}"), { SALT_ANSWERED, SALT_SILENT }, { 1, 0 } },
	{ "job: one failed", NULL, NULL, NULL, RESULT("{\"p1-g1\":" GOOD ",\"p2-g1\":{\"return\":\"x\",\"retcode\":2,\"success\":true}}"),
	    { SALT_ANSWERED, SALT_ANSWERED }, { 1, 0 } },
	{ "job: one had no success", NULL, NULL, NULL,
	    RESULT("{\"p1-g1\":" GOOD ",\"p2-g1\":{\"return\":\"x\",\"retcode\":0,\"success\":false}}"),
	    { SALT_ANSWERED, SALT_ANSWERED }, { 1, 0 } },
	{ "job: no status is no success", NULL, NULL, NULL, RESULT("{\"p1-g1\":" GOOD ",\"p2-g1\":{\"return\":\"x\"}}"),
	    { SALT_ANSWERED, SALT_ANSWERED }, { 1, 0 } },
	{ "job: an answer that is none", NULL, NULL, NULL, RESULT("{\"p1-g1\":" GOOD ",\"p2-g1\":7}"), { SALT_ANSWERED, SALT_ANSWERED },
	    { 1, 0 } },
	{ "job: somebody else answers", NULL, NULL, NULL, RESULT("{\"p1-g1\":" GOOD ",\"p3-g1\":" GOOD "}"), { SALT_ANSWERED, SALT_SILENT },
	    { 1, 0 } },
	{ "job: one answers twice", NULL, NULL, NULL,
	    RESULT("{\"p1-g1\":" GOOD ",\"p1-g1\":{\"return\":1,\"retcode\":1},\"p2-g1\":" GOOD "}"), { SALT_GARBLED, SALT_GARBLED }, { 0 } },
	{ "job: 500", NULL, NULL, NULL, "@500 text/html\n<html>", { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "job: garbage", NULL, NULL, NULL, "{\"info\":[{\"Result\":{\"p1", { SALT_GARBLED, SALT_GARBLED }, { 0 } },
	{ "job: no such job", NULL, NULL, NULL, "{\"info\":[{\"Error\":\"Cannot contact returner\"}],\"return\":[{}]}",
	    { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "job: of another shape", NULL, NULL, NULL, "{\"info\":7,\"return\":\"no\"}", { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
	{ "job: results in a list", NULL, NULL, NULL, RESULT("[1,2]"), { SALT_UNKNOWN, SALT_UNKNOWN }, { 0 } },
};

enum { CASES = sizeof(cases) / sizeof(cases[0]) };

/* ---- a salt-api: one request for each connection, one after the other ---- */

static void
reply(int fd, const char *text)
{
	char	 head[256], type[64] = JSON_TYPE;
	int	 status = 200, n;

	if (sscanf(text, "@%d %63s", &status, type) == 2)
		text = strchr(text, '\n') + 1;
	n = snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
	    status, type, strlen(text));
	if (send(fd, head, (size_t)n, MSG_NOSIGNAL) == n)
		(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* 0: that was no whole request. */
static int
hear(int fd, char *out, size_t cap)
{
	const char	*end, *length;
	size_t		 n = 0, more;

	memset(out, 0, cap);
	for (;;) {
		ssize_t got = recv(fd, out + n, cap - 1 - n, 0);

		if (got <= 0)
			return 0;
		n += (size_t)got;
		if ((end = strstr(out, "\r\n\r\n")) == NULL)
			continue;
		length = strcasestr(out, "\r\nContent-Length:");
		more = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
		if (strlen(end + 4) >= more)
			return 1;
	}
}

static const char *
choose(const char *heard)
{
	int		 i = 0;
	const char	*path = strchr(heard, '/');

	if (path == NULL || sscanf(path, "/%d/", &i) != 1 || i < 0 || i >= CASES)
		return "@404 text/html\n";
	if (strstr(heard, "/login ") != NULL)
		return cases[i].login != NULL ? cases[i].login : LOGIN;
	if (strstr(heard, "/jobs/" JID) != NULL)
		return cases[i].job != NULL ? cases[i].job : RESULT("{\"p1-g1\":" GOOD ",\"p2-g1\":" GOOD "}");
	if (strstr(heard, "baas.master") != NULL)
		return cases[i].master != NULL ? cases[i].master : MASTER;
	return cases[i].publish != NULL ? cases[i].publish : BOTH;
}

static void *
serve(void *ctx)
{
	static char	heard[65536];
	int		fd;

	while ((fd = accept(*(int *)ctx, NULL, NULL)) != -1) {
		if (hear(fd, heard, sizeof(heard)))
			reply(fd, choose(heard));
		shutdown(fd, SHUT_WR);
		(void)!recv(fd, heard, sizeof(heard), 0);
		close(fd);
	}
	return NULL;
}

static int
begin_server(int *listener)
{
	struct sockaddr_in	at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		len = sizeof(at);
	pthread_t		thread;

	if ((*listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(*listener, (struct sockaddr *)&at, len) == -1 || listen(*listener, 128) == -1 ||
	    getsockname(*listener, (struct sockaddr *)&at, &len) == -1 ||
	    pthread_create(&thread, NULL, serve, listener) != 0 || pthread_detach(thread) != 0)
		exit(99);
	return ntohs(at.sin_port);
}

/* ---- what came ---- */

struct got {
	enum salt_state	 state[MINIONS];
	int		 good[MINIONS], times[MINIONS], over;
};

static void
each(void *ctx, size_t i, const struct salt_return *ret)
{
	struct got *got = ctx;

	got->state[i] = ret->state;
	got->good[i] = ret->state == SALT_ANSWERED && ret->good;
	got->times[i]++;
}

static void
over(void *ctx)
{
	((struct got *)ctx)->over++;
}

static void
judge(const struct got *got, int i)
{
	for (int k = 0; k < MINIONS; k++) {
		is_int(cases[i].want[k], got->state[k], cases[i].name);
		is_int(cases[i].good[k], got->good[k], "  and good");
		is_int(1, got->times[k], "  called back once");
	}
	is_int(1, got->over, "  and then it is over");
}

static int
n_over(const struct got *got)
{
	int n = 0;

	for (int i = 0; i < CASES; i++)
		n += got[i].over;
	return n;
}

static struct conf *
make_conf(void)
{
	char	 path[512], more[600];
	FILE	*file;

	snprintf(path, sizeof(path), "%s/password", tap_dir());
	file = fopen(path, "we");
	if (file == NULL || fputs("the-salt-api-secret\n", file) == EOF || fclose(file) != 0 || chmod(path, 0600) == -1)
		exit(99);
	snprintf(more, sizeof(more), "fleet = salt\nsalt.password_file = %s", path);
	return fixture_conf(more);
}

/* A second question to one that did not let us in is refused at once. */
static void
refused_early(struct salt *salt, const struct salt_job *job)
{
	is_int(ERR_BUSY, salt_run(salt, job), "not asked again at once");
}

static void
answers(struct conf *conf)
{
	static struct got	 got[CASES];
	static struct salt	*salts[CASES];
	const char		*minions[MINIONS] = { "p1-g1", "p2-g1" };
	struct salt_job		 job = { .fun = "test.ping", .minions = minions, .n = MINIONS, .patience = PATIENCE, .each = each, .over = over };
	struct loop		*loop = NULL;
	struct http		*http = NULL;
	int			 listener, port = begin_server(&listener);
	char			 url[64];

	if (loop_open(&loop) != ERR_OK || http_open(loop, "t", &http) != ERR_OK)
		exit(99);
	for (int i = 0; i < CASES; i++) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%d/%d", port, i);
		job.ctx = &got[i];
		if (salt_open(http, conf, url, &salts[i]) != ERR_OK || salt_run(salts[i], &job) != ERR_OK)
			exit(99);
	}
	while (n_over(got) < CASES && loop_wait(loop, 1000) == ERR_OK)
		;
	for (int i = 0; i < CASES; i++)
		judge(&got[i], i);
	is_str("-----BEGIN PUBLIC KEY-----\n", salt_master_key(salts[0]), "the master's key");
	is_str("", salt_master_key(salts[2]), "of one that did not let us in: none");
	refused_early(salts[2], &job);
	/* The end, with one under way. */
	memset(&got[0], 0, sizeof(got[0]));
	job.ctx = &got[0];
	is_int(ERR_OK, salt_run(salts[0], &job), "one more");
	http_close(http);
	for (int i = 0; i < CASES; i++)
		salt_close(salts[i]);
	loop_close(loop);
	is_int(SALT_END, got[0].state[0], "the end comes first");
	is_int(1, got[0].times[1], "and once");
	is_int(1, got[0].over, "  and then it is over");
	shutdown(listener, SHUT_RDWR);
}

/* ---- names and numbers ---- */

static void
names(void)
{
	char longest[SALT_MINION_CAP + 1];

	memset(longest, 'a', sizeof(longest));
	longest[SALT_MINION_CAP] = '\0';
	ok(!salt_is_minion(longest), "a name of %d", SALT_MINION_CAP);
	longest[SALT_MINION_CAP - 1] = '\0';
	ok(salt_is_minion(longest), "a name of %d", SALT_MINION_CAP - 1);
	ok(salt_is_minion("local") && salt_is_minion("p17-g1") && salt_is_minion("0"), "names of ours");
	ok(!salt_is_minion("") && !salt_is_minion("-x") && !salt_is_minion("P1-g1") && !salt_is_minion("p1.g1") &&
	    !salt_is_minion("*") && !salt_is_minion("p1-g1\n") && !salt_is_minion("../x") && !salt_is_minion("p1,p2"), "others");
}

static void
busy(void)
{
	static const struct { const char *json, *jid; } rows[] = {
		{ "[\"The function \\\"state.apply\\\" is running as PID 25631 and was started at 2026, Nov 23 07:41:45.292546 with jid"
		  " 20261123074145292546\"]", "20261123074145292546" },
		{ "[\"The function \\\"state.apply\\\" is running as PID 1 and was started at x with jid 20261123074145292546\", \"more\"]",
		  "20261123074145292546" },
		{ "\"The function \\\"state.apply\\\" is running with jid 20261123074145292546\"", NULL },
		{ "[\"The function \\\"state.apply\\\" is running with jid 2026112307414529254\"]", NULL },
		{ "[\"The function \\\"state.apply\\\" is running with jid 2026112307414529254x\"]", NULL },
		{ "[\"The function \\\"state.apply\\\" is running\"]", NULL },
		{ "[\"Rendering SLS failed with jid 20261123074145292546\"]", NULL },
		{ "[\"Pillar failed to render with the following messages:\"]", NULL },
		{ "[]", NULL }, { "[7]", NULL }, { "{}", NULL }, { "true", NULL },
	};
	struct json	*json;
	char		 jid[SALT_JID_CAP];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json = NULL;
		if (json_read(rows[i].json, strlen(rows[i].json), &json) != ERR_OK)
			exit(99);
		is_int(rows[i].jid != NULL, salt_busy(json, jid), rows[i].json);
		if (rows[i].jid != NULL)
			is_str(rows[i].jid, jid, "  its number");
		json_free(json);
	}
	is_int(0, salt_busy(NULL, jid), "nothing");
}

/* Nobody is to be called back of these. */
static void
questions(struct conf *conf)
{
	const char	*one = "p1-g1", *bad = "*", *nobody[SALT_SLICE + 1] = { NULL };
	struct loop	*loop = NULL;
	struct http	*http = NULL;
	struct salt	*salt = NULL;
	struct salt_job	 job = { .fun = "test.ping", .minions = &bad, .n = 1, .patience = PATIENCE, .each = each, .over = over };

	if (loop_open(&loop) != ERR_OK || http_open(loop, "t", &http) != ERR_OK ||
	    salt_open(http, conf, "http://127.0.0.1:1/", &salt) != ERR_OK)
		exit(99);
	is_int(ERR_INVALID, salt_run(salt, &job), "a target that is no name");
	job.minions = &one;
	job.n = 0;
	is_int(ERR_INVALID, salt_run(salt, &job), "nobody");
	job.n = SALT_SLICE + 1;
	job.minions = nobody;
	is_int(ERR_INVALID, salt_run(salt, &job), "too many");
	http_close(http);
	salt_close(salt);
	salt_close(NULL);
	loop_close(loop);
}

int
main(void)
{
	struct conf *conf = make_conf();

	names();
	busy();
	questions(conf);
	answers(conf);
	conf_close(conf);
	return tap_end();
}
