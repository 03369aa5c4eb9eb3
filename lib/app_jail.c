/* What a route's process can open once it stands: its database, the hash slots, the vault's public half. */

#include "lib/app_part.h"

#include <stdio.h>

#include "lib/conf.h"
#include "lib/jail.h"
#include "lib/log.h"

enum { PATH_CAP = 1024 };

/* Each file by itself: beside them lie the vault's secret half and the bots' directories. */
static const struct {
	enum conf_key	 key;
	const char	*tail;
} files[] = {
	{ CONF_DATABASE, "" }, { CONF_DATABASE, "-wal" }, { CONF_DATABASE, "-shm" }, { CONF_DATABASE, ".lock" },
	{ CONF_STATE_DIR, "/hash.0" }, { CONF_STATE_DIR, "/hash.1" }, { CONF_VAULT_PUBLIC, "" },
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

enum err
app_enter_jail(const struct app *app)
{
	static const char *const	readable[] = { "/dev/urandom", NULL };
	char				paths[FILES][PATH_CAP];
	const char			*writable[FILES + 1] = { NULL };
	const struct jail		jail = { .readable = readable, .writable = writable };
	int				n;

	for (size_t i = 0; i < FILES; i++) {
		n = snprintf(paths[i], PATH_CAP, "%s%s", conf_text(app->conf, files[i].key), files[i].tail);
		if (n < 0 || n >= PATH_CAP) {
			log_fault("jail", "%s: the path is too long", conf_name(files[i].key));
			return ERR_FAULT;
		}
		writable[i] = paths[i];
	}
	return jail_enter(&jail);
}
