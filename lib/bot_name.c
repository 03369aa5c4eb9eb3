/* What a bot may be called: a DNS label that nothing else here needs. */

#include "lib/bot.h"

#include <string.h>

/* Hosts, mailboxes and paths of the house, now or one day. */
static const char *const reserved[] = {
	"about", "abuse", "account", "admin", "administrator", "agents", "api", "assets", "authentication",
	"autoconfig", "autodiscover", "billing", "blog", "bot", "bots", "broadcasthost", "butt", "butts", "cdn",
	"contact", "dashboard", "default", "dev", "dns", "docs", "errors", "events", "exports", "favicon", "ftp",
	"health", "help", "home", "hooks", "host", "hostmaster", "i", "imap", "info", "invite", "invites",
	"isatap", "localdomain", "localhost", "mail", "mailer-daemon", "master", "me", "minion", "mx", "new", "newbie",
	"news", "nobody", "noreply", "no-reply", "ns", "ns1", "ns2", "ns3", "ns4", "payment", "pillar", "pop",
	"pop3", "postmaster", "private", "public", "robots", "root", "salt", "samples", "security", "server",
	"servers", "sessions", "sign", "signin", "signout", "smtp", "ssh", "ssl", "ssladmin", "sslwebmaster",
	"start", "static", "status", "support", "sysadmin", "system", "tls", "usenet", "users", "webmail",
	"webmaster", "wpad", "www", "www1", "www2",
};

static int
is_reserved(const char *name)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcmp(reserved[i], name) == 0)
			return 1;
	}
	return 0;
}

static int
is_label(const char *name)
{
	static const char	plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t			n = strlen(name);

	return strspn(name, plain) == n && name[0] != '-' && name[n - 1] != '-';
}

const char *
bot_name_fault(char name[BOT_NAME_CAP])
{
	for (char *c = name; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	}
	if (name[0] == '\0')
		return "give it a name";
	if (!is_label(name))
		return "use a-z, 0-9 and - only, and start and end with a letter or number";
	if (strlen(name) >= 4 && name[2] == '-' && name[3] == '-')	/* xn-- and its like mean something to browsers */
		return "the third and fourth letter can't both be -";
	if (is_reserved(name))
		return "that name is kept for the machinery";
	return NULL;
}
