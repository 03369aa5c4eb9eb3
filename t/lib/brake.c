/* lib/brake: what was deleted lately, what may be, and letting more through. */

#include "lib/brake.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "lib/event.h"
#include "t/fixture.h"
#include "t/tap.h"
#include "worker/plan_bot.h"
#include "worker/plan_server.h"

static const enum event_what drops[BRAKE__MAX] = { EVENT_SERVER_DROP, EVENT_VOLUME_DROP, EVENT_IP_DROP, EVENT_IP6_DROP,
	EVENT_BOT_ERASE };

static int64_t
count(struct db *db, enum brake_kind kind, int64_t now)
{
	int64_t n = -1;

	is_int(ERR_OK, brake_count(db, kind, now, &n), brake_word(kind));
	return n;
}

static void
check_words(void)
{
	enum brake_kind kind;

	for (int i = 0; i < BRAKE__MAX; i++)
		ok(brake_of_word(brake_word((enum brake_kind)i), &kind) == ERR_OK && (int)kind == i, "its word and back");
	is_int(ERR_NOTFOUND, brake_of_word("root", &kind), "no other word");
	is_int(ERR_NOTFOUND, brake_of_word("", &kind), "nor none");
}

/* The plans have it by themselves. */
static void
check_limit(void)
{
	int differ = 0;

	for (int64_t there = 0; there < 200; there++)
		for (int64_t gone = 0; gone < 25; gone++) {
			differ += plan_bot_may_erase(gone, there) != (gone < brake_limit(there));
			differ += plan_server_may_drop(gone, there) != (gone < brake_limit(there));
		}
	is_int(0, differ, "it is what the plans go by");
	is_int(3, brake_limit(0), "three in any case");
	is_int(3, brake_limit(39), "of 39");
	is_int(4, brake_limit(40), "a tenth of 40");
}

static void
check_count(struct db *db, enum brake_kind kind)
{
	enum brake_kind	other = (enum brake_kind)((kind + 1) % BRAKE__MAX);
	int64_t		now = 100 * CLOCK_DAY;
	struct event	event = { .at = now - CLOCK_DAY - 1, .actor = "worker", .what = drops[kind] };

	fixture_sql(db, "DELETE FROM events");
	is_int(ERR_OK, event_add(db, &event), "more than a day ago");
	event.at = now - CLOCK_DAY;
	is_int(ERR_OK, event_add(db, &event), "a day ago");
	event.at = now + 5;
	is_int(ERR_OK, event_add(db, &event), "before the clock was set back");
	is_int(2, count(db, kind, now), "those of 24 hours count");
	is_int(0, count(db, other, now), "and only as what they are");
	is_int(ERR_OK, brake_lift(db, other, "shell:me", now), "another one is lifted");
	is_int(2, count(db, kind, now), "which changes nothing");
	is_int(ERR_OK, brake_lift(db, kind, "shell:me", now), "this one is");
	is_int(0, count(db, kind, now), "they no longer count");
	is_str("shell:me", fixture_text(db, "SELECT actor FROM events ORDER BY id DESC LIMIT 1"), "and it says who did that");
	event.at = now;
	is_int(ERR_OK, event_add(db, &event), "one more, in the same moment");
	is_int(1, count(db, kind, now), "counts again");
}

static void
is_kind(struct db *db, enum brake_kind kind, int64_t there, int64_t waiting)
{
	int64_t n = -1, m = -1;

	ok(brake_there(db, kind, &n) == ERR_OK && brake_waiting(db, kind, 1000, &m) == ERR_OK, "%s: read", brake_word(kind));
	is_int(there, n, "so many");
	is_int(waiting, m, "of which wait");
}

static void
check_waiting(struct db *db)
{
	for (int i = 0; i < BRAKE__MAX; i++)
		is_kind(db, (enum brake_kind)i, 0, 0);
	fixture_sql(db, "INSERT INTO servers (id, minion, wanted, state, created_at, volume_id, ip_id, ip6_id, cloud_id, due) VALUES"
	    " (11, 'a', 'up', 'ready', 0, 'v', 'i', 'j', 'c', 9000), (12, 'b', 'gone', 'leaving', 0, 'w', 'k', '', 'd', 9000),"
	    " (13, 'c', 'up', 'leaving', 0, 'x', '', '', '', 9000), (14, 'd', 'gone', 'none', 0, '', '', '', '', 9000);"
	    "INSERT INTO agents (id, key, type, name, created_at, updated_at) VALUES (21, 'k', 'bot', 'm', 0, 0), (22, 'l', 'bot', 'n', 0, 0),"
	    " (23, 'm', 'bot', 'o', 0, 0);"
	    "INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port, binned_at, erase_at, due) VALUES"
	    " (21, 11, 0, '1', x'00', '1', 1, 5, 1000, 9000), (22, 11, 0, '2', x'00', '2', 2, 5, 1001, 9000), (23, 11, 0, '3', x'00', '3', 3, NULL, NULL, 9000);"
	    "UPDATE servers SET due = 9000");
	is_kind(db, BRAKE_SERVER, 2, 1);
	is_kind(db, BRAKE_VOLUME, 3, 2);
	is_kind(db, BRAKE_IP, 2, 1);
	is_kind(db, BRAKE_IP6, 1, 0);
	is_kind(db, BRAKE_BOT, 3, 1);
	is_int(ERR_OK, brake_lift(db, BRAKE_BOT, "shell:me", 1000), "lifted for bots");
	is_str("21", fixture_text(db, "SELECT group_concat(id) FROM bots WHERE due = 0"), "those that wait are due");
	is_int(0, fixture_int(db, "SELECT count(*) FROM servers WHERE due = 0"), "no server is");
	is_int(ERR_OK, brake_lift(db, BRAKE_VOLUME, "shell:me", 1000), "lifted for volumes");
	is_str("12,13", fixture_text(db, "SELECT group_concat(id) FROM servers WHERE due = 0"), "the servers that go are due");
}

int
main(void)
{
	struct db *db = fixture_db();

	check_words();
	check_limit();
	for (int i = 0; i < BRAKE__MAX; i++)
		check_count(db, (enum brake_kind)i);
	check_waiting(db);
	db_close(db);
	return tap_end();
}
