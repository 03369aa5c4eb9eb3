/* Password hashing: 64 MiB each, so two at a time on this machine, whichever processes they are in. */

#include "lib/app_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/db.h"
#include "lib/log.h"
#include "lib/try.h"

enum {
	SLOTS = 2,
	PATIENCE = 500,		/* ms for a slot */
	STEP = 20,		/* ms between looks */
	PATH_CAP = 1024,
	COME_BACK = 2		/* seconds, in Retry-After */
};

/* Opens slot i and takes it: ERR_BUSY (not logged) if somebody has it. */
static enum err
take(const struct call *call, int i, int *out)
{
	char	path[PATH_CAP];
	int	n, fd;

	n = snprintf(path, sizeof(path), "%s/hash.%d", conf_text(call->conf, CONF_STATE_DIR), i);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		log_fault("state_dir", "too long");
		return ERR_FAULT;
	}
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		log_fault(path, "%s", strerror(errno));
		return ERR_FAULT;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		*out = fd;
		return ERR_OK;
	}
	n = errno;
	close(fd);
	if (n == EWOULDBLOCK || n == EINTR)
		return ERR_BUSY;
	log_fault(path, "%s", strerror(n));
	return ERR_FAULT;
}

static enum err
take_any(const struct call *call, int *out)
{
	enum err err = ERR_BUSY;

	for (int i = 0; i < SLOTS && err == ERR_BUSY; i++)
		err = take(call, i, out);
	return err;
}

/* A slot, or ERR_BUSY: none was free in time, or nobody waits for the answer any more. */
static enum err
slot_open(struct call *call, int *out)
{
	const struct timespec	step = { .tv_nsec = STEP * 1000000 };
	int64_t			waited = call->known || call->signed_in ? 0 : req_waited(call->req);
	int64_t			until = clock_boot() + PATIENCE - waited;
	enum err		err = ERR_BUSY;

	/* Whoever has waited for all of that already does not even try: a slot that is free is for those behind. */
	while (waited < PATIENCE && (err = take_any(call, out)) == ERR_BUSY && clock_boot() < until && req_waiting(call->req))
		nanosleep(&step, NULL);
	if (err == ERR_OK && !req_waiting(call->req)) {
		close(*out);
		err = ERR_BUSY;
	}
	if (err == ERR_BUSY)
		call->reply->retry_after = COME_BACK;
	return err;
}

/* Wipes it, too. */
static void
drop_text(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* A password in a slot. */
struct hashing {
	char	*password;		/* as it is hashed */
	int	 slot;			/* -1: none */
};

static void
hashing_close(struct hashing *h)
{
	drop_text(h->password);
	if (h->slot != -1)
		close(h->slot);
}

static enum err
hashing_open(struct call *call, const char *password, struct hashing *out)
{
	enum err err;

	*out = (struct hashing){ .slot = -1 };
	if ((err = person_password_normal(password, &out->password)) == ERR_OK)
		err = slot_open(call, &out->slot);
	if (err != ERR_OK)
		hashing_close(out);
	return err;
}

enum err
app_hash_check(struct call *call, const char *hash, const char *password)
{
	struct hashing	h;
	enum err	err = hashing_open(call, password, &h);

	if (err != ERR_OK)
		return err;
	err = crypt_password_check(hash, h.password);
	hashing_close(&h);
	return err;
}

enum err
app_hash_new(struct call *call, const char *password, char out[CRYPT_PASSWORD_CAP])
{
	struct hashing	h;
	enum err	err = hashing_open(call, password, &h);

	if (err != ERR_OK)
		return err;
	err = crypt_password_hash(h.password, out);
	hashing_close(&h);
	return err;
}

/* ERR_BUSY with status 429 while the subject has to wait. */
static enum err
throttle(struct call *call, const char *subject)
{
	int64_t		wait;
	enum err	err = try_wait(call->db, subject, call->now, &wait);

	return err != ERR_OK || wait == 0 ? err : app_wait(call, "too many tries", wait);
}

/* Remembers how it ended, in a transaction of its own.  Gives err back, or the fault. */
static enum err
note(struct call *call, const char *subject, enum err err)
{
	enum err noted;

	if (err != ERR_OK && err != ERR_INVALID)
		return err;
	if ((noted = db_begin(call->db)) != ERR_OK)
		return noted;
	noted = err == ERR_OK ? try_clear(call->db, subject) : try_failed(call->db, subject, call->now);
	if (noted == ERR_OK)
		noted = db_commit(call->db);
	db_rollback(call->db);
	return noted == ERR_OK ? err : noted;
}

/* Strangers cannot fail under it, unlike under the account. */
static void
name_subject(const struct call *call, char out[TRY_SUBJECT_CAP])
{
	if (call->session.id != 0)
		try_session(call->session.key, out);
	else
		try_account(call->who.email, out);
}

enum err
app_password(struct call *call, const char *password)
{
	char		subject[TRY_SUBJECT_CAP], hash[CRYPT_PASSWORD_CAP];
	struct hashing	h;
	enum err	err;

	if (db_in_tx(call->db)) {
		log_fault("password", "checked within a transaction");
		return ERR_FAULT;
	}
	if (*password == '\0')
		return ERR_INVALID;
	name_subject(call, subject);
	if ((err = throttle(call, subject)) != ERR_OK || (err = hashing_open(call, password, &h)) != ERR_OK)
		return err;
	/* Looked at once more while holding the slot, so that a crowd of tries at once is not a way around. */
	if ((err = throttle(call, subject)) == ERR_OK && (err = person_hash(call->db, call->who.id, hash)) == ERR_OK)
		err = note(call, subject, crypt_password_check(hash, h.password));
	hashing_close(&h);
	return err;
}
