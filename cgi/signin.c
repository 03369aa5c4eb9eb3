/*
 * POST /start: signs in, or (new=1, or /authentication/register) makes an account, by a letter if accounts.verify is on.
 * The one program that hashes passwords of strangers, so that a crowd of them keeps nobody else waiting (confirm does it
 * for who has a letter).  An unknown email and a wrong password get one and the same answer, after the same time.
 */

#include <stdio.h>
#include <string.h>

#include "lib/api.h"
#include "lib/app.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/mail.h"
#include "lib/page.h"

static const char no_match[] = "email or password does not match. check both.";

/* What was typed, and what is known of it. */
struct entry {
	char		 email[PERSON_EMAIL_CAP];	/* trimmed and folded */
	const char	*password, *next;
	int		 wants_new;
	int		 verify;			/* a new account takes a letter */
	int		 known;
	struct person	 person;			/* if known */
	char		 hash[CRYPT_PASSWORD_CAP];	/* nobody's if not */
	struct door	 door;
};

/* The form again. */
static enum err
again(struct call *call, int offer_new, int matchless)
{
	view_flag(call->view, "offer_new", offer_new && conf_on(call->conf, CONF_ACCOUNTS_OPEN));
	view_flag(call->view, "no_match", matchless);
	view_flag(call->view, "open", conf_on(call->conf, CONF_ACCOUNTS_OPEN));
	return app_refuse(call, "start");
}

/* Fills *entry from the form; says what is wrong with it. */
static void
read_form(struct call *call, struct entry *entry)
{
	const char	*fault;
	int		 verify = conf_on(call->conf, CONF_ACCOUNTS_VERIFY);

	entry->password = form_get(&call->form, "password");
	entry->next = form_get(&call->form, "next");
	entry->wants_new = strcmp(form_get(&call->form, "new"), "1") == 0 || strcmp(call->path, "/authentication/register") == 0;
	/* Where nobody is told who is in, a closed place's "no" must not tell it either: there it is a sign-in like any other. */
	entry->wants_new &= !verify || conf_on(call->conf, CONF_ACCOUNTS_OPEN);
	entry->verify = entry->wants_new && verify;
	if (!app_own_path(entry->next) || strncmp(entry->next, "/authentication/", 16) == 0)
		entry->next = "";
	app_field(call, "email", form_get(&call->form, "email"));
	app_field(call, "password", "");
	app_field(call, "next", entry->next);
	if (person_email(form_get(&call->form, "email"), entry->email) != ERR_OK)
		app_wrong(call, "email", "enter your email, like name@example.com");
	else if (entry->verify && !mail_can(entry->email))
		app_wrong(call, "email", "we can't write to that email: use one of plain letters, a to z");
	if (entry->password[0] == '\0')
		app_wrong(call, "password", "enter your password");
	else if (entry->wants_new && (fault = person_password_fault(entry->password)) != NULL)
		app_wrong(call, "password", fault);
}

static enum err
look_up(struct call *call, struct entry *entry)
{
	enum err err = person_by_email(call->db, entry->email, &entry->person, entry->hash);

	entry->known = err == ERR_OK;
	if (err == ERR_NOTFOUND) {
		snprintf(entry->hash, sizeof(entry->hash), "%s", crypt_password_nobody());
		err = ERR_OK;
	}
	return err;
}

/* Signs entry->person in, within a transaction, and goes where they were. */
static enum err
enter(struct call *call, const struct entry *entry, enum event_what what)
{
	enum err	 err;

	call->who = entry->person;
	if ((err = app_sign_in(call, entry->person.id)) != ERR_OK)
		return err;
	if ((err = app_event(call, what, 0, "", NULL)) != ERR_OK)
		return err;
	err = app_door_passed(call, &entry->door, entry->person.id, what == EVENT_PERSON_REGISTER);
	if (err == ERR_OK && what == EVENT_PERSON_REGISTER)
		err = app_new_made(call);
	if (err != ERR_OK)
		return err;
	if (entry->wants_new && !entry->person.named)	/* made now, or just now by this form sent twice */
		return app_go(call, "/newbie", NULL);
	return app_go(call, entry->next[0] != '\0' ? entry->next : "/agents", NULL);
}

static enum err
register_person(struct call *call, struct entry *entry)
{
	int64_t		id;
	enum err	err;

	if ((err = person_order(call->db, entry->email, entry->hash, &id)) != ERR_OK)
		return err;
	if ((err = person_get(call->db, id, &entry->person)) != ERR_OK)
		return err;
	return enter(call, entry, EVENT_PERSON_REGISTER);
}

/* Runs what writes in a transaction of its own: hashing is over by then. */
static enum err
commit(struct call *call, enum err err)
{
	if (err != ERR_OK) {
		db_rollback(call->db);
		return err;
	}
	return db_commit(call->db);
}

static enum err
make(struct call *call, struct entry *entry)
{
	enum err err;

	if (!conf_on(call->conf, CONF_ACCOUNTS_OPEN)) {
		app_wrong(call, "email", "this place takes nobody new right now");
		return again(call, 0, 0);
	}
	if ((err = app_hash_new(call, entry->password, entry->hash)) != ERR_OK)
		return err;
	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	err = commit(call, register_person(call, entry));
	if (err == ERR_EXISTS) {	/* somebody made it while we hashed: as for any known email */
		app_wrong(call, "password", no_match);
		return again(call, 1, 1);
	}
	return err;
}

static enum err
let_in(struct call *call, const struct entry *entry)
{
	enum err err;

	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	return commit(call, enter(call, entry, EVENT_PERSON_SIGN_IN));
}

/* accounts.verify: whoever has the email, the page is the same, and comes after the same time.  The letter tells more. */
static enum err
write_to(struct call *call, struct entry *entry)
{
	struct newcomer	newcomer = { entry->email, entry->known ? entry->person.id : 0, entry->hash, "" };
	enum err	err;

	if (entry->known) {
		if ((err = app_hash_check(call, entry->hash, entry->password)) == ERR_OK)
			return let_in(call, entry);
	} else if ((err = app_hash_new(call, entry->password, entry->hash)) == ERR_OK) {
		err = ERR_INVALID;
	}
	if (err != ERR_INVALID || (err = db_begin(call->db)) != ERR_OK)
		return err;
	if ((err = commit(call, app_newcomer(call, &entry->door, &newcomer))) != ERR_OK)
		return err;
	return app_page(call, "mailed");
}

static enum err
refuse(struct call *call, struct entry *entry)
{
	enum err err;

	if ((err = db_begin(call->db)) != ERR_OK)
		return err;
	if ((err = commit(call, app_door_failed(call, &entry->door))) != ERR_OK)
		return err;
	app_wrong(call, "password", no_match);
	return again(call, 1, 1);
}

/* ERR_BUSY: they have to wait before a password is looked at, or an account made. */
static enum err
check_waits(struct call *call, struct entry *entry)
{
	int64_t		wait = 0;
	enum err	err;

	if ((err = app_door(call, entry->email, entry->known ? entry->person.id : 0, &entry->door)) != ERR_OK)
		return err;
	if (entry->door.wait > 0)
		return app_wait(call, "too many tries", entry->door.wait);
	if (entry->wants_new && (entry->verify || !entry->known))
		err = app_new_wait(call, &wait);
	return err != ERR_OK || wait == 0 ? err : app_wait(call, "too many new accounts from where you are", wait);
}

static enum err
sign_in(struct call *call)
{
	struct entry	entry = { 0 };
	enum err	err;

	read_form(call, &entry);
	if ((err = app_csrf(call)) != ERR_OK)
		return err;
	if (app_wrongs(call) > 0)
		return again(call, entry.wants_new, 0);
	if ((err = look_up(call, &entry)) != ERR_OK || (err = check_waits(call, &entry)) != ERR_OK)
		return err;
	if (entry.verify)
		return write_to(call, &entry);
	if (!entry.known && entry.wants_new)
		return make(call, &entry);
	if ((err = app_hash_check(call, entry.hash, entry.password)) == ERR_INVALID || (err == ERR_OK && !entry.known))
		return refuse(call, &entry);
	return err == ERR_OK ? let_in(call, &entry) : err;
}

static enum err
to_start(struct call *call)
{
	return app_go(call, "/start", NULL);
}

static const struct route routes[] = {
	{ "POST", "/start", ANYBODY, sign_in, ROUTE_OWN_TX },
	{ "GET", "/authentication/sign-in", ANYBODY, to_start, 0 },
	{ "POST", "/authentication/sign-in", ANYBODY, sign_in, ROUTE_OWN_TX },
	{ "GET", "/authentication/register", ANYBODY, to_start, 0 },
	{ "POST", "/authentication/register", ANYBODY, sign_in, ROUTE_OWN_TX },
	{ "POST", "/authentication", ANYBODY, api_authenticate, ROUTE_JSON | ROUTE_OWN_TX },
	{ "DELETE", "/authentication", SIGNED_IN, api_sign_out, ROUTE_JSON },
	{ "POST", "/authentication/sign-in", ANYBODY, api_authenticate, ROUTE_JSON | ROUTE_OWN_TX },
	{ "POST", "/users", ANYBODY, api_users_create, ROUTE_JSON | ROUTE_OWN_TX },
	{ "POST", "/authentication/register", ANYBODY, api_users_create, ROUTE_JSON | ROUTE_OWN_TX },
};

int
main(void)
{
	return app_main("signin", routes, sizeof(routes) / sizeof(routes[0]));
}
