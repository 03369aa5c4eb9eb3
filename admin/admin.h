/* What the verbs of the admin's tool share. */

#ifndef BAAS_ADMIN_ADMIN_H
#define BAAS_ADMIN_ADMIN_H

#include <stdint.h>

#include "lib/err.h"

struct conf;
struct db;

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
enum err doctor(struct admin *admin);
enum err init(struct admin *admin);
enum err lighttpd(struct admin *admin);
enum err lighttpd_private(struct admin *admin);
enum err person_ls(struct admin *admin);
enum err sql(struct admin *admin);

/* The database's schema: schema.sql, as it was when this program was built. */
extern const char admin_schema[];

/* Prints text for a terminal: control characters, which could drive it, as \xNN. */
void admin_print(const char *text);

/* One line "label  text"; nothing if text is empty. */
void admin_field(const char *label, const char *text);

/* "3 may, 09:12", or "never" for 0. */
void admin_when(const char *label, int64_t at);

/* Opens dir/name/file for reading without following a link at its end: -1 (errno) if it can't be. */
int admin_open(const char *dir, const char *name, const char *file);

#endif
