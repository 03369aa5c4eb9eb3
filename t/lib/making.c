/* lib/making: a mark is given again until its outcome is known. */

#include "lib/making.h"

#include <string.h>

#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static void
count(void *ctx, const struct making *making)
{
	(void)making;
	++*(int *)ctx;
}

static int
n_open(struct db *db, int64_t server)
{
	int n = 0;

	is_int(ERR_OK, making_each_open(db, server, count, &n), "the open ones");
	return n;
}

/* Anything else than the same server, kind and generation is another making. */
static void
check_marks(struct db *db)
{
	static const struct {
		int64_t		 server, generation;
		const char	*kind;
		int		 same;
	} cases[] = {
		{ 7, 1, "volume", 1 },
		{ 8, 1, "volume", 0 },
		{ 7, 2, "volume", 0 },
		{ 7, 1, "server", 0 },
	};
	char first[MAKING_MARK_CAP] = "", mark[MAKING_MARK_CAP];

	is_int(ERR_OK, making_open(db, 7, "volume", 1, 1000, first), "a making");
	is_int(20, (int)strspn(first, "0123456789abcdefghijklmnopqrstuvwxyz"), "has a mark");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(ERR_OK, making_open(db, cases[i].server, cases[i].kind, cases[i].generation, 2000, mark), cases[i].kind);
		is_int(cases[i].same, strcmp(mark, first) == 0, "the same mark");
	}
	is_int(ERR_INVALID, making_open(db, 7, "castle", 1, 1, mark), "a kind that there is not");
	is_int(4, (int)fixture_int(db, "SELECT count(*) FROM makings"), "so many there are");
}

static void
check_known(struct db *db)
{
	char		mark[MAKING_MARK_CAP], next[MAKING_MARK_CAP];
	struct making	making = { .server = -5 };

	is_int(ERR_OK, making_open(db, 9, "ip", 3, 5, mark), "a making");
	is_int(1, n_open(db, 9), "is open");
	is_int(ERR_OK, making_open(db, 9, "ip", 3, 6, mark), "tried again");
	is_int(ERR_NOTFOUND, making_known(db, "nosuchmark", "x"), "a mark that is not ours");
	is_int(ERR_NOTFOUND, making_get(db, "nosuchmark", &making), "is not found");
	is_int(-5, making.server, "and nothing is written");
	is_int(ERR_OK, making_known(db, mark, "thing-1"), "it was made");
	is_int(0, n_open(db, 9), "and is open no more");
	is_int(ERR_OK, making_get(db, mark, &making), "it is found");
	is_str("thing-1", making.thing, "as this thing");
	is_str("ip", making.kind, "of its kind");
	is_int(9, making.server, "its server");
	is_int(3, making.generation, "its generation");
	is_int(6, making.made_at, "and the time of the last try");
	is_int(ERR_OK, making_void(db, mark), "void");
	is_int(ERR_OK, making_get(db, mark, &making), "is not what was made");
	is_int(ERR_OK, making_open(db, 9, "ip", 3, 7, next), "the next one");
	is_int(1, strcmp(mark, next) != 0, "has a mark of its own");
	is_int(ERR_OK, making_void(db, next), "nothing came of it");
	is_int(ERR_NOTFOUND, making_get(db, next, &making), "so it never was");
	is_int(ERR_OK, making_of(db, "thing-1", &making), "what was made is found");
	is_str(mark, making.mark, "with its mark");
	is_int(ERR_NOTFOUND, making_of(db, "", &making), "what was not is none");
	is_int(ERR_OK, making_forget(db, ""), "nothing");
	is_int(ERR_OK, making_forget(db, "thing-1"), "the thing is gone");
	is_int(ERR_NOTFOUND, making_get(db, mark, &making), "and forgotten");
}

int
main(void)
{
	struct db *db = fixture_db();

	check_marks(db);
	check_known(db);
	is_int(4, (int)fixture_int(db, "SELECT count(*) FROM makings"), "the others are still there");
	is_int(ERR_OK, making_end(db, 7, "volume"), "server 7's volumes are gone");
	is_int(2, (int)fixture_int(db, "SELECT count(*) FROM makings"), "all generations of them");
	is_int(ERR_OK, making_end(db, 7, NULL), "all that it had");
	is_int(8, (int)fixture_int(db, "SELECT server_id FROM makings"), "and the other's is left");
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
