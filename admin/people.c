/* baas person list, baas bot list, baas bot show: who and what there is. */

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

enum { SLICE = 500, EVENTS = 20 };	/* rows read at a time; events shown */

/* A walk through a table in slices. */
struct walk {
	int64_t		 last;
	int		 n;
	const char	*name;		/* show: whom we look for */
	struct bot	 found;		/* id 0: not yet */
	struct db	*db;
};

static void
print_person(void *ctx, const struct person *person)
{
	struct walk	*walk = ctx;
	char		 since[32], why[BOT_REASON_CAP] = "";

	walk->last = person->id;
	walk->n++;
	if (*person->email == '\0')	/* they have left */
		return;
	clock_words(person->created_at, clock_now(), since);
	if (bot_suspended(walk->db, person->id, why) == ERR_OK && *why == '\0')
		snprintf(why, sizeof(why), "yes");
	printf("%s|", person->key);
	admin_print(person->email);
	putchar('|');
	admin_print(person->name);
	printf("|%s|", since);
	admin_print(why);
	putchar('\n');
}

enum err
person_ls(struct admin *admin)
{
	struct walk	walk = { .db = admin->db };
	enum err	err = ERR_OK;

	printf("key|email|name|since|paused\n");
	do {
		walk.n = 0;
		err = person_list(admin->db, walk.last, SLICE, print_person, &walk);
	} while (err == ERR_OK && walk.n == SLICE);
	return err;
}

static void
print_bot(void *ctx, const struct bot *bot)
{
	struct walk	*walk = ctx;
	struct person	 owner = { 0 };

	walk->last = bot->id;
	walk->n++;
	if (person_get(walk->db, bot->owner, &owner) != ERR_OK)
		owner.email[0] = '\0';
	printf("%s|%s|%d|%s|", bot->name, bot_status_word(bot->status), bot->port, bot->key);
	admin_print(owner.email);
	putchar('\n');
}

enum err
bot_ls(struct admin *admin)
{
	struct walk	walk = { .db = admin->db };
	enum err	err = ERR_OK;

	printf("name|status|port|key|owner\n");
	do {
		walk.n = 0;
		err = bot_all(admin->db, walk.last, SLICE, print_bot, &walk);
	} while (err == ERR_OK && walk.n == SLICE);
	return err;
}

static void
look(void *ctx, const struct bot *bot)
{
	struct walk *walk = ctx;

	walk->last = bot->id;
	walk->n++;
	if (strcmp(bot->name, walk->name) == 0)
		walk->found = *bot;
}

static void
number(const char *label, int64_t value)
{
	if (value >= 0)
		printf("%-12s %" PRId64 "\n", label, value);
}

static void
show_seen(const struct bot *bot)
{
	admin_when("seen", bot->seen_at);
	admin_when("started", bot->started_at);
	admin_when("proven", bot->proven_at);
	number("fails", bot->fails);
	admin_field("reason", bot->reason);
	number("peers", bot->peers);
	number("feeds", bot->feeds);
	number("messages", bot->messages);
	number("memory", bot->memory);
	number("log", bot->disk_log);
	number("blobs", bot->disk_blobs);
	number("indexes", bot->disk_indexes);
	number("month in", bot->month_in);
	number("month out", bot->month_out);
}

/* Where it runs: its directory here, or its server. */
static void
show_place(const struct admin *admin, const struct bot *bot)
{
	struct server server;

	if (server_get(admin->db, bot->server, &server) == ERR_OK && server.person != 0)
		admin_field("server", server.minion);
	else
		printf("%-12s %s/bots/%s\n", "directory", conf_text(admin->conf, CONF_STATE_DIR), bot->dir);
}

static void
show_wish(const struct admin *admin, const struct bot *bot)
{
	struct person owner = { 0 };

	admin_field("name", bot->name);
	admin_field("status", bot_status_word(bot->status));
	admin_field("paused", bot->suspended_for);
	admin_field("wanted", bot->binned_at != 0 ? "in the bin" : bot->stopped ? "stopped" : "running");
	if (person_get(admin->db, bot->owner, &owner) == ERR_OK)
		admin_field("owner", owner.email);
	admin_field("description", bot->description);
	admin_field("key", bot->key);
	admin_field("id", bot->public_key);
	printf("%-12s %s:%d\n", "address", bot->address, bot->port);
	show_place(admin, bot);
	admin_field("release", *bot->seen_release != '\0' ? bot->seen_release : bot->release);
	admin_when("created", bot->created_at);
	if (bot->binned_at != 0)
		admin_when("erased", bot->erase_at);
}

enum err
bot_show(struct admin *admin)
{
	struct walk	walk = { .name = admin->argv[0] };
	enum err	err = ERR_OK;

	do {
		walk.n = 0;
		err = bot_all(admin->db, walk.last, SLICE, look, &walk);
	} while (err == ERR_OK && walk.found.id == 0 && walk.n == SLICE);
	if (err != ERR_OK)
		return err;
	if (walk.found.id == 0) {
		log_fault(walk.name, "there is no such bot");
		return ERR_NOTFOUND;
	}
	show_wish(admin, &walk.found);
	show_seen(&walk.found);
	printf("events\n");
	return event_list(admin->db, walk.found.id, EVENTS, admin_print_event, NULL);
}
