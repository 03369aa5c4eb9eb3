/* muxrpc: nine bytes (flags, length of the body, number of the request; big endian), then the body. */

#include "worker/muxrpc.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/json.h"
#include "lib/log.h"

enum {
	HEAD = 9,
	TYPE = 3, JSON = 2, END = 4, STREAM = 8,	/* of the flags */
	REQUEST = 1,					/* the number of ours; the answer's is -1 */
	WHY_CAP = 121
};

struct muxrpc {
	int		 fd;
	struct buf	 out, in;
	size_t		 sent, taken, total;
	struct json	*answer;
	enum muxrpc_state state;
	char		 why[WHY_CAP];
};

struct frame {
	unsigned	 flags;
	uint32_t	 n;
	int32_t		 request;
	const char	*body;
};

struct json *
muxrpc_request(const char *method, struct json **arg)
{
	struct json *root = json_object(NULL, NULL);
	struct json *name = json_list(root, "name");

	json_add_text(name, NULL, "baas");
	json_add_text(name, NULL, method);
	json_add_text(root, "type", "async");
	*arg = json_object(json_list(root, "args"), NULL);
	return root;
}

static void
put32(unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static uint32_t
get32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum err
frame_request(const struct json *request, struct buf *out)
{
	unsigned char	head[HEAD] = { JSON };
	struct buf	body = { 0 };
	enum err	err;

	if ((err = json_write(request, &body)) != ERR_OK)
		goto out;
	put32(head + 1, (uint32_t)body.len);
	put32(head + 5, REQUEST);
	buf_add(out, head, HEAD);
	buf_add(out, body.data, body.len);
	err = buf_error(out);
out:
	buf_clear(&body);
	return err;
}

enum err
muxrpc_open(int fd, const struct json *request, struct muxrpc **out)
{
	struct muxrpc	*call = calloc(1, sizeof(*call));
	enum err	 err = ERR_FAULT;

	if (call == NULL) {
		close(fd);
		log_fault("muxrpc", "no memory");
		return err;
	}
	call->fd = fd;
	call->state = MUXRPC_SEND;
	if ((err = frame_request(request, &call->out)) != ERR_OK) {
		muxrpc_close(call);
		return err;
	}
	*out = call;
	return ERR_OK;
}

void
muxrpc_close(struct muxrpc *call)
{
	if (call == NULL)
		return;
	close(call->fd);
	buf_clear(&call->out);
	buf_clear(&call->in);
	json_free(call->answer);
	free(call);
}

/* Its own words come from the pub: printable, short. */
static enum muxrpc_state
end(struct muxrpc *call, enum muxrpc_state state, const char *why)
{
	snprintf(call->why, sizeof(call->why), "%s", why);
	for (char *c = call->why; *c != '\0'; c++)
		*c = *c >= ' ' && *c <= '~' ? *c : '?';
	call->state = state;
	return state;
}

static enum muxrpc_state
send_more(struct muxrpc *call)
{
	while (call->sent < call->out.len) {
		ssize_t n = send(call->fd, call->out.data + call->sent, call->out.len - call->sent, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return MUXRPC_SEND;
		if (n == -1)
			return end(call, MUXRPC_SILENT, strerror(errno));
		call->sent += (size_t)n;
	}
	call->state = MUXRPC_WAIT;
	return MUXRPC_WAIT;
}

/* The answer itself: one JSON body, no stream. */
static enum muxrpc_state
take_answer(struct muxrpc *call, const struct frame *frame)
{
	if ((frame->flags & STREAM) != 0 || (frame->flags & TYPE) != JSON)
		return end(call, MUXRPC_BROKEN, "answers with something else than JSON");
	if (json_read(frame->body, frame->n, &call->answer) != ERR_OK)
		return end(call, MUXRPC_BROKEN, "answers with broken JSON");
	if ((frame->flags & END) != 0)
		return end(call, MUXRPC_REFUSED, json_text(json_get(call->answer, "message"), "refuses"));
	return end(call, MUXRPC_ANSWERED, "");
}

/* 1: *frame is the next whole one.  0: not there yet.  A length too large is told by frame->n alone. */
static int
next_frame(const struct muxrpc *call, struct frame *frame)
{
	unsigned char	head[HEAD];
	size_t		left = call->in.len - call->taken;

	if (left < HEAD)
		return 0;
	memcpy(head, call->in.data + call->taken, HEAD);
	frame->flags = head[0];
	frame->n = get32(head + 1);
	frame->request = (int32_t)get32(head + 5);
	frame->body = call->in.data + call->taken + HEAD;
	return frame->n > MUXRPC_BODY_MAX || left - HEAD >= frame->n;
}

/* Calls of its own, and answers to nothing, are passed over. */
static enum muxrpc_state
take_frames(struct muxrpc *call)
{
	struct frame frame;

	while (next_frame(call, &frame)) {
		if (frame.n > MUXRPC_BODY_MAX)
			return end(call, MUXRPC_BROKEN, "says too much");
		if (frame.flags == 0 && frame.n == 0 && frame.request == 0)
			return end(call, MUXRPC_SILENT, "says goodbye instead of answering");
		if (frame.request == -REQUEST)
			return take_answer(call, &frame);
		call->taken += HEAD + frame.n;
	}
	return MUXRPC_WAIT;
}

static enum muxrpc_state
receive_more(struct muxrpc *call)
{
	char	bytes[16384];
	ssize_t	n;

	while (call->state == MUXRPC_WAIT) {
		if ((n = recv(call->fd, bytes, sizeof(bytes), 0)) == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return MUXRPC_WAIT;
		if (n <= 0)
			return end(call, MUXRPC_SILENT, n == 0 ? "hangs up" : strerror(errno));
		if ((call->total += (size_t)n) > MUXRPC_MOST)
			return end(call, MUXRPC_BROKEN, "says too much");
		buf_add(&call->in, bytes, (size_t)n);
		if (buf_error(&call->in) != ERR_OK)
			return end(call, MUXRPC_BROKEN, "no memory");
		take_frames(call);
	}
	return call->state;
}

enum muxrpc_state
muxrpc_step(struct muxrpc *call)
{
	if (call->state == MUXRPC_SEND && send_more(call) != MUXRPC_WAIT)
		return call->state;
	return receive_more(call);
}

int
muxrpc_fd(const struct muxrpc *call)
{
	return call->fd;
}

const struct json *
muxrpc_answer(const struct muxrpc *call)
{
	return call->answer;
}

const char *
muxrpc_why(const struct muxrpc *call)
{
	return call->why;
}
