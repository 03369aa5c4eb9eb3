/*
 * A helper, no test: prints what a server's first boot would be told.
 * seedling CONF MINION VOLUME PRIVATE-KEY-FILE MASTER-KEY-FILE
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/log.h"
#include "lib/server.h"
#include "worker/seed.h"

static enum err
read_key(const char *path, char key[8192])
{
	FILE	*file = fopen(path, "re");
	size_t	 n;

	if (file == NULL)
		return ERR_FAULT;
	n = fread(key, 1, 8191, file);
	key[n] = '\0';
	fclose(file);
	return ERR_OK;
}

int
main(int argc, char **argv)
{
	char		 private[8192], master[8192];
	struct server	 server = { 0 };
	struct conf	*conf = NULL;
	struct buf	 text = { 0 };

	log_open("seedling");
	if (argc != 6 || conf_open(argv[1], &conf) != ERR_OK || read_key(argv[4], private) != ERR_OK ||
	    read_key(argv[5], master) != ERR_OK)
		return 2;
	snprintf(server.minion, sizeof(server.minion), "%s", argv[2]);
	snprintf(server.volume_id, sizeof(server.volume_id), "%s", argv[3]);
	if (seed_text(conf, &server, private, master, &text) != ERR_OK)
		return 1;
	fputs(buf_text(&text), stdout);
	buf_clear(&text);
	conf_close(conf);
	return 0;
}
