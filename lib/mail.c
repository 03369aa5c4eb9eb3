/* The table mails: letters to send. */

#include "lib/mail.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/db.h"

/* Until the next try, after each.  All together a day: so long a link in a letter is good, and so long servers are away. */
static const int64_t waits[] = {
	CLOCK_MINUTE, 5 * CLOCK_MINUTE, 15 * CLOCK_MINUTE, CLOCK_HOUR, 3 * CLOCK_HOUR, 6 * CLOCK_HOUR, 12 * CLOCK_HOUR
};

enum { WAITS = sizeof(waits) / sizeof(waits[0]) };

static const int64_t kept = 7 * CLOCK_DAY;

int
mail_can(const char *email)
{
	for (const char *p = email; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return 0;
	return 1;
}

static int
is_subject(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return 0;
	return *text != '\0';
}

enum err
mail_order(struct db *db, const struct mail *mail, const char *body, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO mails (person_id, email, subject, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
	char		 email[PERSON_EMAIL_CAP];
	struct stmt	*st;

	if (person_email(mail->email, email) != ERR_OK || strcmp(email, mail->email) != 0 || !mail_can(email) ||
	    !is_subject(mail->subject) || strlen(body) > MAIL_BODY_MAX)
		return ERR_INVALID;
	st = db_stmt(db, sql);
	db_int(st, 1, mail->person);
	db_text(st, 2, email);
	db_text(st, 3, mail->subject);
	db_text(st, 4, body);
	db_int(st, 5, now);
	return db_run(st);
}

static enum err
read_row(struct stmt *st, struct mail *out, struct buf *body)
{
	enum err err;

	out->id = db_col_int(st, 0);
	out->person = db_col_int(st, 1);
	if ((err = db_col_copy(st, 2, out->email, sizeof(out->email))) != ERR_OK ||
	    (err = db_col_copy(st, 3, out->subject, sizeof(out->subject))) != ERR_OK)
		return err;
	buf_str(body, db_col_text(st, 4));
	out->created_at = db_col_int(st, 5);
	out->tries = (int)db_col_int(st, 6) + 1;
	return buf_error(body);
}

static enum err
first_due(struct db *db, int64_t now, struct mail *out, struct buf *body)
{
	static const char sql[] =
	    "SELECT id, person_id, email, subject, body, created_at, tries FROM mails"
	    " WHERE sent_at IS NULL AND due <= ?1 ORDER BY due LIMIT 1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, now);
	if ((err = db_row(st)) == ERR_OK)
		err = read_row(st, out, body);
	db_done(st);
	return err;
}

/* The last try's wait comes after it too: whoever knows that it failed drops it. */
static int64_t
wait_after(int tries)
{
	return waits[tries <= WAITS ? tries - 1 : WAITS - 1];
}

enum err
mail_take(struct db *db, int64_t now, struct mail *out, struct buf *body)
{
	static const char sql[] = "UPDATE mails SET tries = ?2, due = ?3 WHERE id = ?1";
	struct mail	 mail = { 0 };
	struct buf	 text = { .wipe = 1 };
	struct stmt	*st;
	enum err	 err;

	if ((err = first_due(db, now, &mail, &text)) != ERR_OK)
		goto out;
	st = db_stmt(db, sql);
	db_int(st, 1, mail.id);
	db_int(st, 2, mail.tries);
	db_int(st, 3, now + wait_after(mail.tries));
	if ((err = db_run(st)) != ERR_OK)
		goto out;
	*out = mail;
	*body = text;
	text = (struct buf){ 0 };
out:
	buf_clear(&text);
	return err;
}

enum err
mail_sent(struct db *db, int64_t id, int64_t now)
{
	static const char sql[] = "UPDATE mails SET sent_at = ?2, body = '' WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, now);
	return db_run(st);
}

/* Never due again, and never sent: as such it is kept until it is old. */
enum err
mail_drop(struct db *db, int64_t id)
{
	static const char sql[] = "UPDATE mails SET due = ?2, body = '' WHERE id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_int(st, 2, INT64_MAX);
	return db_run(st);
}

int
mail_is_last(const struct mail *mail)
{
	return mail->tries > WAITS;
}

enum err
mail_hurry(struct db *db, int64_t now)
{
	static const char sql[] = "UPDATE mails SET due = 0 WHERE sent_at IS NULL AND due > ?1 AND due < ?2";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now + waits[WAITS - 1]);
	db_int(st, 2, INT64_MAX);	/* dropped */
	return db_run(st);
}

enum err
mail_next(struct db *db, int64_t *due)
{
	static const char sql[] = "SELECT due FROM mails WHERE sent_at IS NULL AND due < ?1 ORDER BY due LIMIT 1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, INT64_MAX);	/* dropped */
	if ((err = db_row(st)) == ERR_OK) {
		*due = db_col_int(st, 0);
	} else if (err == ERR_NOTFOUND) {
		*due = INT64_MAX;
		err = ERR_OK;
	}
	db_done(st);
	return err;
}

enum err
mail_forget(struct db *db, int64_t person)
{
	static const char sql[] = "DELETE FROM mails WHERE person_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, person);
	return db_run(st);
}

enum err
mail_thin(struct db *db, int64_t now, int limit)
{
	static const char sql[] =
	    "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at < ?1 LIMIT ?2)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now - kept);
	db_int(st, 2, limit);
	return db_run(st);
}
