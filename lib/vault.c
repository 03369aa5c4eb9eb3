/* The vault: two files, and what is sealed between them. */

#include "lib/vault.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/log.h"
#include "lib/secret.h"

static int
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || errno != ENOENT;
}

/* Writes the new file path: the public half and a newline. */
static enum err
write_public(const char *path, const char *public)
{
	size_t		n = strlen(public);
	enum err	err = ERR_FAULT;
	int		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	if (write(fd, public, n) != (ssize_t)n || write(fd, "\n", 1) != 1 || fchmod(fd, 0644) == -1 ||
	    fsync(fd) == -1) {
		log_fault(path, "%s", strerror(errno));
		unlink(path);
		goto out;
	}
	err = ERR_OK;
out:
	close(fd);
	return err;
}

/* The public half.  Whoever could write it would be sealed to: so only its owner may. */
static enum err
read_public(const char *path, char public[CRYPT_ID_CAP])
{
	struct stat	 st;
	enum err	 err = ERR_FAULT;
	ssize_t		 n;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || fstat(fd, &st) == -1) {
		log_fault(path, "%s", strerror(errno));
		goto out;
	}
	if ((st.st_mode & 022) != 0) {
		log_fault(path, "mode %03o lets others write; use 644", (unsigned)st.st_mode & 0777);
		goto out;
	}
	if ((n = read(fd, public, CRYPT_ID_CAP - 1)) == -1) {
		log_fault(path, "%s", strerror(errno));
		goto out;
	}
	public[n] = '\0';
	public[strcspn(public, "\n")] = '\0';
	err = ERR_OK;
out:
	if (fd != -1)
		close(fd);
	return err;
}

enum err
vault_new(const struct conf *conf)
{
	const char	*public_path = conf_text(conf, CONF_VAULT_PUBLIC);
	const char	*secret_path = conf_text(conf, CONF_VAULT_SECRET);
	char		 public[CRYPT_ID_CAP];
	struct secret	*secret = NULL;
	enum err	 err;

	if (is_there(public_path) && is_there(secret_path))
		return ERR_EXISTS;
	if (is_there(public_path) || is_there(secret_path)) {
		log_fault(is_there(public_path) ? secret_path : public_path,
		    "missing beside the vault's other half: restore it from a backup");
		return ERR_FAULT;
	}
	if ((err = crypt_box_new(public, &secret)) != ERR_OK)
		goto out;
	if ((err = secret_write(secret, secret_path, 0600)) != ERR_OK)
		goto out;
	if ((err = write_public(public_path, public)) != ERR_OK)
		unlink(secret_path);
out:
	secret_free(secret);
	return err;
}

enum err
vault_seal(const struct conf *conf, const struct secret *plain, unsigned char **out, size_t *n)
{
	const char	*path = conf_text(conf, CONF_VAULT_PUBLIC);
	char		 public[CRYPT_ID_CAP];
	enum err	 err;

	if ((err = read_public(path, public)) != ERR_OK)
		return err;
	if ((err = crypt_seal(public, plain, out, n)) == ERR_INVALID) {
		log_fault(path, "not a public key");
		err = ERR_FAULT;
	}
	return err;
}

/* Opens sealed into *plain, whatever it is. */
static enum err
unseal(const struct conf *conf, const unsigned char *sealed, size_t n, struct secret **plain)
{
	char		 public[CRYPT_ID_CAP];
	struct secret	*key = NULL;
	enum err	 err;

	if ((err = read_public(conf_text(conf, CONF_VAULT_PUBLIC), public)) != ERR_OK)
		goto out;
	if ((err = secret_read(conf_text(conf, CONF_VAULT_SECRET), &key)) != ERR_OK)
		goto out;
	if ((err = crypt_open_sealed(public, key, sealed, n, plain)) == ERR_INVALID) {
		log_fault(conf_text(conf, CONF_VAULT_SECRET), "does not open a stored secret");
		err = ERR_FAULT;
	}
out:
	secret_free(key);
	return err;
}

enum err
vault_open(const struct conf *conf, const char *id, const unsigned char *sealed, size_t n,
    struct secret **plain)
{
	struct secret	*opened = NULL;
	char		 found[CRYPT_ID_CAP];
	enum err	 err;

	if ((err = unseal(conf, sealed, n, &opened)) != ERR_OK)
		goto out;
	if (crypt_pub_id(opened, found) != ERR_OK || !crypt_same(found, id)) {
		log_fault(id, "its stored secret is another pub's");
		err = ERR_FAULT;
		goto out;
	}
	*plain = opened;
	opened = NULL;
out:
	secret_free(opened);
	return err;
}
