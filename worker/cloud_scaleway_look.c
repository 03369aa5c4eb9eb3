/* One look at all that the project has: every page of every list, or nothing. */

#include "worker/cloud_scaleway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/log.h"
#include "worker/world.h"

enum {
	LISTS = 4,
	PAGES = 1000,		/* of a list: more than that is not believed */
	TRIES = 4		/* of a list that changed while it was read */
};

static const struct list {
	enum cloud_kind	 kind;
	const char	*key;		/* of the list in its answer */
	int		 block;		/* the dialect of Block Storage; else that of the Instance API */
	const char	*query;
} lists[LISTS] = {
	{ CLOUD_GROUP, "security_groups", 0, "" },
	{ CLOUD_VOLUME, "volumes", 1, "&include_deleted=false&order_by=created_at_asc" },
	{ CLOUD_IP, "ips", 0, "" },
	{ CLOUD_SERVER, "servers", 0, "&order=creation_date_asc" },
};

/* One list on its way. */
struct reading {
	struct look		*look;
	const struct list	*list;
	int			 page, tries;
	int64_t			 got, total;
	int			 dropping;	/* at the first page: somebody was deleting */
	int64_t			 drops;
	struct cloud_thing	*things;
	size_t			 n, cap;
};

struct look {
	struct scaleway		*s;
	struct reading		 readings[LISTS];
	int			 open;		/* readings that have not ended */
	struct scaleway_address	*addresses;	/* of all machines */
	size_t			 n_addresses, cap_addresses;
	char			 why[CLOUD_WORDS_CAP];	/* "": all is well so far */
	int			 gone;		/* the worker ends */
	cloud_seen		*seen;
	void			*ctx;
};

static enum err ask_page(struct reading *r);

/* ---- all lists are there ---- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);	/* both begin with an id */
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct cloud_thing *)a)->id, ((const struct cloud_thing *)b)->id);
}

/* A thing that came twice, as others were made meanwhile, is there once. */
static size_t
sort(struct cloud_thing *things, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(things, n, sizeof(*things), by_id);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || strcmp(things[kept - 1].id, things[i].id) != 0)
			things[kept++] = things[i];
	return kept;
}

/* What an IPv6 address is, its machine says.  And who is held by a machine that is not there is on its way to be free. */
static void
complete(const struct look *look, struct reading *r)
{
	const struct reading *machines = &look->readings[LISTS - 1];

	for (size_t i = 0; i < r->n; i++) {
		struct cloud_thing		*thing = &r->things[i], key = { 0 };
		const struct scaleway_address	*known = look->n_addresses == 0 ? NULL :
		    bsearch(thing->id, look->addresses, look->n_addresses, sizeof(*known), by_text);

		if (thing->kind == CLOUD_IP6 && known != NULL)
			memcpy(thing->address, known->address, sizeof(thing->address));
		memcpy(key.id, thing->holder, sizeof(key.id));
		if (thing->state == CLOUD_ON && key.id[0] != '\0' && (machines->n == 0 ||
		    bsearch(&key, machines->things, machines->n, sizeof(key), by_id) == NULL))
			thing->state = CLOUD_MOVING;
	}
}

/* All lists as one.  NULL: no memory. */
static struct cloud_thing *
join(struct look *look, size_t *n)
{
	struct cloud_thing *all;

	*n = 0;
	if (look->n_addresses > 0)
		qsort(look->addresses, look->n_addresses, sizeof(*look->addresses), by_text);
	for (int i = LISTS - 1; i >= 0; i--) {
		struct reading *r = &look->readings[i];

		r->n = sort(r->things, r->n);
		complete(look, r);
		*n += r->n;
	}
	if ((all = calloc(*n + 1, sizeof(*all))) == NULL)
		return NULL;
	*n = 0;
	for (int i = 0; i < LISTS; i++) {
		const struct reading *r = &look->readings[i];

		if (r->n > 0)
			memcpy(all + *n, r->things, r->n * sizeof(*all));
		*n += r->n;
	}
	return all;
}

static void
tell(struct look *look)
{
	struct cloud_thing	*all = NULL;
	size_t			 n = 0;

	if (!look->gone && look->why[0] == '\0' && (all = join(look, &n)) == NULL)
		snprintf(look->why, sizeof(look->why), "no memory");
	look->seen(look->ctx, all, n, look->gone || all != NULL ? NULL : look->why);
	free(all);
}

/* One reading has ended; the last one tells. */
static void
ended(struct look *look)
{
	if (--look->open > 0)
		return;
	tell(look);
	for (int i = 0; i < LISTS; i++)
		free(look->readings[i].things);
	free(look->addresses);
	free(look);
}

static void
fail(struct reading *r, const char *why)
{
	if (r->look->why[0] == '\0')
		snprintf(r->look->why, sizeof(r->look->why), "%s: %.150s", r->list->key, why);
	ended(r->look);
}

/* ---- one page ---- */

static int
grow(struct reading *r)
{
	size_t			 cap = r->cap == 0 ? 2 * SCALEWAY_PAGE : r->cap * 2;
	struct cloud_thing	*things;

	if (r->n < r->cap)
		return 1;
	if ((things = realloc(r->things, cap * sizeof(*things))) == NULL)
		return 0;
	r->things = things;
	r->cap = cap;
	return 1;
}

static int
keep_addresses(struct look *look, const struct json *machine)
{
	size_t			 cap = look->cap_addresses * 2 + SCALEWAY_PAGE;
	struct scaleway_address	*more;

	if (look->n_addresses + CLOUD_IPS_MAX > look->cap_addresses) {
		if ((more = realloc(look->addresses, cap * sizeof(*more))) == NULL)
			return 0;
		look->addresses = more;
		look->cap_addresses = cap;
	}
	look->n_addresses += (size_t)scaleway_addresses(machine, look->addresses + look->n_addresses);
	return 1;
}

/* NULL, or what is wrong.  Another project's things are none of ours, should the API show them. */
static const char *
take(struct reading *r, const struct json *items)
{
	const char *project = r->list->block ? "project_id" : "project";

	for (const struct json *one = json_first(items); one != NULL; one = json_next(one)) {
		r->got++;
		if (strcmp(json_text(json_get(one, project), ""), r->look->s->project) != 0)
			continue;
		if (!grow(r) || (r->list->kind == CLOUD_SERVER && !keep_addresses(r->look, one)))
			return "no memory";
		if (scaleway_read(r->list->kind, one, &r->things[r->n]) != ERR_OK)
			return "a thing without an id";
		r->n++;
	}
	return NULL;
}

/*
 * Whether the pages fit together.  What is made meanwhile shows at worst twice or not yet; but each thing that is deleted
 * moves those behind it forward, and one of them may slip from a page that is still to come to one that was read.
 */
static int
is_whole(const struct reading *r)
{
	return r->page == 1 || (r->dropping == 0 && r->drops == r->look->s->drops);
}

static void
again(struct reading *r, const char *why)
{
	if (++r->tries >= TRIES) {
		fail(r, why);
		return;
	}
	r->page = 0;
	r->got = 0;
	r->n = 0;
	if (r->list->kind == CLOUD_SERVER)
		r->look->n_addresses = 0;
	if (ask_page(r) != ERR_OK)
		fail(r, "no memory");
}

/* NULL, or what is wrong with the page. */
static const char *
read_page(struct reading *r, const struct scaleway_answer *answer, int64_t *items, int64_t *total)
{
	const struct json	*list = json_get(answer->json, r->list->key);
	int64_t			 before = r->got;
	const char		*why;

	*total = r->list->block ? json_int(json_get(answer->json, "total_count"), -1) : answer->total;
	if (json_type(list) != JSON_LIST || *total < 0)
		return "a page without a list or a total";
	why = take(r, list);
	*items = r->got - before;
	return why;
}

static void
paged(void *ctx, const struct scaleway_answer *answer)
{
	struct reading	*r = ctx;
	int64_t		 items = 0, total = -1;
	const char	*why = NULL;

	if (answer == NULL) {
		r->look->gone = 1;
		ended(r->look);
	} else if (answer->verdict != CLOUD_DONE) {
		fail(r, answer->why);
	} else if (r->look->gone || r->look->why[0] != '\0') {
		ended(r->look);		/* another list has failed: there is no use in the rest of this one */
	} else if ((why = read_page(r, answer, &items, &total)) != NULL) {
		fail(r, why);
	} else if (r->page > 1 && total < r->total) {
		again(r, "it changes while it is read");
	} else if (r->got < total && items > 0 && r->page < PAGES) {
		r->total = total;
		if (ask_page(r) != ERR_OK)
			fail(r, "no memory");
	} else if (r->got < total) {
		again(r, "pages with less than the total");
	} else if (!is_whole(r)) {
		again(r, "it changes while it is read");
	} else {
		ended(r->look);
	}
}

static enum err
ask_page(struct reading *r)
{
	struct scaleway	*s = r->look->s;
	struct buf	 path = { 0 };

	if (++r->page == 1) {
		r->dropping = s->dropping;
		r->drops = s->drops;
	}
	if (r->list->block)
		scaleway_block(s, &path);
	else
		scaleway_instance(s, &path);
	buf_fmt(&path, "%s?%s=", r->list->key, r->list->block ? "project_id" : "project");
	buf_url(&path, s->project);
	buf_fmt(&path, "&page=%d&%s=%d%s", r->page, r->list->block ? "page_size" : "per_page", SCALEWAY_PAGE, r->list->query);
	return scaleway_ask(s, &(struct scaleway_request){ .method = "GET", .path = &path, .urgent = 1 }, paged, r);
}

enum err
scaleway_look(struct world *w, cloud_seen *seen, void *ctx)
{
	struct look *look = calloc(1, sizeof(*look));

	if (look == NULL) {
		log_fault("scaleway", "no memory");
		return ERR_FAULT;
	}
	*look = (struct look){ .s = w->scaleway, .seen = seen, .ctx = ctx };
	for (int i = 0; i < LISTS; i++) {
		look->readings[i] = (struct reading){ .look = look, .list = &lists[i] };
		if (ask_page(&look->readings[i]) == ERR_OK)
			look->open++;
		else
			snprintf(look->why, sizeof(look->why), "no memory");
	}
	if (look->open > 0)
		return ERR_OK;
	free(look);
	return ERR_FAULT;
}
