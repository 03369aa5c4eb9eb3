/* The driver for Scaleway: its table, and the acts that are one request on one thing. */

#include "worker/cloud_scaleway.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "worker/world.h"

enum { PORTS = 1000, PORT_MAX = 65535, NAME_CAP = 128 };

/* ---- begin and end ---- */

/* Of a zone, a type, a label: they become parts of paths. */
static int
is_word(const char *text)
{
	return *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

static enum err
check_conf(const struct scaleway *s, const char *token_file)
{
	const struct {
		int		 good;
		const char	*why;
	} checks[] = {
		{ scaleway_is_id(s->project), "scaleway.project must be a project's id, in lower case" },
		{ is_word(s->zone), "scaleway.zone must be a zone, such as fr-par-1" },
		{ is_word(s->type), "scaleway.type must be a type of machine, such as DEV1-S" },
		{ is_word(s->label), "scaleway.image must be an image's label, such as debian_bookworm" },
		{ token_file[0] != '\0', "scaleway.token_file must say where the API's secret key is" },
		{ s->w->http != NULL, "nothing can be asked" },
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (!checks[i].good) {
			log_fault("scaleway", "%s", checks[i].why);
			return ERR_INVALID;
		}
	return ERR_OK;
}

static enum err
open_scaleway(struct world *w)
{
	const char	*token_file = conf_text(w->conf, CONF_SCALEWAY_TOKEN_FILE);
	struct scaleway	*s = calloc(1, sizeof(*s));
	enum err	 err;

	if (s == NULL) {
		log_fault("scaleway", "no memory");
		return ERR_FAULT;
	}
	*s = (struct scaleway){
		.w = w, .users = 1, .url = conf_text(w->conf, CONF_SCALEWAY_URL), .zone = conf_text(w->conf, CONF_SCALEWAY_ZONE),
		.project = conf_text(w->conf, CONF_SCALEWAY_PROJECT), .type = conf_text(w->conf, CONF_SCALEWAY_TYPE),
		.label = conf_text(w->conf, CONF_SCALEWAY_IMAGE), .dns_zone = conf_text(w->conf, CONF_SCALEWAY_DNS_ZONE),
		.credited_at = clock_boot(),
	};
	TAILQ_INIT(&s->urgent);
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->unsent);
	if ((err = check_conf(s, token_file)) != ERR_OK || (err = secret_read(token_file, &s->token)) != ERR_OK) {
		free(s);
		return err;
	}
	w->scaleway = s;
	return ERR_OK;
}

static void
close_scaleway(struct world *w)
{
	if (w->scaleway != NULL)
		scaleway_end(w->scaleway);
	w->scaleway = NULL;
}

/* ---- one request on one thing ---- */

struct act {
	cloud_done	*done;
	void		*ctx;
};

/* Control characters of the other side do not get into a page or a log. */
static void
copy_printable(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; text[n] != '\0' && n + 1 < cap; n++)
		out[n] = isprint((unsigned char)text[n]) ? text[n] : '?';
	out[n] = '\0';
}

void
scaleway_tell(cloud_done *done, void *ctx, const struct scaleway_answer *answer, const struct cloud_thing *what)
{
	struct cloud_answer out = { .verdict = answer == NULL ? CLOUD_END : answer->verdict };

	if (what != NULL)
		out.thing = *what;
	if (answer != NULL && answer->verdict != CLOUD_DONE)
		copy_printable(out.why, sizeof(out.why), answer->why);
	done(ctx, &out);
}

static void
acted(void *ctx, const struct scaleway_answer *answer)
{
	struct act *act = ctx;

	scaleway_tell(act->done, act->ctx, answer, NULL);
	free(act);
}

/* Takes over path and body; body NULL: none. */
static enum err
ask(struct world *w, const struct scaleway_request *request, cloud_done *done, void *ctx)
{
	struct act	*act = malloc(sizeof(*act));
	enum err	 err;

	if (act == NULL) {
		buf_clear(request->path);
		if (request->body != NULL)
			buf_clear(request->body);
		log_fault("scaleway", "no memory");
		return ERR_FAULT;
	}
	*act = (struct act){ .done = done, .ctx = ctx };
	if ((err = scaleway_ask(w->scaleway, request, acted, act)) != ERR_OK)
		free(act);
	return err;
}

/* Likewise; body, which may be NULL for want of memory, is freed. */
static enum err
ask_json(struct world *w, struct scaleway_request request, struct json *body, struct act act)
{
	struct buf	 text = { 0 };
	enum err	 err = body == NULL ? ERR_FAULT : json_write(body, &text);

	json_free(body);
	if (err != ERR_OK) {
		buf_clear(request.path);
		buf_clear(&text);
		log_fault("scaleway", "no memory");
		return ERR_FAULT;
	}
	request.type = "application/json";
	request.body = &text;
	return ask(w, &request, act.done, act.ctx);
}

/* Logs an id that is none: it would become another path. */
static int
is_good(const char *id)
{
	if (scaleway_is_id(id))
		return 1;
	log_fault("scaleway", "%s is not an id", id);
	return 0;
}

/* "/instance/v1/zones/fr-par-1/servers/ID" and tail. */
static void
write_path(const struct world *w, struct buf *out, enum cloud_kind kind, const char *id)
{
	static const char *const lists[CLOUD_KIND__MAX] = {
		[CLOUD_GROUP] = "security_groups", [CLOUD_VOLUME] = "volumes", [CLOUD_IP] = "ips", [CLOUD_IP6] = "ips",
		[CLOUD_SERVER] = "servers",
	};

	if (kind == CLOUD_VOLUME)
		scaleway_block(w->scaleway, out);
	else
		scaleway_instance(w->scaleway, out);
	buf_fmt(out, "%s/%s", lists[kind], id);
}

/* ---- the acts ---- */

static void
add_rule(struct json *rules, const char *protocol, const char *range, int64_t from, int64_t to, const char *zone)
{
	struct json *rule = json_object(rules, NULL);

	json_add_null(rule, "id");
	json_add_text(rule, "action", "accept");
	json_add_text(rule, "protocol", protocol);
	json_add_text(rule, "direction", "inbound");
	json_add_text(rule, "ip_range", range);
	if (from == 0) {
		json_add_null(rule, "dest_port_from");
		json_add_null(rule, "dest_port_to");
	} else {
		json_add_int(rule, "dest_port_from", from);
		json_add_int(rule, "dest_port_to", to);
	}
	json_add_int(rule, "position", 0);
	json_add_null(rule, "editable");
	json_add_text(rule, "zone", zone);
}

static enum err
rules(struct world *w, const char *group, cloud_done *done, void *ctx)
{
	static const char *const ranges[] = { "0.0.0.0/0", "::/0" };
	int64_t		 from = conf_int(w->conf, CONF_BOTS_FIRST_PORT), to = from + PORTS - 1;
	struct json	*body, *list;
	struct buf	 path = { 0 };

	if (!is_good(group))
		return ERR_INVALID;
	body = json_object(NULL, NULL);
	list = json_list(body, "rules");
	for (int i = 0; i < 2; i++) {
		add_rule(list, "TCP", ranges[i], from, to > PORT_MAX ? PORT_MAX : to, w->scaleway->zone);
		add_rule(list, "ICMP", ranges[i], 0, 0, w->scaleway->zone);
	}
	write_path(w, &path, CLOUD_GROUP, group);
	buf_str(&path, "/rules");
	return ask_json(w, (struct scaleway_request){ .method = "PUT", .path = &path }, body, (struct act){ done, ctx });
}

static enum err
mark(struct world *w, const char *root, const struct cloud_order *order, cloud_done *done, void *ctx)
{
	struct json	*body;
	struct buf	 path = { 0 };
	char		 name[NAME_CAP];

	if (!is_good(root))
		return ERR_INVALID;
	body = json_object(NULL, NULL);
	snprintf(name, sizeof(name), "baas-root-%lld-g%lld", (long long)order->server, (long long)order->generation);
	json_add_text(body, "name", name);
	scaleway_tags(body, order);
	write_path(w, &path, CLOUD_VOLUME, root);
	return ask_json(w, (struct scaleway_request){ .method = "PATCH", .path = &path }, body, (struct act){ done, ctx });
}

static enum err
seed(struct world *w, const char *machine, const char *text, size_t n, cloud_done *done, void *ctx)
{
	struct buf path = { 0 }, body = { .wipe = 1 };

	if (!is_good(machine))
		return ERR_INVALID;
	write_path(w, &path, CLOUD_SERVER, machine);
	buf_str(&path, "/user_data/cloud-init");
	buf_add(&body, text, n);
	return ask(w, &(struct scaleway_request){ .method = "PATCH", .path = &path, .type = "text/plain", .body = &body }, done, ctx);
}

/* The task of the answer is a dummy: what comes of it, a look sees. */
static enum err
act(struct world *w, const char *machine, const char *action, struct act act)
{
	struct json	*body;
	struct buf	 path = { 0 };

	if (!is_good(machine))
		return ERR_INVALID;
	body = json_object(NULL, NULL);
	json_add_text(body, "action", action);
	write_path(w, &path, CLOUD_SERVER, machine);
	buf_str(&path, "/action");
	return ask_json(w, (struct scaleway_request){ .method = "POST", .path = &path }, body, act);
}

static enum err
start(struct world *w, const char *machine, cloud_done *done, void *ctx)
{
	return act(w, machine, "poweron", (struct act){ done, ctx });
}

static enum err
stop(struct world *w, const char *machine, cloud_done *done, void *ctx)
{
	return act(w, machine, "poweroff", (struct act){ done, ctx });
}

/* A volume: what its machine has is never written whole, since what is left out there is unplugged. */
static enum err
attach(struct world *w, enum cloud_kind kind, const char *thing, const char *machine, cloud_done *done, void *ctx)
{
	struct json	*body;
	struct buf	 path = { 0 };

	if (!is_good(thing) || !is_good(machine) || (kind != CLOUD_VOLUME && kind != CLOUD_IP && kind != CLOUD_IP6))
		return ERR_INVALID;
	body = json_object(NULL, NULL);
	if (kind == CLOUD_VOLUME) {
		json_add_text(body, "volume_id", thing);
		json_add_text(body, "volume_type", "sbs_volume");
		write_path(w, &path, CLOUD_SERVER, machine);
		buf_str(&path, "/attach-volume");
	} else {
		json_add_text(body, "server", machine);
		write_path(w, &path, kind, thing);
	}
	return ask_json(w, (struct scaleway_request){ .method = kind == CLOUD_VOLUME ? "POST" : "PATCH", .path = &path }, body,
	    (struct act){ done, ctx });
}

static enum err
drop(struct world *w, enum cloud_kind kind, const char *thing, cloud_done *done, void *ctx)
{
	struct buf path = { 0 };

	if (!is_good(thing))
		return ERR_INVALID;
	write_path(w, &path, kind, thing);
	return ask(w, &(struct scaleway_request){ .method = "DELETE", .path = &path }, done, ctx);
}

const struct cloud cloud_scaleway = {
	.open = open_scaleway, .close = close_scaleway, .look = scaleway_look, .make = scaleway_make, .rules = rules, .mark = mark,
	.seed = seed, .start = start, .stop = stop, .attach = attach, .drop = drop, .name = scaleway_name,
};
