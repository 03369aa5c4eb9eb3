/* Releases of the pub: one directory each below pub.dir. */

#include "lib/bot_release.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf.h"

int
bot_has_release(const struct conf *conf, const char *release)
{
	const char	*dir = conf_text(conf, CONF_PUB_DIR);
	char		 path[PATH_MAX];

	if (release[0] == '\0' || release[0] == '.' || strchr(release, '/') != NULL || strlen(release) >= BOT_RELEASE_CAP)
		return 0;
	return snprintf(path, sizeof(path), "%s/%s/pub.js", dir, release) < (int)sizeof(path) && access(path, R_OK) == 0;
}

static void
find_newest(const struct conf *conf, char newest[BOT_RELEASE_CAP])
{
	const struct dirent	*entry;
	DIR			*list = opendir(conf_text(conf, CONF_PUB_DIR));

	newest[0] = '\0';
	while (list != NULL && (entry = readdir(list)) != NULL)
		if (bot_has_release(conf, entry->d_name) && strverscmp(entry->d_name, newest) > 0)
			memcpy(newest, entry->d_name, strlen(entry->d_name) + 1);
	if (list != NULL)
		closedir(list);
}

enum err
bot_release(const struct conf *conf, const char *wished, char out[BOT_RELEASE_CAP])
{
	char newest[BOT_RELEASE_CAP];

	if (wished[0] == '\0')
		wished = conf_text(conf, CONF_PUB_RELEASE);
	if (wished[0] == '\0') {
		find_newest(conf, newest);
		wished = newest;
	}
	if (wished[0] == '\0' || strlen(wished) >= BOT_RELEASE_CAP)
		return ERR_NOTFOUND;
	memmove(out, wished, strlen(wished) + 1);
	return ERR_OK;
}
