/* What a process may touch from now on.  Landlock's numbers stand here, since Debian 12's headers end at version 2. */

#include "lib/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/log.h"

enum {
	ASK_VERSION = 1,
	RULE_PATH = 1, RULE_PORT = 2
};

/* Rights to files, by bit; what a kernel does not know yet must not be asked for. */
#define FS_EXECUTE	(UINT64_C(1) << 0)
#define FS_WRITE_FILE	(UINT64_C(1) << 1)
#define FS_READ_FILE	(UINT64_C(1) << 2)
#define FS_READ_DIR	(UINT64_C(1) << 3)
#define FS_MAKE_CHAR	(UINT64_C(1) << 6)
#define FS_MAKE_BLOCK	(UINT64_C(1) << 11)
#define FS_TRUNCATE	(UINT64_C(1) << 14)
#define FS_IOCTL_DEV	(UINT64_C(1) << 15)

#define FS_1		((UINT64_C(1) << 13) - 1)
#define FS_2		(FS_1 | UINT64_C(1) << 13)
#define FS_3		(FS_2 | FS_TRUNCATE)
#define FS_5		(FS_3 | FS_IOCTL_DEV)

/* What a rule on something else than a directory may carry. */
#define FS_FILE		(FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

#define FS_READABLE	(FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FS_WRITABLE	(FS_3 & ~(FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK))

#define NET_BIND	(UINT64_C(1) << 0)
#define NET_CONNECT	(UINT64_C(1) << 1)
#define SCOPE_ALL	UINT64_C(3)	/* abstract unix sockets, signals */

struct ruleset { uint64_t fs, net, scope; };
struct path_rule { uint64_t allowed; int32_t fd; } __attribute__((packed));
struct port_rule { uint64_t allowed, port; };

int
jail_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);

	return version < 0 ? 0 : (int)version;
}

static uint64_t
known_fs(int version)
{
	if (version >= 5)
		return FS_5;
	if (version >= 3)
		return FS_3;
	return version == 2 ? FS_2 : FS_1;
}

static uint64_t
refused_net(const struct jail *jail)
{
	return (jail->bind_port == -1 ? 0 : NET_BIND) | (jail->connect ? 0 : NET_CONNECT);
}

/* *out, and how much of it this kernel knows. */
static size_t
describe(const struct jail *jail, int version, struct ruleset *out)
{
	*out = (struct ruleset){ .fs = known_fs(version), .net = refused_net(jail), .scope = SCOPE_ALL };
	if (version >= 6)
		return sizeof(*out);
	return version >= 4 ? offsetof(struct ruleset, scope) : offsetof(struct ruleset, net);
}

static enum err
allow_path(int rules, const char *path, uint64_t rights)
{
	struct path_rule	rule = { .allowed = rights, .fd = -1 };
	struct stat		st;
	enum err		err = ERR_FAULT;

	if ((rule.fd = open(path, O_PATH | O_CLOEXEC)) == -1 && (errno == ENOENT || errno == ENOTDIR))
		return ERR_OK;
	if (rule.fd == -1 || fstat(rule.fd, &st) == -1)
		goto out;
	if (!S_ISDIR(st.st_mode))
		rule.allowed &= FS_FILE;
	if (syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0) == 0)
		err = ERR_OK;
out:
	if (err != ERR_OK)
		log_fault("jail", "%s: %s", path, strerror(errno));
	if (rule.fd != -1)
		close(rule.fd);
	return err;
}

static enum err
allow_paths(int rules, const char *const *paths, uint64_t rights)
{
	enum err err = ERR_OK;

	for (int i = 0; paths != NULL && paths[i] != NULL && err == ERR_OK; i++)
		err = allow_path(rules, paths[i], rights);
	return err;
}

static enum err
allow_port(int rules, int port)
{
	const struct port_rule rule = { .allowed = NET_BIND, .port = (uint64_t)port };

	if (syscall(SYS_landlock_add_rule, rules, RULE_PORT, &rule, 0) == 0)
		return ERR_OK;
	log_fault("jail", "port %d: %s", port, strerror(errno));
	return ERR_FAULT;
}

static enum err
enter_landlock(const struct jail *jail, int version)
{
	struct ruleset	set;
	size_t		n = describe(jail, version, &set);
	enum err	err = ERR_FAULT;
	int		rules;

	if ((rules = (int)syscall(SYS_landlock_create_ruleset, &set, n, 0)) == -1) {
		log_fault("jail", "landlock: %s", strerror(errno));
		return ERR_FAULT;
	}
	if ((err = allow_paths(rules, jail->readable, FS_READABLE & set.fs)) != ERR_OK ||
	    (err = allow_paths(rules, jail->writable, FS_WRITABLE & set.fs)) != ERR_OK)
		goto out;
	if (jail->bind_port > 0 && version >= 4 && (err = allow_port(rules, jail->bind_port)) != ERR_OK)
		goto out;
	if (syscall(SYS_landlock_restrict_self, rules, 0) == -1) {
		log_fault("jail", "landlock: %s", strerror(errno));
		err = ERR_FAULT;
	}
out:
	close(rules);
	return err;
}

/* The bounding set may only be emptied with CAP_SETPCAP; without it there is nothing to lose. */
static int
drop_capabilities(void)
{
	struct __user_cap_header_struct	header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct	none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1 && errno != EPERM)
			return -1;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return -1;
	return (int)syscall(SYS_capset, &header, none);
}

static int
restrain(void)
{
	const struct rlimit no_core = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &no_core) == -1 ? -1 : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

enum err
jail_enter(const struct jail *jail)
{
	int version = jail_version();

	if (restrain() == -1 || drop_capabilities() == -1) {
		log_fault("jail", "privileges: %s", strerror(errno));
		return ERR_FAULT;
	}
	if (version == 0) {
		log_fault("jail", "THIS KERNEL HAS NO LANDLOCK: what runs here can read all that its user can");
		return ERR_OK;
	}
	return enter_landlock(jail, version);
}

static enum err
judge(int result)
{
	if (result == 0)
		return ERR_OK;
	log_fault("process", "%s", strerror(errno));
	return ERR_FAULT;
}

enum err
jail_restrain(void)
{
	return judge(restrain());
}

enum err
jail_harden(void)
{
	return judge(restrain() == -1 ? -1 : prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}
