/* lib/try: delays that grow, and never a lock. */

#include "lib/try.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static const struct {
	const char	*ip;
	const char	*subject;
} addresses[] = {
	{ "192.0.2.1", "address:192.0.2.1" },
	{ "192.0.2.01", "address:?" },
	{ "", "address:?" },
	{ "unix", "address:?" },
	{ "192.0.2.1, 10.0.0.1", "address:?" },
	{ "2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64" },
	{ "2001:DB8:1:2::", "address:2001:db8:1:2::/64" },
	{ "2001:db8:1:3::1", "address:2001:db8:1:3::/64" },
	{ "::1", "address:::/64" },
	{ "::ffff:192.0.2.1", "address:192.0.2.1" },
};

static const struct {
	int	failures;
	int64_t	wait;
} waits[] = {
	{ 1, 0 }, { 5, 0 }, { 6, 1000 }, { 7, 2000 }, { 8, 4000 }, { 15, 512000 }, { 16, 900000 }, { 17, 900000 },
	{ 100, 900000 },
};

static void
check_subjects(void)
{
	char a[TRY_SUBJECT_CAP], b[TRY_SUBJECT_CAP], c[TRY_SUBJECT_CAP];

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		try_address(addresses[i].ip, a);
		is_str(addresses[i].subject, a, addresses[i].ip);
	}
	try_account("alice@example.org", a);
	try_account("alicf@example.org", b);
	ok(strncmp(a, "account:", 8) == 0 && strlen(a) == 8 + 64, "an account is a hash");
	ok(strstr(a, "alice") == NULL, "that doesn't say the email");
	ok(strcmp(a, b) != 0, "and another for another");
	try_device("token", "alice@example.org", a);
	try_device("token", "alicf@example.org", b);
	try_device("tokem", "alice@example.org", c);
	ok(strncmp(a, "device:", 7) == 0 && strlen(a) == 7 + 64, "a known browser is a hash too");
	ok(strcmp(a, b) != 0 && strcmp(a, c) != 0, "of its token and the account");
	try_device("toke", "nalice@example.org", c);
	ok(strcmp(a, c) != 0, "each by itself");
	try_new("192.0.2.1", a);
	is_str("new:192.0.2.1", a, "who makes accounts is counted by address");
	try_new("2001:db8:1:2:3:4:5:6", a);
	is_str("new:2001:db8:1:2::/64", a, "of either kind");
	try_mail("alice@example.org", a);
	ok(strncmp(a, "mail:", 5) == 0 && strlen(a) == 5 + 64 && strstr(a, "alice") == NULL, "letters by a hash");
	try_session("key", a);
	ok(strncmp(a, "session:", 8) == 0 && strstr(a, "key") == NULL, "so is a session");
	try_link("token", a);
	ok(strncmp(a, "link:", 5) == 0 && strlen(a) == 5 + 64 && strstr(a, "token") == NULL, "and a letter's link");
}

static int64_t
wait_of(struct db *db, const char *subject, int64_t now)
{
	int64_t wait = -1;

	is_int(ERR_OK, try_wait(db, subject, now, &wait), "asked for the wait");
	return wait;
}

static void
check_growth(struct db *db, int64_t now)
{
	size_t	row = 0;
	char	bad = 0;

	is_int(0, wait_of(db, "account:a", now), "nobody waits at first");
	for (int n = 1; n <= 100; n++) {
		bad |= try_failed(db, "account:a", now) != ERR_OK;
		if (n == waits[row].failures)
			is_int(waits[row++].wait, wait_of(db, "account:a", now), "the wait of that many failures");
	}
	is_int(0, bad, "each failure was noted");
	is_int(0, wait_of(db, "account:b", now), "another subject doesn't wait");
	is_int(1, wait_of(db, "account:a", now + 15 * CLOCK_MINUTE - 1), "the wait runs down");
	is_int(0, wait_of(db, "account:a", now + 15 * CLOCK_MINUTE), "to nothing: there is no lock");
	is_int(15 * CLOCK_MINUTE, wait_of(db, "account:a", now - 5000), "a request may be a little older than a failure");
	is_int(0, wait_of(db, "account:a", now - 5001), "a clock that was set back keeps nobody out");
}

static void
check_set_back(struct db *db, int64_t now)
{
	for (int n = 1; n <= 10; n++)
		is_int(ERR_OK, try_failed(db, "account:back", now), "a failure");
	is_int(16 * CLOCK_SECOND, wait_of(db, "account:back", now), "ten have their wait");
	is_int(0, wait_of(db, "account:back", now - CLOCK_HOUR), "the clock is set back: nobody waits an hour");
	is_int(ERR_OK, try_failed(db, "account:back", now - CLOCK_HOUR), "one more failure");
	is_int(32 * CLOCK_SECOND, wait_of(db, "account:back", now - CLOCK_HOUR), "waits as it should");
	is_int(ERR_OK, try_clear(db, "account:back"), "and none");
}

static void
check_address(struct db *db, int64_t now)
{
	char bad = 0;

	for (int n = 1; n <= 50; n++)
		bad |= try_failed(db, "address:a", now) != ERR_OK;
	is_int(0, bad, "50 failures of an address");
	is_int(0, wait_of(db, "address:a", now), "are free: many people share one");
	is_int(ERR_OK, try_failed(db, "address:a", now), "one more");
	is_int(1000, wait_of(db, "address:a", now), "is not");
	is_int(ERR_OK, try_failed(db, "address:a", now), "two more");
	is_int(2000, wait_of(db, "address:a", now), "are less so");
	is_int(0, wait_of(db, "address:a", now + CLOCK_MINUTE), "a minute later it may go on");
	is_int(ERR_OK, try_failed(db, "address:a", now + 2 * CLOCK_MINUTE), "and is told off");
	is_int(51, fixture_int(db, "SELECT count FROM tries WHERE subject = 'address:a'"), "less: two minutes took two back");
	is_int(ERR_OK, try_failed(db, "address:a", now), "a clock that was set back");
	is_int(52, fixture_int(db, "SELECT count FROM tries WHERE subject = 'address:a'"), "takes none back");
	is_int(ERR_OK, try_failed(db, "address:a", now + 10 * CLOCK_HOUR), "hours later");
	is_int(1, fixture_int(db, "SELECT count FROM tries WHERE subject = 'address:a'"), "it is the first");
	is_int(ERR_OK, try_clear(db, "address:a"), "and none");
}

/* The waits after so many of a kind, all at one moment. */
static const struct {
	const char	*subject;
	int		 n;
	int64_t		 wait;
} kinds[] = {
	{ "new:a", 29, 0 }, { "new:a", 30, CLOCK_MINUTE }, { "new:a", 31, 2 * CLOCK_MINUTE }, { "new:a", 33, 8 * CLOCK_MINUTE },
	{ "new:a", 34, 10 * CLOCK_MINUTE }, { "new:a", 90, 10 * CLOCK_MINUTE },
	{ "mail:a", 1, 0 }, { "mail:a", 2, 15 * CLOCK_MINUTE }, { "mail:a", 3, 30 * CLOCK_MINUTE },
	{ "mail:a", 8, 12 * CLOCK_HOUR }, { "mail:a", 20, 12 * CLOCK_HOUR },
};

static void
check_kinds(struct db *db, int64_t now)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = i > 0 && strcmp(kinds[i].subject, kinds[i - 1].subject) == 0 ? n : 0;
		for (; n < kinds[i].n; n++)
			if (try_failed(db, kinds[i].subject, now) != ERR_OK)
				ok(0, "counted");
		is_int(kinds[i].wait, wait_of(db, kinds[i].subject, now), kinds[i].subject);
	}
	is_int(ERR_OK, try_failed(db, "new:a", now + 10 * CLOCK_HOUR), "ten hours later");
	is_int(31, fixture_int(db, "SELECT count FROM tries WHERE subject = 'new:a'"), "60 are taken back");
	is_int(ERR_OK, try_clear(db, "new:a"), "and away");
	is_int(ERR_OK, try_clear(db, "mail:a"), "this too");
}

/* Whoever asks for a letter as soon as it may be: how many go out in a day, and in the next. */
static void
check_flood(struct db *db, int64_t now)
{
	int64_t	wait = 0;
	int	days[3] = { 0 };

	for (int64_t at = 0; at < 3 * CLOCK_DAY; at += wait > 0 ? wait : 1) {
		if (try_wait(db, "mail:f", now + at, &wait) != ERR_OK || wait > 0)
			continue;
		days[at / CLOCK_DAY]++;
		if (try_failed(db, "mail:f", now + at) != ERR_OK)
			ok(0, "counted");
	}
	is_int(8, days[0], "eight letters on the first day at most");
	is_int(2, days[1], "two on the next");
	is_int(2, days[2], "and on all further ones");
	is_int(ERR_OK, try_clear(db, "mail:f"), "and away");
}

static void
check_forgive(struct db *db, int64_t now)
{
	int64_t n = -1;

	is_int(ERR_OK, try_forgive(db, "account:f"), "nothing to take back");
	is_int(ERR_OK, try_count(db, "account:f", &n), "counted");
	is_int(0, n, "as none");
	is_int(ERR_OK, try_failed(db, "account:f", now), "a failure");
	is_int(ERR_OK, try_count(db, "account:f", &n), "counted");
	is_int(1, n, "as one");
	is_int(ERR_OK, try_forgive(db, "account:f"), "taken back");
	is_int(ERR_OK, try_forgive(db, "account:f"), "twice");
	is_int(0, fixture_int(db, "SELECT count FROM tries WHERE subject = 'account:f'"), "never makes less than none");
	is_int(ERR_OK, try_clear(db, "account:f"), "and away");
}

static void
check_end(struct db *db, int64_t now)
{
	is_int(ERR_OK, try_failed(db, "account:a", now + CLOCK_DAY), "a day later it is one more");
	is_int(101, fixture_int(db, "SELECT count FROM tries WHERE subject = 'account:a'"), "of many");
	now += CLOCK_DAY;
	is_int(ERR_OK, try_failed(db, "account:a", now + CLOCK_DAY + 1), "more than a day later");
	is_int(1, fixture_int(db, "SELECT count FROM tries WHERE subject = 'account:a'"), "it is the first again");
	is_int(ERR_OK, try_clear(db, "account:a"), "a good sign-in");
	is_int(0, fixture_int(db, "SELECT count(*) FROM tries"), "clears it");
	is_int(ERR_OK, try_clear(db, "account:a"), "and again");

	is_int(ERR_OK, try_failed(db, "old", now), "an old one");
	is_int(ERR_OK, try_failed(db, "old too", now), "and a second");
	is_int(ERR_OK, try_failed(db, "new", now + 1), "and one of today");
	is_int(ERR_OK, try_thin(db, now + CLOCK_DAY + 1, 1), "thinned by one");
	is_int(2, fixture_int(db, "SELECT count(*) FROM tries"), "two are left");
	is_int(ERR_OK, try_thin(db, now + CLOCK_DAY + 1, 10), "thinned again");
	is_str("new", fixture_text(db, "SELECT group_concat(subject) FROM tries"), "leaves today's");
}

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 now = clock_now();

	check_subjects();
	check_growth(db, now);
	check_set_back(db, now);
	check_address(db, now);
	check_kinds(db, now);
	check_flood(db, now);
	check_forgive(db, now);
	check_end(db, now);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
