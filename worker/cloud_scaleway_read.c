/* What Scaleway's JSON says, as things of ours. */

#include "worker/cloud_scaleway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/clock.h"
#include "lib/json.h"

enum { UUID = 36 };

int
scaleway_is_id(const char *text)
{
	for (int i = 0; i < UUID; i++) {
		int dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : text[i] == '\0' || strchr("0123456789abcdef", text[i]) == NULL)
			return 0;
	}
	return text[UUID] == '\0';
}

/* Cut to what there is room for: names are for people. */
static void
copy(char *out, size_t cap, const struct json *json)
{
	snprintf(out, cap, "%.*s", (int)cap - 1, json_text(json, ""));
}

/* An id, or "". */
static void
copy_id(char out[SERVER_ID_CAP], const struct json *json)
{
	const char *id = json_text(json, "");

	snprintf(out, SERVER_ID_CAP, "%s", scaleway_is_id(id) ? id : "");
}

/* An address, or "": not cut, as half of one is another. */
static void
copy_address(char out[SERVER_ADDRESS_CAP], const struct json *json)
{
	const char *address = json_text(json, "");

	snprintf(out, SERVER_ADDRESS_CAP, "%s", strlen(address) < SERVER_ADDRESS_CAP ? address : "");
}

/* "2026-07-30T12:55:26.540666+00:00" or "...Z", as ms; 0: neither. */
static int64_t
read_date(const struct json *json)
{
	const char	*text = json_text(json, ""), *end;
	struct tm	 tm = { 0 };
	time_t		 at;

	if ((end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm)) == NULL || (at = timegm(&tm)) == -1)
		return 0;
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	return strcmp(end, "Z") == 0 || strcmp(end, "+00:00") == 0 ? (int64_t)at * CLOCK_SECOND : 0;
}

/* ---- tags ---- */

/* A whole number without sign; 0: it is none. */
static int64_t
read_number(const char *text)
{
	size_t n = strlen(text);

	return n == 0 || n > 15 || strspn(text, "0123456789") != n ? 0 : strtoll(text, NULL, 10);
}

struct tags {
	const char *instance, *server, *generation, *mark;	/* NULL: not there */
	int odd;						/* one twice */
};

static void
read_tag(struct tags *tags, const char *tag)
{
	const struct {
		const char	 *prefix;
		const char	**value;
	} known[] = {
		{ "baas-i-", &tags->instance }, { "baas-s-", &tags->server }, { "baas-g-", &tags->generation }, { "baas-m-", &tags->mark },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i].prefix);

		if (strncmp(tag, known[i].prefix, n) != 0)
			continue;
		tags->odd |= *known[i].value != NULL && strcmp(*known[i].value, tag + n) != 0;
		*known[i].value = tag + n;
	}
}

/* Tags that do not fit each other or us are none: nothing is deleted for the sake of a tag that somebody has edited. */
static void
read_tags(const struct json *list, struct cloud_thing *out)
{
	struct tags tags = { 0 };

	for (const struct json *tag = json_first(list); tag != NULL; tag = json_next(tag))
		read_tag(&tags, json_text(tag, ""));
	if (tags.odd || tags.instance == NULL || strlen(tags.instance) >= sizeof(out->instance) ||
	    (tags.mark != NULL && strlen(tags.mark) >= sizeof(out->mark)))
		return;
	memcpy(out->instance, tags.instance, strlen(tags.instance) + 1);
	if (tags.mark != NULL)
		memcpy(out->mark, tags.mark, strlen(tags.mark) + 1);
	out->server = tags.server == NULL ? 0 : read_number(tags.server);
	out->generation = tags.generation == NULL ? 0 : read_number(tags.generation);
}

static void
add_tag(struct json *list, const char *prefix, const char *value)
{
	char tag[SCALEWAY_TAG_CAP];
	int n = snprintf(tag, sizeof(tag), "%s%s", prefix, value);

	if (n > 0 && (size_t)n < sizeof(tag))
		json_add_text(list, NULL, tag);
}

/* No commas in them: the API joins with those. */
void
scaleway_tags(struct json *parent, const struct cloud_order *order)
{
	struct json	*list = json_list(parent, "tags");
	char		 server[24], generation[24];

	snprintf(server, sizeof(server), "%lld", (long long)order->server);
	snprintf(generation, sizeof(generation), "%lld", (long long)order->generation);
	add_tag(list, "baas", "");
	add_tag(list, "baas-i-", order->instance);
	add_tag(list, "baas-s-", server);
	add_tag(list, "baas-g-", generation);
	add_tag(list, "baas-m-", order->mark);
}

/* ---- states ---- */

struct word {
	const char		*word;
	enum cloud_state	 state;
};

static enum cloud_state
read_state(const struct word *words, const struct json *json, struct cloud_thing *out)
{
	copy(out->word, sizeof(out->word), json);
	for (; words->word != NULL; words++)
		if (strcmp(json_text(json, ""), words->word) == 0)
			return words->state;
	return CLOUD_ODD;
}

static int
is_allowed(const struct json *json, const char *action)
{
	for (const struct json *one = json_first(json_get(json, "allowed_actions")); one != NULL; one = json_next(one))
		if (strcmp(json_text(one, ""), action) == 0)
			return 1;
	return 0;
}

/* ---- machines ---- */

/* An object with the keys "0", "1", ...: "0" is the root. */
static void
read_disks(const struct json *volumes, struct cloud_thing *out)
{
	for (const struct json *one = json_first(volumes); one != NULL; one = json_next(one)) {
		if (strcmp(json_key(one), "0") == 0)
			copy_id(out->root, json_get(one, "id"));
		else if (out->n_disks < CLOUD_DISKS_MAX)
			copy_id(out->disks[out->n_disks++], json_get(one, "id"));
	}
}

/* Those that were reserved; a throw-away one comes and goes with its machine. */
int
scaleway_addresses(const struct json *machine, struct scaleway_address out[CLOUD_IPS_MAX])
{
	int n = 0;

	for (const struct json *one = json_first(json_get(machine, "public_ips")); one != NULL && n < CLOUD_IPS_MAX; one = json_next(one)) {
		if (json_bool(json_get(one, "dynamic"), 0))
			continue;
		copy_id(out[n].ip, json_get(one, "id"));
		copy_address(out[n].address, json_get(one, "address"));
		n++;
	}
	return n;
}

static void
read_machine(const struct json *json, struct cloud_thing *out)
{
	/* Stopped in place keeps its place and its price: what a machine comes to that is shut down from within. */
	static const struct word words[] = {
		{ "running", CLOUD_ON }, { "stopped", CLOUD_OFF }, { "stopped in place", CLOUD_OFF }, { "starting", CLOUD_MOVING },
		{ "stopping", CLOUD_MOVING }, { NULL, CLOUD_ODD },
	};
	struct scaleway_address	 addresses[CLOUD_IPS_MAX];

	out->state = read_state(words, json_get(json, "state"), out);
	read_disks(json_get(json, "volumes"), out);
	out->n_ips = scaleway_addresses(json, addresses);
	for (int i = 0; i < out->n_ips; i++)
		memcpy(out->ips[i], addresses[i].ip, sizeof(out->ips[i]));
	copy_id(out->group, json_get(json_get(json, "security_group"), "id"));
	out->may_on = is_allowed(json, "poweron");
	out->may_off = is_allowed(json, "poweroff");
	out->may_drop = strcmp(out->word, "stopped") == 0 && !json_bool(json_get(json, "protected"), 0);
	out->made_at = read_date(json_get(json, "creation_date"));
}

/* ---- volumes, addresses, groups ---- */

/* Free is what says so and is referred to by nobody; held, what says so and is attached to somebody. */
static void
read_volume(const struct json *json, struct cloud_thing *out)
{
	static const struct word words[] = {
		{ "available", CLOUD_OFF }, { "in_use", CLOUD_ON }, { "creating", CLOUD_MOVING }, { "updating", CLOUD_MOVING },
		{ "resizing", CLOUD_MOVING }, { "snapshotting", CLOUD_MOVING }, { "deleting", CLOUD_MOVING }, { "deleted", CLOUD_MOVING },
		{ NULL, CLOUD_ODD },
	};
	const struct json *first = json_first(json_get(json, "references"));
	int held = first != NULL && json_next(first) == NULL && strcmp(json_text(json_get(first, "status"), ""), "attached") == 0;

	out->state = read_state(words, json_get(json, "status"), out);
	copy_id(out->holder, json_get(first, "product_resource_id"));
	if ((out->state == CLOUD_OFF && first != NULL) || (out->state == CLOUD_ON && !held))
		out->state = CLOUD_MOVING;
	out->made_at = read_date(json_get(json, "created_at"));
}

static void
read_ip(const struct json *json, struct cloud_thing *out)
{
	static const struct word words[] = {
		{ "detached", CLOUD_OFF }, { "attached", CLOUD_ON }, { "pending", CLOUD_ON }, { NULL, CLOUD_ODD },
	};

	if (strcmp(json_text(json_get(json, "type"), ""), "routed_ipv6") == 0)
		out->kind = CLOUD_IP6;
	out->state = read_state(words, json_get(json, "state"), out);
	copy_id(out->holder, json_get(json_get(json, "server"), "id"));
	copy_address(out->address, json_get(json, "address"));
	if (out->state != CLOUD_ODD && (out->state == CLOUD_ON) != (out->holder[0] != '\0'))
		out->state = CLOUD_MOVING;
}

static void
read_group(const struct json *json, struct cloud_thing *out)
{
	static const struct word words[] = { { "available", CLOUD_ON }, { "syncing", CLOUD_ON }, { NULL, CLOUD_ODD } };

	out->state = read_state(words, json_get(json, "state"), out);
	out->made_at = read_date(json_get(json, "creation_date"));
}

enum err
scaleway_read(enum cloud_kind kind, const struct json *json, struct cloud_thing *out)
{
	static void (*const each[CLOUD_KIND__MAX])(const struct json *, struct cloud_thing *) = {
		[CLOUD_GROUP] = read_group, [CLOUD_VOLUME] = read_volume, [CLOUD_IP] = read_ip, [CLOUD_IP6] = read_ip,
		[CLOUD_SERVER] = read_machine,
	};
	struct cloud_thing thing = { .kind = kind };

	copy_id(thing.id, json_get(json, "id"));
	if (thing.id[0] == '\0')
		return ERR_INVALID;
	copy(thing.name, sizeof(thing.name), json_get(json, "name"));
	read_tags(json_get(json, "tags"), &thing);
	each[kind](json, &thing);
	*out = thing;
	return ERR_OK;
}
