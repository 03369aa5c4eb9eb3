/* The worker's clockwork. */

#include "worker/turn.h"

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/confirmation.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/mail.h"
#include "lib/pass.h"
#include "lib/sample.h"
#include "lib/try.h"
#include "worker/act_mail.h"
#include "worker/fleet.h"
#include "worker/loop.h"
#include "worker/plan_bot.h"
#include "worker/see.h"
#include "worker/see_server.h"
#include "worker/world.h"

enum {
	WAIT_MOST = 200,		/* ms: so soon a commit of the web is noticed */
	LIFE = 5 * 1000,		/* ms between life signs */
	PASS_MOST = 10 * 1000,		/* ms: the first pass ends then even if something still has not answered */
	JUMP = 2 * 1000,		/* ms that a wall clock does not move by itself between two turns */
	HURRY_ROWS = 500,
	THIN = 60 * 1000, THIN_ROWS = 500,
	THIN_ON = 200,			/* ms to the next rows, while there are more than those */
	CHECKPOINT = 5 * 1000, WAL_MOST = 4 << 20
};

enum err
turn_open(struct world *w, struct clockwork *c)
{
	enum err err;

	*c = (struct clockwork){ .begun = clock_boot(), .ahead = clock_now() - clock_boot(), .far = 1 };
	w->next_due = 0;
	if ((err = pass_look(w->db, w->fleet->far ? BOT_LOOK_FAR : BOT_LOOK_RUNNING)) != ERR_OK)
		return err;
	if (!w->fleet->far && (err = bot_due_running(w->db, clock_now(), BOT_LOOK_RUNNING)) != ERR_OK)
		return err;	/* the keepers of those that it has not looked at are not followed yet */
	if ((err = pass_alive(w->db, clock_now())) == ERR_OK)
		c->alive = clock_boot();
	return err;
}

static int64_t
wait_ms(struct world *w)
{
	int64_t ms = WAIT_MOST, due = w->next_due - clock_now(), look = see_next(w) - clock_boot();

	if (due < ms)
		ms = due;
	if (w->mail_due - clock_now() < ms)
		ms = w->mail_due - clock_now();
	if (look < ms)
		ms = look;
	if (see_servers_next(w) - clock_boot() < ms)
		ms = see_servers_next(w) - clock_boot();
	return ms > 0 ? ms : 0;
}

/*
 * After a jump back of the wall clock what is due lies in a far future, and after one forward all is old: either way
 * everything is looked at again.  At the start nobody knows whether there was one.
 */
static enum err
mind_jumps(struct world *w, struct clockwork *c)
{
	int64_t		ahead = clock_now() - clock_boot(), jump = ahead - c->ahead;
	enum err	err;
	int		n = 0;

	c->ahead = ahead;
	if (jump > JUMP || jump < -JUMP) {
		log_note("clock", "has jumped by %lld s: all is looked at again", (long long)jump / 1000);
		c->far = 1;
		c->version = -1;	/* what is due is read anew */
		c->alive = INT64_MIN / 2;
	}
	if (!c->far)
		return ERR_OK;
	if ((err = bot_hurry(w->db, clock_now(), HURRY_ROWS, &n)) != ERR_OK)
		return err;
	c->far = n == HURRY_ROWS;
	if (n > 0)
		c->version = -1;
	return ERR_OK;
}

/* Reads what is due, when some other process has committed or the next due time is there. */
static enum err
read_due(struct world *w, struct clockwork *c)
{
	int64_t		version;
	enum err	err;
	int		n, changed;

	if ((err = db_version(w->db, &version)) != ERR_OK)
		return err;
	changed = version != c->version;
	c->version = version;
	if (changed || clock_now() >= w->mail_due)
		act_mails(w);
	if (changed && ((err = house_get(w->db, &w->house)) != ERR_OK || (err = see_servers_due(w)) != ERR_OK))
		return err;
	return changed || clock_now() >= w->next_due ? see_due(w, &n) : ERR_OK;
}

/* A life sign says that somebody watches; with it, that a pass has ended. */
static enum err
show_life(struct world *w, struct clockwork *c)
{
	int64_t	now = clock_boot();
	int	ends = !c->passed && (turn_idle(w) || now >= c->begun + PASS_MOST);

	if (!ends && now < c->alive + LIFE)
		return ERR_OK;
	c->passed |= ends;
	c->alive = now;
	return c->passed ? pass_ended(w->db, clock_now()) : pass_alive(w->db, clock_now());
}

static enum err
thin(struct world *w, struct clockwork *c)
{
	int		left = 0;
	enum err	err;

	if (clock_boot() < c->thinned + THIN)
		return ERR_OK;
	c->thinned = clock_boot();
	if ((err = try_thin(w->db, clock_now(), THIN_ROWS)) != ERR_OK ||
	    (err = confirmation_thin(w->db, clock_now(), THIN_ROWS)) != ERR_OK ||
	    (err = mail_thin(w->db, clock_now(), THIN_ROWS)) != ERR_OK ||
	    (err = mail_hurry(w->db, clock_now())) != ERR_OK)
		return err;
	w->mail_due = 0;	/* one's own changes are not noticed */
	err = sample_thin(w->db, clock_now(), THIN_ROWS, &left);
	if (left)		/* each bot that runs adds a row a minute */
		c->thinned -= THIN - THIN_ON;
	return err;
}

/* Busy is no fault: somebody writes, so it is for another time. */
static enum err
checkpoint(struct world *w, struct clockwork *c)
{
	enum err err;

	if (clock_boot() < c->checkpointed + CHECKPOINT)
		return ERR_OK;
	c->checkpointed = clock_boot();
	err = db_checkpoint(w->db, WAL_MOST);
	return err == ERR_BUSY ? ERR_OK : err;
}

enum err
turn(struct world *w, struct clockwork *c)
{
	enum err err;

	if ((err = loop_wait(w->loop, wait_ms(w))) != ERR_OK || (err = mind_jumps(w, c)) != ERR_OK ||
	    (err = read_due(w, c)) != ERR_OK)
		return err;
	see_hands(w);
	see_servers(w);
	if (w->fleet->flush != NULL) {
		see_begin(w);
		w->fleet->flush(w);
		see_end(w);
	}
	if ((err = show_life(w, c)) != ERR_OK || (err = thin(w, c)) != ERR_OK)
		return err;
	return checkpoint(w, c);
}

int
turn_idle(struct world *w)
{
	return w->asked == 0 && w->mail_due > clock_now() && w->next_due > clock_now() && see_next(w) > clock_boot() &&
	    see_servers_next(w) > clock_boot() && see_servers_idle(w);
}
