/* Looks at the cloud.  One list of everything serves all servers: only those whose part of it has changed are planned anew. */

#include "worker/see_server.h"

#include <stdlib.h>
#include <string.h>

#include "lib/brake.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/making.h"
#include "lib/server.h"
#include "worker/act_server.h"
#include "worker/cloud.h"
#include "worker/servers.h"
#include "worker/sweep.h"
#include "worker/world.h"

enum {
	LOOK = 60 * 1000,		/* ms between looks when nothing is going on */
	LOOK_FAILED = 5 * 1000,
	SOON_LEAST = 1000, SOON_MOST = 5 * 1000,	/* while something is: ten times as long as a look takes */
	BUSY = SERVERS_ACTS / 2,	/* acts out from which on a look takes requests from them; then it is */
	THING = 3,			/* ms for each thing: lists of 100, 90 requests a second, of which looks get 1 of 27 */
	PATIENCE = 90 * 1000,		/* ms that a single pass waits for what is on its way */
	PAGE = 200,			/* rows read at a time */
	DUE_MOST = 1000
};

/* A look that is being taken in. */
struct look {
	struct world			 *w;
	const struct cloud_thing	**by_server;	/* ours, in order of the server in their tags */
	const struct cloud_thing	**by_id;	/* all */
	size_t				 n, n_ours;
};

/* ---- in order ---- */

static int
compare_servers(const void *a, const void *b)
{
	const struct cloud_thing *const *x = a, *const *y = b;

	return ((*x)->server > (*y)->server) - ((*x)->server < (*y)->server);
}

static int
compare_ids(const void *a, const void *b)
{
	const struct cloud_thing *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static const struct cloud_thing *
find(const struct look *look, const char *id)
{
	struct cloud_thing		 key = { .id = "" };
	const struct cloud_thing	*one = &key, *const *found;

	if (id[0] == '\0')
		return NULL;
	memcpy(key.id, id, sizeof(key.id));
	found = bsearch(&one, look->by_id, look->n, sizeof(*look->by_id), compare_ids);
	return found == NULL ? NULL : *found;
}

static void
look_clear(struct look *look)
{
	free(look->by_server);
	free(look->by_id);
}

static enum err
look_open(struct world *w, const struct cloud_thing *things, size_t n, struct look *look)
{
	*look = (struct look){ .w = w, .n = n };
	look->by_server = calloc(n + 1, sizeof(*look->by_server));
	look->by_id = calloc(n + 1, sizeof(*look->by_id));
	if (look->by_server == NULL || look->by_id == NULL) {
		log_fault("cloud", "look: no memory");
		look_clear(look);
		return ERR_FAULT;
	}
	for (size_t i = 0; i < n; i++) {
		look->by_id[i] = &things[i];
		if (strcmp(things[i].instance, w->house.instance) == 0)
			look->by_server[look->n_ours++] = &things[i];
	}
	qsort(look->by_server, look->n_ours, sizeof(*look->by_server), compare_servers);
	qsort(look->by_id, n, sizeof(*look->by_id), compare_ids);
	return ERR_OK;
}

/* ---- what it has of each ---- */

static uint64_t
hash(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (h ^ 0xff) * UINT64_C(0x100000001b3);
}

/* The order of things does not matter to it. */
static uint64_t
print_of(const struct look *look, size_t first, size_t n)
{
	uint64_t sum = 1;

	for (size_t i = first; i < first + n; i++) {
		const struct cloud_thing	*thing = look->by_server[i];
		uint64_t			 h = UINT64_C(0xcbf29ce484222325) + (uint64_t)thing->state;

		sum += hash(hash(hash(hash(h, thing->id), thing->holder), thing->address), thing->root);
	}
	return sum;
}

enum whose {
	WHOSE_DOUBTED,		/* of a making whose outcome was not known */
	WHOSE_KNOWN,		/* of one that was */
	WHOSE_FOREIGN		/* not of this database */
};

static enum whose
whose(struct world *w, const struct cloud_thing *thing)
{
	struct making making;

	if (making_get(w->db, thing->mark, &making) != ERR_OK || making.server != thing->server)
		return WHOSE_FOREIGN;
	if (strcmp(making.kind, cloud_kind_word(thing->kind)) != 0)
		return WHOSE_KNOWN;	/* a root volume, which has its machine's mark */
	return making.thing[0] == '\0' ? WHOSE_DOUBTED : WHOSE_KNOWN;
}

/* Of two machines with one mark it is the one that runs. */
static int
is_better(const struct fact *fact, const struct cloud_thing *thing)
{
	return !fact->by_mark || (fact->state != CLOUD_ON && thing->state == CLOUD_ON);
}

/* The row has no id of that part: is there one that should be its? */
static void
search(const struct look *look, const struct post *post, enum plan_part part)
{
	struct fact *fact = &post->facts[part];

	for (size_t i = post->first; i < post->first + post->n; i++) {
		const struct cloud_thing	*thing = look->by_server[i];
		enum whose			 of;

		if (thing->kind != servers_kind(part) || sweep_is_root(thing))
			continue;
		of = whose(look->w, thing);
		if (of == WHOSE_DOUBTED && is_better(fact, thing)) {
			servers_take(fact, thing);
			fact->by_mark = 1;
			fact->foreign = 0;
		} else if (of == WHOSE_FOREIGN && !fact->there && thing->state != CLOUD_MOVING) {
			servers_take(fact, thing);
			fact->foreign = 1;
		}
	}
}

static void
fill_part(const struct look *look, struct post *post, enum plan_part part, const char *id)
{
	const struct cloud_thing	*thing = find(look, id);
	struct fact			*fact = &post->facts[part];

	*fact = (struct fact){ .there = 0 };
	if (thing != NULL)
		servers_take(fact, thing);
	else if (id[0] == '\0' && part != PLAN_ROOT)
		search(look, post, part);
	if (thing != NULL && strcmp(post->denied, id) == 0)
		post->denied[0] = '\0';
	if (fact->there)
		post->absent_at[part] = 0;
	else if (post->absent_at[part] == 0)
		post->absent_at[part] = look->w->servers->begun_at;
}

/* A look that began before the last answer came may have missed what that one told. */
static void
fill(const struct look *look, struct post *post, const struct server *row)
{
	const struct servers *s = look->w->servers;

	if (post->acting || (post->acted_at != 0 && s->begun_at <= post->acted_at))
		return;
	fill_part(look, post, PLAN_VOLUME, row->volume_id);
	fill_part(look, post, PLAN_IP, row->ip_id);
	fill_part(look, post, PLAN_IP6, row->ip6_id);
	fill_part(look, post, PLAN_MACHINE, row->cloud_id);
	fill_part(look, post, PLAN_ROOT, row->root_id);
	post->known = 1;
	post->known_at = s->begun_at;
}

static void
serve(const struct look *look, struct post *post, const struct server *row)
{
	struct world *w = look->w;

	if (post->served == w->servers->looks || row->person == 0)
		return;
	post->served = w->servers->looks;
	if (servers_reopen(w, post) != ERR_OK)
		return;
	fill(look, post, row);
	act_server(w, post, row);
}

static void
serve_post(const struct look *look, struct post *post)
{
	struct server row;

	if (post->served != look->w->servers->looks && server_get(look->w->db, post->id, &row) == ERR_OK)
		serve(look, post, &row);
}

/* ---- what is everybody's ---- */

static void
see_group(const struct look *look)
{
	struct servers			*s = look->w->servers;
	const struct cloud_thing	*thing = NULL;
	char				 before[SERVER_ID_CAP];

	if (s->group_acting || (s->group_acted_at != 0 && s->begun_at <= s->group_acted_at))
		return;
	memcpy(before, s->group.id, sizeof(before));
	s->group = (struct fact){ .there = 0 };
	for (size_t i = 0; i < look->n_ours && look->by_server[i]->server == 0; i++) {
		enum whose of;

		thing = look->by_server[i];
		if (thing->kind != CLOUD_GROUP || (of = whose(look->w, thing)) == WHOSE_FOREIGN)
			continue;
		if (s->group.there && of == WHOSE_DOUBTED)
			continue;
		servers_take(&s->group, thing);
		s->group.by_mark = of == WHOSE_DOUBTED;
	}
	if (strcmp(before, s->group.id) != 0)
		s->group_ruled = 0;
	if (s->group.there)
		s->group_absent_at = 0;
	else if (s->group_absent_at == 0)
		s->group_absent_at = s->begun_at;
}

static void
note_group(void *ctx, const struct making *making)
{
	struct servers *s = ctx;

	s->group_doubt |= strcmp(making->kind, cloud_kind_word(CLOUD_GROUP)) == 0;
}

static void
see_brake(const struct look *look)
{
	static const struct {
		enum plan_part	part;
		enum brake_kind	kind;
	} braked[] = {
		{ PLAN_VOLUME, BRAKE_VOLUME }, { PLAN_IP, BRAKE_IP }, { PLAN_IP6, BRAKE_IP6 }, { PLAN_MACHINE, BRAKE_SERVER },
	};
	struct servers *s = look->w->servers;

	memset(s->there, 0, sizeof(s->there));
	for (size_t i = 0; i < look->n_ours; i++)
		s->there[servers_part(look->by_server[i]->kind)]++;
	for (size_t i = 0; i < sizeof(braked) / sizeof(braked[0]); i++)
		if (brake_count(look->w->db, braked[i].kind, clock_now(), &s->dropped[braked[i].part]) != ERR_OK)
			s->dropped[braked[i].part] = INT64_MAX / 2;	/* nobody knows: nothing is deleted */
}

/* ---- whom it concerns ---- */

/* Gives each server its things; what has changed or vanished is open. */
static void
hand_out(const struct look *look)
{
	struct servers	*s = look->w->servers;
	size_t		 end;

	for (size_t i = 0; i < look->n_ours; i = end) {
		struct post	*post = servers_post(look->w, look->by_server[i]->server, 1);
		uint64_t	 print;

		for (end = i; end < look->n_ours && look->by_server[end]->server == look->by_server[i]->server; end++)
			;
		if (post == NULL)
			continue;
		post->first = i;
		post->n = end - i;
		post->look = s->looks;
		print = print_of(look, i, post->n);
		post->changed = print != post->print;
		post->print = print;
	}
	for (int b = 0; b < SERVERS_BUCKETS; b++)
		for (struct post *post = s->posts[b]; post != NULL; post = post->next)
			if (post->look != s->looks) {
				post->changed = post->print != 0;
				post->print = 0;
				post->n = 0;
			}
}

struct walk {
	const struct look	*look;
	int64_t			 last;
	int			 n;
};

static void
serve_row(void *ctx, const struct server *row)
{
	struct walk	*walk = ctx;
	struct post	*post;

	walk->n++;
	walk->last = row->id;
	if (row->person != 0 && (post = servers_post(walk->look->w, row->id, 1)) != NULL)
		serve(walk->look, post, row);
}

/* The first look of this worker: nobody knows what has changed. */
static enum err
serve_all(const struct look *look)
{
	struct walk	walk = { .look = look };
	enum err	err = ERR_OK;

	do {
		walk.n = 0;
		err = server_list(look->w->db, walk.last, PAGE, serve_row, &walk);
	} while (err == ERR_OK && walk.n == PAGE);
	return err;
}

static enum err
serve_some(const struct look *look)
{
	struct servers	*s = look->w->servers;
	struct walk	 walk = { .look = look };
	struct post	*after;
	enum err	 err = server_due(look->w->db, clock_now(), DUE_MOST, serve_row, &walk, &s->due_at);

	for (struct post *post = s->open; post != NULL; post = after) {
		after = post->after;
		serve_post(look, post);
	}
	for (int b = 0; b < SERVERS_BUCKETS; b++)
		for (struct post *post = s->posts[b]; post != NULL; post = post->next)
			if (post->changed) {
				post->changed = 0;
				serve_post(look, post);
			}
	return err;
}

static void
take_in(struct look *look)
{
	struct world	*w = look->w;
	struct servers	*s = w->servers;
	enum err	 err;

	s->looks++;
	s->good_at = s->begun_at;
	s->early = 0;
	see_group(look);
	s->group_doubt = 0;
	see_brake(look);
	if ((err = making_each_open(w->db, 0, note_group, s)) == ERR_OK) {
		hand_out(look);
		err = s->walked ? serve_some(look) : serve_all(look);
		s->walked |= err == ERR_OK;
	}
	if (err != ERR_OK)
		w->failed = 1;
	sweep(w, &(struct sweep_look){ look->by_server, look->n_ours, look->by_id, look->n });
}

/* ---- looking ---- */

static int64_t
pause_of(const struct servers *s)
{
	int64_t ms = s->took * 10, fair = (int64_t)s->n_things * THING;

	if (ms < SOON_LEAST)
		ms = SOON_LEAST;
	if (ms > SOON_MOST)
		ms = SOON_MOST;
	return s->acts >= BUSY && fair > ms ? fair : ms;
}

/* A look that failed is no look: what it did not find may well be there. */
static void
seen(void *ctx, const struct cloud_thing *things, size_t n, const char *why)
{
	struct world	*w = ctx;
	struct servers	*s = w->servers;
	struct look	 look;

	if (things == NULL && why == NULL)
		return;
	w->asked--;
	s->looking = 0;
	s->took = clock_boot() - s->begun_at;
	s->next_at = clock_boot() + LOOK_FAILED;
	if (things == NULL) {
		log_fault("cloud", "look: %s", why);
		w->failed = 1;
		s->failing = 1;
		return;
	}
	if (look_open(w, things, n, &look) != ERR_OK)
		return;
	s->failing = 0;
	s->n_things = n;
	s->next_at = s->begun_at + LOOK;
	take_in(&look);
	look_clear(&look);
}

static int64_t
look_at(const struct servers *s)
{
	int64_t soon = s->begun_at + pause_of(s);

	if (s->looking)
		return INT64_MAX;
	return s->early && !s->failing && soon < s->next_at ? soon : s->next_at;
}

static void
look_if_time(struct world *w)
{
	struct servers *s = w->servers;

	if (clock_boot() < look_at(s))
		return;
	s->looking = 1;
	s->begun_at = clock_boot();
	w->asked++;
	if (w->cloud->look(w, seen, w) != ERR_OK) {
		w->asked--;
		s->looking = 0;
		s->next_at = clock_boot() + LOOK_FAILED;
	}
}

/* ---- the clockwork's ---- */

static void
take_due(void *ctx, const struct server *row)
{
	struct world	*w = ctx;
	struct post	*post = servers_post(w, row->id, 1);

	if (post == NULL)
		return;
	if (post->open && post->known)
		act_server(w, post, row);
	else
		servers_look_soon(w);
}

enum err
see_servers_due(struct world *w)
{
	if (w->servers == NULL || w->dry)
		return ERR_OK;
	return server_due(w->db, clock_now(), DUE_MOST, take_due, w, &w->servers->due_at);
}

void
see_servers(struct world *w)
{
	struct post *after;

	if (w->servers == NULL)
		return;
	look_if_time(w);
	for (struct post *post = w->servers->open; post != NULL; post = after) {
		after = post->after;
		if (!post->acting && post->again_at <= clock_boot())
			act_server(w, post, NULL);
	}
}

int64_t
see_servers_next(const struct world *w)
{
	int64_t next;

	if (w->servers == NULL)
		return INT64_MAX;
	next = look_at(w->servers);
	if (w->servers->acts >= SERVERS_ACTS)
		return next;		/* the others wait for an answer to come */
	for (const struct post *post = w->servers->open; post != NULL; post = post->after)
		if (!post->acting && post->again_at < next)
			next = post->again_at;
	return next;
}

int
see_servers_idle(const struct world *w)
{
	const struct servers *s = w->servers;

	if (s == NULL)
		return 1;
	if (!s->walked)
		return s->failing;
	return !s->early || clock_boot() > s->opened_at + PATIENCE;
}

int
see_servers_settled(const struct world *w)
{
	return w->servers == NULL || (w->servers->walked && w->servers->n_open == 0);
}
