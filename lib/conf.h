/* The configuration: "key = value" lines, checked against one table (baas.conf(5)). */

#ifndef BAAS_LIB_CONF_H
#define BAAS_LIB_CONF_H

#include <stdint.h>

#include "lib/err.h"

struct conf;

enum conf_key {
	CONF_SITE_NAME,
	CONF_SITE_URL,
	CONF_SITE_LISTEN,
	CONF_SITE_PROXY,		/* the address of a proxy whose X-Forwarded-For is believed; "" for none */
	CONF_SITE_CONTACT,		/* an email shown in the footer; "" for none */
	CONF_SITE_TEMPLATES,		/* directory of the pages' templates */
	CONF_BOTS_DOMAIN,
	CONF_BOTS_ADDRESS,
	CONF_BOTS_FIRST_PORT,
	CONF_DATABASE,
	CONF_STATE_DIR,
	CONF_VAULT_PUBLIC,
	CONF_VAULT_SECRET,
	CONF_CLOUD,			/* "local" or "scaleway"; whoever uses it says what is not built */
	CONF_SCALEWAY_URL,
	CONF_SCALEWAY_ZONE,
	CONF_SCALEWAY_PROJECT,
	CONF_SCALEWAY_TOKEN_FILE,
	CONF_SCALEWAY_TYPE,
	CONF_SCALEWAY_IMAGE,
	CONF_SCALEWAY_VOLUME_GB,
	CONF_SCALEWAY_DNS_ZONE,
	CONF_SCALEWAY_FIRST_BOOT,	/* template of what new servers do at their first boot */
	CONF_FLEET,			/* "local" or "salt" */
	CONF_SALT_URL,
	CONF_SALT_USER,
	CONF_SALT_PASSWORD_FILE,
	CONF_SALT_EAUTH,
	CONF_SALT_MASTER,
	CONF_SALT_CA_FILE,
	CONF_BILLING,			/* "free" or "stripe" */
	CONF_STRIPE_URL,
	CONF_STRIPE_KEY_FILE,
	CONF_STRIPE_WEBHOOK_SECRET_FILE,
	CONF_STRIPE_PRICE,
	CONF_MAIL,			/* maildir:DIR, smtp://HOST, smtps://HOST */
	CONF_MAIL_FROM,
	CONF_MAIL_PASSWORD_FILE,
	CONF_PRIVATE_LISTEN,
	CONF_PRIVATE_TOKEN_FILE,
	CONF_PRIVATE_VAULT_SECRET,	/* vault.secret for cgi/pillar, where it has a user of its own */
	CONF_PUB_RELEASE,		/* "": the newest installed */
	CONF_PUB_DIR,			/* holds one directory per release: DIR/1.0.0/pub.js */
	CONF_PUB_IMAGE,
	CONF_PUB_NODE,			/* the program that runs it, "node": looked up in PATH */
	CONF_ACCOUNTS_OPEN,
	CONF_ACCOUNTS_VERIFY,
	CONF_LIMITS_BOTS_PER_PERSON,
	CONF_LIMITS_BOTS_PER_SERVER,	/* 0 in the file: conf_int gives RAM / 192 MB, at least 1 */
	CONF_LIMITS_UNUSED_INVITES,	/* per bot */
	CONF_LIMITS_BOT_MEMORY,		/* MB, of node's heap */
	CONF_LIMITS_BIN_DAYS,
	CONF_LIMITS_ABSENT,		/* seconds between the two looks that must miss a thing of the cloud */
	CONF_LIMITS_JOIN,		/* seconds that a new server has to answer */
	CONF_LIMITS_BIN_SECOND_LOOK,	/* seconds between the two looks that empty the bin */
	CONF_LIMITS_SESSIONS,		/* per person; the oldest ends */
	CONF_LIMITS_STARTS,		/* pubs that may be starting at one time */
	CONF_USERS_WEB,			/* a name or a number; "": one user stands for all three */
	CONF_USERS_PILLAR,
	CONF_USERS_WORKER,
	CONF_USERS_GROUP,		/* that they share */
	CONF__MAX
};

/*
 * The file: a key a line, "key = value"; empty lines and lines that begin with # are skipped.  site.url is an
 * origin as browsers write it (http or https, lower case, no path, no default port); paths are absolute;
 * a key may be left without a value only where the default is none.
 *
 * Reads path (NULL: BAAS_CONF from the environment, else /etc/baas/baas.conf).
 * Keys that are not in the file have their default; defaults under /var/lib/baas
 * follow state_dir when that is set.  Unknown or doubled keys and values of the
 * wrong type are logged with file and line: ERR_INVALID.  A missing file is ERR_FAULT.
 * *out is the caller's, conf_close frees it.
 */
enum err conf_open(const char *path, struct conf **out);
void conf_close(struct conf *conf);

/* The value, never NULL; lives as long as conf. */
const char *conf_text(const struct conf *conf, enum conf_key key);
int64_t conf_int(const struct conf *conf, enum conf_key key);
int conf_on(const struct conf *conf, enum conf_key key);	/* on/off keys: 1 or 0 */

/* Each of the two keys has the other's value from now on: for a program that reads its own copy of a file. */
void conf_swap(struct conf *conf, enum conf_key one, enum conf_key other);

/* The path that conf_open read. */
const char *conf_path(const struct conf *conf);

/* The name of a key, "site.url", and its default as text: for the manual's test and for doctor. */
const char *conf_name(enum conf_key key);
const char *conf_default(enum conf_key key);

#endif
