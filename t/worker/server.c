/*
 * worker/see_server.c, act_server.c, act_answer.c, sweep.c: lives of servers, with a cloud and a fleet that are made of
 * memory, and whose every answer can be made to fail.
 */

#include "worker/see_server.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/brake.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/house.h"
#include "lib/orphan.h"
#include "lib/server.h"
#include "t/fixture.h"
#include "t/tap.h"
#include "worker/cloud.h"
#include "worker/fleet.h"
#include "worker/loop.h"
#include "worker/servers.h"
#include "worker/world.h"

#define PRIVATE	"-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3V\nS5JJcds3xfn/ygWyF+8=\n-----END RSA PRIVATE KEY-----\n"
#define MASTER	"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n-----END PUBLIC KEY-----"

enum { QUEUE = 4096, LOG = 1 << 16 };

/* Exactly one answer that is not on its way yet. */
struct pending {
	cloud_done		*done;
	cloud_seen		*seen;
	fleet_greeted		*greeted;
	fleet_keyed		*keyed;
	fleet_erased		*erased;
	void			*ctx;
	struct cloud_answer	 answer;
};

/* What the k-th act from now on does. */
struct fault {
	int			at;		/* 0: none is left */
	int			done;		/* it was done all the same */
	int			lies;		/* a deletion that says that there is no such thing deletes nothing */
	int			forever;	/* and so does each one after it */
	enum cloud_verdict	verdict;
};

struct fake {
	struct cloud_thing	*things;
	size_t			 n, cap;
	struct pending		 queue[QUEUE];
	int			 n_queue;
	struct fault		 fault;
	char			 log[LOG];	/* of acts */
	int			 acts, looks, ids;
	int			 answers;	/* minions do */
	int			 blind;		/* looks fail */
	int			 slow;		/* looks after which what is on its way still is */
	const char		*known[8], *denied[8];
	char			 unkeyed[256];
};

static struct fake *
fake_of(struct world *w)
{
	return (struct fake *)(void *)w->scaleway;
}

static void
push(struct fake *f, const struct pending *p)
{
	if (f->n_queue == QUEUE) {
		printf("Bail out! too many answers\n");
		exit(99);
	}
	f->queue[f->n_queue++] = *p;
}

static struct cloud_thing *
thing_of(struct fake *f, const char *id)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->things[i].id, id) == 0)
			return &f->things[i];
	return NULL;
}

static struct cloud_thing *
add(struct fake *f, enum cloud_kind kind)
{
	struct cloud_thing *t;

	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 64 : f->cap * 2;
		f->things = realloc(f->things, f->cap * sizeof(*f->things));
	}
	t = &f->things[f->n++];
	memset(t, 0, sizeof(*t));
	t->kind = kind;
	snprintf(t->id, sizeof(t->id), "00000000-0000-4000-8000-%012x", (unsigned)++f->ids);
	return t;
}

static void
take_away(struct fake *f, const char *id)
{
	struct cloud_thing *t = thing_of(f, id);

	if (t != NULL)
		*t = f->things[--f->n];
}

/* ---- the cloud ---- */

/* What was on its way arrives, a look later. */
static void
move_on(struct fake *f)
{
	if (f->slow > 0) {
		f->slow--;
		return;
	}
	for (size_t i = 0; i < f->n; i++) {
		struct cloud_thing *t = &f->things[i];

		if (t->state != CLOUD_MOVING)
			continue;
		t->state = strcmp(t->word, "starting") == 0 ? CLOUD_ON : CLOUD_OFF;
		t->word[0] = '\0';
		if (t->kind != CLOUD_SERVER)
			t->holder[0] = '\0';
	}
}

static enum err
look(struct world *w, cloud_seen *seen, void *ctx)
{
	push(fake_of(w), &(struct pending){ .seen = seen, .ctx = ctx });
	return ERR_OK;
}

/* 1: the act is to be done.  The answer is sent in any case. */
static int
act(struct world *w, const char *what, struct pending *p)
{
	struct fake	*f = fake_of(w);
	size_t		 n = strlen(f->log);

	f->acts++;
	snprintf(f->log + n, sizeof(f->log) - n, "%s ", what);
	p->answer.verdict = CLOUD_DONE;
	if (f->fault.at == 0 || --f->fault.at > 0)
		return 1;
	f->fault.at += f->fault.forever;
	p->answer.verdict = f->fault.verdict;
	snprintf(p->answer.why, sizeof(p->answer.why), "made to fail");
	return f->fault.done || (f->fault.verdict == CLOUD_MISSING && !f->fault.lies && strncmp(what, "drop", 4) == 0);
}

static void
hold(struct fake *f, const char *id, const char *machine)
{
	struct cloud_thing *t = thing_of(f, id);

	if (t == NULL)
		return;
	t->state = machine[0] == '\0' ? CLOUD_MOVING : CLOUD_ON;
	if (machine[0] != '\0')
		snprintf(t->holder, sizeof(t->holder), "%s", machine);
}

static void
make_machine(struct fake *f, struct cloud_thing *machine, const struct cloud_order *order)
{
	char	root[SERVER_ID_CAP], id[SERVER_ID_CAP];

	snprintf(id, sizeof(id), "%s", machine->id);
	snprintf(machine->group, sizeof(machine->group), "%s", order->group);
	snprintf(machine->disks[0], sizeof(machine->disks[0]), "%s", order->volume);
	machine->n_disks = 1;
	hold(f, order->volume, id);
	hold(f, order->ip, id);
	hold(f, order->ip6, id);
	machine = add(f, CLOUD_VOLUME);		/* which may move all others */
	snprintf(machine->name, sizeof(machine->name), "image_sbs_volume_0");
	machine->state = CLOUD_ON;
	snprintf(machine->holder, sizeof(machine->holder), "%s", id);
	snprintf(root, sizeof(root), "%s", machine->id);
	snprintf(thing_of(f, id)->root, sizeof(root), "%s", root);
}

static enum err
make(struct world *w, const struct cloud_order *order, cloud_done *done, void *ctx)
{
	struct fake		*f = fake_of(w);
	struct pending		 p = { .done = done, .ctx = ctx };
	struct cloud_thing	*t;
	char			 what[32], id[SERVER_ID_CAP];

	snprintf(what, sizeof(what), "make-%s", cloud_kind_word(order->kind));
	if (act(w, what, &p)) {
		t = add(f, order->kind);
		snprintf(id, sizeof(id), "%s", t->id);
		memcpy(t->instance, order->instance, sizeof(t->instance));
		memcpy(t->mark, order->mark, sizeof(t->mark));
		t->server = order->server;
		t->generation = order->generation;
		t->state = order->kind == CLOUD_VOLUME ? CLOUD_MOVING : order->kind == CLOUD_GROUP ? CLOUD_ON : CLOUD_OFF;
		if (order->kind == CLOUD_IP)
			snprintf(t->address, sizeof(t->address), "192.0.2.%d", f->ids % 250);
		if (order->kind == CLOUD_SERVER)
			make_machine(f, t, order);
		p.answer.thing = *thing_of(f, id);
	}
	push(f, &p);
	return ERR_OK;
}

static enum err
rules(struct world *w, const char *group, cloud_done *done, void *ctx)
{
	struct pending p = { .done = done, .ctx = ctx };

	(void)act(w, thing_of(fake_of(w), group) == NULL ? "RULES-OF-NOTHING" : "rules", &p);
	push(fake_of(w), &p);
	return ERR_OK;
}

static enum err
mark(struct world *w, const char *root, const struct cloud_order *order, cloud_done *done, void *ctx)
{
	struct cloud_thing	*t = thing_of(fake_of(w), root);
	struct pending		 p = { .done = done, .ctx = ctx };

	if (act(w, "mark", &p) && t != NULL) {
		memcpy(t->instance, order->instance, sizeof(t->instance));
		memcpy(t->mark, order->mark, sizeof(t->mark));
		t->server = order->server;
		t->generation = order->generation;
		snprintf(t->name, sizeof(t->name), "baas-root-x");
	}
	push(fake_of(w), &p);
	return ERR_OK;
}

static enum err
seed(struct world *w, const char *machine, const char *text, size_t n, cloud_done *done, void *ctx)
{
	struct pending p = { .done = done, .ctx = ctx };

	(void)machine;
	(void)act(w, n > 1000 && strstr(text, "S5JJcds3xfn") != NULL ? "seed" : "SEED-WITHOUT-KEY", &p);
	push(fake_of(w), &p);
	return ERR_OK;
}

static enum err
turn_to(struct world *w, const char *machine, const char *what, cloud_done *done, void *ctx)
{
	struct cloud_thing	*t = thing_of(fake_of(w), machine);
	struct pending		 p = { .done = done, .ctx = ctx };

	if (act(w, what, &p) && t != NULL) {
		t->state = CLOUD_MOVING;
		snprintf(t->word, sizeof(t->word), "%s", strcmp(what, "start") == 0 ? "starting" : "stopping");
	}
	push(fake_of(w), &p);
	return ERR_OK;
}

static enum err
start(struct world *w, const char *machine, cloud_done *done, void *ctx)
{
	return turn_to(w, machine, "start", done, ctx);
}

static enum err
stop(struct world *w, const char *machine, cloud_done *done, void *ctx)
{
	return turn_to(w, machine, "stop", done, ctx);
}

static enum err
attach(struct world *w, enum cloud_kind kind, const char *thing, const char *machine, cloud_done *done, void *ctx)
{
	struct pending p = { .done = done, .ctx = ctx };

	(void)kind;
	if (act(w, "attach", &p))
		hold(fake_of(w), thing, machine);
	push(fake_of(w), &p);
	return ERR_OK;
}

static enum err
drop(struct world *w, enum cloud_kind kind, const char *thing, cloud_done *done, void *ctx)
{
	struct fake		*f = fake_of(w);
	struct cloud_thing	*t = thing_of(f, thing);
	struct pending		 p = { .done = done, .ctx = ctx };
	char			 what[40];

	snprintf(what, sizeof(what), "drop-%s%s", cloud_kind_word(kind), t != NULL && t->state != CLOUD_OFF && kind != CLOUD_GROUP ?
	    "-IN-USE" : "");
	if (act(w, what, &p)) {
		if (t == NULL)
			p.answer.verdict = p.answer.verdict == CLOUD_DONE ? CLOUD_MISSING : p.answer.verdict;
		take_away(f, thing);
		for (size_t i = 0; i < f->n; i++)
			if (strcmp(f->things[i].holder, thing) == 0)
				f->things[i].state = CLOUD_MOVING;
	}
	push(f, &p);
	return ERR_OK;
}

static enum err
name(struct world *w, const char *host, const char *address, const char *address6, cloud_done *done, void *ctx)
{
	struct pending	p = { .done = done, .ctx = ctx };
	char		what[400];

	(void)address6;
	snprintf(what, sizeof(what), "name:%s=%s", host, address);
	(void)act(w, what, &p);
	push(fake_of(w), &p);
	return ERR_OK;
}

static const struct cloud cloud_fake = {
	.look = look, .make = make, .rules = rules, .mark = mark, .seed = seed, .start = start, .stop = stop, .attach = attach,
	.drop = drop, .name = name,
};

/* ---- the fleet ---- */

static enum err
greet(struct world *w, const struct server *server, fleet_greeted *greeted, void *ctx)
{
	(void)server;
	push(fake_of(w), &(struct pending){ .greeted = greeted, .ctx = ctx });
	return ERR_OK;
}

static enum err
key(struct world *w, const struct server *server, fleet_keyed *keyed, void *ctx)
{
	(void)server;
	push(fake_of(w), &(struct pending){ .keyed = keyed, .ctx = ctx });
	return ERR_OK;
}

static enum err
keys(struct world *w, void (*answer)(void *ctx, const char *const *known, const char *const *denied), void *ctx)
{
	answer(ctx, fake_of(w)->known, fake_of(w)->denied);
	return ERR_OK;
}

static enum err
unkey(struct world *w, const char *const *minions, size_t n, fleet_erased *done, void *ctx)
{
	struct fake *f = fake_of(w);

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(f->unkeyed);

		snprintf(f->unkeyed + len, sizeof(f->unkeyed) - len, "%s ", minions[i]);
	}
	push(f, &(struct pending){ .erased = done, .ctx = ctx });
	return ERR_OK;
}

static const struct fleet fleet_fake = { .greet = greet, .key = key, .keys = keys, .unkey = unkey };

/* ---- turns ---- */

/* Acts follow from it while it is read, and what they make may move all things. */
static void
show(struct fake *f, const struct pending *p)
{
	struct cloud_thing *copy = calloc(f->n + 1, sizeof(*copy));

	if (copy == NULL)
		exit(99);
	if (f->n > 0)
		memcpy(copy, f->things, f->n * sizeof(*copy));
	p->seen(p->ctx, copy, f->n, NULL);
	free(copy);
}

static void
answer(struct fake *f, struct pending *p)
{
	if (p->seen != NULL) {
		f->looks++;
		move_on(f);
		if (f->blind)
			p->seen(p->ctx, NULL, 0, "nothing to be seen");
		else
			show(f, p);
	} else if (p->greeted != NULL) {
		p->greeted(p->ctx, f->answers);
	} else if (p->keyed != NULL) {
		p->keyed(p->ctx, PRIVATE, MASTER, NULL);
	} else if (p->erased != NULL) {
		p->erased(p->ctx, ERR_OK);
	} else {
		p->done(p->ctx, &p->answer);
	}
}

/* All answers that are out come back. */
static void
turn(struct world *w)
{
	struct fake	*f = fake_of(w);
	struct pending	*queue = calloc(QUEUE, sizeof(*queue));
	int		 n = f->n_queue;

	memcpy(queue, f->queue, (size_t)n * sizeof(*queue));
	f->n_queue = 0;
	for (int i = 0; i < n; i++)
		answer(f, &queue[i]);
	free(queue);
	see_servers(w);
}

/* The next look is now, and so is every greeting. */
static void
hurry(struct world *w)
{
	w->servers->next_at = 0;
	w->servers->failing = 0;
	for (struct post *post = w->servers->open; post != NULL; post = post->after) {
		post->greet_at = 0;
		if (post->again_at != INT64_MAX)
			post->again_at = 0;
	}
}

/* n looks, and all that they lead to. */
static void
run(struct world *w, int n)
{
	for (int i = 0; i < n; i++) {
		(void)see_servers_due(w);
		hurry(w);
		(void)loop_wait(w->loop, 1);	/* no look begins in the millisecond of an answer */
		do
			turn(w);
		while (fake_of(w)->n_queue > 0);
	}
}

/* A new worker: it knows nothing but the rows. */
static void
restart(struct world *w)
{
	fake_of(w)->n_queue = 0;	/* of the errands nobody frees: the worker was killed */
	servers_close(w);
	w->asked = 0;
	if (servers_open(w) != ERR_OK || house_get(w->db, &w->house) != ERR_OK)
		exit(99);
}

/* ---- a world ---- */

static struct world *
world_new(const char *more)
{
	struct world	*w = calloc(1, sizeof(*w));
	struct fake	*f = calloc(1, sizeof(*f));
	const char	*srcdir = getenv("srcdir");
	char		 lines[PATH_MAX + 400], path[PATH_MAX];

	snprintf(lines, sizeof(lines), "%s/etc/first-boot.yaml", srcdir == NULL ? "." : srcdir);
	if (w == NULL || f == NULL || realpath(lines, path) == NULL)
		exit(99);
	unlink(fixture_path());
	w->db = fixture_db();
	fixture_sql(w->db, "PRAGMA synchronous = OFF");
	snprintf(lines, sizeof(lines), "cloud = scaleway\nscaleway.first_boot = %s\nsalt.master = salt.example.org\n"
	    "bots.domain = butt.test\n%s%s", path, strstr(more, "limits.absent") == NULL ? "limits.absent = 0\n" : "", more);
	w->conf = fixture_conf(lines);
	w->cloud = &cloud_fake;
	w->fleet = &fleet_fake;
	w->scaleway = (struct scaleway *)(void *)f;
	f->answers = 1;
	if (loop_open(&w->loop) != ERR_OK)
		exit(99);
	restart(w);
	return w;
}

static void
world_free(struct world *w)
{
	is_int(0, db_open_statements(w->db), "no statement is left open");
	is_int(0, w->asked, "no answer is outstanding");
	servers_close(w);
	loop_close(w->loop);
	conf_close((struct conf *)(uintptr_t)w->conf);
	db_close(w->db);
	free(fake_of(w)->things);
	free(fake_of(w));
	free(w);
}

static int64_t
order(struct world *w, const char *who)
{
	char email[64];

	snprintf(email, sizeof(email), "%s@example.org", who);
	return fixture_bot(w->db, w->conf, fixture_person(w->db, email), who).server;
}

static struct server
row_of(struct world *w, int64_t id)
{
	struct server row = { .id = 0 };

	(void)server_get(w->db, id, &row);
	return row;
}

static int
count(struct world *w, enum cloud_kind kind)
{
	struct fake	*f = fake_of(w);
	int		 n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->things[i].kind == kind;
	return n;
}

static void
has(struct world *w, int groups, int machines, int volumes, int ips, const char *what)
{
	ok(count(w, CLOUD_GROUP) == groups && count(w, CLOUD_SERVER) == machines && count(w, CLOUD_VOLUME) == volumes &&
	    count(w, CLOUD_IP) == ips && count(w, CLOUD_IP6) == ips, "%s: %d groups, %d machines, %d volumes, %d+%d addresses",
	    what, count(w, CLOUD_GROUP), count(w, CLOUD_SERVER), count(w, CLOUD_VOLUME), count(w, CLOUD_IP), count(w, CLOUD_IP6));
}

/* ---- lives ---- */

static void
erase_bots(struct world *w, int64_t server)
{
	fixture_sql(w->db, "DELETE FROM agents WHERE id IN (SELECT id FROM bots WHERE server_id = %lld)", (long long)server);
	if (server_dismiss(w->db, server) != ERR_OK)
		ok(0, "its last bot is erased");
}

static void
check_rest(struct world *w, int64_t id)
{
	struct server row = row_of(w, id);

	fixture_sql(w->db, "UPDATE bots SET suspended_at = 1, suspended_for = 'x'");
	run(w, 4);
	is_int(CLOUD_OFF, thing_of(fake_of(w), row.cloud_id)->state, "suspended: it is stopped");
	is_int(SERVER_BUILDING, row_of(w, id).state, "and not ready");
	fixture_sql(w->db, "UPDATE bots SET suspended_at = NULL");
	run(w, 4);
	is_int(SERVER_READY, row_of(w, id).state, "resumed: it is ready again");
}

static void
check_generations(struct world *w, int64_t id)
{
	struct fake	*f = fake_of(w);
	struct server	 row, before;

	before = row_of(w, id);
	take_away(f, before.cloud_id);
	hold(f, before.volume_id, ""), hold(f, before.ip_id, ""), hold(f, before.ip6_id, ""), hold(f, before.root_id, "");
	run(w, 8);
	row = row_of(w, id);
	is_int(2, row.generation, "its machine vanishes: the next generation");
	ok(strcmp(row.volume_id, before.volume_id) == 0 && strcmp(row.address, before.address) == 0, "the same data and address");
	ok(row.state == SERVER_READY && strcmp(row.minion, before.minion) != 0, "ready as %s", row.minion);
	has(w, 1, 1, 2, 1, "and the old root is gone");
	is_int(ERR_OK, server_anew(w->db, id), "an admin wants a new one");
	run(w, 12);
	row = row_of(w, id);
	ok(row.generation == 3 && row.state == SERVER_READY && strcmp(row.volume_id, before.volume_id) == 0, "and there it is");
	has(w, 1, 1, 2, 1, "nothing more");
}

static void
check_end(struct world *w, int64_t id)
{
	struct fake	*f = fake_of(w);
	struct server	 row = row_of(w, id);

	f->log[0] = '\0';
	erase_bots(w, id);
	run(w, 10);
	is_int(SERVER_NONE, row_of(w, id).state, "it leaves");
	is_str("stop drop-server drop-volume drop-volume drop-ip drop-ip6 ", f->log, "part by part");
	has(w, 1, 0, 0, 0, "all is gone but everybody's group");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM makings"), "and forgotten");
	is_int(1, see_servers_settled(w), "all is as it should be");
	(void)fixture_bot(w->db, w->conf, row.person, "alice2");
	run(w, 8);
	row = row_of(w, id);
	ok(row.state == SERVER_READY && row.generation == 4, "ordered again: %s", row.minion);
	has(w, 1, 1, 2, 1, "it has");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM orphans"), "nothing was ever lost");
}

static void
check_life(void)
{
	struct world	*w = world_new("scaleway.dns_zone = butt.test");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");
	struct server	 row;

	run(w, 6);
	row = row_of(w, id);
	is_int(SERVER_READY, row.state, "an order becomes a server");
	is_str("make-volume make-ip make-ip6 make-group rules make-server mark seed start name:alice.butt.test=192.0.2.2 ", f->log,
	    "by these acts, each once");
	has(w, 1, 1, 2, 1, "it has");
	is_str("192.0.2.2", row.address, "its address");
	ok(row.root_marked && row.seeded_at != 0 && row.powered_at != 0 && row.joined_at != 0 && row.group_id[0] != '\0', "all noted");
	is_int(INT64_MAX, row.due, "and it is due no more");
	is_int(0, w->servers->n_open, "nothing is in hand");
	is_str("server.ready", fixture_text(w->db, "SELECT what FROM events WHERE what LIKE 'server.%%'"), "the event says so");
	is_int(1, see_servers_settled(w), "all is as it should be");
	f->acts = 0;
	restart(w);
	run(w, 3);
	is_int(0, f->acts, "another pass only looks");
	check_rest(w, id);
	check_generations(w, id);
	check_end(w, id);
	world_free(w);
}

/* A cloud and rows as if there had never been anything; the person stays. */
static void
empty(struct world *w)
{
	struct fake *f = fake_of(w);

	fixture_sql(w->db, "DELETE FROM agents WHERE type = 'bot'; DELETE FROM servers WHERE person_id IS NOT NULL;"
	    "DELETE FROM makings; DELETE FROM orphans; DELETE FROM names_kept; DELETE FROM events");
	f->n = 0;
	f->log[0] = '\0';
	f->fault.at = 0;
	restart(w);
}

static void
say_bad(struct world *w, const char *when, int k, int *bad)
{
	struct fake *f = fake_of(w);

	if ((*bad)++ < 5)
		diag("%s, fault %d (done: %d) at act %d: %zu things: %s", when, (int)f->fault.verdict, f->fault.done, k, f->n, f->log);
}

/* Until nothing more is to be done, or in vain.  Once the fault has come, the worker is killed if it is one of those. */
static void
run_until(struct world *w, int64_t id, enum server_state state, int *killed)
{
	struct fake *f = fake_of(w);

	for (int i = 0; i < 14 && (i == 0 || row_of(w, id).state != state || !see_servers_settled(w)); i++) {
		run(w, 1);
		if (*killed && f->fault.at == 0)
			*killed = 0, restart(w);
	}
}

/* Up, and down again, with a fault. */
static void
live_with(struct world *w, int64_t person, struct fault fault, int *bad)
{
	struct fake	*f = fake_of(w);
	int64_t		 id;
	int		 killed = fault.verdict == CLOUD_END;

	empty(w);
	id = fixture_bot(w->db, w->conf, person, "one").server;
	f->fault = fault;
	run_until(w, id, SERVER_READY, &killed);
	if (row_of(w, id).state != SERVER_READY || f->n != 6)
		say_bad(w, "up", fault.at, bad);
	erase_bots(w, id);
	run_until(w, id, SERVER_NONE, &killed);
	if (row_of(w, id).state != SERVER_NONE || f->n != 1 || strstr(f->log, "IN-USE") != NULL)
		say_bad(w, "down", fault.at, bad);
}

/* Each act of a life once with each outcome but the good one, done all the same or not. */
static void
check_faults(void)
{
	static const enum cloud_verdict	 verdicts[] = { CLOUD_DOUBT, CLOUD_LATER, CLOUD_MISSING, CLOUD_END };
	struct world			*w = world_new("");
	int64_t				 person = fixture_person(w->db, "alice@example.org");
	int				 runs = 0, bad = 0;

	for (int v = 0; v < 4; v++)
		for (int i = 2; i <= 31; i++) {
			struct fault fault = { .at = i / 2, .done = i % 2, .verdict = verdicts[v] };

			if (fault.done && (fault.verdict == CLOUD_LATER || fault.verdict == CLOUD_MISSING))
				continue;	/* those say that nothing was done */
			live_with(w, person, fault, &bad);
			runs++;
		}
	ok(bad == 0, "%d lives with a fault each end well", runs);
	world_free(w);
}

static void
check_refusals(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	f->blind = 1;
	run(w, 3);
	is_int(0, f->acts, "a failed look does nothing");
	f->blind = 0;
	f->fault = (struct fault){ .at = 1, .verdict = CLOUD_LOCKED };
	run(w, 3);
	is_int(1, f->acts, "our key is not taken: nothing more is done");
	w->servers->locked_until = 0;
	f->fault = (struct fault){ .at = 1, .verdict = CLOUD_FULL };
	run(w, 4);
	is_int(2, f->acts, "no room: nothing more is made");
	ok(strstr(row_of(w, id).reason, "no room") != NULL, "the person is told: %s", row_of(w, id).reason);
	w->servers->full_until = 0;
	f->fault = (struct fault){ .at = 1, .verdict = CLOUD_REFUSED };
	run(w, 4);
	is_int(3, f->acts, "refused: not tried again soon");
	is_int(SERVER_BROKEN, row_of(w, id).state, "it is broken");
	ok(strstr(row_of(w, id).reason, "made to fail") != NULL, "and why: %s", row_of(w, id).reason);
	restart(w);
	run(w, 3);
	is_int(3, f->acts, "nor by the next worker");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM events WHERE what = 'server.broken'"), "told once");
	fixture_sql(w->db, "UPDATE servers SET due = 0 WHERE id = %lld", (long long)id);
	run(w, 6);
	is_int(SERVER_READY, row_of(w, id).state, "but when it is time");
	is_str("", row_of(w, id).reason, "and all is well");
	has(w, 1, 1, 2, 1, "it has");
	world_free(w);
}

/* A worker of one pass each minute: what it sets at its beginning does not put off what was refused. */
static void
check_cron(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	f->fault = (struct fault){ .at = 6, .verdict = CLOUD_REFUSED };
	run(w, 3);
	is_str("make-volume make-ip make-ip6 make-group rules make-server ", f->log, "its machine is refused");
	is_int(SERVER_BROKEN, row_of(w, id).state, "it is broken");
	restart(w);
	run(w, 3);
	is_int(6, f->acts, "the next worker lets it rest");
	fixture_sql(w->db, "UPDATE servers SET due = 1 WHERE id = %lld", (long long)id);
	f->fault = (struct fault){ .at = 2, .verdict = CLOUD_REFUSED };
	restart(w);
	run(w, 3);
	is_int(8, f->acts, "the one whose time has come sets the rules, and makes it");
	ok(row_of(w, id).state == SERVER_BROKEN && row_of(w, id).due > clock_now() + 5 * CLOCK_MINUTE, "refused again: it rests again");
	fixture_sql(w->db, "UPDATE servers SET due = 1 WHERE id = %lld", (long long)id);
	f->fault = (struct fault){ .at = 1, .verdict = CLOUD_REFUSED };
	restart(w);
	run(w, 3);
	is_int(9, f->acts, "the rules are refused: so it does");
	fixture_sql(w->db, "UPDATE servers SET due = due + 86400000 WHERE id = %lld", (long long)id);
	restart(w);
	run(w, 4);
	is_int(SERVER_READY, row_of(w, id).state, "it does not rest for as long as the clock was set back: mended, one worker is enough");
	world_free(w);
}

/* One that is broken goes as any other, and does not rest first. */
static void
check_broken_end(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	f->fault = (struct fault){ .at = 6, .verdict = CLOUD_REFUSED };
	run(w, 3);
	is_int(SERVER_BROKEN, row_of(w, id).state, "its machine is refused: it is broken");
	erase_bots(w, id);
	run(w, 6);
	is_int(SERVER_NONE, row_of(w, id).state, "its last bot is gone: so is it");
	has(w, 1, 0, 0, 0, "all that it had is gone");
	world_free(w);
}

/* A cloud that says of what is there that there is no such thing. */
static void
check_lies(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	run(w, 6);
	erase_bots(w, id);
	f->fault = (struct fault){ .at = 2, .verdict = CLOUD_MISSING, .lies = 1, .forever = 1 };
	run(w, 12);
	has(w, 1, 1, 2, 1, "nothing is deleted");
	ok(row_of(w, id).state == SERVER_LEAVING && row_of(w, id).cloud_id[0] != '\0', "and nothing is let go of");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM events WHERE what LIKE '%%.drop'"), "nor noted as deleted");
	ok(strstr(row_of(w, id).reason, "delete machine: not yet, again and again: made to fail") != NULL, "the row says why: %s",
	    row_of(w, id).reason);
	f->fault.at = 0;
	run(w, 10);
	is_int(SERVER_NONE, row_of(w, id).state, "mended: it leaves");
	has(w, 1, 0, 0, 0, "and nothing is left");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM orphans"), "nothing was ever lost");
	world_free(w);
}

/* What is to go, and may not be deleted, rests too, whoever works; and goes once it may. */
static void
check_kept(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	run(w, 6);
	erase_bots(w, id);
	f->log[0] = '\0';
	f->fault = (struct fault){ .at = 2, .verdict = CLOUD_REFUSED };
	run(w, 8);
	is_str("stop drop-server ", f->log, "its machine may not be deleted: not tried again soon");
	restart(w);
	run(w, 3);
	is_str("stop drop-server ", f->log, "nor by the next worker");
	ok(row_of(w, id).state == SERVER_LEAVING && strstr(row_of(w, id).reason, "made to fail") != NULL, "it is leaving, and why not: %s",
	    row_of(w, id).reason);
	is_int(0, see_servers_settled(w), "not all is as wanted");
	f->fault = (struct fault){ .at = 1, .verdict = CLOUD_REFUSED };
	fixture_sql(w->db, "UPDATE servers SET due = 1 WHERE id = %lld", (long long)id);
	run(w, 3);
	is_str("stop drop-server drop-server ", f->log, "refused again: it rests again");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM events WHERE what = 'server.broken'"), "told once");
	fixture_sql(w->db, "UPDATE servers SET due = 1 WHERE id = %lld", (long long)id);
	run(w, 1);
	is_str("", row_of(w, id).reason, "allowed: that reason is gone");
	run(w, 9);
	is_int(SERVER_NONE, row_of(w, id).state, "and it goes");
	has(w, 1, 0, 0, 0, "with all that it had");
	world_free(w);
}

/* Somebody else has deleted all of it. */
static void
check_away(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	run(w, 6);
	for (size_t i = f->n; i > 0; i--)
		if (f->things[i - 1].kind != CLOUD_GROUP)
			take_away(f, f->things[i - 1].id);
	erase_bots(w, id);
	f->log[0] = '\0';
	run(w, 12);
	is_str("drop-server drop-volume drop-volume drop-ip drop-ip6 ", f->log, "each part is deleted once more");
	is_int(SERVER_NONE, row_of(w, id).state, "and struck off");
	is_int(4, fixture_int(w->db, "SELECT count(*) FROM events WHERE what LIKE '%%.drop'"), "as if it had been");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM makings"), "its makings are forgotten");
	world_free(w);
}

/* An act that is not yet, for ever. */
static void
check_vain(void)
{
	static const enum cloud_verdict	 verdicts[] = { CLOUD_LATER, CLOUD_MISSING };
	struct world			*w;

	for (int v = 0; v < 2; v++)
		for (int at = 1; at <= 9; at++) {
			int64_t id;

			w = world_new("");
			id = order(w, "alice");
			fake_of(w)->fault = (struct fault){ .at = at, .verdict = verdicts[v], .forever = 1 };
			run(w, 9);
			ok(strstr(row_of(w, id).reason, ": not yet, again and again: made to fail") != NULL && w->failed,
			    "act %d fails for ever: the person is told: %s", at, row_of(w, id).reason);
			ok(row_of(w, id).state == SERVER_BUILDING && servers_post(w, id, 0)->said[0] != '\0', "it is not broken, and logged");
			fake_of(w)->fault.at = 0;
			run(w, 6);
			ok(row_of(w, id).state == SERVER_READY && row_of(w, id).reason[0] == '\0' &&
			    servers_post(w, id, 0)->vain.n == 0, "mended: it is ready");
			world_free(w);
		}
	w = world_new("limits.absent = 30");
	(void)order(w, "alice");
	fake_of(w)->fault = (struct fault){ .at = 1, .verdict = CLOUD_LATER, .forever = 1 };
	run(w, 9);
	ok(fake_of(w)->acts > 5 && !w->failed, "what passes within seconds is none of a person's business");
	fake_of(w)->fault.at = 0;
	run(w, 9);
	world_free(w);
}

/* A name that is refused does not make the server a broken one, and is tried again. */
static void
check_name(void)
{
	struct world	*w = world_new("scaleway.dns_zone = butt.test");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	f->fault = (struct fault){ .at = 10, .verdict = CLOUD_REFUSED };
	run(w, 6);
	is_int(SERVER_READY, row_of(w, id).state, "its name is refused: it is ready all the same");
	is_int(10, f->acts, "and the name not tried again soon");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM bots WHERE record <> ''"), "nor noted");
	is_int(0, see_servers_settled(w), "not all is as wanted");
	restart(w);
	run(w, 2);
	is_str("192.0.2.2", fixture_text(w->db, "SELECT record FROM bots"), "later it is set");
	is_int(1, see_servers_settled(w), "and all is as it should be");
	world_free(w);
}

/* One that never answers is made anew once, with the same data; then a person must look. */
static void
check_silent(void)
{
	struct world	*w = world_new("limits.join = 1");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");
	char		 volume[SERVER_ID_CAP];

	f->answers = 0;
	run(w, 5);
	is_int(SERVER_JOINING, row_of(w, id).state, "it does not answer");
	snprintf(volume, sizeof(volume), "%s", row_of(w, id).volume_id);
	fixture_sql(w->db, "UPDATE servers SET state_since = state_since - 2000");
	run(w, 8);
	ok(row_of(w, id).generation == 2 && row_of(w, id).tries == 1, "in time: it is made anew");
	is_int(SERVER_JOINING, row_of(w, id).state, "and does not answer");
	fixture_sql(w->db, "UPDATE servers SET state_since = state_since - 2000");
	run(w, 3);
	is_int(SERVER_BROKEN, row_of(w, id).state, "again: it is broken");
	is_int(2, row_of(w, id).generation, "and left as it is");
	is_str(volume, row_of(w, id).volume_id, "with its data");
	f->answers = 1;
	fixture_sql(w->db, "UPDATE servers SET due = 0 WHERE id = %lld", (long long)id);
	run(w, 3);
	is_int(SERVER_READY, row_of(w, id).state, "late is better than never");
	is_int(0, row_of(w, id).tries, "and it has another try");
	take_away(f, volume);
	run(w, 3);
	is_int(SERVER_BROKEN, row_of(w, id).state, "its volume is gone: nothing is made anew silently");
	f->log[0] = '\0';
	restart(w);
	run(w, 4);
	is_str("", f->log, "not even by the next worker");
	is_int(ERR_OK, server_anew(w->db, id), "but an admin may");
	run(w, 14);
	is_int(SERVER_READY, row_of(w, id).state, "begin with an empty one");
	world_free(w);
}

/* Before its time is over, one that takes longer than usual is told of. */
static void
check_late(void)
{
	struct world	*w = world_new("");
	int64_t		 id = order(w, "alice");

	fake_of(w)->answers = 0;
	run(w, 5);
	is_str("", row_of(w, id).reason, "it has not answered: as usual");
	fixture_sql(w->db, "UPDATE servers SET state_since = state_since - 301000");
	run(w, 1);
	ok(strstr(row_of(w, id).reason, "longer than usual") != NULL, "still not: %s", row_of(w, id).reason);
	ok(strstr(servers_post(w, id, 0)->said, "longer than usual") != NULL, "that is logged");
	is_int(SERVER_JOINING, row_of(w, id).state, "and nothing else");
	fake_of(w)->answers = -1;
	run(w, 1);
	fixture_sql(w->db, "UPDATE servers SET state_since = state_since - 601000");
	run(w, 3);
	is_int(1, row_of(w, id).generation, "its time is over, but nobody knows whether it answers: it is left as it is");
	fake_of(w)->answers = 1;
	run(w, 2);
	is_str("", row_of(w, id).reason, "it answers: forgotten");
	world_free(w);
}

static void
check_brake(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 ids[5];
	char		 who[8];

	for (int i = 0; i < 5; i++) {
		snprintf(who, sizeof(who), "p%d", i);
		ids[i] = order(w, who);
	}
	run(w, 7);
	has(w, 1, 5, 10, 5, "five servers");
	fixture_sql(w->db, "DELETE FROM agents WHERE type = 'bot'");
	for (int i = 0; i < 5; i++)
		is_int(ERR_OK, server_dismiss(w->db, ids[i]), "dismissed");
	run(w, 12);
	ok(count(w, CLOUD_SERVER) == 2 && count(w, CLOUD_VOLUME) >= 4, "three are deleted, then the worker stops");
	ok(count(w, CLOUD_IP) == 2 && count(w, CLOUD_IP6) == 2, "with both addresses: each kind is counted by itself");
	is_int(3, fixture_int(w->db, "SELECT count(*) FROM events WHERE what = 'ip.drop'"), "so many of one kind");
	is_int(3, fixture_int(w->db, "SELECT count(*) FROM events WHERE what = 'ip6.drop'"), "and of the other");
	restart(w);
	run(w, 5);
	is_int(2, count(w, CLOUD_SERVER), "the next worker too");
	is_int(ERR_OK, brake_lift(w->db, BRAKE_SERVER, "shell:admin", clock_now()), "a person lets more through");
	run(w, 8);
	is_int(0, count(w, CLOUD_SERVER), "and they are");
	ok(count(w, CLOUD_VOLUME) >= 2, "but of that kind only");
	fixture_sql(w->db, "UPDATE events SET at = at - 90000000");
	run(w, 10);
	is_int(0, count(w, CLOUD_VOLUME), "a day later it goes on");
	ok(strstr(f->log, "IN-USE") == NULL, "nothing was deleted in use");
	world_free(w);
}

static void
check_sweep(struct world *w, const char *ours, const char *theirs)
{
	struct fake *f = fake_of(w);

	fixture_sql(w->db, "UPDATE orphans SET found_at = found_at - 90000000");
	w->servers->swept_at = 0;
	run(w, 3);
	ok(thing_of(f, ours) == NULL && thing_of(f, theirs) != NULL, "after a day what was made from here is deleted");
	is_int(1, f->acts, "and nothing else");
	fixture_sql(w->db, "UPDATE orphans SET drop_it = 1 WHERE thing = '%s'", theirs);
	w->servers->swept_at = 0;
	run(w, 3);
	ok(thing_of(f, theirs) == NULL, "what a person wants deleted is");
	is_int(2, f->acts, "by one act");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM orphans"), "the root is still reported");
}

static void
check_orphans(void)
{
	struct world		*w = world_new("");
	struct fake		*f = fake_of(w);
	int64_t			 id = order(w, "alice");
	struct cloud_thing	*t, copy;
	char			 ours[SERVER_ID_CAP], theirs[SERVER_ID_CAP];

	run(w, 6);
	copy = *thing_of(f, row_of(w, id).volume_id);
	t = add(f, CLOUD_VOLUME);		/* of a making of ours, and of no row */
	memcpy(ours, t->id, sizeof(ours));
	memcpy(copy.id, t->id, sizeof(copy.id));
	*t = copy;
	t->state = CLOUD_OFF;
	t->holder[0] = '\0';
	t = add(f, CLOUD_IP);			/* with our tag, and of no making */
	memcpy(theirs, t->id, sizeof(theirs));
	memcpy(t->instance, w->house.instance, sizeof(t->instance));
	t->server = id;
	t->state = CLOUD_OFF;
	t = add(f, CLOUD_SERVER);		/* a neighbour's */
	snprintf(t->instance, sizeof(t->instance), "ffffffffffffffff");
	t->server = id;
	t->state = CLOUD_OFF;
	t = add(f, CLOUD_VOLUME);		/* a root that nobody names */
	snprintf(t->name, sizeof(t->name), "Debian_sbs_volume_0");
	t->state = CLOUD_OFF;
	f->acts = 0;
	w->servers->swept_at = 0;
	run(w, 2);
	is_int(3, fixture_int(w->db, "SELECT count(*) FROM orphans"), "three belong to nobody, and a neighbour's is none of our business");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM orphans WHERE ours"), "one was made from here");
	is_int(0, f->acts, "and nothing is done");
	check_sweep(w, ours, theirs);
	is_int(SERVER_READY, row_of(w, id).state, "the server is as it was");
	world_free(w);
}

/* A machine that an admin wants gone takes its time to stop: that is still wanted when it has. */
static void
check_slow_orphan(void)
{
	struct world		*w = world_new("");
	struct fake		*f = fake_of(w);
	int64_t			 id = order(w, "alice");
	struct cloud_thing	*t;
	char			 orphan[SERVER_ID_CAP];

	run(w, 6);
	t = add(f, CLOUD_SERVER);
	memcpy(orphan, t->id, sizeof(orphan));
	memcpy(t->instance, w->house.instance, sizeof(t->instance));
	t->server = id;
	t->state = CLOUD_ON;
	w->servers->swept_at = 0;
	run(w, 2);
	fixture_sql(w->db, "UPDATE orphans SET drop_it = 1, found_at = 5");
	f->log[0] = '\0';
	f->slow = 3;
	for (int i = 0; i < 6; i++) {
		w->servers->swept_at = 0;
		run(w, 1);
	}
	is_str("stop drop-server ", f->log, "stopped, and then deleted");
	ok(thing_of(f, orphan) == NULL, "it is gone");
	world_free(w);
}

/* A row that can't be read: what was not come to is not taken to be gone. */
static void
check_unread_row(void)
{
	struct world		*w = world_new("");
	struct fake		*f = fake_of(w);
	int64_t			 id = order(w, "alice"), other = order(w, "bob");
	struct cloud_thing	*t;

	run(w, 6);
	t = add(f, CLOUD_IP);
	memcpy(t->instance, w->house.instance, sizeof(t->instance));
	t->server = other;
	t->state = CLOUD_OFF;
	w->servers->swept_at = 0;
	run(w, 2);
	fixture_sql(w->db, "UPDATE orphans SET drop_it = 2, found_at = 5");
	fixture_sql(w->db, "UPDATE servers SET reason = printf('%%300s', 'x') WHERE id = %lld", (long long)id);
	w->servers->swept_at = 0;
	run(w, 1);
	is_int(5, fixture_int(w->db, "SELECT found_at FROM orphans WHERE drop_it = 2"), "an orphan is one still");
	fixture_sql(w->db, "UPDATE servers SET reason = '' WHERE id = %lld", (long long)id);
	world_free(w);
}

static void
check_keys(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");
	char		 old[40], now[40];

	fixture_sql(w->db, "UPDATE servers SET generation = 3, minion = 'p' || person_id || '-g3' WHERE id = %lld", (long long)id);
	snprintf(now, sizeof(now), "%.39s", row_of(w, id).minion);
	snprintf(old, sizeof(old), "p%lld-g2", (long long)row_of(w, id).person);
	f->known[0] = old, f->known[1] = now, f->known[2] = "p999-g1", f->known[3] = "master", f->known[4] = "p1-g1x";
	f->denied[0] = now;
	run(w, 2);
	strcat(old, " ");
	is_str(old, f->unkeyed, "the key of an earlier generation is taken back, and no other");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM orphans WHERE kind = 'key'"), "a denied one is reported");
	is_str("1 taken back, 1 denied", fixture_text(w->db, "SELECT detail FROM events WHERE what = 'keys'"), "and noted");
	w->servers->swept_at = w->servers->keys_at = 0;
	f->unkeyed[0] = '\0';
	run(w, 2);
	is_str("", f->unkeyed, "once a day");
	world_free(w);
}

static void
check_reports(void)
{
	struct world	*w = world_new("");
	struct fake	*f = fake_of(w);
	int64_t		 id = order(w, "alice");

	w->house.reporting = 1;
	run(w, 4);
	is_int(0, f->acts, "a copy of the database does nothing");
	is_int(SERVER_NONE, row_of(w, id).state, "and writes nothing");
	w->house.reporting = 0;
	restart(w);
	w->dry = 1;
	run(w, 4);
	is_int(0, f->acts, "-n neither");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM makings"), "nothing is even marked");
	w->dry = 0;
	restart(w);
	run(w, 6);
	is_int(SERVER_READY, row_of(w, id).state, "else it does");
	world_free(w);
}

/* When the next look is, with so many acts out: ms after the last one began. */
static int64_t
pause_with(struct world *w, int acts, size_t things, int64_t took)
{
	struct servers *s = w->servers;

	s->looking = s->failing = s->n_open = 0;
	s->early = 1;
	s->begun_at = clock_boot();
	s->next_at = s->begun_at + 60000;
	s->acts = acts;
	s->n_things = things;
	s->took = took;
	return see_servers_next(w) - s->begun_at;
}

static void
check_pause(void)
{
	struct world *w = world_new("");

	is_int(1000, pause_with(w, 1, 12, 50), "few things, one act: a look each second");
	is_int(1500, pause_with(w, 99, 500, 90), "some things and many acts: it waits a little");
	is_int(5000, pause_with(w, 10, 5000, 900), "many things and few acts: a look may take its time");
	is_int(15000, pause_with(w, 99, 5000, 900), "many of both: looks leave acts their requests");
	is_int(60000, pause_with(w, 99, 50000, 9000), "but there is one each minute");
	w->servers->acts = 0;
	world_free(w);
}

/* How long many take, and how much they need. */
static void
check_many(void)
{
	enum { MANY = 1000 };
	struct world	*w = world_new("limits.bots_per_server = 100");
	struct fake	*f = fake_of(w);
	struct rusage	 before, after;
	int		 looks;

	fixture_sql(w->db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO agents (id, key, type, name, created_at, updated_at) SELECT 1000 + i, 'k' || i, 'person', '', 0, 0 FROM n;"
	    " INSERT INTO servers (id, minion, person_id, created_at) SELECT id, 'p' || id || '-g1', id, 0 FROM agents WHERE id > 1000;"
	    " PRAGMA synchronous = OFF", (int)MANY);
	fixture_sql(w->db, "INSERT INTO agents (id, key, type, name, created_at, updated_at) SELECT 100000 + id, 'b' || id, 'bot', 'b' || id, 0, 0"
	    " FROM servers WHERE person_id IS NOT NULL; INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port)"
	    " SELECT 100000 + id, id, 0, id, x'00', id, 8008 FROM servers WHERE person_id IS NOT NULL");
	getrusage(RUSAGE_SELF, &before);
	for (looks = 0; looks < 60 && (looks < 2 || !see_servers_settled(w)); looks++)
		run(w, 1);
	getrusage(RUSAGE_SELF, &after);
	diag("%d servers: %d looks, %d acts, %.1f s of CPU, %ld MB", MANY, looks, f->acts,
	    (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6,
	    after.ru_maxrss / 1024);
	is_int(MANY, fixture_int(w->db, "SELECT count(*) FROM servers WHERE state = 'ready' AND person_id IS NOT NULL"), "all are ready");
	has(w, 1, MANY, 2 * MANY, MANY, "they have");
	f->acts = 0;
	restart(w);
	run(w, 2);
	is_int(0, f->acts, "another pass only looks");
	world_free(w);
}

int
main(void)
{
	check_life();
	check_refusals();
	check_cron();
	check_broken_end();
	check_lies();
	check_kept();
	check_away();
	check_vain();
	check_pause();
	check_name();
	check_silent();
	check_late();
	check_brake();
	check_orphans();
	check_slow_orphan();
	check_unread_row();
	check_keys();
	check_reports();
	check_faults();
	check_many();
	return tap_end();
}
