/* lib/crypt.c: shapes, passwords, identities, sealed boxes. */

#include "lib/crypt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/secret.h"
#include "t/tap.h"

/* The key pair of the seed 00 01 .. 1f, and one whose seed was changed afterwards. */
#define SEED_PUBLIC	"A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
#define PRIVATE		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA=="
#define MISMATCHED	"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA=="

static const struct {
	const char	*text;
	enum err	 want;
} secrets[] = {
	{ "{\"private\":\"" PRIVATE ".ed25519\"}", ERR_OK },
	{ "# mine\n{ \"id\": \"@lies.ed25519\",\n \"private\" : \"" PRIVATE ".ed25519\" }\n# end", ERR_OK },
	{ "{\"private\":\"" MISMATCHED ".ed25519\"}", ERR_INVALID },
	{ "{\"private\":\"" PRIVATE ".ed25519\",\"private\":\"" PRIVATE ".ed25519\"}", ERR_INVALID },
	{ "{\"private\":\"" PRIVATE "\"}", ERR_INVALID },
	{ "{\"private\":\"" PRIVATE ".ed25519", ERR_INVALID },
	{ "{\"private\":\"AAEC.ed25519\"}", ERR_INVALID },
	{ "{\"private\":\"\"}", ERR_INVALID },
	{ "{\"private\":\"", ERR_INVALID },
	{ "{\"private\":", ERR_INVALID },
	{ "{\"private\"", ERR_INVALID },
	{ "{\"public\":\"" PRIVATE ".ed25519\"}", ERR_INVALID },
	{ "", ERR_INVALID },
};

static void
check_ids(void)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		char		 id[CRYPT_ID_CAP] = "";
		struct secret	*s = NULL;

		if (secret_from(secrets[i].text, strlen(secrets[i].text), &s) != ERR_OK)
			exit(99);
		is_int(secrets[i].want, crypt_pub_id(s, id), "an id by its private key");
		is_str(secrets[i].want == ERR_OK ? "@" SEED_PUBLIC ".ed25519" : "", id, "is derived, or nothing");
		secret_free(s);
	}
}

static void
check_pub_new(void)
{
	char		 id[CRYPT_ID_CAP] = "", found[CRYPT_ID_CAP] = "";
	struct secret	*s = NULL;

	is_int(ERR_OK, crypt_pub_new(id, &s), "a new identity");
	if (s == NULL)
		return;
	is_int(53, (int64_t)strlen(id), "whose id has its length");
	is_int(ERR_OK, crypt_pub_id(s, found), "whose file can be read");
	is_str(id, found, "and gives the same id");
	ok(strstr(secret_text(s), id) != NULL, "and names it");
	ok(strchr(secret_text(s), '#') == NULL, "no # in it: ssb-keys would cut there");
	secret_free(s);
}

static void
check_pool(void)
{
	enum { MANY = 2 * CRYPT_POOL_LEN / 16 + 1 };
	static char		hex[MANY][33];
	static const unsigned char none[CRYPT_POOL_LEN];
	struct crypt_pool	pool = { 0 };
	int			bad = 0, same = 0, kept = 0;

	for (int i = 0; i < MANY; i++) {
		crypt_pool_hex(&pool, hex[i], 16);
		bad += strspn(hex[i], "0123456789abcdef") != 32 || hex[i][32] != '\0';
		kept += memcmp(pool.bytes + pool.left, none, sizeof(none) - pool.left) != 0;
		for (int k = 0; k < i; k++)
			same += strcmp(hex[i], hex[k]) == 0;
	}
	is_int(0, bad, "hex digits from a pool, as many as asked for");
	is_int(0, same, "never the same, however often it is filled again");
	is_int(0, kept, "and what was given is kept nowhere");
	crypt_pool_hex(&pool, hex[0], 7);
	is_int(14, (int64_t)strlen(hex[0]), "fewer");
}

static void
check_shapes(void)
{
	char key[CRYPT_KEY_CAP], token[CRYPT_TOKEN_CAP], other[CRYPT_TOKEN_CAP], hex[33], csrf[CRYPT_CSRF_CAP];
	char again[CRYPT_CSRF_CAP];
	int  seen[256] = { 0 }, kinds = 0;

	for (int i = 0; i < 500; i++) {
		crypt_key(key);
		for (int k = 0; k < CRYPT_KEY_CAP - 1; k++)
			seen[(unsigned char)key[k]]++;
	}
	for (int c = 0; c < 256; c++)
		kinds += seen[c] > 0 && strchr("0123456789abcdefghijklmnopqrstuvwxyz", c) != NULL;
	is_int(36, kinds, "keys use all of their 36 digits");
	is_int(20, (int64_t)strlen(key), "and are 20 long");
	crypt_token(token);
	crypt_token(other);
	ok(strlen(token) == 43 && strcmp(token, other) != 0, "a token is 43 long, and never twice");
	is_int(43, (int64_t)strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
	    "and fits into a cookie and a path");
	crypt_hex(hex, 16);
	is_int(32, (int64_t)strspn(hex, "0123456789abcdef"), "hex digits");
	is_int(32, (int64_t)strlen(hex), "as many as asked for");
	check_pool();
	crypt_csrf(token, csrf);
	crypt_csrf(token, again);
	is_str(csrf, again, "a cookie has one CSRF token");
	ok(strcmp(csrf, token) != 0, "which is not itself");
	crypt_csrf(other, again);
	ok(strcmp(csrf, again) != 0, "another cookie has another");
	crypt_csrf("", csrf);
	is_int(43, (int64_t)strlen(csrf), "an empty cookie does no harm");
}

static void
check_same(void)
{
	is_int(1, crypt_same("", ""), "nothing is nothing");
	is_int(1, crypt_same("abc", "abc"), "same");
	is_int(0, crypt_same("abc", "abd"), "last differs");
	is_int(0, crypt_same("abc", "ab"), "shorter");
	is_int(0, crypt_same("", "a"), "empty");
}

static void
check_passwords(void)
{
	char hash[CRYPT_PASSWORD_CAP] = "";

	is_int(ERR_OK, crypt_password_hash("correct horse", hash), "a hash");
	ok(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31) == 0, "is argon2id, 64 MiB, 2 passes");
	ok(strncmp(hash, crypt_password_nobody(), 31) == 0, "nobody's costs the same");
	is_int(ERR_OK, crypt_password_check(hash, "correct horse"), "the right password");
	is_int(ERR_INVALID, crypt_password_check(hash, "correct horsf"), "a wrong one");
	is_int(ERR_INVALID, crypt_password_check(hash, ""), "none");
	is_int(ERR_INVALID, crypt_password_check(crypt_password_nobody(), ""), "nobody has none");
	is_int(ERR_INVALID, crypt_password_check("", "x"), "no hash");
	is_int(ERR_INVALID, crypt_password_check("$argon2id$v=19$m=65536", "x"), "half a hash");
}

/* In a child without memory: being short of it is not a wrong password. */
static void
check_no_memory(void)
{
	const struct rlimit	limit = { 48 << 20, 48 << 20 };
	char			hash[CRYPT_PASSWORD_CAP] = "";
	int			status = 0;
	pid_t			pid = fork();

	if (pid == 0) {
		if (setrlimit(RLIMIT_AS, &limit) == -1)
			_exit(1);
		_exit(crypt_password_hash("x", hash) != ERR_BUSY ||
		    crypt_password_check(crypt_password_nobody(), "x") != ERR_BUSY);
	}
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "no memory is ERR_BUSY, both ways");
}

static void
check_seal(void)
{
	char		 public[CRYPT_ID_CAP] = "", other[CRYPT_ID_CAP] = "";
	struct secret	*key = NULL, *other_key = NULL, *plain = NULL, *back = NULL;
	unsigned char	*sealed = NULL;
	size_t		 n = 0;

	if (crypt_box_new(public, &key) != ERR_OK || crypt_box_new(other, &other_key) != ERR_OK ||
	    secret_from("hidden", 6, &plain) != ERR_OK)
		exit(99);
	is_int(ERR_INVALID, crypt_seal("", plain, &sealed, &n), "no key seals nothing");
	is_int(ERR_INVALID, crypt_seal("AAAA", plain, &sealed, &n), "nor does half a key");
	ok(sealed == NULL && n == 0, "and nothing is written");
	is_int(ERR_OK, crypt_seal(public, plain, &sealed, &n), "sealed");
	is_int(54, (int64_t)n, "48 bytes longer");
	is_int(ERR_INVALID, crypt_open_sealed(other, other_key, sealed, n, &back), "another key does not open it");
	is_int(ERR_INVALID, crypt_open_sealed(public, key, sealed, n - 1, &back), "nor the right one, cut");
	is_int(ERR_INVALID, crypt_open_sealed(public, key, sealed, 47, &back), "or cut to nothing");
	sealed[n - 1] ^= 1;
	is_int(ERR_INVALID, crypt_open_sealed(public, key, sealed, n, &back), "or with a bit turned");
	sealed[n - 1] ^= 1;
	ok(back == NULL, "and nothing is written");
	is_int(ERR_OK, crypt_open_sealed(public, key, sealed, n, &back), "else it does");
	is_str("hidden", back == NULL ? NULL : secret_text(back), "and the text is the same");
	secret_free(key);
	secret_free(other_key);
	secret_free(plain);
	secret_free(back);
	free(sealed);
}

int
main(void)
{
	is_int(ERR_OK, crypt_open(), "libsodium is there");
	check_shapes();
	check_same();
	check_ids();
	check_pub_new();
	check_seal();
	check_passwords();
	check_no_memory();
	return tap_end();
}
