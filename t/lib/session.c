/* lib/session: where people are signed in. */

#include "lib/session.h"

#include <string.h>

#include "lib/clock.h"
#include "lib/db.h"
#include "lib/person.h"
#include "t/fixture.h"
#include "t/tap.h"

static const struct {
	const char	*agent;
	const char	*words;
} agents[] = {
	{ "", "a browser on something" },
	{ "x", "a browser on something" },
	{ "curl/7.88.1", "curl on something" },
	{ "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "firefox on linux" },
	{ "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
	    "chrome on linux" },
	{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	    " Edg/126.0.0.0", "edge on windows" },
	{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36"
	    " OPR/111.0.0.0", "opera on windows" },
	{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
	    " Safari/605.1.15", "safari on mac" },
	{ "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
	    " Mobile/15E148 Safari/604.1", "safari on iphone" },
	{ "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148"
	    " Safari/604.1", "chrome on ipad" },
	{ "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "firefox on android" },
	{ "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
	    "chrome on android" },
	{ "<script>alert(1)</script> firefox/", "firefox on something" },
};

static void
check_agents(void)
{
	char out[SESSION_AGENT_CAP];

	for (size_t i = 0; i < sizeof(agents) / sizeof(agents[0]); i++) {
		session_agent(agents[i].agent, out);
		is_str(agents[i].words, out, agents[i].words);
	}
}

static enum err
sign_in(struct db *db, int64_t person, int64_t now, char token[CRYPT_TOKEN_CAP])
{
	struct session session = { .person = person, .created_at = now, .agent = "curl on something" };

	return session_open(db, &session, token);
}

static enum err
get(struct db *db, const char *token, int64_t now, struct session *out)
{
	struct person who;

	return person_by_token(db, token, now, &who, out);
}

static void
check_get(struct db *db, int64_t alice, int64_t now)
{
	struct session	session = { .id = -5 };
	char		token[CRYPT_TOKEN_CAP], other[CRYPT_TOKEN_CAP];

	is_int(ERR_NOTFOUND, get(db, "", now, &session), "no token is no session");
	is_int(ERR_NOTFOUND, get(db, "' OR 1 --", now, &session), "nor is a made-up one");
	is_int(-5, session.id, "and nothing is written");
	is_int(ERR_OK, sign_in(db, alice, now, token), "alice signs in");
	is_int(CRYPT_TOKEN_CAP - 1, (int64_t)strlen(token), "and gets a token");
	is_int(ERR_OK, get(db, token, now, &session), "which is a session");
	is_int(alice, session.person, "of hers");
	is_str("curl on something", session.agent, "from there");
	is_int(now, session.created_at, "from then");
	is_int(0, fixture_int(db, "SELECT count(*) FROM sessions WHERE instr(hash, '%s') OR instr(key, '%s')", token, token),
	    "the token is not in the table");
	memcpy(other, token, sizeof(other));
	other[0] = other[0] == 'A' ? 'B' : 'A';
	is_int(ERR_NOTFOUND, get(db, other, now, &session), "one letter off is nothing");
	other[CRYPT_TOKEN_CAP - 2] = '\0';
	is_int(ERR_NOTFOUND, get(db, other, now, &session), "nor is a shorter one");
}

static void
check_ends(struct db *db, int64_t alice, int64_t now)
{
	struct session	session;
	char		token[CRYPT_TOKEN_CAP], later[CRYPT_TOKEN_CAP];
	int64_t		at = now;

	is_int(ERR_OK, sign_in(db, alice, now, token), "a session");
	is_int(ERR_OK, get(db, token, now + 30 * CLOCK_DAY - 1, &session), "lasts 30 days unused");
	is_int(ERR_NOTFOUND, get(db, token, now + 30 * CLOCK_DAY, &session), "and no longer");
	for (; at < now + 180 * CLOCK_DAY - 20 * CLOCK_DAY; at += 20 * CLOCK_DAY)
		is_int(ERR_OK, session_used(db, session.id, at), "used again");
	is_int(ERR_OK, session_used(db, session.id, now + 180 * CLOCK_DAY - 1), "and at its last");
	is_int(ERR_OK, get(db, token, now + 180 * CLOCK_DAY - 1, &session), "it lasts 180 days");
	is_int(ERR_NOTFOUND, get(db, token, now + 180 * CLOCK_DAY, &session), "and no longer, used or not");
	is_int(ERR_OK, sign_in(db, alice, now + 180 * CLOCK_DAY, later), "a new one");
	is_int(1, fixture_int(db, "SELECT count(*) FROM sessions"), "drops those that have ended");
}

static void
count(void *ctx, const struct session *session)
{
	struct session *list = ctx;

	list->id++;
	if (list->key[0] == '\0')
		memcpy(list->key, session->key, sizeof(list->key));
}

static int64_t
listed(struct db *db, int64_t person, int64_t now)
{
	struct session list = { 0 };

	is_int(ERR_OK, session_list(db, person, now, count, &list), "listed");
	return list.id;
}

static void
check_strangers(struct db *db, int64_t alice, int64_t eve, int64_t now)
{
	struct session	first = { 0 }, session;
	char		token[CRYPT_TOKEN_CAP], eves[CRYPT_TOKEN_CAP];

	is_int(ERR_OK, session_end_all(db, alice, 0), "all of alice's end");
	is_int(ERR_OK, sign_in(db, alice, now, token), "she has one");
	is_int(ERR_OK, sign_in(db, eve, now, eves), "eve too");
	is_int(ERR_OK, session_list(db, alice, now, count, &first), "alice's are listed");
	is_int(1, first.id, "only hers");
	is_int(ERR_NOTFOUND, session_end(db, eve, first.key), "eve can't end it");
	is_int(ERR_OK, session_end_all(db, eve, 0), "nor with all of hers");
	is_int(ERR_OK, session_trim(db, eve, SESSION_BROWSER, 0), "nor by having too many");
	is_int(ERR_OK, get(db, token, now, &session), "it is still there");
	is_int(ERR_OK, session_end(db, alice, first.key), "alice can");
	is_int(ERR_NOTFOUND, get(db, token, now, &session), "and it is over");
	is_int(ERR_NOTFOUND, session_end(db, alice, first.key), "once");
}

static void
check_trim(struct db *db, int64_t alice, int64_t now)
{
	char		token[4][CRYPT_TOKEN_CAP];
	struct session	session;

	for (int i = 0; i < 4; i++)
		is_int(ERR_OK, sign_in(db, alice, now, token[i]), "signed in");
	is_int(ERR_OK, session_trim(db, alice, SESSION_BROWSER, 4), "four of four");
	is_int(4, listed(db, alice, now), "are kept");
	is_int(ERR_OK, session_trim(db, alice, SESSION_BROWSER, 3), "three of four");
	is_int(3, listed(db, alice, now), "are kept");
	is_int(ERR_NOTFOUND, get(db, token[0], now, &session), "the oldest went");
	is_int(ERR_OK, get(db, token[3], now, &session), "the newest is there");
	is_int(0, listed(db, alice, now + 30 * CLOCK_DAY), "ended ones are not listed");
	is_int(ERR_OK, session_end_all(db, alice, session.id), "all but this");
	is_int(1, listed(db, alice, now), "leaves this");
	is_int(ERR_OK, get(db, token[3], now, &session), "indeed");
}

static void
check_whose(struct db *db, int64_t alice, int64_t eve, int64_t now)
{
	struct session	session = { .id = -5 };
	struct person	who = { .id = -5 };
	char		token[CRYPT_TOKEN_CAP], other[CRYPT_TOKEN_CAP];

	is_int(ERR_OK, sign_in(db, alice, now, token), "alice signs in");
	is_int(ERR_OK, sign_in(db, eve, now, other), "and so does eve");
	is_int(ERR_NOTFOUND, person_by_token(db, "x", now, &who, &session), "a made-up token is nobody's");
	is_int(-10, who.id + session.id, "and nothing is written");
	is_int(ERR_OK, person_by_token(db, token, now, &who, &session), "each token");
	is_int(alice, who.id, "is that of one");
	is_str("alice@example.org", who.email, "who is read whole");
	is_int(alice, session.person, "as is the session");
	is_int(ERR_OK, person_by_token(db, other, now, &who, &session), "the other");
	is_str("eve@example.org", who.email, "is the other's");
}

static void
check_kinds(struct db *db, int64_t alice, int64_t now)
{
	struct session	program = { .person = alice, .created_at = now, .kind = SESSION_PROGRAM, .agent = "node" }, session;
	char		page[CRYPT_TOKEN_CAP], first[CRYPT_TOKEN_CAP], last[CRYPT_TOKEN_CAP];

	is_int(ERR_OK, session_end_all(db, alice, 0), "all of alice's end");
	is_int(ERR_OK, sign_in(db, alice, now, page), "she is in with a browser");
	is_int(ERR_OK, session_open(db, &program, first), "and with a program");
	is_int(ERR_OK, session_open(db, &program, last), "and with another");
	is_int(ERR_OK, session_trim(db, alice, SESSION_PROGRAM, 1), "one program is allowed");
	is_int(ERR_NOTFOUND, get(db, first, now, &session), "the older one goes");
	is_int(ERR_OK, get(db, page, now, &session), "and no browser");
	is_int(SESSION_BROWSER, session.kind, "which is one");
	is_int(ERR_OK, session_trim(db, alice, SESSION_BROWSER, 0), "no browser is allowed");
	is_int(ERR_NOTFOUND, get(db, page, now, &session), "it goes");
	is_int(ERR_OK, get(db, last, now, &session), "and no program");
	is_int(SESSION_PROGRAM, session.kind, "which is one");
}

int
main(void)
{
	struct db	*db = fixture_db();
	int64_t		 alice = fixture_person(db, "alice@example.org");
	int64_t		 eve = fixture_person(db, "eve@example.org");
	int64_t		 now = clock_now();
	char		 token[CRYPT_TOKEN_CAP] = "as it was";

	check_agents();
	check_get(db, alice, now);
	check_ends(db, alice, now);
	check_strangers(db, alice, eve, now);
	check_whose(db, alice, eve, now);
	check_trim(db, alice, now);
	check_kinds(db, alice, now);
	is_int(ERR_INVALID, sign_in(db, 99999, now, token), "nobody can't sign in");
	is_str("as it was", token, "and gets no token");
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
