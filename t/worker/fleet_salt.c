/*
 * worker/fleet_salt*.c, act_bot.c: when a bot counts as erased, with a Salt master that is made of memory and answers when it is told
 * to.  Its life before t/fake/salt-api is t/worker/fleet_salt.sh.
 */

#include "worker/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/db.h"
#include "lib/json.h"
#include "lib/server.h"
#include "t/fixture.h"
#include "t/tap.h"
#include "worker/act_bot.h"
#include "worker/cloud.h"
#include "worker/loop.h"
#include "worker/salt.h"
#include "worker/world.h"

/* ---- the master ---- */

/* The one job that is out; fun "": none. */
struct salt {
	char		 fun[32];
	struct salt_job	 job;
	int		 jobs;
};

static struct salt master;

enum err
salt_open(struct http *http, const struct conf *conf, const char *url, struct salt **out)
{
	(void)http;
	(void)conf;
	(void)url;
	*out = &master;
	return ERR_OK;
}

void
salt_close(struct salt *salt)
{
	(void)salt;
}

int
salt_is_minion(const char *name)
{
	return name[0] != '\0';
}

enum err
salt_run(struct salt *salt, const struct salt_job *job)
{
	if (salt->fun[0] != '\0' || job->n != 1)
		return ERR_BUSY;
	snprintf(salt->fun, sizeof(salt->fun), "%s", job->fun);
	salt->job = *job;
	salt->jobs++;
	return ERR_OK;
}

enum err
salt_wheel(struct salt *salt, const char *fun, const struct json *args, salt_told *told, void *ctx)
{
	(void)salt;
	(void)fun;
	(void)args;
	(void)told;
	(void)ctx;
	return ERR_BUSY;
}

const char *
salt_master_key(const struct salt *salt)
{
	(void)salt;
	return "";
}

int
salt_busy(const struct json *ret, char jid[SALT_JID_CAP])
{
	(void)ret;
	jid[0] = '\0';
	return 0;
}

static void
add_state(struct json *states, const char *key, const char *what, int good)
{
	char		 name[192], id[64];
	struct json	*state;

	snprintf(id, sizeof(id), "bot-%s-%s", key, what);
	snprintf(name, sizeof(name), "some_state_|-%s_|-%s_|-absent", id, id);
	state = json_object(states, name);
	json_add_text(state, "__id__", id);
	json_add_text(state, "comment", "made up");
	json_add_bool(state, "result", good);
}

/* The apply that is out ends; good: that bot has gone. */
static void
end_apply(const char *key, int good)
{
	struct json		*states = json_object(NULL, NULL);
	const struct salt_return ret = { .state = SALT_ANSWERED, .ret = states, .good = good, .why = "" };

	is_str("state.apply", master.fun, "its machine is brought to its wishes");
	if (master.fun[0] == '\0')
		exit(1);
	add_state(states, key, "container", good);
	add_state(states, key, "data", good);
	master.fun[0] = '\0';
	master.job.each(master.job.ctx, 0, &ret);
	master.job.over(master.job.ctx);
	json_free(states);
}

/* ---- a world ---- */

static struct world *
world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL || loop_open(&w->loop) != ERR_OK)
		exit(99);
	memset(&master, 0, sizeof(master));
	remove(fixture_path());
	w->db = fixture_db();
	w->conf = fixture_conf("cloud = scaleway\nbots.domain = butt.test\n");
	w->fleet = &fleet_salt;
	w->cloud = &cloud_local;
	if (w->fleet->open(w) != ERR_OK)
		exit(99);
	return w;
}

static void
world_free(struct world *w)
{
	w->fleet->close(w);
	world_clear(w);
	is_int(0, w->asked, "no answer is outstanding");
	is_int(0, db_open_statements(w->db), "no statement is left open");
	loop_close(w->loop);
	conf_close((struct conf *)(uintptr_t)w->conf);
	db_close(w->db);
	free(w);
}

/* A bot of alice's, whose machine is like that. */
static struct bot
order(struct world *w, const char *name, const char *machine)
{
	static int64_t	alice;
	struct bot	bot;

	if (fixture_int(w->db, "SELECT count(*) FROM credentials") == 0)
		alice = fixture_person(w->db, "alice@example.org");
	bot = fixture_bot(w->db, w->conf, alice, name);
	fixture_sql(w->db, "UPDATE servers SET %s WHERE id = %lld", machine, (long long)bot.server);
	return bot;
}

static struct bot
row_of(struct world *w, const struct bot *bot)
{
	struct bot row = *bot;

	if (bot_of_id(w->db, bot->id, &row) != ERR_OK)
		exit(99);
	return row;
}

/* Into the bin, left: ms of its time there; doomed: the worker has decided. */
static struct bot
bin(struct world *w, const struct bot *bot, int64_t left, int doomed)
{
	fixture_sql(w->db, "UPDATE bots SET binned_at = baas_now() - 1000000, erase_at = baas_now() + %lld WHERE id = %lld",
	    (long long)left, (long long)bot->id);
	if (doomed)
		fixture_sql(w->db, "INSERT INTO intents (subject, act, opened_at) VALUES ('bot:%lld', 'erase', 0)", (long long)bot->id);
	return row_of(w, bot);
}

static void
erased(void *ctx, enum err err)
{
	*(int *)ctx = (int)err;
}

static void
seen(void *ctx, const struct sight *sight)
{
	*(struct sight *)ctx = *sight;
}

static struct sight
look(struct world *w, const struct bot *bot)
{
	struct sight sight = { .known = -1 };

	w->fleet->look(w, bot, seen, &sight);
	w->fleet->flush(w);
	return sight;
}

/* ---- tests ---- */

#define READY	"state = 'ready', cloud_id = 'c', volume_id = 'v', seeded_at = 1, powered_at = 1, joined_at = 1"
#define BROKEN	"state = 'broken', cloud_id = 'c', volume_id = 'v', seeded_at = 1, powered_at = 1, generation = 2"

/* The apply that is to erase it may be under way already: of an earlier worker's decision, say. */
static void
check_under_way(void)
{
	struct world	*w = world_new();
	struct bot	 bot = order(w, "one", READY);
	char		 why[FLEET_WORDS_CAP];
	int		 err = -1;

	bot = bin(w, &bot, -5000, 1);
	is_int(ERR_OK, w->fleet->stop(w, &bot, 0), "an apply is wanted");
	w->fleet->flush(w);
	is_int(ERR_OK, w->fleet->erase(w, &bot, erased, &err), "and then the erasure, which that one knows of");
	w->fleet->flush(w);
	is_int(-1, err, "it is not erased before it ends");
	end_apply(bot.key, 1);
	w->fleet->flush(w);
	is_int(ERR_OK, err, "but then it is");
	is_int(1, master.jobs, "by that one");
	err = -1;
	fixture_sql(w->db, "UPDATE servers SET rev = rev + 1");
	is_int(ERR_OK, w->fleet->start(w, &bot, NULL, why), "another one");
	w->fleet->flush(w);
	fixture_sql(w->db, "UPDATE servers SET rev = rev + 1");
	is_int(ERR_OK, w->fleet->erase(w, &bot, erased, &err), "that knows nothing of the erasure");
	end_apply(bot.key, 1);
	w->fleet->flush(w);
	is_int(-1, err, "is no proof of it");
	end_apply(bot.key, 0);
	w->fleet->flush(w);
	is_int(ERR_FAULT, err, "and one that failed neither");
	world_free(w);
}

/* Its machine is broken and may never answer: what is past its time in the bin goes with all that it has. */
static void
check_broken(void)
{
	struct world	*w = world_new();
	struct bot	 one = order(w, "one", BROKEN), two = order(w, "two", BROKEN);
	int		 err = -1;

	one = bin(w, &one, 60000, 0);
	is_int(1, look(w, &one).away, "broken: of one in the bin nothing is known");
	one = bin(w, &one, -5000, 0);
	ok(look(w, &one).known && !look(w, &one).running, "but past its time it does not run");
	ok(look(w, &two).away, "of one that is wanted nothing is known");
	one = bin(w, &one, -5000, 1);
	is_int(ERR_BUSY, w->fleet->erase(w, &one, erased, &err), "there is another one on its volume, which stays");
	two = bin(w, &two, -5000, 0);
	is_int(ERR_BUSY, w->fleet->erase(w, &one, erased, &err), "that could still come out of the bin");
	two = bin(w, &two, -5000, 1);
	is_int(ERR_OK, w->fleet->erase(w, &one, erased, &err), "now all of it is to go");
	w->fleet->flush(w);
	is_int(ERR_OK, err, "it is erased");
	is_int(0, master.jobs, "and nobody was asked");
	world_free(w);
}

/* There was no room for its machine: nothing was ever brought anywhere. */
static void
check_unmade(void)
{
	struct world	*w = world_new();
	struct bot	 bot = order(w, "one", "state = 'building'");
	int		 err = -1;

	is_int(1, look(w, &bot).away, "no machine yet: nothing is known");
	bot = bin(w, &bot, -5000, 1);
	ok(look(w, &bot).known, "thrown away before it had one: it does not run");
	is_int(ERR_OK, w->fleet->erase(w, &bot, erased, &err), "it can be erased");
	w->fleet->flush(w);
	is_int(ERR_OK, err, "and is");
	world_free(w);
}

/* ---- its name ---- */

static enum err		name_err;
static int		names;

static enum err
name(struct world *w, const char *host, const char *address, const char *address6, cloud_done *done, void *ctx)
{
	const struct cloud_answer answer = { .verdict = CLOUD_DONE };

	(void)w;
	names++;
	is_str("one.butt.test", host, "its name");
	is_str("", address, "is to lead nowhere");
	is_str("", address6, "at all");
	if (name_err == ERR_OK)
		done(ctx, &answer);
	return name_err;
}

static void
act(struct world *w, const struct bot *bot)
{
	const struct sight sight = { .known = 1 };

	act_bot(w, bot, &sight);
	w->fleet->flush(w);
}

/* What knows of a name is not forgotten before that is unset: it would lead to whoever has the address next. */
static void
check_name(void)
{
	static const struct cloud	 fake = { .name = name };
	struct world			*w = world_new();
	struct bot			 bot = order(w, "one", "state = 'building'");

	w->cloud = &fake;
	bot = bin(w, &bot, -1000000, 0);
	fixture_sql(w->db, "UPDATE bots SET record = '192.0.2.1'");
	name_err = ERR_FAULT;
	act(w, &bot);
	is_int(1, names, "its name could not be unset");
	is_int(1, fixture_int(w->db, "SELECT count(*) FROM bots"), "so it is still known of");
	name_err = ERR_OK;
	act(w, &bot);
	is_int(2, names, "tried again");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM bots"), "and gone");
	is_int(0, fixture_int(w->db, "SELECT count(*) FROM intents"), "it is erased");
	world_free(w);
}

int
main(void)
{
	check_under_way();
	check_broken();
	check_unmade();
	check_name();
	return tap_end();
}
