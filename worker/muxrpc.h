/* One call, one answer, over a pub's unix socket: muxrpc's frames, and nothing of what they mean. */

#ifndef BAAS_WORKER_MUXRPC_H
#define BAAS_WORKER_MUXRPC_H

#include "lib/err.h"

struct json;
struct muxrpc;

enum {
	MUXRPC_BODY_MAX = 256 * 1024,	/* of one frame */
	MUXRPC_MOST = 1024 * 1024	/* of all that a pub may send before its answer has come */
};

enum muxrpc_state {
	MUXRPC_SEND,		/* wants to write */
	MUXRPC_WAIT,		/* wants to read */
	MUXRPC_ANSWERED,
	MUXRPC_REFUSED,		/* the pub answered with an error */
	MUXRPC_SILENT,		/* it hung up without an answer */
	MUXRPC_BROKEN		/* what it says is not muxrpc, or too much */
};

/*
 * A request for baas.<method> with one object, which *arg becomes, for the caller to fill.  The caller's
 * to json_free.  NULL without memory.
 */
struct json *muxrpc_request(const char *method, struct json **arg);

/* Opens a call over fd, a connected socket that does not block; fd becomes the call's own, also if this fails. */
enum err muxrpc_open(int fd, const struct json *request, struct muxrpc **out);

/* Goes on as far as it can without waiting. */
enum muxrpc_state muxrpc_step(struct muxrpc *call);

int muxrpc_fd(const struct muxrpc *call);

/* The answer of an answered call; lives as long as the call. */
const struct json *muxrpc_answer(const struct muxrpc *call);

/* Why it was refused, is silent or broken: printable ASCII, at most 120 bytes; lives as long as the call. */
const char *muxrpc_why(const struct muxrpc *call);

/* Hangs up and frees; NULL is fine. */
void muxrpc_close(struct muxrpc *call);

#endif
