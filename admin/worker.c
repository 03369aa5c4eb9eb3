/* baas worker act, baas worker report: whether the worker does what it finds to do, or only says so. */

#include <stdio.h>

#include "admin/admin.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/house.h"

static enum err
settle(struct admin *admin, int reporting)
{
	char		home[HOUSE_HOME_CAP];
	enum err	err;

	if ((err = house_here(conf_text(admin->conf, CONF_DATABASE), home)) != ERR_OK || (err = db_begin(admin->db)) != ERR_OK)
		return err;
	if ((err = house_settle(admin->db, home, reporting)) == ERR_OK &&
	    (err = admin_event(admin, reporting ? EVENT_ADMIN_REPORT : EVENT_ADMIN_ACT, 0, "")) == ERR_OK)
		err = db_commit(admin->db);
	db_rollback(admin->db);
	return err;
}

/* This file is the database from now on, wherever it came from. */
enum err
worker_act(struct admin *admin)
{
	return settle(admin, 0);
}

enum err
worker_report(struct admin *admin)
{
	return settle(admin, 1);
}
