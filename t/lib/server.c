/* lib/server: the row of this machine, and one for each person with a cloud. */

#include "lib/server.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static void
check_local(struct db *db)
{
	int64_t alice = fixture_person(db, "alice@example.org");
	int64_t bob = fixture_person(db, "bob@example.org");
	int64_t local = 0, own = 0;

	is_int(ERR_OK, server_local(db, "192.0.2.7", clock_now()), "again is fine");
	is_int(1, fixture_int(db, "SELECT count(*) FROM servers"), "there is one row");
	is_str("192.0.2.7", fixture_text(db, "SELECT address FROM servers"), "with the new address");
	is_int(ERR_OK, server_for(db, alice, &local), "alice's bots go there");

	fixture_sql(db, "INSERT INTO servers (id, minion, person_id, created_at) VALUES (77, 'p1-g1', %d, 0)", (int)alice);
	is_int(ERR_OK, server_for(db, alice, &own), "a server of her own");
	is_int(77, own, "comes first");
	is_int(ERR_OK, server_for(db, bob, &own), "bob's bots");
	is_int(local, own, "stay where all are");
	fixture_sql(db, "UPDATE servers SET wanted = 'gone'");
	own = -5;
	is_int(ERR_NOTFOUND, server_for(db, alice, &own), "no bot goes to a server that goes");
	is_int(-5, own, "and nothing is written");
	fixture_sql(db, "UPDATE servers SET wanted = 'up'");
}

static void
check_bots(struct db *db)
{
	struct conf	*conf = fixture_conf("");
	int64_t		 carol = fixture_person(db, "carol@example.org");
	int64_t		 n = -5, local = 0;
	struct bot	 bot;
	int		 doomed = -1;

	is_int(ERR_OK, server_for(db, carol, &local), "carol's bots go to this machine");
	is_int(ERR_OK, server_bots(db, local, &n), "it is counted");
	is_int(0, n, "and empty");
	bot = fixture_bot(db, conf, carol, "one");
	is_int(local, bot.server, "a bot is there");
	is_int(ERR_OK, bot_bin(db, carol, bot.id, 1, 2), "in the bin");
	is_int(ERR_OK, server_bots(db, local, &n), "it is counted");
	is_int(1, n, "for it takes its place still");
	is_int(ERR_OK, server_doomed(db, local, &doomed), "is it doomed?");
	is_int(0, doomed, "not while a bot can come out of the bin");
	fixture_sql(db, "INSERT INTO intents (subject, act, opened_at) VALUES ('bot:%lld', 'erase', 0)", (long long)bot.id);
	is_int(ERR_OK, server_doomed(db, local, &doomed), "but then");
	is_int(1, doomed, "it is");
	fixture_sql(db, "DELETE FROM intents");
	conf_close(conf);
}

/* ---- one for each person ---- */

static int64_t
order(struct db *db, int64_t person)
{
	int64_t id = 0;

	is_int(ERR_OK, server_order(db, person, 1000, &id), "ordered");
	return id;
}

static struct server
get(struct db *db, int64_t id)
{
	struct server server = { .id = 0 };

	is_int(ERR_OK, server_get(db, id, &server), "its row");
	return server;
}

static void
check_order(struct db *db)
{
	int64_t		dora = fixture_person(db, "dora@example.org"), id = order(db, dora);
	struct server	server = get(db, id), other;
	char		minion[32];

	snprintf(minion, sizeof(minion), "p%lld-g1", (long long)dora);
	is_str(minion, server.minion, "its minion");
	is_int(SERVER_NONE, server.state, "nothing is there");
	is_int(0, server.due, "and it is looked at at once");
	is_int(dora, server.person, "hers");
	fixture_sql(db, "UPDATE servers SET wanted = 'gone', due = 99 WHERE id = %lld", (long long)id);
	is_int(id, order(db, dora), "ordered again, it is the same row");
	server = get(db, id);
	is_int(0, server.gone, "wanted up again");
	is_int(0, server.due, "and looked at");
	is_int(ERR_OK, server_of_minion(db, minion, &other), "by its minion");
	is_int(id, other.id, "it is found");
	is_int(ERR_OK, server_of_person(db, dora, &other), "by its person");
	is_int(id, other.id, "too");
	is_int(ERR_NOTFOUND, server_of_minion(db, "p0-g1", &other), "another minion is none");
	is_int(ERR_NOTFOUND, server_get(db, 123456, &other), "nor is another id");
	is_int(id, other.id, "and nothing is written");
}

/* All that the worker knows comes back as it was written; wishes stay. */
static void
check_store(struct db *db)
{
	int64_t		id = order(db, fixture_person(db, "emil@example.org"));
	struct server	s = get(db, id), back;

	fixture_sql(db, "UPDATE servers SET anew = 4, applied_at = 3, applied_rev = 2 WHERE id = %lld", (long long)id);
	s = get(db, id);
	s.state = SERVER_BUILDING;
	s.generation = 2, s.tries = 1, s.seen_anew = 4, s.root_marked = 1;
	s.seeded_at = 11, s.powered_at = 12, s.joined_at = 13, s.seen_at = 14, s.due = 15;
	snprintf(s.minion, sizeof(s.minion), "p9-g2");
	snprintf(s.reason, sizeof(s.reason), "why");
	snprintf(s.address, sizeof(s.address), "192.0.2.9");
	snprintf(s.address6, sizeof(s.address6), "2001:db8::9");
	snprintf(s.group_id, sizeof(s.group_id), "g");
	snprintf(s.volume_id, sizeof(s.volume_id), "v");
	snprintf(s.ip_id, sizeof(s.ip_id), "i");
	snprintf(s.ip6_id, sizeof(s.ip6_id), "i6");
	snprintf(s.cloud_id, sizeof(s.cloud_id), "c");
	snprintf(s.root_id, sizeof(s.root_id), "r");
	is_int(ERR_OK, server_store(db, &s, 5000), "stored");
	back = get(db, id);
	s.state_since = 5000;
	s.applied_at = 3, s.applied_rev = 2;
	is_int(0, memcmp(&s, &back, sizeof(s)), "and read back the same");
	s.state_since = 0;
	is_int(ERR_OK, server_store(db, &s, 6000), "again");
	is_int(5000, get(db, id).state_since, "a state that stays began when it began");
	is_int(1, server_has_root(db, "r"), "a root volume has its row");
	is_int(0, server_has_root(db, "x") + server_has_root(db, ""), "others have none");
	s.id = 123456;
	is_int(ERR_NOTFOUND, server_store(db, &s, 6000), "a row that there is not");
}

/* A wish that comes between reading and storing is not put off. */
static void
check_wishes(struct db *db)
{
	static const char *const wishes[] = {
		"UPDATE servers SET wanted = 'gone' WHERE id =",
		"UPDATE servers SET anew = anew + 1 WHERE id =",
		"UPDATE bots SET suspended_at = 1 WHERE server_id =",
		"UPDATE bots SET binned_at = 1, erase_at = 2 WHERE server_id =",
		"DELETE FROM agents WHERE type = 'bot' AND (SELECT server_id FROM bots WHERE id = agents.id) =",
	};
	struct conf	*conf = fixture_conf("cloud = scaleway");
	int64_t		 fay = fixture_person(db, "fay@example.org"), id;
	struct server	 s;

	id = fixture_bot(db, conf, fay, "fays").server;
	is_int(fay, get(db, id).person, "with a cloud an order makes a server of one's own");
	is_int(1, get(db, id).bots, "with her bot");
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		s = get(db, id);
		s.due = 777;
		is_int(ERR_OK, server_store(db, &s, 1), "stored");
		is_int(777, get(db, id).due, "put off");
		fixture_sql(db, "%s %lld", wishes[i], (long long)id);
		if (i >= 2)
			is_int(0, get(db, id).due, "what happens to a bot wakes its server");
		is_int(ERR_OK, server_store(db, &s, 1), wishes[i]);
		is_int(0, get(db, id).due, "what was not known then is looked at");
	}
	conf_close(conf);
}

static void
check_awake(struct db *db)
{
	struct conf	*conf = fixture_conf("cloud = scaleway");
	int64_t		 gus = fixture_person(db, "gus@example.org"), id;
	struct bot	 one = fixture_bot(db, conf, gus, "gus1");

	(void)fixture_bot(db, conf, gus, "gus2");
	id = one.server;
	is_int(2, get(db, id).awake, "two need the machine");
	fixture_sql(db, "UPDATE bots SET suspended_at = 1 WHERE server_id = %lld", (long long)id);
	is_int(0, get(db, id).awake, "suspended, none does");
	fixture_sql(db, "UPDATE bots SET binned_at = 1, erase_at = 2 WHERE id = %lld", (long long)one.id);
	is_int(1, get(db, id).awake, "but one in the bin has to be erased there");
	is_int(2, get(db, id).bots, "and both are there");
	is_int(ERR_NOTFOUND, server_dismiss(db, id), "a server with bots is not dismissed");
	is_int(0, get(db, id).gone, "really not");
	fixture_sql(db, "UPDATE bots SET due = 55 WHERE server_id = %lld; UPDATE servers SET state = 'joining' WHERE id = %lld",
	    (long long)id, (long long)id);
	is_int(55, fixture_int(db, "SELECT max(due) FROM bots WHERE server_id = %lld", (long long)id), "nobody asks its bots");
	is_int(ERR_OK, server_joined(db, id, 4000), "its minion answers");
	is_int(0, fixture_int(db, "SELECT max(due) FROM bots WHERE server_id = %lld", (long long)id), "and they are looked at");
	is_int(SERVER_READY, get(db, id).state, "it is ready");
	is_int(4000, get(db, id).joined_at, "since then");
	is_int(ERR_OK, server_joined(db, id, 9000), "answering again");
	is_int(4000, get(db, id).joined_at, "changes nothing");
	is_int(4000, get(db, id).state_since, "at all");
	is_int(ERR_OK, server_applied(db, id, 6, 5000), "an apply");
	is_int(6, get(db, id).applied_rev, "is noted");
	fixture_sql(db, "DELETE FROM agents WHERE type = 'bot'");
	is_int(ERR_OK, server_dismiss(db, id), "without bots it is");
	is_int(1, get(db, id).gone, "to go");
	fixture_sql(db, "UPDATE servers SET state = 'leaving' WHERE id = %lld", (long long)id);
	is_int(ERR_NOTFOUND, server_joined(db, id, 4000), "one that leaves does not join");
	conf_close(conf);
}

static void
take(void *ctx, const struct server *server)
{
	int64_t *sum = ctx;

	*sum = *sum * 10 + server->id % 10;
}

static void
check_lists(struct db *db)
{
	int64_t ids = 0, next = -1;

	fixture_sql(db, "DELETE FROM servers WHERE person_id IS NOT NULL; UPDATE servers SET due = 0;"
	    "INSERT INTO servers (id, minion, person_id, created_at, due) SELECT 100 + n, 'x' || n, a.id, 0, due FROM"
	    " (SELECT id FROM agents WHERE type = 'person' LIMIT 1) a,"
	    " (SELECT 1 AS n, 50 AS due UNION ALL SELECT 2, 40 UNION ALL SELECT 3, 60 UNION ALL SELECT 4, 900)");
	is_int(ERR_OK, server_due(db, 100, 2, take, &ids, &next), "two that are due");
	is_int(21, ids, "the oldest first, everybody's not");
	is_int(60, next, "the next one's time");
	ids = 0;
	is_int(ERR_OK, server_due(db, 100, 9, take, &ids, &next), "all that are");
	is_int(213, ids, "in order");
	is_int(900, next, "and when the last is");
	is_int(ERR_OK, server_set_due(db, 104, 10), "put forward");
	ids = 0;
	is_int(ERR_OK, server_due(db, 1000, 9, take, &ids, &next), "it");
	is_int(4213, ids, "comes first");
	is_int(INT64_MAX, next, "none is left");
	ids = 0;
	is_int(ERR_OK, server_list(db, 101, 2, take, &ids), "by id");
	is_int(23, ids, "after that one");
	is_int(ERR_OK, server_anew(db, 101), "a wish for a new machine");
	is_int(ERR_OK, server_anew(db, 101), "twice");
	is_int(1, get(db, 101).anew, "is one wish");
	is_int(ERR_NOTFOUND, server_anew(db, fixture_int(db, "SELECT id FROM servers WHERE person_id IS NULL")),
	    "this machine is not made anew");
	is_int(ERR_OK, server_apply(db, 101), "one more apply");
	is_int(1, get(db, 101).rev, "is a rev more");
	is_int(0, get(db, 102).rev, "of that one alone");
	fixture_sql(db, "UPDATE servers SET wanted = 'gone' WHERE id = 102");
	is_int(ERR_NOTFOUND, server_apply(db, 102), "none for one that goes");
	is_int(ERR_OK, server_apply(db, 0), "or of all");
	is_int(2, get(db, 101).rev, "it");
	is_int(1, get(db, 103).rev, "and others");
	is_int(0, get(db, 102).rev, "not of one that goes");
}

static void
check_steps(void)
{
	struct server		s = { .state = SERVER_NONE };
	struct server_way	way[SERVER_STEP__MAX];
	int			now = 0;

	for (int i = 0; i <= SERVER_STEP__MAX; i++) {
		server_steps(&s, way);
		for (int k = 0; k < SERVER_STEP__MAX; k++) {
			ok(way[k].state == (k < i ? SERVER_STEP_DONE : k == i ? SERVER_STEP_NOW : SERVER_STEP_TO_COME), "step %d of %d", k, i);
			now += way[k].usual_least > 0 && way[k].usual_most >= way[k].usual_least;
		}
		snprintf(i == 0 ? s.volume_id : i == 1 ? s.address : s.cloud_id, 9, "x");
		s.powered_at = i >= 3;
		s.joined_at = i >= 4 ? 5 : 0;
		s.state = i >= 5 ? SERVER_READY : SERVER_BUILDING;
		s.applied_at = i >= 5 ? 6 : 0;
	}
	is_int(SERVER_STEP__MAX * (SERVER_STEP__MAX + 1), now, "each has a usual time");
	for (int i = 0; i < SERVER_STATE__MAX; i++)
		ok(server_state_word((enum server_state)i) != NULL, "state %d has a word", i);
}

int
main(void)
{
	struct db *db = fixture_db();

	check_local(db);
	check_bots(db);
	check_order(db);
	check_store(db);
	check_wishes(db);
	check_awake(db);
	check_lists(db);
	check_steps();
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
