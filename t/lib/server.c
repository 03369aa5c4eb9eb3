/* lib/server: the row of this machine. */

#include "lib/server.h"

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

	is_int(ERR_OK, server_for(db, carol, &local), "carol's bots go to this machine");
	is_int(ERR_OK, server_bots(db, local, &n), "it is counted");
	is_int(0, n, "and empty");
	bot = fixture_bot(db, conf, carol, "one");
	is_int(local, bot.server, "a bot is there");
	is_int(ERR_OK, bot_bin(db, carol, bot.id, 1, 2), "in the bin");
	is_int(ERR_OK, server_bots(db, local, &n), "it is counted");
	is_int(1, n, "for it takes its place still");
	conf_close(conf);
}

int
main(void)
{
	struct db *db = fixture_db();

	check_local(db);
	check_bots(db);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
