/* What the worker has in hand for servers. */

#include "worker/servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

enum err
servers_open(struct world *w)
{
	if ((w->servers = calloc(1, sizeof(*w->servers))) == NULL) {
		log_fault("servers", "no memory");
		return ERR_FAULT;
	}
	w->servers->opened_at = clock_boot();
	return ERR_OK;
}

void
servers_close(struct world *w)
{
	struct post *post, *next;

	if (w->servers == NULL)
		return;
	for (int i = 0; i < SERVERS_BUCKETS; i++)
		for (post = w->servers->posts[i]; post != NULL; post = next) {
			next = post->next;
			free(post->facts);
			free(post);
		}
	free(w->servers);
	w->servers = NULL;
}

struct post *
servers_post(struct world *w, int64_t id, int make)
{
	struct post **bucket = &w->servers->posts[(uint64_t)id % SERVERS_BUCKETS], *post;

	for (post = *bucket; post != NULL; post = post->next)
		if (post->id == id)
			return post;
	if (!make)
		return NULL;
	if ((post = calloc(1, sizeof(*post))) == NULL) {
		log_fault("servers", "no memory");
		return NULL;
	}
	post->id = id;
	post->again_at = INT64_MAX;
	post->next = *bucket;
	*bucket = post;
	return post;
}

enum err
servers_reopen(struct world *w, struct post *post)
{
	if (post->facts == NULL && (post->facts = calloc(PLAN_PART__MAX, sizeof(*post->facts))) == NULL) {
		log_fault("servers", "no memory");
		return ERR_FAULT;
	}
	if (post->open)
		return ERR_OK;
	post->open = 1;
	post->before = NULL;
	post->after = w->servers->open;
	if (post->after != NULL)
		post->after->before = post;
	w->servers->open = post;
	w->servers->n_open++;
	return ERR_OK;
}

void
servers_settle(struct world *w, struct post *post)
{
	if (post->open) {
		if (post->before != NULL)
			post->before->after = post->after;
		else
			w->servers->open = post->after;
		if (post->after != NULL)
			post->after->before = post->before;
		w->servers->n_open--;
	}
	free(post->facts);
	post->facts = NULL;
	post->open = post->known = post->soon = 0;
	post->again_at = INT64_MAX;
	post->waits[0] = '\0';
}

void
servers_look_soon(struct world *w)
{
	if (w->servers != NULL)
		w->servers->early = 1;
}

void
servers_wake(struct world *w)
{
	for (struct post *post = w->servers->open; post != NULL; post = post->after)
		if (!post->acting && post->known)
			post->again_at = 0;
}

void
servers_fault(struct post *post, const char *minion, const char *words)
{
	if (strncmp(post->said, words, sizeof(post->said) - 1) == 0)
		return;
	snprintf(post->said, sizeof(post->said), "%s", words);
	if (words[0] != '\0')
		log_fault(minion, "%s", words);
}

void
servers_take(struct fact *fact, const struct cloud_thing *thing)
{
	fact->there = 1;
	fact->state = thing->state;
	fact->generation = thing->generation;
	memcpy(fact->id, thing->id, sizeof(fact->id));
	memcpy(fact->holder, thing->holder, sizeof(fact->holder));
	memcpy(fact->root, thing->root, sizeof(fact->root));
	memcpy(fact->address, thing->address, sizeof(fact->address));
	memcpy(fact->mark, thing->mark, sizeof(fact->mark));
}

enum plan_part
servers_part(enum cloud_kind kind)
{
	static const enum plan_part parts[CLOUD_KIND__MAX] = {
		[CLOUD_GROUP] = PLAN_GROUP, [CLOUD_VOLUME] = PLAN_VOLUME, [CLOUD_IP] = PLAN_IP, [CLOUD_IP6] = PLAN_IP6,
		[CLOUD_SERVER] = PLAN_MACHINE,
	};

	return parts[kind];
}

enum cloud_kind
servers_kind(enum plan_part part)
{
	static const enum cloud_kind kinds[PLAN_PART__MAX] = {
		[PLAN_GROUP] = CLOUD_GROUP, [PLAN_VOLUME] = CLOUD_VOLUME, [PLAN_IP] = CLOUD_IP, [PLAN_IP6] = CLOUD_IP6,
		[PLAN_MACHINE] = CLOUD_SERVER, [PLAN_ROOT] = CLOUD_VOLUME,
	};

	return kinds[part];
}

enum event_what
servers_drop_event(enum plan_part part)
{
	static const enum event_what events[PLAN_PART__MAX] = {
		[PLAN_VOLUME] = EVENT_VOLUME_DROP, [PLAN_IP] = EVENT_IP_DROP, [PLAN_IP6] = EVENT_IP6_DROP,
		[PLAN_MACHINE] = EVENT_SERVER_DROP, [PLAN_ROOT] = EVENT__MAX, [PLAN_GROUP] = EVENT__MAX,
	};

	return events[part];
}

int
servers_may_drop(const struct world *w, enum plan_part part)
{
	const struct servers *s = w->servers;

	return plan_server_may_drop(s->dropped[part] + s->dropping[part], s->there[part]);
}
