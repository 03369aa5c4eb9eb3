/* baas doctor, with cloud = scaleway or fleet = salt: what the worker and the Salt masters need, and what waits for a person. */

#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/doctor_part.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/house.h"
#include "lib/orphan.h"
#include "lib/secret.h"
#include "lib/server.h"

enum { KNOCK = 2000, SLICE = 200 };	/* ms; rows read at a time */

static const char *
text(const struct visit *visit, enum conf_key key)
{
	return conf_text(visit->admin->conf, key);
}

static int
is(const struct visit *visit, enum conf_key key, const char *word)
{
	return strcmp(text(visit, key), word) == 0;
}

/* -- keys that must be set, and files that hold secrets -- */

static void
set(struct visit *visit, enum conf_key key, const char *what)
{
	if (*text(visit, key) == '\0')
		doctor_say(visit, BAD, "%s is not set: %s", conf_name(key), what);
	else
		doctor_say(visit, OK, "%s is %s", conf_name(key), text(visit, key));
}

static void
secret_file(struct visit *visit, enum conf_key key, const char *what)
{
	const char	*path = text(visit, key);
	struct secret	*secret = NULL;
	struct stat	 st;

	if (*path == '\0')
		doctor_say(visit, BAD, "%s is not set: %s", conf_name(key), what);
	else if (stat(path, &st) == -1)
		doctor_say(visit, BAD, "%s: %s: %s: %s", conf_name(key), path, strerror(errno), what);
	else if ((st.st_mode & 077) != 0)
		doctor_say(visit, BAD, "%s: %s: mode %03o lets others in: chmod 600 %s", conf_name(key), path, (unsigned)st.st_mode & 0777, path);
	else if (secret_read(path, &secret) != ERR_OK)
		doctor_say(visit, BAD, "%s: %s: can't be read, see above: %s", conf_name(key), path, what);
	else
		doctor_say(visit, OK, "%s: %s: mode %03o", conf_name(key), path, (unsigned)st.st_mode & 0777);
	secret_free(secret);
}

/* -- whether somebody answers -- */

/* 0, or errno: a connection to one address, and the first line that comes back to words (may be NULL), sent after it. */
static int
talk(const struct addrinfo *to, const char *words, char line[64])
{
	struct pollfd	 fd = { .fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), .events = POLLOUT };
	socklen_t	 n = sizeof(int);
	int		 why = 0;
	ssize_t		 got;

	if (fd.fd == -1)
		return errno;
	if (connect(fd.fd, to->ai_addr, to->ai_addrlen) == -1 && errno != EINPROGRESS)
		why = errno;
	else if (poll(&fd, 1, KNOCK) != 1)
		why = ETIMEDOUT;
	else if (getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, &why, &n) == -1)
		why = errno;
	fd.events = POLLIN;
	if (why == 0 && words != NULL && (send(fd.fd, words, strlen(words), MSG_NOSIGNAL) != (ssize_t)strlen(words) ||
	    poll(&fd, 1, KNOCK) != 1 || (got = recv(fd.fd, line, 63, 0)) <= 0))
		why = EPROTO;
	else if (why == 0 && words != NULL)
		line[got] = '\0';
	close(fd.fd);
	return why;
}

/* The same for "host:port" or "[address]:port"; "" or what is wrong. */
static const char *
knock(const char *host, const char *port, const char *words, char line[64])
{
	const struct addrinfo	 hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo		*all = NULL;
	int			 why, rc = getaddrinfo(host, port, &hints, &all);

	if (rc != 0)
		return gai_strerror(rc);
	why = EADDRNOTAVAIL;
	for (const struct addrinfo *to = all; to != NULL && why != 0; to = to->ai_next)
		why = talk(to, words, line);
	freeaddrinfo(all);
	return why == 0 ? "" : why == EPROTO ? "does not answer" : strerror(why);
}

/* Cuts "http://host:port/..." or "host:port" into its two; port as given if it has none. */
static void
cut(const char *url, const char *port, char host_out[256], char port_out[8])
{
	const char	*host = strstr(url, "://") == NULL ? url : strstr(url, "://") + 3, *end, *colon;
	size_t		 n = strcspn(host, "/");

	end = host + n;
	if (*host == '[') {
		host++;
		n = strcspn(host, "]/");
		colon = host[n] == ']' && host[n + 1] == ':' ? host + n + 1 : NULL;
	} else {
		colon = memchr(host, ':', n);
		n = colon == NULL ? n : (size_t)(colon - host);
	}
	snprintf(host_out, 256, "%.*s", (int)n, host);
	if (colon == NULL)
		snprintf(port_out, 8, "%s", port);
	else
		snprintf(port_out, 8, "%.*s", (int)(end - colon - 1), colon + 1);
}

static void
see_api(struct visit *visit)
{
	const char	*url = text(visit, CONF_SALT_URL), *why;
	char		 host[256], port[8], line[64];

	cut(url, strncmp(url, "https:", 6) == 0 ? "443" : "80", host, port);
	if (*(why = knock(host, port, NULL, line)) != '\0')
		doctor_say(visit, BAD, "salt-api: %s: %s: start it, or set salt.url", url, why);
	else
		doctor_say(visit, OK, "salt-api: %s: somebody listens", url);
}

/* As a Salt master asks, for a server that there can't be: the answer must be 200 with the token, and 401 without. */
static void
see_pillar(struct visit *visit)
{
	static const char	 get[] = "GET /agents?minion=-doctor- HTTP/1.0\r\nHost: doctor\r\n";
	const char		*listen = text(visit, CONF_PRIVATE_LISTEN), *why;
	char			 host[256], port[8], line[64] = "", words[1024];
	struct secret		*token = NULL;

	if (secret_read(text(visit, CONF_PRIVATE_TOKEN_FILE), &token) != ERR_OK)
		return;			/* has been said */
	cut(listen, "8081", host, port);
	snprintf(words, sizeof(words), "%sAuthorization: Bearer %s\r\n\r\n", get, secret_text(token));
	why = knock(host, port, words, line);
	explicit_bzero(words, sizeof(words));
	secret_free(token);
	line[strcspn(line, "\r\n")] = '\0';
	if (*why != '\0')
		doctor_say(visit, BAD, "private server: %s: %s: start baas-private", listen, why);
	else if (strstr(line, " 200") == NULL)
		doctor_say(visit, BAD, "private server: %s: says \"%s\" to its own token: restart baas-private", listen, line);
	else
		doctor_say(visit, OK, "private server: %s: answers, and takes the token", listen);
}

/* salt.master = HOST[:REQUEST:PUBLISH].  A name that only this machine knows is of no use to others. */
static void
see_master(struct visit *visit)
{
	const char *master = text(visit, CONF_SALT_MASTER);

	if (*master == '\0')
		doctor_say(visit, BAD, "salt.master is not set: an address of the Salt master that new servers can reach");
	else if (is(visit, CONF_CLOUD, "scaleway") && strncmp(text(visit, CONF_SCALEWAY_URL), "http://", 7) != 0 &&
	    (strncmp(master, "127.", 4) == 0 || strncmp(master, "localhost", 9) == 0))
		doctor_say(visit, BAD, "salt.master is %s: no server in the cloud finds it there", master);
	else
		doctor_say(visit, OK, "salt.master is %s", master);
}

/* -- what waits for a person -- */

struct tally {
	int64_t	last;
	int	n, broken, joining, orphans, ours;
};

static void
count_server(void *ctx, const struct server *server)
{
	struct tally *tally = ctx;

	tally->last = server->id;
	tally->n++;
	/* of one that leaves, a reason is why it can't */
	tally->broken += server->state == SERVER_BROKEN || (server->state == SERVER_LEAVING && server->reason[0] != '\0');
}

static void
count_orphan(void *ctx, const struct orphan *orphan)
{
	struct tally *tally = ctx;

	tally->orphans++;
	tally->ours += orphan->ours || orphan->drop_it;
}

static void
see_waiting(struct visit *visit)
{
	struct tally	tally = { 0 };
	enum err	err = ERR_OK;

	do {
		tally.n = 0;
		err = server_list(visit->admin->db, tally.last, SLICE, count_server, &tally);
	} while (err == ERR_OK && tally.n == SLICE);
	if (err == ERR_OK)
		err = orphan_list(visit->admin->db, count_orphan, &tally);
	if (err != ERR_OK) {
		doctor_say(visit, BAD, "servers: the database does not tell, see above");
		return;
	}
	if (tally.broken > 0)
		doctor_say(visit, BAD, "servers: %d broken: baas server list says why; baas server anew makes a new machine", tally.broken);
	else
		doctor_say(visit, OK, "servers: none is broken");
	if (tally.orphans > tally.ours)
		doctor_say(visit, WARN, "orphans: %d cost money and wait for you: baas orphan list", tally.orphans - tally.ours);
	else
		doctor_say(visit, OK, "orphans: none waits for you");
}

static void
see_house(struct visit *visit)
{
	const char	*path = text(visit, CONF_DATABASE);
	char		 home[HOUSE_HOME_CAP];
	struct house	 house;

	if (house_get(visit->admin->db, &house) != ERR_OK || house_here(path, home) != ERR_OK)
		doctor_say(visit, BAD, "%s: does not tell whose it is, see above", path);
	else if (house.home[0] != '\0' && strcmp(house.home, home) != 0)
		doctor_say(visit, WARN, "%s is a copy of a database that lived elsewhere: the worker only reports; if that one is gone "
		    "for good, baas worker act", path);
	else if (house.reporting)
		doctor_say(visit, WARN, "the worker only reports and does nothing: read what baas-reconcile -n says, then baas worker act");
	else
		doctor_say(visit, OK, "the worker acts");
}

static void
see_scaleway(struct visit *visit)
{
	secret_file(visit, CONF_SCALEWAY_TOKEN_FILE, "put the secret key of an API key of that project into a file of mode 600");
	set(visit, CONF_SCALEWAY_PROJECT, "the id of a project for this alone");
	if (*text(visit, CONF_SCALEWAY_DNS_ZONE) == '\0')
		doctor_say(visit, WARN, "scaleway.dns_zone is not set: nobody finds bots by name, invites carry addresses");
	if (!is(visit, CONF_FLEET, "salt"))
		doctor_say(visit, BAD, "cloud = scaleway goes with fleet = salt only");
}

static void
see_salt(struct visit *visit)
{
	secret_file(visit, CONF_SALT_PASSWORD_FILE, "the sharedsecret of the master, in a file of mode 600");
	secret_file(visit, CONF_PRIVATE_TOKEN_FILE, "set it, run baas init, and give the token to the master");
	see_master(visit);
	see_api(visit);
	see_pillar(visit);
}

void
doctor_cloud(struct visit *visit)
{
	int scaleway = is(visit, CONF_CLOUD, "scaleway"), salt = is(visit, CONF_FLEET, "salt");

	if (visit->admin->db != NULL)
		see_house(visit);
	if (scaleway)
		see_scaleway(visit);
	if (salt)
		see_salt(visit);
	if ((scaleway || salt) && visit->admin->db != NULL)
		see_waiting(visit);
}
