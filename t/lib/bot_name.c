/* lib/bot_name: what a bot may be called. */

#include <stdio.h>
#include <string.h>

#include "lib/bot.h"
#include "t/tap.h"

static const char	letters[] = "use a-z, 0-9 and - only, and start and end with a letter or number";
static const char	kept[] = "that name is kept for the machinery";
static const char	dashes[] = "the third and fourth letter can't both be -";

static const struct {
	const char	*name;
	const char	*fault;		/* NULL: none */
} names[] = {
	{ "", "give it a name" },
	{ " ", letters },
	{ " my", letters },
	{ "my ", letters },
	{ "m y", letters },
	{ "-", letters },
	{ "-my", letters },
	{ "my-", letters },
	{ "my.butt", letters },
	{ "my_butt", letters },
	{ "my\n", letters },
	{ "my\tbutt", letters },
	{ "my/../you", letters },
	{ "%6dy", letters },
	{ "m\xc3\xbcll", letters },
	{ "m\xd1\x83", letters },			/* a cyrillic letter that looks like y */
	{ "\xff", letters },
	{ "x'); DROP TABLE bots; --", letters },
	{ "<b>", letters },
	{ "xn--bcher-kva", dashes },
	{ "XN--bcher-kva", dashes },
	{ "ab--cd", dashes },
	{ "www", kept },
	{ "WWW", kept },
	{ "salt", kept },
	{ "agents", kept },
	{ "start", kept },
	{ "butt", kept },
	{ "i", kept },
	{ "me", kept },
	{ "localhost", kept },
	{ "autodiscover", kept },
	{ "my", NULL },
	{ "x", NULL },
	{ "7", NULL },
	{ "my-butt", NULL },
	{ "a-b", NULL },
	{ "a--b", NULL },
	{ "abc--d", NULL },
	{ "www-my", NULL },
	{ "My", NULL },
	{ "abcdefghijklmnopqrstuvwxyz-0123456789-ab", NULL },
};

int
main(void)
{
	char name[BOT_NAME_CAP], folded[BOT_NAME_CAP] = "MY-Butt9";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(name, sizeof(name), "%s", names[i].name);
		is_str(names[i].fault, bot_name_fault(name),
		    names[i].fault == NULL ? names[i].name : names[i].fault);
	}
	is_int(BOT_NAME_CAP - 1, (int64_t)strlen(names[sizeof(names) / sizeof(names[0]) - 1].name), "the last of them has 40 letters");
	is_str(NULL, bot_name_fault(folded), "upper case is no fault");
	is_str("my-butt9", folded, "it is folded");
	return tap_end();
}
