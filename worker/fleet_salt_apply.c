/*
 * What a machine is brought to: state.apply of all that its pillar says.  One at a time for each machine; what is wished
 * meanwhile waits for the next.  Its verdict is taken apart by bot, since their states' ids begin with bot-KEY-.
 */

#include "worker/fleet_salt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/world.h"

enum {
	PATIENCE = 10 * 60 * 1000,	/* ms: an image may have to be built */
	BUSY_PAUSE = 3 * 1000,		/* ms between questions whether the job that is in the way is over, */
	BUSY_PATIENCE = 15 * 1000,	/* each for so long */
	PAUSE = 5 * 1000, PAUSE_MOST = 5 * 60 * 1000,	/* ms after an apply that failed, doubled each time */
	WORDS_CAP = 160
};

/* A job of applies. */
struct drive {
	struct world	*w;
	struct ward	*wards[SALT_SLICE];
	size_t		 n;
};

struct question {
	struct world	*w;
	struct ward	*ward;
};

/* ---- wanted ---- */

int
herd_pending(const struct ward *ward)
{
	return ward->applying || (ward->wanted && clock_boot() >= ward->not_before);
}

void
herd_want(struct world *w, struct ward *ward)
{
	if (w->dry || w->house.reporting || ward->wanted || (ward->applying && ward->applying_rev >= ward->row.rev))
		return;
	ward->wanted = 1;
	w->herd->n_wanted++;
}

/* Each machine has its own hour of the day. */
static int64_t
day_of(int64_t server, int64_t at)
{
	return (at + (int64_t)((uint64_t)server * UINT64_C(2654435761) % (uint64_t)CLOCK_DAY)) / CLOCK_DAY;
}

void
herd_mind(struct world *w, struct ward *ward)
{
	const struct server	*row = &ward->row;
	int			 old = day_of(row->id, row->applied_at) != day_of(row->id, clock_now());

	if (row->rev > ward->tried_rev)
		ward->not_before = 0;
	if (row->rev > row->applied_rev || row->applied_at == 0 || old)
		herd_want(w, ward);
}

/* ---- the verdict ---- */

/* What a state's failure means to the person.  what: of its id, "container" of "bot-k3v8-container". */
static const char *
words_of(const char *what)
{
	return strcmp(what, "container") == 0 ? "its server could not start it" : "its files could not be made ready on its server";
}

/* The port that docker says another program has; 0: it says no such thing. */
static int
taken_port(const char *comment)
{
	const char	*at = strstr(comment, "port is already allocated");
	int		 port = 0;

	if (at == NULL)
		at = strstr(comment, "address already in use");
	if (at == NULL)
		return 0;
	for (const char *p = comment; p < at; p++)
		if (*p == ':' && p[1] >= '1' && p[1] <= '9')
			port = (int)strtol(p + 1, NULL, 10);
	return port > 0 && port < 65536 ? port : 0;
}

static struct kept *
kept_of(struct ward *ward, const char *id, const char **what)
{
	size_t n;

	if (strncmp(id, "bot-", 4) != 0)
		return NULL;
	for (struct kept *kept = ward->kept; kept != NULL; kept = kept->next) {
		n = strlen(kept->key);
		if (strncmp(id + 4, kept->key, n) == 0 && id[4 + n] == '-') {
			*what = id + 4 + n + 1;
			return kept;
		}
	}
	return NULL;
}

static void
judge_bot(struct kept *kept, const char *what, const char *comment)
{
	int port = taken_port(comment);

	if (port != 0)
		kept->taken = port;
	if (kept->verdict[0] == '\0')
		snprintf(kept->verdict, sizeof(kept->verdict), "%s", words_of(what));
}

/* A state that failed because an earlier one had is no news. */
static int
is_news(const char *comment)
{
	return strncmp(comment, "One or more requisite failed", 28) != 0;
}

static void
blame_all(struct ward *ward, const char *words)
{
	for (struct kept *kept = ward->kept; kept != NULL; kept = kept->next)
		if (kept->verdict[0] == '\0')
			snprintf(kept->verdict, sizeof(kept->verdict), "%s", words);
}

static void
judge_state(struct ward *ward, const struct json *state)
{
	const char	*id = json_text(json_get(state, "__id__"), "?");
	const char	*comment = json_text(json_get(state, "comment"), "?"), *what = "";
	struct kept	*kept = kept_of(ward, id, &what);

	if (is_news(comment))
		log_fault(ward->row.minion, "apply: %.80s: %.200s", id, comment);
	if (kept != NULL)
		judge_bot(kept, what, comment);
	else if (strncmp(id, "image-", 6) == 0 || strncmp(id, "source-", 7) == 0)
		blame_all(ward, "its server could not get the program that it runs");
	else if (strncmp(id, "bot-", 4) != 0)
		blame_all(ward, "its server is not in order");
}

/* All states must have gone well, and there must be some; of all that failed each bot hears its own. */
static int
judge(struct ward *ward, const struct salt_return *ret)
{
	int bad = 0, n = 0;

	for (struct kept *kept = ward->kept; kept != NULL; kept = kept->next) {
		kept->verdict[0] = '\0';
		kept->taken = 0;
	}
	if (json_type(ret->ret) != JSON_OBJECT) {
		log_fault(ward->row.minion, "apply: %.200s", json_text(json_type(ret->ret) == JSON_LIST ? json_first(ret->ret) : ret->ret, "?"));
		blame_all(ward, "its server was not told what to run");
		return 0;
	}
	for (const struct json *state = json_first(ret->ret); state != NULL; state = json_next(state), n++)
		if (json_bool(json_get(state, "result"), 0) == 0) {
			bad++;
			judge_state(ward, state);
		}
	return n > 0 && bad == 0 && ret->good;
}

/* ---- erasures ---- */

/* The state of that id and function went well. */
static int
has_gone(const struct json *states, const char *key, const char *what, const char *function)
{
	char		 id[CRYPT_KEY_CAP + 32];
	const char	*name;
	size_t		 n, end = strlen(function);

	snprintf(id, sizeof(id), "bot-%s-%s", key, what);
	for (const struct json *state = json_first(states); state != NULL; state = json_next(state)) {
		name = json_key(state);
		n = strlen(name);
		if (strcmp(json_text(json_get(state, "__id__"), ""), id) == 0 && n > end && strcmp(name + n - end, function) == 0)
			return json_bool(json_get(state, "result"), 0);
	}
	return 0;
}

static void
end_erasure(struct world *w, struct erasure *erasure, enum err err)
{
	erasure->err = err;
	erasure->next = w->herd->erased;
	w->herd->erased = erasure;
}

/* Those that the apply knew of: by its states, if it came to that. */
static void
judge_erasures(struct world *w, struct ward *ward, const struct json *states)
{
	struct erasure **at = &ward->erasures, *erasure;

	while ((erasure = *at) != NULL) {
		if (!erasure->begun) {
			at = &erasure->next;
			continue;
		}
		*at = erasure->next;
		end_erasure(w, erasure, states == NULL ? ERR_BUSY :
		    has_gone(states, erasure->key, "container", "_|-absent") && has_gone(states, erasure->key, "data", "_|-absent") ?
		    ERR_OK : ERR_FAULT);
	}
}

void
herd_end_erasures(struct world *w, struct ward *ward, enum err err)
{
	struct erasure *erasure;

	while ((erasure = ward->erasures) != NULL) {
		ward->erasures = erasure->next;
		end_erasure(w, erasure, err);
	}
}

/*
 * There is nothing of a bot that could be erased by itself: its machine has nothing on it; or it is broken and may never
 * answer, and all that it has is to go, which its volume does after the last of them.
 */
static int
goes_as_whole(struct world *w, const struct ward *ward)
{
	int doomed = 0;

	if (ward->empty)
		return 1;
	return ward->row.state == SERVER_BROKEN && server_doomed(w->db, ward->id, &doomed) == ERR_OK && doomed;
}

/* One that the apply under way knows of is done by it: herd_want asks for no other. */
enum err
herd_erase(struct world *w, const struct bot *bot, fleet_erased *erased, void *ctx)
{
	struct ward	*ward = herd_ward(w, bot->server);
	struct erasure	*erasure;
	int		 whole = ward != NULL && goes_as_whole(w, ward);

	if (ward == NULL || (!whole && ward->row.state != SERVER_READY))
		return ERR_BUSY;
	if ((erasure = calloc(1, sizeof(*erasure))) == NULL) {
		log_fault(bot->name, "erase: no memory");
		return ERR_FAULT;
	}
	*erasure = (struct erasure){
		.begun = ward->applying && ward->applying_rev >= ward->row.rev, .erased = erased, .ctx = ctx
	};
	snprintf(erasure->key, sizeof(erasure->key), "%s", bot->key);
	w->asked++;
	if (whole) {
		end_erasure(w, erasure, ERR_OK);
		return ERR_OK;
	}
	erasure->next = ward->erasures;
	ward->erasures = erasure;
	herd_want(w, ward);
	return ERR_OK;
}

/* ---- the answer ---- */

static void
end_apply(struct world *w, struct ward *ward)
{
	ward->applying = 0;
	w->herd->n_applying--;
}

static void
put_off(struct world *w, struct ward *ward)
{
	int64_t pause = PAUSE;

	w->failed = 1;
	for (int i = 0; i < ward->fails && pause < PAUSE_MOST; i++)
		pause *= 2;
	ward->fails++;
	ward->tried_rev = ward->applying_rev;
	ward->not_before = clock_boot() + (pause < PAUSE_MOST ? pause : PAUSE_MOST);
}

static void
store(struct world *w, struct ward *ward)
{
	enum err err = world_begin(w);

	if (err == ERR_OK)
		err = world_commit(w, server_applied(w->db, ward->id, ward->applying_rev, clock_now()));
	if (err != ERR_OK)
		w->failed = 1;		/* the row calls for it once more */
}

static void
applied(struct world *w, struct ward *ward, const struct salt_return *ret)
{
	ward->synced = 1;
	if (judge(ward, ret)) {
		world_say(w, ward->row.minion, "applied, rev %lld", (long long)ward->applying_rev);
		ward->fails = 0;
		store(w, ward);
	} else {
		put_off(w, ward);
	}
	judge_erasures(w, ward, json_type(ret->ret) == JSON_OBJECT ? ret->ret : NULL);
}

static void
heard(void *ctx, size_t i, const struct salt_return *ret)
{
	struct drive	*drive = ctx;
	struct world	*w = drive->w;
	struct ward	*ward = drive->wards[i];

	end_apply(w, ward);
	if (ret->state == SALT_ANSWERED && !salt_busy(ret->ret, ward->busy)) {
		ward->busy[0] = '\0';
		applied(w, ward, ret);
		return;
	}
	judge_erasures(w, ward, NULL);
	if (ret->state == SALT_END)
		return;
	if (ret->state == SALT_ANSWERED) {	/* another run is in its way: ward->busy */
		ward->tried_rev = ward->applying_rev;
		ward->not_before = clock_boot() + BUSY_PAUSE;
	} else {
		log_fault(ward->row.minion, "apply: %s", ret->why);
		put_off(w, ward);
	}
	herd_want(w, ward);
}

/* ---- sending it ---- */

/* What is true now is what it will begin with, at least. */
static void
take(struct world *w, struct drive *drive, struct ward *ward)
{
	ward->wanted = 0;
	w->herd->n_wanted--;
	if (herd_ward(w, ward->id) != ward || ward->row.state != SERVER_READY || w->house.reporting) {
		herd_end_erasures(w, ward, ERR_BUSY);
		return;
	}
	ward->applying = 1;
	ward->applying_rev = ward->row.rev;
	for (struct erasure *erasure = ward->erasures; erasure != NULL; erasure = erasure->next)
		erasure->begun = 1;
	w->herd->n_applying++;
	drive->wards[drive->n++] = ward;
}

static int
fits(const struct world *w, const struct drive *drive, const struct ward *ward)
{
	if (!ward->wanted || ward->applying || ward->busy[0] != '\0' || clock_boot() < ward->not_before)
		return 0;
	return drive->n < SALT_SLICE && w->herd->n_applying < HERD_APPLIES &&
	    (drive->n == 0 || strcmp(ward->row.master, drive->wards[0]->row.master) == 0);
}

static void
send(struct world *w, struct drive *drive)
{
	static const struct salt_return	 unknown = { .state = SALT_UNKNOWN, .why = "it could not be asked" };
	const char			*minions[SALT_SLICE];
	struct salt			*salt = herd_salt(w, drive->wards[0]->row.master);
	struct salt_job			 job = {
		.fun = "state.apply", .minions = minions, .n = drive->n, .patience = PATIENCE, .each = heard, .over = free,
		.ctx = drive
	};

	for (size_t i = 0; i < drive->n; i++) {
		minions[i] = drive->wards[i]->row.minion;
		world_say(w, minions[i], "apply, rev %lld", (long long)drive->wards[i]->applying_rev);
	}
	if (salt != NULL && salt_run(salt, &job) == ERR_OK)
		return;
	for (size_t i = 0; i < drive->n; i++)
		heard(drive, i, &unknown);
	free(drive);
}

/* ---- one that is in the way ---- */

/* It knows of no such job: that is over. */
static void
asked(void *ctx, size_t i, const struct salt_return *ret)
{
	struct question	*question = ctx;
	struct ward	*ward = question->ward;

	(void)i;
	ward->asking_busy = 0;
	ward->not_before = clock_boot() + BUSY_PAUSE;
	if (ret->state == SALT_ANSWERED && ret->good && json_type(ret->ret) == JSON_OBJECT && json_first(ret->ret) == NULL) {
		ward->busy[0] = '\0';
		ward->not_before = 0;
	}
}

static void
ask_busy(struct world *w, struct ward *ward)
{
	struct question	*question = calloc(1, sizeof(*question));
	const char	*minion = ward->row.minion;
	struct salt	*salt = herd_salt(w, ward->row.master);
	struct json	*arg = json_list(NULL, NULL);
	struct salt_job	 job = {
		.fun = "saltutil.find_job", .arg = arg, .minions = &minion, .n = 1, .patience = BUSY_PATIENCE,
		.each = asked, .over = free, .ctx = question
	};

	json_add_text(arg, NULL, ward->busy);
	ward->not_before = clock_boot() + BUSY_PAUSE;
	if (question != NULL && salt != NULL) {
		*question = (struct question){ .w = w, .ward = ward };
		ward->asking_busy = salt_run(salt, &job) == ERR_OK;
	}
	if (!ward->asking_busy)
		free(question);
	json_free(arg);
}

static void
ask_all_busy(struct world *w)
{
	for (int i = 0; i < HERD_BUCKETS; i++)
		for (struct ward *ward = w->herd->wards[i]; ward != NULL; ward = ward->next)
			if (ward->wanted && ward->busy[0] != '\0' && !ward->asking_busy && clock_boot() >= ward->not_before)
				ask_busy(w, ward);
}

static int
gather(struct world *w)
{
	struct drive *drive = calloc(1, sizeof(*drive));

	if (drive == NULL) {
		log_fault("fleet", "no memory");
		return 0;
	}
	drive->w = w;
	for (int i = 0; i < HERD_BUCKETS; i++)
		for (struct ward *ward = w->herd->wards[i]; ward != NULL; ward = ward->next)
			if (fits(w, drive, ward))
				take(w, drive, ward);
	if (drive->n == 0) {
		free(drive);
		return 0;
	}
	send(w, drive);
	return 1;
}

void
herd_send_applies(struct world *w)
{
	if (w->herd->n_wanted == 0)
		return;
	ask_all_busy(w);
	while (w->herd->n_applying < HERD_APPLIES && gather(w))
		;
}
