/* Letters to send: the outbox.  The web writes them in the commit of what they tell; the worker sends them. */

#ifndef BAAS_LIB_MAIL_H
#define BAAS_LIB_MAIL_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/person.h"

struct buf;
struct db;

enum { MAIL_SUBJECT_CAP = 120, MAIL_BODY_MAX = 65536 };	/* bytes */

struct mail {
	int64_t	id;
	int64_t	person;				/* 0: nobody yet */
	char	email[PERSON_EMAIL_CAP];	/* to whom */
	char	subject[MAIL_SUBJECT_CAP];
	int64_t	created_at;
	int	tries;				/* this one counts */
};

/*
 * Puts a letter (person, email, subject; body is UTF-8, lines end in '\n') into the outbox; it is due at once.
 * ERR_INVALID: the address is none, or has letters that not every mail server takes (mail_can); the subject is empty,
 * too long or has a control character, as a header's text can't.
 */
enum err mail_order(struct db *db, const struct mail *mail, const char *body, int64_t now);

/* 1 if mail can go there: printable ASCII. */
int mail_can(const char *email);

/*
 * The letter that has been due for longest, taken for a try: until that is known to have ended well, it is due again
 * after a wait that grows, 1 min at first.  ERR_NOTFOUND: none is due.  body has wipe set, and is the caller's.
 */
enum err mail_take(struct db *db, int64_t now, struct mail *out, struct buf *body);

/* It is sent; or it never will be (gone: refused for good, or tried for a day).  Either way its text is erased. */
enum err mail_sent(struct db *db, int64_t id, int64_t now);
enum err mail_drop(struct db *db, int64_t id);

/* 1 if this try was the last one. */
int mail_is_last(const struct mail *mail);

/* What is due later than any wait can say was taken before the clock was set back: it is due now. */
enum err mail_hurry(struct db *db, int64_t now);

/* When the next one is due; INT64_MAX: none is. */
enum err mail_next(struct db *db, int64_t *due);

/* A person leaves: theirs go, sent or not. */
enum err mail_forget(struct db *db, int64_t person);

/* Deletes at most limit of those that are a week old. */
enum err mail_thin(struct db *db, int64_t now, int limit);

#endif
