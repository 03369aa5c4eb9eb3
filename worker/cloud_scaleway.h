/* What the files of the Scaleway driver share: its state, one request with its retries, and how answers are read. */

#ifndef BAAS_WORKER_CLOUD_SCALEWAY_H
#define BAAS_WORKER_CLOUD_SCALEWAY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/buf.h"
#include "lib/err.h"
#include "worker/cloud.h"

struct http_answer;
struct json;
struct make;
struct scaleway_ask;
struct secret;
struct world;

enum {
	SCALEWAY_PAGE = 100,		/* things on a page: the most that there may be */
	SCALEWAY_TAG_CAP = 48
};

TAILQ_HEAD(scaleway_queue, scaleway_ask);

struct scaleway {
	struct world		*w;
	struct secret		*token;
	const char		*url, *zone, *project, *type, *label, *dns_zone;	/* the configuration's */
	struct scaleway_queue	 urgent, waiting, unsent;
	int			 flying;		/* asks that http has */
	int			 ticking;		/* a timer for the next of those that wait is set */
	int			 users;			/* asks and timers, and the driver while it is open: the last one frees */
	int			 closed;
	int64_t			 credit, credited_at;	/* thousandths of a request that may leave now; clock_boot() */
	int			 dropping;		/* DELETEs under way */
	int64_t			 drops;			/* moves with each that begins or ends */
	char			 image[SERVER_ID_CAP];	/* what label meant; "": not known */
	int64_t			 image_at;		/* clock_boot() */
	struct make		*resolving;		/* machines that wait until that is known; one of them has asked */
};

/* ---- cloud_scaleway_ask.c: one request ---- */

struct scaleway_request {
	const char		*method;	/* static */
	struct buf		*path;		/* after the URL; emptied, the ask takes it over */
	const char		*type;		/* static; NULL: there is no body */
	struct buf		*body;		/* likewise; NULL: none */
	int			 urgent;	/* goes before those that are not */
};

/* What came of it, after all retries.  Good during the call. */
struct scaleway_answer {
	enum cloud_verdict	 verdict;	/* CLOUD_DONE: 2xx, json is its body */
	const struct json	*json;		/* NULL: no body, or none that is JSON */
	int64_t			 total;		/* X-Total-Count; -1: not said */
	const char		*resource;	/* that a refusal is about, or "" */
	const char		*why;		/* else: printable */
};

/* Called back exactly once, never from within scaleway_ask; answer NULL: the worker ends. */
typedef void scaleway_done(void *ctx, const struct scaleway_answer *answer);

/*
 * Asks, when its turn has come: the API takes about 100 requests a second.  Not ERR_OK: nothing is sent, nobody is
 * called back.  Both bufs are empty afterwards in any case.
 */
enum err scaleway_ask(struct scaleway *s, const struct scaleway_request *request, scaleway_done *done, void *ctx);

/* What to do about a refusal, by its body's type first and its status second. */
struct scaleway_refusal {
	enum cloud_verdict	 verdict;
	int			 again;		/* worth trying again within seconds, where that is safe */
};

struct scaleway_refusal scaleway_classify(int status, const struct json *body);

/* Begins a path: "/instance/v1/zones/fr-par-1/". */
void scaleway_instance(const struct scaleway *s, struct buf *path);
void scaleway_block(const struct scaleway *s, struct buf *path);

/* Calls back whoever still waits for a turn, with NULL; s is freed once those that are under way have come back. */
void scaleway_end(struct scaleway *s);

/* ---- cloud_scaleway_read.c: JSON to things ---- */

/* Fills *out from one thing of that kind; CLOUD_IP serves for CLOUD_IP6 too.  ERR_INVALID: it has no id that we take. */
enum err scaleway_read(enum cloud_kind kind, const struct json *json, struct cloud_thing *out);

/* The addresses of a machine: what an IPv6 is, is told with the machine only. */
struct scaleway_address {
	char	ip[SERVER_ID_CAP], address[SERVER_ADDRESS_CAP];
};

int scaleway_addresses(const struct json *machine, struct scaleway_address out[CLOUD_IPS_MAX]);	/* how many */

/* Whether it is one of the API's ids: they become parts of paths. */
int scaleway_is_id(const char *text);

/* What we put on all that we make. */
void scaleway_tags(struct json *parent, const struct cloud_order *order);

/* ---- cloud_scaleway_look.c, cloud_scaleway_make.c, cloud_scaleway_name.c: acts of the table ---- */

enum err scaleway_look(struct world *w, cloud_seen *seen, void *ctx);
enum err scaleway_make(struct world *w, const struct cloud_order *order, cloud_done *done, void *ctx);
enum err scaleway_name(struct world *w, const char *host, const char *address, const char *address6, cloud_done *done,
    void *ctx);

/* Hands an answer on to whoever wanted the act; what: of CLOUD_DONE, or NULL. */
void scaleway_tell(cloud_done *done, void *ctx, const struct scaleway_answer *answer, const struct cloud_thing *what);

#endif
