/*
 * baas restore FILE: puts a backup in the place of the database.  All that can fail is done to a draft beside it; what was
 * there is kept, and the worker only reports until somebody has looked (baas worker act).
 */

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/house.h"
#include "lib/log.h"
#include "lib/pass.h"

enum {
	MOMENT = 1500,		/* ms */
	LATE = 6000		/* ms: longer than anybody waits for a lock (lib/db.c) */
};

static const char magic[] = "SQLite format 3";

struct restore {
	const char	*file;		/* the backup */
	const char	*path;		/* of the database */
	struct buf	 draft;		/* what becomes the database */
	struct buf	 aside;		/* what it is from then on */
	struct db	*now;		/* the database as it is, everybody else kept out; NULL: there is none */
	struct stat	 st;		/* of that */
};

/* "PATH" and "ENDING" in one; good until out is changed. */
static const char *
beside(struct buf *out, const char *path, const char *ending)
{
	buf_reset(out);
	buf_fmt(out, "%s%s", path, ending);
	return buf_text(out);
}

/* -- the backup -- */

/* It must be all in one file, and another one than the database. */
static enum err
check_file(const struct restore *r, int fd)
{
	struct buf	wal = { 0 };
	struct stat	st, now;
	char		head[sizeof(magic)] = "";
	enum err	err = ERR_INVALID;

	if (fd == -1 || fstat(fd, &st) == -1)
		log_fault(r->file, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode) || pread(fd, head, sizeof(head), 0) != sizeof(head) || memcmp(head, magic, sizeof(head)) != 0)
		log_fault(r->file, "is no database");
	else if (stat(r->path, &now) == 0 && now.st_dev == st.st_dev && now.st_ino == st.st_ino)
		log_fault(r->file, "is the database itself");
	else if (stat(beside(&wal, r->file, "-wal"), &now) == 0 && now.st_size > 0)
		log_fault(r->file, "has a write-ahead log beside it: it was in use, or was not copied by baas backup");
	else
		err = ERR_OK;
	buf_clear(&wal);
	return err;
}

static enum err
copy(int from, int to)
{
	char	bytes[1 << 16];
	ssize_t	n;

	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		for (ssize_t done = 0, m; done < n; done += m)
			if ((m = write(to, bytes + done, (size_t)(n - done))) == -1)
				return ERR_FAULT;
	return n == 0 && fsync(to) == 0 ? ERR_OK : ERR_FAULT;
}

/* What an earlier one that was killed may have left goes, too. */
static void
drop_draft(struct restore *r)
{
	static const char *const	endings[] = { "", "-wal", "-shm", "-journal", ".lock" };
	struct buf			name = { 0 };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		(void)unlink(beside(&name, buf_text(&r->draft), endings[i]));
	buf_clear(&name);
}

static enum err
make_draft(struct restore *r)
{
	int		from = open(r->file, O_RDONLY | O_CLOEXEC), to = -1;
	enum err	err;

	if ((err = check_file(r, from)) != ERR_OK)
		goto out;
	drop_draft(r);
	if ((to = open(buf_text(&r->draft), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) == -1 ||
	    (err = copy(from, to)) != ERR_OK) {
		log_fault(buf_text(&r->draft), "%s", strerror(errno));
		err = ERR_FAULT;
	}
out:
	if (from != -1)
		close(from);
	if (to != -1)
		close(to);
	return err;
}

/* -- what becomes the database -- */

static enum err
check_number(const struct restore *r, struct db *db)
{
	int64_t		number;
	enum err	err;

	if ((err = admin_schema_number(db, &number)) != ERR_OK)
		return err;
	if (number == 0) {
		log_fault(r->file, "is no database of this program");
		return ERR_INVALID;
	}
	return migrate_can(r->file, number);
}

/* Nothing of what it says about bots and servers is known to be so any more, and nobody may act on it. */
static enum err
settle(struct db *db, const char *path)
{
	struct admin	there = { .db = db };
	char		home[HOUSE_HOME_CAP];
	enum err	err;

	if ((err = house_here(path, home)) != ERR_OK || (err = db_begin(db)) != ERR_OK)
		return err;
	if ((err = house_settle(db, home, 1)) == ERR_OK && (err = bot_forget(db)) == ERR_OK && (err = pass_forget(db)) == ERR_OK &&
	    (err = admin_event(&there, EVENT_ADMIN_RESTORE, 0, "")) == ERR_OK)
		err = db_commit(db);
	db_rollback(db);
	return err;
}

static enum err
prepare(const struct restore *r)
{
	const char	*draft = buf_text(&r->draft);
	struct db	*db = NULL;
	enum err	 err;

	if ((err = db_open(draft, DB_CREATE, &db)) == ERR_OK && (err = check_number(r, db)) == ERR_OK &&
	    (err = db_check(db)) == ERR_OK && (err = migrate(db, draft, 0)) == ERR_OK && (err = settle(db, draft)) == ERR_OK)
		err = db_solo(db);
	db_close(db);
	if (err != ERR_OK)
		log_fault(r->file, "can't be restored: nothing was changed");
	return err;
}

/* -- in its place -- */

static enum err
refuse(const struct restore *r)
{
	struct buf who = { 0 };

	(void)admin_holders(&r->st, &who);
	log_fault(r->path, "in use by %s: stop lighttpd (baas-lighttpd, baas-private) and what else has it open",
	    who.len == 0 ? "another program" : buf_text(&who));
	buf_clear(&who);
	return ERR_BUSY;
}

/* A worker that has come and finds no place, or somebody who looks something up, has it open for a moment only. */
static enum err
keep_out(struct restore *r)
{
	const struct timespec	nap = { .tv_nsec = 50000000 };
	int64_t			until = clock_boot() + MOMENT;
	enum err		err;

	while (((err = db_solo(r->now)) == ERR_BUSY || (err == ERR_OK && admin_holders(&r->st, NULL) > 0)) && clock_boot() < until)
		nanosleep(&nap, NULL);
	return err == ERR_BUSY || (err == ERR_OK && admin_holders(&r->st, NULL) > 0) ? refuse(r) : err;
}

/* Takes the database as it is out of everybody's hands. */
static enum err
take(struct restore *r)
{
	enum err err;

	if (stat(r->path, &r->st) == -1)
		return ERR_OK;
	if ((err = db_open(r->path, DB_CREATE, &r->now)) != ERR_OK) {
		log_fault(r->path, "can't be opened: if it is damaged, move it away (and %s-wal too) while nothing has it open", r->path);
		return err;
	}
	return keep_out(r);
}

/*
 * Who opened the old file just before it lost its name is kept out by our lock, and must have given up before we let go of
 * it: else it would write by the name, into the new one's log.
 */
static void
wait_for_late(const struct restore *r)
{
	const struct timespec	nap = { .tv_nsec = 20000000 };
	int64_t			until = clock_boot() + LATE;

	while (clock_boot() < until && admin_holders(&r->st, NULL) > 0)
		nanosleep(&nap, NULL);
}

/* A log that lies there without its database would be read as the new one's. */
static enum err
put_log_aside(const struct restore *r)
{
	struct buf	from = { 0 }, to = { 0 };
	enum err	err = ERR_OK;

	if (access(beside(&from, r->path, "-wal"), F_OK) == 0)
		err = admin_rename(buf_text(&from), beside(&to, buf_text(&r->aside), "-wal"));
	(void)unlink(beside(&from, r->path, "-shm"));
	buf_clear(&from);
	buf_clear(&to);
	return err;
}

/* Both names are there at the moment of the change: whatever happens, one of the two is the database. */
static enum err
replace(struct restore *r)
{
	const char *draft = buf_text(&r->draft);

	if (r->now == NULL)
		return put_log_aside(r) == ERR_OK ? admin_rename(draft, r->path) : ERR_FAULT;
	if (chown(draft, r->st.st_uid, r->st.st_gid) == -1 || chmod(draft, r->st.st_mode & 0777) == -1 ||
	    link(r->path, buf_text(&r->aside)) == -1) {
		log_fault(buf_text(&r->aside), "%s", strerror(errno));
		return ERR_FAULT;
	}
	if (admin_rename(draft, r->path) != ERR_OK) {
		(void)unlink(buf_text(&r->aside));
		return ERR_FAULT;
	}
	wait_for_late(r);
	if (chmod(buf_text(&r->aside), 0600) == -1) {
		log_fault(buf_text(&r->aside), "%s", strerror(errno));
		return ERR_FAULT;
	}
	return ERR_OK;
}

static enum err
bring_back(struct restore *r)
{
	enum err err;

	if ((err = make_draft(r)) == ERR_OK && (err = prepare(r)) == ERR_OK && (err = take(r)) == ERR_OK)
		err = replace(r);
	if (err == ERR_OK) {
		log_note(r->path, "is what %s was%s%s", r->file, r->now == NULL ? "" : "; the former is ",
		    r->now == NULL ? "" : buf_text(&r->aside));
		log_note("worker", "reports only: start it, read what baas-reconcile -n says, then baas worker act");
	}
	drop_draft(r);
	return err;
}

enum err
restore(struct admin *admin)
{
	struct restore	r = { .file = admin->argv[0], .path = conf_text(admin->conf, CONF_DATABASE) };
	struct owners	owners;
	struct alone	alone;
	enum err	err;

	umask(077);
	if ((err = owners_get(admin->conf, &owners)) != ERR_OK || (err = owners_may(&owners)) != ERR_OK)
		return err;
	buf_fmt(&r.draft, "%s.restore", r.path);
	admin_beside(r.path, "before-restore", &r.aside);
	if ((err = buf_error(&r.draft)) == ERR_OK && (err = buf_error(&r.aside)) == ERR_OK &&
	    (err = alone_open(admin->conf, &alone)) == ERR_OK) {
		err = bring_back(&r);
		db_close(r.now);
		if (err == ERR_OK)
			err = owners_settle(admin->conf, &owners);
		alone_close(&alone);
	}
	buf_clear(&r.draft);
	buf_clear(&r.aside);
	return err;
}
