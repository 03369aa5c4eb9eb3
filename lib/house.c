/* The table house: which database this is, and where it lives. */

#include "lib/house.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "lib/db.h"
#include "lib/log.h"

enum err
house_get(struct db *db, struct house *out)
{
	static const char sql[] = "SELECT instance, home, reporting FROM house WHERE id = 1";
	struct house	 house = { .reporting = 1 };
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	if ((err = db_row(st)) == ERR_OK &&
	    (err = db_col_copy(st, 0, house.instance, sizeof(house.instance))) == ERR_OK &&
	    (err = db_col_copy(st, 1, house.home, sizeof(house.home))) == ERR_OK) {
		house.reporting = db_col_int(st, 2) != 0;
		*out = house;
	}
	db_done(st);
	return err;
}

/* A machine without an id is told from others by its file system's alone. */
static void
read_machine(char *out, int cap)
{
	FILE *f = fopen("/etc/machine-id", "re");

	out[0] = '\0';
	if (f == NULL)
		return;
	if (fgets(out, cap, f) == NULL)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	fclose(f);
}

/* The file system's own id and not st_dev, which another order of disks at the next boot changes. */
enum err
house_here(const char *path, char out[HOUSE_HOME_CAP])
{
	char		machine[64];
	struct statvfs	fs;
	struct stat	st;

	if (stat(path, &st) == -1 || statvfs(path, &fs) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	read_machine(machine, sizeof(machine));
	if (snprintf(out, HOUSE_HOME_CAP, "%s:%lx:%llu", machine, fs.f_fsid, (unsigned long long)st.st_ino) >= HOUSE_HOME_CAP)
		return ERR_FAULT;
	return ERR_OK;
}

enum err
house_settle(struct db *db, const char *home, int reporting)
{
	static const char sql[] = "UPDATE house SET home = ?1, reporting = ?2 WHERE id = 1";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, home);
	db_int(st, 2, reporting != 0);
	return db_run(st);
}
