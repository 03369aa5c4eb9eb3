/* A table of locked texts, each in one of a few places that its name gives. */

#include "lib/shelf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/crypt.h"
#include "lib/log.h"

enum {
	PLACES = 8,		/* that a name has */
	ROWS = 4096		/* a power of two: with three names to a row, 1 name in 3,000 finds no place */
};

struct text {
	char	name[SHELF_NAME_CAP];
	size_t	n_stamp, n;		/* of what follows: the stamp, the text locked */
	unsigned char bytes[];
};

struct shelf {
	struct crypt_lock	*lock;
	size_t			 most, used;
	struct text		*texts[ROWS][PLACES];
};

enum err
shelf_open(size_t most, struct shelf **out)
{
	struct shelf	*shelf = calloc(1, sizeof(*shelf));
	enum err	 err = ERR_FAULT;

	if (shelf == NULL) {
		log_fault("shelf", "no memory");
		return ERR_FAULT;
	}
	shelf->most = most;
	if ((err = crypt_lock_open(&shelf->lock)) == ERR_OK) {
		*out = shelf;
		shelf = NULL;
	}
	shelf_close(shelf);
	return err;
}

static size_t
size(const struct text *text)
{
	return sizeof(*text) + text->n_stamp + text->n;
}

static void
take_off(struct shelf *shelf, struct text **place)
{
	if (*place == NULL)
		return;
	shelf->used -= size(*place);
	free(*place);
	*place = NULL;
}

void
shelf_empty(struct shelf *shelf)
{
	for (int i = 0; shelf != NULL && i < ROWS; i++)
		for (int k = 0; k < PLACES; k++)
			take_off(shelf, &shelf->texts[i][k]);
}

void
shelf_close(struct shelf *shelf)
{
	if (shelf == NULL)
		return;
	shelf_empty(shelf);
	crypt_lock_close(shelf->lock);
	free(shelf);
}

/* FNV-1a: names are ours, nobody chooses them to collide. */
static size_t
row_of(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return (hash ^ hash >> 32) & (ROWS - 1);
}

/* Where a text of that name is, or else may be put; NULL: nowhere. */
static struct text **
place_of(struct shelf *shelf, const char *name)
{
	struct text **row = shelf->texts[row_of(name)], **empty = NULL;

	for (int k = 0; k < PLACES; k++)
		if (row[k] == NULL)
			empty = empty == NULL ? &row[k] : empty;
		else if (strcmp(row[k]->name, name) == 0)
			return &row[k];
	return empty;
}

void
shelf_put(struct shelf *shelf, const char *name, const void *stamp, size_t n_stamp, const struct buf *plain)
{
	size_t		 n = plain->len + CRYPT_LOCK_MORE;
	struct text	*text, **place;

	if (buf_error(plain) != ERR_OK || strlen(name) >= SHELF_NAME_CAP || (place = place_of(shelf, name)) == NULL)
		return;
	take_off(shelf, place);
	if (shelf->used + sizeof(*text) + n_stamp + n > shelf->most)
		shelf_empty(shelf);
	if (sizeof(*text) + n_stamp + n > shelf->most || (text = calloc(1, sizeof(*text) + n_stamp + n)) == NULL)
		return;
	memcpy(text->name, name, strlen(name) + 1);
	text->n_stamp = n_stamp;
	text->n = n;
	memcpy(text->bytes, stamp, n_stamp);
	crypt_lock(shelf->lock, buf_text(plain), plain->len, text->bytes + n_stamp);
	*place = text;
	shelf->used += size(text);
}

enum err
shelf_get(const struct shelf *shelf, const char *name, const void *stamp, size_t n_stamp, struct buf *plain)
{
	struct text *const	*row = shelf->texts[row_of(name)];
	const struct text	*text = NULL;
	enum err		 err = ERR_FAULT;
	char			*room;
	size_t			 n;

	for (int k = 0; k < PLACES && text == NULL; k++)
		if (row[k] != NULL && strcmp(row[k]->name, name) == 0)
			text = row[k];
	if (text == NULL || text->n_stamp != n_stamp || memcmp(text->bytes, stamp, n_stamp) != 0)
		return ERR_NOTFOUND;
	n = text->n - CRYPT_LOCK_MORE;
	if ((room = malloc(n + 1)) == NULL)
		return ERR_NOTFOUND;
	if ((err = crypt_unlock(shelf->lock, text->bytes + n_stamp, text->n, room)) == ERR_OK) {
		buf_add(plain, room, n);
		err = buf_error(plain);
	}
	explicit_bzero(room, n);
	free(room);
	return err == ERR_OK ? ERR_OK : ERR_NOTFOUND;
}
