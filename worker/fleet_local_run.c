/* How to run a local bot: which node, which release of the pub, as which user, on which address. */

#include "worker/fleet_local_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bot_release.h"
#include "lib/conf.h"

enum { FIRST_UID = 100000, LAST_UID = 2000000000 };

const char *
local_host(const char *address)
{
	if (strcmp(address, "localhost") == 0 || strncmp(address, "127.", 4) == 0)
		return "127.0.0.1";
	if (strcmp(address, "::1") == 0)
		return "::1";
	return strchr(address, ':') == NULL ? "0.0.0.0" : "::";
}

const char *
local_door(const char *address)
{
	return strchr(address, ':') == NULL ? "127.0.0.1" : "::1";
}

/* ---- which release ---- */

enum err
local_release(const struct conf *conf, const char *wished, char name[BOT_RELEASE_CAP], char path[PATH_MAX])
{
	char found[BOT_RELEASE_CAP], joined[PATH_MAX];

	if (bot_release(conf, wished, found) != ERR_OK || !bot_has_release(conf, found) ||
	    snprintf(joined, sizeof(joined), "%s/%s", conf_text(conf, CONF_PUB_DIR), found) >= (int)sizeof(joined))
		return ERR_NOTFOUND;
	if (realpath(joined, path) == NULL)
		return ERR_NOTFOUND;
	memcpy(name, found, sizeof(found));
	return ERR_OK;
}

/* ---- which node ---- */

static enum err
find_in(const char *dirs, const char *program, char out[PATH_MAX])
{
	char	path[PATH_MAX];
	size_t	n;

	for (; dirs != NULL && *dirs != '\0'; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		if (n > 0 && snprintf(path, sizeof(path), "%.*s/%s", (int)n, dirs, program) < (int)sizeof(path) &&
		    access(path, X_OK) == 0 && realpath(path, out) != NULL)
			return ERR_OK;
	}
	return ERR_NOTFOUND;
}

/* Cron's PATH is short, so the usual places are looked at as well. */
static enum err
find_node(const char *node, char out[PATH_MAX])
{
	if (strchr(node, '/') != NULL)
		return access(node, X_OK) == 0 && realpath(node, out) != NULL ? ERR_OK : ERR_NOTFOUND;
	if (find_in(getenv("PATH"), node, out) == ERR_OK)
		return ERR_OK;
	return find_in("/usr/local/bin:/usr/bin:/bin", node, out);
}

/* ---- which user ---- */

/* May a user who owns nothing on the way go to path, and read what is there? */
static int
is_open(const char *path)
{
	char		part[PATH_MAX];
	struct stat	st;
	size_t		n = strlen(path);

	if (n >= sizeof(part))
		return 0;
	memcpy(part, path, n + 1);
	for (char *slash = part + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		if (stat(part, &st) == -1 || (st.st_mode & S_IXOTH) == 0)
			return 0;
		*slash = '/';
	}
	return stat(part, &st) == 0 && (st.st_mode & S_IXOTH) != 0;
}

/* Is the number one of this user namespace? */
static int
has_uid(unsigned long uid)
{
	unsigned long	first, outside, count;
	int		found = 0;
	FILE		*map = fopen("/proc/self/uid_map", "re");

	while (map != NULL && !found && fscanf(map, "%lu %lu %lu", &first, &outside, &count) == 3)
		found = uid >= first && uid - first < count;
	if (map != NULL)
		fclose(map);
	return found;
}

/* As root each bot is a user of its own, if such a user can get at what it needs. */
static uid_t
choose_uid(const struct conf *conf, const struct bot *bot, const struct local_run *run)
{
	char state[PATH_MAX];

	if (geteuid() != 0)
		return geteuid();
	if (bot->id > LAST_UID - FIRST_UID || !has_uid((unsigned long)(FIRST_UID + bot->id)))
		return 0;
	if (realpath(conf_text(conf, CONF_STATE_DIR), state) == NULL || !is_open(state) || !is_open(run->node) ||
	    !is_open(run->pub))
		return 0;
	return (uid_t)(FIRST_UID + bot->id);
}

enum err
local_run_plan(const struct conf *conf, const struct bot *bot, struct local_run *out, char why[BOT_REASON_CAP])
{
	struct local_run run = {
		.bot = bot->id, .restarts = bot->restarts, .rebuilds = bot->rebuilds, .port = bot->port,
		.heap = (int)conf_int(conf, CONF_LIMITS_BOT_MEMORY)
	};

	if (find_node(conf_text(conf, CONF_PUB_NODE), run.node) != ERR_OK) {
		snprintf(why, BOT_REASON_CAP, "there is no node to run it (pub.node)");
		return ERR_FAULT;
	}
	if (local_release(conf, bot->release, run.release, run.pub) != ERR_OK &&
	    local_release(conf, "", run.release, run.pub) != ERR_OK) {
		snprintf(why, BOT_REASON_CAP, "its software is not installed (pub.dir)");
		return ERR_FAULT;
	}
	run.uid = choose_uid(conf, bot, &run);
	*out = run;
	return ERR_OK;
}
