/* What tests of nouns and of the worker start from: a fresh database, a configuration, people and bots. */

#ifndef BAAS_T_FIXTURE_H
#define BAAS_T_FIXTURE_H

#include <stdint.h>

#include "lib/bot.h"

struct conf;
struct db;

/*
 * A new database of schema.sql (SCHEMA from the environment, else srcdir/schema.sql) in tap_dir(), open.  Any trouble
 * here and below ends the test with status 99.
 */
struct db *fixture_db(void);

/* The path of that database. */
const char *fixture_path(void);

/*
 * A configuration in tap_dir() with a new vault: more is added to it, as lines of baas.conf; "" for none.
 * Its state_dir is tap_dir(), so fixture_db's database is the one it names.
 */
struct conf *fixture_conf(const char *more);

/* Runs one statement without parameters: for what no noun can do (a time that is past, a broken row). */
void fixture_sql(struct db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The one number or text that a SELECT gives (text: good until the next call); -1 and "" if none. */
int64_t fixture_int(struct db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *fixture_text(struct db *db, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A new person of that email; a new bot of theirs, on this machine's server. */
int64_t fixture_person(struct db *db, const char *email);
struct bot fixture_bot(struct db *db, const struct conf *conf, int64_t owner, const char *name);

#endif
