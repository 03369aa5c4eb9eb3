/* baas server list, show, anew and apply: the machines in the cloud, how each is, a new one for it, and its settings. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/log.h"
#include "lib/person.h"
#include "lib/server.h"

enum { SLICE = 200, EVENTS = 20 };	/* rows read at a time; events shown */

struct walk {
	struct db	*db;
	int64_t		 last;
	int		 n;
};

/* "" for everybody's. */
static void
print_owner(struct db *db, int64_t id)
{
	struct person owner = { 0 };

	if (id != 0 && person_get(db, id, &owner) == ERR_OK)
		admin_print(owner.email);
}

static void
print_server(void *ctx, const struct server *server)
{
	struct walk	*walk = ctx;
	char		 since[32];

	walk->last = server->id;
	walk->n++;
	clock_words(server->state_since, clock_now(), since);
	printf("%s|%s|%s|%" PRId64 "|%s|", server->minion, server_state_word(server->state), server->state_since == 0 ? "" : since,
	    server->bots, server->address);
	print_owner(walk->db, server->person);
	putchar('|');
	admin_print(server->reason);
	putchar('\n');
}

enum err
server_ls(struct admin *admin)
{
	struct walk	walk = { .db = admin->db };
	enum err	err = ERR_OK;

	printf("minion|state|since|bots|address|owner|reason\n");
	do {
		walk.n = 0;
		err = server_list(admin->db, walk.last, SLICE, print_server, &walk);
	} while (err == ERR_OK && walk.n == SLICE);
	return err;
}

/* -- one of them -- */

static enum err
find(struct admin *admin, struct server *out)
{
	const char	*name = admin->argv[0];
	struct person	 person;
	enum err	 err;

	if (strchr(name, '@') == NULL) {
		if ((err = server_of_minion(admin->db, name, out)) == ERR_NOTFOUND)
			log_fault(name, "there is no such server: baas server list has all");
		return err;
	}
	if ((err = admin_person(admin, name, &person)) != ERR_OK)
		return err;
	if ((err = server_of_person(admin->db, person.id, out)) == ERR_NOTFOUND)
		log_fault("person", "has no server");
	return err;
}

static void
show_steps(const struct server *server)
{
	static const char *const	names[SERVER_STEP__MAX] = {
		[SERVER_STEP_VOLUME] = "volume", [SERVER_STEP_ADDRESS] = "address", [SERVER_STEP_MACHINE] = "machine",
		[SERVER_STEP_BOOT] = "start", [SERVER_STEP_JOIN] = "first boot", [SERVER_STEP_PUB] = "bots",
	};
	static const char *const	words[] = {
		[SERVER_STEP_TO_COME] = "to come", [SERVER_STEP_NOW] = "now", [SERVER_STEP_DONE] = "done",
	};
	struct server_way		way[SERVER_STEP__MAX];

	server_steps(server, way);
	printf("steps\n");
	for (int i = 0; i < SERVER_STEP__MAX; i++)
		printf("  %-11s %-8s usually %d to %d s\n", names[i], words[way[i].state], way[i].usual_least, way[i].usual_most);
}

/* What this database had the cloud make for it, and when. */
static enum err
show_makings(struct db *db, int64_t server)
{
	static const char sql[] =
	    "SELECT kind, generation, made_at, thing FROM makings WHERE server_id = ?1 ORDER BY made_at, mark";
	struct stmt	*st = db_stmt(db, sql);
	char		 when[32];
	enum err	 err;

	printf("made\n");
	db_int(st, 1, server);
	while ((err = db_row(st)) == ERR_OK) {
		clock_words(db_col_int(st, 2), clock_now(), when);
		printf("  %s  %s of generation %" PRId64 "  %s\n", when, db_col_text(st, 0), db_col_int(st, 1),
		    *db_col_text(st, 3) == '\0' ? "(not known yet)" : db_col_text(st, 3));
	}
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static void
show_parts(const struct server *server)
{
	const struct {
		const char	*label, *id;
	} parts[] = {
		{ "group", server->group_id }, { "volume", server->volume_id }, { "ip", server->ip_id }, { "ip6", server->ip6_id },
		{ "machine", server->cloud_id }, { "root", server->root_id },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		admin_field(parts[i].label, parts[i].id);
}

static void
show_state(const struct admin *admin, const struct server *server)
{
	char number[64];

	admin_field("minion", server->minion);
	printf("%-12s ", "owner");
	print_owner(admin->db, server->person);
	printf("%s\n", server->person == 0 ? "everybody" : "");
	admin_field("wanted", server->gone ? "gone" : server->anew != server->seen_anew ? "up, on a new machine" : "up");
	admin_field("state", server_state_word(server->state));
	admin_when("since", server->state_since);
	admin_field("reason", server->reason);
	snprintf(number, sizeof(number), "%" PRId64 ", %" PRId64 " to run", server->bots, server->awake);
	admin_field("bots", number);
	admin_field("address", server->address);
	admin_field("address6", server->address6);
	snprintf(number, sizeof(number), "%" PRId64 ", %" PRId64 " in a row did not join", server->generation, server->tries);
	admin_field("generation", number);
	admin_field("master", *server->master == '\0' ? conf_text(admin->conf, CONF_SALT_MASTER) : server->master);
}

static void
show_times(const struct server *server)
{
	char rev[64];

	admin_when("ordered", server->created_at);
	admin_when("seeded", server->seeded_at);
	admin_when("started", server->powered_at);
	admin_when("joined", server->joined_at);
	admin_when("applied", server->applied_at);
	snprintf(rev, sizeof(rev), "%" PRId64 " of %" PRId64, server->applied_rev, server->rev);
	admin_field("rev", rev);
	admin_when("seen", server->seen_at);
}

enum err
server_show(struct admin *admin)
{
	struct server	server;
	enum err	err;

	if ((err = find(admin, &server)) != ERR_OK)
		return err;
	show_state(admin, &server);
	if (server.person == 0)
		return ERR_OK;
	show_times(&server);
	show_parts(&server);
	show_steps(&server);
	if ((err = show_makings(admin->db, server.id)) != ERR_OK)
		return err;
	printf("events\n");
	return event_of_server(admin->db, server.person, EVENTS, admin_print_event, NULL);
}

/* -- a new machine -- */

static enum err
wish(struct admin *admin, const struct server *server)
{
	enum err err;

	if ((err = db_begin(admin->db)) != ERR_OK)
		return err;
	if ((err = server_anew(admin->db, server->id)) == ERR_OK &&
	    (err = admin_event(admin, EVENT_ADMIN_ANEW, server->person, server->minion)) == ERR_OK)
		err = db_commit(admin->db);
	db_rollback(admin->db);
	return err;
}

enum err
server_renew(struct admin *admin)
{
	struct server	server;
	enum err	err;

	if ((err = find(admin, &server)) != ERR_OK)
		return err;
	if (server.person == 0) {
		log_fault(server.minion, "is this very machine");
		return ERR_INVALID;
	}
	if (server.gone || server.state == SERVER_LEAVING) {
		log_fault(server.minion, "is to go: there is no bot on it");
		return ERR_INVALID;
	}
	if ((err = wish(admin, &server)) == ERR_OK)
		printf("%s: the worker makes a new machine for it, with its volume and its address\n", server.minion);
	return err;
}

/* -- a changed configuration -- */

static enum err
apply(struct admin *admin, const struct server *server)
{
	enum err err;

	if ((err = db_begin(admin->db)) != ERR_OK)
		return err;
	if ((err = server_apply(admin->db, server->id)) == ERR_OK &&
	    (err = bot_wake_all(admin->db, server->id, clock_now())) == ERR_OK &&
	    (err = admin_event(admin, EVENT_ADMIN_APPLY, server->person, server->minion)) == ERR_OK)
		err = db_commit(admin->db);
	db_rollback(admin->db);
	if (err == ERR_NOTFOUND)
		log_fault(server->minion, server->id == 0 ? "there is no server" : "is to go");
	return err;
}

enum err
server_again(struct admin *admin)
{
	struct server	server = { .minion = "all" };
	enum err	err = ERR_OK;

	if (strcmp(admin->argv[0], "all") != 0 && (err = find(admin, &server)) != ERR_OK)
		return err;
	if ((err = apply(admin, &server)) == ERR_OK)
		printf("%s: the worker has it brought to what the configuration says now\n", server.minion);
	return err;
}
