/* baas doctor: one line for each thing that must be right, and what to do about it if it is not. */

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/doctor_part.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/jail.h"
#include "lib/log.h"
#include "lib/pass.h"

enum { NODE_MIN = 18, MB = 1 << 20, DISK_WARN = 2048, DISK_BAD = 256 };	/* MB free */

extern char **environ;

void
doctor_say(struct visit *visit, enum verdict verdict, const char *format, ...)
{
	static const char *const	words[] = { [OK] = "ok", [WARN] = "warn", [BAD] = "bad" };
	char				text[1024];
	va_list				ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);	/* a cut line is still a line */
	va_end(ap);
	printf("%-5s ", words[verdict]);
	admin_print(text);
	putchar('\n');
	visit->bad += verdict == BAD;
}

/* -- the state directory and what is in it -- */

static void
mode(struct visit *visit, const char *path, mode_t too_much, const char *want)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		doctor_say(visit, BAD, "%s: %s: run baas init", path, strerror(errno));
	else if ((st.st_mode & too_much) != 0)
		doctor_say(visit, BAD, "%s: mode %03o lets others in: chmod %s %s", path, (unsigned)st.st_mode & 0777, want, path);
	else
		doctor_say(visit, OK, "%s: mode %03o", path, (unsigned)st.st_mode & 0777);
}

static void
state_mode(struct visit *visit, const char *name, mode_t too_much, const char *want)
{
	struct buf path = { 0 };

	buf_fmt(&path, "%s/%s", conf_text(visit->admin->conf, CONF_STATE_DIR), name);
	mode(visit, buf_text(&path), too_much, want);
	buf_clear(&path);
}

static void
see_state(struct visit *visit)
{
	const struct conf *conf = visit->admin->conf;

	if (doctor_owners(visit))
		return;
	mode(visit, conf_text(conf, CONF_STATE_DIR), 066, "711");
	state_mode(visit, "bots", 066, "711");
	state_mode(visit, "run", 077, "700");
	state_mode(visit, "log", 077, "700");
	state_mode(visit, "hash.0", 077, "600");
	state_mode(visit, "hash.1", 077, "600");
	mode(visit, conf_text(conf, CONF_VAULT_PUBLIC), 022, "644");
	mode(visit, conf_text(conf, CONF_VAULT_SECRET), 077, "600");
	mode(visit, conf_text(conf, CONF_DATABASE), 077, "600");
}

static void
see_disk(struct visit *visit)
{
	const char	*path = conf_text(visit->admin->conf, CONF_STATE_DIR);
	struct statvfs	 fs;
	uint64_t	 mb;

	if (statvfs(path, &fs) == -1) {
		doctor_say(visit, BAD, "%s: %s", path, strerror(errno));
		return;
	}
	mb = (uint64_t)fs.f_bavail * fs.f_frsize / MB;
	doctor_say(visit, mb < DISK_BAD ? BAD : mb < DISK_WARN ? WARN : OK, "%s: %" PRIu64 " MB free%s", path, mb,
	    mb < DISK_WARN ? ": make room, or move it to a larger disk" : "");
}

/* -- the database -- */

static void
see_sqlite(struct visit *visit)
{
	static const char	 text[] = "SELECT sqlite_version()";
	struct stmt		*st = db_stmt(visit->admin->db, text);
	int			 minor = 0;

	if (db_row(st) == ERR_OK) {
		(void)sscanf(db_col_text(st, 0), "3.%d", &minor);
		if (minor >= 53)
			doctor_say(visit, OK, "SQLite %s", db_col_text(st, 0));
		else
			doctor_say(visit, OK, "SQLite %s: has the WAL-reset race, which this program's locks avoid; read the "
			    "database with baas sql, never with sqlite3", db_col_text(st, 0));
	}
	db_done(st);
}

static void
see_worker(struct visit *visit)
{
	struct pass	pass;
	char		words[32];
	int64_t		now = clock_now();

	if (pass_get(visit->admin->db, &pass) != ERR_OK) {
		doctor_say(visit, BAD, "worker: the database does not tell when it was last seen");
		return;
	}
	clock_span(now - pass.seen_at, words);
	if (pass.seen_at == 0)
		doctor_say(visit, WARN, "worker: not seen since baas init: start baas-reconcile, see etc/cron");
	else if (now - pass.seen_at > 30 * CLOCK_SECOND)
		doctor_say(visit, BAD, "worker: last seen %s ago: start baas-reconcile, see etc/cron", words);
	else
		doctor_say(visit, OK, "worker: seen %s ago", words);
}

static void
see_database(struct visit *visit)
{
	const char *path = conf_text(visit->admin->conf, CONF_DATABASE);

	if (db_open(path, DB_READ, &visit->admin->db) != ERR_OK) {
		doctor_say(visit, BAD, "%s: can't be opened, see above: run baas init, or bring back a backup", path);
		return;
	}
	doctor_say(visit, OK, "%s: opens, schema number %d", path, DB_SCHEMA);
	see_sqlite(visit);
	see_worker(visit);
}

/* -- programs -- */

/* The first line that a program prints when it is asked for its version (-v); "" if it can't be run. */
static void
version(const char *program, char *out, size_t cap)
{
	posix_spawn_file_actions_t	 todo;
	char				 name[256], flag[] = "-v";
	char				*argv[] = { name, flag, NULL };
	int				 fds[2], n = snprintf(name, sizeof(name), "%s", program);
	ssize_t				 got = -1;
	pid_t				 pid;

	out[0] = '\0';
	if (n < 0 || (size_t)n >= sizeof(name) || pipe2(fds, O_CLOEXEC) == -1)
		return;
	posix_spawn_file_actions_init(&todo);
	posix_spawn_file_actions_adddup2(&todo, fds[1], STDOUT_FILENO);
	n = posix_spawnp(&pid, name, &todo, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&todo);
	close(fds[1]);
	if (n == 0) {
		got = read(fds[0], out, cap - 1);
		(void)waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	out[got < 0 ? 0 : got] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

static void
see_node(struct visit *visit)
{
	const char	*node = conf_text(visit->admin->conf, CONF_PUB_NODE);
	char		 text[64];
	int		 major = 0;

	version(node, text, sizeof(text));
	if (*text == '\0')
		doctor_say(visit, BAD, "%s: can't be run: apt-get install nodejs, or set pub.node", node);
	else if (sscanf(text, "v%d", &major) != 1 || major < NODE_MIN)
		doctor_say(visit, BAD, "%s: %s: %d or newer is needed", node, text, NODE_MIN);
	else
		doctor_say(visit, OK, "%s: %s", node, text);
}

static void
see_lighttpd(struct visit *visit)
{
	static const char *const places[] = { "lighttpd", "/usr/sbin/lighttpd" };
	char			 text[64] = "";

	for (size_t i = 0; *text == '\0' && i < sizeof(places) / sizeof(places[0]); i++)
		version(places[i], text, sizeof(text));
	if (*text == '\0')
		doctor_say(visit, BAD, "lighttpd: can't be run: apt-get install lighttpd");
	else
		doctor_say(visit, OK, "%s", text);
}

static void
see_release(struct visit *visit, const char *dir, const char *release)
{
	struct buf path = { 0 };

	buf_fmt(&path, "%s/%s/node_modules", dir, release);
	if (access(buf_text(&path), R_OK | X_OK) == 0)
		doctor_say(visit, OK, "pub %s: installed", release);
	else
		doctor_say(visit, BAD, "pub %s: its packages are not installed: in %s/%s, npm ci --omit=dev --ignore-scripts", release,
		    dir, release);
	buf_clear(&path);
}

static void
see_pub(struct visit *visit)
{
	const char	*path = conf_text(visit->admin->conf, CONF_PUB_DIR);
	struct dirent	*entry;
	DIR		*dir = opendir(path);
	int		 n = 0;

	if (dir == NULL) {
		doctor_say(visit, BAD, "%s: %s: set pub.dir", path, strerror(errno));
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		n++;
		see_release(visit, path, entry->d_name);
	}
	closedir(dir);
	if (n == 0)
		doctor_say(visit, BAD, "%s: no release of the pub is there: make install", path);
}

/* -- the rest -- */

static void
see_jail(struct visit *visit)
{
	int v = jail_version();

	if (v == 0)
		doctor_say(visit, WARN, "this kernel has no Landlock (or it is switched off): bots can read what their user can; "
		    "run them as root, so that each has a user of its own, or use a newer kernel");
	else
		doctor_say(visit, OK, "Landlock %d: bots are jailed", v);
}

static void
see_address(struct visit *visit)
{
	const char *address = conf_text(visit->admin->conf, CONF_BOTS_ADDRESS);

	if (strcmp(conf_text(visit->admin->conf, CONF_CLOUD), "local") != 0)
		return;			/* each server has its own */
	if (strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0)
		doctor_say(visit, WARN, "bots.address is %s: invites work on this computer only; set it to an address that friends "
		    "can reach", address);
	else
		doctor_say(visit, OK, "bots.address is %s", address);
}

static void
see_proxy(struct visit *visit)
{
	const struct conf *conf = visit->admin->conf;

	if (strncmp(conf_text(conf, CONF_SITE_URL), "https://", 8) != 0)
		return;			/* there need not be one */
	if (conf_text(conf, CONF_SITE_PROXY)[0] == '\0')
		doctor_say(visit, WARN, "site.proxy is not set, and site.url is https: all people seem to come from the proxy, and "
		    "those who guess passwords keep the others waiting; set it to the proxy's address");
	else
		doctor_say(visit, OK, "site.proxy is %s", conf_text(conf, CONF_SITE_PROXY));
}

/* What bots need that run on this machine. */
static void
see_here(struct visit *visit)
{
	if (strcmp(conf_text(visit->admin->conf, CONF_FLEET), "local") != 0)
		return;
	see_node(visit);
	see_pub(visit);
	see_jail(visit);
}

static void (*const sights[])(struct visit *) = {
	see_state, see_disk, see_database, doctor_cloud, see_here, see_lighttpd, see_address, see_proxy,
};

enum err
doctor(struct admin *admin)
{
	struct visit visit = { .admin = admin };

	if (conf_open(admin->path, &admin->conf) != ERR_OK) {
		doctor_say(&visit, BAD, "configuration: can't be used, see above; baas.conf(5) has all keys");
		return ERR_FAULT;
	}
	doctor_say(&visit, OK, "%s: read", conf_path(admin->conf));
	for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++)
		sights[i](&visit);
	return visit.bad == 0 ? ERR_OK : ERR_FAULT;
}
