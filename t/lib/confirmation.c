/* lib/confirmation: a link is good for a day, and once. */

#include "lib/confirmation.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static void
check_get(struct db *db, int64_t now)
{
	const struct confirmation	alice = { "alice@example.org", "a hash", "alice", "" };
	struct confirmation		got = { .name = "as it was" };
	char				token[CONFIRMATION_TOKEN_CAP], other[CONFIRMATION_TOKEN_CAP];

	is_int(ERR_NOTFOUND, confirmation_get(db, "", now, &got), "no token is no link");
	is_int(ERR_NOTFOUND, confirmation_get(db, "' OR 1 --", now, &got), "nor is a made-up one");
	is_str("as it was", got.name, "and nothing is written");
	is_int(ERR_OK, confirmation_order(db, &alice, now, token), "a link");
	is_int(CONFIRMATION_TOKEN_CAP - 1, (int64_t)strlen(token), "has 40 digits");
	is_int(40, (int64_t)strspn(token, "0123456789abcdef"), "of hex");
	is_int(0, fixture_int(db, "SELECT count(*) FROM confirmations WHERE instr(hash, '%s')", token), "and is not in the table");
	is_int(ERR_OK, confirmation_get(db, token, now, &got), "it is found");
	is_str("alice@example.org", got.email, "with its email");
	is_str("a hash", got.password, "password");
	is_str("alice", got.name, "and name");
	memcpy(other, token, sizeof(other));
	other[0] = other[0] == 'a' ? 'b' : 'a';
	is_int(ERR_NOTFOUND, confirmation_get(db, other, now, &got), "one digit off is nothing");
	is_int(ERR_OK, confirmation_get(db, token, now + CLOCK_DAY - 1, &got), "it is good for a day");
	is_int(ERR_NOTFOUND, confirmation_get(db, token, now + CLOCK_DAY, &got), "and no longer");
	is_int(ERR_OK, confirmation_get(db, token, now - CLOCK_MINUTE, &got), "a clock that is set back a little does no harm");
	is_int(ERR_NOTFOUND, confirmation_get(db, token, now - CLOCK_HOUR, &got), "nor makes it good for years");
}

static void
check_here(struct db *db, int64_t now)
{
	const struct confirmation	bob = { "bob@example.org", "a hash", "", "a visit" };
	const struct confirmation	program = { "bob@example.org", "a hash", "", "" };
	struct confirmation		got = { .browser = "as it was" };
	char				token[CONFIRMATION_TOKEN_CAP], other[CONFIRMATION_TOKEN_CAP];

	is_int(ERR_OK, confirmation_order(db, &bob, now, token), "a browser asks");
	is_int(ERR_OK, confirmation_order(db, &program, now, other), "a program too");
	is_int(0, fixture_int(db, "SELECT count(*) FROM confirmations WHERE instr(browser, 'visit')"), "the visit is not in the table");
	is_int(ERR_OK, confirmation_here(db, token, "a visit", now), "that browser is known again");
	is_int(ERR_NOTFOUND, confirmation_here(db, token, "a visi", now), "no other one");
	is_int(ERR_NOTFOUND, confirmation_here(db, token, "", now), "nor who has none");
	is_int(ERR_NOTFOUND, confirmation_here(db, other, "", now), "and none is a program's");
	is_int(ERR_NOTFOUND, confirmation_here(db, other, "a visit", now), "nor another link's");
	is_int(ERR_OK, confirmation_here(db, token, "a visit", now + CLOCK_HOUR - 1), "for an hour");
	is_int(ERR_NOTFOUND, confirmation_here(db, token, "a visit", now + CLOCK_HOUR), "and no longer");
	is_int(ERR_NOTFOUND, confirmation_here(db, token, "a visit", now - CLOCK_HOUR), "nor before it");
	is_int(ERR_OK, confirmation_get(db, token, now, &got), "what is read back");
	is_str("", got.browser, "says no browser");
	is_int(ERR_OK, confirmation_drop(db, "bob@example.org"), "used");
	is_int(ERR_NOTFOUND, confirmation_here(db, token, "a visit", now), "it is nobody's any more");
}

static void
check_drop(struct db *db, int64_t now)
{
	const struct confirmation	eve = { "eve@example.org", "a hash", "", "" };
	struct confirmation		got;
	char				one[CONFIRMATION_TOKEN_CAP], two[CONFIRMATION_TOKEN_CAP];

	is_int(ERR_OK, confirmation_order(db, &eve, now, one), "a link");
	is_int(ERR_OK, confirmation_order(db, &eve, now, two), "and one more for the same email");
	is_int(ERR_OK, confirmation_get(db, one, now, &got), "the one is good");
	is_int(ERR_OK, confirmation_get(db, two, now, &got), "the other too");
	is_int(ERR_OK, confirmation_drop(db, "eve@example.org"), "one is used");
	is_int(ERR_NOTFOUND, confirmation_get(db, one, now, &got), "neither is good any more");
	is_int(ERR_NOTFOUND, confirmation_get(db, two, now, &got), "really");
	is_int(1, fixture_int(db, "SELECT count(*) FROM confirmations"), "alice's is there");
	is_int(ERR_OK, confirmation_thin(db, now + CLOCK_DAY - 1, 9), "not yet old");
	is_int(1, fixture_int(db, "SELECT count(*) FROM confirmations"), "it stays");
	is_int(ERR_OK, confirmation_thin(db, now + CLOCK_DAY, 9), "old");
	is_int(0, fixture_int(db, "SELECT count(*) FROM confirmations"), "it goes");
}

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 now = clock_now();

	check_get(db, now);
	check_here(db, now);
	check_drop(db, now);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
