/* Keys of minions: those of earlier generations are taken back once a day, denied ones are reported. */

#include "worker/sweep_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/orphan.h"
#include "lib/server.h"
#include "worker/fleet.h"
#include "worker/servers.h"
#include "worker/world.h"

enum { AGAIN = 10 * 60 * 1000 };	/* ms, when it failed */

/* A batch that is out. */
struct batch {
	struct world	 *w;
	char		(*minions)[SERVER_MINION_CAP];
	const char	**names;
	size_t		  n;
	int		  denied;
};

static void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	free(b->minions);
	free(b->names);
	free(b);
}

/* "p17-g2" of a person whose server is at a later generation.  Names that are not of that form are not ours to judge. */
static int
is_gone(struct world *w, const char *minion)
{
	struct server	server;
	char		again[SERVER_MINION_CAP];
	long long	person, generation;

	if (sscanf(minion, "p%19lld-g%19lld", &person, &generation) != 2)
		return 0;
	snprintf(again, sizeof(again), "p%lld-g%lld", person, generation);
	return strcmp(again, minion) == 0 && server_of_person(w->db, person, &server) == ERR_OK &&
	    generation < server.generation;
}

static enum err
gather(struct batch *b, const char *const *known)
{
	size_t n = 0;

	while (known[n] != NULL)
		n++;
	b->minions = calloc(n + 1, sizeof(*b->minions));
	b->names = calloc(n + 1, sizeof(*b->names));
	if (b->minions == NULL || b->names == NULL)
		return ERR_FAULT;
	for (size_t i = 0; i < n; i++)
		if (strlen(known[i]) < SERVER_MINION_CAP && is_gone(b->w, known[i])) {
			memcpy(b->minions[b->n], known[i], strlen(known[i]) + 1);
			b->names[b->n] = b->minions[b->n];
			b->n++;
		}
	return ERR_OK;
}

/* Somebody else has shown a key under the name of one of ours. */
static enum err
report(struct batch *b, const char *minion, int64_t now)
{
	struct orphan	orphan = { .kind = "key" };
	int		fresh = 0;
	enum err	err;

	if (strlen(minion) >= sizeof(orphan.thing))
		return ERR_OK;
	memcpy(orphan.thing, minion, strlen(minion) + 1);
	b->denied++;
	if ((err = orphan_saw(b->w->db, &orphan, now, &fresh)) == ERR_OK && fresh)
		log_fault(minion, "A KEY WAS DENIED: somebody has shown another one under this name");
	return err;
}

static enum err
report_all(struct batch *b, const char *const *denied)
{
	int64_t		now = clock_now();
	enum err	err;

	if ((err = world_begin(b->w)) != ERR_OK)
		return err;
	for (; err == ERR_OK && denied != NULL && *denied != NULL; denied++)
		err = report(b, *denied, now);
	if (err == ERR_OK)
		err = orphan_thin(b->w->db, now, 1);
	return world_commit(b->w, err);
}

static void
ended(struct batch *b)
{
	struct event	event = { .at = clock_now(), .actor = "worker", .what = EVENT_KEYS };
	struct world	*w = b->w;

	snprintf(event.detail, sizeof(event.detail), "%zu taken back, %d denied", b->n, b->denied);
	if (world_begin(w) == ERR_OK)
		(void)world_commit(w, event_add(w->db, &event));
	batch_free(b);
}

static void
unkeyed(void *ctx, enum err err)
{
	struct batch *b = ctx;

	if (err == ERR_BUSY) {		/* or the worker ends: the next day's batch has them too */
		batch_free(b);
		return;
	}
	b->w->asked--;
	b->w->servers->keying = 0;
	if (err == ERR_OK) {
		ended(b);
		return;
	}
	log_fault("keys", "could not be taken back");
	b->w->failed = 1;
	batch_free(b);
}

static void
take_back(struct batch *b)
{
	struct world *w = b->w;

	if (b->n == 0) {
		ended(b);
		return;
	}
	world_say(w, "keys", "%zu of minions that are gone are taken back", b->n);
	w->asked++;
	w->servers->keying = 1;
	if (w->fleet->unkey(w, b->names, b->n, unkeyed, b) != ERR_OK) {
		w->asked--;
		w->servers->keying = 0;
		batch_free(b);
	}
}

static void
listed(void *ctx, const char *const *known, const char *const *denied)
{
	struct batch *b = ctx;

	if (known == NULL) {
		b->w->failed = 1;
		if (b->w->servers != NULL)
			b->w->servers->keying = 0;
		b->w->asked--;
		batch_free(b);
		return;
	}
	b->w->asked--;
	b->w->servers->keying = 0;
	if (gather(b, known) == ERR_OK && report_all(b, denied) == ERR_OK)
		take_back(b);
	else
		batch_free(b);
}

void
sweep_keys(struct world *w)
{
	struct servers	*s = w->servers;
	struct batch	*b;
	int64_t		 n = 1;

	if (w->fleet->keys == NULL || s->keying || clock_boot() < s->keys_at ||
	    event_count(w->db, EVENT_KEYS, clock_now() - CLOCK_DAY, &n) != ERR_OK || n > 0)
		return;
	s->keys_at = clock_boot() + AGAIN;
	if ((b = calloc(1, sizeof(*b))) == NULL)
		return;
	b->w = w;
	s->keying = 1;
	w->asked++;
	if (w->fleet->keys(w, listed, b) != ERR_OK) {
		w->asked--;
		s->keying = 0;
		batch_free(b);
	}
}
