/* lib/conf.c: each rule of the file, and what is left unsaid in it. */

#include "lib/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "t/tap.h"

static char path[512];

static void
write_file(const char *text, size_t n)
{
	FILE *file = fopen(path, "we");

	if (file == NULL || fwrite(text, 1, n, file) != n || fclose(file) != 0)
		exit(99);
}

static const struct {
	const char	*text;
	enum err	 want;
} files[] = {
	{ "", ERR_OK },
	{ "\n# only a comment\n   \n\t# another\n", ERR_OK },
	{ "site.name=x", ERR_OK },
	{ "  site.name \t=  x y = z  \r\n", ERR_OK },
	{ "site.name", ERR_INVALID },
	{ "= x\n", ERR_INVALID },
	{ "site.nam = x\n", ERR_INVALID },
	{ "Site.name = x\n", ERR_INVALID },
	{ "site.name = x\nsite.name = x\n", ERR_INVALID },
	{ "site.contact =\nsite.contact =\n", ERR_INVALID },
	{ "site.name =\n", ERR_INVALID },
	{ "site.contact =\n", ERR_OK },
	{ "site.name = a\001b\n", ERR_INVALID },
	{ "site.name = x # a comment\n", ERR_INVALID },
	{ "site.name = x#y\n", ERR_OK },
	{ "site.url = http://127.0.0.1:8080\n", ERR_OK },
	{ "site.url = https://butt.nz\n", ERR_OK },
	{ "site.url = http://[::1]:8080\n", ERR_OK },
	{ "site.url = http://localhost:65535\n", ERR_OK },
	{ "site.url = http://localhost:65536\n", ERR_INVALID },
	{ "site.url = http://localhost:0\n", ERR_INVALID },
	{ "site.url = http://localhost:\n", ERR_INVALID },
	{ "site.url = http://localhost:08080\n", ERR_INVALID },
	{ "site.url = http://localhost:80\n", ERR_INVALID },
	{ "site.url = https://localhost:443\n", ERR_INVALID },
	{ "site.url = https://localhost:80\n", ERR_OK },
	{ "site.url = https://butt.nz/\n", ERR_INVALID },
	{ "site.url = https://butt.nz?x\n", ERR_INVALID },
	{ "site.url = https://a@butt.nz\n", ERR_INVALID },
	{ "site.url = https://Butt.nz\n", ERR_INVALID },
	{ "site.url = https://\n", ERR_INVALID },
	{ "site.url = http:\n", ERR_INVALID },
	{ "site.url = h\n", ERR_INVALID },
	{ "site.url = ftp://butt.nz\n", ERR_INVALID },
	{ "site.url = https://[::1\n", ERR_INVALID },
	{ "site.url = https://[]\n", ERR_INVALID },
	{ "site.listen = 0.0.0.0\n", ERR_OK },
	{ "site.listen = a b\n", ERR_INVALID },
	{ "site.proxy = 127.0.0.1\n", ERR_OK },
	{ "site.proxy = ::1\n", ERR_OK },
	{ "site.proxy =\n", ERR_OK },
	{ "site.proxy = [::1]\n", ERR_INVALID },
	{ "site.proxy = localhost\n", ERR_INVALID },
	{ "site.proxy = 10.0.0.0/8\n", ERR_INVALID },
	{ "site.proxy = 127.0.0.1 10.0.0.1\n", ERR_INVALID },
	{ "bots.domain = x\"y\n", ERR_INVALID },
	{ "bots.first_port = 1\n", ERR_OK },
	{ "bots.first_port = 65535\n", ERR_OK },
	{ "bots.first_port = 0\n", ERR_INVALID },
	{ "bots.first_port = 65536\n", ERR_INVALID },
	{ "bots.first_port = -1\n", ERR_INVALID },
	{ "bots.first_port = +1\n", ERR_INVALID },
	{ "bots.first_port = 0x50\n", ERR_INVALID },
	{ "bots.first_port = 8008 8009\n", ERR_INVALID },
	{ "bots.first_port = 18446744073709551617\n", ERR_INVALID },
	{ "accounts.open = on\n", ERR_OK },
	{ "accounts.open = yes\n", ERR_INVALID },
	{ "cloud = scaleway\nfleet = salt\nbilling = stripe\n", ERR_OK },
	{ "cloud = amazon\n", ERR_INVALID },
	{ "state_dir = var/baas\n", ERR_INVALID },
	{ "stripe.key_file = sk_live_0123\n", ERR_INVALID },
	{ "stripe.key_file =\n", ERR_OK },
	{ "mail = smtps://user@mail.example\n", ERR_OK },
	{ "mail = maildir:/x\n", ERR_OK },
	{ "mail = maildir:x\n", ERR_INVALID },
	{ "mail = smtp://\n", ERR_INVALID },
	{ "mail = /x\n", ERR_INVALID },
	{ "salt.url = http://127.0.0.1:1/x\n", ERR_OK },
	{ "salt.url = http://u:p@127.0.0.1\n", ERR_INVALID },
	{ "salt.url = gopher://x\n", ERR_INVALID },
};

static void
check_files(void)
{
	struct conf *conf;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		conf = NULL;
		write_file(files[i].text, strlen(files[i].text));
		is_int(files[i].want, conf_open(path, &conf), files[i].want == ERR_OK ? "is taken" : "is refused");
		if ((conf != NULL) != (files[i].want == ERR_OK))
			diag("file %zu: %s", i, files[i].text);
		conf_close(conf);
	}
	write_file("site.name = a\0b\n", 16);
	conf = NULL;
	is_int(ERR_INVALID, conf_open(path, &conf), "a NUL is refused");
	is_int(ERR_FAULT, conf_open(tap_dir(), &conf), "a directory is a fault");
	unlink(path);
	is_int(ERR_FAULT, conf_open(path, &conf), "a missing file is a fault");
	ok(conf == NULL, "and nothing is written");
}

static void
check_defaults(void)
{
	struct conf	*conf = NULL;
	int		 bad = 0;

	write_file("", 0);
	if (conf_open(path, &conf) != ERR_OK)
		return;
	for (int key = 0; key < CONF__MAX; key++) {
		if (conf_name(key) == NULL || strcmp(conf_default(key), conf_text(conf, key)) != 0) {
			diag("key %d", key);
			bad++;
		}
		for (int other = 0; other < key; other++)
			bad += strcmp(conf_name(key), conf_name(other)) == 0;
	}
	is_int(0, bad, "each key has a name of its own and its default");
	is_str("/var/lib/baas/baas.db", conf_text(conf, CONF_DATABASE), "the database's place");
	is_int(8008, conf_int(conf, CONF_BOTS_FIRST_PORT), "a number");
	is_int(1, conf_on(conf, CONF_ACCOUNTS_OPEN), "on");
	is_int(0, conf_on(conf, CONF_ACCOUNTS_VERIFY), "off");
	ok(conf_int(conf, CONF_LIMITS_BOTS_PER_SERVER) >= 1, "bots per server come from the machine's memory");
	conf_close(conf);
}

/* Every default, written into a file, is taken. */
static void
check_written_defaults(void)
{
	struct conf	*conf = NULL;
	FILE		*file = fopen(path, "we");

	if (file == NULL)
		exit(99);
	for (int key = 0; key < CONF__MAX; key++)
		fprintf(file, "%s = %s\n", conf_name(key), conf_default(key));
	fclose(file);
	is_int(ERR_OK, conf_open(path, &conf), "a file of all defaults is good");
	conf_close(conf);
}

static void
check_values(void)
{
	static const char	 text[] = "state_dir = /s\nvault.secret = /else/where\nsite.name =  a = b \r\n"
	    "limits.bots_per_server = 3";
	struct conf		*conf = NULL;

	write_file(text, sizeof(text) - 1);
	setenv("BAAS_CONF", path, 1);
	if (conf_open(NULL, &conf) != ERR_OK)
		return;
	is_str(path, conf_path(conf), "the environment names the file");
	is_str("/s/baas.db", conf_text(conf, CONF_DATABASE), "the database follows state_dir");
	is_str("/s/vault.public", conf_text(conf, CONF_VAULT_PUBLIC), "so does the vault's public half");
	is_str("maildir:/s/mail", conf_text(conf, CONF_MAIL), "and the mail");
	is_str("/else/where", conf_text(conf, CONF_VAULT_SECRET), "but not what is set by itself");
	is_str("a = b", conf_text(conf, CONF_SITE_NAME), "the first = counts, white space does not");
	is_int(3, conf_int(conf, CONF_LIMITS_BOTS_PER_SERVER), "a limit that is set is taken");
	conf_close(conf);
}

int
main(void)
{
	(void)snprintf(path, sizeof(path), "%s/baas.conf", tap_dir());
	check_files();
	check_defaults();
	check_written_defaults();
	check_values();
	return tap_end();
}
