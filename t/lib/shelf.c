/* lib/shelf: what is kept comes back as it was, for the same stamp only, and lies there locked. */

#include "lib/shelf.h"

#include <stdio.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/crypt.h"
#include "t/tap.h"

enum { MANY = 10000, MOST = 1 << 20 };

static void
put(struct shelf *shelf, const char *name, int stamp, const char *words)
{
	struct buf text = { .wipe = 1 };

	buf_str(&text, words);
	shelf_put(shelf, name, &stamp, sizeof(stamp), &text);
	buf_clear(&text);
}

/* 1 if these words are kept; words NULL: if nothing is. */
static int
has(const struct shelf *shelf, const char *name, int stamp, const char *words)
{
	struct buf	text = { .wipe = 1 };
	enum err	err = shelf_get(shelf, name, &stamp, sizeof(stamp), &text);
	int		same = words == NULL ? err == ERR_NOTFOUND && text.len == 0 :
			    err == ERR_OK && strcmp(buf_text(&text), words) == 0;

	buf_clear(&text);
	return same;
}

static void
check_names(struct shelf *shelf)
{
	char	long_name[SHELF_NAME_CAP + 1];
	struct buf broken = { .err = ERR_FAULT };
	int	stamp = 1;

	ok(has(shelf, "one", 1, NULL), "nothing at first");
	put(shelf, "one", 1, "first");
	put(shelf, "two", 1, "second");
	ok(has(shelf, "one", 1, "first") && has(shelf, "two", 1, "second"), "each its own");
	ok(has(shelf, "one", 1, "first"), "as often as one likes");
	ok(has(shelf, "one", 2, NULL), "not for another stamp");
	put(shelf, "one", 2, "");
	ok(has(shelf, "one", 2, "") && has(shelf, "one", 1, NULL), "replaced, by nothing at all");
	shelf_put(shelf, "one", &stamp, 1, &(struct buf){ 0 });
	ok(has(shelf, "one", 1, NULL), "a shorter stamp is another one");
	memset(long_name, 'n', sizeof(long_name));
	long_name[SHELF_NAME_CAP] = '\0';
	put(shelf, long_name, 1, "x");
	ok(has(shelf, long_name, 1, NULL), "a name that is too long is not kept");
	put(shelf, long_name + 1, 1, "x");
	ok(has(shelf, long_name + 1, 1, "x"), "the longest is");
	shelf_put(shelf, "broken", &stamp, sizeof(stamp), &broken);
	ok(has(shelf, "broken", 1, NULL), "what could not be made is not kept");
	shelf_empty(shelf);
	ok(has(shelf, "two", 1, NULL), "emptied");
}

static void
check_many(struct shelf *shelf)
{
	char	name[16], words[32];
	int	kept = 0, wrong = 0;

	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "p%d-g1", i);
		snprintf(words, sizeof(words), "pillar %d", i);
		put(shelf, name, i, words);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "p%d-g1", i);
		snprintf(words, sizeof(words), "pillar %d", i);
		if (has(shelf, name, i, words))
			kept++;
		else if (!has(shelf, name, i, NULL))
			wrong++;
	}
	is_int(0, wrong, "of many, none is another's");
	ok(kept >= MANY * 99 / 100, "and nearly all are there");
}

static void
check_size(void)
{
	struct shelf	*shelf = NULL;
	char		 big[4096];

	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	is_int(ERR_OK, shelf_open(10000, &shelf), "a small one");
	put(shelf, "one", 1, big);
	put(shelf, "two", 1, big);
	ok(has(shelf, "one", 1, big) && has(shelf, "two", 1, big), "two find room");
	put(shelf, "two", 1, big);
	ok(has(shelf, "one", 1, big) && has(shelf, "two", 1, big), "put again, it takes no more");
	put(shelf, "three", 1, big);
	ok(has(shelf, "one", 1, NULL) && has(shelf, "two", 1, NULL) && has(shelf, "three", 1, big), "the third sends them away");
	shelf_close(shelf);
	is_int(ERR_OK, shelf_open(1000, &shelf), "a tiny one");
	put(shelf, "one", 1, big);
	ok(has(shelf, "one", 1, NULL), "what is larger than all of it is not kept");
	shelf_close(shelf);
	shelf_close(NULL);
}

static void
check_lock(void)
{
	struct crypt_lock	*one = NULL, *other = NULL;
	char			 locked[5 + CRYPT_LOCK_MORE], again[5 + CRYPT_LOCK_MORE], plain[6] = "";

	is_int(ERR_OK, crypt_lock_open(&one), "a lock");
	is_int(ERR_OK, crypt_lock_open(&other), "and another");
	crypt_lock(one, "words", 5, locked);
	crypt_lock(one, "words", 5, again);
	ok(memcmp(locked, again, sizeof(locked)) != 0, "twice the same does not look the same");
	ok(memmem(locked, sizeof(locked), "words", 5) == NULL, "nor like itself");
	is_int(ERR_INVALID, crypt_unlock(other, locked, sizeof(locked), plain), "only its own key opens it");
	is_int(ERR_OK, crypt_unlock(one, locked, sizeof(locked), plain), "which does");
	is_str("words", plain, "and gives it back");
	locked[sizeof(locked) - 1] ^= 1;
	is_int(ERR_INVALID, crypt_unlock(one, locked, sizeof(locked), plain), "but not when a bit is another one");
	is_int(ERR_INVALID, crypt_unlock(one, locked, CRYPT_LOCK_MORE - 1, plain), "nor when it is too short");
	crypt_lock_close(one);
	crypt_lock_close(other);
	crypt_lock_close(NULL);
}

int
main(void)
{
	struct shelf *shelf = NULL;

	is_int(ERR_OK, crypt_open(), "crypt");
	is_int(ERR_OK, shelf_open(8 * MOST, &shelf), "a shelf");
	check_names(shelf);
	check_many(shelf);
	shelf_close(shelf);
	check_size();
	check_lock();
	return tap_end();
}
