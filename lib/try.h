/* What may not be done at any speed: growing delays, never a lock. */

#ifndef BAAS_LIB_TRY_H
#define BAAS_LIB_TRY_H

#include <stdint.h>

#include "lib/err.h"

struct db;

enum { TRY_SUBJECT_CAP = 80 };

/*
 * What failures to sign in are counted under: an email as person_email gives it; an address, an IPv6 one as its /64; one
 * account on one browser that has been in it before (its device's token); a session, which already is in; and the link
 * of a letter (its token), which asks for a password.  But for the address these are hashes, "account:<hash>".
 */
void try_account(const char *email, char out[TRY_SUBJECT_CAP]);
void try_address(const char *ip, char out[TRY_SUBJECT_CAP]);
void try_device(const char *token, const char *email, char out[TRY_SUBJECT_CAP]);
void try_session(const char *key, char out[TRY_SUBJECT_CAP]);
void try_link(const char *token, char out[TRY_SUBJECT_CAP]);

/* And what is no failure, but can be too much: accounts made from an address, and letters to an email that strangers cause. */
void try_new(const char *ip, char out[TRY_SUBJECT_CAP]);
void try_mail(const char *email, char out[TRY_SUBJECT_CAP]);

/*
 * How long (ms) this subject has to wait from now; 0: not at all.  The first 5 failures cost nothing, then 1 s, 2 s,
 * 4 s ... 15 min after each.  An address, which many people can share, has 50 that cost nothing, and each minute without a
 * failure takes one back.
 *
 * 30 accounts from an address can be made at once (a class in one room), then 1, 2, 4, 8, 10 min lie between them, and
 * every 10 min takes one back: six an hour for who goes on.  Two letters to an email can go out at once, then 15 min, 30 min
 * ... 12 h lie between them: at most eight on the first day, then two a day.
 */
enum err try_wait(struct db *db, const char *subject, int64_t now, int64_t *out);

/* Counts one more; forgets the earlier ones after a day. */
enum err try_failed(struct db *db, const char *subject, int64_t now);
enum err try_clear(struct db *db, const char *subject);

/* How many failures in a row, 0 for none; and takes one of them back. */
enum err try_count(struct db *db, const char *subject, int64_t *out);
enum err try_forgive(struct db *db, const char *subject);

/* Deletes at most limit of those that are forgotten anyway. */
enum err try_thin(struct db *db, int64_t now, int limit);

#endif
