/* worker/muxrpc: the frames it sends, and what it makes of all that may come back. */

#include "worker/muxrpc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/json.h"
#include "t/tap.h"

enum { MINE, PUBS };	/* the ends of a pair */

/* A call over a fresh pair; ends[MINE] is the call's. */
static struct muxrpc *
open_call(int ends[2])
{
	struct muxrpc	*call = NULL;
	struct json	*arg, *request = muxrpc_request("status", &arg);

	json_add_text(arg, "x", "y");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == -1 ||
	    muxrpc_open(ends[MINE], request, &call) != ERR_OK)
		abort();
	json_free(request);
	return call;
}

static void
say(int fd, const void *bytes, size_t n)
{
	if (write(fd, bytes, n) != (ssize_t)n)
		abort();
}

static void
sends(void)
{
	static const char body[] = "{\"name\":[\"baas\",\"status\"],\"type\":\"async\",\"args\":[{\"x\":\"y\"}]}";
	unsigned char	  got[256], head[9] = { 2, 0, 0, 0, sizeof(body) - 1, 0, 0, 0, 1 };
	int		  ends[2];
	struct muxrpc	 *call = open_call(ends);
	ssize_t		  n;

	is_int(MUXRPC_WAIT, muxrpc_step(call), "a request is sent, and its answer waited for");
	n = read(ends[PUBS], got, sizeof(got));
	is_int((int)sizeof(head) + (int)sizeof(body) - 1, n, "head and body are sent, nothing else");
	ok(memcmp(got, head, sizeof(head)) == 0, "the head is flags 2, the length, number 1");
	ok(memcmp(got + 9, body, sizeof(body) - 1) == 0, "the body is the call");
	is_int(MUXRPC_WAIT, muxrpc_step(call), "no answer yet");
	muxrpc_close(call);
	is_int(0, read(ends[PUBS], got, sizeof(got)), "closing hangs up");
	close(ends[PUBS]);
}

#define FRAME(flags, n, req) flags "\0\0\0" n req
#define MY	"\377\377\377\377"	/* -1 */

static const struct {
	const char	*name, *bytes;
	size_t		 n;
	int		 hang_up;
	enum muxrpc_state want;
	const char	*why;
} answers[] = {
#define ROW(name, bytes, hang_up, want, why) { name, bytes, sizeof(bytes) - 1, hang_up, want, why }
	ROW("nothing", "", 0, MUXRPC_WAIT, ""),
	ROW("it hangs up", "", 1, MUXRPC_SILENT, "hangs up"),
	ROW("half a head", "\2\0\0", 0, MUXRPC_WAIT, ""),
	ROW("half a head, then it hangs up", "\2\0\0", 1, MUXRPC_SILENT, "hangs up"),
	ROW("half a body", FRAME("\2", "\5", MY) "{\"a", 0, MUXRPC_WAIT, ""),
	ROW("an answer", FRAME("\2", "\7", MY) "{\"a\":1}", 0, MUXRPC_ANSWERED, ""),
	ROW("an answer, then it hangs up", FRAME("\2", "\7", MY) "{\"a\":1}", 1, MUXRPC_ANSWERED, ""),
	ROW("an answer that ends the call", FRAME("\6", "\4", MY) "true", 0, MUXRPC_REFUSED, "refuses"),
	ROW("an error", FRAME("\6", "\20", MY) "{\"message\":\"no\"}", 0, MUXRPC_REFUSED, "no"),
	ROW("an error in strange letters", FRAME("\6", "\22", MY) "{\"message\":\"\\n\303\274\"}", 0, MUXRPC_REFUSED, "???"),
	ROW("an error whose message is no text", FRAME("\6", "\15", MY) "{\"message\":1}", 0, MUXRPC_REFUSED, "refuses"),
	ROW("a call of its own", FRAME("\2", "\2", "\0\0\0\1") "{}", 0, MUXRPC_WAIT, ""),
	ROW("a call of its own, then the answer", FRAME("\2", "\2", "\0\0\0\1") "{}" FRAME("\2", "\2", MY) "{}", 0,
	    MUXRPC_ANSWERED, ""),
	ROW("an answer to something else", FRAME("\2", "\2", "\377\377\377\376") "{}", 0, MUXRPC_WAIT, ""),
	ROW("a goodbye", "\0\0\0\0\0\0\0\0\0", 0, MUXRPC_SILENT, "says goodbye instead of answering"),
	ROW("broken JSON", FRAME("\2", "\2", MY) "{,", 0, MUXRPC_BROKEN, "answers with broken JSON"),
	ROW("JSON and more", FRAME("\2", "\3", MY) "{}x", 0, MUXRPC_BROKEN, "answers with broken JSON"),
	ROW("no body", FRAME("\2", "\0", MY), 0, MUXRPC_BROKEN, "answers with broken JSON"),
	ROW("text", FRAME("\1", "\2", MY) "{}", 0, MUXRPC_BROKEN, "answers with something else than JSON"),
	ROW("bytes", FRAME("\0", "\2", MY) "{}", 0, MUXRPC_BROKEN, "answers with something else than JSON"),
	ROW("a stream", FRAME("\12", "\2", MY) "{}", 0, MUXRPC_BROKEN, "answers with something else than JSON"),
	ROW("256 KiB announced", "\2\0\4\0\0" MY, 0, MUXRPC_WAIT, ""),
	ROW("one byte more", "\2\0\4\0\1" MY, 0, MUXRPC_BROKEN, "says too much"),
	ROW("4 GiB announced", "\2\377\377\377\377" MY, 0, MUXRPC_BROKEN, "says too much"),
	ROW("4 GiB of a call of its own", "\2\377\377\377\377\0\0\0\1", 0, MUXRPC_BROKEN, "says too much"),
};

/* At once, and byte by byte. */
static void
hears(int i, int slowly)
{
	int		 ends[2];
	struct muxrpc	*call = open_call(ends);
	enum muxrpc_state state = muxrpc_step(call);

	for (size_t at = 0; slowly && at < answers[i].n && state == MUXRPC_WAIT; at++) {
		say(ends[PUBS], answers[i].bytes + at, 1);
		state = muxrpc_step(call);
	}
	if (!slowly)
		say(ends[PUBS], answers[i].bytes, answers[i].n);
	if (answers[i].hang_up)
		shutdown(ends[PUBS], SHUT_WR);
	if (state == MUXRPC_WAIT)
		state = muxrpc_step(call);
	is_int(answers[i].want, state, answers[i].name);
	is_str(answers[i].why, muxrpc_why(call), "  why");
	if (state == MUXRPC_ANSWERED)
		is_int(JSON_OBJECT, json_type(muxrpc_answer(call)), "  its answer can be read");
	muxrpc_close(call);
	close(ends[PUBS]);
}

/* Frames that are to be passed over, for ever. */
static void
flood(void)
{
	static char	 chatter[9 + 65536] = { 2, 0, 1, 0, 0, 0, 0, 0, 1 };
	int		 ends[2];
	struct muxrpc	*call = open_call(ends);
	enum muxrpc_state state = muxrpc_step(call);
	size_t		 sent = 0;

	for (ssize_t n; state == MUXRPC_WAIT && sent < 2 * (size_t)MUXRPC_MOST; state = muxrpc_step(call))
		while ((n = write(ends[PUBS], chatter + sent % sizeof(chatter), sizeof(chatter) - sent % sizeof(chatter))) > 0)
			sent += (size_t)n;
	is_int(MUXRPC_BROKEN, state, "one that only chatters is given up");
	is_str("says too much", muxrpc_why(call), "  why");
	muxrpc_close(call);
	close(ends[PUBS]);
}

static void
long_error(void)
{
	char		 body[700] = "{\"message\":\"", head[9] = { 6, 0, 0, 2, 0, -1, -1, -1, -1 };
	int		 ends[2];
	struct muxrpc	*call = open_call(ends);
	size_t		 n = strlen(body);

	memset(body + n, 'x', 512 - n - 2);
	memcpy(body + 510, "\"}", 2);
	(void)muxrpc_step(call);
	say(ends[PUBS], head, sizeof(head));
	say(ends[PUBS], body, 512);
	is_int(MUXRPC_REFUSED, muxrpc_step(call), "a long error is one");
	is_int(120, (int)strlen(muxrpc_why(call)), "and is cut");
	muxrpc_close(call);
	close(ends[PUBS]);
}

int
main(void)
{
	sends();
	for (int i = 0; i < (int)(sizeof(answers) / sizeof(answers[0])); i++)
		for (int slowly = 0; slowly < 2; slowly++)
			hears(i, slowly);
	flood();
	long_error();
	return tap_end();
}
