/*
 * A helper, no test: does one thing with fleet_salt's keys and waits for the answer.  MINION may be NAME@URL: its row names
 * that master.
 * shepherd CONF greet MINION...: a line for each, "NAME 1", 0 or -1
 * shepherd CONF key MINION PRIVATE-FILE MASTER-FILE
 * shepherd CONF unkey NAME...
 * shepherd CONF keys: lines "known NAME" and "denied NAME"
 * Status 1: it was refused or failed, and the reason is printed.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/server.h"
#include "worker/fleet.h"
#include "worker/http.h"
#include "worker/loop.h"
#include "worker/world.h"

struct shepherd {
	struct world	 world;
	struct conf	*conf;
	struct db	*db;
	char		**args;
	int		 failed;
};

struct sheep {
	struct shepherd	*shepherd;
	struct server	 row;
};

static void
read_name(const char *arg, struct server *row)
{
	const char *at = strchr(arg, '@');

	*row = (struct server){ .id = 1 };
	snprintf(row->minion, sizeof(row->minion), "%.*s", at == NULL ? (int)strlen(arg) : (int)(at - arg), arg);
	snprintf(row->master, sizeof(row->master), "%s", at == NULL ? "" : at + 1);
}

static void
greeted(void *ctx, int there)
{
	struct sheep *sheep = ctx;

	printf("%s %d\n", sheep->row.minion, there);
	free(sheep);
}

static enum err
greet(struct shepherd *s)
{
	enum err err = ERR_OK;

	for (char **arg = s->args; *arg != NULL && err == ERR_OK; arg++) {
		struct sheep *sheep = calloc(1, sizeof(*sheep));

		if (sheep == NULL)
			return ERR_FAULT;
		read_name(*arg, &sheep->row);
		if ((err = s->world.fleet->greet(&s->world, &sheep->row, greeted, sheep)) != ERR_OK)
			free(sheep);
	}
	return err;
}

static void
save(struct shepherd *s, const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		s->failed = 1;
}

static void
keyed(void *ctx, const char *private, const char *master, const char *why)
{
	struct shepherd *s = ctx;

	if (private == NULL) {
		printf("%s\n", why == NULL ? "the end" : why);
		s->failed = 1;
		return;
	}
	save(s, s->args[1], private);
	save(s, s->args[2], master);
}

static enum err
key(struct shepherd *s)
{
	struct server row;

	read_name(s->args[0], &row);
	return s->world.fleet->key(&s->world, &row, keyed, s);
}

static void
unkeyed(void *ctx, enum err err)
{
	struct shepherd *s = ctx;

	s->failed = err != ERR_OK;
	printf("%s\n", err == ERR_OK ? "done" : err == ERR_BUSY ? "the end" : "failed");
}

static enum err
unkey(struct shepherd *s)
{
	size_t n = 0;

	while (s->args[n] != NULL)
		n++;
	return s->world.fleet->unkey(&s->world, (const char *const *)s->args, n, unkeyed, s);
}

static void
listed(void *ctx, const char *const *known, const char *const *denied)
{
	struct shepherd *s = ctx;

	if (known == NULL) {
		printf("nobody knows\n");
		s->failed = 1;
		return;
	}
	for (; *known != NULL; known++)
		printf("known %s\n", *known);
	for (; *denied != NULL; denied++)
		printf("denied %s\n", *denied);
}

static enum err
keys(struct shepherd *s)
{
	return s->world.fleet->keys(&s->world, listed, s);
}

static const struct {
	const char	*word;
	enum err	 (*begin)(struct shepherd *);
	int		 args;
} kinds[] = {
	{ "greet", greet, 1 }, { "key", key, 3 }, { "unkey", unkey, 0 }, { "keys", keys, 0 },
};

/* 2: usage. */
static int
do_it(struct shepherd *s, const char *word, int args)
{
	struct world	*w = &s->world;
	enum err	 err = ERR_NOTFOUND;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].word, word) == 0 && args >= kinds[i].args)
			err = kinds[i].begin(s);
	if (err == ERR_NOTFOUND)
		return 2;
	while (err == ERR_OK && w->asked > 0) {
		w->fleet->flush(w);
		err = loop_wait(w->loop, 100);
	}
	if (err != ERR_OK)
		printf("not begun\n");
	return err != ERR_OK || s->failed;
}

int
main(int argc, char **argv)
{
	struct shepherd	 s = { .failed = 0 };
	struct world	*w = &s.world;
	int		 status = 2;

	log_open("shepherd");
	if (argc >= 3 && crypt_open() == ERR_OK && conf_open(argv[1], &s.conf) == ERR_OK &&
	    db_open(conf_text(s.conf, CONF_DATABASE), DB_READ, &s.db) == ERR_OK && loop_open(&w->loop) == ERR_OK &&
	    http_open(w->loop, "baas-shepherd/1", &w->http) == ERR_OK) {
		w->conf = s.conf;
		w->db = s.db;
		w->fleet = &fleet_salt;
		s.args = argv + 3;
		if (w->fleet->open(w) == ERR_OK)
			status = do_it(&s, argv[2], argc - 3);
	}
	http_close(w->http);
	loop_close(w->loop);
	if (w->fleet != NULL)
		w->fleet->close(w);
	db_close(s.db);
	conf_close(s.conf);
	return status;
}
