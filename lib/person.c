/* People: their rows in agents, and the table credentials. */

#include "lib/person.h"

#include <string.h>

#include "lib/db.h"
#include "lib/device.h"
#include "lib/once.h"
#include "lib/session.h"
#include "lib/try.h"

static const char blanks[] = " \t\r\n";

/* The part of text between white space at its ends; *n is its length. */
static const char *
trim(const char *text, size_t *n)
{
	text += strspn(text, blanks);
	*n = strlen(text);
	while (*n > 0 && strchr(blanks, text[*n - 1]) != NULL)
		(*n)--;
	return text;
}

/* Not for an email: control characters, blanks, and what has a meaning in a mail's header. */
static int
is_email_char(unsigned char c)
{
	return c > ' ' && c != 0x7f && strchr("<>()[],;:\\\"", c) == NULL;
}

static int
is_domain(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && strstr(text, "..") == NULL && strchr(".-", text[0]) == NULL && strchr(".-", text[n - 1]) == NULL;
}

enum err
person_email(const char *typed, char out[PERSON_EMAIL_CAP])
{
	char		 email[PERSON_EMAIL_CAP] = "";
	size_t		 n;
	const char	*text = trim(typed, &n);
	const char	*at;

	if (n >= sizeof(email))
		return ERR_INVALID;
	for (size_t i = 0; i < n; i++) {
		if (!is_email_char((unsigned char)text[i]))
			return ERR_INVALID;
		email[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
	}
	at = strchr(email, '@');
	if (at == NULL || at == email || strchr(at + 1, '@') != NULL || !is_domain(at + 1))
		return ERR_INVALID;
	memcpy(out, email, sizeof(email));
	return ERR_OK;
}

/* ERR_EXISTS if the email is known: asked first, so that a refusal leaves no half of a person behind. */
static enum err
check_free(struct db *db, const char *email)
{
	static const char sql[] = "SELECT person_id FROM credentials WHERE email = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_text(st, 1, email);
	err = db_row(st);
	db_done(st);
	if (err == ERR_NOTFOUND)
		return ERR_OK;
	return err == ERR_OK ? ERR_EXISTS : err;
}

static enum err
insert_agent(struct db *db)
{
	static const char sql[] =
	    "INSERT INTO agents (key, type, name, created_at, updated_at)"
	    " VALUES (?1, 'person', '', baas_now(), baas_now())";
	struct stmt	*st = db_stmt(db, sql);
	char		 key[CRYPT_KEY_CAP];

	crypt_key(key);
	db_text(st, 1, key);
	return db_run(st);
}

enum err
person_order(struct db *db, const char *email, const char *hash, int64_t *id)
{
	static const char sql[] =
	    "INSERT INTO credentials (person_id, email, hash, changed_at) VALUES (?1, ?2, ?3, baas_now())";
	struct stmt	*st;
	int64_t		 person;
	enum err	 err;

	if ((err = check_free(db, email)) != ERR_OK || (err = insert_agent(db)) != ERR_OK)
		return err;
	person = db_last_id(db);
	st = db_stmt(db, sql);
	db_int(st, 1, person);
	db_text(st, 2, email);
	db_text(st, 3, hash);
	if ((err = db_run(st)) == ERR_OK)
		*id = person;
	return err;
}

/* The columns that read_row reads, and how many they are. */
enum { PERSON_WIDTH = 7 };
#define PERSON_COLUMNS "a.id, a.key, a.name, c.email, c.named, a.created_at, a.updated_at"

static enum err
read_row(struct stmt *st, struct person *out)
{
	enum err err;

	out->id = db_col_int(st, 0);
	if ((err = db_col_copy(st, 1, out->key, sizeof(out->key))) != ERR_OK)
		return err;
	if ((err = db_col_copy(st, 2, out->name, sizeof(out->name))) != ERR_OK)
		return err;
	if ((err = db_col_copy(st, 3, out->email, sizeof(out->email))) != ERR_OK)
		return err;
	out->named = db_col_int(st, 4) != 0;
	out->created_at = db_col_int(st, 5);
	out->updated_at = db_col_int(st, 6);
	return ERR_OK;
}

enum err
person_get(struct db *db, int64_t id, struct person *out)
{
	static const char sql[] =
	    "SELECT " PERSON_COLUMNS " FROM agents a LEFT JOIN credentials c ON c.person_id = a.id"
	    " WHERE a.id = ?1 AND a.type = 'person'";
	struct stmt	*st = db_stmt(db, sql);
	struct person	 person = { 0 };
	enum err	 err;

	db_int(st, 1, id);
	if ((err = db_row(st)) == ERR_OK && (err = read_row(st, &person)) == ERR_OK)
		*out = person;
	db_done(st);
	return err;
}

enum err
person_by_email(struct db *db, const char *email, struct person *out, char hash[CRYPT_PASSWORD_CAP])
{
	static const char sql[] =
	    "SELECT " PERSON_COLUMNS ", c.hash FROM credentials c JOIN agents a ON a.id = c.person_id WHERE c.email = ?1";
	struct stmt	*st = db_stmt(db, sql);
	struct person	 person = { 0 };
	enum err	 err;

	db_text(st, 1, email);
	if ((err = db_row(st)) != ERR_OK || (err = read_row(st, &person)) != ERR_OK)
		goto out;
	if ((err = db_col_copy(st, 7, hash, CRYPT_PASSWORD_CAP)) == ERR_OK)
		*out = person;
out:
	db_done(st);
	return err;
}

enum err
person_by_token(struct db *db, const char *token, int64_t now, struct person *out, struct session *session)
{
	static const char sql[] =
	    "SELECT " PERSON_COLUMNS ", " SESSION_COLUMNS " FROM sessions s JOIN agents a ON a.id = s.person_id"
	    " LEFT JOIN credentials c ON c.person_id = a.id WHERE " SESSION_IS_GOOD " AND a.type = 'person'";
	struct stmt	*st = db_stmt(db, sql);
	struct person	 person = { 0 };
	struct session	 found = { 0 };
	enum err	 err;

	session_bind(st, token, now);
	if ((err = db_row(st)) != ERR_OK || (err = read_row(st, &person)) != ERR_OK)
		goto out;
	if ((err = session_read(st, PERSON_WIDTH, &found)) == ERR_OK) {
		*out = person;
		*session = found;
	}
out:
	db_done(st);
	return err;
}

enum err
person_hash(struct db *db, int64_t id, char hash[CRYPT_PASSWORD_CAP])
{
	static const char sql[] = "SELECT hash FROM credentials WHERE person_id = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_int(st, 1, id);
	if ((err = db_row(st)) == ERR_OK)
		err = db_col_copy(st, 0, hash, CRYPT_PASSWORD_CAP);
	db_done(st);
	return err;
}

/* Runs a change of one row: ERR_NOTFOUND if there was none to change. */
static enum err
change(struct db *db, struct stmt *st)
{
	enum err err = db_run(st);

	if (err != ERR_OK)
		return err;
	return db_changes(db) == 0 ? ERR_NOTFOUND : ERR_OK;
}

static enum err
set_name(struct db *db, int64_t id, const char *name)
{
	static const char sql[] =
	    "UPDATE agents SET name = ?2, updated_at = baas_now() WHERE id = ?1 AND type = 'person'";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_text(st, 2, name);
	return change(db, st);
}

enum err
person_name(const char *typed, char out[PERSON_NAME_CAP])
{
	size_t		 n;
	const char	*text = trim(typed, &n);

	if (n == 0 || n >= PERSON_NAME_CAP)
		return ERR_INVALID;
	memcpy(out, text, n);
	out[n] = '\0';
	return ERR_OK;
}

enum err
person_rename(struct db *db, int64_t id, const char *name)
{
	static const char sql[] = "UPDATE credentials SET named = 1 WHERE person_id = ?1";
	char		 trimmed[PERSON_NAME_CAP];
	struct stmt	*st;
	enum err	 err;

	if ((err = person_name(name, trimmed)) != ERR_OK)
		return err;
	st = db_stmt(db, sql);
	db_int(st, 1, id);
	if ((err = change(db, st)) != ERR_OK)
		return err;
	return set_name(db, id, trimmed);
}

enum err
person_set_hash(struct db *db, int64_t id, const char *hash)
{
	static const char sql[] = "UPDATE credentials SET hash = ?2, changed_at = baas_now() WHERE person_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	db_text(st, 2, hash);
	return change(db, st);
}

static enum err
drop_credentials(struct db *db, int64_t id)
{
	static const char sql[] = "DELETE FROM credentials WHERE person_id = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, id);
	return change(db, st);
}

enum err
person_drop(struct db *db, int64_t id)
{
	struct person	person;
	char		subject[TRY_SUBJECT_CAP];
	enum err	err;

	if ((err = person_get(db, id, &person)) != ERR_OK)
		return err;
	try_account(person.email, subject);
	if ((err = drop_credentials(db, id)) != ERR_OK ||
	    (err = session_end_all(db, id, 0)) != ERR_OK ||
	    (err = device_forget(db, id, "")) != ERR_OK ||
	    (err = try_clear(db, subject)) != ERR_OK ||
	    (err = once_forget(db, id)) != ERR_OK)
		return err;
	return set_name(db, id, "");
}

enum err
person_list(struct db *db, int64_t after, int limit, void (*each)(void *ctx, const struct person *), void *ctx)
{
	static const char sql[] =
	    "SELECT " PERSON_COLUMNS " FROM agents a LEFT JOIN credentials c ON c.person_id = a.id"
	    " WHERE a.id > ?1 AND a.type = 'person' ORDER BY a.id LIMIT ?2";
	struct stmt	*st = db_stmt(db, sql);
	struct person	 person;
	enum err	 err;

	db_int(st, 1, after);
	db_int(st, 2, limit);
	while ((err = db_row(st)) == ERR_OK && (err = read_row(st, &person)) == ERR_OK)
		each(ctx, &person);
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}
