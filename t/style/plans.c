/*
 * Preloaded into a program: for each statement that it prepares to keep (lib/db.c does so by sqlite3_prepare_v3), appends
 * to the file BAAS_PLANS the steps of its query plan: "program<TAB>step<TAB>text of the statement".
 */

#include <dlfcn.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int prepare_v3(sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **);

static void
note(sqlite3 *db, const char *sql)
{
	const char	*path = getenv("BAAS_PLANS");
	char		*explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt	*st = NULL;
	FILE		*file = path == NULL ? NULL : fopen(path, "ae");

	if (file != NULL && sqlite3_prepare_v2(db, explain, -1, &st, NULL) == SQLITE_OK)
		while (sqlite3_step(st) == SQLITE_ROW)
			fprintf(file, "%s\t%s\t%s\n", program_invocation_short_name,
			    (const char *)sqlite3_column_text(st, 3), sql);
	sqlite3_finalize(st);
	sqlite3_free(explain);
	if (file != NULL)
		fclose(file);
}

int
sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n, unsigned flags, sqlite3_stmt **st, const char **rest)
{
	prepare_v3	*real = NULL;
	void		*found = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
	int		 rc;

	memcpy(&real, &found, sizeof(real));
	if (real == NULL)
		abort();
	if ((rc = real(db, sql, n, flags, st, rest)) == SQLITE_OK && strncmp(sql, "PRAGMA", 6) != 0)
		note(db, sql);
	return rc;
}
