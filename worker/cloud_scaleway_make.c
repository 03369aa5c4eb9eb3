/* What is made at Scaleway.  A POST is sent once: names are not unique there, and a second one makes a second thing. */

#include "worker/cloud_scaleway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/world.h"

enum {
	NAME_CAP = 128,
	IMAGE_GOOD = 60 * 1000,		/* ms: ids of images change with each of their releases, so they are not kept */
	IOPS = 5000			/* the slower of two kinds of volumes */
};

#define GB	INT64_C(1000000000)
#define ROOT_GB	10			/* what Debian's image has */

/* One that is being made.  The texts of order are the caller's: these are copies. */
struct make {
	struct make		*next;		/* of those that wait for the image */
	struct scaleway		*s;
	struct cloud_order	 order;
	char			 minion[SERVER_MINION_CAP], volume[SERVER_ID_CAP], ip[SERVER_ID_CAP], ip6[SERVER_ID_CAP],
				 group[SERVER_ID_CAP];
	struct cloud_thing	 made;		/* ip: before it has its tags */
	cloud_done		*done;
	void			*ctx;
};

static const struct kind {
	const char	*path;		/* of its list */
	int		 block;
	const char	*key;		/* of the thing in the answer; NULL: the answer is the thing */
} kinds[CLOUD_KIND__MAX] = {
	[CLOUD_GROUP] = { "security_groups", 0, "security_group" },
	[CLOUD_VOLUME] = { "volumes", 1, NULL },
	[CLOUD_IP] = { "ips", 0, "ip" },
	[CLOUD_IP6] = { "ips", 0, "ip" },
	[CLOUD_SERVER] = { "servers", 0, "server" },
};

static void
finish(struct make *m, const struct scaleway_answer *answer, const struct cloud_thing *made)
{
	scaleway_tell(m->done, m->ctx, answer, made);
	free(m);
}

static void
finish_as(struct make *m, enum cloud_verdict verdict, const char *why)
{
	const struct scaleway_answer answer = { .verdict = verdict, .total = -1, .resource = "", .why = why };

	finish(m, &answer, NULL);
}

/* ---- bodies ---- */

static void
add_name(struct json *body, const char *format, const struct cloud_order *order)
{
	char name[NAME_CAP];

	snprintf(name, sizeof(name), "baas-%s-%lld", format, (long long)order->server);
	json_add_text(body, "name", name);
}

/* In: what rules say; the cloud's own rows keep mail from going out. */
static void
write_group(const struct make *m, struct json *body)
{
	char name[NAME_CAP];

	snprintf(name, sizeof(name), "baas-%s", m->order.instance);
	json_add_text(body, "name", name);
	json_add_text(body, "project", m->s->project);
	json_add_bool(body, "stateful", 1);
	json_add_text(body, "inbound_default_policy", "drop");
	json_add_text(body, "outbound_default_policy", "accept");
	json_add_bool(body, "enable_default_security", 1);
}

static void
write_volume(const struct make *m, struct json *body)
{
	struct json *empty;

	add_name(body, "data", &m->order);
	json_add_int(body, "perf_iops", IOPS);
	json_add_text(body, "project_id", m->s->project);
	empty = json_object(body, "from_empty");
	json_add_int(empty, "size", conf_int(m->s->w->conf, CONF_SCALEWAY_VOLUME_GB) * GB);
}

static void
write_ip(const struct make *m, struct json *body)
{
	json_add_text(body, "project", m->s->project);
	json_add_text(body, "type", m->order.kind == CLOUD_IP6 ? "routed_ipv6" : "routed_ipv4");
}

/* Its root volume is made from the image, of the kind that the image is of, and gets neither name nor tags of ours here. */
static void
write_machine(const struct make *m, struct json *body)
{
	struct json	*volumes, *one, *ips;
	char		 name[NAME_CAP];

	snprintf(name, sizeof(name), "baas-%s", m->minion);
	json_add_text(body, "name", name);
	json_add_text(body, "project", m->s->project);
	json_add_text(body, "commercial_type", m->s->type);
	json_add_text(body, "image", m->s->image);
	json_add_bool(body, "dynamic_ip_required", 0);	/* it is 1 unless said otherwise, and costs */
	json_add_text(body, "boot_type", "local");
	json_add_text(body, "security_group", m->group);
	volumes = json_object(body, "volumes");
	one = json_object(volumes, "0");
	json_add_text(one, "volume_type", "sbs_volume");
	json_add_int(one, "size", ROOT_GB * GB);
	one = json_object(volumes, "1");
	json_add_text(one, "id", m->volume);
	json_add_text(one, "volume_type", "sbs_volume");
	ips = json_list(body, "public_ips");
	json_add_text(ips, NULL, m->ip);
	if (m->ip6[0] != '\0')
		json_add_text(ips, NULL, m->ip6);
}

static enum err
write_body(const struct make *m, struct buf *out)
{
	static void (*const each[CLOUD_KIND__MAX])(const struct make *, struct json *) = {
		[CLOUD_GROUP] = write_group, [CLOUD_VOLUME] = write_volume, [CLOUD_IP] = write_ip, [CLOUD_IP6] = write_ip,
		[CLOUD_SERVER] = write_machine,
	};
	struct json	*body = json_object(NULL, NULL);
	enum err	 err = ERR_FAULT;

	if (body != NULL) {
		each[m->order.kind](m, body);
		scaleway_tags(body, &m->order);
		err = json_write(body, out);
	}
	json_free(body);
	return err;
}

/* ---- the tags of an address, which the API may not take with the POST ---- */

static void
tagged(void *ctx, const struct scaleway_answer *answer)
{
	struct make *m = ctx;

	if (answer == NULL) {
		finish(m, NULL, NULL);
		return;
	}
	/* It is made, whatever came of this; the caller knows it by its id. */
	if (answer->verdict == CLOUD_DONE)
		scaleway_read(m->order.kind, json_get(answer->json, "ip"), &m->made);
	finish(m, &(struct scaleway_answer){ .verdict = CLOUD_DONE, .total = -1, .resource = "", .why = "" }, &m->made);
}

static enum err
tag_ip(struct make *m)
{
	struct json	*body = json_object(NULL, NULL);
	struct buf	 path = { 0 }, text = { 0 };
	enum err	 err = ERR_FAULT;

	scaleway_instance(m->s, &path);
	buf_fmt(&path, "ips/%s", m->made.id);
	if (body != NULL) {
		scaleway_tags(body, &m->order);
		err = json_write(body, &text);
	}
	json_free(body);
	if (err == ERR_OK)
		return scaleway_ask(m->s, &(struct scaleway_request){ .method = "PATCH", .path = &path, .type = "application/json",
		    .body = &text }, tagged, m);
	buf_clear(&path);
	buf_clear(&text);
	return err;
}

/* ---- the POST ---- */

static void
made(void *ctx, const struct scaleway_answer *answer)
{
	struct make		*m = ctx;
	const struct kind	*kind = &kinds[m->order.kind];
	const struct json	*thing;

	if (answer == NULL || answer->verdict != CLOUD_DONE) {
		/* The image has had a new id since it was asked for: that is no fault of what we name. */
		if (answer != NULL && answer->verdict == CLOUD_MISSING && strcmp(answer->resource, "instance_image") == 0) {
			m->s->image[0] = '\0';
			finish_as(m, CLOUD_LATER, "the image has a new id");
			return;
		}
		finish(m, answer, NULL);
		return;
	}
	thing = kind->key == NULL ? answer->json : json_get(answer->json, kind->key);
	if (scaleway_read(m->order.kind, thing, &m->made) != ERR_OK || m->made.kind != m->order.kind) {
		log_fault("scaleway", "a %s was made, and the answer does not say which", cloud_kind_word(m->order.kind));
		finish_as(m, CLOUD_DOUBT, "an answer without an id");
		return;
	}
	if ((m->order.kind == CLOUD_IP || m->order.kind == CLOUD_IP6) && strcmp(m->made.mark, m->order.mark) != 0 &&
	    tag_ip(m) == ERR_OK)
		return;
	finish(m, answer, &m->made);
}

static enum err
post(struct make *m)
{
	const struct kind	*kind = &kinds[m->order.kind];
	struct buf		 path = { 0 }, body = { 0 };
	enum err		 err = write_body(m, &body);

	if (kind->block)
		scaleway_block(m->s, &path);
	else
		scaleway_instance(m->s, &path);
	buf_str(&path, kind->path);
	if (err == ERR_OK)
		return scaleway_ask(m->s, &(struct scaleway_request){ .method = "POST", .path = &path, .type = "application/json",
		    .body = &body }, made, m);
	buf_clear(&path);
	buf_clear(&body);
	return err;
}

/* ---- the image of a machine ---- */

/* The first that goes with our commercial type, which also means its processor. */
static int
choose(struct scaleway *s, const struct json *images)
{
	for (const struct json *one = json_first(images); one != NULL; one = json_next(one)) {
		const char *id = json_text(json_get(one, "id"), "");

		const struct json *type = json_first(json_get(one, "compatible_commercial_types"));

		for (; type != NULL; type = json_next(type))
			if (scaleway_is_id(id) && strcmp(json_text(type, ""), s->type) == 0) {
				snprintf(s->image, sizeof(s->image), "%s", id);
				s->image_at = clock_boot();
				return 1;
			}
	}
	return 0;
}

static void
go_on(struct make *m, const struct scaleway_answer *answer)
{
	if (answer == NULL)
		finish(m, NULL, NULL);
	else if (answer->verdict == CLOUD_MISSING)
		finish_as(m, CLOUD_REFUSED, "there is no image with the label of scaleway.image");
	else if (answer->verdict == CLOUD_DOUBT)
		finish_as(m, CLOUD_LATER, answer->why);		/* nothing is in doubt: nothing has been made */
	else if (answer->verdict != CLOUD_DONE)
		finish(m, answer, NULL);
	else if (!choose(m->s, json_get(answer->json, "local_images")))
		finish_as(m, CLOUD_REFUSED, "the image of scaleway.image does not go with scaleway.type");
	else if (post(m) != ERR_OK)
		finish_as(m, CLOUD_LATER, "no memory");
}

static void
resolved(void *ctx, const struct scaleway_answer *answer)
{
	struct scaleway	*s = ctx;
	struct make	*m = s->resolving, *next;

	s->resolving = NULL;
	for (; m != NULL; m = next) {
		next = m->next;
		go_on(m, answer);
	}
}

/* For many machines at once it is asked for once. */
static enum err
resolve(struct make *m)
{
	struct scaleway	*s = m->s;
	struct buf	 path = { 0 };
	enum err	 err;

	if (s->image[0] != '\0' && clock_boot() < s->image_at + IMAGE_GOOD)
		return post(m);
	m->next = s->resolving;
	s->resolving = m;
	if (m->next != NULL)
		return ERR_OK;
	buf_str(&path, "/marketplace/v2/local-images?image_label=");
	buf_url(&path, s->label);
	buf_str(&path, "&order_by=type_asc&type=instance_sbs&zone=");
	buf_url(&path, s->zone);
	if ((err = scaleway_ask(s, &(struct scaleway_request){ .method = "GET", .path = &path }, resolved, s)) != ERR_OK)
		s->resolving = NULL;
	return err;
}

/* ---- the act ---- */

/* 0: one of the ids is none. */
static int
copy_order(struct make *m, const struct cloud_order *order)
{
	const struct {
		char		*to;
		size_t		 cap;
		const char	*from;
		int		 is_id;
	} texts[] = {
		{ m->minion, sizeof(m->minion), order->minion, 0 }, { m->volume, sizeof(m->volume), order->volume, 1 },
		{ m->ip, sizeof(m->ip), order->ip, 1 }, { m->ip6, sizeof(m->ip6), order->ip6, 1 },
		{ m->group, sizeof(m->group), order->group, 1 },
	};

	m->order = *order;
	for (size_t i = 0; order->kind == CLOUD_SERVER && i < sizeof(texts) / sizeof(texts[0]); i++) {
		int	empty = texts[i].from == NULL || texts[i].from[0] == '\0';
		int	n = snprintf(texts[i].to, texts[i].cap, "%s", empty ? "" : texts[i].from);

		if (n < 0 || (size_t)n >= texts[i].cap || (empty && texts[i].to != m->ip6) ||
		    (!empty && texts[i].is_id && !scaleway_is_id(texts[i].to)))
			return 0;
	}
	return 1;
}

enum err
scaleway_make(struct world *w, const struct cloud_order *order, cloud_done *done, void *ctx)
{
	struct make	*m = calloc(1, sizeof(*m));
	enum err	 err;

	if (m == NULL) {
		log_fault("scaleway", "no memory");
		return ERR_FAULT;
	}
	m->s = w->scaleway;
	m->done = done;
	m->ctx = ctx;
	if (!copy_order(m, order)) {
		log_fault("scaleway", "a machine without volume, address or group");
		err = ERR_INVALID;
	} else {
		err = order->kind == CLOUD_SERVER ? resolve(m) : post(m);
	}
	if (err != ERR_OK)
		free(m);
	return err;
}
