/*
 * Who owns what where the public routes, the private server and the worker have users of their own (users.*): one table for
 * baas init, restore and doctor.  All of it is made by root, in directories that root alone can write to: no user can put
 * another's file, or a link, in the place of one of these.
 */

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/secret.h"

/*
 * The routes write wishes, the worker facts, and each reader writes into the -shm: so those four files are the group's.
 * SQLite makes the -wal and the -shm, which nobody but root could make here; it never removes them (lib/db.c).
 */
static const struct owned table[] = {
	{ CONF_STATE_DIR, "", OWNER_ROOT, 0711, OWNED_DIR },
	{ CONF_STATE_DIR, "/bots", OWNER_WORKER, 0711, OWNED_DIR },
	{ CONF_STATE_DIR, "/mail", OWNER_WORKER, 0700, OWNED_DIR },
	{ CONF_STATE_DIR, "/run", OWNER_ROOT, 0700, OWNED_DIR },
	{ CONF_STATE_DIR, "/log", OWNER_ROOT, 0711, OWNED_DIR },
	{ CONF_STATE_DIR, "/log/lighttpd.log", OWNER_WEB, 0600, OWNED_FILE },
	{ CONF_STATE_DIR, "/log/private.log", OWNER_PILLAR, 0600, OWNED_FILE },
	{ CONF_STATE_DIR, "/log/keep.log", OWNER_WORKER, 0600, OWNED_FILE },
	{ CONF_STATE_DIR, "/hash.0", OWNER_WEB, 0600, OWNED_FILE },
	{ CONF_STATE_DIR, "/hash.1", OWNER_WEB, 0600, OWNED_FILE },
	{ CONF_STATE_DIR, "/next.lock", OWNER_WORKER, 0600, OWNED_FILE },
	{ CONF_STATE_DIR, "/run.lock", OWNER_WORKER, 0600, OWNED_FILE },
	{ CONF_DATABASE, "", OWNER_ROOT, 0660, OWNED_NEEDED },
	{ CONF_DATABASE, "-wal", OWNER_ROOT, 0660, OWNED_NEEDED },
	{ CONF_DATABASE, "-shm", OWNER_ROOT, 0660, OWNED_NEEDED },
	{ CONF_DATABASE, ".lock", OWNER_ROOT, 0660, OWNED_FILE },
	{ CONF_VAULT_PUBLIC, "", OWNER_ROOT, 0644, OWNED_NEEDED },
	{ CONF_VAULT_SECRET, "", OWNER_WORKER, 0600, OWNED_NEEDED },
	{ CONF_PRIVATE_VAULT_SECRET, "", OWNER_PILLAR, 0600, OWNED_IF_THERE },
	{ CONF_PRIVATE_TOKEN_FILE, "", OWNER_PILLAR, 0600, OWNED_IF_THERE },
	{ CONF_SCALEWAY_TOKEN_FILE, "", OWNER_WORKER, 0600, OWNED_IF_THERE },
	{ CONF_SALT_PASSWORD_FILE, "", OWNER_WORKER, 0600, OWNED_IF_THERE },
	{ CONF_MAIL_PASSWORD_FILE, "", OWNER_WORKER, 0600, OWNED_IF_THERE },
	{ CONF_STRIPE_KEY_FILE, "", OWNER_WORKER, 0600, OWNED_IF_THERE },
};

static const enum conf_key users[OWNER__MAX] = {
	[OWNER_WEB] = CONF_USERS_WEB, [OWNER_PILLAR] = CONF_USERS_PILLAR, [OWNER_WORKER] = CONF_USERS_WORKER,
};

int
owned_shared(const struct owned *owned)
{
	return (owned->mode & S_IWGRP) != 0;
}

/* -- names -- */

/* A name, or a number: 1 and *out, else 0. */
static int
find_id(const char *text, int is_group, unsigned *out)
{
	const struct passwd	*user = is_group ? NULL : getpwnam(text);
	const struct group	*group = is_group ? getgrnam(text) : NULL;
	size_t			 n = strlen(text);

	if (user != NULL)
		*out = user->pw_uid;
	else if (group != NULL)
		*out = group->gr_gid;
	else if (n > 0 && n < 10 && strspn(text, "0123456789") == n)
		*out = (unsigned)strtoul(text, NULL, 10);
	else
		return 0;
	return 1;
}

static enum err
find(const struct conf *conf, enum conf_key key, unsigned *out)
{
	const char *text = conf_text(conf, key);

	if (text[0] == '\0')
		log_fault(conf_name(key), "is not set, but others of users.* are: all four or none");
	else if (!find_id(text, key == CONF_USERS_GROUP, out))
		log_fault(conf_name(key), "there is no '%s': baas(7) says how to make it", text);
	else
		return ERR_OK;
	return ERR_INVALID;
}

/* The web has a user for itself; the others may share one, but for the sake of what? */
static enum err
check_apart(const struct owners *owners)
{
	const uid_t *uids = owners->uids;

	if (uids[OWNER_WEB] != uids[OWNER_PILLAR] && uids[OWNER_WEB] != uids[OWNER_WORKER] && uids[OWNER_WEB] != 0 &&
	    uids[OWNER_PILLAR] != uids[OWNER_WORKER] && uids[OWNER_PILLAR] != 0)
		return ERR_OK;
	log_fault("users", "users.web, .pillar and .worker must be three, and only the worker may be root");
	return ERR_INVALID;
}

enum err
owners_get(const struct conf *conf, struct owners *out)
{
	static const enum conf_key	keys[] = { CONF_USERS_WEB, CONF_USERS_PILLAR, CONF_USERS_WORKER, CONF_USERS_GROUP };
	struct owners			owners = { 0 };
	unsigned			id;
	enum err			err = ERR_OK;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		owners.apart |= conf_text(conf, keys[i])[0] != '\0';
	for (int i = OWNER_WEB; owners.apart && err == ERR_OK && i < OWNER__MAX; i++)
		if ((err = find(conf, users[i], &id)) == ERR_OK)
			owners.uids[i] = id;
	if (owners.apart && err == ERR_OK && (err = find(conf, CONF_USERS_GROUP, &id)) == ERR_OK)
		owners.group = id;
	if (owners.apart && err == ERR_OK)
		err = check_apart(&owners);
	if (err == ERR_OK)
		*out = owners;
	return err;
}

const char *
owner_name(const struct conf *conf, enum owner owner)
{
	return owner == OWNER_ROOT ? "root" : conf_text(conf, users[owner]);
}

/* -- files -- */

enum err
owned_each(const struct conf *conf, enum err (*each)(void *ctx, const char *path, const struct owned *owned), void *ctx)
{
	struct buf	path = { 0 };
	enum err	err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < sizeof(table) / sizeof(table[0]); i++) {
		if (conf_text(conf, table[i].key)[0] == '\0')
			continue;
		buf_reset(&path);
		buf_fmt(&path, "%s%s", conf_text(conf, table[i].key), table[i].tail);
		if ((err = buf_error(&path)) == ERR_OK)
			err = each(ctx, buf_text(&path), &table[i]);
	}
	buf_clear(&path);
	return err;
}

static int
make(const char *path, const struct owned *owned)
{
	int fd;

	if (owned->kind == OWNED_DIR)
		return mkdir(path, 0700);
	if (owned->kind != OWNED_FILE) {
		errno = ENOENT;
		return -1;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd == -1 ? -1 : close(fd);
}

/* Never opens what is there: to close a database that this process has open would drop its locks. */
static enum err
give(void *ctx, const char *path, const struct owned *owned)
{
	const struct owners	*owners = ctx;
	gid_t			 group = owned_shared(owned) ? owners->group : 0;
	struct stat		 st;

	if (lstat(path, &st) == -1 && errno == ENOENT && owned->kind == OWNED_IF_THERE)
		return ERR_OK;
	if (lstat(path, &st) == -1 && (errno != ENOENT || make(path, owned) == -1 || lstat(path, &st) == -1)) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	if (owned->kind == OWNED_DIR ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode)) {
		log_fault(path, owned->kind == OWNED_DIR ? "must be a directory" : "must be a file, and no link to one");
		return ERR_INVALID;
	}
	/* The mode first, while it is root's: nobody is let in by what it was before. */
	if (chmod(path, owned->mode & st.st_mode) == -1 || lchown(path, owners->uids[owned->owner], group) == -1 ||
	    chmod(path, owned->mode) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

/* The private server's own copy of the vault's secret half; one of another vault makes room for it. */
static enum err
copy_secret(const struct conf *conf)
{
	const char	*path = conf_text(conf, CONF_PRIVATE_VAULT_SECRET);
	struct secret	*secret = NULL, *copy = NULL;
	enum err	 err;

	if (conf_text(conf, CONF_PRIVATE_TOKEN_FILE)[0] == '\0')
		return ERR_OK;			/* it answers nobody */
	if ((err = secret_read(conf_text(conf, CONF_VAULT_SECRET), &secret)) != ERR_OK)
		return err;
	if (access(path, F_OK) == 0 && secret_read(path, &copy) == ERR_OK && crypt_same(secret_text(secret), secret_text(copy)))
		goto out;
	if (unlink(path) == -1 && errno != ENOENT) {
		log_fault(path, "%s", strerror(errno));
		err = ERR_FAULT;
	} else if ((err = secret_write(secret, path, 0600)) == ERR_OK) {
		log_note(path, "made, the private server's copy of %s", conf_text(conf, CONF_VAULT_SECRET));
	}
out:
	secret_free(secret);
	secret_free(copy);
	return err;
}

/* Opened once, a database has its -wal and -shm. */
static enum err
open_once(const struct conf *conf)
{
	struct db	*db = NULL;
	enum err	 err = db_open(conf_text(conf, CONF_DATABASE), DB_WRITE, &db);

	db_close(db);
	return err;
}

enum err
owners_settle(const struct conf *conf, const struct owners *owners)
{
	struct owners	own = *owners;
	enum err	err;

	if (!own.apart)
		return ERR_OK;
	if ((err = open_once(conf)) != ERR_OK || (err = owned_each(conf, give, &own)) != ERR_OK || (err = copy_secret(conf)) != ERR_OK)
		return err;
	return owned_each(conf, give, &own);	/* the copy, too */
}

enum err
owners_may(const struct owners *owners)
{
	if (!owners->apart || geteuid() == 0)
		return ERR_OK;
	log_fault("users", "to give files to users.* is for root: run this as root");
	return ERR_INVALID;
}
