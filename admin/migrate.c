/* Brings a database of an earlier schema to this program's: a backup, then one step after the other (migrations/). */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/log.h"

enum err
admin_schema_number(struct db *db, int64_t *out)
{
	static const char text[] = "PRAGMA user_version";

	return db_one_int(db_stmt(db, text), out);
}

static const char *
find_step(int64_t number)
{
	for (const struct migration *step = admin_migrations; step->sql != NULL; step++)
		if (step->number == number)
			return step->sql;
	return NULL;
}

enum err
migrate_can(const char *path, int64_t number)
{
	if (number > DB_SCHEMA) {
		log_fault(path, "its schema is number %" PRId64 ", and this program knows none after %d: it belongs to a newer one",
		    number, DB_SCHEMA);
		return ERR_INVALID;
	}
	for (int64_t n = number + 1; n <= DB_SCHEMA; n++) {
		if (find_step(n) != NULL)
			continue;
		log_fault(path, "its schema is number %" PRId64 ", and there is no way from there to %d", number, DB_SCHEMA);
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* The directory knows of a file's new name only once it is on the disk as well. */
static enum err
sync_dir(const char *path)
{
	const char	*end = strrchr(path, '/');
	struct buf	 dir = { 0 };
	int		 fd;
	enum err	 err = ERR_OK;

	buf_add(&dir, path, end == NULL ? 0 : end == path ? 1 : (size_t)(end - path));
	fd = open(end == NULL ? "." : buf_text(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1) {
		log_fault(path, "%s", strerror(errno));
		err = ERR_FAULT;
	}
	if (fd != -1)
		close(fd);
	buf_clear(&dir);
	return err;
}

enum err
admin_rename(const char *from, const char *to)
{
	if (rename(from, to) == -1) {
		log_fault(to, "%s", strerror(errno));
		return ERR_FAULT;
	}
	return sync_dir(to);
}

void
admin_beside(const char *path, const char *words, struct buf *out)
{
	char iso[CLOCK_ISO_CAP];

	clock_iso(clock_now(), iso);
	for (char *p = iso; *p != '\0'; p++)
		if (*p == ':')
			*p = '-';
	buf_fmt(out, "%s.%s.%s", path, words, iso);
}

/* One that was left half made by a killed program never has the name of a whole one. */
static enum err
back_up(struct db *db, const char *path, int64_t number)
{
	struct buf	part = { 0 }, words = { 0 }, whole = { 0 };
	enum err	err;

	buf_fmt(&part, "%s.part", path);
	buf_fmt(&words, "schema-%" PRId64, number);
	admin_beside(path, buf_text(&words), &whole);
	if ((err = buf_error(&part)) != ERR_OK || (err = buf_error(&words)) != ERR_OK || (err = buf_error(&whole)) != ERR_OK)
		goto out;
	(void)unlink(buf_text(&part));
	if ((err = db_backup(db, buf_text(&part))) == ERR_OK && (err = admin_rename(buf_text(&part), buf_text(&whole))) == ERR_OK)
		log_note(buf_text(&whole), "backup of the database as it was, schema %" PRId64, number);
out:
	buf_clear(&part);
	buf_clear(&words);
	buf_clear(&whole);
	return err;
}

/* Within the caller's transaction. */
static enum err
run_step(struct db *db, const char *path, int64_t to)
{
	int64_t		number;
	enum err	err;

	if ((err = db_script(db, find_step(to))) != ERR_OK || (err = db_check_references(db)) != ERR_OK ||
	    (err = admin_schema_number(db, &number)) != ERR_OK)
		return err;
	if (number != to) {
		log_fault(path, "migration %" PRId64 " says that it leads to %" PRId64, to, number);
		return ERR_FAULT;
	}
	return ERR_OK;
}

static enum err
step(struct db *db, const char *path, int64_t to)
{
	int64_t		begun = clock_boot();
	enum err	err;

	if ((err = db_begin(db)) != ERR_OK)
		return err;
	if ((err = run_step(db, path, to)) == ERR_OK)
		err = db_commit(db);
	db_rollback(db);
	if (err == ERR_OK)
		log_note(path, "schema %" PRId64 " -> %" PRId64 ", in %" PRId64 " ms", to - 1, to, clock_boot() - begun);
	else
		log_fault(path, "schema %" PRId64 " -> %" PRId64 ": not done, all is as it was before this step", to - 1, to);
	return err;
}

/* Tables can only be made anew while references are not followed; each step is checked for them before its commit. */
enum err
migrate(struct db *db, const char *path, int with_backup)
{
	int64_t		number;
	enum err	err;

	if ((err = admin_schema_number(db, &number)) != ERR_OK || number == DB_SCHEMA ||
	    (err = migrate_can(path, number)) != ERR_OK)
		return err;
	if (with_backup && (err = back_up(db, path, number)) != ERR_OK)
		return err;
	if ((err = db_script(db, "PRAGMA foreign_keys = OFF")) != ERR_OK)
		return err;
	while (err == ERR_OK && number < DB_SCHEMA)
		err = step(db, path, ++number);
	return err == ERR_OK ? db_script(db, "PRAGMA foreign_keys = ON") : err;
}
