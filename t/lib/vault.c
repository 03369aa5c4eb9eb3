/* lib/vault.c: what is sealed opens again, for its own pub only. */

#include "lib/vault.h"

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/secret.h"
#include "t/tap.h"

static struct conf *
make_conf(void)
{
	char		 path[512];
	struct conf	*conf = NULL;
	FILE		*file;

	(void)snprintf(path, sizeof(path), "%s/baas.conf", tap_dir());
	if ((file = fopen(path, "we")) == NULL)
		exit(99);
	fprintf(file, "state_dir = %s\n", tap_dir());
	fclose(file);
	if (conf_open(path, &conf) != ERR_OK)
		exit(99);
	return conf;
}

static int
mode(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 ? -1 : (int)(st.st_mode & 07777);
}

static void
check_new(const struct conf *conf)
{
	const char	*public = conf_text(conf, CONF_VAULT_PUBLIC), *secret = conf_text(conf, CONF_VAULT_SECRET);

	umask(077);
	is_int(ERR_OK, vault_new(conf), "a new vault");
	is_int(0644, mode(public), "all may seal, whatever the umask");
	is_int(0600, mode(secret), "one may open");
	is_int(ERR_EXISTS, vault_new(conf), "not a second time");
	unlink(public);
	is_int(ERR_FAULT, vault_new(conf), "half a vault is a fault");
	unlink(secret);
	is_int(ERR_OK, vault_new(conf), "none is not");
}

static void
check_seal(const struct conf *conf)
{
	char		 id[CRYPT_ID_CAP], other[CRYPT_ID_CAP];
	struct secret	*plain = NULL, *second = NULL, *back = NULL;
	unsigned char	*sealed = NULL;
	size_t		 n = 0;

	if (crypt_pub_new(id, &plain) != ERR_OK || crypt_pub_new(other, &second) != ERR_OK)
		exit(99);
	is_int(ERR_OK, vault_seal(conf, plain, &sealed, &n), "sealed");
	is_int(ERR_FAULT, vault_open(conf, other, sealed, n, &back), "rows that were swapped are found out");
	is_int(ERR_FAULT, vault_open(conf, id, sealed, n - 1, &back), "so are cut ones");
	chmod(conf_text(conf, CONF_VAULT_SECRET), 0644);
	is_int(ERR_FAULT, vault_open(conf, id, sealed, n, &back), "a key that all can read is not used");
	chmod(conf_text(conf, CONF_VAULT_SECRET), 0600);
	chmod(conf_text(conf, CONF_VAULT_PUBLIC), 0666);
	is_int(ERR_FAULT, vault_seal(conf, plain, &sealed, &n), "one that all can write neither");
	chmod(conf_text(conf, CONF_VAULT_PUBLIC), 0644);
	ok(back == NULL, "and nothing is written");
	is_int(ERR_OK, vault_open(conf, id, sealed, n, &back), "opened");
	is_str(secret_text(plain), back == NULL ? NULL : secret_text(back), "the same");
	unlink(conf_text(conf, CONF_VAULT_PUBLIC));
	is_int(ERR_FAULT, vault_seal(conf, plain, &sealed, &n), "no vault, no seal");
	secret_free(plain);
	secret_free(second);
	secret_free(back);
	free(sealed);
}

int
main(void)
{
	struct conf *conf = make_conf();

	if (crypt_open() != ERR_OK)
		return 99;
	check_new(conf);
	check_seal(conf);
	conf_close(conf);
	return tap_end();
}
