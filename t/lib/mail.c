/* lib/mail: what may be a letter, when it is tried, and what is left of it. */

#include "lib/mail.h"

#include <stdio.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

static const struct {
	const char	*email, *subject;
	enum err	 want;
} letters[] = {
	{ "alice@example.org", "hello", ERR_OK },
	{ "alice+butt@example.org", "h\xc3\xa4llo", ERR_OK },
	{ "", "hello", ERR_INVALID },
	{ "alice", "hello", ERR_INVALID },
	{ "Alice@example.org", "hello", ERR_INVALID },		/* not as person_email gives it */
	{ "alice@example.org\r\nBcc: eve@example.org", "hello", ERR_INVALID },
	{ "alice@example.org>\r\nRCPT TO:<eve@example.org", "hello", ERR_INVALID },
	{ "al\xc3\xafze@example.org", "hello", ERR_INVALID },
	{ "alice@ex\xc3\xa4mple.org", "hello", ERR_INVALID },
	{ "alice@example.org", "", ERR_INVALID },
	{ "alice@example.org", "hello\nBcc: eve@example.org", ERR_INVALID },
	{ "alice@example.org", "hello\rBcc: eve@example.org", ERR_INVALID },
	{ "alice@example.org", "hello\x7f", ERR_INVALID },
};

static struct mail
letter(const char *email, const char *subject)
{
	struct mail mail = { 0 };

	snprintf(mail.email, sizeof(mail.email), "%s", email);
	snprintf(mail.subject, sizeof(mail.subject), "%s", subject);
	return mail;
}

static void
check_orders(struct db *db, int64_t now)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		struct mail mail = letter(letters[i].email, letters[i].subject);

		is_int(letters[i].want, mail_order(db, &mail, "text\n", now), i < 2 ? "a letter" : "none");
	}
	is_int(2, fixture_int(db, "SELECT count(*) FROM mails"), "two are letters");
	fixture_sql(db, "DELETE FROM mails");
}

static int64_t
next(struct db *db)
{
	int64_t due = -1;

	is_int(ERR_OK, mail_next(db, &due), "asked for the next");
	return due;
}

static void
check_tries(struct db *db, int64_t now)
{
	static const int64_t	waits[] = { 1, 5, 15, 60, 180, 360, 720 };	/* minutes */
	struct mail		mail = letter("alice@example.org", "hello"), got = { .id = -5 };
	struct buf		body = { 0 };
	int64_t			at = now;
	size_t			n = sizeof(waits) / sizeof(waits[0]);

	is_int(INT64_MAX, next(db), "nothing is ever due");
	is_int(ERR_NOTFOUND, mail_take(db, now, &got, &body), "nor now");
	is_int(-5, got.id, "and nothing is written");
	is_int(ERR_OK, mail_order(db, &mail, "a secret\n", now), "a letter");
	for (size_t i = 0; i < n; i++) {
		is_int(ERR_OK, mail_take(db, at, &got, &body), "is due");
		is_int((int64_t)i + 1, got.tries, "for that try");
		is_int(0, mail_is_last(&got), "which is not the last");
		is_str("alice@example.org hello a secret\n", fixture_text(db, "SELECT '%s' || ' ' || '%s' || ' ' || '%s'",
		    got.email, got.subject, buf_text(&body)), "with all that it has");
		buf_clear(&body);
		is_int(ERR_NOTFOUND, mail_take(db, at + waits[i] * CLOCK_MINUTE - 1, &got, &body), "not before its wait is over");
		at += waits[i] * CLOCK_MINUTE;
		is_int(at, next(db), "then");
	}
	is_int(ERR_OK, mail_take(db, at, &got, &body), "after most of a day");
	is_int(1, mail_is_last(&got), "it is tried for the last time");
	buf_clear(&body);
	is_int(ERR_OK, mail_drop(db, got.id), "and given up");
	is_int(INT64_MAX, next(db), "it is never due again");
	is_int(ERR_NOTFOUND, mail_take(db, INT64_MAX - 1, &got, &body), "really");
	is_str("", fixture_text(db, "SELECT body FROM mails"), "and says nothing any more");
	is_int(0, fixture_int(db, "SELECT sent_at IS NOT NULL FROM mails"), "it was not sent");
	fixture_sql(db, "DELETE FROM mails");
}

static void
check_sent(struct db *db, int64_t now)
{
	struct mail	first = letter("alice@example.org", "first"), second = letter("alice@example.org", "second"), got;
	struct buf	body = { 0 };

	is_int(ERR_OK, mail_order(db, &first, "one", now), "a letter");
	is_int(ERR_OK, mail_order(db, &second, "two", now), "another");
	is_int(ERR_OK, mail_take(db, now, &got, &body), "the one is taken");
	buf_clear(&body);
	is_int(ERR_OK, mail_sent(db, got.id, now + 7), "and sent");
	is_str("", fixture_text(db, "SELECT body FROM mails WHERE id = %d", (int)got.id), "its text is erased");
	is_int(now + 7, fixture_int(db, "SELECT sent_at FROM mails WHERE id = %d", (int)got.id), "the time is noted");
	is_int(ERR_OK, mail_take(db, now, &got, &body), "then the other");
	buf_clear(&body);
	is_int(ERR_NOTFOUND, mail_take(db, now, &got, &body), "and no more");
	fixture_sql(db, "DELETE FROM mails");
}

static void
check_clock(struct db *db, int64_t now)
{
	struct mail	mail = letter("alice@example.org", "hello"), got;
	struct buf	body = { 0 };

	is_int(ERR_OK, mail_order(db, &mail, "x", now + CLOCK_DAY), "a letter");
	is_int(ERR_OK, mail_take(db, now + CLOCK_DAY, &got, &body), "tried");
	buf_clear(&body);
	is_int(ERR_OK, mail_hurry(db, now), "the clock is set back by a day");
	is_int(ERR_OK, mail_take(db, now, &got, &body), "it is tried again now, not in a day");
	buf_clear(&body);
	is_int(ERR_OK, mail_hurry(db, now), "all is well");
	is_int(now + 5 * CLOCK_MINUTE, next(db), "and waits as it should");
	is_int(ERR_OK, mail_drop(db, got.id), "one that was given up");
	is_int(ERR_OK, mail_hurry(db, now), "is not hurried");
	is_int(INT64_MAX, next(db), "ever");
	fixture_sql(db, "DELETE FROM mails");
}

static void
check_end(struct db *db, int64_t now)
{
	struct mail mail = letter("alice@example.org", "hello");

	for (mail.person = 1; mail.person <= 2; mail.person++)
		is_int(ERR_OK, mail_order(db, &mail, "x", now), "a letter each");
	is_int(ERR_OK, mail_forget(db, 1), "one leaves");
	is_int(2, fixture_int(db, "SELECT sum(person_id) FROM mails"), "the other's stays");
	is_int(ERR_OK, mail_order(db, &mail, "x", now + 1), "a later one");
	is_int(ERR_OK, mail_thin(db, now + 7 * CLOCK_DAY, 9), "a week later");
	is_int(2, fixture_int(db, "SELECT count(*) FROM mails"), "both are there");
	is_int(ERR_OK, mail_thin(db, now + 7 * CLOCK_DAY + 1, 9), "and a moment more");
	is_int(1, fixture_int(db, "SELECT count(*) FROM mails"), "one is not");
}

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 now = clock_now();

	check_orders(db, now);
	check_tries(db, now);
	check_sent(db, now);
	check_clock(db, now);
	check_end(db, now);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
