/* baas doctor on a site whose users are apart (users.*): who owns what, and what each of them can open. */

#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "admin/doctor_part.h"
#include "lib/conf.h"

struct look {
	struct visit		*visit;
	const struct conf	*conf;
	struct owners		 owners;
	int			 wrong;
};

/* -- owners and modes -- */

static enum err
see_owned(void *ctx, const char *path, const struct owned *owned)
{
	struct look	*look = ctx;
	const char	*owner = owner_name(look->conf, owned->owner);
	unsigned	 mode = (unsigned)owned->mode;
	struct stat	 st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT && owned->kind == OWNED_IF_THERE)
			return ERR_OK;
		doctor_say(look->visit, BAD, "%s: %s: run baas init", path, strerror(errno));
	} else if (st.st_uid != look->owners.uids[owned->owner]) {
		doctor_say(look->visit, BAD, "%s: is not %s's: run baas init", path, owner);
	} else if (owned_shared(owned) && st.st_gid != look->owners.group) {
		doctor_say(look->visit, BAD, "%s: its group is not %s: run baas init", path, conf_text(look->conf, CONF_USERS_GROUP));
	} else if ((st.st_mode & 07777) != mode) {
		doctor_say(look->visit, BAD, "%s: mode %03o, must be %03o: run baas init", path, (unsigned)st.st_mode & 07777, mode);
	} else {
		doctor_say(look->visit, OK, "%s: %s's, mode %03o", path, owner, mode);
	}
	return ERR_OK;
}

/* -- what they can open: tried by a child that is such a user, since there may be directories on the way -- */

/* Can this process?  Opening a database would drop locks of this process on it; but this one is a child, and has none. */
static int
can_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

/* 1 if that user can open it, 0 if not, -1 if it can't be tried. */
static int
can(const struct look *look, enum owner who, const char *path)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		uid_t uid = look->owners.uids[who];
		gid_t gid = look->owners.group;

		if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
			_exit(2);
		_exit(can_open(path) ? 0 : 1);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return -1;
	return WEXITSTATUS(status) == 0;
}

/* What each must be able to open (1), or must not (0). */
static const struct trial {
	enum conf_key	key;
	const char	*tail;
	int		may[OWNER__MAX];
} trials[] = {
	{ CONF_DATABASE, "", { [OWNER_WEB] = 1, [OWNER_PILLAR] = 1, [OWNER_WORKER] = 1 } },
	{ CONF_DATABASE, "-shm", { [OWNER_WEB] = 1, [OWNER_PILLAR] = 1, [OWNER_WORKER] = 1 } },
	{ CONF_VAULT_PUBLIC, "", { [OWNER_WEB] = 1, [OWNER_PILLAR] = 1, [OWNER_WORKER] = 1 } },
	{ CONF_VAULT_SECRET, "", { [OWNER_WORKER] = 1 } },
	{ CONF_PRIVATE_VAULT_SECRET, "", { [OWNER_PILLAR] = 1 } },
	{ CONF_PRIVATE_TOKEN_FILE, "", { [OWNER_PILLAR] = 1 } },
	{ CONF_SCALEWAY_TOKEN_FILE, "", { [OWNER_WORKER] = 1 } },
	{ CONF_SALT_PASSWORD_FILE, "", { [OWNER_WORKER] = 1 } },
	{ CONF_MAIL_PASSWORD_FILE, "", { [OWNER_WORKER] = 1 } },
	{ CONF_PUB_DIR, "", { [OWNER_PILLAR] = 1, [OWNER_WORKER] = 1, [OWNER_WEB] = 1 } },
	{ CONF_SITE_TEMPLATES, "", { [OWNER_WEB] = 1, [OWNER_WORKER] = 1, [OWNER_PILLAR] = 1 } },
};

/* A worker that is root can open everything, and it is no fault. */
static void
try_path(struct look *look, const char *path, const int may[OWNER__MAX])
{
	for (int who = OWNER_WEB; who < OWNER__MAX; who++) {
		const char	*name = owner_name(look->conf, (enum owner)who);
		int		 found = can(look, (enum owner)who, path);

		if (found == may[who] || (found == 1 && look->owners.uids[who] == 0))
			continue;
		look->wrong++;
		if (found == -1)
			doctor_say(look->visit, WARN, "%s: can't try what %s can open", path, name);
		else if (found == 0)
			doctor_say(look->visit, BAD, "%s: %s can't read it: see to it, and to each directory on the way", path, name);
		else
			doctor_say(look->visit, BAD, "%s: %s can read it, and must not", path, name);
	}
}

static void
try_all(struct look *look)
{
	static const int	all[OWNER__MAX] = { [OWNER_WEB] = 1, [OWNER_PILLAR] = 1, [OWNER_WORKER] = 1 };

	if (geteuid() != 0) {
		doctor_say(look->visit, WARN, "users: what each of them can open is tried only when this is run as root");
		return;
	}
	try_path(look, conf_path(look->conf), all);
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		char		path[4096];
		const char	*text = conf_text(look->conf, trials[i].key);
		int		n = snprintf(path, sizeof(path), "%s%s", text, trials[i].tail);

		if (text[0] != '\0' && n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0)
			try_path(look, path, trials[i].may);
	}
	if (look->wrong == 0)
		doctor_say(look->visit, OK, "users: each can open what it needs, and no secret of another's");
}

int
doctor_owners(struct visit *visit)
{
	struct look look = { .visit = visit, .conf = visit->admin->conf };

	if (owners_get(look.conf, &look.owners) != ERR_OK) {
		doctor_say(visit, BAD, "users: see above: baas(7) says how they are made");
		return 1;
	}
	if (!look.owners.apart)
		return 0;
	if (look.owners.uids[OWNER_WORKER] != 0 && strcmp(conf_text(look.conf, CONF_FLEET), "local") == 0)
		doctor_say(visit, WARN, "users.worker: only as root can it give each bot a user of its own: all bots run as %s",
		    owner_name(look.conf, OWNER_WORKER));
	(void)owned_each(look.conf, see_owned, &look);
	try_all(&look);
	return 1;
}
