/* /users and /authentication as JSON: accounts, and the tokens of those who speak JSON. */

#include "lib/api.h"

#include <stdio.h>
#include <string.h>

#include "lib/api_part.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/json.h"
#include "lib/mail.h"

static const char no_match[] = "Invalid login";	/* feathers' words, for an unknown email and a wrong password alike */

/* Somebody at the door. */
struct guest {
	char		 email[PERSON_EMAIL_CAP];
	const char	*password;
	int		 known;
	struct person	 person;			/* if known */
	char		 hash[CRYPT_PASSWORD_CAP];	/* nobody's if not */
	struct door	 door;
};

/* Puts the members of the person at hand, with their own email, into the open object. */
static enum err
put_user(struct call *call, struct json_writer *user)
{
	struct form		none = { 0 };
	struct query		query;
	struct query_scope	scope = { call->who.id, conf_text(call->conf, CONF_BOTS_DOMAIN) };
	char			why[QUERY_WHY_CAP];
	enum err		err;

	if ((err = query_read_one(QUERY_AGENTS, &none, &query, why)) != ERR_OK ||
	    (err = query_get(call->db, &query, &scope, call->who.id, user)) != ERR_OK)
		return err;
	json_put_text(user, "email", call->who.email);
	return ERR_OK;
}

/* What a sign-in answers, and a sign-out. */
static enum err
send_session(struct call *call, const char *token, const char *strategy, int status)
{
	struct json_writer	root = app_json_begin(call);
	enum err		err;

	json_put_text(&root, "accessToken", *token == '\0' ? NULL : token);
	json_open(&root, "authentication", '{');
	json_put_text(&root, "strategy", strategy);
	json_close(&root);
	json_open(&root, "user", '{');
	if ((err = put_user(call, &root)) != ERR_OK)
		return err;
	json_close(&root);
	return app_json_end(call, status, &root);
}

/* ---- the door ---- */

/* Who it is, and whether they have to wait: 429 then. */
static enum err
knock(struct call *call, struct guest *guest)
{
	enum err err = person_by_email(call->db, guest->email, &guest->person, guest->hash);

	if ((guest->known = err == ERR_OK) == 0)
		snprintf(guest->hash, sizeof(guest->hash), "%s", crypt_password_nobody());
	if (err != ERR_OK && err != ERR_NOTFOUND)
		return err;
	if ((err = app_door(call, guest->email, guest->known ? guest->person.id : 0, &guest->door)) != ERR_OK ||
	    guest->door.wait == 0)
		return err;
	return app_wait(call, "too many tries", guest->door.wait);
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
note_failure(struct call *call, const struct guest *guest)
{
	enum err err = db_begin(call->db);

	return err == ERR_OK ? commit(call, app_door_failed(call, &guest->door)) : err;
}

/* ---- POST /authentication ---- */

static enum err
open_session(struct call *call, const struct guest *guest)
{
	char		token[CRYPT_TOKEN_CAP];
	int64_t		id = guest->person.id;
	enum err	err;

	call->who = guest->person;
	if ((err = app_open_session(call, id, SESSION_PROGRAM, token)) != ERR_OK)
		return err;
	if ((err = app_event(call, EVENT_PERSON_SIGN_IN, 0, "", NULL)) == ERR_OK &&
	    (err = app_door_passed(call, &guest->door, id, 0)) == ERR_OK)
		err = send_session(call, token, "local", 201);
	explicit_bzero(token, sizeof(token));
	return err;
}

static enum err
by_password(struct call *call, const char *email, const char *password)
{
	struct guest	guest = { .password = password };
	enum err	err;

	if (email == NULL || password == NULL || *password == '\0' || person_email(email, guest.email) != ERR_OK)
		return app_say(call, 401, "%s", no_match);
	if ((err = knock(call, &guest)) != ERR_OK)
		return err;
	err = app_hash_check(call, guest.hash, guest.password);
	if (err == ERR_INVALID || (err == ERR_OK && !guest.known)) {
		err = note_failure(call, &guest);
		return err == ERR_OK ? app_say(call, 401, "%s", no_match) : err;
	}
	if (err != ERR_OK || (err = db_begin(call->db)) != ERR_OK)
		return err;
	return commit(call, open_session(call, &guest));
}

/* The session that there is already. */
static enum err
by_token(struct call *call, const char *token)
{
	struct session	session;
	enum err	err = token == NULL ? ERR_NOTFOUND : person_by_token(call->db, token, call->now, &call->who, &session);

	if (err == ERR_NOTFOUND)
		return app_say(call, 401, "Not authenticated");
	return err != ERR_OK ? err : send_session(call, token, "jwt", 201);
}

enum { STRATEGY, EMAIL, PASSWORD, TOKEN, AUTH_FIELDS };

enum err
api_authenticate(struct call *call)
{
	struct api_field fields[AUTH_FIELDS] = {
		[STRATEGY] = { "strategy", NULL }, [EMAIL] = { "email", NULL },
		[PASSWORD] = { "password", NULL }, [TOKEN] = { "accessToken", NULL },
	};
	const char	*strategy;
	enum err	 err = api_body(call, fields, AUTH_FIELDS);

	if (err != ERR_OK)
		return err;
	if (app_wrongs(call) > 0)
		return ERR_INVALID;
	strategy = fields[STRATEGY].text == NULL ? "local" : fields[STRATEGY].text;
	if (strcmp(strategy, "local") == 0)
		return by_password(call, fields[EMAIL].text, fields[PASSWORD].text);
	if (strcmp(strategy, "jwt") == 0)
		return by_token(call, fields[TOKEN].text);
	return app_say(call, 401, "There is no such strategy");
}

/* ---- DELETE /authentication ---- */

enum err
api_sign_out(struct call *call)
{
	enum err err = send_session(call, call->token, "jwt", 200);

	if (err != ERR_OK)
		return err;
	err = session_end(call->db, call->who.id, call->session.key);
	return err == ERR_NOTFOUND ? ERR_OK : err;	/* run from a shell: there is none */
}

/* ---- POST /users ---- */

enum { NEW_EMAIL, NEW_PASSWORD, NEW_NAME, USER_FIELDS };

static enum err
send_user(struct call *call)
{
	struct json_writer	user = app_json_begin(call);
	enum err		err = put_user(call, &user);

	return err == ERR_OK ? app_json_end(call, 201, &user) : err;
}

/* Within a transaction. */
static enum err
order(struct call *call, struct guest *guest, const char *name)
{
	int64_t		id;
	enum err	err;

	if ((err = person_order(call->db, guest->email, guest->hash, &id)) != ERR_OK)
		return err;
	if (name != NULL && (err = person_rename(call->db, id, name)) != ERR_OK)
		return err;
	if ((err = person_get(call->db, id, &call->who)) != ERR_OK)
		return err;
	if ((err = app_event(call, EVENT_PERSON_REGISTER, 0, "", NULL)) != ERR_OK ||
	    (err = app_door_passed(call, &guest->door, id, 1)) != ERR_OK || (err = app_new_made(call)) != ERR_OK)
		return err;
	return send_user(call);
}

static enum err
is_known(struct call *call)
{
	app_wrong(call, "email", "this email has an account");
	return app_say(call, 409, "This email has an account");
}

/* Who has to wait before an account is made: 429 then. */
static enum err
knock_new(struct call *call, struct guest *guest)
{
	int64_t		wait;
	enum err	err;

	if ((err = knock(call, guest)) != ERR_OK || (err = app_new_wait(call, &wait)) != ERR_OK)
		return err;
	return wait == 0 ? ERR_OK : app_wait(call, "too many new accounts from where you are", wait);
}

/* accounts.verify: whoever has the email, the answer is the same, and comes after the same time.  The letter tells more. */
static enum err
write_to(struct call *call, struct guest *guest, const char *name)
{
	struct newcomer	 newcomer = { .email = guest->email, .hash = guest->hash, .name = name == NULL ? "" : name };
	struct json	*user;
	enum err	 err;

	if ((err = knock_new(call, guest)) != ERR_OK || (err = app_hash_new(call, guest->password, guest->hash)) != ERR_OK ||
	    (err = db_begin(call->db)) != ERR_OK)
		return err;
	newcomer.known = guest->known ? guest->person.id : 0;
	if ((err = commit(call, app_newcomer(call, &guest->door, &newcomer))) != ERR_OK)
		return err;
	user = json_object(NULL, NULL);
	json_add_text(user, "email", guest->email);
	json_add_text(user, "name", newcomer.name);
	err = app_json(call, 201, user);
	json_free(user);
	return err;
}

/* Each try at a known email counts, so that nobody goes through a list of them. */
static enum err
make(struct call *call, struct guest *guest, const char *name)
{
	enum err err;

	if ((err = knock_new(call, guest)) != ERR_OK)
		return err;
	if (guest->known)
		return (err = note_failure(call, guest)) == ERR_OK ? is_known(call) : err;
	if ((err = app_hash_new(call, guest->password, guest->hash)) != ERR_OK || (err = db_begin(call->db)) != ERR_OK)
		return err;
	err = commit(call, order(call, guest, name));
	return err == ERR_EXISTS ? is_known(call) : err;
}

/* What is wrong with the values; the email is taken over. */
static void
check_user(struct call *call, const struct api_field *fields, struct guest *guest)
{
	const char	*fault;
	char		 name[PERSON_NAME_CAP];

	guest->password = fields[NEW_PASSWORD].text == NULL ? "" : fields[NEW_PASSWORD].text;
	if (app_wrongs(call) > 0)
		return;
	if (fields[NEW_EMAIL].text == NULL || person_email(fields[NEW_EMAIL].text, guest->email) != ERR_OK)
		app_wrong(call, "email", "this has to be like name@example.com");
	else if (conf_on(call->conf, CONF_ACCOUNTS_VERIFY) && !mail_can(guest->email))
		app_wrong(call, "email", "mail can't go there: use an address of ASCII");
	if (fields[NEW_NAME].text != NULL && person_name(fields[NEW_NAME].text, name) != ERR_OK)
		app_wrong(call, "name", "use 1 to 200 letters");
	if ((fault = person_password_fault(guest->password)) != NULL)
		app_wrong(call, "password", fault);
}

enum err
api_users_create(struct call *call)
{
	struct api_field fields[USER_FIELDS] = {
		[NEW_EMAIL] = { "email", NULL }, [NEW_PASSWORD] = { "password", NULL }, [NEW_NAME] = { "name", NULL },
	};
	struct guest	guest = { 0 };
	enum err	err;

	if ((err = api_single(call)) != ERR_OK || (err = api_body(call, fields, USER_FIELDS)) != ERR_OK)
		return err;
	check_user(call, fields, &guest);
	if (app_wrongs(call) > 0)
		return ERR_INVALID;
	if (!conf_on(call->conf, CONF_ACCOUNTS_OPEN))
		return app_say(call, 403, "This place takes nobody new right now");
	if (conf_on(call->conf, CONF_ACCOUNTS_VERIFY))
		return write_to(call, &guest, fields[NEW_NAME].text);
	return make(call, &guest, fields[NEW_NAME].text);
}
