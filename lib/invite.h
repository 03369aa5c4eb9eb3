/* Invites: one code for one friend. */

#ifndef BAAS_LIB_INVITE_H
#define BAAS_LIB_INVITE_H

#include <stdint.h>

#include "lib/crypt.h"
#include "lib/err.h"

struct db;

enum {
	INVITE_LABEL_CAP = 201,
	INVITE_REF_CAP = 34,		/* 'i' and 32 hex digits */
	INVITE_TOKEN_CAP = 23,		/* 22 of [0-9A-Za-z_-], 128 bits and more */
	INVITE_SEED_CAP = 64,
	INVITE_CODE_CAP = 512
};

enum invite_state { INVITE_PENDING, INVITE_UNUSED, INVITE_USED, INVITE_REVOKED, INVITE_STATE__MAX };

struct invite {
	int64_t	id, bot;
	char	key[CRYPT_KEY_CAP];
	char	ref[INVITE_REF_CAP];
	char	label[INVITE_LABEL_CAP];
	char	token[INVITE_TOKEN_CAP];	/* "" once erased */
	char	seed[INVITE_SEED_CAP];		/* "" if not made yet, or erased */
	int	revoke;				/* the wish */
	enum invite_state state;
	char	used_by[CRYPT_ID_CAP];
	char	used_name[INVITE_LABEL_CAP];
	int64_t	used_at, created_at;
};

const char *invite_state_word(enum invite_state state);

/* "host:port:@id.ed25519~seed": put together when shown, so that it always carries the present address and port.
 * ERR_NOTFOUND: it has no seed (yet, or any more). */
enum err invite_code(const struct invite *invite, const char *host, int port, const char *public_key, char out[INVITE_CODE_CAP]);

/* Orders one for a bot (the caller has checked whose it is); wakes the worker.  An empty label becomes "someone".
 * ERR_INVALID: *why, in words for the page (label too long, too many unused, pending ones included; in the bin), static. */
enum err invite_order(struct db *db, int64_t bot, const char *label, int64_t max_unused, int64_t now, struct invite *out, const char **why);

enum err invite_get(struct db *db, int64_t bot, const char *key, struct invite *out);
/* For the friend's page: any bot's, as long as it can be used (or soon: pending), its bot is not in the bin. */
enum err invite_by_token(struct db *db, const char *token, struct invite *out);
/* The wish to revoke: ERR_INVALID when it is used or revoked already. */
enum err invite_revoke(struct db *db, int64_t bot, const char *key, int64_t now);
/* All of a bot's, newest first. */
enum err invite_list(struct db *db, int64_t bot, void (*each)(void *ctx, const struct invite *), void *ctx);
/* How many are in each state. */
enum err invite_count(struct db *db, int64_t bot, int64_t count[INVITE_STATE__MAX]);

/* ---- the worker's part ---- */

/* Those of a bot that want something done: pending, or a wish to revoke that is not done; oldest first, at most limit. */
enum err invite_open(struct db *db, int64_t bot, int limit, void (*each)(void *ctx, const struct invite *), void *ctx);
/* Those to ask the pub about: unused ones, and used ones of the last 30 days without a name; at most limit. */
enum err invite_watched(struct db *db, int64_t bot, int64_t now, int limit, void (*each)(void *ctx, const struct invite *), void *ctx);
/* The pub has made it: ERR_INVALID if that is no seed (base64 of 32 bytes).  ERR_NOTFOUND: it is not pending any more. */
enum err invite_made(struct db *db, int64_t id, const char *seed);
/* Used: by whom; name may be NULL, or comes later, and is cut to 50 characters.  Erases token and seed.  ERR_INVALID: by is no feed's id. */
enum err invite_used(struct db *db, int64_t id, const char *by, const char *name, int64_t at);
enum err invite_revoked(struct db *db, int64_t id);	/* erases token and seed */

#endif
