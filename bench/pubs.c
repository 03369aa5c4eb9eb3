/*
 * Bots for a bench, without the cost of an order each: prints N lines "ID SEALED", a new pub's id and its secret file
 * sealed to the vault whose public half is given, in hex.  cc -O2 pubs.c -lsodium; pubs N PUBLIC
 */

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECRET_CAP = 512 };

/* ssb's secret file; returns its length. */
static size_t
make_pub(char id[64], char secret[SECRET_CAP])
{
	unsigned char	public[crypto_sign_PUBLICKEYBYTES], private[crypto_sign_SECRETKEYBYTES];
	char		public64[64], private64[128];

	crypto_sign_keypair(public, private);
	sodium_bin2base64(public64, sizeof(public64), public, sizeof(public), sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(private64, sizeof(private64), private, sizeof(private), sodium_base64_VARIANT_ORIGINAL);
	snprintf(id, 64, "@%s.ed25519", public64);
	return (size_t)snprintf(secret, SECRET_CAP,
	    "{\"curve\":\"ed25519\",\"public\":\"%s.ed25519\",\"private\":\"%s.ed25519\",\"id\":\"%s\"}", public64, private64, id);
}

int
main(int argc, char **argv)
{
	unsigned char	vault[crypto_box_PUBLICKEYBYTES], sealed[SECRET_CAP + crypto_box_SEALBYTES];
	char		id[64], secret[SECRET_CAP], hex[2 * sizeof(sealed) + 1];
	size_t		n;

	if (argc != 3 || sodium_init() == -1 || sodium_base642bin(vault, sizeof(vault), argv[2], strlen(argv[2]), NULL, &n, NULL,
	    sodium_base64_VARIANT_ORIGINAL) != 0 || n != sizeof(vault))
		return 2;
	for (long i = strtol(argv[1], NULL, 10); i > 0; i--) {
		n = make_pub(id, secret);
		if (crypto_box_seal(sealed, (const unsigned char *)secret, n, vault) != 0)
			return 1;
		printf("%s %s\n", id, sodium_bin2hex(hex, sizeof(hex), sealed, n + crypto_box_SEALBYTES));
	}
	return 0;
}
