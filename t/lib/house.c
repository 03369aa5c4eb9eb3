/* lib/house: which database this is, and whether the file is at home. */

#include "lib/house.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static void
check_here(void)
{
	char home[HOUSE_HOME_CAP], again[HOUSE_HOME_CAP], copy[4096 + 8];

	is_int(ERR_OK, house_here(fixture_path(), home), "where the file lives");
	is_int(ERR_OK, house_here(fixture_path(), again), "asked again");
	is_str(home, again, "is the same");
	snprintf(copy, sizeof(copy), "%s.copy", fixture_path());
	is_int(0, link(fixture_path(), copy), "another name of the file");
	is_int(ERR_OK, house_here(copy, again), "is looked at");
	is_str(home, again, "and is at home");
	unlink(copy);
	is_int(ERR_FAULT, house_here(copy, again), "no file: a fault");
	is_str(home, again, "and nothing is written");
}

/* A copy is another file. */
static void
check_copy(struct db *db)
{
	char home[HOUSE_HOME_CAP] = "", other[HOUSE_HOME_CAP] = "", copy[4096 + 8];

	snprintf(copy, sizeof(copy), "%s.backup", fixture_path());
	is_int(ERR_OK, db_backup(db, copy), "a backup");
	is_int(ERR_OK, house_here(fixture_path(), home), "the file");
	is_int(ERR_OK, house_here(copy, other), "its copy");
	is_int(1, strcmp(home, other) != 0, "lives elsewhere");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct house	 house = { .home = "?" }, again;

	is_int(ERR_OK, house_get(db, &house), "a new database");
	is_int(16, (int)strlen(house.instance), "has a tag");
	is_int(16, (int)strspn(house.instance, "0123456789abcdef"), "of hex digits");
	is_str("", house.home, "is not settled");
	is_int(0, house.reporting, "and acts");
	check_here();
	check_copy(db);
	is_int(ERR_OK, house_settle(db, "here", 1), "settled");
	is_int(ERR_OK, house_get(db, &again), "and read");
	is_str("here", again.home, "there it is");
	is_int(1, again.reporting, "and it reports only");
	is_str(house.instance, again.instance, "its tag stays");
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
