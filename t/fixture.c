/* What tests of nouns and of the worker start from. */

#include "t/fixture.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/person.h"
#include "lib/server.h"
#include "lib/vault.h"
#include "t/tap.h"

static void
must(int good, const char *what)
{
	if (!good) {
		printf("Bail out! fixture: %s\n", what);
		exit(99);
	}
}

static char *
read_file(const char *path)
{
	FILE	*f = fopen(path, "re");
	char	*text = NULL;
	size_t	 cap = 0;

	must(f != NULL, path);
	must(getdelim(&text, &cap, '\0', f) > 0, path);
	fclose(f);
	return text;
}

/* A file of the source's top, as an absolute path, as configurations want it. */
static const char *
source_path(const char *name)
{
	static char	 path[PATH_MAX];
	char		 here[PATH_MAX];
	const char	*srcdir = getenv("srcdir");

	snprintf(here, sizeof(here), "%s/%s", srcdir == NULL ? "." : srcdir, name);
	must(realpath(here, path) != NULL, here);
	return path;
}

static const char *
schema_path(void)
{
	static char	 path[4096];
	const char	*schema = getenv("SCHEMA");
	const char	*srcdir = getenv("srcdir");

	if (schema != NULL)
		return schema;
	snprintf(path, sizeof(path), "%s/schema.sql", srcdir == NULL ? "." : srcdir);
	return path;
}

const char *
fixture_path(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/baas.db", tap_dir());
	return path;
}

struct db *
fixture_db(void)
{
	struct db	*db = NULL;
	char		*schema = read_file(schema_path());

	log_open("t");
	must(crypt_open() == ERR_OK, "crypt_open");
	must(db_open(fixture_path(), DB_CREATE, &db) == ERR_OK, "db_open");
	fixture_sql(db, "PRAGMA synchronous = OFF");	/* it need not outlive the test */
	must(db_script(db, schema) == ERR_OK, "schema.sql");
	must(server_local(db, "192.0.2.1", clock_now()) == ERR_OK, "server_local");
	free(schema);
	return db;
}

struct conf *
fixture_conf(const char *more)
{
	struct conf	*conf = NULL;
	char		 path[4096];
	FILE		*f;

	snprintf(path, sizeof(path), "%s/baas.conf", tap_dir());
	f = fopen(path, "we");
	must(f != NULL, path);
	fprintf(f, "state_dir = %s\n%s\n", tap_dir(), more);
	if (strstr(more, "scaleway.first_boot") == NULL)
		fprintf(f, "scaleway.first_boot = %s\n", source_path("etc/first-boot.yaml"));
	must(fclose(f) == 0, path);
	must(conf_open(path, &conf) == ERR_OK, "conf_open");
	must(vault_new(conf) != ERR_FAULT, "vault_new");
	return conf;
}

__attribute__((format(printf, 1, 0)))
static char *
format_sql(const char *format, va_list ap)
{
	char *sql = NULL;

	must(vasprintf(&sql, format, ap) != -1, "memory");
	return sql;
}

void
fixture_sql(struct db *db, const char *format, ...)
{
	va_list	 ap;
	char	*sql;

	va_start(ap, format);
	sql = format_sql(format, ap);
	va_end(ap);
	must(db_script(db, sql) == ERR_OK, sql);
	free(sql);
}

struct found {
	int64_t	number;
	char	text[4096];
};

static void
take(void *ctx, struct stmt *st)
{
	struct found *found = ctx;

	found->number = db_col_int(st, 0);
	snprintf(found->text, sizeof(found->text), "%s", db_col_text(st, 0));
}

__attribute__((format(printf, 2, 0)))
static void
find(struct db *db, const char *format, va_list ap, struct found *found)
{
	char *sql = format_sql(format, ap);

	found->number = -1;
	found->text[0] = '\0';
	must(db_query(db, sql, take, found) == ERR_OK, sql);
	free(sql);
}

int64_t
fixture_int(struct db *db, const char *format, ...)
{
	struct found	found;
	va_list		ap;

	va_start(ap, format);
	find(db, format, ap, &found);
	va_end(ap);
	return found.number;
}

const char *
fixture_text(struct db *db, const char *format, ...)
{
	static struct found	found;
	va_list			ap;

	va_start(ap, format);
	find(db, format, ap, &found);
	va_end(ap);
	return found.text;
}

int64_t
fixture_person(struct db *db, const char *email)
{
	int64_t id = 0;

	must(person_order(db, email, "no hash", &id) == ERR_OK, "person_order");
	return id;
}

struct bot
fixture_bot(struct db *db, const struct conf *conf, int64_t owner, const char *name)
{
	struct bot	 bot;
	const char	*why = "";

	if (bot_order(db, conf, owner, name, "", clock_now(), &bot, &why) != ERR_OK)
		must(0, why);
	return bot;
}
