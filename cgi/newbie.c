/* /newbie: GET welcomes and asks for a name, how to pay and the first bot's name; POST makes it so. */

#include <stdio.h>
#include <string.h>

#include "lib/app.h"
#include "lib/bot.h"
#include "lib/conf.h"
#include "lib/event.h"
#include "lib/page.h"

/* What was typed. */
struct entry {
	char	name[PERSON_NAME_CAP];
	char	bot[BOT_NAME_CAP];
};

static int
is_free(const struct call *call)
{
	return strcmp(conf_text(call->conf, CONF_BILLING), "free") == 0;
}

static void
set_view(struct call *call)
{
	app_once(call);
	view_text(call->view, "domain", conf_text(call->conf, CONF_BOTS_DOMAIN));
}

/* The same for people who have a bot: they are no newbies.  *out is 1 then. */
static enum err
has_bot(struct call *call, int *out)
{
	int64_t		n;
	enum err	err = bot_count(call->db, call->who.id, &n);

	if (err == ERR_OK)
		*out = n > 0;
	return err;
}

static enum err
welcome(struct call *call)
{
	int		has = 0;
	enum err	err;

	if ((err = has_bot(call, &has)) != ERR_OK)
		return err;
	if (has)
		return app_go(call, "/agents", NULL);
	set_view(call);
	app_field(call, "name", call->who.name);
	app_field(call, "payment", "free");
	app_field(call, "bot", "");
	return app_page(call, "newbie");
}

static void
check_payment(struct call *call)
{
	const char *payment = form_get(&call->form, "payment");

	app_field(call, "payment", payment);
	if (strcmp(payment, "card") == 0)
		app_wrong(call, "payment", "cards come later here");
	else if (strcmp(payment, "free") != 0 || !is_free(call))
		app_wrong(call, "payment", "choose how to pay");
}

static void
read_form(struct call *call, struct entry *entry)
{
	enum err	 err = form_trimmed(&call->form, "name", entry->name, sizeof(entry->name));
	const char	*fault;

	app_field(call, "name", form_get(&call->form, "name"));
	if (err != ERR_OK)
		app_wrong(call, "name", "use 200 letters at most, fewer if they have accents");
	else if (entry->name[0] == '\0')
		app_wrong(call, "name", "what should we call you?");
	check_payment(call);
	app_field(call, "bot", form_get(&call->form, "bot"));
	if (form_trimmed(&call->form, "bot", entry->bot, sizeof(entry->bot)) != ERR_OK)
		app_wrong(call, "bot", "use 40 letters or fewer");
	else if ((fault = bot_name_fault(entry->bot)) != NULL)
		app_wrong(call, "bot", fault);
}

/* Name and bot at once; *why as bot_order says it. */
static enum err
order(struct call *call, const struct entry *entry, const char **why)
{
	struct bot	bot;
	enum err	err;

	if ((err = person_rename(call->db, call->who.id, entry->name)) != ERR_OK)
		return err;
	if ((err = bot_order(call->db, call->conf, call->who.id, entry->bot, "", call->now, &bot, why)) != ERR_OK)
		return err;
	return app_event(call, EVENT_BOT_ORDER, bot.id, bot.name, NULL);
}

static enum err
make(struct call *call)
{
	struct entry	 entry = { 0 };
	const char	*why = "that does not work here";
	char		 path[64], words[160];
	int		 has = 0;
	enum err	 err;

	if ((err = has_bot(call, &has)) != ERR_OK)
		return err;
	if (has)
		return app_go(call, "/agents", NULL);
	set_view(call);
	read_form(call, &entry);
	if (app_wrongs(call) > 0)
		return app_refuse(call, "newbie");
	if ((err = order(call, &entry, &why)) == ERR_EXISTS) {
		app_taken(call, "bot", entry.bot);
		return app_refuse(call, "newbie");
	}
	if (err == ERR_INVALID) {
		app_wrong(call, "bot", why);
		return app_refuse(call, "newbie");
	}
	if (err != ERR_OK)
		return err;
	snprintf(path, sizeof(path), "/agents/%s", entry.bot);
	snprintf(words, sizeof(words), "%s is waking up.", entry.bot);
	return app_go(call, path, words);
}

static const struct route routes[] = {
	{ "GET", "/newbie", SIGNED_IN, welcome, 0 },
	{ "POST", "/newbie", SIGNED_IN, make, 0 },
};

int
main(void)
{
	return app_main("newbie", routes, sizeof(routes) / sizeof(routes[0]));
}
