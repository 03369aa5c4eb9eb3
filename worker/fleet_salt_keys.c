/*
 * Keys of minions: a new one is made by its own master; who is known, and who is trusted no more, is a matter of all
 * masters that servers have.
 */

#include "worker/fleet_salt.h"

#include <stdlib.h>
#include <string.h>

#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/world.h"

enum { KEY_BITS = 2048, PAGE = 200 /* rows of servers */ };

/* A new key under way. */
struct errand {
	struct world	*w;
	struct salt	*salt;
	fleet_keyed	*keyed;
	void		*ctx;
};

/* Names, and a NULL. */
struct names {
	char	**list;
	size_t	  n, cap;
};

typedef void keys_call(void *ctx, const char *const *known, const char *const *denied);

/* The same question to every master: one of keys and erased is called at the end. */
struct rounds {
	struct world	*w;
	int		 out;		/* answers that are outstanding */
	int		 failed;	/* one at least */
	int		 ended;		/* the worker ends */
	struct names	 known, denied;
	keys_call	*keys;
	fleet_erased	*erased;
	void		*ctx;
};

/* ---- a new key ---- */

static void
key_told(void *ctx, const struct salt_return *ret)
{
	struct errand	*errand = ctx;
	const char	*private = json_text(json_get(ret->ret, "priv"), NULL), *master = salt_master_key(errand->salt);

	errand->w->asked--;
	if (ret->state == SALT_END)
		errand->keyed(errand->ctx, NULL, NULL, NULL);
	else if (ret->state != SALT_ANSWERED || !ret->good || private == NULL || *master == '\0')
		errand->keyed(errand->ctx, NULL, NULL, "the Salt master makes no key");
	else
		errand->keyed(errand->ctx, private, master, "");
	free(errand);
}

enum err
herd_key(struct world *w, const struct server *server, fleet_keyed *keyed, void *ctx)
{
	struct salt	*salt = salt_is_minion(server->minion) ? herd_salt(w, server->master) : NULL;
	struct errand	*errand = salt == NULL ? NULL : calloc(1, sizeof(*errand));
	struct json	*args;
	enum err	 err;

	if (errand == NULL)
		return ERR_BUSY;
	*errand = (struct errand){ .w = w, .salt = salt, .keyed = keyed, .ctx = ctx };
	args = json_object(NULL, NULL);
	json_add_text(args, "id_", server->minion);
	json_add_int(args, "keysize", KEY_BITS);
	json_add_bool(args, "force", 1);
	if ((err = salt_wheel(salt, "key.gen_accept", args, key_told, errand)) == ERR_OK)
		w->asked++;
	else
		free(errand);
	json_free(args);
	return err;
}

/* ---- every master ---- */

/* Rows that are being walked through. */
struct walk {
	struct world	*w;
	int64_t		 last;
	int		 n, failed;
};

static void
meet(void *ctx, const struct server *server)
{
	struct walk *walk = ctx;

	walk->last = server->id;
	walk->n++;
	walk->failed |= herd_salt(walk->w, server->master) == NULL;
}

/* Those of all rows and the configuration's are in w->herd->masters then. */
static enum err
meet_all(struct world *w)
{
	struct walk	walk = { .w = w, .failed = herd_salt(w, "") == NULL };
	enum err	err = ERR_OK;

	do {
		walk.n = 0;
		err = server_list(w->db, walk.last, PAGE, meet, &walk);
	} while (err == ERR_OK && walk.n == PAGE);
	return err == ERR_OK && walk.failed ? ERR_FAULT : err;
}

static struct rounds *
new_rounds(struct world *w, void *ctx)
{
	struct rounds *rounds;

	if (meet_all(w) != ERR_OK)
		return NULL;
	if ((rounds = calloc(1, sizeof(*rounds))) == NULL) {
		log_fault("fleet", "no memory");
		return NULL;
	}
	rounds->w = w;
	rounds->ctx = ctx;
	return rounds;
}

static void
free_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
}

static void
end_rounds(struct rounds *rounds)
{
	static const char *const	nobody[] = { NULL };
	const char *const		*known = (const char *const *)rounds->known.list;
	const char *const		*denied = (const char *const *)rounds->denied.list;
	int				 bad = rounds->failed || rounds->ended;

	rounds->w->asked--;
	if (rounds->erased != NULL)
		rounds->erased(rounds->ctx, rounds->ended ? ERR_BUSY : rounds->failed ? ERR_FAULT : ERR_OK);
	else if (bad)
		rounds->keys(rounds->ctx, NULL, NULL);
	else
		rounds->keys(rounds->ctx, known == NULL ? nobody : known, denied == NULL ? nobody : denied);
	free_names(&rounds->known);
	free_names(&rounds->denied);
	free(rounds);
}

/* Asks them all.  Not ERR_OK: none was asked, and rounds is gone. */
static enum err
ask_all(struct rounds *rounds, const char *fun, const struct json *args, salt_told *told)
{
	enum err err = ERR_BUSY;

	for (struct master *m = rounds->w->herd->masters; m != NULL; m = m->next) {
		if ((err = salt_wheel(m->salt, fun, args, told, rounds)) == ERR_OK)
			rounds->out++;
		else
			rounds->failed = 1;
	}
	if (rounds->out > 0) {
		rounds->w->asked++;
		return ERR_OK;
	}
	free(rounds);
	return err;
}

static void
took_answer(struct rounds *rounds, const struct salt_return *ret, int good)
{
	rounds->ended |= ret->state == SALT_END;
	rounds->failed |= !good;
	if (--rounds->out == 0)
		end_rounds(rounds);
}

/* ---- trusted no more ---- */

/* What is left is not told: who deletes looks at the list once more. */
static void
unkey_told(void *ctx, const struct salt_return *ret)
{
	took_answer(ctx, ret, ret->state == SALT_ANSWERED && ret->good);
}

/* Of one that a master does not know there is nothing to delete. */
enum err
herd_unkey(struct world *w, const char *const *minions, size_t n, fleet_erased *done, void *ctx)
{
	static const char *const kinds[] = { "minions", "minions_pre", "minions_rejected", "minions_denied" };
	struct rounds	*rounds = new_rounds(w, ctx);
	struct json	*args, *match, *names;
	enum err	 err;

	if (rounds == NULL)
		return ERR_BUSY;
	rounds->erased = done;
	args = json_object(NULL, NULL);
	match = json_object(args, "match");
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		names = json_list(match, kinds[k]);
		for (size_t i = 0; i < n; i++)
			if (salt_is_minion(minions[i]))
				json_add_text(names, NULL, minions[i]);
	}
	err = ask_all(rounds, "key.delete_dict", args, unkey_told);
	json_free(args);
	return err;
}

/* ---- who is known ---- */

/* 0 without memory. */
static int
add_name(struct names *names, const char *name)
{
	size_t	 cap = names->cap == 0 ? 64 : 2 * names->cap;
	char	**list;

	if (names->n + 1 >= names->cap) {
		if ((list = realloc(names->list, cap * sizeof(*list))) == NULL)
			return 0;
		names->list = list;
		names->cap = cap;
	}
	if ((names->list[names->n] = strdup(name)) == NULL)
		return 0;
	names->list[++names->n] = NULL;
	return 1;
}

/* 0: that is no list, or there is no memory. */
static int
add_names(struct names *names, const struct json *list)
{
	int good = json_type(list) == JSON_LIST;

	for (const struct json *name = json_first(list); name != NULL; name = json_next(name))
		if (json_type(name) == JSON_TEXT)
			good &= add_name(names, json_text(name, ""));
	return good;
}

static void
keys_told(void *ctx, const struct salt_return *ret)
{
	struct rounds *rounds = ctx;

	took_answer(rounds, ret, ret->state == SALT_ANSWERED && ret->good &&
	    add_names(&rounds->known, json_get(ret->ret, "minions")) &&
	    add_names(&rounds->denied, json_get(ret->ret, "minions_denied")));
}

/* Of all masters, or nobody knows. */
enum err
herd_keys(struct world *w, keys_call *keys, void *ctx)
{
	struct rounds *rounds = new_rounds(w, ctx);

	if (rounds == NULL)
		return ERR_BUSY;
	rounds->keys = keys;
	return ask_all(rounds, "key.list_all", NULL, keys_told);
}
