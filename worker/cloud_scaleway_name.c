/* Names of bots, in a zone of Scaleway's Domains and DNS: looked at first, and changed only if they lead elsewhere. */

#include "worker/cloud_scaleway.h"

#include <sys/socket.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/log.h"
#include "worker/world.h"

enum {
	TTL = 300,		/* seconds: an address that is kept changes hardly ever, and then it should be soon */
	HOST_CAP = 254,
	TYPES = 2
};

static const struct type {
	const char	*word;
	int		 family;
	socklen_t	 bytes;
} types[TYPES] = { { "A", AF_INET, 4 }, { "AAAA", AF_INET6, 16 } };

struct naming {
	struct scaleway	*s;
	char		 name[HOST_CAP];	/* within the zone; "": the zone itself */
	char		 wanted[TYPES][SERVER_ADDRESS_CAP];
	cloud_done	*done;
	void		*ctx;
};

/* A zone that is ours is there, and the API says 403 of one that is not: whatever is not found, it is no word about records. */
static void
finish(struct naming *n, const struct scaleway_answer *answer)
{
	struct scaleway_answer out;

	if (answer != NULL && answer->verdict == CLOUD_MISSING) {
		out = *answer;
		out.verdict = CLOUD_LATER;
		answer = &out;
	}
	scaleway_tell(n->done, n->ctx, answer, NULL);
	free(n);
}

static void
named(void *ctx, const struct scaleway_answer *answer)
{
	finish(ctx, answer);
}

/* Addresses have several ways to be written. */
static int
is_same(const struct type *type, const char *a, const char *b)
{
	unsigned char one[16], other[16];

	return inet_pton(type->family, a, one) == 1 && inet_pton(type->family, b, other) == 1 && memcmp(one, other, type->bytes) == 0;
}

/* All records of that name: they fit on a page many times, and a list that is not whole proves nothing. */
static int
is_whole(const struct json *list)
{
	int64_t n = 0;

	for (const struct json *one = json_first(json_get(list, "records")); one != NULL; one = json_next(one))
		n++;
	return json_type(json_get(list, "records")) == JSON_LIST && json_int(json_get(list, "total_count"), -1) == n;
}

/* Whether the records of a type are as wanted. */
static int
is_right(const struct naming *n, int type, const struct json *records)
{
	int there = 0, right = 0;

	for (const struct json *one = json_first(records); one != NULL; one = json_next(one)) {
		if (strcmp(json_text(json_get(one, "name"), ""), n->name) != 0 ||
		    strcmp(json_text(json_get(one, "type"), ""), types[type].word) != 0)
			continue;
		there++;
		right += is_same(&types[type], json_text(json_get(one, "data"), ""), n->wanted[type]);
	}
	return n->wanted[type][0] == '\0' ? there == 0 : there == 1 && right == 1;
}

static void
add_change(const struct naming *n, int type, struct json *changes)
{
	int		 gone = n->wanted[type][0] == '\0';
	struct json	*act = json_object(json_object(changes, NULL), gone ? "delete" : "set"), *fields, *record;

	fields = json_object(act, "id_fields");
	json_add_text(fields, "name", n->name);
	json_add_text(fields, "type", types[type].word);
	if (gone)
		return;
	record = json_object(json_list(act, "records"), NULL);
	json_add_text(record, "name", n->name);
	json_add_text(record, "type", types[type].word);
	json_add_text(record, "data", n->wanted[type]);
	json_add_int(record, "ttl", TTL);
}

static enum err
change(struct naming *n, const struct json *records)
{
	struct json	*body = json_object(NULL, NULL), *changes = json_list(body, "changes");
	struct buf	 path = { 0 }, text = { 0 };
	enum err	 err = ERR_FAULT;

	json_add_bool(body, "return_all_records", 0);
	json_add_bool(body, "disallow_new_zone_creation", 1);	/* a mistyped zone shall not become one */
	for (int i = 0; i < TYPES; i++)
		if (!is_right(n, i, records))
			add_change(n, i, changes);
	if (body != NULL)
		err = json_write(body, &text);
	json_free(body);
	buf_str(&path, "/domain/v2beta1/dns-zones/");
	buf_url(&path, n->s->dns_zone);
	buf_str(&path, "/records");
	if (err == ERR_OK)
		return scaleway_ask(n->s, &(struct scaleway_request){ .method = "PATCH", .path = &path, .type = "application/json",
		    .body = &text }, named, n);
	buf_clear(&path);
	buf_clear(&text);
	return err;
}

static void
looked(void *ctx, const struct scaleway_answer *answer)
{
	static const struct scaleway_answer unsent = { .verdict = CLOUD_LATER, .total = -1, .resource = "", .why = "no memory" },
	    odd = { .verdict = CLOUD_LATER, .total = -1, .resource = "", .why = "records that make no sense" };
	struct naming		*n = ctx;
	const struct json	*records = answer == NULL ? NULL : json_get(answer->json, "records");

	if (answer == NULL || answer->verdict != CLOUD_DONE)
		finish(n, answer);
	else if (!is_whole(answer->json))
		finish(n, &odd);
	else if (is_right(n, 0, records) && is_right(n, 1, records))
		finish(n, answer);
	else if (change(n, records) != ERR_OK)
		finish(n, &unsent);
}

/* The part of host that is below the zone.  0: it is not of the zone, or an address is none. */
static int
read_names(struct naming *n, const char *host, const char *address, const char *address6)
{
	const char	*given[TYPES] = { address, address6 };
	size_t		 whole = strlen(host), zone = strlen(n->s->dns_zone), part = whole > zone ? whole - zone - 1 : 0;

	if (whole < zone || strcmp(host + whole - zone, n->s->dns_zone) != 0 || (whole > zone && host[part] != '.') ||
	    part >= sizeof(n->name))
		return 0;
	memcpy(n->name, host, part);
	for (int i = 0; i < TYPES; i++) {
		if (given[i][0] != '\0' && !is_same(&types[i], given[i], given[i]))
			return 0;
		snprintf(n->wanted[i], sizeof(n->wanted[i]), "%s", given[i]);
	}
	return 1;
}

enum err
scaleway_name(struct world *w, const char *host, const char *address, const char *address6, cloud_done *done, void *ctx)
{
	static const struct scaleway_answer nothing = { .verdict = CLOUD_DONE, .total = -1, .resource = "", .why = "" };
	struct buf	 path = { 0 };
	struct naming	*n;
	enum err	 err;

	if (w->scaleway->dns_zone[0] == '\0') {
		scaleway_tell(done, ctx, &nothing, NULL);
		return ERR_OK;
	}
	if ((n = calloc(1, sizeof(*n))) == NULL) {
		log_fault("scaleway", "no memory");
		return ERR_FAULT;
	}
	n->s = w->scaleway;
	n->done = done;
	n->ctx = ctx;
	if (!read_names(n, host, address, address6)) {
		log_fault("scaleway", "%s is not in the zone %s, or its address is none", host, n->s->dns_zone);
		free(n);
		return ERR_INVALID;
	}
	buf_str(&path, "/domain/v2beta1/dns-zones/");
	buf_url(&path, n->s->dns_zone);
	buf_fmt(&path, "/records?page=1&page_size=%d&name=", SCALEWAY_PAGE);
	buf_url(&path, n->name);
	if ((err = scaleway_ask(n->s, &(struct scaleway_request){ .method = "GET", .path = &path }, looked, n)) != ERR_OK)
		free(n);
	return err;
}
