/* The first boot of a server: a template with holes.  What fills one is checked, so that it can't be anything but a value. */

#include "worker/seed.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "lib/server.h"

#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define UPPER	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

enum {
	HOST_CAP = 254,		/* a name of DNS and its NUL */
	PEM_MAX = 4096,		/* a pair of 4096 bits has 3.3 kB */
	REQUESTS = 4506, PUBLISHES = 4505	/* Salt's own ports */
};

struct seed {
	const struct conf	*conf;
	const struct server	*server;
	const char		*private_key, *master_key;
	char			 host[HOST_CAP];
	int64_t			 requests, publishes;	/* the master's ports */
};

/* -- checks -- */

static int
is_made_of(const char *text, const char *bytes, size_t max)
{
	size_t n = strlen(text);

	return n > 0 && n <= max && strspn(text, bytes) == n;
}

static int
is_uuid(const char *text)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != sizeof(shape) - 1)
		return 0;
	for (size_t i = 0; i < sizeof(shape) - 1; i++)
		if (shape[i] == '-' ? text[i] != '-' : strchr(DIGITS "abcdef", text[i]) == NULL)
			return 0;
	return 1;
}

/* One line of n bytes: "-----BEGIN RSA PRIVATE KEY-----" and its like, with the label's end, or base64. */
static int
is_edge(const char *line, size_t n, const char *begin, const char *label)
{
	size_t head = strlen(begin), tail = strlen(label);

	return n >= head + tail && strncmp(line, begin, head) == 0 && strncmp(line + n - tail, label, tail) == 0 &&
	    strspn(line, UPPER "- ") >= n;
}

/* One PEM block without headers, nothing before or after it. */
static int
is_pem(const char *text, const char *label)
{
	int	edges = 0;
	size_t	n;

	if (strlen(text) > PEM_MAX)
		return 0;
	for (; *text != '\0' && edges < 2; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (is_edge(text, n, edges == 0 ? "-----BEGIN " : "-----END ", label))
			edges++;
		else if (edges == 0 || n == 0 || n > 76 || strspn(text, LOWER UPPER DIGITS "+/=") != n)
			return 0;
	}
	return edges == 2 && *text == '\0';
}

/* A port, up to the byte end; -1: none. */
static int64_t
port(const char *text, char end)
{
	size_t	n = strspn(text, DIGITS);
	int64_t	value;

	if (n == 0 || n > 5 || text[n] != end)
		return -1;
	value = strtoll(text, NULL, 10);
	return value >= 1 && value <= 65535 ? value : -1;
}

/* salt.master: HOST, or HOST:REQUEST-PORT:PUBLISH-PORT. */
static int
read_master(struct seed *seed)
{
	const char	*text = conf_text(seed->conf, CONF_SALT_MASTER), *colon = strchr(text, ':'), *second;
	size_t		 n = colon == NULL ? strlen(text) : (size_t)(colon - text);

	if (n == 0 || n >= sizeof(seed->host))
		return 0;
	memcpy(seed->host, text, n);
	seed->host[n] = '\0';
	seed->requests = REQUESTS;
	seed->publishes = PUBLISHES;
	if (colon != NULL) {
		if ((second = strchr(colon + 1, ':')) == NULL)
			return 0;
		seed->requests = port(colon + 1, ':');
		seed->publishes = port(second + 1, '\0');
	}
	return is_made_of(seed->host, LOWER UPPER DIGITS ".-", HOST_CAP) && seed->host[0] != '-' && seed->requests != -1 &&
	    seed->publishes != -1;
}

static enum err
check(struct seed *seed)
{
	const struct server	*server = seed->server;
	const char		*bad = NULL;

	if (!is_made_of(server->minion, LOWER DIGITS "-", SERVER_MINION_CAP - 1) || server->minion[0] == '-')
		bad = "minion id";
	else if (!is_uuid(server->volume_id))
		bad = "volume id";
	else if (!is_pem(seed->private_key, "PRIVATE KEY-----"))
		bad = "private key";
	else if (!is_pem(seed->master_key, "PUBLIC KEY-----"))
		bad = "master's public key";
	else if (!read_master(seed))
		bad = "salt.master (HOST or HOST:REQUEST-PORT:PUBLISH-PORT)";
	if (bad == NULL)
		return ERR_OK;
	log_fault("first boot", "can't be written: not a good %s", bad);
	return ERR_INVALID;
}

/* -- holes -- */

static void
minion(struct buf *out, const struct seed *seed)
{
	buf_str(out, seed->server->minion);
}

static void
master(struct buf *out, const struct seed *seed)
{
	buf_str(out, seed->host);
}

static void
request_port(struct buf *out, const struct seed *seed)
{
	buf_fmt(out, "%lld", (long long)seed->requests);
}

static void
publish_port(struct buf *out, const struct seed *seed)
{
	buf_fmt(out, "%lld", (long long)seed->publishes);
}

static void
volume(struct buf *out, const struct seed *seed)
{
	buf_str(out, seed->server->volume_id);
}

static void
first_port(struct buf *out, const struct seed *seed)
{
	buf_fmt(out, "%lld", (long long)conf_int(seed->conf, CONF_BOTS_FIRST_PORT));
}

static void
last_port(struct buf *out, const struct seed *seed)
{
	int64_t last = conf_int(seed->conf, CONF_BOTS_FIRST_PORT) + SEED_PORTS - 1;

	buf_fmt(out, "%lld", (long long)(last < 65535 ? last : 65535));
}

/* Lines of a block literal: each as far in as the hole is. */
static void
block(struct buf *out, const char *text)
{
	size_t indent = 0, n;

	while (indent < out->len && out->data[out->len - indent - 1] == ' ')
		indent++;
	for (int first = 1; *text != '\0'; first = 0, text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (!first)
			buf_fmt(out, "\n%*s", (int)indent, "");
		buf_add(out, text, n);
	}
}

static void
private_key(struct buf *out, const struct seed *seed)
{
	block(out, seed->private_key);
}

static void
master_key(struct buf *out, const struct seed *seed)
{
	block(out, seed->master_key);
}

static const struct {
	const char	*name;
	void		(*fill)(struct buf *, const struct seed *);
} holes[] = {
	{ "MINION", minion },
	{ "MASTER", master },
	{ "REQUEST_PORT", request_port },
	{ "PUBLISH_PORT", publish_port },
	{ "VOLUME", volume },
	{ "FIRST_PORT", first_port },
	{ "LAST_PORT", last_port },
	{ "PRIVATE_KEY", private_key },
	{ "MASTER_KEY", master_key },
};

/* Fills the hole whose name has n bytes. */
static enum err
fill(struct buf *out, const struct seed *seed, const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		if (strlen(holes[i].name) != n || strncmp(holes[i].name, name, n) != 0)
			continue;
		holes[i].fill(out, seed);
		return ERR_OK;
	}
	log_fault("first boot", "the template has an unknown hole @%.*s@", (int)n, name);
	return ERR_INVALID;
}

static enum err
fill_all(struct buf *out, const struct seed *seed, const char *p)
{
	size_t		n, before = out->len;
	enum err	err;

	while (*p != '\0') {
		n = strcspn(p, "@");
		buf_add(out, p, n);
		p += n;
		if (*p == '\0')
			break;
		n = strspn(p + 1, UPPER "_");
		if (n == 0 || p[1 + n] != '@') {
			buf_add(out, p++, 1);
			continue;
		}
		if ((err = fill(out, seed, p + 1, n)) != ERR_OK)
			return err;
		p += n + 2;
	}
	if (buf_error(out) == ERR_OK && out->len - before > SEED_MAX) {
		log_fault("first boot", "is too long: %zu bytes, at most %d", out->len - before, SEED_MAX);
		return ERR_INVALID;
	}
	return buf_error(out);
}

static enum err
read_template(const char *path, struct buf *out)
{
	char	bytes[4096];
	size_t	n;
	FILE	*file = fopen(path, "re");
	int	bad;

	if (file == NULL) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0 && out->len <= SEED_MAX)
		buf_add(out, bytes, n);
	bad = ferror(file);
	fclose(file);
	if (bad) {
		log_fault(path, "can't be read");
		return ERR_FAULT;
	}
	return buf_error(out);
}

enum err
seed_text(const struct conf *conf, const struct server *server, const char *private_key, const char *master_key,
    struct buf *out)
{
	struct seed	seed = { .conf = conf, .server = server, .private_key = private_key, .master_key = master_key };
	struct buf	template = { 0 };
	enum err	err;

	out->wipe = 1;
	if ((err = check(&seed)) == ERR_OK &&
	    (err = read_template(conf_text(conf, CONF_SCALEWAY_FIRST_BOOT), &template)) == ERR_OK)
		err = fill_all(out, &seed, buf_text(&template));
	buf_clear(&template);
	return err;
}
