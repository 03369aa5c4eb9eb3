/* Emails that wait for a click on the link which was sent to them (accounts.verify). */

#ifndef BAAS_LIB_CONFIRMATION_H
#define BAAS_LIB_CONFIRMATION_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/person.h"

struct db;

enum { CONFIRMATION_TOKEN_CAP = 41 };	/* 40 hex digits, 160 bits, and a NUL */

/* What the account will be made of. */
struct confirmation {
	char	email[PERSON_EMAIL_CAP];
	char	password[CRYPT_PASSWORD_CAP];	/* its hash */
	char	name[PERSON_NAME_CAP];		/* "": /newbie asks */
	char	browser[CRYPT_TOKEN_CAP];	/* the visit of the browser that asks; "": a program asks, or it was read back */
};

/* Remembers it; token is for the link, and nowhere else: the table has its hash.  So it is with the browser. */
enum err confirmation_order(struct db *db, const struct confirmation *, int64_t now, char token[CONFIRMATION_TOKEN_CAP]);

/* What is behind a link's token.  ERR_NOTFOUND: nothing, any more; a link is good for a day, and once. */
enum err confirmation_get(struct db *db, const char *token, int64_t now, struct confirmation *out);

/*
 * ERR_OK if this browser's visit asked for it, within the last hour: whoever has the letter, too, is the one who chose the
 * password.  Else ERR_NOTFOUND.
 */
enum err confirmation_here(struct db *db, const char *token, const char *browser, int64_t now);

/* All links of that email are used up. */
enum err confirmation_drop(struct db *db, const char *email);

/* Deletes at most limit of those that nobody can use any more. */
enum err confirmation_thin(struct db *db, int64_t now, int limit);

#endif
