/* lib/sample: measurements as minutes, hours and days. */

#include "lib/sample.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static const int64_t day = INT64_C(20000) * 86400000;	/* starts a day */

struct list {
	int		n;
	struct sample	first, last;
};

static void
take(void *ctx, const struct sample *sample)
{
	struct list *list = ctx;

	if (list->n++ == 0)
		list->first = *sample;
	list->last = *sample;
}

static struct list
listed(struct db *db, int64_t bot, int step, int64_t from, int64_t to)
{
	struct list list = { 0 };

	is_int(ERR_OK, sample_list(db, bot, step, from, to, take, &list), "listed");
	return list;
}

static void
add(struct db *db, int64_t bot, int64_t at, int64_t n)
{
	struct sample sample = { at, n, n, n, n, n, 10000 };

	is_int(ERR_OK, sample_add(db, bot, &sample), "added");
}

static void
check_sums(struct db *db, int64_t bot)
{
	struct list list;

	add(db, bot, day + 1, 7);
	add(db, bot, day + 59999, 9);
	add(db, bot, day + 60000, 5);
	list = listed(db, bot, 60, day, day + CLOCK_HOUR);
	is_int(2, list.n, "two minutes");
	is_int(day, list.first.at, "the first");
	ok(list.first.memory == 9 && list.first.peers == 9, "has the largest");
	ok(list.first.bytes_in == 16 && list.first.bytes_out == 16, "and the sum");
	is_int(20000, list.first.alive_ms, "of its time too");
	is_int(day + 60000, list.last.at, "the second starts at its start");
	list = listed(db, bot, 3600, day, day + CLOCK_HOUR);
	is_int(1, list.n, "one hour");
	ok(list.first.disk == 5 && list.first.memory == 9 && list.first.bytes_in == 21, "last disk, largest memory, sum");
	list = listed(db, bot, 86400, day, day + CLOCK_DAY);
	ok(list.n == 1 && list.first.at == day && list.first.bytes_in == 21, "and one day");
	for (int i = 0; i < 10; i++)
		add(db, bot, day + 2, 1);
	list = listed(db, bot, 60, day, day + 1);
	is_int(60000, list.first.alive_ms, "a minute is alive for a minute at most");
}

static void
check_ranges(struct db *db, int64_t bot, int64_t other)
{
	is_int(0, listed(db, bot, 60, day + 1, day + 60000).n, "from and to are exact");
	is_int(1, listed(db, bot, 60, day + 1, day + 60001).n, "to the millisecond");
	is_int(0, listed(db, other, 60, 0, day * 2).n, "another bot has none");
	is_int(0, listed(db, bot, 61, 0, day * 2).n, "nor has another step");
}

static void
check_refusal(struct db *db, int64_t bot)
{
	struct sample	huge = { day, 1, 1, INT64_MAX / 2, INT64_MAX / 2, 1, 1 };
	struct list	list;

	is_int(ERR_INVALID, sample_add(db, 99999, &huge), "no bot, no sample");
	is_int(ERR_OK, sample_add(db, bot, &huge), "numbers without end");
	is_int(ERR_OK, sample_add(db, bot, &huge), "and again");
	list = listed(db, bot, 60, day, day + 1);
	is_int(INT64_C(1) << 60, list.first.bytes_in, "end somewhere");
}

static void
check_thin(struct db *db, int64_t bot)
{
	int left = -1;

	fixture_sql(db, "DELETE FROM samples");
	add(db, bot, day, 1);
	add(db, bot, day + 60000, 1);
	add(db, bot, day + 120000, 1);
	is_int(ERR_OK, sample_thin(db, day + 2 * CLOCK_DAY, 10, &left), "after two days");
	is_int(3, listed(db, bot, 60, 0, day * 2).n, "all minutes are there");
	is_int(0, left, "and no more is to do");
	is_int(ERR_OK, sample_thin(db, day + 2 * CLOCK_DAY + 60001, 1, &left), "a minute later, by one");
	is_int(2, listed(db, bot, 60, 0, day * 2).n, "one went");
	is_int(1, left, "and more may be to do");
	is_int(ERR_OK, sample_thin(db, day + 2 * CLOCK_DAY + 60001, 10, &left), "the rest");
	is_int(1, listed(db, bot, 60, 0, day * 2).n, "of two");
	is_int(0, left, "is done");
	is_int(1, listed(db, bot, 3600, 0, day * 2).n, "the hour stays");
	is_int(ERR_OK, sample_thin(db, day + 60 * CLOCK_DAY, 10, &left), "for 60 days");
	is_int(1, listed(db, bot, 3600, 0, day * 2).n, "exactly");
	is_int(ERR_OK, sample_thin(db, day + 60 * CLOCK_DAY + 1, 10, &left), "and then");
	is_int(0, listed(db, bot, 3600, 0, day * 2).n, "goes");
	is_int(ERR_OK, sample_thin(db, day + 5 * 365 * CLOCK_DAY, 10, &left), "the day");
	is_int(1, listed(db, bot, 86400, 0, day * 2).n, "stays five years");
	is_int(ERR_OK, sample_thin(db, day + 5 * 365 * CLOCK_DAY + 1, 10, &left), "and then");
	is_int(0, listed(db, bot, 86400, 0, day * 2).n, "goes too");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct conf	*conf = fixture_conf("");
	int64_t		 alice = fixture_person(db, "alice@example.org");
	struct bot	 bot = fixture_bot(db, conf, alice, "one");
	struct bot	 other = fixture_bot(db, conf, alice, "two");

	check_sums(db, bot.id);
	check_ranges(db, bot.id, other.id);
	check_refusal(db, bot.id);
	check_thin(db, bot.id);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	conf_close(conf);
	return tap_end();
}
