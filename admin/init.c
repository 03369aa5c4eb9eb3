/* baas init: makes what is missing, and forgets what an earlier run has seen.  Safe to repeat. */

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/pass.h"
#include "lib/secret.h"
#include "lib/server.h"
#include "lib/vault.h"

/* Of the state directory; bots/ may be passed through by bots' own users, but not listed. */
static const struct {
	const char	*name;
	mode_t		 mode;
} dirs[] = {
	{ "", 0711 },
	{ "bots", 0711 },
	{ "run", 0700 },
	{ "log", 0700 },
	{ "mail", 0700 },
};

/* One file for each password hash that may be computed at one time (lib/app.c locks them). */
static const char *const slots[] = { "hash.0", "hash.1" };

static enum err
make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) == -1) {
		if (errno == EEXIST)
			return ERR_OK;
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	if (chmod(path, mode) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

static enum err
make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1 || close(fd) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

static enum err
make_state(const struct conf *conf)
{
	const char	*state = conf_text(conf, CONF_STATE_DIR);
	struct buf	 path = { 0 };
	enum err	 err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		buf_reset(&path);
		buf_fmt(&path, "%s/%s", state, dirs[i].name);
		if ((err = buf_error(&path)) == ERR_OK)
			err = make_dir(buf_text(&path), dirs[i].mode);
	}
	for (size_t i = 0; err == ERR_OK && i < sizeof(slots) / sizeof(slots[0]); i++) {
		buf_reset(&path);
		buf_fmt(&path, "%s/%s", state, slots[i]);
		if ((err = buf_error(&path)) == ERR_OK)
			err = make_file(buf_text(&path));
	}
	buf_clear(&path);
	return err;
}

/* A new key pair, unless there is one.  Half of one is not made whole: the other half may be in a backup. */
static enum err
make_vault(const struct conf *conf)
{
	const char	*public = conf_text(conf, CONF_VAULT_PUBLIC), *secret = conf_text(conf, CONF_VAULT_SECRET);
	int		 has_public = access(public, F_OK) == 0, has_secret = access(secret, F_OK) == 0;

	if (has_public && has_secret)
		return ERR_OK;
	if (has_public || has_secret) {
		log_fault(has_public ? secret : public, "missing, while the other half of the vault is there: "
		    "bring it back from a backup");
		return ERR_FAULT;
	}
	log_note(public, "made a new vault: keep a copy of it and of %s", secret);
	return vault_new(conf);
}

/* What Salt masters show to the private server: random, unless somebody has put one there. */
static enum err
make_token(const struct conf *conf)
{
	const char	*path = conf_text(conf, CONF_PRIVATE_TOKEN_FILE);
	char		 text[CRYPT_TOKEN_CAP];
	struct secret	*token = NULL;
	enum err	 err;

	if (path[0] == '\0' || access(path, F_OK) == 0)
		return ERR_OK;
	crypt_token(text);
	if ((err = secret_from(text, strlen(text), &token)) == ERR_OK)
		err = secret_write(token, path, 0600);
	explicit_bzero(text, sizeof(text));
	secret_free(token);
	return err == ERR_EXISTS ? ERR_OK : err;
}

/* All of the schema or nothing of it. */
static enum err
make_schema(struct db *db)
{
	enum err err;

	if ((err = db_begin(db)) != ERR_OK)
		return err;
	if ((err = db_script(db, admin_schema)) == ERR_OK)
		err = db_commit(db);
	db_rollback(db);
	return err;
}

/* Migrates without a worker beside it; another one may have done so while we waited for that. */
static enum err
bring_up(struct db *db, const struct conf *conf)
{
	struct alone	alone;
	enum err	err;

	if ((err = alone_open(conf, &alone)) != ERR_OK)
		return err;
	err = migrate(db, conf_text(conf, CONF_DATABASE), 1);
	alone_close(&alone);
	return err;
}

static enum err
settle_schema(struct db *db, const struct conf *conf)
{
	int64_t		number;
	enum err	err;

	if ((err = admin_schema_number(db, &number)) != ERR_OK || number == DB_SCHEMA)
		return err;
	if (number == 0)
		return make_schema(db);
	err = migrate_can(conf_text(conf, CONF_DATABASE), number);
	return err == ERR_OK ? bring_up(db, conf) : err;
}

/* With a cloud each person's server has a row of its own, which the first order makes. */
static enum err
make_local(struct db *db, const struct conf *conf)
{
	enum err err;

	if (strcmp(conf_text(conf, CONF_CLOUD), "local") != 0)
		return ERR_OK;
	if ((err = server_local(db, conf_text(conf, CONF_BOTS_ADDRESS), clock_now())) != ERR_OK)
		log_fault("server local", "%s", err_word(err));
	return err;
}

static enum err
start_afresh(struct db *db, const struct conf *conf)
{
	enum err err;

	if ((err = db_begin(db)) != ERR_OK)
		return err;
	if ((err = make_local(db, conf)) == ERR_OK && (err = bot_forget(db)) == ERR_OK && (err = pass_forget(db)) == ERR_OK)
		err = db_commit(db);
	db_rollback(db);
	return err;
}

enum err
init(struct admin *admin)
{
	const char	*path = conf_text(admin->conf, CONF_DATABASE);
	struct owners	 owners;
	enum err	 err;

	umask(077);
	if ((err = owners_get(admin->conf, &owners)) != ERR_OK || (err = owners_may(&owners)) != ERR_OK)
		return err;
	if ((err = make_state(admin->conf)) != ERR_OK)
		return err;
	if ((err = make_vault(admin->conf)) != ERR_OK || (err = make_token(admin->conf)) != ERR_OK)
		return err;
	if ((err = db_open(path, DB_CREATE, &admin->db)) != ERR_OK)
		return err;
	if ((err = settle_schema(admin->db, admin->conf)) != ERR_OK)
		return err;
	if ((err = start_afresh(admin->db, admin->conf)) != ERR_OK)
		return err;
	return owners_settle(admin->conf, &owners);
}
