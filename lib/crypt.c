/* Random values, hashes, passwords, and a pub's key pair: libsodium. */

#include "lib/crypt.h"

#include <sys/mman.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/secret.h"

enum {
	TOKEN_LEN = 32,
	PASSWORD_MEMORY = 64 * 1024 * 1024,	/* crypto_pwhash_MEMLIMIT_INTERACTIVE */
	PUBLIC_CAP = 45,			/* base64 of 32 bytes */
	PRIVATE_CAP = 89			/* base64 of 64 bytes */
};

_Static_assert(CRYPT_PASSWORD_CAP == crypto_pwhash_STRBYTES, "lib/crypt.h says what libsodium says");
_Static_assert(CRYPT_LOCK_MORE == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES, "likewise");
_Static_assert(PASSWORD_MEMORY == crypto_pwhash_MEMLIMIT_INTERACTIVE, "and so do we");
_Static_assert(PUBLIC_CAP == sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL), "base64");
_Static_assert(PRIVATE_CAP == sodium_base64_ENCODED_LEN(64, sodium_base64_VARIANT_ORIGINAL), "base64");
_Static_assert(CRYPT_TOKEN_CAP == sodium_base64_ENCODED_LEN(TOKEN_LEN, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
    "base64");

static const char suffix[] = ".ed25519";

enum err
crypt_open(void)
{
	if (sodium_init() == -1) {
		log_fault("crypt", "libsodium finds no randomness");
		return ERR_FAULT;
	}
	return ERR_OK;
}

/* -- random values -- */

void
crypt_key(char out[CRYPT_KEY_CAP])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

	for (int i = 0; i < CRYPT_KEY_CAP - 1; i++)
		out[i] = digits[randombytes_uniform(sizeof(digits) - 1)];
	out[CRYPT_KEY_CAP - 1] = '\0';
}

void
crypt_token(char out[CRYPT_TOKEN_CAP])
{
	unsigned char bytes[TOKEN_LEN];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, CRYPT_TOKEN_CAP, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
}

void
crypt_hex(char *out, size_t bytes)
{
	static const char digits[] = "0123456789abcdef";

	randombytes_buf(out, 2 * bytes);
	for (size_t i = 0; i < 2 * bytes; i++)
		out[i] = digits[(unsigned char)out[i] & 15];
	out[2 * bytes] = '\0';
}

void
crypt_random(void *out, size_t n)
{
	randombytes_buf(out, n);
}

void
crypt_pool_hex(struct crypt_pool *pool, char *out, size_t bytes)
{
	if (pool->left < bytes) {
		randombytes_buf(pool->bytes, sizeof(pool->bytes));
		pool->left = sizeof(pool->bytes);
	}
	pool->left -= bytes;
	sodium_bin2hex(out, 2 * bytes + 1, pool->bytes + pool->left, bytes);
	sodium_memzero(pool->bytes + pool->left, bytes);
}

/* -- hashes -- */

void
crypt_hash(const void *bytes, size_t n, unsigned char out[CRYPT_HASH_LEN])
{
	crypto_generichash(out, CRYPT_HASH_LEN, bytes, n, NULL, 0);
}

void
crypt_csrf(const char *token, char out[CRYPT_CSRF_CAP])
{
	static const unsigned char	 purpose[] = "baas csrf";
	unsigned char			 key[CRYPT_HASH_LEN], hash[CRYPT_HASH_LEN];

	crypt_hash(token, strlen(token), key);	/* a key of fixed length, whatever the cookie brought */
	crypto_generichash(hash, sizeof(hash), purpose, sizeof(purpose) - 1, key, sizeof(key));
	sodium_bin2base64(out, CRYPT_CSRF_CAP, hash, sizeof(hash), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(key, sizeof(key));
}

int
crypt_same(const char *a, const char *b)
{
	unsigned char ha[CRYPT_HASH_LEN], hb[CRYPT_HASH_LEN];

	/* Hashed first: texts of different lengths are compared in the same time too. */
	crypt_hash(a, strlen(a), ha);
	crypt_hash(b, strlen(b), hb);
	return sodium_memcmp(ha, hb, sizeof(ha)) == 0;
}

/* -- passwords -- */

/* 1 if argon2id's memory can be had just now. */
static int
has_memory(void)
{
	size_t	 n = PASSWORD_MEMORY + 1024 * 1024;
	void	*p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return 0;
	munmap(p, n);
	return 1;
}

enum err
crypt_password_hash(const char *password, char out[CRYPT_PASSWORD_CAP])
{
	char hash[CRYPT_PASSWORD_CAP];

	/* The only reason that it can fail for. */
	if (!has_memory() || crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
	    crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
		log_fault("crypt", "no memory for a password's hash");
		return ERR_BUSY;
	}
	memcpy(out, hash, sizeof(hash));
	return ERR_OK;
}

enum err
crypt_password_check(const char *hash, const char *password)
{
	if (!has_memory()) {
		log_fault("crypt", "no memory for a password's hash");
		return ERR_BUSY;
	}
	if (crypto_pwhash_str_verify(hash, password, strlen(password)) != 0)
		return ERR_INVALID;
	return ERR_OK;
}

const char *
crypt_password_nobody(void)
{
	return "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
}

/* -- a pub's identity -- */

static void
write_id(const unsigned char *public, char id[CRYPT_ID_CAP])
{
	char text[PUBLIC_CAP];

	sodium_bin2base64(text, sizeof(text), public, crypto_sign_PUBLICKEYBYTES, sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(id, CRYPT_ID_CAP, "@%s%s", text, suffix);	/* 54 bytes */
}

enum err
crypt_pub_new(char id[CRYPT_ID_CAP], struct secret **secret)
{
	unsigned char	 public[crypto_sign_PUBLICKEYBYTES], private[crypto_sign_SECRETKEYBYTES];
	char		 name[CRYPT_ID_CAP], text[PRIVATE_CAP], file[512];
	enum err	 err = ERR_FAULT;
	int		 n;

	if (crypto_sign_keypair(public, private) != 0) {
		log_fault("crypt", "no key pair");
		goto out;
	}
	write_id(public, name);
	sodium_bin2base64(text, sizeof(text), private, sizeof(private), sodium_base64_VARIANT_ORIGINAL);
	n = snprintf(file, sizeof(file),
	    "{ \"curve\": \"ed25519\", \"public\": \"%s\", \"private\": \"%s%s\", \"id\": \"%s\" }",
	    name + 1, text, suffix, name);
	if (n < 0 || (size_t)n >= sizeof(file) || (err = secret_from(file, (size_t)n, secret)) != ERR_OK)
		goto out;
	memcpy(id, name, sizeof(name));
out:
	sodium_memzero(private, sizeof(private));
	sodium_memzero(text, sizeof(text));
	sodium_memzero(file, sizeof(file));
	return err;
}

/*
 * The private key in the text of a secret file.  Not through lib/json.h, whose
 * memory is not wiped; to be sure that the pub finds the same, the word may
 * stand there only once.
 */
static enum err
find_private(const char *text, unsigned char private[crypto_sign_SECRETKEYBYTES])
{
	static const char	 word[] = "\"private\"";
	const char		*p = strstr(text, word), *end;
	size_t			 n;

	if (p == NULL || strstr(p + 1, word) != NULL)
		return ERR_INVALID;
	p += sizeof(word) - 1;
	p += strspn(p, " \t\r\n");
	if (*p++ != ':')
		return ERR_INVALID;
	p += strspn(p, " \t\r\n");
	if (*p++ != '"')
		return ERR_INVALID;
	if (sodium_base642bin(private, crypto_sign_SECRETKEYBYTES, p, PRIVATE_CAP - 1 < strlen(p) ? PRIVATE_CAP - 1 :
	    strlen(p), NULL, &n, &end, sodium_base64_VARIANT_ORIGINAL) != 0 || n != crypto_sign_SECRETKEYBYTES)
		return ERR_INVALID;
	if (strncmp(end, suffix, sizeof(suffix) - 1) != 0 || end[sizeof(suffix) - 1] != '"')
		return ERR_INVALID;
	return ERR_OK;
}

enum err
crypt_pub_id(const struct secret *secret, char id[CRYPT_ID_CAP])
{
	unsigned char	 written[crypto_sign_SECRETKEYBYTES], derived[crypto_sign_SECRETKEYBYTES];
	unsigned char	 public[crypto_sign_PUBLICKEYBYTES];
	enum err	 err = find_private(secret_text(secret), written);

	if (err != ERR_OK)
		goto out;
	/* A private key is seed and public key, and nothing else makes sure that the two belong together. */
	if (crypto_sign_seed_keypair(public, derived, written) != 0 ||
	    sodium_memcmp(written, derived, sizeof(derived)) != 0) {
		err = ERR_INVALID;
		goto out;
	}
	write_id(public, id);
out:
	sodium_memzero(written, sizeof(written));
	sodium_memzero(derived, sizeof(derived));
	return err;
}

/* -- sealed boxes -- */

static enum err
read_key(const char *text, unsigned char key[32])
{
	size_t n;

	if (sodium_base642bin(key, 32, text, strlen(text), NULL, &n, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    n != 32)
		return ERR_INVALID;
	return ERR_OK;
}

enum err
crypt_box_new(char public[CRYPT_ID_CAP], struct secret **secret)
{
	unsigned char	 pk[crypto_box_PUBLICKEYBYTES], sk[crypto_box_SECRETKEYBYTES];
	char		 text[PUBLIC_CAP];
	enum err	 err = ERR_FAULT;

	if (crypto_box_keypair(pk, sk) != 0) {
		log_fault("crypt", "no key pair");
		goto out;
	}
	sodium_bin2base64(text, sizeof(text), sk, sizeof(sk), sodium_base64_VARIANT_ORIGINAL);
	if ((err = secret_from(text, sizeof(text) - 1, secret)) != ERR_OK)
		goto out;
	sodium_bin2base64(public, CRYPT_ID_CAP, pk, sizeof(pk), sodium_base64_VARIANT_ORIGINAL);
out:
	sodium_memzero(sk, sizeof(sk));
	sodium_memzero(text, sizeof(text));
	return err;
}

enum err
crypt_seal(const char *public, const struct secret *plain, unsigned char **out, size_t *n)
{
	unsigned char	 pk[crypto_box_PUBLICKEYBYTES], *sealed;
	size_t		 len = secret_len(plain) + crypto_box_SEALBYTES;

	if (read_key(public, pk) != ERR_OK)
		return ERR_INVALID;
	if ((sealed = malloc(len)) == NULL) {
		log_fault("crypt", "no memory to seal");
		return ERR_FAULT;
	}
	if (crypto_box_seal(sealed, (const unsigned char *)secret_text(plain), secret_len(plain), pk) != 0) {
		free(sealed);			/* a key that is no point of the curve */
		return ERR_INVALID;
	}
	*out = sealed;
	*n = len;
	return ERR_OK;
}

enum err
crypt_open_sealed(const char *public, const struct secret *key, const unsigned char *sealed, size_t n,
    struct secret **plain)
{
	unsigned char	 pk[crypto_box_PUBLICKEYBYTES], sk[crypto_box_SECRETKEYBYTES];
	char		 text[SECRET_CAP];
	enum err	 err = ERR_INVALID;

	if (read_key(public, pk) != ERR_OK || read_key(secret_text(key), sk) != ERR_OK)
		goto out;
	if (n < crypto_box_SEALBYTES || n - crypto_box_SEALBYTES >= sizeof(text))
		goto out;
	if (crypto_box_seal_open((unsigned char *)text, sealed, n, pk, sk) != 0)
		goto out;
	err = secret_from(text, n - crypto_box_SEALBYTES, plain);
out:
	sodium_memzero(sk, sizeof(sk));
	sodium_memzero(text, sizeof(text));
	return err;
}

/* -- a lock for memory -- */

struct crypt_lock {
	unsigned char key[crypto_secretbox_KEYBYTES];
};

enum err
crypt_lock_open(struct crypt_lock **out)
{
	struct crypt_lock *lock = sodium_malloc(sizeof(*lock));

	if (lock == NULL) {
		log_fault("crypt", "no guarded memory: %s", strerror(errno));
		return ERR_FAULT;
	}
	crypto_secretbox_keygen(lock->key);
	*out = lock;
	return ERR_OK;
}

void
crypt_lock_close(struct crypt_lock *lock)
{
	sodium_free(lock);
}

void
crypt_lock(const struct crypt_lock *lock, const void *plain, size_t n, void *out)
{
	unsigned char *nonce = out;

	randombytes_buf(nonce, crypto_secretbox_NONCEBYTES);
	(void)crypto_secretbox_easy(nonce + crypto_secretbox_NONCEBYTES, plain, n, nonce, lock->key);
}

enum err
crypt_unlock(const struct crypt_lock *lock, const void *locked, size_t n, void *out)
{
	const unsigned char *nonce = locked;

	if (n < CRYPT_LOCK_MORE || crypto_secretbox_open_easy(out, nonce + crypto_secretbox_NONCEBYTES,
	    n - crypto_secretbox_NONCEBYTES, nonce, lock->key) != 0)
		return ERR_INVALID;
	return ERR_OK;
}
