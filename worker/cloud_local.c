/* This machine is everybody's: there is nothing to find, to make or to delete. */

#include "worker/cloud.h"

static enum err
open_local(struct world *w)
{
	(void)w;
	return ERR_OK;
}

static void
close_local(struct world *w)
{
	(void)w;
}

/* Calls back before it returns. */
static enum err
look(struct world *w, cloud_seen *seen, void *ctx)
{
	static const struct cloud_thing nothing;

	(void)w;
	seen(ctx, &nothing, 0, NULL);
	return ERR_OK;
}

static enum err
make(struct world *w, const struct cloud_order *order, cloud_done *done, void *ctx)
{
	(void)w;
	(void)order;
	(void)done;
	(void)ctx;
	return ERR_INVALID;
}

/* Acts on one thing: there is none. */
static enum err
act(struct world *w, const char *thing, cloud_done *done, void *ctx)
{
	(void)w;
	(void)thing;
	(void)done;
	(void)ctx;
	return ERR_INVALID;
}

static enum err
mark(struct world *w, const char *root, const struct cloud_order *order, cloud_done *done, void *ctx)
{
	(void)order;
	return act(w, root, done, ctx);
}

static enum err
seed(struct world *w, const char *machine, const char *text, size_t n, cloud_done *done, void *ctx)
{
	(void)text;
	(void)n;
	return act(w, machine, done, ctx);
}

static enum err
attach(struct world *w, enum cloud_kind kind, const char *thing, const char *machine, cloud_done *done, void *ctx)
{
	(void)kind;
	(void)machine;
	return act(w, thing, done, ctx);
}

static enum err
drop(struct world *w, enum cloud_kind kind, const char *thing, cloud_done *done, void *ctx)
{
	(void)kind;
	return act(w, thing, done, ctx);
}

static enum err
name(struct world *w, const char *host, const char *address, const char *address6, cloud_done *done, void *ctx)
{
	(void)address;
	(void)address6;
	return act(w, host, done, ctx);
}

const struct cloud cloud_local = {
	.open = open_local, .close = close_local, .look = look, .make = make, .rules = act, .mark = mark, .seed = seed,
	.start = act, .stop = act, .attach = attach, .drop = drop, .name = name,
};
