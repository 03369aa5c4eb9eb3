/* Sending letters: what a driver does, and how a letter reads on its way. */

#ifndef BAAS_WORKER_MAIL_H
#define BAAS_WORKER_MAIL_H

#include "lib/err.h"

struct buf;
struct conf;
struct mail;
struct world;

/*
 * ERR_OK: it is sent.  ERR_BUSY: not now.  ERR_INVALID: it will never be taken.  why is for the log, "SMTP 550", and has no
 * address in it.  why NULL: the worker ends, and nobody knows.
 */
typedef void mail_done(void *ctx, enum err err, const char *why);

struct mailer {
	/* Sends it and calls back exactly once, perhaps before it returns. */
	void (*send)(struct world *w, const struct mail *mail, const char *body, mail_done *done, void *ctx);
};

extern const struct mailer mail_maildir;
extern const struct mailer mail_smtp;

enum { MAIL_ID_CAP = 33, MAIL_ADDRESS_CAP = 320 };

/* The letter's id, 32 hex digits: the same at each try, so that whoever gets it twice can tell. */
void mail_text_id(const struct mail *mail, char out[MAIL_ID_CAP]);

/* Our own address: mail.from or, without it, baas at site.url's host.  ERR_INVALID, logged: mail.from is none. */
enum err mail_text_from(const struct conf *conf, char out[MAIL_ADDRESS_CAP]);

/*
 * The whole of it (RFC 5322, 2045): headers and text, in ASCII, with lines of at most 78 that end in eol.  ERR_INVALID as
 * before, and where what it is made of would break out of its header.
 */
enum err mail_text(const struct conf *conf, const struct mail *mail, const char *body, const char *eol, struct buf *out);

#endif
