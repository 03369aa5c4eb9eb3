/* lib/orphan: what a look has found and no row wants. */

#include "lib/orphan.h"

#include <stdio.h>

#include "lib/db.h"
#include "t/fixture.h"
#include "t/tap.h"

struct found {
	struct db	*db;
	struct orphan	 last;
	int		 n, forget;
};

static void
take(void *ctx, const struct orphan *orphan)
{
	struct found *found = ctx;

	found->n++;
	found->last = *orphan;
	if (found->forget)
		is_int(ERR_OK, orphan_forget(found->db, orphan->id), "forgotten while listing");
}

/* The volume that was found at 100. */
static void
check_kept(struct db *db)
{
	is_int(ERR_OK, orphan_keep(db, "volume", "v1", 250), "it is on its way somewhere");
	is_int(ERR_OK, orphan_keep(db, "volume", "v2", 250), "as is what is no orphan");
	is_int(ERR_OK, orphan_thin(db, 250, 0), "and neither was seen at rest");
	is_int(1, (int)fixture_int(db, "SELECT count(*) FROM orphans WHERE found_at = 100"), "it stays what it was");
	is_int(1, (int)fixture_int(db, "SELECT count(*) FROM orphans"), "and the other becomes none");
}

/* Two, of which an admin wants the later one gone. */
static void
check_seen(struct db *db)
{
	struct orphan	 one = { .kind = "volume", .thing = "v1", .name = "baas-data-1", .ours = 1 };
	struct orphan	 two = { .kind = "ip", .thing = "v1", .name = "", .ours = 0 };
	struct found	 found = { .db = db };
	int		 fresh = -1;

	is_int(ERR_OK, orphan_saw(db, &one, 100, &fresh), "a volume");
	is_int(1, fresh, "is new");
	is_int(ERR_OK, orphan_saw(db, &one, 200, &fresh), "seen again");
	is_int(0, fresh, "it is known");
	is_int(ERR_OK, orphan_saw(db, &two, 150, &fresh), "an address of the same id");
	is_int(1, fresh, "is another");
	is_int(ERR_OK, orphan_list(db, take, &found), "both");
	is_int(2, found.n, "are listed");
	is_str("ip", found.last.kind, "the later one last");
	is_int(0, found.last.drop_it, "nobody wants it gone");
	is_int(ERR_NOTFOUND, orphan_drop(db, 999), "one that there is not");
	is_int(ERR_OK, orphan_drop(db, found.last.id), "an admin does");
	is_int(ERR_OK, orphan_saw(db, &two, 160, &fresh), "it is seen again");
	is_int(ERR_OK, orphan_list(db, take, &found), "listed");
	is_int(1, found.last.drop_it, "and still wanted gone");
	is_int(150, found.last.found_at, "found then");
	is_int(160, found.last.seen_at, "seen then");
}

int
main(void)
{
	struct db	*db = fixture_db();
	struct orphan	 two = { .kind = "ip", .thing = "v1", .name = "", .ours = 0 };
	struct found	 found = { .db = db };
	int		 fresh = -1;

	check_seen(db);
	is_int(ERR_OK, orphan_thin(db, 999, 1), "keys are others' business");
	is_int(2, (int)fixture_int(db, "SELECT count(*) FROM orphans"), "so both stay");
	is_int(ERR_OK, orphan_thin(db, 161, 0), "a whole look without it");
	found.n = 0;
	is_int(ERR_OK, orphan_list(db, take, &found), "listed");
	is_int(1, found.n, "one is left");
	is_str("volume", found.last.kind, "that was seen");
	is_int(100, found.last.found_at, "first then");
	is_int(1, found.last.ours, "and is ours");
	check_kept(db);
	found.forget = 1;
	is_int(ERR_OK, orphan_saw(db, &two, 300, &fresh), "the other comes back");
	is_int(ERR_OK, orphan_list(db, take, &found), "each may be forgotten");
	is_int(0, (int)fixture_int(db, "SELECT count(*) FROM orphans"), "none is left");
	is_int(0, db_open_statements(db), "no statement is left open");
	db_close(db);
	return tap_end();
}
