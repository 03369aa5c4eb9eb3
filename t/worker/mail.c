/* worker/act_mail.c and its drivers: what a letter looks like, where it goes, and every way in which a mail server says no. */

#include "worker/mail.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/mail.h"
#include "t/fixture.h"
#include "t/tap.h"
#include "worker/act_mail.h"
#include "worker/http.h"
#include "worker/loop.h"
#include "worker/world.h"

enum { PATIENCE = 10 * 1000 };

static struct mail
letter(const char *email, const char *subject)
{
	struct mail mail = { .id = 7, .created_at = INT64_C(1795515540000) };

	snprintf(mail.email, sizeof(mail.email), "%s", email);
	snprintf(mail.subject, sizeof(mail.subject), "%s", subject);
	return mail;
}

/* ---- how it reads ---- */

#define A10	"aaaaaaaaaa"
#define A70	A10 A10 A10 A10 A10 A10 A10

static const struct {
	const char *body, *want;
} bodies[] = {
	{ "", "" },
	{ "hello\n", "hello\n" },
	{ "no end", "no end\n" },
	{ "a = b\n", "a =3D b\n" },
	{ "blank \nat the end\t\n \n", "blank=20\nat the end=09\n=20\n" },
	{ "h\xc3\xa4llo\r\n\x01", "h=C3=A4llo=0D\n=01\n" },
	{ ".\n..\nFrom here\n", ".\n..\nFrom here\n" },
	{ A70 "aaaaaa\nb", A70 "aaaaaa\nb\n" },		/* 76: the most that a line may have */
	{ A70 "aaaaaab\n", A70 "aaaaa=\nab\n" },
	{ A70 "aaaaa\xc3\xa4\n", A70 "aaaaa=\n=C3=A4\n" },
	{ A70 "aaa\xc3\xa4\n", A70 "aaa=\n=C3=A4\n" },
};

static const struct {
	const char *subject, *want;
} subjects[] = {
	{ "your account at butt.nz", "your account at butt.nz" },
	{ "h\xc3\xa4llo", "=?UTF-8?B?aMOkbGxv?=" },
	{ "=?UTF-8?B?eA==?=", "=?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=" },
	{ "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
	    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
	    "=?UTF-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\n =?UTF-8?B?w6Q=?=" },
};

static void
check_bodies(const struct conf *conf)
{
	struct mail mail = letter("alice@example.org", "x");

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct buf	 out = { 0 };
		const char	*got;

		is_int(ERR_OK, mail_text(conf, &mail, bodies[i].body, "\n", &out), "a text");
		got = strstr(buf_text(&out), "\n\n");
		is_str(bodies[i].want, got == NULL ? "nothing" : got + 2, "in quoted-printable");
		buf_clear(&out);
	}
}

static void
check_subjects(const struct conf *conf)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		struct mail	 mail = letter("alice@example.org", subjects[i].subject);
		struct buf	 out = { 0 };
		char		*got, *end;

		is_int(ERR_OK, mail_text(conf, &mail, "", "\n", &out), "a letter");
		got = strstr(out.data, "\nSubject: ") + strlen("\nSubject: ");
		end = strstr(got, "\nDate: ");
		*end = '\0';
		is_str(subjects[i].want, got, "its subject");
		buf_clear(&out);
	}
}

static const char whole[] =
    "From: \"butt.nz\" <hello@butt.nz>\r\n"
    "To: <alice@example.org>\r\n"
    "Subject: hello\r\n"
    "Date: Tue, 24 Nov 2026 10:19:00 +0000\r\n"
    "Message-ID: <ID@butt.nz>\r\n"
    "Auto-Submitted: auto-generated\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n"
    "hello\r\n"
    ".\r\n"
    ".=20\r\n"
    "bye\r\n";

static const char body[] = "hello\n.\n. \nbye\n";

/* What is wanted, with the letter's id; the caller's to free. */
static char *
wanted(const struct mail *mail)
{
	char		 id[MAIL_ID_CAP], *out = NULL;
	const char	*at = strstr(whole, "ID@");

	mail_text_id(mail, id);
	if (asprintf(&out, "%.*s%s%s", (int)(at - whole), whole, id, at + 2) == -1)
		exit(99);
	return out;
}

static void
check_whole(const struct conf *conf)
{
	struct mail	 mail = letter("alice@example.org", "hello"), bad;
	struct buf	 out = { 0 };
	char		*want = wanted(&mail), id[MAIL_ID_CAP], other[MAIL_ID_CAP];

	is_int(ERR_OK, mail_text(conf, &mail, body, "\r\n", &out), "a letter");
	is_str(want, buf_text(&out), "all of it");
	mail_text_id(&mail, id);
	mail.tries = 3;
	mail_text_id(&mail, other);
	is_str(id, other, "its id is the same at each try");
	mail.id++;
	mail_text_id(&mail, other);
	ok(strcmp(id, other) != 0, "and another letter's is another");
	bad = letter("alice@example.org", "hello\nBcc: eve@example.org");
	is_int(ERR_INVALID, mail_text(conf, &bad, body, "\n", &out), "a subject that would break out");
	bad = letter("alice@example.org>\nBcc: <eve@example.org", "hello");
	is_int(ERR_INVALID, mail_text(conf, &bad, body, "\n", &out), "an address that would");
	free(want);
	buf_clear(&out);
}

static void
check_from(void)
{
	static const struct {
		const char *conf, *want;
	} rows[] = {
		{ "site.url = https://butt.nz", "baas@butt.nz" },
		{ "site.url = http://127.0.0.1:8080", "baas@localhost" },
		{ "site.url = http://[::1]:8080", "baas@localhost" },
		{ "mail.from = Hello@butt.nz", "hello@butt.nz" },
		{ "mail.from = butt <hello@butt.nz>", NULL },
		{ "mail.from = h\xc3\xa4llo@butt.nz", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct conf	*conf = fixture_conf(rows[i].conf);
		char		 from[MAIL_ADDRESS_CAP] = "";

		is_int(rows[i].want == NULL ? ERR_INVALID : ERR_OK, mail_text_from(conf, from), rows[i].conf);
		is_str(rows[i].want == NULL ? "" : rows[i].want, from, "our address");
		conf_close(conf);
	}
}

/* ---- into a maildir ---- */

struct seen {
	int		calls;
	enum err	err;
	char		why[200];
};

static void
see(void *ctx, enum err err, const char *why)
{
	struct seen *seen = ctx;

	seen->calls++;
	seen->err = err;
	snprintf(seen->why, sizeof(seen->why), "%s", why == NULL ? "(none)" : why);
}

static int
files(const char *dir, const char *part, char name[256])
{
	char		 path[1024];
	DIR		*d;
	struct dirent	*e;
	int		 n = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, part);
	if ((d = opendir(path)) == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(name, 256, "%s", e->d_name);
			n++;
		}
	closedir(d);
	return n;
}

static void
check_maildir(struct world *w)
{
	struct mail	mail = letter("alice@example.org", "hello");
	struct seen	seen = { 0 };
	char		line[1024], dir[512], path[1024], name[256] = "";
	struct conf	*conf;
	FILE		*f;
	struct stat	st;

	snprintf(dir, sizeof(dir), "%s/letters", tap_dir());
	snprintf(line, sizeof(line), "site.url = https://butt.nz\nmail.from = hello@butt.nz\nmail = maildir:%s", dir);
	w->conf = conf = fixture_conf(line);
	mail_maildir.send(w, &mail, body, see, &seen);
	is_int(1, seen.calls, "called back once");
	is_int(ERR_OK, seen.err, "delivered");
	is_int(1, files(dir, "new", name), "one file");
	is_int(0, files(dir, "tmp", name), "nothing half done");
	is_int(0, files(dir, "cur", name), "and all three directories");
	snprintf(path, sizeof(path), "%s/new/%s", dir, name);
	is_int(0, stat(path, &st), "it is there");
	is_int(0600, st.st_mode & 0777, "and nobody else's to read");
	f = fopen(path, "re");
	is_str("From: \"butt.nz\" <hello@butt.nz>\n", f != NULL && fgets(line, sizeof(line), f) != NULL ? line : "", "a letter");
	if (f != NULL)
		fclose(f);
	mail_maildir.send(w, &mail, body, see, &seen);
	is_int(1, files(dir, "new", name), "the same letter once more takes its own place");
	mail.id++;
	mail_maildir.send(w, &mail, body, see, &seen);
	is_int(2, files(dir, "new", name), "another one does not");
	conf_close(conf);
	snprintf(line, sizeof(line), "mail = maildir:%s/baas.conf/letters", tap_dir());
	w->conf = conf = fixture_conf(line);
	mail_maildir.send(w, &mail, body, see, &seen);
	is_int(ERR_BUSY, seen.err, "a place that is none: later");
	conf_close(conf);
}

/* ---- to a server ---- */

/* What it says; NULL: the usual. */
struct script {
	const char	*what;
	const char	*greeting, *auth, *from, *to, *data, *end;
	int		 hang_up;	/* after the text, without an answer */
	enum err	 want;
	const char	*why;		/* has this in it */
};

struct server {
	const struct script	*script;
	int			 fd, in_auth;
	char			 log[8192];	/* all lines that came */
};

static void
say(FILE *f, const char *words, const char *otherwise)
{
	fprintf(f, "%s\r\n", words == NULL ? otherwise : words);
	fflush(f);
}

static int
begins(const char *line, const char *verb)
{
	return strncmp(line, verb, strlen(verb)) == 0;
}

/* 0: it is over. */
static int
answer(struct server *s, FILE *f, const char *line, int *in_text)
{
	if (*in_text) {
		if (strcmp(line, ".\r\n") != 0)
			return 1;
		*in_text = 0;
		if (s->script->hang_up)
			return 0;
		say(f, s->script->end, "250 taken");
	} else if (begins(line, "EHLO")) {
		fprintf(f, "250-here\r\n");
		say(f, NULL, "250 AUTH PLAIN");
	} else if (begins(line, "AUTH")) {
		say(f, NULL, "334 ");
		s->in_auth = 1;
	} else if (s->in_auth) {
		say(f, s->script->auth, "235 welcome");
		s->in_auth = 0;
	} else if (begins(line, "MAIL")) {
		say(f, s->script->from, "250 ok");
	} else if (begins(line, "RCPT")) {
		say(f, s->script->to, "250 ok");
	} else if (begins(line, "DATA")) {
		say(f, s->script->data, "354 go on");
		*in_text = s->script->data == NULL;
	} else {
		say(f, NULL, "221 bye");
		return 0;
	}
	return 1;
}

static void *
serve(void *ctx)
{
	struct server	*s = ctx;
	int		 fd = accept(s->fd, NULL, NULL), in_text = 0;
	FILE		*f = fd == -1 ? NULL : fdopen(fd, "r+");
	char		 line[2048];

	if (f == NULL)
		return NULL;
	setvbuf(f, NULL, _IONBF, 0);
	say(f, s->script->greeting, "220 here");
	if (s->script->greeting != NULL && strncmp(s->script->greeting, "HTTP/", 5) == 0)
		shutdown(fd, SHUT_WR);		/* as such servers do; the client would wait for a reply of its kind, until its time is over */
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strlen(s->log) + strlen(line) < sizeof(s->log))
			strncat(s->log, line, sizeof(s->log) - strlen(s->log) - 1);
		if (!answer(s, f, line, &in_text))
			break;
	}
	fclose(f);
	return NULL;
}

/* A port of its own, at which nobody listens yet. */
static int
bind_here(int *port)
{
	struct sockaddr_in	in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		n = sizeof(in);
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || bind(fd, (struct sockaddr *)&in, sizeof(in)) == -1 || getsockname(fd, (struct sockaddr *)&in, &n) == -1)
		exit(99);
	*port = ntohs(in.sin_port);
	return fd;
}

static int
listen_here(int *port)
{
	int fd = bind_here(port);

	if (listen(fd, 8) == -1)
		exit(99);
	return fd;
}

static void
wait_for(struct world *w, const struct seen *seen)
{
	int64_t until = clock_boot() + PATIENCE;

	while (seen->calls == 0 && clock_boot() < until)
		if (loop_wait(w->loop, 100) != ERR_OK)
			exit(99);
}

static struct conf *
smtp_conf(int port, const char *user)
{
	char path[512], line[2048];
	FILE *f;

	snprintf(path, sizeof(path), "%s/password", tap_dir());
	if ((f = fopen(path, "we")) == NULL || fputs("a secret\n", f) == EOF || fclose(f) != 0 || chmod(path, 0600) == -1)
		exit(99);
	snprintf(line, sizeof(line), "site.url = https://butt.nz\nmail.from = hello@butt.nz\nmail = smtp://%s127.0.0.1:%d\n%s%s", user,
	    port, *user == '\0' ? "" : "mail.password_file = ", *user == '\0' ? "" : path);
	return fixture_conf(line);
}

static const struct script scripts[] = {
	{ "taken", .want = ERR_OK, .why = "250" },
	{ "not now", .greeting = "421 too busy", .want = ERR_BUSY },
	{ "a wrong password", .auth = "535 no", .want = ERR_BUSY },
	{ "a sender that it does not like for now", .from = "451 no", .want = ERR_BUSY, .why = "451" },
	{ "grey", .to = "450 come back", .want = ERR_BUSY, .why = "450" },
	{ "nobody of that name", .to = "550 5.1.1 <alice@example.org>: nobody", .want = ERR_INVALID, .why = "550" },
	{ "not these words", .end = "554 spam", .want = ERR_INVALID, .why = "554" },
	{ "full", .end = "452 full", .want = ERR_BUSY, .why = "452" },
	{ "it wants a password", .from = "530 sign in", .want = ERR_BUSY, .why = "530" },
	{ "gone before it said so", .hang_up = 1, .want = ERR_BUSY },
	{ "no mail server", .greeting = "HTTP/1.1 400 Bad Request", .want = ERR_BUSY },
};

static void
run_script(struct world *w, const struct script *script)
{
	struct mail	mail = letter("alice@example.org", "hello");
	struct server	server = { .script = script };
	struct seen	seen = { 0 };
	struct conf	*conf;
	pthread_t	thread;
	int		port;

	server.fd = listen_here(&port);
	w->conf = conf = smtp_conf(port, "me%40here@");
	if (pthread_create(&thread, NULL, serve, &server) != 0)
		exit(99);
	mail_smtp.send(w, &mail, body, see, &seen);
	is_int(0, seen.calls, "asked");
	wait_for(w, &seen);
	is_int(1, seen.calls, script->what);
	is_int(script->want, seen.err, script->what);
	ok(script->why == NULL || strstr(seen.why, script->why) != NULL, "%s: %s", script->what, seen.why);
	ok(strstr(seen.why, "alice") == NULL, "the log does not say to whom");
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.fd);
	if (script == scripts) {
		char *want = wanted(&mail), *at = strstr(server.log, "DATA\r\n");

		ok(strstr(server.log, "EHLO butt.nz\r\n") != NULL, "it says who it is");
		/* base64 of NUL me@here NUL a secret */
		ok(strstr(server.log, "AUTH PLAIN\r\nAG1lQGhlcmUAYSBzZWNyZXQ=\r\n") != NULL, "and the password");
		ok(strstr(server.log, "MAIL FROM:<hello@butt.nz>") != NULL, "from whom");
		ok(strstr(server.log, "RCPT TO:<alice@example.org>\r\n") != NULL, "to whom");
		ok(at != NULL && strncmp(at + 6, want, 300) == 0, "the headers");
		ok(at != NULL && strstr(at, "\r\n\r\nhello\r\n..\r\n..=20\r\nbye\r\n.\r\n") != NULL, "and the text, its dots doubled");
		free(want);
	}
	conf_close(conf);
}

static void
check_nobody(struct world *w)
{
	struct mail	 mail = letter("alice@example.org", "hello");
	struct seen	 seen = { 0 }, end = { 0 };
	struct conf	*conf;
	int		 port, fd = bind_here(&port);

	w->conf = conf = smtp_conf(port, "");
	mail_smtp.send(w, &mail, body, see, &seen);
	wait_for(w, &seen);
	is_int(ERR_BUSY, seen.err, "nobody there");
	close(fd);
	fd = listen_here(&port);
	conf_close(conf);
	w->conf = conf = smtp_conf(port, "");
	mail_smtp.send(w, &mail, body, see, &end);
	is_int(0, end.calls, "one that is under way");
	http_close(w->http);
	w->http = NULL;
	is_str("(none)", end.why, "when the worker ends: nobody knows");
	close(fd);
	conf_close(conf);
}

/* ---- the outbox ---- */

/* A driver that does as it is told. */
static enum err	next_err;
static int	sends;

static void
fake_send(struct world *w, const struct mail *mail, const char *text, mail_done *done, void *ctx)
{
	(void)w;
	(void)mail;
	sends += strcmp(text, "secret") == 0;
	done(ctx, next_err, "so it is");
}

static const struct mailer fake = { .send = fake_send };

static void
order(struct db *db, int n)
{
	struct mail mail = letter("alice@example.org", "hello");

	for (int i = 0; i < n; i++)
		is_int(ERR_OK, mail_order(db, &mail, "secret", clock_now()), "a letter");
}

static void
check_outbox(struct world *w)
{
	struct db *db = w->db;

	w->mailer = &fake;
	act_mails(w);
	is_int(0, sends, "nothing to send");
	ok(w->mail_due == INT64_MAX, "nor later");
	order(db, 7);
	w->house.reporting = 1;
	act_mails(w);
	is_int(0, sends, "a database that only reports sends nothing");
	w->house.reporting = 0;
	act_mails(w);
	is_int(7, sends, "all are sent at once");
	is_int(7, fixture_int(db, "SELECT count(*) FROM mails WHERE sent_at IS NOT NULL AND body = ''"), "that is noted, and all erased");
	is_int(0, w->mailing + w->asked, "nothing is outstanding");
	next_err = ERR_BUSY;
	order(db, 1);
	act_mails(w);
	is_int(8, sends, "one fails");
	is_int(1, w->failed, "which the exit status tells");
	ok(w->mail_due > clock_now() + 50 * CLOCK_SECOND, "and has a minute's time");
	act_mails(w);
	is_int(8, sends, "so it is not tried again now");
	is_int(1, fixture_int(db, "SELECT count(*) FROM mails WHERE sent_at IS NULL AND body = 'secret'"), "its text is kept");
	fixture_sql(db, "UPDATE mails SET due = 0, tries = 7 WHERE sent_at IS NULL");
	act_mails(w);
	is_int(9, sends, "its last try");
	ok(w->mail_due == INT64_MAX, "is the end");
	is_int(0, fixture_int(db, "SELECT count(*) FROM mails WHERE body <> ''"), "its text goes");
	next_err = ERR_INVALID;
	order(db, 1);
	act_mails(w);
	is_int(10, sends, "one that is refused for good");
	is_int(2, fixture_int(db, "SELECT count(*) FROM mails WHERE sent_at IS NULL AND body = ''"), "is given up too");
	act_mails(w);
	is_int(10, sends, "and not tried again");
}

int
main(void)
{
	struct world	 w = { 0 };
	struct conf	*conf;

	w.db = fixture_db();
	conf = fixture_conf("site.url = https://butt.nz\nmail.from = hello@butt.nz");
	if (loop_open(&w.loop) != ERR_OK || http_open(w.loop, "t", &w.http) != ERR_OK)
		return 99;
	check_bodies(conf);
	check_subjects(conf);
	check_whole(conf);
	conf_close(conf);
	check_from();
	check_maildir(&w);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run_script(&w, &scripts[i]);
	check_nobody(&w);
	check_outbox(&w);
	is_int(0, db_open_statements(w.db), "no statement is left open");
	http_close(w.http);
	loop_close(w.loop);
	db_close(w.db);
	return tap_end();
}
