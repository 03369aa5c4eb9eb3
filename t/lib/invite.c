/* lib/invite: one code for one friend. */

#include "lib/invite.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

#define SEED "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define FEED "@" SEED ".ed25519"

static const int64_t	now = INT64_C(1790000000000);

static struct invite
order(struct db *db, int64_t bot, const char *label, int64_t at)
{
	struct invite	 invite = { 0 };
	const char	*why = "";

	is_int(ERR_OK, invite_order(db, bot, label, 1000, at, &invite, &why), "ordered");
	return invite;
}

static enum invite_state
state_of(struct db *db, const struct invite *invite)
{
	struct invite found = { 0 };

	is_int(ERR_OK, invite_get(db, invite->bot, invite->key, &found), "got");
	return found.state;
}

struct list {
	int	n;
	char	labels[256];
};

static void
take(void *ctx, const struct invite *invite)
{
	struct list	*list = ctx;
	size_t		 n = strlen(list->labels);

	list->n++;
	snprintf(list->labels + n, sizeof(list->labels) - n, "%s ", invite->label);
}

static void
check_labels(struct db *db, int64_t bot)
{
	struct invite	 invite = { .id = -5 };
	char		 label[INVITE_LABEL_CAP + 10];
	const char	*why = "";

	memset(label, 'x', sizeof(label));
	label[INVITE_LABEL_CAP] = '\0';
	is_int(ERR_INVALID, invite_order(db, bot, label, 1000, now, &invite, &why), "201 bytes are too many");
	ok(strstr(why, "too long") != NULL, "and it says so");
	is_int(-5, invite.id, "and nothing is written");
	label[INVITE_LABEL_CAP - 1] = '\0';
	is_str(label, order(db, bot, label, now).label, "200 are not");
	is_str("someone", order(db, bot, "", now).label, "no label is someone");
	is_str("someone", order(db, bot, " \t\r\n", now).label, "so is a blank one");
	is_str("<b>al ice</b>", order(db, bot, "  <b>al ice</b> \n", now).label, "white space at the ends goes");
	is_str("<b>al ice</b>", order(db, bot, "<b>al ice</b>", now).label, "two may have one label");
	fixture_sql(db, "DELETE FROM invites");
}

static void
check_room(struct db *db, int64_t bot, int64_t other)
{
	struct invite	 first, invite;
	const char	*why = "";

	is_int(ERR_INVALID, invite_order(db, bot, "a", 0, now, &invite, &why), "none are allowed");
	is_int(ERR_OK, invite_order(db, bot, "a", 2, now, &first, &why), "the first of two");
	is_int(ERR_OK, invite_made(db, first.id, SEED), "is made");
	is_int(ERR_OK, invite_order(db, bot, "b", 2, now, &invite, &why), "the second of two");
	is_int(ERR_INVALID, invite_order(db, bot, "c", 2, now, &invite, &why), "the third of two");
	ok(strstr(why, "as many unused") != NULL, "says so");
	is_int(ERR_OK, invite_order(db, other, "c", 2, now, &invite, &why), "another bot has room");
	is_int(ERR_OK, invite_used(db, first.id, FEED, NULL, now), "one is used");
	is_int(ERR_OK, invite_order(db, bot, "c", 2, now, &invite, &why), "and there is room");
	is_int(ERR_INVALID, invite_order(db, 99999, "c", 2, now, &invite, &why), "no bot, no invite");
	fixture_sql(db, "DELETE FROM invites");
}

static void
check_order(struct db *db, int64_t bot)
{
	struct invite	invite, found = { .id = -5 };
	int64_t		wished = fixture_int(db, "SELECT wished_at FROM bots WHERE id = %d", (int)bot);

	fixture_sql(db, "UPDATE bots SET due = 5 WHERE id = %d", (int)bot);
	invite = order(db, bot, "alice", now);
	is_int(0, fixture_int(db, "SELECT due FROM bots WHERE id = %d", (int)bot), "the worker wakes");
	ok(fixture_int(db, "SELECT wished_at FROM bots WHERE id = %d", (int)bot) > wished, "for a new wish");
	is_int(INVITE_REF_CAP - 1, (int64_t)strlen(invite.ref), "a ref has 33 characters");
	ok(invite.ref[0] == 'i' && strspn(invite.ref + 1, "0123456789abcdef") == 32, "an i and hex");
	is_int(INVITE_TOKEN_CAP - 1, (int64_t)strlen(invite.token), "a token has 22");
	is_int(INVITE_PENDING, invite.state, "it is pending");
	is_int(ERR_OK, invite_get(db, bot, invite.key, &found), "it is there");
	ok(found.id == invite.id && strcmp(found.token, invite.token) == 0 && strcmp(found.label, "alice") == 0,
	    "as it was ordered");
	is_str("", found.seed, "without a seed");
	is_int(now, found.created_at, "from then");
}

static void
check_stranger(struct db *db, int64_t bot, int64_t eves)
{
	struct invite	invite = order(db, bot, "alice", now), found = { .id = -5 };
	struct list	list = { 0 };

	is_int(ERR_NOTFOUND, invite_get(db, eves, invite.key, &found), "another bot doesn't have it");
	is_int(ERR_NOTFOUND, invite_revoke(db, eves, invite.key, now), "and can't revoke it");
	is_int(ERR_OK, invite_list(db, eves, take, &list), "or list it");
	is_int(0, list.n, "at all");
	is_int(-5, found.id, "nothing is written");
	is_int(0, fixture_int(db, "SELECT revoke FROM invites WHERE id = %d", (int)invite.id), "and nothing was wished");
	is_int(ERR_NOTFOUND, invite_get(db, bot, "' OR 1 --", &found), "no such key");
	is_int(ERR_NOTFOUND, invite_by_token(db, "", &found), "no token");
	is_int(ERR_NOTFOUND, invite_by_token(db, invite.ref, &found), "a ref is no token");
	fixture_sql(db, "DELETE FROM invites");
}

static void
check_code(struct db *db, int64_t bot)
{
	struct invite	invite = order(db, bot, "alice", now);
	char		code[INVITE_CODE_CAP] = "as it was", host[INVITE_CODE_CAP];

	is_int(ERR_NOTFOUND, invite_code(&invite, "my.butt.nz", 8008, FEED, code), "no seed, no code");
	is_str("as it was", code, "and nothing is written");
	is_int(ERR_INVALID, invite_made(db, invite.id, ""), "an empty seed is none");
	is_int(ERR_INVALID, invite_made(db, invite.id, "x"), "nor is a short one");
	is_int(ERR_INVALID, invite_made(db, invite.id, SEED "x"), "nor a long one");
	is_int(ERR_INVALID, invite_made(db, invite.id, "<b>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "nor any text");
	is_int(ERR_OK, invite_made(db, invite.id, SEED), "it is made");
	is_int(ERR_NOTFOUND, invite_made(db, invite.id, SEED), "once");
	is_int(ERR_OK, invite_get(db, bot, invite.key, &invite), "and then");
	is_int(INVITE_UNUSED, invite.state, "it is unused");
	is_int(ERR_OK, invite_code(&invite, "my.butt.nz", 8008, FEED, code), "and has a code");
	is_str("my.butt.nz:8008:" FEED "~" SEED, code, "like this");
	memset(host, 'x', sizeof(host));
	host[INVITE_CODE_CAP - 1] = '\0';
	is_int(ERR_INVALID, invite_code(&invite, host, 8008, FEED, code), "too long is none");
	fixture_sql(db, "DELETE FROM invites");
}

static void
check_used(struct db *db, int64_t bot)
{
	struct invite	invite = order(db, bot, "alice", now), found;
	char		name[400];

	is_int(ERR_OK, invite_made(db, invite.id, SEED), "made");
	is_int(ERR_INVALID, invite_used(db, invite.id, "alice", NULL, now), "used by nobody");
	is_int(ERR_INVALID, invite_used(db, invite.id, FEED "x", NULL, now), "or somebody odd");
	is_int(ERR_INVALID, invite_used(db, invite.id, SEED ".ed25519", NULL, now), "or without @");
	is_int(ERR_NOTFOUND, invite_used(db, 99999, FEED, NULL, now), "an invite that is not there");
	is_int(INVITE_UNUSED, state_of(db, &invite), "changes nothing");
	is_int(ERR_OK, invite_by_token(db, invite.token, &found), "its page is there");
	is_int(ERR_OK, invite_used(db, invite.id, FEED, NULL, now + 5), "used by alice");
	is_int(ERR_NOTFOUND, invite_by_token(db, invite.token, &found), "its page is gone");
	is_int(1, fixture_int(db, "SELECT token IS NULL AND seed IS NULL FROM invites"), "token and seed are erased");
	is_int(ERR_INVALID, invite_revoke(db, bot, invite.key, now), "it can't be revoked");
	is_int(ERR_NOTFOUND, invite_revoked(db, invite.id), "and isn't");
	is_int(ERR_OK, invite_used(db, invite.id, FEED, "al", now + 9), "her name comes later");
	is_int(ERR_OK, invite_used(db, invite.id, FEED, NULL, now + 10), "and stays");
	is_int(ERR_OK, invite_get(db, bot, invite.key, &found), "then");
	is_str("al", found.used_name, "it has her name");
	is_str(FEED, found.used_by, "and id");
	is_int(now + 5, found.used_at, "and the first time");
	name[0] = '\0';
	for (int i = 0; i < 90; i++)
		memcpy(name + 4 * i, "\xf0\x9f\x8d\x91", 5);
	is_int(ERR_OK, invite_used(db, invite.id, FEED, name, now), "a name without end");
	is_int(ERR_OK, invite_get(db, bot, invite.key, &found), "can be read");
	is_int(200, (int64_t)strlen(found.used_name), "50 characters of it");
	fixture_sql(db, "DELETE FROM invites");
}

static void
check_revoked(struct db *db, int64_t bot)
{
	struct invite invite = order(db, bot, "bob", now), found;

	is_int(ERR_OK, invite_made(db, invite.id, SEED), "made");
	fixture_sql(db, "UPDATE bots SET due = 5 WHERE id = %d", (int)bot);
	is_int(ERR_OK, invite_revoke(db, bot, invite.key, now), "the wish to revoke");
	is_int(0, fixture_int(db, "SELECT due FROM bots WHERE id = %d", (int)bot), "wakes the worker");
	is_int(ERR_OK, invite_revoke(db, bot, invite.key, now), "twice is one");
	is_int(ERR_NOTFOUND, invite_by_token(db, invite.token, &found), "its page is gone at once");
	is_int(INVITE_UNUSED, state_of(db, &invite), "though the pub doesn't know");
	is_int(ERR_OK, invite_revoked(db, invite.id), "now it does");
	is_int(INVITE_REVOKED, state_of(db, &invite), "it is revoked");
	is_int(1, fixture_int(db, "SELECT token IS NULL AND seed IS NULL FROM invites"), "token and seed are erased");
	is_int(ERR_INVALID, invite_revoke(db, bot, invite.key, now), "it can't be revoked again");
	is_int(ERR_NOTFOUND, invite_made(db, invite.id, SEED), "an answer that comes late doesn't make it");
	fixture_sql(db, "DELETE FROM invites");
}

static void
check_lists(struct db *db, int64_t bot)
{
	struct invite	pending = order(db, bot, "pending", now + 1), unused = order(db, bot, "unused", now + 2);
	struct invite	going = order(db, bot, "going", now + 3), early = order(db, bot, "early", now + 4);
	struct invite	used = order(db, bot, "used", now + 5), known = order(db, bot, "known", now + 6);
	struct list	list = { 0 }, open = { 0 }, watched = { 0 }, later = { 0 }, few = { 0 };
	int64_t		count[INVITE_STATE__MAX];

	is_int(ERR_OK, invite_made(db, unused.id, SEED), "made");
	fixture_sql(db, "UPDATE invites SET state = 'unused' WHERE id IN (%d, %d, %d)", (int)going.id, (int)used.id,
	    (int)known.id);
	is_int(ERR_OK, invite_revoke(db, bot, going.key, now), "a wish");
	is_int(ERR_OK, invite_revoke(db, bot, early.key, now), "and one before it was made");
	is_int(ERR_OK, invite_used(db, used.id, FEED, NULL, now), "used");
	is_int(ERR_OK, invite_used(db, known.id, FEED, "k", now), "used by one who is known");

	is_int(ERR_OK, invite_list(db, bot, take, &list), "all");
	is_str("known used early going unused pending ", list.labels, "newest first");
	is_int(ERR_OK, invite_open(db, bot, 10, take, &open), "open ones");
	is_str("pending going early ", open.labels, "oldest first");
	is_int(ERR_OK, invite_open(db, bot, 1, take, &few), "at most one");
	is_str("pending ", few.labels, "is one");
	is_int(ERR_OK, invite_watched(db, bot, now, 10, take, &watched), "watched ones");
	is_str("unused going used ", watched.labels, "those that may be used, then the one without a name");
	is_int(ERR_OK, invite_watched(db, bot, now + 30 * CLOCK_DAY, 10, take, &later), "a month later");
	is_str("unused going ", later.labels, "no name comes any more");
	is_int(ERR_OK, invite_count(db, bot, count), "counted");
	ok(count[INVITE_PENDING] == 2 && count[INVITE_UNUSED] == 2 && count[INVITE_USED] == 2 && count[INVITE_REVOKED] == 0,
	    "two, two, two and none");
	is_int(INVITE_PENDING, state_of(db, &pending), "one that waits");
}

static void
check_bin(struct db *db, int64_t alice, int64_t bot)
{
	struct invite	 invite = order(db, bot, "late", now), found;
	const char	*why = "";

	is_int(ERR_OK, invite_by_token(db, invite.token, &found), "a page before it is made");
	is_int(ERR_OK, bot_bin(db, alice, bot, now, now + 1), "the bot goes into the bin");
	is_int(ERR_NOTFOUND, invite_by_token(db, invite.token, &found), "its invites' pages with it");
	is_int(ERR_INVALID, invite_order(db, bot, "x", 1000, now, &found, &why), "no new one can be ordered");
	ok(strstr(why, "bin") != NULL, "and it says so");
	is_int(ERR_OK, bot_restore(db, alice, bot, now), "brought back");
	is_int(ERR_OK, invite_by_token(db, invite.token, &found), "with its pages");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct conf	*conf = fixture_conf("");
	int64_t		 alice = fixture_person(db, "alice@example.org");
	int64_t		 eve = fixture_person(db, "eve@example.org");
	struct bot	 bot = fixture_bot(db, conf, alice, "one");
	struct bot	 eves = fixture_bot(db, conf, eve, "two");

	for (int i = 0; i < INVITE_STATE__MAX; i++)
		ok(invite_state_word((enum invite_state)i) != NULL, "a state has a word");
	check_labels(db, bot.id);
	check_room(db, bot.id, eves.id);
	check_order(db, bot.id);
	fixture_sql(db, "DELETE FROM invites");
	check_stranger(db, bot.id, eves.id);
	check_code(db, bot.id);
	check_used(db, bot.id);
	check_revoked(db, bot.id);
	check_lists(db, bot.id);
	check_bin(db, alice, bot.id);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	conf_close(conf);
	return tap_end();
}
