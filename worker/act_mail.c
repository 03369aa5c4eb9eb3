/* Letters from the outbox to the driver.  A try is committed before it is made: a worker that dies of one does not spin. */

#include "worker/act_mail.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/mail.h"
#include "worker/mail.h"
#include "worker/world.h"

enum { AT_ONCE = 4, PAUSE = 1000 };	/* letters; ms */

/* One under way. */
struct sending {
	struct world	*w;
	struct mail	 mail;
};

/* Its id is all that the log says of a letter. */
static void
tell(const struct mail *mail, const char *what, const char *why)
{
	char subject[32];

	snprintf(subject, sizeof(subject), "mail %lld", (long long)mail->id);
	log_fault(subject, "%s: %s", what, why);
}

/* What came of it.  A failure that is not the last needs nothing: when it is due again was said before. */
static enum err
record(struct world *w, const struct mail *mail, enum err err)
{
	enum err written;

	if (err == ERR_BUSY && !mail_is_last(mail))
		return ERR_OK;
	if ((written = world_begin(w)) != ERR_OK)
		return written;
	written = err == ERR_OK ? mail_sent(w->db, mail->id, clock_now()) : mail_drop(w->db, mail->id);
	return world_commit(w, written);
}

static void
sent(void *ctx, enum err err, const char *why)
{
	struct sending	*s = ctx;
	struct world	*w = s->w;

	w->asked--;
	w->mailing--;
	if (why != NULL) {
		if (err != ERR_OK)
			tell(&s->mail, err == ERR_BUSY && !mail_is_last(&s->mail) ? "not sent, for now" : "given up", why);
		if (record(w, &s->mail, err) != ERR_OK || err == ERR_BUSY)
			w->failed = 1;
		w->mail_due = 0;	/* there may be more */
	}
	free(s);
}

static enum err
take(struct world *w, struct mail *mail, struct buf *body)
{
	enum err err = world_begin(w);

	return err == ERR_OK ? world_commit(w, mail_take(w->db, clock_now(), mail, body)) : err;
}

/* ERR_NOTFOUND: none is due. */
static enum err
send_one(struct world *w)
{
	struct sending	*s = calloc(1, sizeof(*s));
	struct buf	 body = { 0 };
	enum err	 err = s == NULL ? ERR_FAULT : take(w, &s->mail, &body);

	if (err != ERR_OK) {
		buf_clear(&body);
		free(s);
		return err;
	}
	s->w = w;
	w->asked++;
	w->mailing++;
	w->mailer->send(w, &s->mail, buf_text(&body), sent, s);
	buf_clear(&body);
	return ERR_OK;
}

void
act_mails(struct world *w)
{
	int64_t		now = clock_now(), due;
	enum err	err = mail_next(w->db, &due);

	w->mail_due = INT64_MAX;
	if (w->house.reporting || w->dry)
		return;
	while (err == ERR_OK && due <= now && w->mailing < AT_ONCE && (err = send_one(w)) == ERR_OK)
		err = mail_next(w->db, &due);
	if (err == ERR_OK)
		w->mail_due = w->mailing < AT_ONCE ? due : INT64_MAX;	/* else: when one has ended */
	else if (err != ERR_NOTFOUND)
		w->mail_due = now + PAUSE;
}
