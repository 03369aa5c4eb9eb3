/* Bots: a person's wish for a pub, and what the worker has seen of it.  Owner of the bots table, and of bots' rows in agents. */

#ifndef BAAS_LIB_BOT_H
#define BAAS_LIB_BOT_H

#include <stdint.h>

#include "lib/crypt.h"
#include "lib/err.h"

struct conf;
struct db;
struct secret;

enum {
	BOT_NAME_CAP = 41,		/* a DNS label of at most 40, and its NUL */
	BOT_DESCRIPTION_CAP = 5001,	/* bytes, NUL included */
	BOT_DIR_CAP = 33,
	BOT_RELEASE_CAP = 32,
	BOT_REASON_CAP = 200,
	BOT_STATUS_CAP = 16
};

enum bot_status {		/* as bot_states says it */
	BOT_ALIVE, BOT_STARTING, BOT_STOPPED, BOT_UNHEALTHY, BOT_UNKNOWN, BOT_SUSPENDED, BOT_DELETING,
	BOT_STATUS__MAX
};

/* A bot with all that pages, JSON and the worker say of it.  A plain value; times are ms, 0 for never; numbers not known are -1. */
struct bot {
	int64_t	id, server, owner;
	char	key[CRYPT_KEY_CAP];		/* the agent's public id */
	char	name[BOT_NAME_CAP];
	char	description[BOT_DESCRIPTION_CAP];
	int64_t	created_at, updated_at;
	/* wish */
	int	stopped;			/* wanted = stopped */
	int64_t	restarts, rebuilds;
	char	release[BOT_RELEASE_CAP];
	int64_t	wished_at, binned_at, erase_at, suspended_at;
	/* identity and place */
	char	public_key[CRYPT_ID_CAP];
	char	dir[BOT_DIR_CAP];
	int	port;
	char	address[256];			/* of its server */
	/* seen */
	enum bot_status status;
	int64_t	status_since, seen_at, started_at, proven_at;
	int	running;
	int64_t	seen_restarts, seen_rebuilds;
	char	seen_release[BOT_RELEASE_CAP];
	int64_t	fails;
	char	reason[BOT_REASON_CAP];
	char	last_status[BOT_STATUS_CAP];
	int64_t	peers, feeds, messages, memory, disk_log, disk_blobs, disk_indexes;
	int64_t	run_in, run_out, month_in, month_out;
	char	month[8];
	int64_t	due;
	char	over_boot[40];
	int64_t	over_at;
	int64_t	invites_seen;
	char	suspended_for[BOT_REASON_CAP];	/* why it is paused, in words for the person */
};

/* What lists show of a bot: likewise. */
struct bot_line {
	int64_t	id;
	char	name[BOT_NAME_CAP];
	enum bot_status status;
	int64_t	status_since, seen_at, binned_at, erase_at;
	char	reason[BOT_REASON_CAP];
	int64_t	peers, disk;			/* log, blobs and indexes together */
};

/* The API's word and the page's word for a status: "alive" and "#alive". Static. */
const char *bot_status_word(enum bot_status status);
const char *bot_status_tag(enum bot_status status);

/* 1: it is not to run, since it is stopped, in the bin or suspended. */
int bot_rests(const struct bot *bot);

/* Why a name can't be had: words for the page, or NULL if it is well formed and not reserved.  Folds name to lower case. */
const char *bot_name_fault(char name[BOT_NAME_CAP]);

/*
 * Orders a bot for owner: agent, belongs, bot, key pair (sealed at once) and port, in the caller's transaction.
 * ERR_EXISTS: the name is taken, or was somebody else's lately (lib/name.h).  ERR_INVALID: *why says which limit or rule, in words for the page, good until
 * the next call.
 */
enum err bot_order(struct db *db, const struct conf *conf, int64_t owner, const char *name, const char *description,
    int64_t now, struct bot *out, const char **why);

/*
 * ERR_INVALID if owner has as many bots as one may have, not counting those in the bin: *why as with bot_order, which looks
 * here.  To be asked before bot_restore too.
 */
enum err bot_room(struct db *db, const struct conf *conf, int64_t owner, const char **why);

/* owner's bot of that name (get) or public id (by_key), bin included; ERR_NOTFOUND both when there is none and when it is someone else's. */
enum err bot_get(struct db *db, int64_t owner, const char *name, struct bot *out);
enum err bot_by_key(struct db *db, int64_t owner, const char *key, struct bot *out);

/* owner's bots, bin included: sick first, then by name, those in the bin last.  bot_count is as many as bot_list calls. */
enum err bot_list(struct db *db, int64_t owner, void (*each)(void *ctx, const struct bot_line *), void *ctx);
enum err bot_count(struct db *db, int64_t owner, int64_t *out);

/*
 * Wishes.  Each sets due = 0, so that the worker wakes, and makes wished_at larger than it was: one number that says
 * which wishes a look knew of.  ERR_NOTFOUND: not the owner's; ERR_INVALID: not in this state (bin, suspended, a
 * restart of a stopped one).  A start or restart also forgets the fails: it is tried at once.  A bot that is
 * being erased can't be restored.
 */
enum err bot_want(struct db *db, int64_t owner, int64_t id, int stopped, int64_t now);
enum err bot_restart(struct db *db, int64_t owner, int64_t id, int64_t now);	/* counts only if no restart is open: ten clicks are one */
enum err bot_describe(struct db *db, int64_t owner, int64_t id, const char *description, int64_t now);
enum err bot_bin(struct db *db, int64_t owner, int64_t id, int64_t now, int64_t erase_at);
enum err bot_hasten(struct db *db, int64_t owner, int64_t id, int64_t now);	/* one in the bin is erased now */
enum err bot_restore(struct db *db, int64_t owner, int64_t id, int64_t now);	/* the caller has asked bot_room */

/*
 * An admin, or billing, pauses it: why, in words for the person (ERR_INVALID: none, or too long).  Again is fine, the last
 * words count.  Their owner can't start it, or order another one, until it is resumed; what they had wished stays.
 */
enum err bot_suspend(struct db *db, int64_t owner, int64_t id, const char *why, int64_t now);
enum err bot_resume(struct db *db, int64_t owner, int64_t id, int64_t now);

/* Why their bots are paused, if one is: ERR_NOTFOUND, none is. */
enum err bot_suspended(struct db *db, int64_t owner, char why[BOT_REASON_CAP]);

/* A wish about a bot that is kept elsewhere (an invite): the worker wakes.  The caller has checked whose it is. */
enum err bot_wake(struct db *db, int64_t id, int64_t now);

/* ---- the worker's part ---- */

/* What one look has found. */
struct bot_seen {
	int	running;
	int64_t	started_at;
	int	proven;			/* id, port and indexes: all well */
	int	failed;			/* 1: counts as one more fail */
	int	well;			/* 1: has been well long enough, fails go back to 0 */
	const char *reason;		/* NULL: none */
	int	has_numbers;		/* the rest is known */
	int64_t	restarts, rebuilds, peers, feeds, messages, bytes_in, bytes_out, disk_log, disk_blobs, disk_indexes, memory;
	const char *release;
};

/* Bytes that a look found moved since the one before. */
struct bot_moved {
	int64_t	in, out;
};

/*
 * What is due, the longest overdue first, at most limit; next gets the earliest due time of the others (INT64_MAX: none).
 * All are read before the first call of each, which may write.
 */
enum err bot_due(struct db *db, int64_t now, int limit, void (*each)(void *ctx, const struct bot *), void *ctx, int64_t *next);
enum err bot_of_id(struct db *db, int64_t id, struct bot *out);

/* Likewise, but only which, and how new their wishes are: for who has looks at many of them under way. */
struct bot_due {
	int64_t	id, wished_at;
};
enum err bot_due_list(struct db *db, int64_t now, int limit, struct bot_due *out, int *n, int64_t *next);

/*
 * Stores a look and the time of the next; traffic as differences, with resets noticed (a new run, or a smaller count),
 * by month; moved gets them.  bot is the row as it was when the look began: a wish that came since leaves due at 0.
 * Texts that are too long are cut; peers and memory are not known (-1) after a look without numbers.
 */
enum err bot_saw(struct db *db, const struct bot *bot, const struct bot_seen *seen, int64_t now, int64_t due,
    struct bot_moved *moved);
/*
 * For after a jump of the clock: makes due now what is due in more than two minutes, which nothing is by right; at most
 * limit rows, *n: how many.
 */
enum err bot_hurry(struct db *db, int64_t now, int limit, int *n);
enum err bot_due_running(struct db *db, int64_t now, int64_t within);	/* all that run, and are due within so many ms, are due */
enum err bot_wake_all(struct db *db, int64_t server, int64_t now);	/* all of that server, or of every one (0), are due as after a wish */
enum err bot_set_due(struct db *db, const struct bot *bot, int64_t due);	/* unless a wish came since *bot was read */
enum err bot_due_over(struct db *db, int64_t now);	/* all whose time in the bin is over are due: the brake was lifted */
enum err bot_set_port(struct db *db, int64_t id, int port);	/* ERR_EXISTS: another bot of the server has it */
enum err bot_free_port(struct db *db, int64_t server, int from, int *out);	/* the lowest from there on that no bot of the server has; ERR_NOTFOUND: none */
enum err bot_noted_status(struct db *db, int64_t id, const char *status, int64_t now);
enum err bot_over(struct db *db, int64_t id, const char *boot, int64_t at);	/* first look that found its time in the bin over */
enum err bot_invites_seen(struct db *db, int64_t id, int64_t rev);	/* the pub's counter, when its invites were last read */

/* How many there are, of everybody: for the brake, and for nothing that happens often. */
enum err bot_total(struct db *db, int64_t *out);

/* A bot's name in the DNS. */
struct bot_record {
	int64_t	bot;
	char	name[BOT_NAME_CAP];
};

/* One of that server's bots whose name was not last set to these ("": none).  ERR_NOTFOUND: all were. */
enum err bot_record_due(struct db *db, int64_t server, const char *address, const char *address6, struct bot_record *out);
enum err bot_record(struct db *db, int64_t id, const char *address, const char *address6);	/* it now is */
enum err bot_has_record(struct db *db, int64_t id, int *out);

/* Its sealed secret; *out is the caller's to free. */
enum err bot_sealed(struct db *db, int64_t id, unsigned char **out, size_t *n);

/*
 * Erases its rows, once its data is gone: with invites and samples; events stay, and its name is kept for its owner for a
 * while.  ERR_NOTFOUND: it is not in the bin.
 */
enum err bot_erase(struct db *db, int64_t id);

/* Forgets all that was seen: nothing is alive before this run has proven it (baas init).  What was counted stays, so that no byte counts twice. */
enum err bot_forget(struct db *db);

/* Every bot, for the admin: after id, at most limit. */
enum err bot_all(struct db *db, int64_t after, int limit, void (*each)(void *ctx, const struct bot *), void *ctx);

#endif
