/* lib/event: what happened, and to whom. */

#include "lib/event.h"

#include <stdio.h>
#include <string.h>

#include "lib/db.h"
#include "lib/person.h"
#include "t/fixture.h"
#include "t/tap.h"

struct list {
	int		n;
	struct event	last;
	char		words[256];
};

static void
take(void *ctx, const struct event *event)
{
	struct list	*list = ctx;
	size_t		 n = strlen(list->words);

	list->n++;
	list->last = *event;
	snprintf(list->words + n, sizeof(list->words) - n, "%s ", event_word(event->what));
}

static void
check_words(void)
{
	int same = 0, without = 0;

	for (int i = 0; i < EVENT__MAX; i++) {
		if (event_word((enum event_what)i) == NULL) {
			without++;
			continue;
		}
		for (int j = 0; j < i; j++)
			same += strcmp(event_word((enum event_what)i), event_word((enum event_what)j)) == 0;
	}
	is_int(0, without, "each has a word");
	is_int(0, same, "of its own");
}

static enum err
note(struct db *db, enum event_what what, int64_t bot, int64_t at)
{
	struct event event = { .at = at, .person = 7, .bot = bot, .bot_name = "one", .actor = "person", .what = what };

	return event_add(db, &event);
}

static void
check_list(struct db *db)
{
	struct list	list = { 0 };
	struct event	none = { .at = 5, .actor = "shell:root", .what = EVENT_PERSON_REGISTER, .detail = "d" };

	is_int(ERR_OK, event_list(db, 3, 10, take, &list), "nothing has happened");
	is_int(0, list.n, "so there is none");
	is_int(ERR_OK, note(db, EVENT_BOT_ORDER, 3, 1000), "ordered");
	is_int(ERR_OK, note(db, EVENT_BOT_ORDER, 4, 1000), "another, ordered");
	is_int(ERR_OK, note(db, EVENT_BOT_STOP, 3, 900), "stopped, by a clock set back");
	is_int(ERR_OK, note(db, EVENT_BOT_START, 3, 1002), "started");
	is_int(ERR_OK, event_list(db, 3, 10, take, &list), "its history");
	is_str("bot.start bot.stop bot.order ", list.words, "is in the order of happening, newest first");
	is_str("one", list.last.bot_name, "with the name");
	is_str("person", list.last.actor, "and who it was");
	is_int(1000, list.last.at, "and when");
	list = (struct list){ 0 };
	is_int(ERR_OK, event_list(db, 3, 2, take, &list), "no more");
	is_int(2, list.n, "than were asked for");

	is_int(ERR_OK, event_add(db, &none), "one about no bot");
	is_int(1, fixture_int(db, "SELECT count(*) FROM events WHERE bot_id IS NULL AND person_id IS NULL AND detail = 'd'"),
	    "has NULL for an id");
	fixture_sql(db, "UPDATE events SET what = 'bot.dance' WHERE what = 'bot.stop'");
	list = (struct list){ 0 };
	is_int(ERR_OK, event_list(db, 3, 10, take, &list), "a word of another release");
	is_str("bot.start bot.order ", list.words, "is passed over");
}

static void
check_count(struct db *db)
{
	int64_t n = -1;

	is_int(ERR_OK, event_count(db, EVENT_BOT_ORDER, 1000, &n), "counted from then on");
	is_int(2, n, "with then itself");
	is_int(ERR_OK, event_count(db, EVENT_BOT_ORDER, 1001, &n), "counted from later");
	is_int(0, n, "there is none");
}

static void
check_leave(struct db *db)
{
	int64_t		alice = fixture_person(db, "alice@example.org");
	struct event	event = { .at = 1, .person = alice, .actor = "person", .what = EVENT_PERSON_LEAVE };

	is_int(ERR_OK, event_add(db, &event), "alice leaves");
	is_int(ERR_OK, person_drop(db, alice), "and is dropped");
	is_int(1, fixture_int(db, "SELECT count(*) FROM events WHERE person_id = %d", (int)alice), "her events stay");
}

int
main(void)
{
	struct db *db = fixture_db();

	check_words();
	check_list(db);
	check_count(db);
	check_leave(db);
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
