/* What the verbs of the admin's tool share. */

#ifndef BAAS_ADMIN_ADMIN_H
#define BAAS_ADMIN_ADMIN_H

#include <sys/types.h>
#include <stdint.h>

#include "lib/conf.h"
#include "lib/err.h"

struct buf;
struct db;
struct event;
struct person;
struct stat;

/* What a verb works with. */
struct admin {
	const char	*path;		/* of the configuration, as given with -c, or NULL */
	struct conf	*conf;		/* NULL for a verb that opens it by itself */
	struct db	*db;		/* NULL unless the verb's table entry asks for it */
	int		 argc;		/* of the verb's own arguments */
	char		**argv;		/* NULL at the end */
};

/* Verbs.  What went wrong has been logged when they return anything but ERR_OK. */
enum err backup(struct admin *admin);
enum err bot_ls(struct admin *admin);
enum err bot_show(struct admin *admin);
enum err bots_stop(struct admin *admin);
enum err brake_ls(struct admin *admin);
enum err brake_release(struct admin *admin);
enum err doctor(struct admin *admin);
enum err init(struct admin *admin);
enum err lighttpd(struct admin *admin);
enum err lighttpd_private(struct admin *admin);
enum err orphan_ls(struct admin *admin);
enum err orphan_rm(struct admin *admin);
enum err person_ls(struct admin *admin);
enum err person_resume(struct admin *admin);
enum err person_suspend(struct admin *admin);
enum err restore(struct admin *admin);
enum err server_renew(struct admin *admin);
enum err server_again(struct admin *admin);
enum err server_ls(struct admin *admin);
enum err server_show(struct admin *admin);
enum err sql(struct admin *admin);
enum err worker_act(struct admin *admin);
enum err worker_report(struct admin *admin);

/* The database's schema: schema.sql, as it was when this program was built. */
extern const char admin_schema[];

/* The steps from earlier ones, likewise; the last one's sql is NULL. */
struct migration {
	int		 number;	/* user_version that it leads to, from the one before */
	const char	*sql;		/* migrations/NUMBER.sql */
};
extern const struct migration admin_migrations[];

/* user_version. */
enum err admin_schema_number(struct db *db, int64_t *out);

/*
 * Brings db, whose file is path, to DB_SCHEMA, each step in one transaction and noted in the log; with_backup: a copy of it
 * as it was is put beside it first.  ERR_INVALID (logged): there is no way from its schema to this program's, which
 * migrate_can says of a number.  To be run alone.
 */
enum err migrate(struct db *db, const char *path, int with_backup);
enum err migrate_can(const char *path, int64_t number);

/* No worker runs, and none begins, between alone_open and alone_close.  ERR_BUSY (logged): the one that runs does not end. */
struct alone {
	int	next, run;	/* the worker's locks; -1: not held */
};
enum err alone_open(const struct conf *conf, struct alone *alone);
void alone_close(struct alone *alone);

/* The users of a site (users.*), and what each of them owns. */
enum owner { OWNER_ROOT, OWNER_WEB, OWNER_PILLAR, OWNER_WORKER, OWNER__MAX };
struct owners {
	int	apart;			/* 0: users.* is empty, one user stands for all */
	uid_t	uids[OWNER__MAX];
	gid_t	group;			/* that they share */
};
struct owned {
	enum conf_key	 key;		/* its path, */
	const char	*tail;		/* and what comes after that */
	enum owner	 owner;
	mode_t		 mode;		/* what the group may write to is that of struct owners */
	enum { OWNED_DIR, OWNED_FILE, OWNED_NEEDED, OWNED_IF_THERE } kind;	/* the first two can be made empty */
};

/* Whom the configuration names.  ERR_INVALID (logged): not all, somebody unknown, or one for two. */
enum err owners_get(const struct conf *conf, struct owners *out);

/* ERR_INVALID (logged) if this process can't give them what is theirs. */
enum err owners_may(const struct owners *owners);

/*
 * Gives each what is theirs, and makes what is missing of it; the database must be there, and may be in use.  Nothing to do
 * if they are not apart.  Safe to repeat.
 */
enum err owners_settle(const struct conf *conf, const struct owners *owners);

/* The name of one of them, as it is configured. */
const char *owner_name(const struct conf *conf, enum owner owner);

/* 1 if it is their group's. */
int owned_shared(const struct owned *owned);

/* Each path that somebody owns, with who; until one does not give ERR_OK, which is the result. */
enum err owned_each(const struct conf *conf, enum err (*each)(void *ctx, const char *path, const struct owned *owned), void *ctx);

/* "PATH.WORDS.TIME", for what is kept beside a file. */
void admin_beside(const char *path, const char *words, struct buf *out);

/* How many other processes have that file open, as far as this user may know; out (may be NULL) gets their names. */
int admin_holders(const struct stat *file, struct buf *out);

/* rename, and on the disk before it says so. */
enum err admin_rename(const char *from, const char *to);

/* Prints text for a terminal: control characters, which could drive it, as \xNN. */
void admin_print(const char *text);

/* One line "label  text"; nothing if text is empty. */
void admin_field(const char *label, const char *text);

/* "3 may, 09:12", or "never" for 0. */
void admin_when(const char *label, int64_t at);

/* One line of a list of events; ctx is not used. */
void admin_print_event(void *ctx, const struct event *event);

/* Who is at work here, for an event: "shell:UNIXUSER". */
enum { ADMIN_ACTOR_CAP = 64 };
void admin_actor(char out[ADMIN_ACTOR_CAP]);

/* Notes what they did, in the caller's transaction: what is an enum event_what, person 0 if it is about nobody. */
enum err admin_event(struct admin *admin, int what, int64_t person, const char *detail);

/* Who has that email.  ERR_NOTFOUND, ERR_INVALID: nobody (logged). */
enum err admin_person(struct admin *admin, const char *email, struct person *out);

/* Opens dir/name/file for reading without following a link at its end: -1 (errno) if it can't be. */
int admin_open(const char *dir, const char *name, const char *file);

#endif
