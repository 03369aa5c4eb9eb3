/* A Salt master's salt-api (rest_cherrypy): jobs on minions, and what is asked of the master itself.  Nothing here waits. */

#ifndef BAAS_WORKER_SALT_H
#define BAAS_WORKER_SALT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct conf;
struct http;
struct json;
struct salt;

enum {
	SALT_SLICE = 500,		/* minions in one job */
	SALT_MINION_CAP = 64,		/* [a-z0-9][a-z0-9-]{0,62} and its NUL */
	SALT_JID_CAP = 21,		/* 20 digits and a NUL */
	SALT_WORDS_CAP = 200
};

/* What became of a question.  Only the first of them brings an answer; none of the others proves that nothing was done. */
enum salt_state {
	SALT_ANSWERED,
	SALT_SILENT,			/* the minion did not answer in time, or has no key at this master */
	SALT_LOST,			/* the minion does not know of the job any more, and has not answered */
	SALT_GARBLED,			/* the master's answer can't be read: one minion can spoil it for all of a job */
	SALT_UNKNOWN,			/* the master did not answer, or not with sense */
	SALT_REFUSED,			/* it does not let us, or is not to be trusted: said in the log */
	SALT_END			/* the worker ends: let go of ctx, record nothing */
};

/* Good during the call. */
struct salt_return {
	enum salt_state		 state;
	const struct json	*ret;		/* SALT_ANSWERED: what the function gave; the minion may lie */
	int			 good;		/* likewise: and did not fail (retcode 0, success) */
	const char		*why;		/* else, for the log */
};

struct salt_job {
	const char		*fun;		/* "baas.status" */
	const struct json	*arg;		/* a list; NULL: none.  Copied, as are the names */
	const char *const	*minions;	/* NULL among them: nobody, and no call */
	size_t			 n;		/* 1 to SALT_SLICE */
	int64_t			 patience;	/* ms from now; one of more than a minute is asked after, so that a lost job is noticed */
	void			(*each)(void *ctx, size_t i, const struct salt_return *ret);	/* exactly once for each, as it comes */
	void			(*over)(void *ctx);	/* then, once */
	void			*ctx;
};

typedef void salt_told(void *ctx, const struct salt_return *ret);

/* One for each master.  url: where its salt-api is; user, secret and so on are the configuration's. */
enum err salt_open(struct http *http, const struct conf *conf, const char *url, struct salt **out);
void salt_close(struct salt *salt);	/* after http_close; whatever still waits is called back with SALT_END; NULL is fine */

/* 1 if that can be the name of a minion of ours. */
int salt_is_minion(const char *name);

/* Not ERR_OK: nothing was asked, and nobody is called back.  ERR_BUSY: the master did not let us in a moment ago. */
enum err salt_run(struct salt *salt, const struct salt_job *job);

/* A function of the master: of its wheel (keys), with named arguments, of which args is an object; NULL: none. */
enum err salt_wheel(struct salt *salt, const char *fun, const struct json *args, salt_told *told, void *ctx);

/* The master's public key, PEM, from when it let us in; "": not yet. */
const char *salt_master_key(const struct salt *salt);

/* The number of the job that a minion is busy with, out of the refusal to do another; 0: that is no such refusal. */
int salt_busy(const struct json *ret, char jid[SALT_JID_CAP]);

#endif
