/*
 * /account: GET shows the person's name, password form, sessions and how to leave.  POST /account/name, /account/password,
 * /account/sessions change them.  /account/delete: GET asks, POST erases the person and their bots.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/app.h"
#include "lib/bot.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/mail.h"
#include "lib/page.h"
#include "lib/view_bot.h"
#include "lib/view_time.h"

static void
add_session(void *ctx, const struct session *session)
{
	struct call *call = ctx;
	struct view *item = view_item(call->view, "sessions");

	view_text(item, "agent", session->agent);
	view_text(item, "session_id", session->key);
	view_flag(item, "this_one", session->id == call->session.id);
	view_flag(item, "program", session->kind == SESSION_PROGRAM);
	view_time(item, "created", session->created_at, call->now);
	view_time(item, "used", session->used_at, call->now);
}

/* All that the page names; a field that app_wrong has spoken of keeps its words. */
static enum err
set_view(struct call *call, const char *name)
{
	app_field(call, "name", name);
	app_field(call, "password", "");
	app_field(call, "new", "");
	view_text(call->view, "who_email", call->who.email);
	view_flag(call->view, "free", strcmp(conf_text(call->conf, CONF_BILLING), "free") == 0);
	view_list(call->view, "sessions");
	return session_list(call->db, call->who.id, call->now, add_session, call);
}

static enum err
show(struct call *call)
{
	enum err err = set_view(call, call->who.name);

	return err == ERR_OK ? app_page(call, "account") : err;
}

static enum err
again(struct call *call, const char *name)
{
	enum err err = set_view(call, name);

	return err == ERR_OK ? app_refuse(call, "account") : err;
}

static enum err
rename_person(struct call *call)
{
	char		name[PERSON_NAME_CAP];
	enum err	err;

	if (form_trimmed(&call->form, "name", name, sizeof(name)) != ERR_OK)
		app_wrong(call, "name", "use 200 letters at most, fewer if they have accents");
	else if (name[0] == '\0')
		app_wrong(call, "name", "what should we call you?");
	if (app_wrongs(call) > 0)
		return again(call, form_get(&call->form, "name"));
	if ((err = person_rename(call->db, call->who.id, name)) != ERR_OK)
		return err;
	return app_go(call, "/account", "ok. your name is saved.");
}

/* In a transaction: the new password, and no other session. */
static enum err
set_password(struct call *call, const char *hash)
{
	enum err err;

	if ((err = person_set_hash(call->db, call->who.id, hash)) != ERR_OK)
		return err;
	if ((err = session_end_all(call->db, call->who.id, call->session.id)) != ERR_OK && err != ERR_NOTFOUND)
		return err;
	if ((err = app_forget_others(call)) != ERR_OK)
		return err;
	if ((err = app_event(call, EVENT_PERSON_PASSWORD, 0, "", NULL)) != ERR_OK)
		return err;
	return app_go(call, "/account", "ok. your password is changed.");
}

/* Commits what err says has worked. */
static enum err
commit(struct call *call, enum err err)
{
	if (err == ERR_OK)
		return db_commit(call->db);
	db_rollback(call->db);
	return err;
}

/* Says that the password is wrong; passes on everything else. */
static enum err
check_password(struct call *call)
{
	const char	*password = form_get(&call->form, "password");
	enum err	 err;

	if (password[0] == '\0') {
		app_wrong(call, "password", "enter your password");
		return ERR_OK;
	}
	if (app_wrongs(call) > 0)
		return ERR_OK;
	if ((err = app_password(call, password)) != ERR_INVALID)
		return err;
	app_wrong(call, "password", "that is not your password");
	return ERR_OK;
}

static enum err
change_password(struct call *call)
{
	const char	*new = form_get(&call->form, "new"), *fault;
	char		 hash[CRYPT_PASSWORD_CAP];
	enum err	 err;

	if ((fault = person_password_fault(new)) != NULL)
		app_wrong(call, "new", fault);
	if ((err = check_password(call)) != ERR_OK)
		return err;
	if (app_wrongs(call) > 0)
		return again(call, call->who.name);
	if ((err = app_hash_new(call, new, hash)) != ERR_OK)
		return err;
	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	return commit(call, set_password(call, hash));
}

static enum err
end_session(struct call *call)
{
	const char	*key = form_get(&call->form, "session");
	enum err	 err;

	if (strcmp(key, "all") == 0) {
		if ((err = session_end_all(call->db, call->who.id, 0)) != ERR_OK ||
		    (err = app_forget_others(call)) != ERR_OK)
			return err;
		app_forget(call);
		return app_go(call, "/", NULL);
	}
	if ((err = session_end(call->db, call->who.id, key)) != ERR_OK)
		return err;
	if (strcmp(key, call->session.key) == 0) {
		app_forget(call);
		return app_go(call, "/", NULL);
	}
	return app_go(call, "/account", "ok. signed out there.");
}

static void
add_bot(void *ctx, const struct bot_line *bot)
{
	struct call *call = ctx;

	view_bot_line(view_item(call->view, "bots"), bot, call->conf, call->now);
}

static enum err
set_leave(struct call *call, const char *confirm)
{
	app_field(call, "confirm", confirm);
	app_field(call, "password", "");
	view_text(call->view, "who_email", call->who.email);
	view_list(call->view, "bots");
	return bot_list(call->db, call->who.id, add_bot, call);
}

static enum err
ask_leave(struct call *call)
{
	enum err err = set_leave(call, "");

	return err == ERR_OK ? app_page(call, "leave") : err;
}

/* A person's bots, read before any of them is changed. */
struct bots {
	struct bot_line	*bot;
	int		 n;
	int		 cap;
};

static void
collect(void *ctx, const struct bot_line *bot)
{
	struct bots *all = ctx;

	if (all->n < all->cap)
		all->bot[all->n++] = *bot;
}

static enum err
read_bots(struct call *call, struct bots *all)
{
	int64_t		n;
	enum err	err;

	if ((err = bot_count(call->db, call->who.id, &n)) != ERR_OK)
		return err;
	all->cap = (int)n;
	if ((all->bot = calloc((size_t)n + 1, sizeof(*all->bot))) == NULL)
		return ERR_FAULT;
	return bot_list(call->db, call->who.id, collect, all);
}

/* To be erased now. */
static enum err
drop_bot(struct call *call, const struct bot_line *bot)
{
	enum err err;

	if (bot->binned_at != 0)
		return bot_hasten(call->db, call->who.id, bot->id, call->now);
	if ((err = bot_bin(call->db, call->who.id, bot->id, call->now, call->now)) != ERR_OK)
		return err;
	return app_event(call, EVENT_BOT_BIN, bot->id, bot->name, NULL);
}

/* In a transaction. */
static enum err
drop(struct call *call)
{
	struct bots	all = { 0 };
	enum err	err = read_bots(call, &all);

	for (int i = 0; err == ERR_OK && i < all.n; i++)
		err = drop_bot(call, &all.bot[i]);
	free(all.bot);
	if (err != ERR_OK || (err = app_event(call, EVENT_PERSON_LEAVE, 0, "", NULL)) != ERR_OK)
		return err;
	if ((err = mail_forget(call->db, call->who.id)) != ERR_OK || (err = person_drop(call->db, call->who.id)) != ERR_OK)
		return err;
	app_forget(call);
	return app_go(call, "/", NULL);
}

static enum err
leave(struct call *call)
{
	char		typed[PERSON_EMAIL_CAP];
	enum err	err;

	if (person_email(form_get(&call->form, "confirm"), typed) != ERR_OK || strcmp(typed, call->who.email) != 0)
		app_wrong(call, "confirm", "that is not your email. type it as it stands here.");
	if ((err = check_password(call)) != ERR_OK)
		return err;
	if (app_wrongs(call) > 0) {
		err = set_leave(call, form_get(&call->form, "confirm"));
		return err == ERR_OK ? app_refuse(call, "leave") : err;
	}
	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	return commit(call, drop(call));
}

static const struct route routes[] = {
	{ "GET", "/account", SIGNED_IN, show, 0 },
	{ "POST", "/account/name", SIGNED_IN, rename_person, 0 },
	{ "POST", "/account/password", SIGNED_IN, change_password, ROUTE_OWN_TX },
	{ "POST", "/account/sessions", SIGNED_IN, end_session, 0 },
	{ "GET", "/account/delete", SIGNED_IN, ask_leave, 0 },
	{ "POST", "/account/delete", SIGNED_IN, leave, ROUTE_OWN_TX },
};

int
main(void)
{
	return app_main("account", routes, sizeof(routes) / sizeof(routes[0]));
}
