/* lib/person: emails, passwords, names, and leaving. */

#include "lib/person.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/device.h"
#include "lib/once.h"
#include "lib/session.h"
#include "lib/try.h"
#include "t/fixture.h"
#include "t/tap.h"

static const struct {
	const char	*typed;
	const char	*email;		/* NULL: refused */
} emails[] = {
	{ "", NULL },
	{ " ", NULL },
	{ "alice", NULL },
	{ "@b", NULL },
	{ "a@", NULL },
	{ "@", NULL },
	{ "a@b@c", NULL },
	{ "a@.b", NULL },
	{ "a@b.", NULL },
	{ "a@b..c", NULL },
	{ "a@-b", NULL },
	{ "a@b-", NULL },
	{ "a b@c", NULL },
	{ "a\tb@c", NULL },
	{ "a@b\r\nBcc: all@c", NULL },
	{ "a@b\nc", NULL },
	{ "a\x01@b", NULL },
	{ "a\x7f@b", NULL },
	{ "\"a\"@b", NULL },
	{ "<a@b>", NULL },
	{ "a,c@b", NULL },
	{ "a;c@b", NULL },
	{ "a:c@b", NULL },
	{ "a\\@b", NULL },
	{ "(a)@b", NULL },
	{ "a@[127.0.0.1]", NULL },
	{ "a@b", "a@b" },
	{ "  Alice@Example.ORG\r\n", "alice@example.org" },
	{ "alice+butt@example.org", "alice+butt@example.org" },
	{ "o'hara@example.org", "o'hara@example.org" },
	{ "-a@b", "-a@b" },
	{ "J\xc3\x9crgen@b\xc3\xbc" "cher.example", "j\xc3\x9crgen@b\xc3\xbc" "cher.example" },
};

static void
check_emails(void)
{
	char		out[PERSON_EMAIL_CAP] = "as it was", email[400];
	enum err	err;

	for (size_t i = 0; i < sizeof(emails) / sizeof(emails[0]); i++) {
		memcpy(out, "as it was", 10);
		err = person_email(emails[i].typed, out);
		is_int(emails[i].email == NULL ? ERR_INVALID : ERR_OK, err, emails[i].typed[0] == '\0' ? "none" : "an email");
		is_str(emails[i].email == NULL ? "as it was" : emails[i].email, out, "and what became of it");
	}
	for (int n = 253; n <= 320; n += n < 256 ? 1 : 64) {
		memset(email, 'x', sizeof(email));
		memcpy(email + n - 2, "@b", 3);
		is_int(n <= 254 ? ERR_OK : ERR_INVALID, person_email(email, out), "254 bytes at most");
	}
}

#define FDFA "\xef\xb7\xba"		/* 3 bytes that become 33 */

static const struct {
	const char	*typed;
	const char	*fault;		/* part of it; NULL: none */
} passwords[] = {
	{ "a silly sentence", NULL },
	{ "          ", NULL },
	{ "aaaaaaaaaaaaaaab", NULL },
	{ "\xf0\x9f\x8d\x91\xf0\x9f\x8d\x91\xf0\x9f\x8d\x91", NULL },
	{ "1234567890", "common" },
	{ "qwertyuiop", "common" },
	{ "QwertyUiop", "common" },
	{ "password123", "common" },
	{ "\xef\xbc\x91" "234567890", "common" },			/* its 1 is full width */
	{ "1234567890\n", NULL },
	{ "1234567890 ", NULL },
	{ "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94", "10 letters" },	/* 12 bytes, which mean 1234 */
	{ FDFA FDFA FDFA, "10 letters" },			/* 9 bytes, which become 99 */
	{ FDFA FDFA FDFA "x", NULL },
	{ "not utf-8: \xff", "can't be read" },
};

static void
check_passwords(void)
{
	static const struct {
		size_t		n;
		enum err	want;
	} rows[] = {
		{ 0, ERR_INVALID }, { 9, ERR_INVALID }, { 10, ERR_OK }, { 1024, ERR_OK }, { 1025, ERR_INVALID },
	};
	char		 text[1100], line[64];
	const char	*next, *at = person_common + 1;
	int		 n = 0, bad = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(text, ' ', sizeof(text));
		text[rows[i].n] = '\0';
		is_int(rows[i].want, person_password(text), "a password of 10 to 1024 bytes");
	}
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
		const char *fault = person_password_fault(passwords[i].typed);

		if (passwords[i].fault == NULL)
			ok(fault == NULL, "%s will do", passwords[i].typed);
		else
			ok(fault != NULL && strstr(fault, passwords[i].fault) != NULL, "%s will not", passwords[i].typed);
	}
	for (; (next = strchr(at, '\n')) != NULL; at = next + 1, n++) {
		bad += next - at < PERSON_PASSWORD_MIN || next - at >= (int)sizeof(line);
		memcpy(line, at, next - at < (int)sizeof(line) ? (size_t)(next - at) : 0);
		line[next - at < (int)sizeof(line) ? next - at : 0] = '\0';
		bad += person_password(line) == ERR_OK;
	}
	is_int(10000, n, "the list of common ones");
	is_int(0, bad, "is refused, each of them");
}

static void
check_normal(void)
{
	static const struct {
		const char	*typed, *normal;
	} rows[] = {
		{ "", "" },
		{ " plain  text ", " plain  text " },
		{ "Angstro\xcc\x88m", "Angstr\xc3\xb6m" },		/* o and its dots, one after the other */
		{ "Angstr\xc3\xb6m", "Angstr\xc3\xb6m" },
		{ "\xef\xbc\xa1\xef\xbc\x92", "A2" },			/* full width */
		{ "\xef\xac\x81ne", "fine" },				/* the ligature fi */
		{ "\xe2\x84\xab", "\xc3\x85" },			/* the angstrom sign */
		{ "\xc3", NULL }, { "\xff", NULL }, { "\xc0\x80", NULL }, { "\xed\xa0\x80", NULL },
	};
	char *normal;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		normal = NULL;
		is_int(rows[i].normal == NULL ? ERR_INVALID : ERR_OK, person_password_normal(rows[i].typed, &normal),
		    "a password's normal form");
		is_str(rows[i].normal == NULL ? "" : rows[i].normal, normal == NULL ? "" : normal, "is that");
		free(normal);
	}
}

static int64_t
check_order(struct db *db)
{
	struct person	person = { .id = -5 };
	char		hash[CRYPT_PASSWORD_CAP] = "as it was";
	int64_t		alice = 0, other = -5;

	is_int(ERR_NOTFOUND, person_get(db, 1, &person), "nobody is there");
	is_int(ERR_NOTFOUND, person_by_email(db, "alice@example.org", &person, hash), "nor by email");
	is_int(-5, person.id, "and nothing is written");
	is_int(ERR_OK, person_order(db, "alice@example.org", "argon", &alice), "alice comes");
	is_int(ERR_EXISTS, person_order(db, "alice@example.org", "argon", &other), "and not twice");
	is_int(-5, other, "nothing is written");
	is_int(1, fixture_int(db, "SELECT count(*) FROM agents"), "there is one agent");
	is_int(ERR_OK, person_by_email(db, "alice@example.org", &person, hash), "she is known by email");
	is_int(alice, person.id, "as herself");
	is_str("argon", hash, "with her hash");
	is_str("", person.name, "without a name yet");
	is_int(0, person.named, "for she was not asked");
	is_int(CRYPT_KEY_CAP - 1, (int64_t)strlen(person.key), "with a public id");
	ok(person.created_at > clock_now() - CLOCK_HOUR, "from now");
	is_int(ERR_NOTFOUND, person_by_email(db, "Alice@example.org", &person, hash), "an email that was not folded is another");
	return alice;
}

static void
check_changes(struct db *db, int64_t alice)
{
	struct person	person;
	char		hash[CRYPT_PASSWORD_CAP], name[PERSON_NAME_CAP + 3];

	memset(name, 'x', sizeof(name));
	name[PERSON_NAME_CAP] = '\0';
	is_int(ERR_INVALID, person_rename(db, alice, ""), "no name");
	is_int(ERR_INVALID, person_rename(db, alice, " \t\n"), "is none if blank");
	is_int(ERR_INVALID, person_rename(db, alice, name), "201 bytes are too many");
	is_int(ERR_OK, person_get(db, alice, &person), "alice");
	is_int(0, person.named, "is not named by a refusal");
	name[PERSON_NAME_CAP - 1] = '\0';
	is_int(ERR_OK, person_rename(db, alice, name), "200 are not");
	is_int(ERR_OK, person_rename(db, alice, " <Alice> \xe2\x9c\xa8 "), "a name");
	is_int(ERR_NOTFOUND, person_rename(db, alice + 1, "x"), "of nobody");
	is_int(ERR_OK, person_get(db, alice, &person), "alice");
	is_str("<Alice> \xe2\x9c\xa8", person.name, "has it");
	is_int(1, person.named, "and was asked");
	is_int(ERR_OK, person_set_hash(db, alice, "argon2"), "a new password");
	is_int(ERR_NOTFOUND, person_set_hash(db, alice + 1, "x"), "of nobody");
	is_int(ERR_OK, person_hash(db, alice, hash), "its hash");
	is_str("argon2", hash, "is the new one");
	is_int(ERR_NOTFOUND, person_hash(db, alice + 1, hash), "nobody has none");
}

static void
check_bots_are_none(struct db *db, int64_t alice)
{
	struct conf	*conf = fixture_conf("");
	struct bot	 bot = fixture_bot(db, conf, alice, "one");
	struct person	 person;

	is_int(ERR_NOTFOUND, person_get(db, bot.id, &person), "a bot is no person");
	is_int(ERR_NOTFOUND, person_rename(db, bot.id, "x"), "can't be named as one");
	is_int(ERR_NOTFOUND, person_drop(db, bot.id), "and can't leave as one");
	conf_close(conf);
}

static void
take(void *ctx, const struct person *person)
{
	int64_t *last = ctx;

	last[0] = person->id;
	last[1]++;
}

static void
check_list(struct db *db, int64_t alice)
{
	int64_t bob = fixture_person(db, "bob@example.org");
	int64_t carol = fixture_person(db, "carol@example.org");
	int64_t got[2] = { 0, 0 };

	is_int(ERR_OK, person_list(db, 0, 2, take, got), "two people");
	is_int(bob, got[0], "up to bob, and no bot");
	is_int(2, got[1], "are two");
	is_int(ERR_OK, person_list(db, bob, 10, take, got), "those after him");
	is_int(carol, got[0], "are carol");
	is_int(3, got[1], "who is one");
	is_int(ERR_OK, person_list(db, alice, 0, take, got), "none");
	is_int(3, got[1], "is none");
}

static void
check_drop(struct db *db, int64_t alice)
{
	struct person	person;
	char		subject[TRY_SUBJECT_CAP], token[CRYPT_TOKEN_CAP], known[CRYPT_TOKEN_CAP] = "", hash[CRYPT_PASSWORD_CAP];
	int64_t		again = 0;

	try_account("alice@example.org", subject);
	is_int(ERR_OK, try_failed(db, subject, 1), "a failed sign-in");
	is_int(ERR_OK, session_open(db, &(struct session){ .person = alice, .created_at = clock_now() }, token), "a good one");
	is_int(ERR_OK, once_add(db, alice, "x", "/", 1), "a form");
	is_int(ERR_OK, device_used(db, known, alice, clock_now()), "and a browser");
	is_int(ERR_OK, person_drop(db, alice), "alice leaves");
	is_int(0, fixture_int(db, "SELECT count(*) FROM sessions"), "no session");
	is_int(0, fixture_int(db, "SELECT count(*) FROM tries"), "no try");
	is_int(0, fixture_int(db, "SELECT count(*) FROM devices"), "no browser");
	is_int(0, fixture_int(db, "SELECT count(*) FROM onces"), "no form");
	is_int(ERR_NOTFOUND, person_by_email(db, "alice@example.org", &person, hash), "and no email is left");
	is_int(ERR_OK, person_get(db, alice, &person), "a row is");
	is_str("", person.name, "without a name");
	is_str("", person.email, "and email");
	is_int(ERR_NOTFOUND, person_rename(db, alice, "alice"), "it can't be named again");
	is_int(ERR_NOTFOUND, person_drop(db, alice), "and leaves once");
	is_int(ERR_OK, person_order(db, "alice@example.org", "argon", &again), "she may come again");
	ok(again != alice, "as somebody else");
}

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 alice;

	check_emails();
	check_passwords();
	check_normal();
	alice = check_order(db);
	check_changes(db, alice);
	check_bots_are_none(db, alice);
	check_list(db, alice);
	check_drop(db, alice);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
