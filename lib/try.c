/* The table tries: what is throttled.  Subjects that don't exist are counted like those that do. */

#include "lib/try.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/crypt.h"
#include "lib/db.h"

static const int64_t	memory = CLOCK_DAY;
static const int64_t	slack = 5 * CLOCK_SECOND;	/* that a request may be younger than another's failure */

/*
 * How a kind of subject is counted: tries that no delay comes after, the delay after the next one (each further one doubles
 * it, up to longest), and the time that takes one try back.
 */
struct kind {
	const char	*prefix;
	int64_t		 free, first, longest, forgive;
};

static const struct kind kinds[] = {
	{ "address:", 50, CLOCK_SECOND, 15 * CLOCK_MINUTE, CLOCK_MINUTE },
	{ "new:", 29, CLOCK_MINUTE, 10 * CLOCK_MINUTE, 10 * CLOCK_MINUTE },
	{ "mail:", 1, 15 * CLOCK_MINUTE, 12 * CLOCK_HOUR, INT64_MAX },
	{ "", 5, CLOCK_SECOND, 15 * CLOCK_MINUTE, INT64_MAX },		/* all others */
};

static const struct kind *
kind_of(const char *subject)
{
	const struct kind *kind = kinds;

	while (strncmp(subject, kind->prefix, strlen(kind->prefix)) != 0)
		kind++;
	return kind;
}

/* "<kind>:<hash>" of one text or of two. */
static void
write_hash(const char *kind, const char *first, const char *second, char out[TRY_SUBJECT_CAP])
{
	unsigned char	hash[CRYPT_HASH_LEN], both[2 * CRYPT_HASH_LEN];
	int		n = snprintf(out, TRY_SUBJECT_CAP, "%s:", kind);

	crypt_hash(first, strlen(first), both);
	crypt_hash(second, strlen(second), both + CRYPT_HASH_LEN);
	crypt_hash(both, sizeof(both), hash);
	for (size_t i = 0; i < sizeof(hash) && n > 0 && n < TRY_SUBJECT_CAP - 2; i++)
		n += snprintf(out + n, (size_t)(TRY_SUBJECT_CAP - n), "%02x", hash[i]);
}

void
try_account(const char *email, char out[TRY_SUBJECT_CAP])
{
	write_hash("account", email, "", out);
}

void
try_device(const char *token, const char *email, char out[TRY_SUBJECT_CAP])
{
	write_hash("device", token, email, out);
}

void
try_session(const char *key, char out[TRY_SUBJECT_CAP])
{
	write_hash("session", key, "", out);
}

void
try_link(const char *token, char out[TRY_SUBJECT_CAP])
{
	write_hash("link", token, "", out);
}

void
try_mail(const char *email, char out[TRY_SUBJECT_CAP])
{
	write_hash("mail", email, "", out);
}

/* Writes an IPv6 address with its lower half cleared; one that stands for an IPv4 address becomes that one. */
static void
write_six(const char *kind, const struct in6_addr *six, char out[TRY_SUBJECT_CAP])
{
	struct in6_addr	net = *six;
	char		text[INET6_ADDRSTRLEN] = "?";

	if (IN6_IS_ADDR_V4MAPPED(six)) {
		inet_ntop(AF_INET, &six->s6_addr[12], text, sizeof(text));
		snprintf(out, TRY_SUBJECT_CAP, "%s:%s", kind, text);
		return;
	}
	memset(&net.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &net, text, sizeof(text));
	snprintf(out, TRY_SUBJECT_CAP, "%s:%s/64", kind, text);
}

static void
write_address(const char *kind, const char *ip, char out[TRY_SUBJECT_CAP])
{
	struct in_addr	four;
	struct in6_addr	six;
	char		text[INET_ADDRSTRLEN] = "?";

	if (inet_pton(AF_INET6, ip, &six) == 1) {
		write_six(kind, &six, out);
		return;
	}
	if (inet_pton(AF_INET, ip, &four) == 1)
		inet_ntop(AF_INET, &four, text, sizeof(text));
	snprintf(out, TRY_SUBJECT_CAP, "%s:%s", kind, text);
}

void
try_address(const char *ip, char out[TRY_SUBJECT_CAP])
{
	write_address("address", ip, out);
}

void
try_new(const char *ip, char out[TRY_SUBJECT_CAP])
{
	write_address("new", ip, out);
}

/* The delay after that many failures in a row. */
static int64_t
delay(const struct kind *kind, int64_t count)
{
	int64_t ms = kind->first;

	if (count <= kind->free)
		return 0;
	for (int64_t i = kind->free + 1; i < count && ms < kind->longest; i++)
		ms *= 2;
	return ms < kind->longest ? ms : kind->longest;
}

/*
 * A failure in the future is from before the clock was set back.  How long ago that was nobody knows: one try more
 * does less harm than a wait until the clock has caught up.
 */
static int64_t
left(const struct kind *kind, int64_t count, int64_t last, int64_t now)
{
	int64_t gone = now > last ? now - last : 0;
	int64_t wait = delay(kind, count - gone / kind->forgive);

	if (gone > memory || gone >= wait || last > now + slack)
		return 0;
	return wait - gone;
}

enum err
try_wait(struct db *db, const char *subject, int64_t now, int64_t *out)
{
	static const char sql[] = "SELECT count, last_at FROM tries WHERE subject = ?1";
	struct stmt	*st = db_stmt(db, sql);
	enum err	 err;

	db_text(st, 1, subject);
	if ((err = db_row(st)) == ERR_OK) {
		*out = left(kind_of(subject), db_col_int(st, 0), db_col_int(st, 1), now);
	} else if (err == ERR_NOTFOUND) {
		*out = 0;
		err = ERR_OK;
	}
	db_done(st);
	return err;
}

enum err
try_failed(struct db *db, const char *subject, int64_t now)
{
	static const char sql[] =
	    "INSERT INTO tries (subject, count, last_at) VALUES (?1, 1, ?2)"
	    " ON CONFLICT (subject) DO UPDATE SET"
	    " count = iif(last_at < ?3, 0, max(0, count - max(0, ?2 - last_at) / ?4)) + 1, last_at = ?2";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, subject);
	db_int(st, 2, now);
	db_int(st, 3, now - memory);
	db_int(st, 4, kind_of(subject)->forgive);
	return db_run(st);
}

enum err
try_clear(struct db *db, const char *subject)
{
	static const char sql[] = "DELETE FROM tries WHERE subject = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, subject);
	return db_run(st);
}

enum err
try_count(struct db *db, const char *subject, int64_t *out)
{
	static const char sql[] = "SELECT coalesce(max(count), 0) FROM tries WHERE subject = ?1";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, subject);
	return db_one_int(st, out);
}

enum err
try_forgive(struct db *db, const char *subject)
{
	static const char sql[] = "UPDATE tries SET count = count - 1 WHERE subject = ?1 AND count > 0";
	struct stmt *st = db_stmt(db, sql);

	db_text(st, 1, subject);
	return db_run(st);
}

enum err
try_thin(struct db *db, int64_t now, int limit)
{
	static const char sql[] =
	    "DELETE FROM tries WHERE subject IN (SELECT subject FROM tries WHERE last_at < ?1 LIMIT ?2)";
	struct stmt *st = db_stmt(db, sql);

	db_int(st, 1, now - memory);
	db_int(st, 2, limit);
	return db_run(st);
}
