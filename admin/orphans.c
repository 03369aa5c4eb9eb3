/* baas orphan list, baas orphan delete ID: what the cloud has that looks like ours and that nobody wants. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/orphan.h"

/* Somebody has shown it under a minion's name: the worker only reports it, and forgets it once it is on no master's list. */
static int
is_key(const struct orphan *orphan)
{
	return strcmp(orphan->kind, "key") == 0;
}

/* What becomes of it. */
static const char *
fate(const struct orphan *orphan)
{
	if (is_key(orphan))
		return "was denied by a Salt master: see there, in pki/minions_denied";
	if (orphan->drop_it)
		return "to be deleted";
	return orphan->ours ? "deleted a day after it was found" : "waits for baas orphan delete";
}

static void
print_orphan(void *ctx, const struct orphan *orphan)
{
	char found[32];

	(void)ctx;
	clock_words(orphan->found_at, clock_now(), found);
	printf("%" PRId64 "|%s|%s|", orphan->id, orphan->kind, orphan->thing);
	admin_print(orphan->name);
	printf("|%s|%s\n", found, fate(orphan));
}

enum err
orphan_ls(struct admin *admin)
{
	printf("id|kind|thing|name|found|then\n");
	return orphan_list(admin->db, print_orphan, NULL);
}

struct search {
	int64_t		id;
	struct orphan	found;		/* id 0: not yet */
};

static void
look(void *ctx, const struct orphan *orphan)
{
	struct search *search = ctx;

	if (orphan->id == search->id)
		search->found = *orphan;
}

static int64_t
read_id(const char *text)
{
	char		*end;
	long long	 id;

	errno = 0;
	id = strtoll(text, &end, 10);
	return errno != 0 || end == text || *end != '\0' || id < 1 ? 0 : id;
}

static enum err
drop(struct admin *admin, const struct orphan *orphan)
{
	char		what[sizeof(orphan->kind) + sizeof(orphan->thing) + 1];
	enum err	err;

	snprintf(what, sizeof(what), "%s %s", orphan->kind, orphan->thing);
	if ((err = db_begin(admin->db)) != ERR_OK)
		return err;
	if ((err = orphan_drop(admin->db, orphan->id)) == ERR_OK && (err = admin_event(admin, EVENT_ADMIN_ORPHAN, 0, what)) == ERR_OK)
		err = db_commit(admin->db);
	db_rollback(admin->db);
	return err;
}

enum err
orphan_rm(struct admin *admin)
{
	struct search	search = { .id = read_id(admin->argv[0]) };
	enum err	err;

	if ((err = orphan_list(admin->db, look, &search)) != ERR_OK)
		return err;
	if (search.found.id == 0) {
		log_fault(admin->argv[0], "there is no such orphan: baas orphan list has their numbers");
		return ERR_NOTFOUND;
	}
	if (is_key(&search.found)) {
		log_fault(search.found.thing, "%s", fate(&search.found));
		return ERR_INVALID;
	}
	return drop(admin, &search.found);
}
