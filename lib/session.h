/* Where people are signed in.  The token is in the cookie (or the Authorization header) and nowhere else. */

#ifndef BAAS_LIB_SESSION_H
#define BAAS_LIB_SESSION_H

#include <stdint.h>

#include "lib/crypt.h"
#include "lib/err.h"

struct db;
struct stmt;

enum { SESSION_AGENT_CAP = 64 };

/* A page's cookie, or the token of a program that speaks JSON. */
enum session_kind { SESSION_BROWSER, SESSION_PROGRAM, SESSION__MAX };

struct session {
	int64_t	id;
	int64_t	person;
	enum session_kind kind;
	char	key[CRYPT_KEY_CAP];
	char	agent[SESSION_AGENT_CAP];	/* "firefox on linux" */
	int64_t	created_at;
	int64_t	used_at;
};

/*
 * Opens one (person, kind, agent, created_at).  It ends 30 days after its last use, and 180 days after its start.  Opening
 * one drops the person's ended ones.
 */
enum err session_open(struct db *db, const struct session *session, char token[CRYPT_TOKEN_CAP]);

/*
 * For person_by_token, which reads a session and whose it is in one row: columns of `sessions s`, which one is that of a
 * token and has not ended, by the parameters ?1 to ?3 that session_bind sets, and those columns' values, from column i on.
 */
#define SESSION_COLUMNS "s.id, s.person_id, s.key, s.agent, s.created_at, s.used_at, s.kind"
#define SESSION_IS_GOOD "s.hash = ?1 AND s.used_at > ?2 AND s.created_at > ?3"
void session_bind(struct stmt *st, const char *token, int64_t now);
enum err session_read(struct stmt *st, int i, struct session *out);

/* Notes its use; called at most hourly. */
enum err session_used(struct db *db, int64_t id, int64_t now);

enum err session_list(struct db *db, int64_t person, int64_t now, void (*each)(void *ctx, const struct session *), void *ctx);

/* Ends one of a person's by its key, all of them, all but one, or the oldest of a kind beyond keep.  ERR_NOTFOUND: not theirs. */
enum err session_end(struct db *db, int64_t person, const char *key);
enum err session_end_all(struct db *db, int64_t person, int64_t but);
enum err session_trim(struct db *db, int64_t person, enum session_kind kind, int64_t keep);

/* "firefox on linux" from a User-Agent header: a word for the browser and one for the system. */
void session_agent(const char *user_agent, char out[SESSION_AGENT_CAP]);

#endif
