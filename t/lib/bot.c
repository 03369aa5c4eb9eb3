/* lib/bot: orders, limits, wishes, and who may do what. */

#include "lib/bot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/intent.h"
#include "lib/secret.h"
#include "lib/vault.h"
#include "t/fixture.h"
#include "t/tap.h"

static const int64_t	now = INT64_C(1790000000000);

struct list {
	int	n;
	char	names[512];
};

static void
take_name(struct list *list, const char *name)
{
	size_t n = strlen(list->names);

	list->n++;
	snprintf(list->names + n, sizeof(list->names) - n, "%s ", name);
}

static void
take(void *ctx, const struct bot *bot)
{
	take_name(ctx, bot->name);
}

static void
take_line(void *ctx, const struct bot_line *line)
{
	take_name(ctx, line->name);
}

static struct bot
of_id(struct db *db, int64_t id)
{
	struct bot bot = { 0 };

	is_int(ERR_OK, bot_of_id(db, id, &bot), "read again");
	return bot;
}

/* A line says what the bot says. */
static void
compare_line(void *ctx, const struct bot_line *line)
{
	struct bot	bot = of_id(ctx, line->id);
	int		known = bot.disk_log >= 0 && bot.disk_blobs >= 0 && bot.disk_indexes >= 0;

	is_str(bot.name, line->name, "its name");
	is_int(bot.status, line->status, "its status");
	is_int(bot.status_since, line->status_since, "since when");
	is_int(bot.seen_at, line->seen_at, "seen when");
	is_int(bot.binned_at, line->binned_at, "in the bin since");
	is_int(bot.erase_at, line->erase_at, "and until");
	is_str(bot.reason, line->reason, "why");
	is_int(bot.peers, line->peers, "its peers");
	is_int(known ? bot.disk_log + bot.disk_blobs + bot.disk_indexes : -1, line->disk, "its disk");
}

/* ---- orders ---- */

static const struct {
	const char	*name;
	enum err	 want;
	const char	*why;
} orders[] = {
	{ "one", ERR_OK, NULL },
	{ "one", ERR_EXISTS, NULL },
	{ "ONE", ERR_EXISTS, NULL },
	{ "", ERR_INVALID, "give it a name" },
	{ "-one", ERR_INVALID, "use a-z, 0-9 and - only, and start and end with a letter or number" },
	{ "one.two", ERR_INVALID, "use a-z, 0-9 and - only, and start and end with a letter or number" },
	{ "x'); DROP TABLE bots; --", ERR_INVALID, "use a-z, 0-9 and - only, and start and end with a letter or number" },
	{ "xn--one", ERR_INVALID, "the third and fourth letter can't both be -" },
	{ "www", ERR_INVALID, "that name is kept for the machinery" },
	{ "Two-2", ERR_OK, NULL },
	{ "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", ERR_OK, NULL },
	{ "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde", ERR_INVALID, "40 letters at most" },
};

static void
check_orders(struct db *db, const struct conf *conf, int64_t alice)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct bot	 bot = { .id = -5 };
		const char	*why = NULL;

		is_int(orders[i].want, bot_order(db, conf, alice, orders[i].name, "", now, &bot, &why), orders[i].name);
		is_str(orders[i].why, why, "and why");
		ok(orders[i].want == ERR_OK || bot.id == -5, "a refusal writes nothing");
	}
	is_int(3, fixture_int(db, "SELECT count(*) FROM agents WHERE type = 'bot'"), "three are stored");
	is_int(3, fixture_int(db, "SELECT count(DISTINCT port) FROM bots"), "each with a port");
	is_int(8010, fixture_int(db, "SELECT max(port) FROM bots"), "upward from the first");
}

static void
check_taken(struct db *db, const struct conf *conf, int64_t eve)
{
	struct bot	 bot;
	const char	*why = NULL;

	is_int(ERR_EXISTS, bot_order(db, conf, eve, "one", "", now, &bot, &why), "another person's name is taken");
	is_str(NULL, why, "and nothing is said about it");
	is_int(0, fixture_int(db, "SELECT count(*) FROM belongs WHERE target_agent_id = %d", (int)eve), "nothing is eve's");
}

static void
check_description(struct db *db, const struct conf *conf, int64_t eve)
{
	static char	 text[BOT_DESCRIPTION_CAP + 1];
	struct bot	 bot;
	const char	*why = NULL;

	memset(text, 'x', sizeof(text) - 1);
	is_int(ERR_INVALID, bot_order(db, conf, eve, "long", text, now, &bot, &why), "5001 bytes are too many");
	ok(why != NULL && strstr(why, "too long") != NULL, "and it says so");
	text[BOT_DESCRIPTION_CAP - 1] = '\0';
	is_int(ERR_OK, bot_order(db, conf, eve, "long", text, now, &bot, &why), "5000 are not");
	is_str(text, bot.description, "and are kept");
	text[BOT_DESCRIPTION_CAP - 1] = 'x';
	is_int(ERR_INVALID, bot_describe(db, eve, bot.id, text, now), "nor can it become longer");
	is_int(ERR_OK, bot_describe(db, eve, bot.id, "<b>", now + 5), "but shorter");
	is_int(ERR_OK, bot_get(db, eve, "long", &bot), "read again");
	is_str("<b>", bot.description, "as it was written");
	is_int(now + 5, bot.updated_at, "then");
}

static void
check_what_is_ordered(struct db *db, const struct conf *conf, int64_t alice)
{
	struct bot	 bot = { 0 }, again;
	unsigned char	*sealed = NULL;
	struct secret	*plain = NULL;
	size_t		 n = 0;

	is_int(ERR_OK, bot_get(db, alice, "two-2", &bot), "a bot is found by name");
	is_int(ERR_OK, bot_by_key(db, alice, bot.key, &again), "and by key");
	ok(memcmp(&bot, &again, sizeof(bot)) == 0, "as the same");
	is_int(alice, bot.owner, "it is alice's");
	ok(!bot.stopped && !bot.running && bot.due == 0 && bot.wished_at == now && bot.created_at == now,
	    "wanted, not there yet, and due");
	ok(bot.peers == -1 && bot.memory == -1 && bot.disk_log == -1 && bot.seen_at == 0, "nothing is known of it");
	is_str("192.0.2.1", bot.address, "its server's address is there");
	is_str("", bot.release, "it takes the newest release");
	is_int(BOT_DIR_CAP - 1, (int64_t)strlen(bot.dir), "a directory of 32 letters");
	ok(bot.public_key[0] == '@' && strstr(bot.public_key, ".ed25519") != NULL, "an identity");
	is_int(ERR_OK, bot_sealed(db, bot.id, &sealed, &n), "its secret is there");
	is_int(ERR_OK, vault_open(conf, bot.public_key, sealed, n, &plain), "sealed to the vault, and its own");
	is_int(0, fixture_int(db, "SELECT count(*) FROM bots WHERE instr(secret, 'ed25519') OR instr(secret, 'private')"),
	    "no secret is readable");
	secret_free(plain);
	free(sealed);
	is_int(ERR_NOTFOUND, bot_sealed(db, 99999, &sealed, &n), "no bot has no secret");
}

static void
check_limits(struct db *db)
{
	struct conf	*conf = fixture_conf("limits.bots_per_person = 2\nlimits.bots_per_server = 7\n");
	int64_t		 bob = fixture_person(db, "bob@example.org"), carol = fixture_person(db, "carol@example.org");
	struct bot	 first = fixture_bot(db, conf, bob, "bob-1"), bot;
	const char	*why = NULL;

	fixture_bot(db, conf, bob, "bob-2");
	is_int(ERR_INVALID, bot_order(db, conf, bob, "bob-3", "", now, &bot, &why), "two are as many as bob can have");
	is_str("you have 2 butts, that is as many as one person can have here", why, "and it says so");
	is_int(ERR_OK, bot_bin(db, bob, first.id, now, now + 1), "one goes into the bin");
	is_int(ERR_OK, bot_order(db, conf, bob, "bob-3", "", now, &bot, &why), "another can be had");
	is_int(7, fixture_int(db, "SELECT count(*) FROM bots"), "there are seven");
	is_int(ERR_INVALID, bot_order(db, conf, carol, "carol", "", now, &bot, &why), "an eighth finds no place");
	is_str("this place is full right now. no butt was made.", why, "and it says so");
	is_int(ERR_OK, bot_erase(db, first.id), "once the bin is emptied");
	is_int(ERR_OK, bot_order(db, conf, carol, "carol", "", now, &bot, &why), "it does");
	is_int(first.port, bot.port, "on the port that is free again");
	fixture_sql(db, "UPDATE servers SET wanted = 'gone'");
	is_int(ERR_INVALID, bot_order(db, conf, fixture_person(db, "dan@example.org"), "dan", "", now, &bot, &why), "no server");
	is_str("this place is full right now. no butt was made.", why, "is no place either");
	fixture_sql(db, "UPDATE servers SET wanted = 'up'");
	conf_close(conf);
	conf = fixture_conf("limits.bots_per_person = 1\n");
	is_int(ERR_INVALID, bot_order(db, conf, carol, "carol-2", "", now, &bot, &why), "one");
	is_str("you have 1 butt, that is as many as one person can have here", why, "is a butt");
	conf_close(conf);
}

/* ---- strangers ---- */

static void
check_stranger(struct db *db, int64_t alice, int64_t eve)
{
	struct bot	bot = { 0 }, found = { .id = -5 }, after;
	struct list	list = { 0 };
	int64_t		count = -1;

	is_int(ERR_OK, bot_get(db, alice, "one", &bot), "alice's bot");
	is_int(ERR_NOTFOUND, bot_get(db, eve, "one", &found), "eve can't get it");
	is_int(ERR_NOTFOUND, bot_by_key(db, eve, bot.key, &found), "nor by its key");
	is_int(ERR_NOTFOUND, bot_want(db, eve, bot.id, 1, now), "nor stop it");
	is_int(ERR_NOTFOUND, bot_want(db, eve, bot.id, 0, now), "nor start it");
	is_int(ERR_NOTFOUND, bot_restart(db, eve, bot.id, now), "nor restart it");
	is_int(ERR_NOTFOUND, bot_describe(db, eve, bot.id, "mine", now), "nor describe it");
	is_int(ERR_NOTFOUND, bot_bin(db, eve, bot.id, now, now), "nor throw it away");
	is_int(ERR_OK, bot_bin(db, alice, bot.id, now, now), "alice can");
	is_int(ERR_NOTFOUND, bot_restore(db, eve, bot.id, now), "and eve can't bring it back");
	is_int(ERR_OK, bot_restore(db, alice, bot.id, now), "alice can");
	is_int(ERR_OK, bot_list(db, eve, take_line, &list), "eve lists");
	is_str("long ", list.names, "her own");
	is_int(ERR_OK, bot_count(db, eve, &count), "and counts");
	is_int(1, count, "her own");
	is_int(ERR_NOTFOUND, bot_want(db, eve, 99999, 1, now), "what isn't there has the same answer");
	is_int(ERR_NOTFOUND, bot_get(db, alice, "' OR 1 --", &found), "no such name");
	is_int(ERR_NOTFOUND, bot_get(db, eve, "alice", &found), "people have no bot's name");
	is_int(-5, found.id, "nothing is written");
	after = of_id(db, bot.id);
	bot.wished_at = after.wished_at;
	ok(memcmp(&bot, &after, sizeof(bot)) == 0, "and nothing was changed");
}

/* ---- wishes ---- */

static void
put(struct db *db, int64_t id, const char *columns)
{
	fixture_sql(db, "UPDATE bots SET %s WHERE id = %d", columns, (int)id);
}

static void
check_want(struct db *db, int64_t alice, int64_t id)
{
	struct bot before, after;

	put(db, id, "due = 5, fails = 7, reason = 'it fell', wished_at = 1000");
	before = of_id(db, id);
	is_int(ERR_OK, bot_want(db, alice, id, 1, now), "asleep");
	after = of_id(db, id);
	ok(after.stopped && after.due == 0 && after.wished_at == now && after.updated_at == now, "the worker is told");
	is_int(before.fails, after.fails, "and what is known stays");
	put(db, id, "due = 5");
	is_int(ERR_OK, bot_want(db, alice, id, 0, now), "awake");
	after = of_id(db, id);
	ok(!after.stopped && after.due == 0, "the worker is told");
	is_int(now + 1, after.wished_at, "in the same millisecond, and yet later");
	ok(after.fails == 0 && after.reason[0] == '\0', "and tries at once");
	is_int(ERR_OK, bot_want(db, alice, id, 0, now - 99999), "a clock set back");
	is_int(now + 2, of_id(db, id).wished_at, "makes no wish older");
}

static void
check_restart(struct db *db, int64_t alice, int64_t id)
{
	struct bot bot;

	put(db, id, "restarts = 3, seen_restarts = 3, fails = 4, due = 5");
	for (int i = 0; i < 10; i++)
		is_int(ERR_OK, bot_restart(db, alice, id, now + i), "restart");
	bot = of_id(db, id);
	is_int(4, bot.restarts, "ten restarts are one");
	ok(bot.fails == 0 && bot.due == 0, "tried at once");
	put(db, id, "seen_restarts = 4");
	is_int(ERR_OK, bot_restart(db, alice, id, now), "once it is done");
	is_int(5, of_id(db, id).restarts, "there may be another");
	put(db, id, "seen_restarts = 5, wanted = 'stopped'");
	is_int(ERR_INVALID, bot_restart(db, alice, id, now), "one that sleeps can't restart");
	is_int(5, of_id(db, id).restarts, "and doesn't");
	put(db, id, "wanted = 'running'");
}

static void
check_paused(struct db *db, int64_t alice, int64_t id)
{
	put(db, id, "suspended_at = 1");
	is_int(ERR_INVALID, bot_want(db, alice, id, 1, now), "a paused one can't be stopped");
	is_int(ERR_INVALID, bot_want(db, alice, id, 0, now), "or started");
	is_int(ERR_INVALID, bot_restart(db, alice, id, now), "or restarted");
	is_int(ERR_OK, bot_describe(db, alice, id, "paused", now), "but described");
	is_int(ERR_OK, bot_bin(db, alice, id, now, now + 1), "and thrown away");
	put(db, id, "suspended_at = NULL, binned_at = NULL, erase_at = NULL");
}

static void
check_bin(struct db *db, int64_t alice, int64_t id)
{
	struct bot bot;

	is_int(ERR_INVALID, bot_restore(db, alice, id, now), "what is not in the bin can't be brought back");
	is_int(ERR_NOTFOUND, bot_erase(db, id), "nor erased");
	put(db, id, "due = 5, over_boot = 'b', over_at = 5");
	is_int(ERR_OK, bot_bin(db, alice, id, now, now + 9), "into the bin");
	bot = of_id(db, id);
	ok(bot.binned_at == now && bot.erase_at == now + 9 && bot.due == 0, "until then");
	ok(bot.over_boot[0] == '\0' && bot.over_at == 0, "and nobody has seen that pass");
	is_int(ERR_INVALID, bot_bin(db, alice, id, now, now + 99), "not twice");
	is_int(now + 9, of_id(db, id).erase_at, "its end doesn't move");
	is_int(ERR_INVALID, bot_want(db, alice, id, 1, now), "it can't be stopped");
	is_int(ERR_INVALID, bot_want(db, alice, id, 0, now), "or started");
	is_int(ERR_INVALID, bot_restart(db, alice, id, now), "or restarted");
	is_int(ERR_INVALID, bot_describe(db, alice, id, "x", now), "or described");
	is_int(ERR_OK, bot_get(db, alice, bot.name, &bot), "but seen");
	put(db, id, "over_boot = 'b', over_at = 5");
	is_int(ERR_OK, bot_restore(db, alice, id, now), "and brought back");
	bot = of_id(db, id);
	ok(bot.binned_at == 0 && bot.erase_at == 0 && bot.over_boot[0] == '\0' && bot.over_at == 0, "whole");
}

/* The name of what was erased. */
static void
check_kept(struct db *db, const struct conf *conf, int64_t alice, struct bot mine)
{
	int64_t		 eve = fixture_person(db, "eve2@example.org");
	struct bot	 bot = { .id = -5 };
	const char	*why = NULL;
	int64_t		 count = fixture_int(db, "SELECT count(*) FROM agents");

	is_int(ERR_NOTFOUND, bot_hasten(db, eve, mine.id, now), "eve can't hasten an end");
	is_int(ERR_INVALID, bot_hasten(db, alice, mine.id, now), "of what is not in the bin nobody can");
	is_int(ERR_OK, bot_bin(db, alice, mine.id, now, now + 100), "in the bin");
	is_int(ERR_OK, bot_hasten(db, alice, mine.id, now + 50), "its end can be sooner");
	is_int(of_id(db, mine.id).binned_at, of_id(db, mine.id).erase_at, "as if there had been no bin");
	is_int(ERR_OK, bot_erase(db, mine.id), "erased");
	is_int(ERR_EXISTS, bot_order(db, conf, eve, "Two-2", "", clock_now(), &bot, &why), "the name is resting for eve");
	is_int(-5, bot.id, "who gets nothing");
	is_int(count - 1, fixture_int(db, "SELECT count(*) FROM agents"), "and leaves nothing");
	fixture_sql(db, "UPDATE names_kept SET until = baas_now() - 1 WHERE name = 'two-2'");
	is_int(ERR_OK, bot_order(db, conf, eve, "two-2", "", clock_now(), &bot, &why), "until it is free again");
}

static void
check_erase(struct db *db, const struct conf *conf, int64_t alice)
{
	struct bot	bot = { 0 }, found;
	char		subject[40];

	is_int(ERR_OK, bot_get(db, alice, "two-2", &bot), "one to erase");
	is_int(ERR_OK, bot_bin(db, alice, bot.id, now, now + 1), "in the bin");
	snprintf(subject, sizeof(subject), "bot:%d", (int)bot.id);
	is_int(ERR_OK, intent_open(db, subject, "erase", now), "the worker will erase it");
	is_int(ERR_OK, intent_open(db, subject, "erase", now), "and says so twice");
	is_int(ERR_INVALID, bot_restore(db, alice, bot.id, now), "then it can't be brought back");
	is_int(ERR_OK, intent_close(db, subject, "erase"), "another time");
	is_int(0, fixture_int(db, "SELECT count(*) FROM intents"), "it is done");
	fixture_sql(db, "INSERT INTO events (at, bot_id, actor, what) VALUES (1, %d, 'worker', 'bot.erase')", (int)bot.id);
	fixture_sql(db, "INSERT INTO invites (key, bot_id, ref, label, created_at) VALUES ('k', %d, 'r', '', 1)", (int)bot.id);
	is_int(ERR_OK, bot_erase(db, bot.id), "erased");
	is_int(ERR_NOTFOUND, bot_of_id(db, bot.id, &found), "it is gone");
	is_int(ERR_NOTFOUND, bot_erase(db, bot.id), "once");
	is_int(0, fixture_int(db, "SELECT (SELECT count(*) FROM invites)"
	    " + (SELECT count(*) FROM belongs WHERE source_agent_id = %d)", (int)bot.id), "with all that hung on it");
	is_int(1, fixture_int(db, "SELECT count(*) FROM events WHERE bot_id = %d", (int)bot.id), "but what happened");
	is_int(ERR_NOTFOUND, bot_erase(db, alice), "a person can't be erased so");
	found = fixture_bot(db, conf, alice, "two-2");
	ok(found.id > bot.id, "the name is free to her, the id never comes again");
	check_kept(db, conf, alice, found);
}

static void
check_list(struct db *db, const struct conf *conf)
{
	static const char *const names[] = { "d-binned", "b-fine", "z-sick", "a-fine", "c-unsure" };
	int64_t		zoe = fixture_person(db, "zoe@example.org");
	struct list	list = { 0 }, all = { 0 };
	int64_t		count = -1, id[5];

	fixture_sql(db, "UPDATE worker SET seen_at = baas_now()");
	for (int i = 0; i < 5; i++) {
		id[i] = fixture_bot(db, conf, zoe, names[i]).id;
		put(db, id[i], "seen_at = baas_now()");
	}
	is_int(ERR_OK, bot_bin(db, zoe, id[0], now, now + 1), "one in the bin");
	put(db, id[2], "fails = 2");
	put(db, id[4], "seen_at = 1");
	put(db, id[1], "status_since = 4, peers = 5, disk_log = 6, disk_blobs = 70, disk_indexes = 800");
	put(db, id[3], "reason = 'because', peers = 0, disk_log = 6, disk_indexes = 800");
	is_int(ERR_OK, bot_list(db, zoe, compare_line, db), "lines");
	is_int(ERR_OK, bot_list(db, zoe, take_line, &list), "listed");
	is_str("c-unsure z-sick a-fine b-fine d-binned ", list.names, "the sick first, the bin last");
	is_int(ERR_OK, bot_count(db, zoe, &count), "counted");
	is_int(5, count, "with the bin");
	is_int(ERR_OK, bot_all(db, id[1], 2, take, &all), "everybody's, from one on");
	is_str("z-sick a-fine ", all.names, "in the order of ids, two at a time");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct conf	*conf = fixture_conf("");
	int64_t		 alice = fixture_person(db, "alice@example.org");
	int64_t		 eve = fixture_person(db, "eve@example.org");
	struct bot	 bot;

	check_orders(db, conf, alice);
	check_taken(db, conf, eve);
	check_description(db, conf, eve);
	check_what_is_ordered(db, conf, alice);
	check_limits(db);
	check_stranger(db, alice, eve);
	is_int(ERR_OK, bot_get(db, alice, "one", &bot), "alice's");
	check_want(db, alice, bot.id);
	check_restart(db, alice, bot.id);
	check_paused(db, alice, bot.id);
	check_bin(db, alice, bot.id);
	check_erase(db, conf, alice);
	check_list(db, conf);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	conf_close(conf);
	return tap_end();
}
