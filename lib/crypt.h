/* Random values, hashes, passwords, and a pub's key pair: libsodium. */

#ifndef BAAS_LIB_CRYPT_H
#define BAAS_LIB_CRYPT_H

#include <stddef.h>

#include "lib/err.h"

struct crypt_lock;
struct secret;

enum {
	CRYPT_KEY_CAP = 21,	/* a public id: 20 of [0-9a-z], 103 bits */
	CRYPT_TOKEN_CAP = 44,	/* 32 random bytes, base64url without padding */
	CRYPT_HASH_LEN = 32,	/* BLAKE2b-256 */
	CRYPT_CSRF_CAP = 44,
	CRYPT_PASSWORD_CAP = 128,	/* crypto_pwhash_STRBYTES */
	CRYPT_ID_CAP = 64,	/* "@<base64 of 32 bytes>.ed25519" and its NUL */
	CRYPT_LOCK_MORE = 40,	/* bytes that a locked text is longer */
	CRYPT_POOL_LEN = 512
};

/* Random bytes in stock, since asking the kernel for a few takes almost as long as for many.  Zeroed: none yet. */
struct crypt_pool {
	size_t		left;
	unsigned char	bytes[CRYPT_POOL_LEN];
};

/* Once per process, before all else here.  ERR_FAULT: no randomness. */
enum err crypt_open(void);

void crypt_key(char out[CRYPT_KEY_CAP]);		/* a new public id */
void crypt_token(char out[CRYPT_TOKEN_CAP]);		/* a new token, 256 bits */
void crypt_hex(char *out, size_t bytes);		/* 2 * bytes random hex digits and a NUL */
void crypt_random(void *out, size_t n);

/* As crypt_hex, from the pool (bytes are CRYPT_POOL_LEN at most): what was given is wiped there. */
void crypt_pool_hex(struct crypt_pool *pool, char *out, size_t bytes);

/* BLAKE2b-256 of n bytes. */
void crypt_hash(const void *bytes, size_t n, unsigned char out[CRYPT_HASH_LEN]);

/* The CSRF token of a cookie's token: keyed BLAKE2b, so that either cannot be had from a page's source. */
void crypt_csrf(const char *token, char out[CRYPT_CSRF_CAP]);

/* 1 if the two texts are equal; takes as long whatever differs. */
int crypt_same(const char *a, const char *b);

/*
 * argon2id, 64 MiB, 2 passes (libsodium's INTERACTIVE).  Wrong password: ERR_INVALID.
 * Out of memory, which libsodium 1.0.18 cannot tell from a wrong password, is found by
 * allocating first: ERR_BUSY.
 */
enum err crypt_password_hash(const char *password, char out[CRYPT_PASSWORD_CAP]);
enum err crypt_password_check(const char *hash, const char *password);

/* A hash that no password has, to spend the same time on an unknown email. */
const char *crypt_password_nobody(void);

/*
 * A new pub identity.  id becomes "@<base64>.ed25519"; *secret is the text of ssb's secret file
 * (facts: {"curve","public","private","id"}), the caller's to free.
 */
enum err crypt_pub_new(char id[CRYPT_ID_CAP], struct secret **secret);

/* The id that belongs to the private key in a secret file: derived, not read.  ERR_INVALID if there is none. */
enum err crypt_pub_id(const struct secret *secret, char id[CRYPT_ID_CAP]);

/*
 * Sealed boxes (crypto_box_seal): keys are base64 text.  Outputs are the caller's to free.  ERR_INVALID: a key that
 * is none, or sealed bytes that this key does not open.
 */
enum err crypt_box_new(char public[CRYPT_ID_CAP], struct secret **secret);
enum err crypt_seal(const char *public, const struct secret *plain, unsigned char **out, size_t *n);
enum err crypt_open_sealed(const char *public, const struct secret *key, const unsigned char *sealed, size_t n,
    struct secret **plain);

/*
 * A key that this process makes for itself, in guarded memory, and tells nobody: for what lies in ordinary memory long.
 * out takes n + CRYPT_LOCK_MORE bytes; crypt_unlock's n is that number, and its out takes so many less.  ERR_INVALID: it was
 * not locked with this key.
 */
enum err crypt_lock_open(struct crypt_lock **out);
void crypt_lock_close(struct crypt_lock *lock);		/* NULL is fine */
void crypt_lock(const struct crypt_lock *lock, const void *plain, size_t n, void *out);
enum err crypt_unlock(const struct crypt_lock *lock, const void *locked, size_t n, void *out);

#endif
