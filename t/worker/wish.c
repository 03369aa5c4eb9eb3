/*
 * A helper of real.sh, no test: does to a database what the web does.
 * wish CONF init SCHEMA | order NAME | start NAME | stop NAME | restart NAME | bin NAME MS | restore NAME |
 *	invite NAME LABEL | revoke NAME LABEL | wake NAME | show NAME | key NAME
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/invite.h"
#include "lib/log.h"
#include "lib/person.h"
#include "lib/server.h"
#include "lib/vault.h"

enum { OWNER = 1 };

struct wish {
	struct conf	*conf;
	struct db	*db;
	const char	*name, *more;
	struct bot	 bot;
};

struct find {
	const char	*label;
	struct invite	 invite;
	int		 found;
};

static enum err
init(struct wish *w)
{
	char	*text = calloc(1, 1 << 20);
	FILE	*file = fopen(w->name, "re");
	enum err err = ERR_FAULT;

	if (text == NULL || file == NULL || fread(text, 1, (1 << 20) - 1, file) == 0)
		goto out;
	if ((err = db_script(w->db, text)) != ERR_OK || (err = vault_new(w->conf)) != ERR_OK ||
	    (err = db_begin(w->db)) != ERR_OK)
		goto out;
	if ((err = server_local(w->db, conf_text(w->conf, CONF_BOTS_ADDRESS), clock_now())) == ERR_OK)
		err = db_script(w->db, "INSERT INTO agents (id, key, type, name, created_at, updated_at)"
		    " VALUES (1, 'p', 'person', 'me', 0, 0)");
	if (err == ERR_OK)
		err = db_commit(w->db);
out:
	if (file != NULL)
		fclose(file);
	free(text);
	return err;
}

static enum err
order(struct wish *w)
{
	const char	*why = "";
	enum err	 err = bot_order(w->db, w->conf, OWNER, w->name, "", clock_now(), &w->bot, &why);

	if (err != ERR_OK)
		fprintf(stderr, "%s\n", why);
	return err;
}

static enum err
start(struct wish *w)
{
	return bot_want(w->db, OWNER, w->bot.id, 0, clock_now());
}

static enum err
stop(struct wish *w)
{
	return bot_want(w->db, OWNER, w->bot.id, 1, clock_now());
}

static enum err
restart(struct wish *w)
{
	return bot_restart(w->db, OWNER, w->bot.id, clock_now());
}

static enum err
bin(struct wish *w)
{
	return bot_bin(w->db, OWNER, w->bot.id, clock_now(), clock_now() + atol(w->more));
}

static enum err
restore(struct wish *w)
{
	return bot_restore(w->db, OWNER, w->bot.id, clock_now());
}

static enum err
invite(struct wish *w)
{
	struct invite	 made;
	const char	*why;

	return invite_order(w->db, w->bot.id, w->more, 100, clock_now(), &made, &why);
}

static void
find(void *ctx, const struct invite *one)
{
	struct find *f = ctx;

	if (strcmp(one->label, f->label) == 0) {
		f->invite = *one;
		f->found = 1;
	}
}

static enum err
revoke(struct wish *w)
{
	struct find	f = { .label = w->more };
	enum err	err = invite_list(w->db, w->bot.id, find, &f);

	if (err != ERR_OK || !f.found)
		return ERR_NOTFOUND;
	return invite_revoke(w->db, w->bot.id, f.invite.key, clock_now());
}

static void
show_invite(void *ctx, const struct invite *one)
{
	const struct bot	*bot = ctx;
	char			 code[INVITE_CODE_CAP] = "-";

	(void)invite_code(one, bot->address, bot->port, bot->public_key, code);
	printf("invite %s %s %s %s %s\n", one->label, invite_state_word(one->state), code,
	    one->used_by[0] == '\0' ? "-" : one->used_by, one->used_name);
}

static enum err
wake(struct wish *w)
{
	return bot_wake(w->db, w->bot.id, clock_now());
}

static enum err
key(struct wish *w)
{
	printf("%s\n", w->bot.key);
	return ERR_OK;
}

static enum err
show(struct wish *w)
{
	const struct bot *b = &w->bot;

	printf("status %s\nid %s\ndir %s\nport %d\nrunning %d\nstarted %lld\nfails %lld\nreason %s\n", bot_status_word(b->status),
	    b->public_key, b->dir, b->port, b->running, (long long)b->started_at, (long long)b->fails, b->reason);
	return invite_list(w->db, b->id, show_invite, &w->bot);
}

static const struct {
	const char	*verb;
	int		 args, needs_bot;
	enum err	(*run)(struct wish *);
} verbs[] = {
	{ "init", 1, 0, init }, { "order", 1, 0, order }, { "start", 1, 1, start }, { "stop", 1, 1, stop },
	{ "restart", 1, 1, restart }, { "bin", 2, 1, bin }, { "restore", 1, 1, restore }, { "invite", 2, 1, invite },
	{ "revoke", 2, 1, revoke }, { "wake", 1, 1, wake }, { "show", 1, 1, show },
	{ "key", 1, 1, key },
};

static enum err
run(struct wish *w, int i)
{
	enum err err;

	if (strcmp(verbs[i].verb, "init") == 0)
		return init(w);
	if ((err = db_begin(w->db)) != ERR_OK)
		return err;
	if (verbs[i].needs_bot)
		err = bot_get(w->db, OWNER, w->name, &w->bot);
	if (err == ERR_OK)
		err = verbs[i].run(w);
	return err == ERR_OK ? db_commit(w->db) : err;
}

int
main(int argc, char **argv)
{
	struct wish	w = { .name = argc > 3 ? argv[3] : "", .more = argc > 4 ? argv[4] : "" };
	enum err	err = ERR_INVALID;

	log_open("wish");
	if (argc < 4 || crypt_open() != ERR_OK || conf_open(argv[1], &w.conf) != ERR_OK ||
	    db_open(conf_text(w.conf, CONF_DATABASE), strcmp(argv[2], "init") == 0 ? DB_CREATE : DB_WRITE, &w.db) != ERR_OK)
		return 2;
	for (int i = 0; i < (int)(sizeof(verbs) / sizeof(verbs[0])); i++)
		if (strcmp(verbs[i].verb, argv[2]) == 0 && argc == verbs[i].args + 3)
			err = run(&w, i);
	if (err != ERR_OK)
		fprintf(stderr, "wish: %s\n", err_word(err));
	db_close(w.db);
	conf_close(w.conf);
	return err == ERR_OK ? 0 : 1;
}
