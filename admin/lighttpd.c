/* baas lighttpd public DIR [PORT] and private DIR: lighttpd's configuration, from a template and the list of routes. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/log.h"

#define ROUTES		PKGDATADIR "/routes"
#define PUBLIC		PKGDATADIR "/lighttpd.conf"
#define PRIVATE		PKGDATADIR "/lighttpd-private.conf"

enum { ROUTES_MAX = 128, WORDS = 3 };

/* One line of the list: program, method (NULL: any), shape. */
struct route {
	const char	*program, *method, *shape;
};

struct site {
	const struct conf	*conf;
	const char		*dir;		/* for sockets */
	const char		*port;		/* NULL: that of site.url */
	struct buf		 text;		/* of the list, cut into words */
	struct route		 routes[ROUTES_MAX];
	int			 n;
};

static enum err
read_file(const char *path, struct buf *out)
{
	char	bytes[4096];
	size_t	n;
	FILE	*file = fopen(path, "re");

	if (file == NULL) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(out, bytes, n);
	if (ferror(file))
		log_fault(path, "can't be read");
	n = (size_t)ferror(file);
	fclose(file);
	return n != 0 ? ERR_FAULT : buf_error(out);
}

/* -- the list of routes -- */

/* Cuts a line into at most WORDS words; how many there are, WORDS + 1 for more. */
static int
cut(char *line, const char *words[WORDS])
{
	char	*rest = line, *word;
	int	 n = 0;

	while ((word = strtok_r(NULL, " \t", &rest)) != NULL && *word != '#') {
		if (n == WORDS)
			return WORDS + 1;
		words[n++] = word;
	}
	return n;
}

static enum err
read_routes(struct site *site)
{
	char		*rest, *line;
	const char	*words[WORDS];
	enum err	 err;
	int		 n;

	if ((err = read_file(ROUTES, &site->text)) != ERR_OK)
		return err;
	rest = site->text.data;
	while ((line = strtok_r(NULL, "\n", &rest)) != NULL) {
		if ((n = cut(line, words)) == 0)
			continue;
		if (n == 1 || n > WORDS || words[n - 1][0] != '/' || site->n == ROUTES_MAX) {
			log_fault(ROUTES, "line with '%s': program, method (if not any) and shape are wanted", words[0]);
			return ERR_INVALID;
		}
		site->routes[site->n++] = (struct route){ words[0], n == 3 ? words[1] : NULL, words[n - 1] };
	}
	return ERR_OK;
}

/* -- pieces of the configuration -- */

/* Text in quotes: what could end them early is refused. */
static void
quoted(struct buf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x20 && *p != 0x7f && *p != '"' && *p != '\\')
			continue;
		log_fault(text, "has a character that lighttpd's configuration can't hold");
		out->err = ERR_INVALID;
		return;
	}
	buf_fmt(out, "\"%s\"", text);
}

/* A shape as a regular expression: ":name" is one segment, all else stands for itself. */
static void
pattern(struct buf *out, const char *shape)
{
	for (const char *p = shape; *p != '\0'; p++) {
		if (*p == ':') {
			p += strcspn(p, "/") - 1;
			buf_str(out, "[^/]+");
		} else if (strchr(".*+?()[]{}|^$", *p) != NULL) {
			buf_fmt(out, "[%c]", *p);
		} else {
			buf_add(out, p, 1);
		}
	}
}

/*
 * Two processes of a program.  tcp-fin-propagate: when a browser hangs up, the program's connection says so (req_waiting);
 * without it 60 that hung up after 100 ms kept two processes hashing for 17 s.  tcache_count: a page or a JSON answer is
 * hundreds of small pieces of one size; glibc keeps 7 of each ready, and with more it is an eighth less work.
 */
static void
processes(struct buf *out, const struct site *site, const char *program)
{
	buf_fmt(out, "\tfastcgi.server = ( \"/\" => (( \"socket\" => \"%s/%s\", \"bin-path\" => \"%s/cgi/%s\",\n",
	    site->dir, program, PKGLIBEXECDIR, program);
	buf_str(out, "\t\t\"bin-environment\" => ( \"BAAS_CONF\" => ");
	quoted(out, conf_path(site->conf));
	buf_str(out, ",\n\t\t\t\"GLIBC_TUNABLES\" => \"glibc.malloc.tcache_count=200\" ),\n\t\t\"bin-copy-environment\" => ( \"PATH\" ), \"max-procs\" => 2,\n"
	    "\t\t\"tcp-fin-propagate\" => \"enable\", \"check-local\" => \"disable\", \"fix-root-scriptname\" => \"enable\" )) )\n");
}

/* The same two once more, for paths that two programs share by method: only one place may start them. */
static void
sockets(struct buf *out, const struct site *site, const char *program)
{
	buf_str(out, "\tfastcgi.server = ( \"/\" => (");
	for (int i = 0; i < 2; i++)
		buf_fmt(out, "%s\n\t\t( \"socket\" => \"%s/%s-%d\", \"disable-time\" => 0, \"check-local\" => \"disable\","
		    " \"tcp-fin-propagate\" => \"enable\", \"fix-root-scriptname\" => \"enable\" )", i == 0 ? "" : ",", site->dir, program, i);
	buf_str(out, " ) )\n");
}

static int
is_first(const struct site *site, int at)
{
	for (int i = 0; i < at; i++)
		if (site->routes[i].method == NULL && strcmp(site->routes[i].program, site->routes[at].program) == 0)
			return 0;
	return site->routes[at].method == NULL;
}

static void
patterns(struct buf *out, const struct site *site, const char *program)
{
	int n = 0;

	for (int i = 0; i < site->n; i++) {
		if (site->routes[i].method != NULL || strcmp(site->routes[i].program, program) != 0)
			continue;
		buf_str(out, n++ == 0 ? "" : "|");
		pattern(out, site->routes[i].shape);
	}
}

/* A chain of conditions, one for each program; landing, which stands last, gets the rest and answers 404. */
static void
chain(struct buf *out, const struct site *site)
{
	for (int i = 0; i < site->n; i++) {
		const char *program = site->routes[i].program;

		if (!is_first(site, i) || strcmp(program, "landing") == 0)
			continue;
		buf_str(out, "else $HTTP[\"url\"] =~ \"^(?:");
		patterns(out, site, program);
		buf_str(out, ")$\" {\n");
		processes(out, site, program);
		buf_str(out, "}\n");
	}
	buf_str(out, "else $HTTP[\"url\"] =~ \"\" {\n");
	processes(out, site, "landing");
	buf_str(out, "}\n");
	for (int i = 0; i < site->n; i++) {
		if (site->routes[i].method == NULL)
			continue;
		buf_fmt(out, "$HTTP[\"request-method\"] == \"%s\" { $HTTP[\"url\"] =~ \"^", site->routes[i].method);
		pattern(out, site->routes[i].shape);
		buf_str(out, "$\" {\n");
		sockets(out, site, site->routes[i].program);
		buf_str(out, "} }\n");
	}
}

/* -- holes of the template -- */

static void
bind(struct buf *out, const struct site *site)
{
	const char	*listen = conf_text(site->conf, CONF_SITE_LISTEN);
	struct buf	 text = { 0 };

	buf_fmt(&text, strchr(listen, ':') != NULL && listen[0] != '[' ? "[%s]" : "%s", listen);
	quoted(out, buf_text(&text));
	buf_clear(&text);
}

/*
 * Whose X-Forwarded-For is believed: exactly that address, and of what it says only the last word, which is its own.  What
 * a browser wrote before it, and other headers of that kind, count for nothing.
 */
static void
proxy(struct buf *out, const struct site *site)
{
	const char *address = conf_text(site->conf, CONF_SITE_PROXY);

	if (*address == '\0')
		return;
	buf_str(out, "\nserver.modules += ( \"mod_extforward\" )\n"
	    "extforward.headers = ( \"X-Forwarded-For\" )\nextforward.forwarder = ( ");
	quoted(out, address);
	buf_str(out, " => \"trust\" )\n");
}

static int
is_port(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n < 6 && strspn(text, "0123456789") == n && strtol(text, NULL, 10) <= 65535;
}

/* The port of site.url; a proxy in front of an https site finds us at 8080. */
static void
port(struct buf *out, const struct site *site)
{
	const char *url = conf_text(site->conf, CONF_SITE_URL), *colon = strrchr(url, ':');

	if (site->port != NULL)
		buf_str(out, site->port);
	else if (strncmp(url, "http://", 7) != 0)
		buf_str(out, "8080");
	else
		buf_str(out, colon != NULL && is_port(colon + 1) ? colon + 1 : "80");
}

/* private.listen.  All addresses at once would be the Internet's, too. */
static void
private(struct buf *out, const struct site *site)
{
	const char	*listen = conf_text(site->conf, CONF_PRIVATE_LISTEN), *colon = strrchr(listen, ':');
	struct buf	 host = { 0 };

	if (colon == NULL || !is_port(colon + 1)) {
		log_fault("private.listen", "must be address:port");
		out->err = ERR_INVALID;
		return;
	}
	buf_add(&host, listen, (size_t)(colon - listen));
	if (host.len == 0 || strspn(buf_text(&host), "0.:[]") == host.len) {
		log_fault("private.listen", "must be one address of this machine, not all");
		out->err = ERR_INVALID;
	}
	buf_str(out, "server.bind = ");
	quoted(out, buf_text(&host));
	buf_fmt(out, "\nserver.port = %s", colon + 1);
	buf_clear(&host);
}

static void
pillar(struct buf *out, const struct site *site)
{
	processes(out, site, "pillar");
}

static void
data(struct buf *out, const struct site *site)
{
	(void)site;
	buf_str(out, PKGDATADIR);
}

static void
state(struct buf *out, const struct site *site)
{
	struct buf text = { 0 };

	quoted(&text, conf_text(site->conf, CONF_STATE_DIR));
	if (buf_error(&text) == ERR_OK)
		buf_add(out, text.data + 1, text.len - 2);
	else
		out->err = buf_error(&text);
	buf_clear(&text);
}

static void
dir(struct buf *out, const struct site *site)
{
	buf_str(out, site->dir);
}

static const struct {
	const char	*name;
	void		(*fill)(struct buf *, const struct site *);
} holes[] = {
	{ "@BIND@", bind },
	{ "@PORT@", port },
	{ "@PROXY@", proxy },
	{ "@DATA@", data },
	{ "@STATE@", state },
	{ "@DIR@", dir },
	{ "@ROUTES@", chain },
	{ "@PRIVATE@", private },
	{ "@PILLAR@", pillar },
};

static size_t
fill(struct buf *out, const struct site *site, const char *at)
{
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		size_t n = strlen(holes[i].name);

		if (strncmp(at, holes[i].name, n) != 0)
			continue;
		holes[i].fill(out, site);
		return n;
	}
	buf_add(out, at, 1);
	return 1;
}

static enum err
print(const struct site *site, const char *path)
{
	struct buf	template = { 0 }, out = { 0 };
	enum err	err = read_file(path, &template);

	for (const char *p = buf_text(&template); err == ERR_OK && *p != '\0'; ) {
		size_t n = strcspn(p, "@");

		buf_add(&out, p, n);
		p += n;
		if (*p == '@')
			p += fill(&out, site, p);
		err = buf_error(&out);
	}
	if (err == ERR_OK)
		fputs(buf_text(&out), stdout);
	buf_clear(&template);
	buf_clear(&out);
	return err;
}

enum err
lighttpd(struct admin *admin)
{
	struct site	site = { .conf = admin->conf, .dir = admin->argv[0], .port = admin->argv[1] };
	struct buf	checked = { 0 };
	enum err	err;

	if (site.port != NULL && !is_port(site.port)) {
		log_fault(site.port, "no port");
		return ERR_INVALID;
	}
	quoted(&checked, site.dir);
	if ((err = buf_error(&checked)) == ERR_OK && (err = read_routes(&site)) == ERR_OK)
		err = print(&site, PUBLIC);
	buf_clear(&site.text);
	buf_clear(&checked);
	return err;
}

enum err
lighttpd_private(struct admin *admin)
{
	const struct site	site = { .conf = admin->conf, .dir = admin->argv[0] };
	struct buf		checked = { 0 };
	enum err		err;

	quoted(&checked, site.dir);
	if ((err = buf_error(&checked)) == ERR_OK)
		err = print(&site, PRIVATE);
	buf_clear(&checked);
	return err;
}
