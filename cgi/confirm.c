/*
 * /confirm/TOKEN, the link of a letter (accounts.verify): GET asks whether it is you, POST makes the account and signs in.
 * Good for a day, and once.  Anybody can have asked for it, with a password of theirs: so the letter alone is not enough, it
 * takes the password, too, or the browser that asked.
 */

#include <string.h>

#include "lib/app.h"
#include "lib/confirmation.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/page.h"

/* One and the same page for used, too old and never made. */
static enum err
stale(struct call *call)
{
	enum err err = app_page(call, "stale");

	if (err == ERR_OK)
		call->reply->status = 404;
	return err;
}

/* What is behind the link; and whether this browser asked for it. */
static enum err
load(struct call *call, struct confirmation *c, int *here)
{
	enum err err;

	if ((err = confirmation_get(call->db, call->arg[0], call->now, c)) != ERR_OK ||
	    (err = app_csrf(call)) != ERR_OK)
		return err;
	err = confirmation_here(call->db, call->arg[0], call->token, call->now);
	*here = err == ERR_OK;
	view_text(call->view, "email", c->email);
	view_flag(call->view, "here", *here);
	app_field(call, "password", "");
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static enum err
ask(struct call *call)
{
	struct confirmation	c = { 0 };
	int			here;
	enum err		err;

	call->reply->cacheable = 0;
	err = load(call, &c, &here);
	explicit_bzero(&c, sizeof(c));
	if (err != ERR_OK)
		return err == ERR_NOTFOUND ? stale(call) : err;
	return app_page(call, "newcomer");
}

/* Ends the transaction that db_begin has begun. */
static enum err
commit(struct call *call, enum err err)
{
	if (err == ERR_OK)
		return db_commit(call->db);
	db_rollback(call->db);
	return err;
}

static enum err
refuse(struct call *call, const char *subject)
{
	enum err err = db_begin(call->db);

	if (err != ERR_OK || (err = commit(call, try_failed(call->db, subject, call->now))) != ERR_OK)
		return err;
	app_wrong(call, "password", "that is not the password this account was asked for with. check it.");
	return app_refuse(call, "newcomer");
}

/* Who can't fail under a link has none: so nobody makes somebody else wait.  ERR_INVALID: wrong, the reply is filled. */
static enum err
check_password(struct call *call, const struct confirmation *c)
{
	const char	*password = form_get(&call->form, "password");
	char		 subject[TRY_SUBJECT_CAP];
	int64_t		 wait;
	enum err	 err;

	if (*password == '\0') {
		app_wrong(call, "password", "enter your password");
		return app_refuse(call, "newcomer");
	}
	try_link(call->arg[0], subject);
	if ((err = try_wait(call->db, subject, call->now, &wait)) != ERR_OK)
		return err;
	if (wait > 0)
		return app_wait(call, "too many tries", wait);
	err = app_hash_check(call, c->password, password);
	return err == ERR_INVALID ? refuse(call, subject) : err;
}

/* Signs the new person in. */
static enum err
enter(struct call *call, int64_t person)
{
	struct door	door;
	enum err	err;

	if ((err = person_get(call->db, person, &call->who)) != ERR_OK ||
	    (err = app_door(call, call->who.email, person, &door)) != ERR_OK ||
	    (err = app_sign_in(call, person)) != ERR_OK ||
	    (err = app_event(call, EVENT_PERSON_REGISTER, 0, "", NULL)) != ERR_OK ||
	    (err = app_door_passed(call, &door, person, 0)) != ERR_OK)
		return err;
	return app_go(call, "/newbie", NULL);
}

/* Within a transaction.  The link is looked at once more: it may have been used meanwhile. */
static enum err
make(struct call *call, struct confirmation *c)
{
	int64_t		person;
	enum err	err;

	if ((err = confirmation_get(call->db, call->arg[0], call->now, c)) != ERR_OK ||
	    (err = confirmation_drop(call->db, c->email)) != ERR_OK ||
	    (err = person_order(call->db, c->email, c->password, &person)) != ERR_OK ||
	    (err = c->name[0] == '\0' ? ERR_OK : person_rename(call->db, person, c->name)) != ERR_OK)
		return err;
	return enter(call, person);
}

static enum err
confirm(struct call *call)
{
	struct confirmation	c = { 0 };
	int			here = 0;
	enum err		err;

	if ((err = load(call, &c, &here)) == ERR_OK && !here)
		err = check_password(call, &c);
	if (err == ERR_OK && (err = db_begin(call->db)) == ERR_OK)
		err = commit(call, make(call, &c));
	explicit_bzero(&c, sizeof(c));
	/* ERR_EXISTS: it was made in another way meanwhile. */
	return err == ERR_NOTFOUND || err == ERR_EXISTS ? stale(call) : err;
}

static const struct route routes[] = {
	{ "GET", "/confirm/:token", ANYBODY, ask, 0 },
	{ "POST", "/confirm/:token", ANYBODY, confirm, ROUTE_OWN_TX },
};

int
main(void)
{
	return app_main("confirm", routes, sizeof(routes) / sizeof(routes[0]));
}
