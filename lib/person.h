/* People: their row in agents, and how they sign in (credentials). */

#ifndef BAAS_LIB_PERSON_H
#define BAAS_LIB_PERSON_H

#include <stdint.h>

#include "lib/crypt.h"
#include "lib/err.h"

struct db;
struct session;

enum {
	PERSON_NAME_CAP = 201,		/* bytes, NUL included */
	PERSON_EMAIL_CAP = 255,
	PERSON_PASSWORD_MIN = 10,	/* bytes */
	PERSON_PASSWORD_MAX = 1024
};

struct person {
	int64_t	id;
	char	key[CRYPT_KEY_CAP];
	char	name[PERSON_NAME_CAP];
	char	email[PERSON_EMAIL_CAP];	/* "" once they have left */
	int	named;				/* has gone through /newbie */
	int64_t	created_at;
	int64_t	updated_at;
};

/* Trims, folds to lower case and checks an email: ERR_INVALID unless it looks like a@b. */
enum err person_email(const char *typed, char out[PERSON_EMAIL_CAP]);

/*
 * Why this can't be a new password: static words for the page, or NULL.  It has PERSON_PASSWORD_MIN to _MAX bytes as it was
 * typed, not fewer than the former in its normal form, and in that form, whatever its case, is none of person_common.
 */
const char *person_password_fault(const char *typed);
enum err person_password(const char *typed);	/* ERR_INVALID if there is a fault */

/* As it is hashed, in NFKC: the same password from another keyboard is the same.  *out is the caller's to wipe and free. */
enum err person_password_normal(const char *typed, char **out);

/* The common ones, folded to lower case, each between two '\n': etc/common-passwords, made a string by the Makefile. */
extern const char person_common[];

/* Creates a person who can sign in with that hash.  ERR_EXISTS: the email is known. */
enum err person_order(struct db *db, const char *email, const char *hash, int64_t *id);

/* ERR_NOTFOUND if there is none. */
enum err person_get(struct db *db, int64_t id, struct person *out);
enum err person_by_email(struct db *db, const char *email, struct person *out, char hash[CRYPT_PASSWORD_CAP]);
enum err person_hash(struct db *db, int64_t id, char hash[CRYPT_PASSWORD_CAP]);

/* Whose session a token is of, and that session.  ERR_NOTFOUND if there is none or it has ended.  Writes nothing. */
enum err person_by_token(struct db *db, const char *token, int64_t now, struct person *out, struct session *session);

/* Trims a name: ERR_INVALID if it is empty, or too long. */
enum err person_name(const char *typed, char out[PERSON_NAME_CAP]);

/* Sets the name (ERR_INVALID: likewise); also says that they have gone through /newbie. */
enum err person_rename(struct db *db, int64_t id, const char *name);
enum err person_set_hash(struct db *db, int64_t id, const char *hash);

/*
 * They leave: credentials, sessions, devices, tries and onces go at once, the name becomes "", and what is left is a row
 * that their bots' events point at.  Their bots are the caller's to drop first.
 */
enum err person_drop(struct db *db, int64_t id);

/* Calls each for people in the order of their ids, after id (0: from the start), at most limit. */
enum err person_list(struct db *db, int64_t after, int limit, void (*each)(void *ctx, const struct person *), void *ctx);

#endif
