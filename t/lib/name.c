/* lib/name: a name rests for a while after its bot. */

#include "lib/name.h"

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static const int64_t now = INT64_C(1800000000000);

int
main(void)
{
	struct db	*db = fixture_db();
	struct conf	*conf = fixture_conf("");
	int64_t		 alice = fixture_person(db, "alice@example.org"), eve = fixture_person(db, "eve@example.org");
	struct bot	 bot = fixture_bot(db, conf, alice, "one");
	int64_t		 end = now + NAME_DAYS * CLOCK_DAY, until = -5;

	is_int(ERR_OK, name_free(db, "one", eve, now, &until), "no name is kept");
	is_int(ERR_OK, name_keep(db, bot.id, now), "one that is not in the bin");
	is_int(ERR_OK, name_keep(db, alice, now), "or no bot");
	is_int(0, fixture_int(db, "SELECT count(*) FROM names_kept"), "has no name to keep");
	fixture_sql(db, "UPDATE bots SET binned_at = 1, erase_at = 1");
	is_int(ERR_OK, name_keep(db, bot.id, now), "one that is erased");
	is_int(ERR_OK, name_free(db, "one", alice, now, &until), "alice can have her name");
	is_int(-5, until, "and nothing is written");
	is_int(ERR_EXISTS, name_free(db, "one", eve, now, &until), "eve can't");
	is_int(end, until, "for a month");
	is_int(ERR_EXISTS, name_free(db, "one", eve, end - 1, &until), "to its last moment");
	is_int(ERR_OK, name_free(db, "one", eve, end, &until), "then she can");
	is_int(ERR_OK, name_free(db, "two", eve, now, &until), "any other name she can");
	is_int(ERR_OK, name_keep(db, bot.id, now + 5), "erased again");
	is_int(end + 5, fixture_int(db, "SELECT until FROM names_kept"), "it rests anew");
	fixture_sql(db, "UPDATE names_kept SET name = 'old'");
	is_int(ERR_OK, name_keep(db, bot.id, end + 5), "what is over");
	is_str("one", fixture_text(db, "SELECT group_concat(name) FROM names_kept"), "goes");
	is_int(0, db_open_statements(db), "no statement is left open");
	conf_close(conf);
	db_close(db);
	return tap_end();
}
