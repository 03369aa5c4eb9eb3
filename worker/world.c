/* What the worker has in hand, by bot. */

#include "worker/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/log.h"
#include "worker/loop.h"

enum { BUSY_PAUSE = 1000 };	/* ms */

struct hand *
world_hand(struct world *w, int64_t bot)
{
	struct hand **bucket = &w->hands[(uint64_t)bot % WORLD_BUCKETS], *hand;

	for (hand = *bucket; hand != NULL; hand = hand->next)
		if (hand->bot == bot)
			return hand;
	if ((hand = calloc(1, sizeof(*hand))) == NULL) {
		log_fault("worker", "no memory");
		return NULL;
	}
	hand->bot = bot;
	hand->look_at = INT64_MAX;
	hand->keeper = -1;
	hand->next = *bucket;
	*bucket = hand;
	return hand;
}

static void
drop(struct world *w, struct hand **at)
{
	struct hand *hand = *at;

	if (hand->keeper != -1)
		loop_forget(w->loop, hand->keeper);	/* which closes it: it still knows the hand */
	*at = hand->next;
	w->starting -= hand->starting;
	free(hand);
}

void
world_drop(struct world *w, int64_t bot)
{
	for (struct hand **at = &w->hands[(uint64_t)bot % WORLD_BUCKETS]; *at != NULL; at = &(*at)->next)
		if ((*at)->bot == bot) {
			drop(w, at);
			return;
		}
}

void
world_clear(struct world *w)
{
	for (int i = 0; i < WORLD_BUCKETS; i++)
		while (w->hands[i] != NULL)
			drop(w, &w->hands[i]);
}

enum err
world_begin(struct world *w)
{
	static const char	part[] = "SAVEPOINT part";
	enum err		err;

	if (db_in_tx(w->db)) {
		if ((err = db_run(db_stmt(w->db, part))) == ERR_OK)
			w->nested++;
		return err;
	}
	err = clock_boot() < w->write_at ? ERR_BUSY : db_begin(w->db);
	if (err == ERR_BUSY && clock_boot() >= w->write_at)
		w->write_at = clock_boot() + BUSY_PAUSE;
	return err;
}

static enum err
end_part(struct world *w, enum err err)
{
	static const char	undo[] = "ROLLBACK TO part", release[] = "RELEASE part";
	enum err		undone = err == ERR_OK ? ERR_OK : db_run(db_stmt(w->db, undo));
	enum err		released = db_run(db_stmt(w->db, release));

	w->nested--;
	return err != ERR_OK ? err : undone != ERR_OK ? undone : released;
}

enum err
world_commit(struct world *w, enum err err)
{
	if (w->nested > 0)
		return end_part(w, err);
	if (err == ERR_OK)
		err = db_commit(w->db);
	if (err != ERR_OK)
		db_rollback(w->db);
	if (err == ERR_BUSY)
		w->write_at = clock_boot() + BUSY_PAUSE;
	return err;
}

void
world_hands(struct world *w, void (*each)(struct world *, struct hand *))
{
	for (int i = 0; i < WORLD_BUCKETS; i++)
		for (struct hand *hand = w->hands[i]; hand != NULL; hand = hand->next)
			each(w, hand);
}

void
world_say(const struct world *w, const char *bot, const char *format, ...)
{
	char	words[WORLD_WORDS_CAP * 2];
	va_list	ap;

	if (!w->verbose)
		return;
	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	log_note(bot, "%s", words);
}

void
world_fault(struct world *w, const struct bot *bot, const char *words)
{
	struct hand *hand = world_hand(w, bot->id);

	if (hand == NULL || strncmp(hand->fault, words, sizeof(hand->fault) - 1) == 0)
		return;
	snprintf(hand->fault, sizeof(hand->fault), "%s", words);
	if (words[0] != '\0')
		log_fault(bot->name, "%s", words);
}

enum err
world_event(struct world *w, const struct bot *bot, int what, const char *detail)
{
	struct event event = {
		.at = clock_now(), .person = bot->owner, .bot = bot->id, .actor = "worker", .what = (enum event_what)what
	};

	snprintf(event.bot_name, sizeof(event.bot_name), "%s", bot->name);
	snprintf(event.detail, sizeof(event.detail), "%s", detail);
	return event_add(w->db, &event);
}
