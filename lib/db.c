/* SQLite, at arm's length: statements by address, sticky errors, and DESIGN.md 3's locks and checkpoints. */

#include "lib/db.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

enum {
	PATH_CAP = 1024,
	WAIT = 5000,		/* ms for another's lock */
	ASK_WAIT = 1000,	/* a Salt master gives up after 3 s */
	CHECKPOINT_WAIT = 50,	/* ms: longer, and every writer waits with us */
	SLOTS = 64,		/* of the cache, at first; a power of two */
	TEXTS = 16		/* statements kept that were put together */
};

struct stmt {
	struct db	*db;
	const char	*sql;
	sqlite3_stmt	*st;
	enum err	 err;		/* the first failure since db_done */
	int		 locked;	/* holds the lock file for its own write */
	int		 stepped;	/* since its last reset */
};

/* A statement that was put together, and its words, which are ours. */
struct text {
	char		*sql;		/* NULL: none */
	struct stmt	 st;
};

struct db {
	sqlite3		*sql;
	int		 lock;		/* -1 for a connection that never writes */
	int		 locks;		/* how many hold it shared: a transaction, single writes */
	int		 in_tx;
	int		 looking;	/* a transaction that only reads is open */
	int		 full;		/* the last ERR_BUSY: no room on the disk */
	struct stmt	**slots;	/* by address of the text; open addressing */
	size_t		 cap, n;
	struct text	 texts[TEXTS];
	size_t		 text;		/* the one to give up next */
	struct stmt	 dud;		/* what db_stmt gives when it has nothing to give */
	char		 path[PATH_CAP];
};

/* 1 if there is no room on the disk; sqlite has several words for that. */
static int
is_full(struct db *db, int rc)
{
	int cause = sqlite3_system_errno(db->sql);

	return (rc & 0xff) == SQLITE_FULL || rc == SQLITE_IOERR_SHMSIZE ||
	    ((rc & 0xff) == SQLITE_IOERR && (cause == ENOSPC || cause == EDQUOT));
}

/* What sqlite's code means to a caller; faults are logged here, what says during what. */
static enum err
judge(struct db *db, int rc, const char *what)
{
	int full = is_full(db, rc);

	switch (full ? SQLITE_FULL : rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
		return ERR_OK;
	case SQLITE_DONE:
		return ERR_NOTFOUND;
	case SQLITE_CONSTRAINT:
		if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    rc == SQLITE_CONSTRAINT_ROWID)
			return ERR_EXISTS;
		return ERR_INVALID;
	case SQLITE_TOOBIG:
		return ERR_INVALID;
	case SQLITE_FULL:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		db->full = full;
		log_fault("db", "%.60s: %s", what, sqlite3_errmsg(db->sql));
		return ERR_BUSY;
	default:
		log_fault("db", "%.60s: %s", what, sqlite3_errmsg(db->sql));
		return ERR_FAULT;
	}
}

/* -- opening -- */

/* "Deterministic" is meant within one run of a statement: so long it asks only once, and one row is as old as the next. */
static void
baas_now(sqlite3_context *context, int argc, sqlite3_value **argv)
{
	(void)argc;
	(void)argv;
	sqlite3_result_int64(context, clock_now());
}

/*
 * What a connection may do that never writes.  query_only alone would not do: it is a
 * PRAGMA, and text from outside can switch it off again.
 */
static int
may_read(void *ctx, int action, const char *a, const char *b, const char *database, const char *trigger)
{
	static const char *const pragmas[] = {
		"table_list", "table_info", "table_xinfo", "index_list", "index_info", "index_xinfo",
		"foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "database_list",
		"function_list", "compile_options",
	};
	static const char *const values[] = {	/* with an argument these would set something */
		"user_version", "schema_version", "data_version", "page_count", "page_size", "freelist_count",
		"journal_mode", "encoding", "query_only",
	};

	(void)ctx;
	(void)database;
	(void)trigger;
	if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
	    action == SQLITE_RECURSIVE)
		return SQLITE_OK;
	if (action != SQLITE_PRAGMA)
		return SQLITE_DENY;
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++)
		if (sqlite3_stricmp(a, pragmas[i]) == 0)
			return SQLITE_OK;
	for (size_t i = 0; b == NULL && i < sizeof(values) / sizeof(values[0]); i++)
		if (sqlite3_stricmp(a, values[i]) == 0)
			return SQLITE_OK;
	return SQLITE_DENY;
}

/* Makes the file, private, if it is missing; sqlite's -wal and -shm take its mode. */
static enum err
create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1 && errno == EEXIST)	/* not opened even so: closing it would drop this process's locks on it */
		return ERR_OK;
	if (fd == -1 || close(fd) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

static enum err
open_lock(struct db *db)
{
	char	path[PATH_CAP + 8];
	int	n = snprintf(path, sizeof(path), "%s.lock", db->path);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_FAULT;
	if ((db->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

/* The first column of a statement's first row, as text; "" if there is none. */
static enum err
value(struct db *db, const char *sql, char *out, size_t cap)
{
	sqlite3_stmt	*st = NULL;
	int		 rc = sqlite3_prepare_v2(db->sql, sql, -1, &st, NULL);
	enum err	 err = judge(db, rc, sql);

	out[0] = '\0';
	if (err == ERR_OK && (err = judge(db, sqlite3_step(st), sql)) == ERR_OK &&
	    sqlite3_column_text(st, 0) != NULL)
		(void)snprintf(out, cap, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static enum err
check_version(struct db *db, enum db_mode mode)
{
	char		found[32];
	long		number;
	enum err	err;

	if (mode == DB_CREATE)
		return ERR_OK;
	if ((err = value(db, "PRAGMA user_version", found, sizeof(found))) != ERR_OK)
		return err;
	if ((number = strtol(found, NULL, 10)) == DB_SCHEMA)
		return ERR_OK;
	log_fault(db->path, "its schema is number %ld, this build's is %d: %s", number, DB_SCHEMA,
	    number < DB_SCHEMA ? "run baas init" : "it belongs to a newer one");
	return ERR_FAULT;
}

static int
reads_only(enum db_mode mode)
{
	return mode == DB_READ || mode == DB_ASK;
}

static enum err
forbid_writing(struct db *db)
{
	enum err err = judge(db, sqlite3_exec(db->sql, "PRAGMA query_only = ON", NULL, NULL, NULL), "set up");

	return err == ERR_OK ? judge(db, sqlite3_set_authorizer(db->sql, may_read, NULL), "set up") : err;
}

/*
 * WAL is a property of the file, so it is checked each time.  One that comes out of a backup is not in it yet, and sqlite does
 * not wait when two change that at one moment: so one after the other, by the lock of those who write.
 */
static enum err
use_wal(struct db *db)
{
	char		journal[16];
	int		locked;
	enum err	err = value(db, "PRAGMA journal_mode", journal, sizeof(journal));

	if (err != ERR_OK || strcmp(journal, "wal") == 0)
		return err;
	locked = db->lock != -1 && flock(db->lock, LOCK_EX) == 0;
	err = value(db, "PRAGMA journal_mode = WAL", journal, sizeof(journal));
	if (locked)
		(void)flock(db->lock, LOCK_UN);
	if (err == ERR_OK && strcmp(journal, "wal") != 0) {
		log_fault(db->path, "cannot use WAL here");
		err = ERR_FAULT;
	}
	return err;
}

/* secure_delete before anything is written. */
static enum err
set_up(struct db *db, enum db_mode mode)
{
	static const char	 pragmas[] =
	    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
	    "PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY";
	enum err		 err;

	sqlite3_extended_result_codes(db->sql, 1);
	if (sqlite3_busy_timeout(db->sql, mode == DB_ASK ? ASK_WAIT : WAIT) != SQLITE_OK ||
	    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK ||
	    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
	    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DQS_DML, 0, NULL) != SQLITE_OK ||
	    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) != SQLITE_OK ||
	    sqlite3_create_function_v2(db->sql, "baas_now", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, NULL,
	    baas_now, NULL, NULL, NULL) != SQLITE_OK) {
		log_fault(db->path, "set up: %s", sqlite3_errmsg(db->sql));
		return ERR_FAULT;
	}
	if ((err = judge(db, sqlite3_exec(db->sql, pragmas, NULL, NULL, NULL), "set up")) != ERR_OK ||
	    (err = use_wal(db)) != ERR_OK)
		return err;
	if ((err = check_version(db, mode)) != ERR_OK || !reads_only(mode))
		return err;
	return forbid_writing(db);
}

/*
 * One thread alone ever calls sqlite (curl's look up names only), and nobody asks how much memory it has: without locks and
 * counts around each piece of it the statement of a find takes an eighth less.  After the first connection it is too late, and was done.
 */
static void
calm_down(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum err
db_open(const char *path, enum db_mode mode, struct db **out)
{
	struct db	*db = calloc(1, sizeof(*db));
	struct stat	 st;
	enum err	 err = ERR_FAULT;
	int		 n;

	if (db == NULL) {
		log_fault(path, "%s", strerror(ENOMEM));
		return ERR_FAULT;
	}
	db->lock = -1;
	db->dud = (struct stmt){ .db = db, .sql = "", .err = ERR_FAULT };
	n = snprintf(db->path, sizeof(db->path), "%s", path);
	if (n < 0 || (size_t)n >= sizeof(db->path)) {
		log_fault(path, "the path is too long");
		goto out;
	}
	if (mode == DB_CREATE && create(path) != ERR_OK)
		goto out;
	if (stat(path, &st) == -1) {
		log_fault(path, "%s%s", strerror(errno), errno == ENOENT ? ": run baas init" : "");
		goto out;
	}
	calm_down();
	if (sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		log_fault(path, "%s", db->sql == NULL ? strerror(ENOMEM) : sqlite3_errmsg(db->sql));
		goto out;
	}
	if (!reads_only(mode) && open_lock(db) != ERR_OK)
		goto out;
	if ((err = set_up(db, mode)) != ERR_OK)
		goto out;
	*out = db;
	db = NULL;
out:
	db_close(db);
	return err;
}

static void
forget(struct text *text)
{
	sqlite3_finalize(text->st.st);
	free(text->sql);
	memset(text, 0, sizeof(*text));
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_rollback(db);
	db_looked(db);
	for (size_t i = 0; i < db->cap; i++) {
		if (db->slots[i] == NULL)
			continue;
		sqlite3_finalize(db->slots[i]->st);
		free(db->slots[i]);
	}
	free(db->slots);
	for (size_t i = 0; i < TEXTS; i++)
		forget(&db->texts[i]);
	if (sqlite3_close(db->sql) != SQLITE_OK)
		log_fault(db->path, "close: %s", sqlite3_errmsg(db->sql));
	if (db->lock != -1)
		close(db->lock);
	free(db);
}

/* -- the lock file -- */

/* Only ever held long by a worker that hangs in a checkpoint: so not for ever, and not without a limit. */
static enum err
lock_shared(struct db *db)
{
	const struct timespec	nap = { .tv_nsec = 2000000 };
	int64_t			end = clock_boot() + WAIT;

	if (db->lock == -1 || db->locks > 0) {
		db->locks++;
		return ERR_OK;
	}
	while (flock(db->lock, LOCK_SH | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			log_fault(db->path, "lock: %s", strerror(errno));
			return ERR_FAULT;
		}
		if (clock_boot() > end) {
			log_fault(db->path, "lock: held by a checkpoint for too long");
			return ERR_BUSY;
		}
		nanosleep(&nap, NULL);
	}
	db->locks++;
	return ERR_OK;
}

static void
unlock(struct db *db)
{
	if (--db->locks == 0 && db->lock != -1 && flock(db->lock, LOCK_UN) == -1)
		log_fault(db->path, "unlock: %s", strerror(errno));
}

/* -- statements -- */

static size_t
slot(const struct db *db, const char *sql)
{
	size_t i = ((uintptr_t)sql * 0x9e3779b1u >> 4) & (db->cap - 1);

	while (db->slots[i] != NULL && db->slots[i]->sql != sql)
		i = (i + 1) & (db->cap - 1);
	return i;
}

/* Keeps the table at most half full. */
static int
grow(struct db *db)
{
	struct db next = *db;

	if (db->n * 2 < db->cap)
		return 1;
	next.cap = db->cap == 0 ? SLOTS : db->cap * 2;
	if ((next.slots = calloc(next.cap, sizeof(struct stmt *))) == NULL)
		return 0;
	for (size_t i = 0; i < db->cap; i++)
		if (db->slots[i] != NULL)
			next.slots[slot(&next, db->slots[i]->sql)] = db->slots[i];
	free(db->slots);
	db->slots = next.slots;
	db->cap = next.cap;
	return 1;
}

static struct stmt *
dud(struct db *db, const char *sql, const char *why)
{
	log_fault("db", "%.60s: %s", sql, why);
	db->dud.err = ERR_FAULT;
	return &db->dud;
}

/* The cache's entry of this text, made if need be; NULL: no memory. */
static struct stmt *
cached(struct db *db, const char *sql)
{
	struct stmt	*st;
	size_t		 i;

	if (!grow(db))
		return NULL;
	i = slot(db, sql);
	if (db->slots[i] != NULL)
		return db->slots[i];
	if ((st = calloc(1, sizeof(*st))) == NULL)
		return NULL;
	st->db = db;
	st->sql = sql;
	db->slots[i] = st;
	db->n++;
	return st;
}

/* Ready to be bound: prepared, if this is the first time. */
static struct stmt *
prepare(struct db *db, struct stmt *st, const char *sql)
{
	int rc;

	if (st->st != NULL && sqlite3_stmt_busy(st->st))
		return dud(db, sql, "asked for while its rows are still being read");
	if (st->st == NULL) {
		rc = sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->st, NULL);
		st->err = judge(db, rc, sql);
		return st;
	}
	db_done(st);
	return st;
}

struct stmt *
db_stmt(struct db *db, const char *sql)
{
	struct stmt *st = cached(db, sql);

	return st == NULL ? dud(db, sql, strerror(ENOMEM)) : prepare(db, st, sql);
}

/* The kept one that says this, or NULL. */
static struct text *
kept(struct db *db, const char *sql)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (db->texts[i].sql != NULL && strcmp(db->texts[i].sql, sql) == 0)
			return &db->texts[i];
	return NULL;
}

/* A place for another one: the oldest's that is not being read.  NULL: all are. */
static struct text *
make_room(struct db *db)
{
	for (size_t i = 0; i < TEXTS; i++) {
		struct text *text = &db->texts[db->text++ % TEXTS];

		if (!sqlite3_stmt_busy(text->st.st)) {
			forget(text);
			return text;
		}
	}
	return NULL;
}

struct stmt *
db_stmt_text(struct db *db, const char *sql)
{
	struct text *text = kept(db, sql);

	if (text == NULL) {
		if ((text = make_room(db)) == NULL)
			return dud(db, sql, "too many of its kind are being read");
		if ((text->sql = strdup(sql)) == NULL)
			return dud(db, sql, strerror(ENOMEM));
		text->st = (struct stmt){ .db = db, .sql = text->sql };
	}
	return prepare(db, &text->st, text->sql);
}

static void
bound(struct stmt *st, int rc)
{
	if (rc != SQLITE_OK)
		st->err = judge(st->db, rc, st->sql);
}

void
db_int(struct stmt *st, int i, int64_t number)
{
	if (st->err == ERR_OK)
		bound(st, sqlite3_bind_int64(st->st, i, number));
}

void
db_text(struct stmt *st, int i, const char *text)
{
	if (st->err == ERR_OK)
		bound(st, sqlite3_bind_text(st->st, i, text, -1, SQLITE_TRANSIENT));
}

void
db_blob(struct stmt *st, int i, const void *bytes, size_t n)
{
	if (st->err == ERR_OK)	/* a NULL pointer would bind NULL, not an empty blob */
		bound(st, sqlite3_bind_blob64(st->st, i, n == 0 ? "" : bytes, n, SQLITE_TRANSIENT));
}

void
db_null(struct stmt *st, int i)
{
	if (st->err == ERR_OK)
		bound(st, sqlite3_bind_null(st->st, i));
}

/* A write outside of a transaction is one by itself: it takes the lock until db_done. */
static enum err
enter(struct stmt *st)
{
	enum err err;

	if (st->locked || st->db->in_tx || sqlite3_stmt_busy(st->st) || sqlite3_stmt_readonly(st->st))
		return ERR_OK;
	db_looked(st->db);
	if ((err = lock_shared(st->db)) == ERR_OK)
		st->locked = 1;
	return err;
}

static void
leave(struct stmt *st)
{
	if (st->stepped)
		sqlite3_reset(st->st);		/* repeats the step's code: already judged */
	st->stepped = 0;
	if (st->locked)
		unlock(st->db);
	st->locked = 0;
}

enum err
db_row(struct stmt *st)
{
	if (st->err == ERR_OK)
		st->err = enter(st);
	if (st->err == ERR_OK) {
		st->stepped = 1;
		st->err = judge(st->db, sqlite3_step(st->st), st->sql);
	}
	if (st->err != ERR_OK)
		leave(st);			/* at the end too: the lock goes now, not at db_done */
	return st->err;
}

enum err
db_run(struct stmt *st)
{
	enum err err;

	while ((err = db_row(st)) == ERR_OK)
		;
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
db_one_int(struct stmt *st, int64_t *out)
{
	enum err err;

	if ((err = db_row(st)) == ERR_OK)
		*out = db_col_int(st, 0);
	db_done(st);
	return err;
}

void
db_done(struct stmt *st)
{
	leave(st);
	if (st->st == NULL)
		return;				/* its failure stays */
	sqlite3_clear_bindings(st->st);
	st->err = ERR_OK;
}

int64_t
db_col_int(struct stmt *st, int i)
{
	return st->err == ERR_OK ? sqlite3_column_int64(st->st, i) : 0;
}

const char *
db_col_text(struct stmt *st, int i)
{
	const unsigned char *text = st->err == ERR_OK ? sqlite3_column_text(st->st, i) : NULL;

	return text == NULL ? "" : (const char *)text;
}

const void *
db_col_blob(struct stmt *st, int i, size_t *n)
{
	const void *bytes = st->err == ERR_OK ? sqlite3_column_blob(st->st, i) : NULL;

	*n = bytes == NULL ? 0 : (size_t)sqlite3_column_bytes(st->st, i);
	return bytes;
}

int
db_col_null(struct stmt *st, int i)
{
	return st->err != ERR_OK || sqlite3_column_type(st->st, i) == SQLITE_NULL;
}

int
db_cols(struct stmt *st)
{
	return st->st == NULL ? 0 : sqlite3_column_count(st->st);
}

const char *
db_col_name(struct stmt *st, int i)
{
	const char *name = st->st == NULL ? NULL : sqlite3_column_name(st->st, i);

	return name == NULL ? "" : name;
}

enum err
db_col_copy(struct stmt *st, int i, char *out, size_t cap)
{
	const char	*text = db_col_text(st, i);
	size_t		 n = strlen(text);

	if (n >= cap || (size_t)sqlite3_column_bytes(st->st, i) != n) {
		log_fault("db", "%.60s: column %s does not fit or has a NUL", st->sql, db_col_name(st, i));
		return ERR_FAULT;
	}
	memcpy(out, text, n + 1);
	return ERR_OK;
}

int64_t
db_changes(struct db *db)
{
	return sqlite3_changes64(db->sql);
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->sql);
}

int
db_open_statements(struct db *db)
{
	int n = 0;

	for (sqlite3_stmt *st = sqlite3_next_stmt(db->sql, NULL); st != NULL; st = sqlite3_next_stmt(db->sql, st))
		n += sqlite3_stmt_busy(st) != 0;
	return n;
}

void
db_reread(struct db *db)
{
	(void)sqlite3_db_release_memory(db->sql);
}

/* -- whole texts -- */

enum err
db_script(struct db *db, const char *sql)
{
	enum err err;

	if (db->in_tx)
		return judge(db, sqlite3_exec(db->sql, sql, NULL, NULL, NULL), "script");
	if ((err = lock_shared(db)) != ERR_OK)
		return err;
	err = judge(db, sqlite3_exec(db->sql, sql, NULL, NULL, NULL), "script");
	if (err != ERR_OK && !sqlite3_get_autocommit(db->sql))	/* its own BEGIN */
		(void)judge(db, sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL), "rollback");
	unlock(db);
	return err;
}

/* Runs one statement of db_query to its end. */
static enum err
query(struct stmt *st, void (*row)(void *ctx, struct stmt *st), void *ctx)
{
	enum err	err = enter(st);
	int		rc = SQLITE_DONE;

	st->stepped = 1;
	while (err == ERR_OK && (rc = sqlite3_step(st->st)) == SQLITE_ROW)
		if (row != NULL)
			row(ctx, st);
	if (err == ERR_OK && rc != SQLITE_DONE) {
		log_fault("sql", "%s", sqlite3_errmsg(st->db->sql));
		err = (rc & 0xff) == SQLITE_BUSY || is_full(st->db, rc) ? ERR_BUSY : ERR_INVALID;
	}
	leave(st);
	return err;
}

enum err
db_query(struct db *db, const char *sql, void (*row)(void *ctx, struct stmt *st), void *ctx)
{
	enum err err = ERR_OK;

	while (err == ERR_OK && *sql != '\0') {
		struct stmt	 st = { .db = db, .sql = sql };
		const char	*rest = sql;

		if (sqlite3_prepare_v2(db->sql, sql, -1, &st.st, &rest) != SQLITE_OK) {
			log_fault("sql", "%s", sqlite3_errmsg(db->sql));
			err = ERR_INVALID;
		} else if (st.st != NULL) {	/* else only white space or a comment */
			err = query(&st, row, ctx);
		}
		sqlite3_finalize(st.st);
		sql = rest;
	}
	return err;
}

/* -- transactions -- */

enum err
db_begin(struct db *db)
{
	enum err err;

	if (db->in_tx) {
		log_fault("db", "begin: already within a transaction");
		return ERR_FAULT;
	}
	db_looked(db);
	if ((err = lock_shared(db)) != ERR_OK)
		return err;
	if ((err = judge(db, sqlite3_exec(db->sql, "BEGIN IMMEDIATE", NULL, NULL, NULL), "begin")) != ERR_OK)
		unlock(db);
	else
		db->in_tx = 1;
	return err;
}

enum err
db_commit(struct db *db)
{
	enum err err;

	if (!db->in_tx) {
		log_fault("db", "commit: without a transaction");
		return ERR_FAULT;
	}
	if ((err = judge(db, sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL), "commit")) != ERR_OK) {
		db_rollback(db);
		return err;
	}
	db->in_tx = 0;
	unlock(db);
	return ERR_OK;
}

void
db_rollback(struct db *db)
{
	if (!db->in_tx)
		return;
	if (!sqlite3_get_autocommit(db->sql))	/* else sqlite has done it itself: a full disk, say */
		(void)judge(db, sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL), "rollback");
	db->in_tx = 0;
	unlock(db);
}

void
db_look(struct db *db)
{
	static const char sql[] = "BEGIN";

	if (!db->in_tx && !db->looking)
		db->looking = db_run(db_stmt(db, sql)) == ERR_OK;
}

void
db_looked(struct db *db)
{
	static const char sql[] = "COMMIT";

	db->full = 0;
	if (!db->looking)
		return;
	db->looking = 0;
	if (db_run(db_stmt(db, sql)) != ERR_OK)
		(void)judge(db, sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL), "rollback");
}

int
db_in_tx(const struct db *db)
{
	return db->in_tx;
}

int
db_full(const struct db *db)
{
	return db->full;
}

enum err
db_version(struct db *db, int64_t *out)
{
	static const char	sql[] = "PRAGMA data_version";
	enum err		err = db_one_int(db_stmt(db, sql), out);

	return err == ERR_NOTFOUND ? ERR_FAULT : err;
}

/* -- the whole file -- */

static enum err
truncate_wal(struct db *db)
{
	int rc;

	sqlite3_busy_timeout(db->sql, CHECKPOINT_WAIT);
	rc = sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db->sql, WAIT);
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED || is_full(db, rc))
		return ERR_BUSY;
	return judge(db, rc, "checkpoint");
}

enum err
db_checkpoint(struct db *db, int64_t limit)
{
	char		path[PATH_CAP + 8];
	struct stat	st;
	enum err	err;
	int		n = snprintf(path, sizeof(path), "%s-wal", db->path);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_FAULT;
	if (stat(path, &st) == -1 || st.st_size <= limit)
		return ERR_OK;
	if (db->locks > 0 || db->lock == -1 || flock(db->lock, LOCK_EX | LOCK_NB) == -1)
		return ERR_BUSY;
	db->locks++;
	err = truncate_wal(db);
	unlock(db);
	return err;
}

/* On the disk before we say so. */
static enum err
sync_file(const char *path)
{
	enum err	err = ERR_OK;
	int		fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1 || fsync(fd) == -1) {
		log_fault(path, "%s", strerror(errno));
		err = ERR_FAULT;
	}
	if (fd != -1)
		close(fd);
	return err;
}

enum err
db_backup(struct db *db, const char *path)
{
	static const char	 sql[] = "VACUUM INTO ?1";
	struct stmt		*st;
	enum err		 err;
	int			 fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1 && errno == EEXIST)
		return ERR_EXISTS;
	if (fd == -1 || close(fd) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	st = db_stmt(db, sql);			/* an empty file is as good as none to VACUUM INTO, and it is private */
	db_text(st, 1, path);
	if ((err = db_run(st)) == ERR_OK)
		err = sync_file(path);
	if (err != ERR_OK && unlink(path) == -1)
		log_fault(path, "%s", strerror(errno));
	return err;
}

/* Rows of a check that finds nothing are none, or one that says "ok". */
static enum err
check(struct db *db, const char *sql)
{
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err, found = ERR_OK;

	while ((err = db_row(st)) == ERR_OK)
		if (strcmp(db_col_text(st, 0), "ok") != 0) {
			log_fault(db->path, "%s: %s %s", sql + sizeof("PRAGMA"), db_col_text(st, 0), db_col_text(st, 1));
			found = ERR_INVALID;
		}
	db_done(st);
	return err == ERR_NOTFOUND ? found : err;
}

enum err
db_check_references(struct db *db)
{
	static const char sql[] = "PRAGMA foreign_key_check";

	return check(db, sql);
}

enum err
db_check(struct db *db)
{
	static const char	sql[] = "PRAGMA integrity_check(10)";
	enum err		err = check(db, sql);

	return err == ERR_OK ? db_check_references(db) : err;
}

/* Each connection in WAL mode holds a lock on the file as long as it is open: to leave that mode there must be no other. */
enum err
db_solo(struct db *db)
{
	static const char	leave[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = DELETE";
	int			rc;

	db_looked(db);
	sqlite3_busy_timeout(db->sql, CHECKPOINT_WAIT);
	rc = sqlite3_exec(db->sql, leave, NULL, NULL, NULL);
	sqlite3_busy_timeout(db->sql, WAIT);
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return ERR_BUSY;
	return judge(db, rc, "solo");
}
