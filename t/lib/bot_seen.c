/* lib/bot_seen and the view bot_states: what is known of a bot, and what is said of it. */

#include "lib/bot.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

/* ---- how it is ---- */

/* A bot that all is well with, and a worker that watches; each row below changes something of it. */
static const char well[] =
    "UPDATE worker SET seen_at = baas_now();"
    "UPDATE bots SET wanted = 'running', restarts = 1, rebuilds = 1, seen_restarts = 1, seen_rebuilds = 1,"
    " wished_at = baas_now() - 600000, binned_at = NULL, suspended_at = NULL, seen_at = baas_now(), running = 1,"
    " started_at = baas_now() - 500000, proven_at = baas_now(), fails = 0, reason = ''";

static const struct {
	enum bot_status	 status;
	const char	*set;
	const char	*what;
} states[] = {
	{ BOT_ALIVE, "fails = 0", "proven now" },
	{ BOT_ALIVE, "fails = 1", "one fail is none" },
	{ BOT_ALIVE, "proven_at = baas_now() - 25000", "proven 25 s ago" },
	{ BOT_STARTING, "proven_at = baas_now() - 31000", "proven 31 s ago" },
	{ BOT_STARTING, "proven_at = NULL", "never proven" },
	{ BOT_STARTING, "proven_at = started_at - 1", "proven in the run before" },
	{ BOT_STARTING, "started_at = baas_now() + 1, proven_at = baas_now()", "proven before this run" },
	{ BOT_STARTING, "running = 0, proven_at = baas_now()", "proven, but not running" },
	{ BOT_STARTING, "restarts = 2", "to be restarted" },
	{ BOT_STARTING, "rebuilds = 2", "to be rebuilt" },
	{ BOT_STARTING, "running = 0, started_at = NULL, proven_at = NULL", "not started yet" },
	{ BOT_STARTING, "seen_at = NULL, wished_at = baas_now() - 25000", "just ordered" },
	{ BOT_STARTING, "wanted = 'stopped', restarts = 2", "to be stopped, and yet running" },
	{ BOT_ALIVE, "wanted = 'stopped'", "to be stopped, and still alive" },
	{ BOT_UNKNOWN, "seen_at = NULL, wished_at = baas_now() - 31000", "ordered, and never seen" },
	{ BOT_UNKNOWN, "seen_at = baas_now() - 31000", "running when last seen, 31 s ago" },
	{ BOT_ALIVE, "seen_at = baas_now() - 25000", "or 25" },
	{ BOT_UNKNOWN, "seen_at = baas_now() - 31000, fails = 9", "unknown comes before unhealthy" },
	{ BOT_UNKNOWN, "running = 0, seen_at = baas_now() - 181000", "not running when last seen, 181 s ago" },
	{ BOT_STARTING, "running = 0, seen_at = baas_now() - 170000", "or 170" },
	{ BOT_STOPPED, "wanted = 'stopped', running = 0", "asleep" },
	{ BOT_STOPPED, "wanted = 'stopped', running = 0, fails = 9", "asleep, whatever was" },
	{ BOT_STOPPED, "wanted = 'stopped', running = 0, restarts = 2", "asleep, to be restarted one day" },
	{ BOT_STOPPED, "wanted = 'stopped', running = 0, seen_at = baas_now() - 170000", "asleep 170 s ago" },
	{ BOT_UNKNOWN, "wanted = 'stopped', running = 0, seen_at = baas_now() - 181000", "asleep 181 s ago" },
	{ BOT_UNKNOWN, "seen_at = baas_now() + 9000, proven_at = seen_at", "seen in the future: the clock was set back" },
	{ BOT_UNKNOWN, "seen_at = NULL, wished_at = baas_now() + 9000", "ordered in the future, and never seen" },
	{ BOT_STARTING, "proven_at = baas_now() + 9000", "proven in the future only" },
	{ BOT_UNHEALTHY, "fails = 2, proven_at = baas_now() + 9000", "likewise, and two fails" },
	{ BOT_ALIVE, "seen_at = baas_now() + 4000, proven_at = baas_now() + 4000", "a little in the future" },
	{ BOT_ALIVE, "fails = 2, proven_at = seen_at", "two fails, and proven since" },
	{ BOT_UNHEALTHY, "fails = 2, proven_at = seen_at - 1", "two fails, and not proven since" },
	{ BOT_UNHEALTHY, "fails = 2, proven_at = NULL", "two fails, and never proven" },
	{ BOT_STARTING, "fails = 1, proven_at = NULL", "one fail, and never proven" },
	{ BOT_UNHEALTHY, "fails = 2, running = 0", "two fails, and down" },
	{ BOT_UNHEALTHY, "fails = 2, proven_at = NULL, restarts = 2", "two fails, to be restarted" },
	{ BOT_SUSPENDED, "suspended_at = 1", "paused" },
	{ BOT_SUSPENDED, "suspended_at = 1, seen_at = NULL", "paused, seen or not" },
	{ BOT_DELETING, "binned_at = 1", "in the bin" },
	{ BOT_DELETING, "binned_at = 1, suspended_at = 1, seen_at = NULL", "in the bin, whatever else" },
};

static enum bot_status
status_of(struct db *db, int64_t id)
{
	struct bot bot = { .status = BOT_STATUS__MAX };

	if (bot_of_id(db, id, &bot) != ERR_OK)
		diag("the bot can't be read");
	return bot.status;
}

static void
check_states(struct db *db, int64_t id)
{
	int seen[BOT_STATUS__MAX] = { 0 };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		fixture_sql(db, "%s", well);
		fixture_sql(db, "UPDATE bots SET %s WHERE id = %d", states[i].set, (int)id);
		is_str(bot_status_word(states[i].status), bot_status_word(status_of(db, id)), states[i].what);
		seen[states[i].status]++;
	}
	for (int i = 0; i < BOT_STATUS__MAX; i++)
		ok(seen[i] > 0 && bot_status_tag((enum bot_status)i)[0] == '#', "each status was met, and has a tag");
}

/* A dead worker turns all unsure but what only wishes say. */
static void
check_worker_away(struct db *db, int64_t id)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		enum bot_status want = states[i].status;

		if (want != BOT_SUSPENDED && want != BOT_DELETING)
			want = BOT_UNKNOWN;
		fixture_sql(db, "%s", well);
		fixture_sql(db, "UPDATE bots SET %s WHERE id = %d", states[i].set, (int)id);
		fixture_sql(db, "UPDATE worker SET seen_at = baas_now() - 31000");
		is_str(bot_status_word(want), bot_status_word(status_of(db, id)), "the worker is away");
	}
	fixture_sql(db, "%s; UPDATE worker SET seen_at = baas_now() + 9000", well);
	is_int(BOT_UNKNOWN, status_of(db, id), "a life sign in the future is none");
	fixture_sql(db, "%s; UPDATE worker SET seen_at = baas_now() - 25000", well);
	is_int(BOT_ALIVE, status_of(db, id), "25 s are not away");
}

static void
check_hurry(struct db *db, int64_t id)
{
	static const struct {
		const char	*set, *what;
		int		 hurried;
	} rows[] = {
		{ "due = baas_now() + 119000", "what is due soon stays", 0 },
		{ "due = baas_now() + 3600000", "what is due in an hour is due now", 1 },
		{ "due = baas_now() + 3600000, binned_at = 1, erase_at = baas_now() + 9999", "in the bin too", 1 },
		{ "due = baas_now() + 3600000, binned_at = 1, erase_at = 2", "but not what the brake has put off", 0 },
		{ "due = baas_now() + 7300000, binned_at = 1, erase_at = 2", "unless for longer than it does", 1 },
	};
	int n = -1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_sql(db, "UPDATE bots SET due = 0; %s", well);
		fixture_sql(db, "UPDATE bots SET %s WHERE id = %d", rows[i].set, (int)id);
		is_int(ERR_OK, bot_hurry(db, clock_now(), 9, &n), "hurried");
		is_int(rows[i].hurried, n, rows[i].what);
	}
	fixture_sql(db, "%s", well);
	fixture_sql(db, "UPDATE bots SET due = baas_now() + 3600000");
	is_int(ERR_OK, bot_hurry(db, clock_now(), 0, &n), "no more than it is told");
	is_int(0, n, "at a time");
	fixture_sql(db, "UPDATE bots SET due = 0");
}

/* A pub stopped by SIGSTOP runs, and answers nothing: looks fail, proofs age, fails add up. */
static void
check_frozen(struct db *db, int64_t id)
{
	struct bot_seen		mute = { .running = 1, .failed = 1, .reason = "it does not answer" };
	struct bot_moved	moved;
	struct bot		bot;

	fixture_sql(db, "%s; UPDATE bots SET proven_at = baas_now() - 10000", well);
	is_int(ERR_OK, bot_of_id(db, id, &bot), "a bot that is well");
	mute.started_at = bot.started_at;
	is_int(BOT_ALIVE, bot.status, "is alive");
	is_int(ERR_OK, bot_saw(db, &bot, &mute, clock_now(), 1, &moved), "one look without an answer");
	is_int(BOT_ALIVE, status_of(db, id), "is forgiven");
	is_int(ERR_OK, bot_saw(db, &bot, &mute, clock_now(), 1, &moved), "two");
	is_int(BOT_UNHEALTHY, status_of(db, id), "are not");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "read again");
	is_str("it does not answer", bot.reason, "and it says why");
	fixture_sql(db, "UPDATE bots SET fails = 0, proven_at = baas_now() - 30001");
	is_int(BOT_STARTING, status_of(db, id), "nor is it alive on an old proof");
}

/* ---- looks ---- */

static const int64_t may = INT64_C(1777593600000) + 5 * CLOCK_DAY;	/* of 2026 */
static const int64_t june = INT64_C(1777593600000) + 31 * CLOCK_DAY;

static const struct {
	const char	*what;
	int64_t		 run;		/* started_at */
	int		 has_numbers;
	int64_t		 in, out;	/* as the pub counts */
	int64_t		 at;
	int64_t		 moved_in, moved_out, month_in, month_out;
} looks[] = {
	{ "the first look", 100, 1, 10, 20, may, 10, 20, 10, 20 },
	{ "nothing moved", 100, 1, 10, 20, may, 0, 0, 10, 20 },
	{ "some moved", 100, 1, 15, 27, may, 5, 7, 15, 27 },
	{ "no answer", 100, 0, 0, 0, may, 0, 0, 15, 27 },
	{ "not even a start", 0, 0, 0, 0, may, 0, 0, 15, 27 },
	{ "what moved meanwhile", 100, 1, 16, 28, may, 1, 1, 16, 28 },
	{ "a new run", 200, 1, 3, 4, may, 3, 4, 19, 32 },
	{ "another that has moved more already", 300, 1, 5, 6, may, 5, 6, 24, 38 },
	{ "a new run that doesn't answer yet", 400, 0, 0, 0, may, 0, 0, 24, 38 },
	{ "and then does", 400, 1, 9, 9, may, 9, 9, 33, 47 },
	{ "a count that went back", 400, 1, 2, 3, may, 2, 3, 35, 50 },
	{ "a new month", 400, 1, 3, 5, june, 1, 2, 1, 2 },
	{ "and on", 400, 1, 4, 6, june, 1, 1, 2, 3 },
	{ "a count below nothing", 400, 1, -5, -1, june, 0, 0, 2, 3 },
	{ "a count beyond all", 400, 1, INT64_MAX, 0, june, INT64_C(1) << 50, 0, (INT64_C(1) << 50) + 2, 3 },
};

static void
check_traffic(struct db *db, int64_t id)
{
	fixture_sql(db, "UPDATE bots SET started_at = NULL WHERE id = %d", (int)id);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		struct bot_seen		seen = { .running = 1, .started_at = looks[i].run, .has_numbers = looks[i].has_numbers,
		    .bytes_in = looks[i].in, .bytes_out = looks[i].out };
		struct bot_moved	moved = { -9, -9 };
		struct bot		bot;

		is_int(ERR_OK, bot_of_id(db, id, &bot), "read");
		is_int(ERR_OK, bot_saw(db, &bot, &seen, looks[i].at, 7, &moved), looks[i].what);
		is_int(ERR_OK, bot_of_id(db, id, &bot), "and read again");
		is_int(looks[i].moved_in, moved.in, "what came in");
		is_int(looks[i].moved_out, moved.out, "and went out");
		is_int(looks[i].month_in, bot.month_in, "in since the month began");
		is_int(looks[i].month_out, bot.month_out, "and out");
	}
	is_str("2026-06", fixture_text(db, "SELECT month FROM bots WHERE id = %d", (int)id), "the month is named");
}

static void
check_month_end(struct db *db, int64_t id)
{
	struct bot_seen		seen = { .running = 1, .started_at = 400, .has_numbers = 1, .bytes_in = 7, .bytes_out = 7 };
	struct bot_moved	moved;
	struct bot		bot;

	fixture_sql(db, "UPDATE bots SET month_in = 1 << 60, run_in = 0 WHERE id = %d", (int)id);
	is_int(ERR_OK, bot_of_id(db, id, &bot), "a month that is full");
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, 7, &moved), "takes a look");
	is_int(INT64_C(1) << 60, fixture_int(db, "SELECT month_in FROM bots WHERE id = %d", (int)id), "and no more");
}

static void
check_numbers(struct db *db, int64_t id)
{
	struct bot_seen		seen = { .running = 1, .started_at = 500, .proven = 1, .has_numbers = 1, .restarts = 2,
	    .rebuilds = 3, .peers = 4, .feeds = 5, .messages = 6, .disk_log = 7, .disk_blobs = 8, .disk_indexes = 9,
	    .memory = 10, .release = "1.0.0" };
	struct bot_seen		none = { .reason = "no answer" };
	struct bot_moved	moved;
	struct bot		bot;

	is_int(ERR_OK, bot_of_id(db, id, &bot), "a bot");
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, 7, &moved), "is looked at");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "and then");
	ok(bot.seen_restarts == 2 && bot.seen_rebuilds == 3 && bot.peers == 4 && bot.feeds == 5 && bot.messages == 6,
	    "its numbers are known");
	ok(bot.disk_log == 7 && bot.disk_blobs == 8 && bot.disk_indexes == 9 && bot.memory == 10, "and its sizes");
	is_str("1.0.0", bot.seen_release, "and its release");
	ok(bot.running && bot.started_at == 500 && bot.proven_at == june && bot.seen_at == june, "and when");
	is_int(ERR_OK, bot_saw(db, &bot, &none, june + 5, 7, &moved), "a look at one that is down");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "and then");
	ok(bot.peers == -1 && bot.memory == -1, "what only a run has is not known");
	ok(bot.feeds == 5 && bot.disk_log == 7 && bot.seen_restarts == 2, "the rest is");
	ok(!bot.running && bot.started_at == 500 && bot.proven_at == june && bot.seen_at == june + 5, "and when");
	is_str("no answer", bot.reason, "and why");
	seen.feeds = -1;
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june + 9, 7, &moved), "a number below nothing");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "and then");
	is_int(-1, bot.feeds, "is none");
	is_str("", bot.reason, "the reason is gone");
}

static void
check_fails(struct db *db, int64_t id)
{
	struct bot_seen		bad = { .failed = 1 }, plain = { 0 }, good = { .well = 1 };
	struct bot_moved	moved;
	struct bot		bot;

	fixture_sql(db, "UPDATE bots SET fails = 0");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "a bot");
	is_int(ERR_OK, bot_saw(db, &bot, &bad, june, 7, &moved), "fails");
	is_int(ERR_OK, bot_saw(db, &bot, &bad, june, 7, &moved), "twice");
	is_int(ERR_OK, bot_saw(db, &bot, &plain, june, 7, &moved), "and not");
	is_int(2, fixture_int(db, "SELECT fails FROM bots WHERE id = %d", (int)id), "two are counted");
	is_int(ERR_OK, bot_saw(db, &bot, &good, june, 7, &moved), "long enough");
	is_int(0, fixture_int(db, "SELECT fails FROM bots WHERE id = %d", (int)id), "and it is forgotten");
}

static void
check_long_texts(struct db *db, int64_t id)
{
	char			reason[1000], release[100];
	struct bot_seen		seen = { .has_numbers = 1, .reason = reason, .release = release };
	struct bot_moved	moved;
	struct bot		bot;

	reason[0] = 'x';
	for (int i = 0; i < 300; i++)
		memcpy(reason + 1 + 3 * i, "\xe2\x82\xac", 4);
	memset(release, '9', sizeof(release));
	release[sizeof(release) - 1] = '\0';
	is_int(ERR_OK, bot_of_id(db, id, &bot), "a bot");
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, 7, &moved), "says a lot");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "and can be read");
	is_int(199, (int64_t)strlen(bot.reason), "199 bytes of it");
	is_int(BOT_RELEASE_CAP - 1, (int64_t)strlen(bot.seen_release), "and of a release");
	reason[1] = 'y';
	memmove(reason + 2, reason + 4, 800);
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, 7, &moved), "another way");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "can be read");
	is_int(197, (int64_t)strlen(bot.reason), "a letter is not cut in two");
}

/* ---- attention ---- */

struct list {
	struct db	*db;
	int		 n;
	char		 names[256];
};

static void
take(void *ctx, const struct bot *bot)
{
	struct list	*list = ctx;
	size_t		 n = strlen(list->names);

	list->n++;
	snprintf(list->names + n, sizeof(list->names) - n, "%s ", bot->name);
	if (bot_set_due(list->db, bot, 9000) != ERR_OK || db_open_statements(list->db) != 0)
		diag("trouble within a call");
}

static void
check_due(struct db *db)
{
	struct list	list = { .db = db }, rest = { .db = db }, none = { .db = db };
	int64_t		next = -5;

	fixture_sql(db, "UPDATE bots SET due = 1000 * id");
	fixture_sql(db, "UPDATE bots SET due = 10 WHERE id = (SELECT max(id) FROM bots)");
	is_int(ERR_OK, bot_due(db, 9, 10, take, &none, &next), "before its time");
	is_int(0, none.n, "none is due");
	is_int(10, next, "and it is known when");
	is_int(ERR_OK, bot_due(db, 5000, 2, take, &list, &next), "two of three that are due");
	is_str("three one ", list.names, "the longest overdue first");
	is_int(3000, next, "the third is next");
	is_int(ERR_OK, bot_due(db, 5000, 2, take, &rest, &next), "again");
	is_str("two ", rest.names, "it comes");
	is_int(9000, next, "then those that were put off");
	fixture_sql(db, "UPDATE bots SET due = 0");
	list = (struct list){ .db = db };
	is_int(ERR_OK, bot_due(db, 5000, 3, take, &list, &next), "all");
	is_int(INT64_MAX, next, "and none after them");
}

/* A wish that comes while the worker looks must not wait for the next look. */
static void
check_wish_meanwhile(struct db *db, int64_t alice, int64_t id)
{
	struct bot_seen		seen = { .running = 1 };
	struct bot_moved	moved;
	struct bot		bot;

	is_int(ERR_OK, bot_of_id(db, id, &bot), "a look begins");
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, june + 10000, &moved), "and ends");
	is_int(june + 10000, fixture_int(db, "SELECT due FROM bots WHERE id = %d", (int)id), "the next has its time");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "another begins");
	is_int(ERR_OK, bot_want(db, alice, id, 1, bot.wished_at), "a wish comes");
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, june + 10000, &moved), "it ends");
	is_int(0, fixture_int(db, "SELECT due FROM bots WHERE id = %d", (int)id), "and is due at once");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "a third begins");
	is_int(ERR_OK, bot_wake(db, id, bot.wished_at), "an invite is ordered");
	is_int(ERR_OK, bot_set_due(db, &bot, june), "it ends");
	is_int(0, fixture_int(db, "SELECT due FROM bots WHERE id = %d", (int)id), "and is due at once");
}

/* ---- place, and the rest ---- */

static void
check_ports(struct db *db, int64_t first, int64_t second)
{
	int port = -5;

	is_int(ERR_EXISTS, bot_set_port(db, second, 8008), "a port that another has");
	is_int(ERR_INVALID, bot_set_port(db, second, 0), "no port");
	is_int(ERR_INVALID, bot_set_port(db, second, 65536), "nor that");
	is_int(8009, fixture_int(db, "SELECT port FROM bots WHERE id = %d", (int)second), "nothing has changed");
	is_int(ERR_OK, bot_free_port(db, 1, 8008, &port), "the lowest that is free");
	is_int(8011, port, "is after the three");
	is_int(ERR_OK, bot_free_port(db, 1, 8012, &port), "from higher up");
	is_int(8012, port, "it is that one itself");
	is_int(ERR_OK, bot_free_port(db, 2, 8008, &port), "on another server");
	is_int(8008, port, "all are free");
	is_int(ERR_OK, bot_set_port(db, second, 9000), "moved");
	is_int(ERR_OK, bot_free_port(db, 1, 8008, &port), "the gap");
	is_int(8009, port, "is found");
	is_int(ERR_OK, bot_set_port(db, first, 65535), "to the end");
	port = -5;
	is_int(ERR_NOTFOUND, bot_free_port(db, 1, 65535, &port), "there is none after it");
	is_int(-5, port, "and nothing is written");
}

static void
check_marks(struct db *db, int64_t id)
{
	struct bot bot;

	is_int(ERR_OK, bot_noted_status(db, id, "alive", 5), "a status");
	is_int(ERR_OK, bot_over(db, id, "boot", 6), "an end");
	is_int(ERR_OK, bot_invites_seen(db, id, 8), "invites");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "are all there");
	is_str("alive", bot.last_status, "the status");
	is_str("boot", bot.over_boot, "the boot");
	ok(bot.status_since == 5 && bot.over_at == 6 && bot.invites_seen == 8, "and the numbers");
}

static void
check_forget(struct db *db, int64_t id)
{
	struct bot_seen		seen = { .running = 1, .started_at = 900, .proven = 1, .has_numbers = 1, .bytes_in = 50 };
	struct bot_moved	moved;
	struct bot		bot;

	is_int(ERR_OK, bot_of_id(db, id, &bot), "a bot");
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, june, &moved), "was seen");
	is_int(ERR_OK, bot_forget(db), "all is forgotten");
	is_int(ERR_OK, bot_of_id(db, id, &bot), "it");
	ok(bot.seen_at == 0 && !bot.running && bot.proven_at == 0 && bot.fails == 0 && bot.due == 0, "is not known, and due");
	ok(bot.peers == -1 && bot.feeds == -1 && bot.disk_log == -1, "nor its numbers");
	fixture_sql(db, "UPDATE worker SET seen_at = baas_now()");
	is_int(BOT_UNKNOWN, status_of(db, id), "so nothing is said of it");
	seen.bytes_in = 60;
	is_int(ERR_OK, bot_saw(db, &bot, &seen, june, june, &moved), "seen again");
	is_int(10, moved.in, "no byte counts twice");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct conf	*conf = fixture_conf("");
	int64_t		 alice = fixture_person(db, "alice@example.org");
	struct bot	 one = fixture_bot(db, conf, alice, "one");
	struct bot	 two = fixture_bot(db, conf, alice, "two");

	fixture_bot(db, conf, alice, "three");
	check_states(db, one.id);
	check_hurry(db, one.id);
	check_worker_away(db, one.id);
	check_frozen(db, one.id);
	check_traffic(db, two.id);
	check_month_end(db, two.id);
	check_numbers(db, two.id);
	check_fails(db, two.id);
	check_long_texts(db, two.id);
	check_due(db);
	check_wish_meanwhile(db, alice, one.id);
	check_ports(db, one.id, two.id);
	check_marks(db, one.id);
	check_forget(db, two.id);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	conf_close(conf);
	return tap_end();
}
