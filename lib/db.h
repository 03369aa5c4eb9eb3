/* SQLite, at arm's length: the only user of sqlite3.h.  DESIGN.md 3 says why locks and checkpoints are as they are. */

#ifndef BAAS_LIB_DB_H
#define BAAS_LIB_DB_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct db;
struct stmt;

enum { DB_SCHEMA = 2 };		/* user_version that this build speaks */

enum db_mode {
	DB_WRITE,		/* an existing database; refused (ERR_FAULT) unless its user_version is DB_SCHEMA */
	DB_READ,		/* likewise, but no statement may write: for `baas sql` */
	DB_ASK,			/* likewise, with 1 s of patience: for cgi/pillar */
	DB_CREATE		/* makes the file (0600) if missing, does not look at user_version: for `baas init` */
};

/*
 * Opens path: WAL, synchronous=FULL, foreign_keys, secure_delete, busy timeout 5 s,
 * no automatic checkpoint, none at close.  Registers baas_now() (clock_now).  The
 * lock file is path + ".lock".
 */
enum err db_open(const char *path, enum db_mode mode, struct db **out);
void db_close(struct db *db);

/* Runs a whole script (schema.sql, a migration) outside of the statement cache. */
enum err db_script(struct db *db, const char *sql);

/*
 * Runs a text of any statements, calling row (may be NULL) for each row that they give; the row's
 * columns are good until it returns.  For people's own SQL: what is wrong with it is logged in sqlite's
 * words and is ERR_INVALID, as is a write on a DB_READ connection.  Stops at the first failure.
 */
enum err db_query(struct db *db, const char *sql, void (*row)(void *ctx, struct stmt *st), void *ctx);

/*
 * The prepared statement of this text, from the connection's cache.  sql must be
 * a static string: it is known by its address.  Never NULL; a failed prepare
 * shows at db_row or db_run.  Parameters are unbound.  One whose rows are still
 * being read (no db_done yet) is not given a second time: that is ERR_FAULT.
 */
struct stmt *db_stmt(struct db *db, const char *sql);

/*
 * The same for a text that was put together, known by what it says: the latest ones are kept.  For lib/query, whose
 * texts consist of its own literals.
 */
struct stmt *db_stmt_text(struct db *db, const char *sql);

/* Binds parameter i (from 1).  Text and blobs are copied; NULL text binds NULL. */
void db_int(struct stmt *st, int i, int64_t value);
void db_text(struct stmt *st, int i, const char *text);
void db_blob(struct stmt *st, int i, const void *bytes, size_t n);
void db_null(struct stmt *st, int i);

/*
 * The next row: ERR_OK; no more: ERR_NOTFOUND; BUSY and FAULT are logged here.  Call db_done afterwards, always.
 * A violated constraint (INSERT ... RETURNING) is answered as by db_run.
 */
enum err db_row(struct stmt *st);

/* The first column of the one row that a statement gives, and done with it.  ERR_NOTFOUND: it gives none; *out stays. */
enum err db_one_int(struct stmt *st, int64_t *out);

/*
 * Runs a statement that gives no rows, and is done with it.  A violated UNIQUE is
 * ERR_EXISTS; CHECK, NOT NULL, a foreign key: ERR_INVALID.
 */
enum err db_run(struct stmt *st);

/* Column i (from 0) of the present row.  Text is "" for NULL and good until the next db_row or db_done. */
int64_t db_col_int(struct stmt *st, int i);
const char *db_col_text(struct stmt *st, int i);
const void *db_col_blob(struct stmt *st, int i, size_t *n);
int db_col_null(struct stmt *st, int i);
int db_cols(struct stmt *st);
const char *db_col_name(struct stmt *st, int i);

/* Copies column i into out; ERR_FAULT (logged) if it does not fit. */
enum err db_col_copy(struct stmt *st, int i, char *out, size_t cap);

/* Resets the statement: an open one holds the WAL. */
void db_done(struct stmt *st);

/* Rows changed by the last db_run, and the row id that the last INSERT gave. */
int64_t db_changes(struct db *db);
int64_t db_last_id(struct db *db);

/*
 * A transaction: flock(LOCK_SH) on the lock file around BEGIN IMMEDIATE ... COMMIT.  (A single statement
 * that writes outside of one holds the lock likewise.)  ERR_BUSY when the database stays locked.
 * db_rollback without a transaction does nothing; a failed db_commit has rolled back.
 */
enum err db_begin(struct db *db);
enum err db_commit(struct db *db);
void db_rollback(struct db *db);

/*
 * One look: what is read until db_looked is of one moment, and sqlite takes its lock once and not for each statement.
 * A write ends it.  Both can't fail: without it each statement is a look by itself.
 */
void db_look(struct db *db);
void db_looked(struct db *db);

/* 1 while a transaction is open. */
int db_in_tx(const struct db *db);

/* 1 if the last ERR_BUSY from sqlite, since db_begin or db_looked, was for want of room on the disk, and not for another's lock. */
int db_full(const struct db *db);

/* How many statements are open (not reset): 0 after each request, or it is a fault. */
int db_open_statements(struct db *db);

/* What was kept in memory of the file is read anew: somebody else than sqlite may have written to it. */
void db_reread(struct db *db);

/* PRAGMA data_version: differs once another connection has committed. */
enum err db_version(struct db *db, int64_t *out);

/*
 * The worker's checkpoint: when the WAL is larger than limit bytes, and the lock file can be had exclusively
 * without waiting, TRUNCATE with a busy timeout of 50 ms.  ERR_BUSY (not logged): try again later.
 */
enum err db_checkpoint(struct db *db, int64_t limit);

/* A copy of the whole into a new file (VACUUM INTO).  ERR_EXISTS if there is one. */
enum err db_backup(struct db *db, const char *path);

/* Reads all of it, and follows each reference between its rows.  What is wrong is logged: ERR_INVALID. */
enum err db_check(struct db *db);

/* References between rows that lead nowhere, likewise: within a transaction that has changed tables. */
enum err db_check_references(struct db *db);

/*
 * Makes one file of it, with nothing left in a WAL, and keeps everybody else out until db_close.  ERR_BUSY (not logged):
 * another connection has it open.  One that comes later can't do anything with what it has opened before its patience ends.
 */
enum err db_solo(struct db *db);

#endif
