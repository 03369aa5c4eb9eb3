/* lib/device: browsers that people have signed in with. */

#include "lib/device.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static void
check_tokens(struct db *db, int64_t alice, int64_t bob, int64_t now)
{
	char token[CRYPT_TOKEN_CAP] = "", was[CRYPT_TOKEN_CAP];

	is_int(ERR_NOTFOUND, device_get(db, "", alice, now), "no token is nobody's");
	is_int(ERR_NOTFOUND, device_get(db, "x", alice, now), "nor is any");
	is_int(ERR_OK, device_used(db, token, alice, now), "alice signs in");
	is_int(CRYPT_TOKEN_CAP - 1, (int64_t)strlen(token), "and her browser gets a token");
	is_int(0, fixture_int(db, "SELECT count(*) FROM devices WHERE hash = CAST('%s' AS BLOB)", token), "which is not stored");
	is_int(ERR_OK, device_get(db, token, alice, now), "it is known");
	is_int(ERR_NOTFOUND, device_get(db, token, bob, now), "but not as bob's");
	memcpy(was, token, sizeof(was));
	is_int(ERR_OK, device_used(db, token, alice, now + 1), "she comes back");
	is_str(was, token, "with the same token");
	is_int(ERR_OK, device_used(db, token, bob, now), "bob signs in there");
	is_str(was, token, "with the same token too");
	is_int(ERR_OK, device_get(db, token, bob, now), "he is known");
	is_int(ERR_OK, device_get(db, token, alice, now), "and she is");
	is_int(2, fixture_int(db, "SELECT count(*) FROM devices"), "on one browser");

	snprintf(token, sizeof(token), "%043d", 7);
	is_int(ERR_OK, device_used(db, token, alice, now), "a token from elsewhere");
	ok(strspn(token, "07") != CRYPT_TOKEN_CAP - 1, "is not taken over");
	is_int(ERR_OK, device_forget(db, alice, was), "alice forgets the others");
	is_int(ERR_OK, device_get(db, was, alice, now), "but not this one");
	is_int(ERR_NOTFOUND, device_get(db, token, alice, now), "the other is not known");
	is_int(ERR_OK, device_forget(db, alice, ""), "all of hers");
	is_int(ERR_NOTFOUND, device_get(db, was, alice, now), "are forgotten");
	is_int(ERR_OK, device_get(db, was, bob, now), "and not bob's");
}

static void
check_age(struct db *db, int64_t alice, int64_t now)
{
	int64_t	day = DEVICE_DAYS * CLOCK_DAY;
	char	token[CRYPT_TOKEN_CAP] = "", old[CRYPT_TOKEN_CAP];

	is_int(ERR_OK, device_used(db, token, alice, now), "a browser");
	is_int(ERR_OK, device_get(db, token, alice, now + day - 1), "is known for half a year");
	is_int(ERR_NOTFOUND, device_get(db, token, alice, now + day), "and then not");
	memcpy(old, token, sizeof(old));
	is_int(ERR_OK, device_used(db, token, alice, now + day), "used again");
	ok(strcmp(old, token) != 0, "it gets another token");
	is_int(1, fixture_int(db, "SELECT count(*) FROM devices WHERE person_id = %d", (int)alice), "and the old one goes");
	memcpy(old, token, sizeof(old));
	for (int i = 1; i <= DEVICES_KEPT; i++) {
		is_int(ERR_OK, device_get(db, old, alice, now + day + i), "one among few is kept");
		token[0] = '\0';
		is_int(ERR_OK, device_used(db, token, alice, now + day + i), "one more");
	}
	is_int(ERR_NOTFOUND, device_get(db, old, alice, now + day), "the oldest of too many goes");
	is_int(DEVICES_KEPT, fixture_int(db, "SELECT count(*) FROM devices WHERE person_id = %d", (int)alice), "the others stay");
}

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 now = clock_now(), alice = fixture_person(db, "alice@example.org");

	check_tokens(db, alice, fixture_person(db, "bob@example.org"), now);
	check_age(db, alice, now);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
