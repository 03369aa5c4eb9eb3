/* The directory of a local bot, seen from its worker (DESIGN.md 5): all files but those in data/ are ours. */

#ifndef BAAS_WORKER_FLEET_LOCAL_DIR_H
#define BAAS_WORKER_FLEET_LOCAL_DIR_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/bot.h"
#include "lib/err.h"

struct conf;
struct secret;
struct sight;

/* How to run a bot: the content of DIR/run, which its keeper reads. */
struct local_run {
	int64_t	bot, restarts, rebuilds;
	char	release[BOT_RELEASE_CAP];
	char	node[PATH_MAX], pub[PATH_MAX];	/* the program; the release's directory */
	int	port, heap;
	uid_t	uid;				/* of data/; not in the file */
};

/* state_dir/bots, and with a bot's directory behind it.  ERR_INVALID: too long, or no name that we give. */
enum err local_path(const struct conf *conf, const char *dir, char out[PATH_MAX]);

/* Decides node, release and user for a bot.  On trouble why says what to do. */
enum err local_run_plan(const struct conf *conf, const struct bot *bot, struct local_run *out, char why[BOT_REASON_CAP]);
enum err local_run_read(int dir, struct local_run *out);

/* The directory of the release in pub.dir: "" is the one configured, or the newest there.  ERR_NOTFOUND. */
enum err local_release(const struct conf *conf, const char *wished, char name[BOT_RELEASE_CAP], char path[PATH_MAX]);

/* Addresses of this machine by the one that invites carry: what the pub listens on, and where to knock. */
const char *local_host(const char *address);
const char *local_door(const char *address);

/* Makes the directory, or what is missing of it, with the secret, the pub's config and run. */
enum err local_dir_fill(const struct conf *conf, const struct bot *bot, const struct local_run *run, const struct secret *secret);

/* Descriptor of the directory; -1: errno. */
int local_dir_open(const struct conf *conf, const char *dir);

/* 1: a keeper has it (its pid, 0 if it has not said; since when).  0: nobody.  -1: logged. */
int local_dir_held(int dir, pid_t *pid, int64_t *since);

/* Sets the time that since is read from. */
void local_dir_began(int dir, int64_t at);

/* 1 if there is no room for what a bot writes when it starts. */
int local_dir_is_full(const struct conf *conf);

/* Fills told, ended_at and why of the last run's end. */
void local_dir_end(int dir, struct sight *out);

#endif
