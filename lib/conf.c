/* The configuration file, checked against the one table below. */

#include "lib/conf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

enum { BOT_RAM_MB = 192 };	/* what one bot takes, see the manual */

enum type { TEXT, ORIGIN, URL, HOST, ADDRESS, INT, ON_OFF, WORD, PATH, MAIL, TYPE__MAX };

/* A key of the file.  One whose default is "" may be left empty. */
struct spec {
	const char	*name;
	const char	*otherwise;	/* default */
	enum type	 type;
	int64_t		 min, max;	/* INT */
	const char	*words[3];	/* WORD */
};

#define STATE	"/var/lib/baas"

static const struct spec specs[CONF__MAX] = {
	[CONF_SITE_NAME] = { "site.name", "butt.nz", .type = TEXT },
	[CONF_SITE_URL] = { "site.url", "http://127.0.0.1:8080", .type = ORIGIN },
	[CONF_SITE_LISTEN] = { "site.listen", "127.0.0.1", .type = HOST },
	[CONF_SITE_PROXY] = { "site.proxy", "", .type = ADDRESS },
	[CONF_SITE_CONTACT] = { "site.contact", "", .type = TEXT },
	[CONF_SITE_TEMPLATES] = { "site.templates", PKGDATADIR "/html", .type = PATH },
	[CONF_BOTS_DOMAIN] = { "bots.domain", "localhost", .type = HOST },
	[CONF_BOTS_ADDRESS] = { "bots.address", "127.0.0.1", .type = HOST },
	[CONF_BOTS_FIRST_PORT] = { "bots.first_port", "8008", .type = INT, .min = 1, .max = 65535 },
	[CONF_DATABASE] = { "database", STATE "/baas.db", .type = PATH },
	[CONF_STATE_DIR] = { "state_dir", STATE, .type = PATH },
	[CONF_VAULT_PUBLIC] = { "vault.public", STATE "/vault.public", .type = PATH },
	[CONF_VAULT_SECRET] = { "vault.secret", STATE "/vault.secret", .type = PATH },
	[CONF_CLOUD] = { "cloud", "local", .type = WORD, .words = { "local", "scaleway" } },
	[CONF_SCALEWAY_URL] = { "scaleway.url", "https://api.scaleway.com", .type = URL },
	[CONF_SCALEWAY_ZONE] = { "scaleway.zone", "fr-par-1", .type = TEXT },
	[CONF_SCALEWAY_PROJECT] = { "scaleway.project", "", .type = TEXT },
	[CONF_SCALEWAY_TOKEN_FILE] = { "scaleway.token_file", "", .type = PATH },
	[CONF_SCALEWAY_TYPE] = { "scaleway.type", "DEV1-S", .type = TEXT },
	[CONF_SCALEWAY_IMAGE] = { "scaleway.image", "debian_bookworm", .type = TEXT },
	[CONF_SCALEWAY_VOLUME_GB] = { "scaleway.volume_gb", "20", .type = INT, .min = 1, .max = 10000 },
	[CONF_SCALEWAY_DNS_ZONE] = { "scaleway.dns_zone", "", .type = TEXT },
	[CONF_SCALEWAY_FIRST_BOOT] = { "scaleway.first_boot", PKGDATADIR "/first-boot.yaml", .type = PATH },
	[CONF_FLEET] = { "fleet", "local", .type = WORD, .words = { "local", "salt" } },
	[CONF_SALT_URL] = { "salt.url", "http://127.0.0.1:8757", .type = URL },
	[CONF_SALT_USER] = { "salt.user", "reconciler", .type = TEXT },
	[CONF_SALT_PASSWORD_FILE] = { "salt.password_file", "", .type = PATH },
	[CONF_SALT_EAUTH] = { "salt.eauth", "sharedsecret", .type = TEXT },
	[CONF_SALT_MASTER] = { "salt.master", "", .type = TEXT },
	[CONF_SALT_CA_FILE] = { "salt.ca_file", "", .type = PATH },
	[CONF_BILLING] = { "billing", "free", .type = WORD, .words = { "free", "stripe" } },
	[CONF_STRIPE_URL] = { "stripe.url", "https://api.stripe.com", .type = URL },
	[CONF_STRIPE_KEY_FILE] = { "stripe.key_file", "", .type = PATH },
	[CONF_STRIPE_WEBHOOK_SECRET_FILE] = { "stripe.webhook_secret_file", "", .type = PATH },
	[CONF_STRIPE_PRICE] = { "stripe.price", "", .type = TEXT },
	[CONF_MAIL] = { "mail", "maildir:" STATE "/mail", .type = MAIL },
	[CONF_MAIL_FROM] = { "mail.from", "", .type = TEXT },
	[CONF_MAIL_PASSWORD_FILE] = { "mail.password_file", "", .type = PATH },
	[CONF_PRIVATE_LISTEN] = { "private.listen", "127.0.0.1:8081", .type = HOST },
	[CONF_PRIVATE_TOKEN_FILE] = { "private.token_file", "", .type = PATH },
	[CONF_PRIVATE_VAULT_SECRET] = { "private.vault_secret", STATE "/private.secret", .type = PATH },
	[CONF_PUB_RELEASE] = { "pub.release", "", .type = TEXT },
	[CONF_PUB_DIR] = { "pub.dir", PKGLIBEXECDIR "/pub", .type = PATH },
	[CONF_PUB_IMAGE] = { "pub.image", "", .type = TEXT },
	[CONF_PUB_NODE] = { "pub.node", "node", .type = TEXT },
	[CONF_ACCOUNTS_OPEN] = { "accounts.open", "on", .type = ON_OFF },
	[CONF_ACCOUNTS_VERIFY] = { "accounts.verify", "off", .type = ON_OFF },
	[CONF_LIMITS_BOTS_PER_PERSON] = { "limits.bots_per_person", "5", .type = INT, .min = 0, .max = 10000 },
	[CONF_LIMITS_BOTS_PER_SERVER] = { "limits.bots_per_server", "0", .type = INT, .min = 0, .max = 10000 },
	[CONF_LIMITS_UNUSED_INVITES] = { "limits.unused_invites", "100", .type = INT, .min = 0, .max = 10000 },
	[CONF_LIMITS_BOT_MEMORY] = { "limits.bot_memory", "128", .type = INT, .min = 32, .max = 65536 },
	[CONF_LIMITS_BIN_DAYS] = { "limits.bin_days", "7", .type = INT, .min = 0, .max = 3650 },
	[CONF_LIMITS_ABSENT] = { "limits.absent", "30", .type = INT, .min = 0, .max = 86400 },
	[CONF_LIMITS_JOIN] = { "limits.join", "900", .type = INT, .min = 1, .max = 86400 },
	[CONF_LIMITS_BIN_SECOND_LOOK] = { "limits.bin_second_look", "3600", .type = INT, .min = 0, .max = 604800 },
	[CONF_LIMITS_SESSIONS] = { "limits.sessions", "10", .type = INT, .min = 1, .max = 1000 },
	[CONF_LIMITS_STARTS] = { "limits.starts", "2", .type = INT, .min = 1, .max = 100 },
	[CONF_USERS_WEB] = { "users.web", "", .type = TEXT },
	[CONF_USERS_PILLAR] = { "users.pillar", "", .type = TEXT },
	[CONF_USERS_WORKER] = { "users.worker", "", .type = TEXT },
	[CONF_USERS_GROUP] = { "users.group", "", .type = TEXT },
};

struct conf {
	char	*path;
	char	*values[CONF__MAX];	/* NULL while reading: not in the file */
};

/* -- checks: NULL, or why not.  None repeats the value, which may be a secret in the wrong place -- */

static int64_t
number(const char *text)
{
	size_t n = strlen(text);

	if (n == 0 || n > 15 || strspn(text, "0123456789") != n)
		return -1;
	return strtoll(text, NULL, 10);
}

static const char *
check_text(const struct spec *spec, const char *value)
{
	(void)spec;
	for (const char *p = value; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			return "has a control character";
	if (strstr(value, " #") != NULL || strstr(value, "\t#") != NULL)
		return "has a # in it: a comment needs a line of its own";
	return NULL;
}

static const char *
check_host(const struct spec *spec, const char *value)
{
	(void)spec;
	if (value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")] != '\0')
		return "must be a host name or an address";
	return NULL;
}

/* One address, not a name or a net: it is one that is trusted. */
static const char *
check_address(const struct spec *spec, const char *value)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	(void)spec;
	if (inet_pton(AF_INET, value, bytes) != 1 && inet_pton(AF_INET6, value, bytes) != 1)
		return "must be an IPv4 or IPv6 address";
	return NULL;
}

static const char *
check_url(const struct spec *spec, const char *value)
{
	(void)spec;
	if (strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
		return "must begin with http:// or https://";
	for (const char *p = value; *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) || strchr("@\"<>\\", *p) != NULL)
			return "must be a URL without a user, spaces or quotes";
	return NULL;
}

/* It is compared with the Origin that browsers send, so it must be written as they do. */
static const char *
check_origin(const struct spec *spec, const char *value)
{
	static const char	 why[] = "must be http(s)://host[:port], lower case, without a path and the usual port";
	const char		*host = value + strcspn(value, ":") + 3, *port;
	size_t			 n;
	int			 https = strncmp(value, "https://", 8) == 0;

	(void)spec;
	if (!https && strncmp(value, "http://", 7) != 0)
		return why;
	if (*host == '[' && (n = strspn(host + 1, "0123456789abcdef:.")) > 0 && host[n + 1] == ']')
		n += 2;
	else if ((n = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-.")) == 0)
		return why;
	port = host + n;
	if (*port == '\0')
		return NULL;
	if (*port != ':' || port[1] == '0' || number(port + 1) < 1 || number(port + 1) > 65535 ||
	    number(port + 1) == (https ? 443 : 80))
		return why;
	return NULL;
}

static const char *
check_int(const struct spec *spec, const char *value)
{
	int64_t n = number(value);

	return n < spec->min || n > spec->max ? "must be a whole number within its limits (see the manual)" : NULL;
}

static const char *
check_on_off(const struct spec *spec, const char *value)
{
	(void)spec;
	return strcmp(value, "on") != 0 && strcmp(value, "off") != 0 ? "must be on or off" : NULL;
}

static const char *
check_word(const struct spec *spec, const char *value)
{
	for (int i = 0; spec->words[i] != NULL; i++)
		if (strcmp(value, spec->words[i]) == 0)
			return NULL;
	return "must be one of its words (see the manual)";
}

static const char *
check_path(const struct spec *spec, const char *value)
{
	return value[0] != '/' ? "must be a path that begins with /" : check_text(spec, value);
}

static const char *
check_mail(const struct spec *spec, const char *value)
{
	if (strncmp(value, "maildir:", 8) == 0)
		return check_path(spec, value + 8);
	if ((strncmp(value, "smtp://", 7) == 0 && value[7] != '\0') ||
	    (strncmp(value, "smtps://", 8) == 0 && value[8] != '\0'))
		return check_text(spec, value);
	return "must be maildir:DIR, smtp://HOST or smtps://HOST";
}

static const char *
check(const struct spec *spec, const char *value)
{
	static const char *(*const checks[TYPE__MAX])(const struct spec *, const char *) = {
		[TEXT] = check_text, [ORIGIN] = check_origin, [URL] = check_url, [HOST] = check_host, [ADDRESS] = check_address,
		[INT] = check_int, [ON_OFF] = check_on_off, [WORD] = check_word, [PATH] = check_path,
		[MAIL] = check_mail,
	};

	if (value[0] == '\0')
		return spec->otherwise[0] == '\0' ? NULL : "needs a value";
	return checks[spec->type](spec, value);
}

/* -- reading -- */

static char *
trim(char *text)
{
	size_t n;

	text += strspn(text, " \t\r\n");
	for (n = strlen(text); n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL; n--)
		;
	text[n] = '\0';
	return text;
}

static enum conf_key
find(const char *name)
{
	int key = 0;

	while (key < CONF__MAX && strcmp(specs[key].name, name) != 0)
		key++;
	return (enum conf_key)key;
}

/* where ("baas.conf:3") is for the log. */
static enum err
read_line(struct conf *conf, char *line, const char *where)
{
	char		*text = trim(line), *value = strchr(text, '='), *name;
	const char	*why;
	enum conf_key	 key;

	if (text[0] == '\0' || text[0] == '#')
		return ERR_OK;
	if (value == NULL) {
		log_fault(where, "must be key = value");
		return ERR_INVALID;
	}
	*value++ = '\0';
	name = trim(text);
	value = trim(value);
	if ((key = find(name)) == CONF__MAX) {
		log_fault(where, "%.40s: there is no such key", name);
		return ERR_INVALID;
	}
	if ((why = conf->values[key] != NULL ? "is there twice" : check(&specs[key], value)) != NULL) {
		log_fault(where, "%s %s", name, why);
		return ERR_INVALID;
	}
	if ((conf->values[key] = strdup(value)) == NULL) {
		log_fault(where, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

/* All lines, so that all mistakes are said at once. */
static enum err
read_file(struct conf *conf)
{
	FILE		*file = fopen(conf->path, "re");
	char		*line = NULL, where[1100];
	size_t		 cap = 0;
	ssize_t		 n;
	int		 count = 0;
	enum err	 err = ERR_OK, one;

	if (file == NULL) {
		log_fault(conf->path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	while ((n = getline(&line, &cap, file)) != -1) {
		(void)snprintf(where, sizeof(where), "%.1000s:%d", conf->path, ++count);
		if (memchr(line, '\0', (size_t)n) != NULL) {
			log_fault(where, "has a NUL");
			one = ERR_INVALID;
		} else {
			one = read_line(conf, line, where);
		}
		if (one != ERR_OK)
			err = one;
	}
	if (ferror(file)) {
		log_fault(conf->path, "%s", strerror(errno));
		err = ERR_FAULT;
	}
	free(line);
	fclose(file);
	return err;
}

/* A default, below state_dir if it is one of those. */
static char *
make_default(const char *otherwise, const char *state)
{
	const char	*at = strstr(otherwise, STATE);
	char		*out;

	if (at == NULL)
		return strdup(otherwise);
	if (asprintf(&out, "%.*s%s%s", (int)(at - otherwise), otherwise, state, at + sizeof(STATE) - 1) == -1)
		return NULL;
	return out;
}

static enum err
add_defaults(struct conf *conf)
{
	const char *state = conf->values[CONF_STATE_DIR] == NULL ? STATE : conf->values[CONF_STATE_DIR];

	for (int key = 0; key < CONF__MAX; key++) {
		if (conf->values[key] != NULL)
			continue;
		if ((conf->values[key] = make_default(specs[key].otherwise, state)) == NULL) {
			log_fault(conf->path, "%s", strerror(ENOMEM));
			return ERR_FAULT;
		}
	}
	return ERR_OK;
}

enum err
conf_open(const char *path, struct conf **out)
{
	struct conf	*conf = calloc(1, sizeof(*conf));
	enum err	 err = ERR_FAULT;

	if (path == NULL && (path = getenv("BAAS_CONF")) == NULL)
		path = "/etc/baas/baas.conf";
	if (conf == NULL || (conf->path = strdup(path)) == NULL) {
		log_fault(path, "%s", strerror(ENOMEM));
		goto out;
	}
	if ((err = read_file(conf)) != ERR_OK || (err = add_defaults(conf)) != ERR_OK)
		goto out;
	*out = conf;
	conf = NULL;
out:
	conf_close(conf);
	return err;
}

void
conf_close(struct conf *conf)
{
	if (conf == NULL)
		return;
	for (int key = 0; key < CONF__MAX; key++)
		free(conf->values[key]);
	free(conf->path);
	free(conf);
}

/* -- asking -- */

const char *
conf_text(const struct conf *conf, enum conf_key key)
{
	return conf->values[key];
}

/* As many bots as this machine has memory for. */
static int64_t
bots_for_ram(void)
{
	int64_t pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE), n;

	if (pages < 1 || size < 1)
		return 1;
	n = pages * size / ((int64_t)BOT_RAM_MB * 1024 * 1024);
	return n < 1 ? 1 : n;
}

int64_t
conf_int(const struct conf *conf, enum conf_key key)
{
	int64_t n = number(conf->values[key]);

	return n == 0 && key == CONF_LIMITS_BOTS_PER_SERVER ? bots_for_ram() : n;
}

int
conf_on(const struct conf *conf, enum conf_key key)
{
	return strcmp(conf->values[key], "on") == 0;
}

void
conf_swap(struct conf *conf, enum conf_key one, enum conf_key other)
{
	char *value = conf->values[one];

	conf->values[one] = conf->values[other];
	conf->values[other] = value;
}

const char *
conf_path(const struct conf *conf)
{
	return conf->path;
}

const char *
conf_name(enum conf_key key)
{
	return specs[key].name;
}

const char *
conf_default(enum conf_key key)
{
	return specs[key].otherwise;
}
