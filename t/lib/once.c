/* lib/once: the same form twice. */

#include "lib/once.h"

#include "lib/clock.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 alice = fixture_person(db, "alice@example.org");
	int64_t		 eve = fixture_person(db, "eve@example.org");
	int64_t		 now = clock_now();
	char		 at[16] = "as it was";

	is_int(ERR_NOTFOUND, once_get(db, alice, "x", at, sizeof(at)), "the first time there is no answer");
	is_str("as it was", at, "and nothing is written");
	is_int(ERR_OK, once_add(db, alice, "x", "/agents/one", now), "it is remembered");
	is_int(ERR_OK, once_get(db, alice, "x", at, sizeof(at)), "the second time it is there");
	is_str("/agents/one", at, "with the place");
	is_int(ERR_EXISTS, once_add(db, alice, "x", "/agents/two", now), "it can't be given another");
	is_int(ERR_NOTFOUND, once_get(db, eve, "x", at, sizeof(at)), "another person's is another");
	is_int(ERR_OK, once_add(db, eve, "x", "/agents/eve", now), "and can have an answer of its own");
	is_int(ERR_FAULT, once_get(db, alice, "x", at, 11), "a place that doesn't fit is a fault");
	is_int(ERR_OK, once_get(db, alice, "x", at, 12), "one that just fits is not");

	is_int(ERR_OK, once_add(db, alice, "y", "/", now + CLOCK_DAY), "a day later");
	is_int(ERR_OK, once_get(db, alice, "x", at, sizeof(at)), "it is still known");
	is_int(ERR_OK, once_add(db, alice, "z", "/", now + CLOCK_DAY + 1), "more than a day later");
	is_int(ERR_NOTFOUND, once_get(db, alice, "x", at, sizeof(at)), "it is forgotten");

	is_int(ERR_OK, once_forget(db, alice), "when alice leaves");
	is_int(0, fixture_int(db, "SELECT count(*) FROM onces WHERE person_id = %d", (int)alice), "hers go");
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
