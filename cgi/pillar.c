/*
 * The private server: GET /agents?minion=ID with a Salt master's token gives that server's pillar (CONTRACT.md 4).  A
 * 5xx would be an empty pillar to Salt, so what is wrong with us is said as 200 {"_errors": [...]}: whatever could not
 * be opened is tried again with the next request.  Opening secrets takes most of the time, so a good answer is kept
 * until something that it was made of has changed.
 */

#include <sys/stat.h>
#include <string.h>
#include <strings.h>

#include "lib/bot_minion.h"
#include "lib/bot_release.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/jail.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/req.h"
#include "lib/secret.h"
#include "lib/shelf.h"
#include "lib/vault.h"

enum {
	SCHEMA = 1,
	MEMORY_BESIDE_HEAP = 64,	/* MB that a pub needs beyond limits.bot_memory */
	KEEP_MOST = 32 << 20	/* bytes of answers that are kept: some 15,000 servers of three bots each */
};

/* A file as it was: another one, or changed, is another value. */
struct file {
	int64_t	device, inode, mode, size, changed;	/* ns; all 0: there is none */
};

/* What an answer is made of, but for the configuration, which is read once. */
struct stamp {
	int64_t		rev;
	struct file	public, secret;			/* of the vault */
	char		release[BOT_RELEASE_CAP];	/* that a bot without a wish gets; "": there is none */
};

/* What the process holds; NULL: not open yet, or not any more. */
struct pillar {
	struct req	*req;
	struct conf	*conf;
	struct secret	*token;
	struct db	*db;
	struct file	 file;				/* of the database, as it was when asked last */
	struct shelf	*shelf;
	char		 release[BOT_RELEASE_CAP];	/* as in struct stamp, */
	struct file	 releases;			/* found when pub.dir was so, */
	int64_t		 release_at;			/* clock_boot() */
};

/* An answer being made. */
struct page {
	const struct pillar	*pillar;
	const struct stamp	*stamp;
	struct json		*bots;
	const char		*why;		/* of a failure, in words for the master's log */
};

/* -- answers -- */

static enum err
say(struct reply *reply, const struct json *root)
{
	enum err err = json_write(root, &reply->body);

	reply->type = "application/json";
	reply->status = err == ERR_OK ? 200 : 500;
	return err;
}

static void
say_error(struct reply *reply, const char *words)
{
	struct json *root = json_object(NULL, NULL), *errors = json_list(root, "_errors");

	json_add_text(errors, NULL, words);
	buf_reset(&reply->body);
	(void)say(reply, root);		/* no memory even for that: 500 */
	json_free(root);
}

static void
say_nothing(struct reply *reply, int status)
{
	reply->type = "application/json";
	reply->status = status;
}

/* -- a bot -- */

static enum err
add_secret(struct page *page, struct json *bot, const struct bot_minion *row)
{
	static const char *const fields[] = { "curve", "public", "private", "id" };
	struct secret		*secret = NULL;
	struct json		*read = NULL, *out = json_object(bot, "secret");
	enum err		 err;

	if ((err = vault_open(page->pillar->conf, row->public_key, row->sealed, row->sealed_n, &secret)) != ERR_OK)
		goto out;
	if (json_read(secret_text(secret), secret_len(secret), &read) != ERR_OK) {
		log_fault(row->key, "its secret is no JSON");
		err = ERR_FAULT;
		goto out;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		json_add_text(out, fields[i], json_text(json_get(read, fields[i]), ""));
out:
	if (err != ERR_OK)
		page->why = "a bot's secret can't be opened";
	json_free(read);
	secret_free(secret);
	return err;
}

/* Which pub: its release, and its image, which the server builds unless pub.image names one. */
static enum err
add_release(struct page *page, struct json *bot, const struct bot_minion *row)
{
	const struct conf	*conf = page->pillar->conf;
	const char		*release = row->release[0] != '\0' ? row->release : page->stamp->release;
	struct buf		 image = { 0 };

	if (release[0] == '\0') {
		page->why = "there is no release of the pub";
		log_fault(conf_text(conf, CONF_PUB_DIR), "has no release of the pub, and pub.release is not set");
		return ERR_FAULT;
	}
	json_add_text(bot, "release", release);
	buf_str(&image, conf_text(conf, CONF_PUB_IMAGE));
	if (image.len == 0)
		buf_fmt(&image, "baas-pub:%s", release);
	json_add_text(bot, "image", buf_text(&image));
	buf_clear(&image);
	return ERR_OK;
}

static enum err
add_bot(void *ctx, const struct bot_minion *row)
{
	struct page		*page = ctx;
	const struct conf	*conf = page->pillar->conf;
	struct json		*bot = json_object(page->bots, row->key);
	struct buf		 host = { 0 };
	enum err		 err;

	buf_fmt(&host, "%s.%s", row->name, conf_text(conf, CONF_BOTS_DOMAIN));
	json_add_text(bot, "name", row->name);
	json_add_text(bot, "host", buf_text(&host));
	json_add_int(bot, "port", row->port);
	json_add_text(bot, "wanted", row->wanted);
	json_add_int(bot, "restarts", row->restarts);
	json_add_int(bot, "rebuilds", row->rebuilds);
	json_add_int(bot, "memory", (conf_int(conf, CONF_LIMITS_BOT_MEMORY) + MEMORY_BESIDE_HEAP) * 1024 * 1024);
	buf_clear(&host);
	if ((err = add_release(page, bot, row)) != ERR_OK)
		return err;
	return add_secret(page, bot, row);
}

/* -- a server -- */

static void
say_failure(struct reply *reply, const struct page *page, const char *minion, enum err err)
{
	if (err == ERR_NOTFOUND) {
		log_note("unknown minion", "%s", minion);
		say_error(reply, "unknown minion");
		return;
	}
	say_error(reply, page->why != NULL ? page->why :
	    err == ERR_BUSY ? "the database is locked" : "the database can't be read");
}

static struct file
look_at(const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return (struct file){ 0 };
	return (struct file){ .device = (int64_t)st.st_dev, .inode = (int64_t)st.st_ino, .mode = st.st_mode, .size = st.st_size,
	    .changed = st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec };
}

/* A release that was put into a directory that had been there is found within a second. */
static void
find_release(struct pillar *pillar)
{
	const struct file	dir = look_at(conf_text(pillar->conf, CONF_PUB_DIR));
	int64_t			now = clock_boot();

	if (pillar->release_at != 0 && now < pillar->release_at + CLOCK_SECOND && memcmp(&dir, &pillar->releases, sizeof(dir)) == 0)
		return;
	if (bot_release(pillar->conf, "", pillar->release) != ERR_OK)
		pillar->release[0] = '\0';
	pillar->releases = dir;
	pillar->release_at = now;
}

static void
take_stamp(struct pillar *pillar, struct stamp *stamp)
{
	memset(stamp, 0, sizeof(*stamp));	/* to the last byte: stamps are compared as memory */
	find_release(pillar);
	stamp->public = look_at(conf_text(pillar->conf, CONF_VAULT_PUBLIC));
	stamp->secret = look_at(conf_text(pillar->conf, CONF_VAULT_SECRET));
	memcpy(stamp->release, pillar->release, strlen(pillar->release));
}

static enum err
make_pillar(struct page *page, struct stamp *stamp, struct reply *reply, const char *minion)
{
	struct json	*root = json_object(NULL, NULL), *baas = json_object(root, "baas");
	enum err	 err;

	json_add_int(baas, "schema", SCHEMA);
	json_add_text(baas, "minion", minion);
	json_list(baas, "seeds");
	page->bots = json_object(baas, "bots");
	if ((err = bot_minion_list(page->pillar->db, minion, &stamp->rev, add_bot, page)) == ERR_OK) {
		json_add_int(baas, "rev", stamp->rev);
		page->why = "the answer can't be written";
		err = say(reply, root);
	}
	json_free(root);
	return err;
}

static enum err
say_pillar(struct pillar *pillar, struct reply *reply, const char *minion)
{
	struct stamp	stamp;
	struct page	page = { .pillar = pillar, .stamp = &stamp };
	enum err	err;

	take_stamp(pillar, &stamp);
	if ((err = bot_minion_rev(pillar->db, minion, &stamp.rev)) == ERR_OK &&
	    shelf_get(pillar->shelf, minion, &stamp, sizeof(stamp), &reply->body) == ERR_OK) {
		reply->type = "application/json";
		reply->status = 200;
		return ERR_OK;
	}
	if (err == ERR_OK && (err = make_pillar(&page, &stamp, reply, minion)) == ERR_OK)
		shelf_put(pillar->shelf, minion, &stamp, sizeof(stamp), &reply->body);
	if (err != ERR_OK)
		say_failure(reply, &page, minion, err);
	return err;
}

/* -- who asks, and for what -- */

/* What is shown after "Authorization: Bearer", or "". */
static const char *
bearer(struct req *req)
{
	static const char	 scheme[] = "bearer ";
	const char		*value = req_var(req, "HTTP_AUTHORIZATION");

	if (req_doubled(req) || strncasecmp(value, scheme, sizeof(scheme) - 1) != 0)
		return "";
	return value + sizeof(scheme) - 1;
}

/* The id of "minion=ID", where nothing else stands in the query, and no letter of it is written in another way; else NULL. */
static const char *
minion_of(struct req *req)
{
	static const char	 name[] = "minion=", letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	const char		*query = req_var(req, "QUERY_STRING"), *id = query + sizeof(name) - 1;
	size_t			 n;

	if (strncmp(query, name, sizeof(name) - 1) != 0)
		return NULL;
	n = strspn(id, letters);
	return n > 0 && n < MINION_CAP && id[n] == '\0' && id[0] != '-' ? id : NULL;
}

/* 0, or the status of what is not to be asked here. */
static int
check_place(struct req *req)
{
	const char *path = req_var(req, "PATH_INFO"), *method = req_var(req, "REQUEST_METHOD");

	if (*path == '\0')
		path = req_var(req, "SCRIPT_NAME");
	if (strcmp(path, "/agents") != 0)
		return 404;
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 ? 405 : 0;
}

/* With a user of its own it has a copy of its own, too: a secret is one user's file. */
static enum err
open_conf(struct pillar *pillar)
{
	enum err err;

	if (pillar->conf != NULL)
		return ERR_OK;
	if ((err = conf_open(NULL, &pillar->conf)) == ERR_OK && conf_text(pillar->conf, CONF_USERS_PILLAR)[0] != '\0')
		conf_swap(pillar->conf, CONF_VAULT_SECRET, CONF_PRIVATE_VAULT_SECRET);
	return err;
}

/* NULL, or what is wrong. */
static const char *
open_token(struct pillar *pillar)
{
	if (open_conf(pillar) != ERR_OK)
		return "the configuration can't be read";
	if (pillar->token == NULL && conf_text(pillar->conf, CONF_PRIVATE_TOKEN_FILE)[0] != '\0' &&
	    secret_read(conf_text(pillar->conf, CONF_PRIVATE_TOKEN_FILE), &pillar->token) != ERR_OK)
		return "the token can't be read";
	return NULL;
}

/* What was made of it goes too: another database may have come to the same rev in another way. */
static void
close_database(struct pillar *pillar)
{
	shelf_empty(pillar->shelf);
	db_close(pillar->db);
	pillar->db = NULL;
}

/* One that was replaced (restored, say) is opened anew; one that was written to may be broken, and that has to show at once. */
static enum err
open_database(struct pillar *pillar)
{
	const char		*path = conf_text(pillar->conf, CONF_DATABASE);
	const struct file	 is = look_at(path), was = pillar->file;

	pillar->file = is;
	if (pillar->db != NULL && (is.device != was.device || is.inode != was.inode))
		close_database(pillar);
	if (pillar->db == NULL)
		return db_open(path, DB_ASK, &pillar->db);
	if (memcmp(&is, &was, sizeof(is)) != 0)
		db_reread(pillar->db);
	return ERR_OK;
}

static void
answer(struct pillar *pillar, struct reply *reply)
{
	const struct page	 none = { 0 };
	const char		*shown = bearer(pillar->req), *minion = minion_of(pillar->req), *fault;
	int			 status;
	enum err		 err;

	if (*shown == '\0') {
		say_nothing(reply, 401);
	} else if ((fault = open_token(pillar)) != NULL) {
		say_error(reply, fault);
	} else if (pillar->token == NULL || !crypt_same(shown, secret_text(pillar->token))) {
		say_nothing(reply, 401);
	} else if ((status = check_place(pillar->req)) != 0) {
		say_nothing(reply, status);
		reply->allow = status == 405 ? "GET, HEAD" : NULL;
	} else if (minion == NULL) {
		say_error(reply, "unknown minion");
	} else if ((err = open_database(pillar)) != ERR_OK) {
		say_failure(reply, &none, minion, err);
	} else if (say_pillar(pillar, reply, minion) == ERR_FAULT) {
		close_database(pillar);
	}
}

static void
handle(struct pillar *pillar)
{
	struct reply reply = { .body = { .wipe = 1 } };

	answer(pillar, &reply);
	if (req_send(pillar->req, &reply, 0) != ERR_OK)
		log_note("reply", "nobody waited for it");
	reply_clear(&reply);
}

int
main(void)
{
	struct pillar	pillar = { 0 };
	enum err	err;

	log_open("pillar");
	if ((err = jail_harden()) == ERR_OK && (err = crypt_open()) == ERR_OK)
		err = req_open(&pillar.req);
	if (err == ERR_OK)
		err = shelf_open(KEEP_MOST, &pillar.shelf);
	while (err == ERR_OK && req_next(pillar.req))
		handle(&pillar);
	close_database(&pillar);
	shelf_close(pillar.shelf);
	secret_free(pillar.token);
	conf_close(pillar.conf);
	req_close(pillar.req);
	return err == ERR_OK ? 0 : 1;
}
