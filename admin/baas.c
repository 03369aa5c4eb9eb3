/* baas [-c CONF] VERB ...: the admin's tool.  Finds the verb in its table and opens what that needs. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/jail.h"
#include "lib/log.h"

enum needs { NOTHING, CONF, READ, WRITE };
enum { MANY = 1000 };

struct verb {
	const char	*words[2];	/* "bot", "list"; the second may be NULL */
	const char	*args;		/* as usage tells them */
	int		 min, max;	/* how many of them */
	enum needs	 needs;
	enum err	(*run)(struct admin *);
	const char	*help;
};

static const struct verb verbs[] = {
	{ { "init", NULL }, "", 0, 0, CONF, init, "make what is missing: state directory, keys, database" },
	{ { "doctor", NULL }, "", 0, 0, NOTHING, doctor, "what is wrong, and what to do" },
	{ { "sql", NULL }, "[TEXT]", 0, 1, READ, sql, "read the database (TEXT, or standard input)" },
	{ { "person", "list" }, "", 0, 0, READ, person_ls, "everybody" },
	{ { "person", "suspend" }, "EMAIL REASON...", 2, MANY, WRITE, person_suspend, "pause all their bots" },
	{ { "person", "resume" }, "EMAIL", 1, 1, WRITE, person_resume, "wake them again" },
	{ { "bot", "list" }, "", 0, 0, READ, bot_ls, "every bot" },
	{ { "bot", "show" }, "NAME", 1, 1, READ, bot_show, "all about one bot" },
	{ { "bots", "stop" }, "", 0, 0, CONF, bots_stop, "stop all bots of this machine; wishes stay" },
	{ { "server", "list" }, "", 0, 0, READ, server_ls, "every server" },
	{ { "server", "show" }, "MINION|EMAIL", 1, 1, READ, server_show, "all about one server" },
	{ { "server", "anew" }, "MINION|EMAIL", 1, 1, WRITE, server_renew, "have a new machine made for it" },
	{ { "server", "apply" }, "MINION|EMAIL|all", 1, 1, WRITE, server_again, "bring it to the configuration now" },
	{ { "orphan", "list" }, "", 0, 0, READ, orphan_ls, "what is left over in the cloud" },
	{ { "orphan", "delete" }, "ID", 1, 1, WRITE, orphan_rm, "have the worker delete one" },
	{ { "brake", "lift" }, "server|volume|ip|ip6|bot", 1, 1, WRITE, brake_release, "let it delete more of these" },
	{ { "brake", NULL }, "", 0, 0, READ, brake_ls, "what was deleted in 24 hours, and what waits" },
	{ { "worker", "act" }, "", 0, 0, WRITE, worker_act, "have the worker do what it finds to do" },
	{ { "worker", "report" }, "", 0, 0, WRITE, worker_report, "have it only say what it would do" },
	{ { "backup", NULL }, "FILE", 1, 1, WRITE, backup, "copy the database into a new file" },
	{ { "restore", NULL }, "FILE", 1, 1, CONF, restore, "put a backup in the database's place" },
	{ { "lighttpd", "public" }, "DIR [PORT]", 1, 2, CONF, lighttpd, "print lighttpd's configuration" },
	{ { "lighttpd", "private" }, "DIR", 1, 1, CONF, lighttpd_private, "likewise, of the one that Salt masters ask" },
};

static int
usage(void)
{
	fprintf(stderr, "usage: baas [-c CONF] VERB ...\n");
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		char	line[64];
		int	n = snprintf(line, sizeof(line), "%s %s %s", verbs[i].words[0],
			    verbs[i].words[1] == NULL ? verbs[i].args : verbs[i].words[1],
			    verbs[i].words[1] == NULL ? "" : verbs[i].args);

		if (n > 0 && (size_t)n < sizeof(line))
			fprintf(stderr, "  %-32s%s\n", line, verbs[i].help);
	}
	return 2;
}

/* The verb that these words name; admin gets what is left of them. */
static const struct verb *
find(int argc, char **argv, struct admin *admin)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb	*verb = &verbs[i];
		int			 words = verb->words[1] == NULL ? 1 : 2;

		if (argc < words || strcmp(argv[0], verb->words[0]) != 0)
			continue;
		if (words == 2 && strcmp(argv[1], verb->words[1]) != 0)
			continue;
		admin->argc = argc - words;
		admin->argv = argv + words;
		return admin->argc < verb->min || admin->argc > verb->max ? NULL : verb;
	}
	return NULL;
}

static enum err
run(const struct verb *verb, struct admin *admin)
{
	enum err err = ERR_OK;

	if (verb->needs != NOTHING)
		err = conf_open(admin->path, &admin->conf);
	if (err == ERR_OK && verb->needs >= READ)
		err = db_open(conf_text(admin->conf, CONF_DATABASE), verb->needs == READ ? DB_READ : DB_WRITE, &admin->db);
	if (err == ERR_OK)
		err = verb->run(admin);
	db_close(admin->db);
	conf_close(admin->conf);
	return err;
}

int
main(int argc, char **argv)
{
	struct admin		 admin = { 0 };
	const struct verb	*verb;
	int			 c;

	log_open("baas");
	while ((c = getopt(argc, argv, "+c:")) != -1) {
		if (c != 'c')
			return usage();
		admin.path = optarg;
	}
	if ((verb = find(argc - optind, argv + optind, &admin)) == NULL)
		return usage();
	if (jail_restrain() != ERR_OK || crypt_open() != ERR_OK || run(verb, &admin) != ERR_OK)
		return 1;
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_fault("standard output", "can't write to it");
		return 1;
	}
	return 0;
}
