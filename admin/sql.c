/* baas sql, baas backup: the database for people's eyes, and a copy of it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/buf.h"
#include "lib/db.h"
#include "lib/log.h"

static enum err
read_input(struct buf *text)
{
	char	bytes[4096];
	ssize_t	n;

	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0)
		buf_add(text, bytes, (size_t)n);
	if (n == -1) {
		log_fault("standard input", "%s", strerror(errno));
		return ERR_FAULT;
	}
	return buf_error(text);
}

static void
print_row(struct stmt *st, int names)
{
	for (int i = 0; i < db_cols(st); i++) {
		if (i > 0)
			putchar('|');
		admin_print(names ? db_col_name(st, i) : db_col_text(st, i));
	}
	putchar('\n');
}

/* A line of names, then a line for each row, columns separated by "|". */
static enum err
print_rows(struct db *db, const char *text)
{
	struct stmt	*st = db_stmt(db, text);
	enum err	 err = db_row(st);

	if ((err == ERR_OK || err == ERR_NOTFOUND) && db_cols(st) > 0)
		print_row(st, 1);
	for (; err == ERR_OK; err = db_row(st))
		print_row(st, 0);
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

enum err
sql(struct admin *admin)
{
	struct buf	text = { 0 };
	enum err	err = ERR_OK;

	if (admin->argc == 1)
		buf_str(&text, admin->argv[0]);
	else
		err = read_input(&text);
	if (err == ERR_OK && (err = buf_error(&text)) == ERR_OK)
		err = print_rows(admin->db, buf_text(&text));
	/* The statement is known by the text's address: it goes first. */
	db_close(admin->db);
	admin->db = NULL;
	buf_clear(&text);
	return err;
}

enum err
backup(struct admin *admin)
{
	const char	*file = admin->argv[0];
	enum err	 err = db_backup(admin->db, file);

	if (err == ERR_EXISTS)
		log_fault(file, "is there already");
	return err;
}
