/*
 * Jobs: published once for many minions, then looked up by their number until all have answered or the time is up.  The
 * master knows only what has come back: whether a minion is still at it, only that minion can tell (saltutil.find_job).
 */

#include "worker/salt_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/http.h"

enum {
	FEW = 4,			/* minions that are worth an early look */
	FIRST_FEW = 300, FIRST = 1000,	/* ms to the first look-up; the master forks a process for each */
	YOUNG = 10 * 1000, MIDDLE = 60 * 1000,	/* ages (ms) of a job, and the pauses up to them and then */
	PAUSE_YOUNG = 1000, PAUSE_MIDDLE = 2 * 1000, PAUSE_OLD = 5 * 1000,
	LONG = 60 * 1000,		/* patience beyond which a job is asked after, */
	ASK_AFTER = 15 * 1000,		/* so often, */
	ASK_PATIENCE = 15 * 1000	/* and so long */
};

/* One minion's part.  lost: it has said that it knows of no such job; it may have answered just before. */
struct part {
	const char	*minion;
	size_t		 i;		/* in the caller's order */
	int		 done, lost;
};

struct job {
	struct salt	*salt;
	char		*names;		/* all of them, each with its NUL */
	struct part	*parts;		/* in order of their names */
	size_t		 n, left;
	char		 jid[SALT_JID_CAP];
	int64_t		 begun, until, asked_after;	/* clock_boot() */
	int		 long_one, asking, failing;	/* the last look-up failed */
	int		 held;		/* calls that are outstanding: it lives as long */
	void		(*each)(void *ctx, size_t i, const struct salt_return *ret);
	void		(*over)(void *ctx);
	void		*ctx;
};

struct told {
	salt_told	*told;
	void		*ctx;
};

static void look_up(struct job *job);

/* ---- names and numbers ---- */

int
salt_is_minion(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n < SALT_MINION_CAP && name[n] == '\0' && name[0] != '-';
}

static int
is_jid(const char *text)
{
	return strspn(text, "0123456789") == SALT_JID_CAP - 1 && text[SALT_JID_CAP - 1] == '\0';
}

int
salt_busy(const struct json *ret, char jid[SALT_JID_CAP])
{
	const char	*text = json_type(ret) == JSON_LIST ? json_text(json_first(ret), "") : "";
	const char	*at = strstr(text, " with jid ");

	if (strncmp(text, "The function ", 13) != 0 || at == NULL || strlen(at + 10) < SALT_JID_CAP - 1)
		return 0;
	memcpy(jid, at + 10, SALT_JID_CAP - 1);
	jid[SALT_JID_CAP - 1] = '\0';
	return is_jid(jid);
}

/* ---- parts ---- */

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct part *)a)->minion, ((const struct part *)b)->minion);
}

static struct part *
find_part(const struct job *job, const char *minion)
{
	const struct part key = { .minion = minion };

	return bsearch(&key, job->parts, job->n, sizeof(key), compare);
}

static void
end_part(struct job *job, struct part *part, const struct salt_return *ret)
{
	if (part->done)
		return;
	part->done = 1;
	job->left--;
	job->each(job->ctx, part->i, ret);
}

static void
end_rest(struct job *job, enum salt_state state, const char *why)
{
	const struct salt_return ret = { .state = state, .why = why };

	for (size_t k = 0; k < job->n; k++)
		end_part(job, &job->parts[k], &ret);
}

static void
free_job(struct job *job)
{
	free(job->names);
	free(job->parts);
	free(job);
}

/* After each call: frees a job of which nothing is outstanding any more. */
static void
let_go(struct job *job)
{
	if (--job->held > 0)
		return;
	end_rest(job, SALT_UNKNOWN, "no memory");	/* nobody would look it up again */
	job->over(job->ctx);
	free_job(job);
}

/* ---- is the minion still at it? ---- */

static void
asked_minion(void *ctx, size_t i, const struct salt_return *ret)
{
	struct job *job = ctx;

	for (size_t k = 0; k < job->n; k++)
		if (job->parts[k].i == i && ret->state == SALT_ANSWERED && ret->good)
			job->parts[k].lost = json_type(ret->ret) == JSON_OBJECT && json_first(ret->ret) == NULL;
}

static void
asked_all(void *ctx)
{
	struct job *job = ctx;

	job->asking = 0;
	let_go(job);
}

/* All that have not answered, under the caller's numbers: those of the job's own are found again by them. */
static void
ask_after(struct job *job)
{
	const char	**minions = calloc(job->n, sizeof(*minions));
	struct json	 *arg = json_list(NULL, NULL);
	struct salt_job	  ask = {
		.fun = "saltutil.find_job", .arg = arg, .minions = minions, .n = job->n, .patience = ASK_PATIENCE,
		.each = asked_minion, .over = asked_all, .ctx = job
	};

	job->asked_after = clock_boot();
	json_add_text(arg, NULL, job->jid);
	if (minions != NULL) {
		for (size_t k = 0; k < job->n; k++)
			minions[job->parts[k].i] = job->parts[k].done ? NULL : job->parts[k].minion;
		job->asking = salt_run(job->salt, &ask) == ERR_OK;
		job->held += job->asking;
	}
	json_free(arg);
	free(minions);
}

/* ---- looking it up ---- */

static void
read_part(struct job *job, const struct json *said)
{
	struct part		*part = find_part(job, json_key(said));
	struct salt_return	 ret = { .state = SALT_ANSWERED, .ret = json_get(said, "return"), .why = "" };

	if (part == NULL || part->done)
		return;
	ret.good = json_int(json_get(said, "retcode"), -1) == 0 && json_bool(json_get(said, "success"), 1);
	end_part(job, part, &ret);
}

static void
end_lost(struct job *job)
{
	const struct salt_return ret = { .state = SALT_LOST, .why = "its minion has lost the job" };

	for (size_t k = 0; k < job->n; k++)
		if (job->parts[k].lost)
			end_part(job, &job->parts[k], &ret);
}

/* Other failures are in the log already.  It is asked again and again, but somebody has to know. */
static int
makes_no_sense(const struct salt_return *ret, const struct json *info)
{
	if (json_type(json_get(info, "Result")) == JSON_OBJECT)
		return 0;
	if (ret->state == SALT_ANSWERED)
		log_fault("salt", "asked for what became of a job, it answers nonsense");
	return 1;
}

static void
looked_up(void *ctx, const struct salt_return *ret)
{
	struct job		*job = ctx;
	const struct json	*info = json_first(json_get(ret->ret, "info"));

	job->failing = makes_no_sense(ret, info) || ret->state != SALT_ANSWERED;
	if (ret->state == SALT_END) {
		end_rest(job, SALT_END, NULL);
	} else if (ret->state == SALT_GARBLED || ret->state == SALT_REFUSED) {
		end_rest(job, ret->state, ret->why);
	} else if (!job->failing) {
		for (const struct json *said = json_first(json_get(info, "Result")); said != NULL; said = json_next(said))
			read_part(job, said);
		if (!job->asking)
			end_lost(job);
	}
	if (job->left > 0 && clock_boot() >= job->until)
		end_rest(job, job->failing ? SALT_UNKNOWN : SALT_SILENT, "it does not answer");
	if (job->left > 0)
		look_up(job);
	let_go(job);
}

static void
time_to_look(void *ctx, const struct http_answer *answer)
{
	struct job	*job = ctx;
	char		 path[SALT_JID_CAP + 8];

	(void)answer;		/* NULL at the end: then there is nothing to ask either */
	if (answer == NULL)
		end_rest(job, SALT_END, NULL);
	if (job->left > 0) {
		snprintf(path, sizeof(path), "/jobs/%s", job->jid);
		if (salt_ask(job->salt, path, NULL, looked_up, job) == ERR_OK)
			return;		/* which holds it on */
		job->failing = 1;
		if (clock_boot() >= job->until)
			end_rest(job, SALT_UNKNOWN, "it could not be asked");
		else
			look_up(job);
	}
	let_go(job);
}

static int64_t
pause_of(const struct job *job)
{
	int64_t age = clock_boot() - job->begun;

	if (age < FIRST_FEW)
		return job->n <= FEW ? FIRST_FEW : FIRST;
	return age < YOUNG ? PAUSE_YOUNG : age < MIDDLE ? PAUSE_MIDDLE : PAUSE_OLD;
}

/* Holds the job once more, until the look-up is over. */
static void
look_up(struct job *job)
{
	int64_t now = clock_boot();

	if (job->long_one && !job->asking && now >= job->asked_after + ASK_AFTER)
		ask_after(job);
	if (http_later(salt_http(job->salt), pause_of(job), time_to_look, job) == ERR_OK)
		job->held++;
}

/* ---- publishing it ---- */

/* The names that the master has keys for; nobody else will ever answer. */
static void
read_names(struct job *job, const struct json *names)
{
	const struct salt_return	 ret = { .state = SALT_SILENT, .why = "the master has no key of its name" };
	struct part			*part;

	for (size_t k = 0; k < job->n; k++)
		job->parts[k].lost = 1;
	for (const struct json *name = json_first(names); name != NULL; name = json_next(name))
		if ((part = find_part(job, json_text(name, ""))) != NULL)
			part->lost = 0;
	for (size_t k = 0; k < job->n; k++)
		if (job->parts[k].lost)
			end_part(job, &job->parts[k], &ret);
}

static void
published(void *ctx, const struct salt_return *ret)
{
	struct job	*job = ctx;
	const char	*jid = json_text(json_get(ret->ret, "jid"), "");

	job->begun = job->asked_after = clock_boot();
	if (ret->state != SALT_ANSWERED) {
		end_rest(job, ret->state, ret->why);
	} else if (json_type(ret->ret) != JSON_OBJECT || (*jid != '\0' && !is_jid(jid))) {
		end_rest(job, SALT_UNKNOWN, "it gives no number for a job");
	} else {
		snprintf(job->jid, sizeof(job->jid), "%s", jid);
		read_names(job, json_get(ret->ret, "minions"));
	}
	if (job->left > 0)
		look_up(job);
	let_go(job);
}

static struct json *
lowstate(const struct salt_job *job)
{
	struct json *low = json_object(NULL, NULL), *names;

	json_add_text(low, "client", "local_async");
	json_add_text(low, "fun", job->fun);
	json_add_text(low, "tgt_type", "list");
	names = json_list(low, "tgt");
	for (size_t i = 0; i < job->n; i++)
		if (job->minions[i] != NULL)
			json_add_text(names, NULL, job->minions[i]);
	if (job->arg != NULL)
		json_add_copy(low, "arg", job->arg);
	return low;
}

/* Copies the names.  NULL without memory; one without a name has no part. */
static struct job *
new_job(struct salt *salt, const struct salt_job *of)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL || (job->names = calloc(of->n, SALT_MINION_CAP)) == NULL ||
	    (job->parts = calloc(of->n, sizeof(*job->parts))) == NULL) {
		log_fault("salt", "no memory");
		if (job != NULL)
			free_job(job);
		return NULL;
	}
	for (size_t i = 0; i < of->n; i++) {
		char *name = job->names + i * SALT_MINION_CAP;

		if (of->minions[i] == NULL)
			continue;
		snprintf(name, SALT_MINION_CAP, "%s", of->minions[i]);
		job->parts[job->n++] = (struct part){ .minion = name, .i = i };
	}
	job->left = job->n;
	qsort(job->parts, job->n, sizeof(*job->parts), compare);
	job->salt = salt;
	job->begun = clock_boot();
	job->until = job->begun + of->patience;
	job->long_one = of->patience > LONG;
	job->each = of->each;
	job->over = of->over;
	job->ctx = of->ctx;
	return job;
}

enum err
salt_run(struct salt *salt, const struct salt_job *of)
{
	struct job	*job;
	enum err	 err;

	for (size_t i = 0; i < of->n; i++)
		if (of->minions[i] != NULL && !salt_is_minion(of->minions[i])) {
			log_fault("salt", "that is no minion of ours");
			return ERR_INVALID;
		}
	if (of->n == 0 || of->n > SALT_SLICE)
		return ERR_INVALID;
	if ((job = new_job(salt, of)) == NULL)
		return ERR_FAULT;
	job->held = 1;
	if ((err = salt_ask(salt, "/", lowstate(of), published, job)) != ERR_OK)
		free_job(job);
	return err;
}

/* ---- the wheel ---- */

static void
wheel_told(void *ctx, const struct salt_return *ret)
{
	struct told		*told = ctx;
	const struct json	*data = json_get(ret->ret, "data");
	struct salt_return	 out = *ret;

	if (ret->state == SALT_ANSWERED) {
		out.good = json_bool(json_get(data, "success"), 0);
		out.ret = json_get(data, "return");
		if (!out.good)
			log_fault("salt", "its wheel says: %.200s", json_text(out.ret, "no"));
	}
	told->told(told->ctx, &out);
	free(told);
}

/* Not printed: the master's own log is no place for keys. */
enum err
salt_wheel(struct salt *salt, const char *fun, const struct json *args, salt_told *told, void *ctx)
{
	struct json	*low = json_object(NULL, NULL);
	struct told	*one = calloc(1, sizeof(*one));
	enum err	 err = ERR_FAULT;

	json_add_text(low, "client", "wheel");
	json_add_text(low, "fun", fun);
	json_add_bool(low, "print_event", 0);
	for (const struct json *arg = json_first(args); arg != NULL; arg = json_next(arg))
		json_add_copy(low, json_key(arg), arg);
	if (one == NULL) {
		json_free(low);
	} else {
		*one = (struct told){ .told = told, .ctx = ctx };
		err = salt_ask(salt, "/", low, wheel_told, one);
	}
	if (err != ERR_OK)
		free(one);
	return err;
}
