/* baas person suspend EMAIL REASON..., baas person resume EMAIL: all bots of one person, paused and awake again. */

#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/person.h"

/* A walk through one person's bots. */
struct round {
	struct admin	*admin;
	struct person	 person;
	const char	*why;		/* NULL: they are resumed */
	char		 actor[ADMIN_ACTOR_CAP];
	int		 n;		/* bots that have changed */
	enum err	 err;
};

static enum err
note(const struct round *round, const struct bot_line *bot)
{
	struct event event = {
		.at = clock_now(), .person = round->person.id, .bot = bot->id,
		.what = round->why == NULL ? EVENT_BOT_RESUME : EVENT_BOT_SUSPEND
	};

	snprintf(event.bot_name, sizeof(event.bot_name), "%s", bot->name);
	snprintf(event.actor, sizeof(event.actor), "%s", round->actor);
	snprintf(event.detail, sizeof(event.detail), "%s", round->why == NULL ? "" : round->why);
	return event_add(round->admin->db, &event);
}

static void
change(void *ctx, const struct bot_line *bot)
{
	struct round	*round = ctx;
	struct db	*db = round->admin->db;
	enum err	 err;

	if (round->err != ERR_OK)
		return;
	err = round->why == NULL ? bot_resume(db, round->person.id, bot->id, clock_now()) :
	    bot_suspend(db, round->person.id, bot->id, round->why, clock_now());
	if (err == ERR_INVALID && round->why == NULL)	/* it was not paused */
		return;
	if (err == ERR_OK && (err = note(round, bot)) == ERR_OK)
		round->n++;
	round->err = err;
}

/* All or none. */
static enum err
change_all(struct round *round)
{
	struct db	*db = round->admin->db;
	enum err	 err;

	admin_actor(round->actor);
	if ((err = admin_person(round->admin, round->admin->argv[0], &round->person)) != ERR_OK || (err = db_begin(db)) != ERR_OK)
		return err;
	if ((err = bot_list(db, round->person.id, change, round)) == ERR_OK && (err = round->err) == ERR_OK)
		err = db_commit(db);
	db_rollback(db);
	if (err == ERR_INVALID)
		log_fault("reason", "can't be kept: it must have between 1 and %d bytes", BOT_REASON_CAP - 1);
	else if (err == ERR_OK && round->n == 0) {
		log_fault("person", round->why == NULL ? "has no bot that is paused" : "has no bot");
		err = ERR_NOTFOUND;
	}
	return err;
}

enum err
person_suspend(struct admin *admin)
{
	struct round	round = { .admin = admin };
	struct buf	why = { 0 };
	enum err	err;

	for (int i = 1; i < admin->argc; i++)
		buf_fmt(&why, "%s%s", i == 1 ? "" : " ", admin->argv[i]);
	if ((err = buf_error(&why)) == ERR_OK) {
		round.why = buf_text(&why);
		err = change_all(&round);
	}
	if (err == ERR_OK)
		printf("%d paused\n", round.n);
	buf_clear(&why);
	return err;
}

enum err
person_resume(struct admin *admin)
{
	struct round	round = { .admin = admin };
	enum err	err = change_all(&round);

	if (err == ERR_OK)
		printf("%d awake again\n", round.n);
	return err;
}
