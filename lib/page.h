/*
 * Pages from templates: named holes, always escaped; there is no raw form.
 *
 *	{{name}}			the text of that name
 *	{{#name}} ... {{/name}}		once for each item of a list, or once if the text or flag is not empty
 *	{{^name}} ... {{/name}}		once if the list, text or flag is empty
 *	{{>file}}			another template, in place
 *
 * Names are looked up in the innermost item, then outwards.  A name that nobody set is
 * a fault (so is one misspelt), not empty text.  A {{#}}, {{^}}, {{/}} or {{>}} that is alone on its line takes the
 * line with it.
 *
 * NAME.txt is the same for a letter, which is plain text: there nothing is escaped.  Its name has the ".txt", so that no
 * page can hold it.
 */

#ifndef BAAS_LIB_PAGE_H
#define BAAS_LIB_PAGE_H

#include <stdint.h>

#include "lib/err.h"

struct buf;
struct pages;
struct view;

/* Reads and parses every *.html and *.txt of a directory.  Errors are logged with file and line. */
enum err pages_open(const char *dir, struct pages **out);
void pages_close(struct pages *pages);

/* 1 if there is a template of that name. */
int pages_have(const struct pages *pages, const char *name);

/* Appends template name ("landing", without .html; "mail_known.txt") filled from view to out.  ERR_FAULT is logged: out is then undefined. */
enum err page_render(const struct pages *pages, const char *name, const struct view *view, struct buf *out);

/* What a template can name.  Texts are copied.  Out of memory sticks, and page_render tells it. */
struct view *view_new(void);
void view_free(struct view *view);	/* with all its items; only for roots */
void view_text(struct view *view, const char *name, const char *text);	/* again: replaces */
void view_fmt(struct view *view, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void view_int(struct view *view, const char *name, int64_t value);
void view_flag(struct view *view, const char *name, int on);
/* 1 if that name is set here (not further out). */
int view_has(const struct view *view, const char *name);

/* Declares a list (it may stay empty), and adds an item to it.  An item belongs to the root; NULL when out of memory,
 * and a NULL view is fine for all of these. */
void view_list(struct view *view, const char *name);
struct view *view_item(struct view *view, const char *list);

#endif
