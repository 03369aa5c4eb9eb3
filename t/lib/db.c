/* lib/db.c: sticky errors, who may write, the lock file, checkpoints. */

#include "lib/db.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "t/tap.h"

static const char schema[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE CHECK (name <> ''), n INTEGER,"
    " up INTEGER REFERENCES t (id)) STRICT;"
    "CREATE VIEW v AS SELECT baas_now() AS now";

static char path[512];

static const char *
beside(const char *ending)
{
	static char out[600];

	(void)snprintf(out, sizeof(out), "%s%s", path, ending);
	return out;
}

static int64_t
size(const char *file)
{
	struct stat st;

	return stat(file, &st) == -1 ? -1 : st.st_size;
}

static int
mode(const char *file)
{
	struct stat st;

	return stat(file, &st) == -1 ? -1 : (int)(st.st_mode & 07777);
}

/* Says that it is of that schema. */
static enum err
number(struct db *db, int schema_number)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", schema_number);
	return db_script(db, sql);
}

/* One row; up may be 0, which is nobody's id. */
static enum err
insert(struct db *db, const char *name, int64_t up)
{
	static const char	 sql[] = "INSERT INTO t (name, n, up) VALUES (?1, ?2, ?3)";
	struct stmt		*st = db_stmt(db, sql);

	db_text(st, 1, name);
	db_int(st, 2, 7);
	if (up >= 0)
		db_int(st, 3, up);
	return db_run(st);
}

static int64_t
count(struct db *db)
{
	static const char	 sql[] = "SELECT count(*) FROM t";
	struct stmt		*st = db_stmt(db, sql);
	int64_t			 n = db_row(st) == ERR_OK ? db_col_int(st, 0) : -1;

	db_done(st);
	return n;
}

static void
check_open(struct db **db)
{
	struct db *none = NULL;

	is_int(ERR_FAULT, db_open(path, DB_WRITE, &none), "a database that is not there");
	is_int(ERR_FAULT, db_open(path, DB_READ, &none), "is not there for readers");
	is_int(-1, size(path), "and is not made");
	umask(0);
	is_int(ERR_OK, db_open(path, DB_CREATE, &none), "unless asked for");
	is_int(0600, mode(path), "for its owner only, whatever the umask");
	is_int(0600, mode(beside(".lock")), "likewise its lock");
	db_close(none);
	none = NULL;
	is_int(ERR_FAULT, db_open(path, DB_WRITE, &none), "one without a schema is refused");
	if (db_open(path, DB_CREATE, &none) != ERR_OK)
		exit(99);
	is_int(ERR_OK, db_script(none, schema), "a schema");
	is_int(ERR_OK, number(none, DB_SCHEMA), "with its number");
	is_int(ERR_FAULT, db_script(none, "CREATE TABLE u (x); NONSENSE"), "nonsense is a fault");
	is_int(ERR_FAULT, db_script(none, "BEGIN; NONSENSE"), "also when it leaves something open");
	is_int(ERR_OK, db_begin(none), "which is closed again");
	db_close(none);
	none = NULL;
	is_int(ERR_OK, db_open(path, DB_WRITE, &none), "one of this number is taken");
	is_int(0600, mode(beside("-wal")), "its WAL is private too");
	for (int other = DB_SCHEMA - 1; other <= DB_SCHEMA + 1; other += 2) {
		if (number(none, other) != ERR_OK)
			exit(99);
		is_int(ERR_FAULT, db_open(path, DB_WRITE, db), other < DB_SCHEMA ? "an earlier one is not" : "nor is a later one");
	}
	if (number(none, DB_SCHEMA) != ERR_OK)
		exit(99);
	ok(*db == NULL, "and nothing is written");
	*db = none;
}

static void
check_answers(struct db *db)
{
	is_int(ERR_OK, insert(db, "one", -1), "a row");
	is_int(1, db_last_id(db), "its id");
	is_int(1, db_changes(db), "one row changed");
	is_int(ERR_EXISTS, insert(db, "one", -1), "its name is taken");
	is_int(ERR_INVALID, insert(db, "", -1), "CHECK");
	is_int(ERR_INVALID, insert(db, NULL, -1), "NOT NULL");
	is_int(ERR_INVALID, insert(db, "two", 99), "a foreign key");
	is_int(ERR_OK, insert(db, "two", 1), "which exists");
	is_int(2, count(db), "two rows of all that");
	is_int(ERR_FAULT, db_run(db_stmt(db, "INSERT INTO nowhere VALUES (1)")), "no such table");
	is_int(ERR_FAULT, db_run(db_stmt(db, "SELECT \"no such column\"")), "quotes of the wrong kind are no text");
	is_int(0, db_open_statements(db), "nothing is left open");
}

static void
check_sticky(struct db *db)
{
	static const char	 sql[] = "SELECT name, n, up FROM t WHERE name = ?1";
	struct stmt		*st = db_stmt(db, sql);
	char			 name[4] = "";

	db_int(st, 2, 1);
	db_text(st, 1, "one");
	is_int(ERR_FAULT, db_row(st), "a parameter that is not there shows at db_row");
	is_int(ERR_FAULT, db_row(st), "and stays");
	is_str("", db_col_text(st, 0), "there are no columns");
	db_done(st);
	st = db_stmt(db, sql);
	is_int(ERR_NOTFOUND, db_row(st), "db_done forgets it");
	is_int(ERR_NOTFOUND, db_row(st), "and the end stays the end");
	db_done(st);
	st = db_stmt(db, sql);
	db_text(st, 1, "one");
	is_int(ERR_OK, db_row(st), "found");
	is_int(ERR_FAULT, db_row(db_stmt(db, sql)), "but not a second time while it is read");
	is_int(1, db_open_statements(db), "one is open");
	is_str("one", db_col_text(st, 0), "and not disturbed");
	is_int(1, db_col_null(st, 2), "NULL is told");
	is_str("", db_col_text(st, 2), "and is no text");
	is_int(ERR_FAULT, db_col_copy(st, 0, name, 3), "three letters do not fit into three");
	is_str("", name, "nothing is written");
	is_int(ERR_OK, db_col_copy(st, 0, name, sizeof(name)), "but into four");
	is_str("up", db_col_name(st, db_cols(st) - 1), "the last column's name");
	db_done(st);
	is_int(0, db_open_statements(db), "and closed");
	is_int(ERR_NOTFOUND, db_row(db_stmt(db, sql)), "what was bound is not bound any more");
}

static void
check_values(struct db *db)
{
	static const char	 sql[] = "SELECT ?1, ?2, ?3, ?4, now - ?5 FROM v";
	struct stmt		*st = db_stmt(db, sql);
	char			 name[8];
	size_t			 n = 9;

	db_blob(st, 1, "a\0b", 3);
	db_blob(st, 2, NULL, 0);
	db_null(st, 3);
	db_int(st, 4, INT64_MIN);
	db_int(st, 5, clock_now());
	if (db_row(st) != ERR_OK)
		exit(99);
	ok(memcmp(db_col_blob(st, 0, &n), "a\0b", 3) == 0 && n == 3, "bytes come back");
	is_int(ERR_FAULT, db_col_copy(st, 0, name, sizeof(name)), "but not as a text");
	is_int(0, db_col_null(st, 1), "an empty blob is not NULL");
	is_int(1, db_col_null(st, 2), "NULL is");
	is_int(INT64_MIN, db_col_int(st, 3), "the least number");
	ok(db_col_int(st, 4) >= 0 && db_col_int(st, 4) < 5000, "baas_now() is the clock's, in a view too");
	db_done(st);
}

/* More statements than the cache has at first: none is lost, none is mixed up. */
static void
check_cache(struct db *db)
{
	static char	 texts[500][24];
	int		 bad = 0;

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 500; i++) {
			struct stmt *st;

			(void)snprintf(texts[i], sizeof(texts[i]), "SELECT %d", i);
			st = db_stmt(db, texts[i]);
			bad += db_row(st) != ERR_OK || db_col_int(st, 0) != i;
			db_done(st);
		}
	is_int(0, bad, "500 statements, twice");
}

static void
check_transactions(struct db *db)
{
	struct db	*other = NULL;
	int64_t		 before = 0, after = 0, n = count(db);
	int		 lock = open(beside(".lock"), O_RDWR | O_CLOEXEC);

	if (lock == -1 || db_open(path, DB_WRITE, &other) != ERR_OK)
		exit(99);
	db_rollback(db);
	is_int(ERR_FAULT, db_commit(db), "nothing to commit");
	is_int(ERR_OK, db_begin(db), "begin");
	is_int(ERR_FAULT, db_begin(db), "not twice");
	is_int(1, db_in_tx(db), "within");
	is_int(-1, flock(lock, LOCK_EX | LOCK_NB), "the lock file is held");
	is_int(ERR_OK, insert(db, "three", -1), "a row");
	is_int(-1, flock(lock, LOCK_EX | LOCK_NB), "and stays held");
	is_int(ERR_BUSY, db_checkpoint(db, 0), "no checkpoint by whoever holds it");
	is_int(ERR_BUSY, db_checkpoint(other, 0), "nor by another");
	is_int(n, count(other), "the other does not see the row yet");
	if (db_version(other, &before) != ERR_OK)
		exit(99);
	db_rollback(db);
	is_int(n, count(db), "rolled back");
	is_int(ERR_OK, db_begin(db), "again");
	is_int(ERR_OK, insert(db, "three", -1), "a row");
	is_int(ERR_OK, db_commit(db), "committed");
	is_int(n + 1, count(other), "the other sees it");
	ok(db_version(other, &after) == ERR_OK && after != before, "and that something has changed");
	is_int(0, flock(lock, LOCK_EX | LOCK_NB), "the lock is free");
	flock(lock, LOCK_UN);
	close(lock);
	db_close(other);
}

/* A write outside of a transaction holds the lock while it is under way, and no longer. */
/* The clock as sqlite reads it, by one and the same statement. */
static int64_t
clock_of(struct db *db)
{
	static const char	 sql[] = "SELECT baas_now()";
	struct stmt		*st = db_stmt(db, sql);
	int64_t			 now = db_row(st) == ERR_OK ? db_col_int(st, 0) : -1;

	db_done(st);
	return now;
}

/* What is asked in one look is of one moment; a look never keeps anybody from writing, itself neither. */
static void
check_look(struct db *db)
{
	struct db	*other = NULL;
	int64_t		 n = count(db), then = clock_of(db);
	int		 lock = open(beside(".lock"), O_RDWR | O_CLOEXEC);

	if (lock == -1 || db_open(path, DB_WRITE, &other) != ERR_OK)
		exit(99);
	db_look(db);
	is_int(n, count(db), "a look");
	is_int(0, flock(lock, LOCK_EX | LOCK_NB), "it does not hold the lock file");
	flock(lock, LOCK_UN);
	is_int(ERR_OK, insert(other, "look one", -1), "another writes meanwhile");
	is_int(n, count(db), "which the look does not see");
	db_looked(db);
	is_int(n + 1, count(db), "but the next one does");
	db_look(db);
	db_look(db);
	is_int(n + 1, count(db), "a look, wished for twice");
	is_int(ERR_OK, insert(db, "look two", -1), "a write ends it");
	is_int(n + 2, count(other), "and is committed");
	db_look(db);
	is_int(ERR_OK, insert(other, "look three", -1), "another writes");
	is_int(n + 3, count(db), "seen");
	is_int(ERR_OK, insert(other, "look four", -1), "and once more, after the look has read");
	is_int(ERR_OK, db_begin(db), "a transaction ends it too, instead of being refused for what is old");
	is_int(n + 4, count(db), "and sees all");
	is_int(ERR_OK, insert(db, "look five", -1), "writes");
	db_looked(db);
	is_int(1, db_in_tx(db), "and is not ended by the end of a look");
	is_int(ERR_OK, db_commit(db), "committed");
	is_int(n + 5, count(other), "all rows");
	while (clock_now() == then)
		;
	ok(clock_of(db) > then, "time goes on between two runs of a statement");
	close(lock);
	db_close(other);
}

static void
check_single(struct db *db)
{
	static const char	 sql[] = "UPDATE t SET n = n + 1 RETURNING id";
	static const char	 read[] = "SELECT id FROM t";
	struct stmt		*st = db_stmt(db, sql);
	int			 lock = open(beside(".lock"), O_RDWR | O_CLOEXEC);

	is_int(ERR_OK, db_row(st), "an update that gives rows");
	is_int(-1, flock(lock, LOCK_EX | LOCK_NB), "holds the lock");
	db_done(st);
	is_int(0, flock(lock, LOCK_EX | LOCK_NB), "until it is done");
	flock(lock, LOCK_UN);
	st = db_stmt(db, sql);
	while (db_row(st) == ERR_OK)
		;
	is_int(0, flock(lock, LOCK_EX | LOCK_NB), "or has come to its end");
	db_done(st);
	st = db_stmt(db, read);
	is_int(ERR_OK, db_row(st), "reading does not wait for it");
	db_done(st);
	close(lock);
}

static void
check_checkpoint(struct db *db)
{
	static const char	 sql[] = "SELECT id FROM t";
	struct db		*other = NULL;
	struct stmt		*st;
	int64_t			 start;

	if (db_open(path, DB_READ, &other) != ERR_OK || insert(db, "four", -1) != ERR_OK)
		exit(99);
	ok(size(beside("-wal")) > 0, "a commit is in the WAL");
	is_int(ERR_OK, db_checkpoint(db, INT64_MAX), "which is small enough");
	ok(size(beside("-wal")) > 0, "so it stays");
	st = db_stmt(other, sql);
	is_int(ERR_OK, db_row(st), "somebody reads");
	if (insert(db, "five", -1) != ERR_OK)
		exit(99);
	start = clock_boot();
	is_int(ERR_BUSY, db_checkpoint(db, 0), "so not now");
	ok(clock_boot() - start < 4000, "which is known soon");
	db_done(st);
	is_int(ERR_BUSY, db_checkpoint(other, 0), "a reader makes no checkpoint");
	is_int(ERR_OK, db_checkpoint(db, 0), "now");
	is_int(0, size(beside("-wal")), "the WAL is empty");
	if (insert(db, "six", -1) != ERR_OK)
		exit(99);
	db_close(other);
}

/* The last one out does not either: that is the worker's alone. */
static void
check_close(struct db *db)
{
	if (insert(db, "last", -1) != ERR_OK)
		exit(99);
	db_close(db);
	ok(size(beside("-wal")) > 0, "no checkpoint when the last connection is closed");
}

static void
add_row(void *ctx, struct stmt *st)
{
	struct buf *b = ctx;

	for (int i = 0; i < db_cols(st); i++)
		buf_fmt(b, "%s=%s ", db_col_name(st, i), db_col_text(st, i));
}

static const struct {
	const char	*sql;
	enum err	 want;
	const char	*rows;
} queries[] = {
	{ "", ERR_OK, "" },
	{ " -- nothing", ERR_OK, "" },
	{ "SELECT 1 AS a, 'x' AS b; SELECT 2 AS c", ERR_OK, "a=1 b=x c=2 " },
	{ "SELECT 1 AS a; NONSENSE; SELECT 2 AS c", ERR_INVALID, "a=1 " },
	{ "SELECT", ERR_INVALID, "" },
	{ "SELECT name FROM t WHERE id = 1", ERR_OK, "name=one " },
	{ "SELECT now > 0 AS ok FROM v", ERR_OK, "ok=1 " },
	{ "PRAGMA user_version", ERR_OK, NULL },	/* DB_SCHEMA */
	{ "PRAGMA foreign_key_check", ERR_OK, "" },
	{ "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3) SELECT max(n) AS n FROM c",
	    ERR_OK, "n=3 " },
	{ "DELETE FROM t", ERR_INVALID, "" },
	{ "PRAGMA query_only = OFF; DELETE FROM t", ERR_INVALID, "" },
	{ "PRAGMA query_only(0)", ERR_INVALID, "" },
	{ "PRAGMA user_version = 9", ERR_INVALID, "" },
	{ "PRAGMA journal_mode = DELETE", ERR_INVALID, "" },
	{ "PRAGMA wal_checkpoint", ERR_INVALID, "" },
	{ "PRAGMA writable_schema = ON", ERR_INVALID, "" },
	{ "CREATE TEMP TABLE x (y)", ERR_INVALID, "" },
	{ "ATTACH ':memory:' AS m", ERR_INVALID, "" },
	{ "VACUUM", ERR_INVALID, "" },
	{ "BEGIN IMMEDIATE", ERR_INVALID, "" },
	{ "INSERT INTO t (name) VALUES ('x') RETURNING id", ERR_INVALID, "" },
	{ "SELECT load_extension('x')", ERR_INVALID, "" },
};

static void
check_queries(struct db *db)
{
	struct db	*reader = NULL;
	struct buf	 b = { 0 };
	int64_t		 n = count(db);
	char		 version[32];

	if (db_open(path, DB_READ, &reader) != ERR_OK)
		exit(99);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		buf_reset(&b);
		is_int(queries[i].want, db_query(reader, queries[i].sql, add_row, &b), queries[i].sql);
		if (queries[i].rows == NULL)
			(void)snprintf(version, sizeof(version), "user_version=%d ", DB_SCHEMA);
		is_str(queries[i].rows == NULL ? version : queries[i].rows, buf_text(&b), "and its rows");
	}
	ok(insert(reader, "x", -1) != ERR_OK, "a reader cannot write by a statement either");
	is_int(n, count(db), "and nothing has changed");
	db_close(reader);
	is_int(ERR_INVALID, db_query(db, "INSERT INTO t (name) VALUES ('one')", NULL, NULL), "a writer hears of errors");
	is_int(ERR_OK, db_query(db, "DELETE FROM t WHERE name = 'six'", NULL, NULL), "and can write");
	is_int(n - 1, count(db), "one row less");
	buf_clear(&b);
}

/* Texts that were put together: known by what they say, wherever that is kept, and forgotten when there are many. */
static void
check_texts(struct db *db)
{
	char		 sql[64], same[64];
	struct stmt	*st, *busy;

	(void)snprintf(sql, sizeof(sql), "SELECT ?1 + %d", 0);
	(void)snprintf(same, sizeof(same), "SELECT ?1 + %d", 0);
	st = db_stmt_text(db, sql);
	db_int(st, 1, 5);
	is_int(ERR_OK, db_row(st), "a row");
	is_int(5, db_col_int(st, 0), "with what was bound");
	is_int(ERR_FAULT, db_row(db_stmt_text(db, same)), "not given twice while it is read");
	db_done(st);
	(void)memset(sql, 'x', sizeof(sql) - 1);
	ok(db_stmt_text(db, same) == st, "the same words are the same statement");
	is_int(ERR_OK, db_row(st), "a row");
	ok(db_col_null(st, 0), "and nothing is bound any more");
	db_done(st);
	busy = db_stmt_text(db, same);
	db_int(busy, 1, 7);
	is_int(ERR_OK, db_row(busy), "one that is being read");
	for (int i = 1; i < 100; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT %d", i);
		st = db_stmt_text(db, sql);
		if (db_row(st) != ERR_OK || db_col_int(st, 0) != i)
			ok(0, "%d", i);
		db_done(st);
	}
	is_int(7, db_col_int(busy, 0), "is not given up");
	db_done(busy);
	is_int(ERR_FAULT, db_row(db_stmt_text(db, "SELECT nonsense")), "what makes no sense fails");
	is_int(0, db_open_statements(db), "none is left open");
}

static void
check_backup(struct db *db)
{
	char		 copy[600];
	struct db	*other = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", beside(".copy"));
	is_int(ERR_OK, db_backup(db, copy), "a backup");
	is_int(0600, mode(copy), "is private");
	is_int(ERR_EXISTS, db_backup(db, copy), "and not written over");
	is_int(ERR_FAULT, db_backup(db, "/nowhere/at/all"), "it needs a directory");
	is_int(ERR_OK, db_open(copy, DB_WRITE, &other), "it is a database");
	is_int(count(db), other == NULL ? -1 : count(other), "of as many rows");
	db_close(other);
	unlink(copy);
	is_int(ERR_OK, db_begin(db), "a transaction");
	is_int(ERR_FAULT, db_backup(db, copy), "is no time for a backup");
	is_int(-1, size(copy), "and no half of one is left");
	db_rollback(db);
}

/* A limit on pages stands in for the end of the disk: sqlite says the same. */
static void
check_full(struct db *db)
{
	static const char	big[] = "INSERT INTO t (name) VALUES (hex(randomblob(20000)))";
	int64_t			before = count(db);
	enum err		err = ERR_OK;

	is_int(0, db_full(db), "nothing is full yet");
	is_int(ERR_OK, db_script(db, "PRAGMA max_page_count = 1"), "no page more");
	is_int(ERR_OK, db_begin(db), "a transaction");
	for (int i = 0; i < 100 && err == ERR_OK; i++)
		err = db_run(db_stmt(db, big));
	is_int(ERR_BUSY, err, "no room: try again later");
	is_int(1, db_full(db), "and that is why");
	db_rollback(db);
	is_int(1, db_full(db), "still known after the rollback");
	db_looked(db);
	is_int(0, db_full(db), "but not in the next request, which may wait for something else");
	is_int(before, count(db), "nothing was changed");
	is_int(ERR_OK, db_script(db, "PRAGMA max_page_count = 100000"), "room again");
	is_int(ERR_OK, db_begin(db), "another one");
	is_int(0, db_full(db), "begins anew");
	is_int(ERR_OK, db_run(db_stmt(db, big)), "and writes");
	db_rollback(db);
}

/* A reference that leads nowhere is written by somebody who does not look: foreign_keys is off at first. */
static void
check_whole(struct db *db)
{
	static const char lost[] = "INSERT INTO t (id, name, up) VALUES (900, 'lost', 77)";

	is_int(ERR_OK, db_check(db), "it is whole");
	is_int(0, db_open_statements(db), "and nothing is left open");
	is_int(ERR_OK, db_script(db, "PRAGMA foreign_keys = OFF"), "nobody looks");
	is_int(ERR_OK, db_begin(db), "a transaction");
	is_int(ERR_OK, db_run(db_stmt(db, lost)), "a row that leads nowhere");
	is_int(ERR_INVALID, db_check_references(db), "is found before it is committed");
	db_rollback(db);
	is_int(ERR_OK, db_check_references(db), "and is not there");
	is_int(ERR_OK, db_run(db_stmt(db, lost)), "committed");
	is_int(ERR_INVALID, db_check(db), "it is found too");
	is_int(ERR_OK, db_script(db, "DELETE FROM t WHERE id = 900; PRAGMA foreign_keys = ON"), "as it was");
}

static void
check_solo(struct db *db)
{
	static const char	 sql[] = "SELECT id FROM t";
	char			 copy[600], wal[600];
	struct db		*one = NULL, *two = NULL, *three = NULL;

	(void)snprintf(copy, sizeof(copy), "%s", beside(".solo"));
	(void)snprintf(wal, sizeof(wal), "%s.solo-wal", path);
	if (db_backup(db, copy) != ERR_OK || db_open(copy, DB_WRITE, &one) != ERR_OK || db_open(copy, DB_READ, &two) != ERR_OK ||
	    insert(one, "solo", -1) != ERR_OK)
		exit(99);
	ok(count(two) > 0 && size(wal) > 0, "two have it open, and a commit is in the WAL");
	is_int(ERR_BUSY, db_solo(one), "so it can't be had alone");
	is_int(0, db_open_statements(two), "though the other does nothing");
	db_close(two);
	is_int(ERR_OK, db_solo(one), "once that is closed it can");
	is_int(-1, size(wal), "all is in one file");
	is_int(ERR_OK, db_row(db_stmt(one, sql)), "and can be read");
	db_done(db_stmt(one, sql));
	is_int(ERR_BUSY, db_open(copy, DB_ASK, &three), "nobody else can even open it");
	db_close(one);
	is_int(ERR_OK, db_open(copy, DB_WRITE, &two), "until it is closed");
	is_int(count(db) + 1, count(two), "nothing is lost");
	db_close(two);
	unlink(copy);
}

int
main(void)
{
	struct db *db = NULL;

	(void)snprintf(path, sizeof(path), "%s/baas.db", tap_dir());
	db_close(NULL);
	check_open(&db);
	check_answers(db);
	check_sticky(db);
	check_values(db);
	check_cache(db);
	check_transactions(db);
	check_look(db);
	check_single(db);
	check_checkpoint(db);
	check_queries(db);
	check_texts(db);
	check_full(db);
	check_backup(db);
	check_whole(db);
	check_solo(db);
	check_close(db);
	return tap_end();
}
