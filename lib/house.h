/* This database itself: the one row of the table house. */

#ifndef BAAS_LIB_HOUSE_H
#define BAAS_LIB_HOUSE_H

#include "lib/err.h"

struct db;

enum { HOUSE_INSTANCE_CAP = 17, HOUSE_HOME_CAP = 128 };

struct house {
	char	instance[HOUSE_INSTANCE_CAP];	/* 16 hex digits: a tag of all that it has in a cloud */
	char	home[HOUSE_HOME_CAP];		/* "": not settled yet */
	int	reporting;			/* the worker looks, reports, and does nothing */
};

enum err house_get(struct db *db, struct house *out);

/* Where the file lives: machine id, device and inode.  A copy of it lives somewhere else. */
enum err house_here(const char *path, char out[HOUSE_HOME_CAP]);

/* Says that it lives at home, and whether the worker reports only. */
enum err house_settle(struct db *db, const char *home, int reporting);

#endif
