/*
 * A helper of t/scaleway, no test: runs errands of the Scaleway driver.  errand CONF [dry] [cloud-first]: each line of standard input
 * is one, as JSON:
 *	{"n": 1, "do": "look"}
 *	{"n": 2, "do": "make", "kind": "server", "instance": I, "mark": M, "server": 7, "generation": 1, "minion": "p7-g1",
 *	    "volume": ID, "ip": ID, "ip6": "", "group": ID}
 *	{"n": 3, "do": "rules" | "start" | "stop", "thing": ID}
 *	{"n": 4, "do": "mark", "thing": ID, and instance, mark, server, generation}
 *	{"n": 5, "do": "seed", "thing": ID, "text": T}
 *	{"n": 6, "do": "attach" | "drop", "kind": K, "thing": ID, "machine": ID}
 *	{"n": 7, "do": "name", "thing": HOST, "address": A, "address6": A}
 * They are begun as they come, and each has a line of answer: {"n", "verdict", "why", "thing"} or {"n", "things", "why"}.
 * The end of the input is the worker's end.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/cloud.h"
#include "worker/http.h"
#include "worker/loop.h"
#include "worker/world.h"

struct errands {
	struct world	 world;
	struct conf	*conf;
	struct buf	 input;
	int		 over;
};

struct errand {
	int64_t n;
};

static void
print(struct json *line)
{
	struct buf b = { 0 };

	if (json_write(line, &b) != ERR_OK)
		exit(99);
	printf("%s\n", buf_text(&b));
	fflush(stdout);
	buf_clear(&b);
	json_free(line);
}

static void
add_things(struct json *parent, const char *key, const char texts[][SERVER_ID_CAP], int n)
{
	struct json *list = json_list(parent, key);

	for (int i = 0; i < n; i++)
		json_add_text(list, NULL, texts[i]);
}

static void
add_thing(struct json *to, const struct cloud_thing *t)
{
	static const char *const states[] = { "moving", "off", "on", "odd" };

	json_add_text(to, "kind", cloud_kind_word(t->kind));
	json_add_text(to, "id", t->id);
	json_add_text(to, "name", t->name);
	json_add_text(to, "state", states[t->state]);
	json_add_text(to, "word", t->word);
	json_add_text(to, "instance", t->instance);
	json_add_text(to, "mark", t->mark);
	json_add_int(to, "server", t->server);
	json_add_int(to, "generation", t->generation);
	json_add_text(to, "holder", t->holder);
	json_add_text(to, "address", t->address);
	json_add_text(to, "root", t->root);
	add_things(to, "disks", t->disks, t->n_disks);
	add_things(to, "ips", t->ips, t->n_ips);
	json_add_text(to, "group", t->group);
	json_add_bool(to, "may_on", t->may_on);
	json_add_bool(to, "may_off", t->may_off);
	json_add_bool(to, "may_drop", t->may_drop);
	json_add_int(to, "made_at", t->made_at);
}

static struct json *
begin_line(struct errand *e)
{
	struct json *line = json_object(NULL, NULL);

	json_add_int(line, "n", e->n);
	free(e);
	return line;
}

static void
seen(void *ctx, const struct cloud_thing *things, size_t n, const char *why)
{
	struct json *line = begin_line(ctx), *list;

	json_add_text(line, "why", why);
	if (things != NULL) {
		list = json_list(line, "things");
		for (size_t i = 0; i < n; i++)
			add_thing(json_object(list, NULL), &things[i]);
	}
	print(line);
}

static void
done(void *ctx, const struct cloud_answer *answer)
{
	static const char *const words[] = { "done", "missing", "later", "doubt", "full", "refused", "locked", "end" };
	struct json *line = begin_line(ctx);

	json_add_text(line, "verdict", words[answer->verdict]);
	json_add_text(line, "why", answer->why);
	add_thing(json_object(line, "thing"), &answer->thing);
	print(line);
}

/* ---- errands ---- */

static const char *
text(const struct json *j, const char *key)
{
	return json_text(json_get(j, key), "");
}

static enum cloud_kind
kind(const struct json *j)
{
	for (enum cloud_kind k = 0; k < CLOUD_KIND__MAX; k++)
		if (strcmp(cloud_kind_word(k), text(j, "kind")) == 0)
			return k;
	return CLOUD_GROUP;
}

static struct cloud_order
order(const struct json *j)
{
	struct cloud_order o = { .kind = kind(j), .server = json_int(json_get(j, "server"), 0),
	    .generation = json_int(json_get(j, "generation"), 0), .minion = text(j, "minion"), .volume = text(j, "volume"),
	    .ip = text(j, "ip"), .ip6 = text(j, "ip6"), .group = text(j, "group") };

	snprintf(o.instance, sizeof(o.instance), "%.16s", text(j, "instance"));
	snprintf(o.mark, sizeof(o.mark), "%.20s", text(j, "mark"));
	return o;
}

static enum err
look(struct world *w, const struct json *j, struct errand *e)
{
	(void)j;
	return w->cloud->look(w, seen, e);
}

static enum err
make(struct world *w, const struct json *j, struct errand *e)
{
	const struct cloud_order o = order(j);

	return w->cloud->make(w, &o, done, e);
}

static enum err
rules(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->rules(w, text(j, "thing"), done, e);
}

static enum err
start(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->start(w, text(j, "thing"), done, e);
}

static enum err
stop(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->stop(w, text(j, "thing"), done, e);
}

static enum err
mark(struct world *w, const struct json *j, struct errand *e)
{
	const struct cloud_order o = order(j);

	return w->cloud->mark(w, text(j, "thing"), &o, done, e);
}

static enum err
seed(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->seed(w, text(j, "thing"), text(j, "text"), strlen(text(j, "text")), done, e);
}

static enum err
attach(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->attach(w, kind(j), text(j, "thing"), text(j, "machine"), done, e);
}

static enum err
drop(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->drop(w, kind(j), text(j, "thing"), done, e);
}

static enum err
name(struct world *w, const struct json *j, struct errand *e)
{
	return w->cloud->name(w, text(j, "thing"), text(j, "address"), text(j, "address6"), done, e);
}

static const struct {
	const char	*word;
	enum err	 (*begin)(struct world *, const struct json *, struct errand *);
} kinds[] = {
	{ "look", look }, { "make", make }, { "rules", rules }, { "start", start }, { "stop", stop }, { "mark", mark },
	{ "seed", seed }, { "attach", attach }, { "drop", drop }, { "name", name },
};

static void
begin(struct errands *all, const char *line, size_t n)
{
	struct errand	*e = calloc(1, sizeof(*e));
	struct json	*j = NULL, *answer;
	enum err	 err = ERR_NOTFOUND;

	if (e == NULL || json_read(line, n, &j) != ERR_OK)
		exit(99);
	e->n = json_int(json_get(j, "n"), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, text(j, "do")) == 0)
			err = kinds[i].begin(&all->world, j, e);
	if (err != ERR_OK) {
		answer = begin_line(e);
		json_add_text(answer, "verdict", "not begun");
		json_add_int(answer, "err", err);
		print(answer);
	}
	json_free(j);
}

static void take(void *ctx, int ready);

static enum err
listen_on(struct errands *all)
{
	return loop_watch(all->world.loop, &(struct watch){ .fd = 0, .events = POLLIN, .until = INT64_MAX, .call = take, .ctx = all });
}

static void
take(void *ctx, int ready)
{
	struct errands	*all = ctx;
	char		 bytes[65536], *end, *from;
	ssize_t		 n;

	if (ready == LOOP_GONE)
		return;
	if ((n = read(0, bytes, sizeof(bytes))) <= 0 || listen_on(all) != ERR_OK) {
		all->over = 1;
		return;
	}
	buf_add(&all->input, bytes, (size_t)n);
	for (from = all->input.data; (end = strchr(from, '\n')) != NULL; from = end + 1)
		begin(all, from, (size_t)(end - from));
	n = (ssize_t)strlen(from);
	memmove(all->input.data, from, (size_t)n + 1);
	all->input.len = (size_t)n;
}

/* Both orders of closing must do. */
static void
end(struct errands *all, int cloud_first)
{
	struct world *w = &all->world;

	if (cloud_first && w->cloud != NULL)
		w->cloud->close(w);
	http_close(w->http);
	if (!cloud_first && w->cloud != NULL)
		w->cloud->close(w);
	loop_close(w->loop);
	conf_close(all->conf);
	buf_clear(&all->input);
}

int
main(int argc, char **argv)
{
	struct errands	 all = { .over = 0 };
	struct world	*w = &all.world;
	int		 status = 2;

	log_open("errand");
	if (argc < 2 || crypt_open() != ERR_OK || conf_open(argv[1], &all.conf) != ERR_OK || loop_open(&w->loop) != ERR_OK ||
	    http_open(w->loop, "baas-errand/1", &w->http) != ERR_OK)
		goto out;
	w->conf = all.conf;
	w->cloud = &cloud_scaleway;
	for (int i = 2; i < argc; i++)
		w->dry |= strcmp(argv[i], "dry") == 0;
	if (w->cloud->open(w) != ERR_OK || listen_on(&all) != ERR_OK)
		goto out;
	for (status = 0; status == 0 && !all.over;)
		status = loop_wait(w->loop, 1000) == ERR_OK ? 0 : 99;
out:
	end(&all, argc > 2 && strcmp(argv[argc - 1], "cloud-first") == 0);
	return status;
}
