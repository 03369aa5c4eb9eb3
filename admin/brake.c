/* baas brake, baas brake lift KIND: what the worker may still delete today, and letting it delete more. */

#include <inttypes.h>
#include <stdio.h>

#include "admin/admin.h"
#include "lib/brake.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/log.h"

static enum err
print_kind(struct admin *admin, enum brake_kind kind)
{
	int64_t		deleted, there, waiting;
	enum err	err;

	if ((err = brake_count(admin->db, kind, clock_now(), &deleted)) != ERR_OK ||
	    (err = brake_there(admin->db, kind, &there)) != ERR_OK ||
	    (err = brake_waiting(admin->db, kind, clock_now(), &waiting)) != ERR_OK)
		return err;
	printf("%s|%" PRId64 "|%" PRId64 "|%" PRId64 "|%s\n", brake_word(kind), deleted, brake_limit(there), waiting,
	    waiting > 0 && deleted >= brake_limit(there) ? "waits for baas brake lift" : "");
	return ERR_OK;
}

enum err
brake_ls(struct admin *admin)
{
	enum err err = ERR_OK;

	printf("kind|deleted in 24 hours|of at most|to be deleted|then\n");
	for (int i = 0; i < BRAKE__MAX && err == ERR_OK; i++)
		err = print_kind(admin, (enum brake_kind)i);
	return err;
}

enum err
brake_release(struct admin *admin)
{
	char		actor[ADMIN_ACTOR_CAP];
	enum brake_kind	kind;
	enum err	err;

	if ((err = brake_of_word(admin->argv[0], &kind)) != ERR_OK) {
		log_fault(admin->argv[0], "there is no such brake: server, volume, ip, ip6 or bot");
		return err;
	}
	admin_actor(actor);
	if ((err = db_begin(admin->db)) != ERR_OK)
		return err;
	if ((err = brake_lift(admin->db, kind, actor, clock_now())) == ERR_OK)
		err = db_commit(admin->db);
	db_rollback(admin->db);
	return err;
}
