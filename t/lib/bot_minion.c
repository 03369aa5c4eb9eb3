/* lib/bot_minion: the bots of one server, and a number that tells of every change. */

#include "lib/bot_minion.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

struct found {
	int		 n;
	struct bot_minion last;
	enum err	 answer;
};

static enum err
take(void *ctx, const struct bot_minion *bot)
{
	struct found *found = ctx;

	found->n++;
	found->last = *bot;
	return found->answer;
}

static int64_t
rev_of(struct db *db, const char *minion)
{
	struct found	found = { 0 };
	int64_t		rev = -7;

	is_int(ERR_OK, bot_minion_list(db, minion, &rev, take, &found), minion);
	return rev;
}

#define ONE	"(SELECT id FROM agents WHERE key = 'theone')"

/* Each change of what the pillar says, and some that are none. */
static void
check_rev(struct db *db)
{
	const struct {
		const char	*sql;
		int		 changes;
	} steps[] = {
		{ "UPDATE bots SET wanted = 'stopped' WHERE id = " ONE, 1 },
		{ "UPDATE bots SET restarts = restarts + 1 WHERE id = " ONE, 1 },
		{ "UPDATE bots SET rebuilds = 1 WHERE id = " ONE, 1 },
		{ "UPDATE bots SET release = '1.2.3' WHERE id = " ONE, 1 },
		{ "UPDATE bots SET port = 9999 WHERE id = " ONE, 1 },
		{ "UPDATE bots SET suspended_at = 1 WHERE id = " ONE, 1 },
		{ "UPDATE bots SET binned_at = 1, erase_at = 2 WHERE id = " ONE, 1 },
		{ "UPDATE agents SET name = 'newname' WHERE id = " ONE, 1 },
		{ "INSERT INTO intents (subject, act, opened_at) VALUES ('bot:' || " ONE ", 'erase', 0)", 1 },
		{ "DELETE FROM intents WHERE subject = 'bot:' || " ONE, 1 },
		{ "INSERT INTO intents (subject, act, opened_at) VALUES ('server:' || " ONE ", 'erase', 0)", 0 },
		{ "UPDATE bots SET seen_at = 5, running = 1, fails = 2, due = 77, memory = 3 WHERE id = " ONE, 0 },
		{ "UPDATE agents SET description = 'x', updated_at = 9 WHERE id = " ONE, 0 },
		{ "DELETE FROM agents WHERE id = " ONE, 1 },
	};
	int64_t	before = rev_of(db, "p1-g1"), others = rev_of(db, "p2-g1"), after;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		fixture_sql(db, "%s", steps[i].sql);
		after = rev_of(db, "p1-g1");
		is_int(steps[i].changes, after > before, steps[i].sql);
		is_int(1, after >= before, "never back");
		before = after;
	}
	is_int(others, rev_of(db, "p2-g1"), "the other server's is as it was");
}

static void
check_list(struct db *db, const struct bot *one, const struct bot *two)
{
	struct found	found = { 0 };
	int64_t		rev = -7, alone = -7;

	is_int(ERR_NOTFOUND, bot_minion_list(db, "p1", &rev, take, &found), "there is no such server");
	is_int(ERR_NOTFOUND, bot_minion_list(db, "", &rev, take, &found), "none without a name");
	is_int(-7, rev, "nothing is written");
	is_int(0, found.n, "nothing is told");
	is_int(ERR_OK, bot_minion_list(db, "p1-g1", &rev, take, &found), "one that there is");
	is_int(1, found.n, "has its own bot only");
	is_str(one->key, found.last.key, "this one");
	is_str(one->public_key, found.last.public_key, "with its id");
	is_str("running", found.last.wanted, "wanted");
	is_int(1, found.last.sealed_n > 100, "and its secret, sealed");
	is_int(ERR_OK, bot_minion_list(db, "p2-g1", &rev, take, &found), "the other");
	is_str(two->key, found.last.key, "has the other");
	found.answer = ERR_BUSY;
	is_int(ERR_BUSY, bot_minion_list(db, "p2-g1", &rev, take, &found), "whatever each says is the answer");
	is_int(ERR_OK, bot_minion_list(db, "empty", &rev, take, &found), "a server without bots is one, too");
	is_int(0, db_open_statements(db), "nothing is left open");
	fixture_sql(db, "UPDATE servers SET wanted = 'gone' WHERE minion = 'empty'");
	is_int(ERR_NOTFOUND, bot_minion_list(db, "empty", &rev, take, &found), "until it is to go");
	is_int(rev_of(db, "p1-g1"), bot_minion_rev(db, "p1-g1", &alone) == ERR_OK ? alone : -1, "the rev alone is the same");
	is_int(ERR_NOTFOUND, bot_minion_rev(db, "empty", &alone), "and has no other servers");
	is_int(ERR_NOTFOUND, bot_minion_rev(db, "p1", &alone), "nor those that never were");
	is_int(0, db_open_statements(db), "nothing is left open by it");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct conf	*conf = fixture_conf("");
	int64_t		 alice = fixture_person(db, "alice@example.org"), bob = fixture_person(db, "bob@example.org");
	struct bot	 one, two;

	fixture_sql(db, "INSERT INTO servers (minion, person_id, created_at) VALUES ('p1-g1', %lld, 0), ('p2-g1', %lld, 0),"
	    " ('empty', NULL, 0)", (long long)alice, (long long)bob);
	one = fixture_bot(db, conf, alice, "one");
	two = fixture_bot(db, conf, bob, "two");
	check_list(db, &one, &two);
	fixture_sql(db, "UPDATE agents SET key = 'theone' WHERE key = '%s'", one.key);
	check_rev(db);
	conf_close(conf);
	db_close(db);
	return tap_end();
}
