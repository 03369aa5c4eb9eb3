/*
 * Looks at bots on Salt: gathered, and asked for with one job for many machines.  A minion's word counts for its own bots
 * only, as far as it makes sense; that a bot's port is open is tried from here.
 */

#include "worker/fleet_salt.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/fleet_local_dir.h"
#include "worker/fleet_pub.h"
#include "worker/loop.h"
#include "worker/world.h"

enum {
	PATIENCE = 60 * 1000,		/* ms for a machine's answer */
	KNOCK_PATIENCE = 3 * 1000,	/* ms */
	KNOCKS_MOST = 200,		/* at a time: each is a descriptor */
	TELL_MOST = 256,		/* looks that are told, and stored, together */
	FRESH = 90 * 1000		/* ms that a look is good for a glance */
};

/* A job of looks. */
struct slice {
	struct world	*w;
	struct ward	*wards[SALT_SLICE];
	size_t		 n;
};

/* ---- the end of a look ---- */

static void
remember(struct world *w, const struct herd_look *look)
{
	struct kept *kept = herd_kept(look->ward, look->bot, look->key);

	(void)w;
	if (kept == NULL || !look->sight.known)
		return;
	kept->sight = look->sight;
	kept->seen_at = clock_boot();
}

static void
finish(struct world *w, struct herd_look *look)
{
	if (look->ward != NULL)
		remember(w, look);
	look->next = NULL;
	*w->herd->done_end = look;
	w->herd->done_end = &look->next;
}

static void
fail(struct world *w, struct herd_look *look)
{
	look->sight = fleet_nothing;
	finish(w, look);
}

void
herd_tell(struct world *w)
{
	struct herd		*herd = w->herd;
	struct herd_look	*look;
	struct erasure		*erasure;

	for (int i = 0; i < TELL_MOST && (look = herd->done) != NULL; i++) {
		if ((herd->done = look->next) == NULL)
			herd->done_end = &herd->done;
		look->seen(look->ctx, &look->sight);
		free(look);
	}
	while ((erasure = herd->erased) != NULL) {
		herd->erased = erasure->next;
		w->asked--;
		erasure->erased(erasure->ctx, erasure->err);
		free(erasure);
	}
}

/* ---- the knock ---- */

static void knock_next(struct world *w);

struct knock {
	struct world		*w;
	struct herd_look	*look;
};

static void
knocked(void *ctx, int ready)
{
	struct knock		*knock = ctx;
	struct world		*w = knock->w;
	struct herd_look	*look = knock->look;
	int			 error = 0, open = 0;
	socklen_t		 len = sizeof(error);

	free(knock);
	if (ready > 0 && getsockopt(look->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0)
		open = error == 0;
	close(look->fd);
	w->herd->n_knocking--;
	if (ready == LOOP_GONE) {
		fail(w, look);
		return;
	}
	look->sight.proven = open && look->listening && !look->sight.indexing;
	if (!look->sight.indexing && !look->sight.proven)
		snprintf(look->sight.why, sizeof(look->sight.why), "its port %d does not answer", look->port);
	finish(w, look);
	knock_next(w);
}

/* 0 if it can't be tried. */
static int
begin_knock(struct world *w, struct herd_look *look)
{
	struct knock	*knock = calloc(1, sizeof(*knock));
	struct watch	 watch = {
		.events = POLLOUT, .until = clock_boot() + KNOCK_PATIENCE, .call = knocked, .ctx = knock
	};

	if (knock != NULL && (look->fd = watch.fd = fleet_knock(look->door, look->port)) != -1) {
		*knock = (struct knock){ .w = w, .look = look };
		if (loop_watch(w->loop, &watch) == ERR_OK) {
			w->herd->n_knocking++;
			return 1;
		}
		close(look->fd);
	}
	free(knock);
	return 0;
}

static void
knock_next(struct world *w)
{
	struct herd		*herd = w->herd;
	struct herd_look	*look;

	while (herd->n_knocking < KNOCKS_MOST && (look = herd->knocks) != NULL) {
		if ((herd->knocks = look->next) == NULL)
			herd->knocks_end = &herd->knocks;
		if (!begin_knock(w, look)) {
			if (!look->sight.indexing)
				snprintf(look->sight.why, sizeof(look->sight.why), "its port %d does not answer", look->port);
			finish(w, look);
		}
	}
}

static void
knock_later(struct world *w, struct herd_look *look)
{
	look->next = NULL;
	*w->herd->knocks_end = look;
	w->herd->knocks_end = &look->next;
	knock_next(w);
}

/* ---- what a machine says of a bot ---- */

/* All measured from outside its container.  0: it makes no sense. */
static int
read_container(const struct json *said, struct sight *out)
{
	const struct json *disk = json_get(said, "disk");

	return fleet_count(json_get(said, "startedAt"), &out->started_at) &&
	    fleet_count(json_get(said, "finishedAt"), &out->ended_at) &&
	    fleet_count(json_get(said, "restarts"), &out->restarts) && fleet_count(json_get(said, "rebuilds"), &out->rebuilds) &&
	    (json_type(json_get(said, "release")) == JSON_NULL || fleet_release(json_get(said, "release"), out->release)) &&
	    fleet_count(json_get(said, "memory"), &out->memory) && json_type(disk) == JSON_OBJECT &&
	    fleet_count(json_get(disk, "log"), &out->disk_log) && fleet_count(json_get(disk, "blobs"), &out->disk_blobs) &&
	    fleet_count(json_get(disk, "indexes"), &out->disk_indexes);
}

/* Times of another clock: none is in the future, and one that is not known is 0. */
static void
mind_clock(struct sight *out)
{
	int64_t now = clock_now();

	if (out->started_at > now)
		out->started_at = now;
	if (out->ended_at > now)
		out->ended_at = now;
	if (out->started_at < 0)
		out->started_at = 0;
	if (out->ended_at < 0)
		out->ended_at = 0;
}

/* docker starts one that ends by itself again and again; so one that has ended was stopped. */
static void
read_end(const struct json *said, const struct kept *kept, struct sight *out)
{
	const char	*state = json_text(json_get(said, "state"), "");
	int64_t		 status = json_int(json_get(said, "exitCode"), -1);

	out->ran = strcmp(state, "none") != 0 && strcmp(state, "created") != 0;
	out->told = strcmp(state, "exited") == 0;
	out->started_at = 0;
	if (json_bool(json_get(said, "oom"), 0))
		snprintf(out->why, sizeof(out->why), "it used more memory than it may have");
	else if (out->ran && !out->told && status >= 0 && status < 256)
		snprintf(out->why, sizeof(out->why), "it ended with status %d", (int)status);
	else if (out->ran && !out->told)
		snprintf(out->why, sizeof(out->why), "it ended");
	if (kept != NULL && kept->verdict[0] != '\0')
		snprintf(out->why, sizeof(out->why), "%s", kept->verdict);
}

/* Traffic as it was measured from outside, if it was. */
static void
read_pub(const struct json *said, struct herd_look *look)
{
	struct sight	*out = &look->sight;
	const struct json *pub = json_get(said, "pub");
	struct sight	 outside = *out;
	int64_t		 in, sent;

	if (pub == NULL) {
		snprintf(out->why, sizeof(out->why), "it does not answer");
		return;
	}
	if (!fleet_said(look->public_key, pub, out))
		return;
	out->disk_log = outside.disk_log;
	out->disk_blobs = outside.disk_blobs;
	out->disk_indexes = outside.disk_indexes;
	if (fleet_count(json_get(said, "rx"), &in) && in != -1 && fleet_count(json_get(said, "tx"), &sent) && sent != -1) {
		out->bytes_in = in;
		out->bytes_out = sent;
	}
	look->listening = json_bool(json_get(pub, "listening"), 0);
	if (out->indexing)
		snprintf(out->why, sizeof(out->why), "putting its indexes in order");
}

/*
 * So that a container that dies between two looks does not seem to be well: docker has started it anew, and that is not
 * the run that was seen last.  A worker that has just begun knows of no count of before.
 */
static void
count_restarts(const struct json *said, struct kept *kept, struct herd_look *look)
{
	struct sight	*out = &look->sight;
	int64_t		 restarts;

	if (!fleet_count(json_get(said, "restartCount"), &restarts) || kept == NULL)
		return;
	out->died = out->running && restarts > 0 && restarts != kept->restarts && look->started_at != 0 &&
	    out->started_at > look->started_at;
	kept->restarts = restarts;
}

/* 0: it makes no sense. */
static int
read_bot(struct ward *ward, const struct json *said, struct herd_look *look)
{
	struct kept	*kept = herd_kept(ward, look->bot, look->key);
	struct sight	*out = &look->sight;

	*out = fleet_nothing;
	if (said == NULL) {		/* it was never brought there */
		out->known = 1;
		if (kept != NULL && kept->verdict[0] != '\0')
			snprintf(out->why, sizeof(out->why), "%s", kept->verdict);
		return 1;
	}
	if (json_type(said) != JSON_OBJECT || json_type(json_get(said, "running")) != JSON_BOOL || !read_container(said, out))
		return 0;
	mind_clock(out);
	out->known = 1;
	out->running = json_bool(json_get(said, "running"), 0);
	count_restarts(said, kept, look);
	if (out->running)
		read_pub(said, look);
	else
		read_end(said, kept, out);
	return 1;
}

/* ---- what a machine says ---- */

static void
take_look(struct world *w, struct ward *ward, const struct json *bots, struct herd_look *look)
{
	struct kept *kept;

	if (!read_bot(ward, json_get(bots, look->key), look)) {
		log_fault(ward->row.minion, "bot %s: its machine answers nonsense", look->key);
		fail(w, look);
		return;
	}
	kept = herd_kept(ward, look->bot, look->key);
	look->sight.pending = herd_pending(ward);
	look->sight.port_taken = !look->sight.running && kept != NULL && kept->taken == look->port;
	if (look->sight.answered)
		knock_later(w, look);
	else
		finish(w, look);
}

static struct herd_look *
take_asked(struct ward *ward)
{
	struct herd_look *looks = ward->asked;

	ward->asked = NULL;
	ward->asking = 0;
	return looks;
}

static void
fail_asked(struct world *w, struct ward *ward)
{
	struct herd_look *look = take_asked(ward), *next;

	for (; look != NULL; look = next) {
		next = look->next;
		fail(w, look);
	}
}

static void
read_machine(struct world *w, struct ward *ward, const struct json *said)
{
	const struct json	*bots = json_get(said, "bots");
	struct herd_look	*look, *next;

	if (json_type(bots) != JSON_OBJECT || strcmp(json_text(json_get(said, "server"), ""), ward->row.minion) != 0) {
		log_fault(ward->row.minion, "it answers nonsense");
		fail_asked(w, ward);
		return;
	}
	ward->synced = 1;
	for (look = take_asked(ward); look != NULL; look = next) {
		next = look->next;
		take_look(w, ward, bots, look);
	}
}

/* Our module comes with an apply: one that has not got it has never been brought to anything. */
static void
machine_is_new(struct world *w, struct ward *ward)
{
	struct herd_look *look, *next;

	ward->synced = 0;
	herd_want(w, ward);
	for (look = take_asked(ward); look != NULL; look = next) {
		next = look->next;
		look->sight = fleet_nothing;
		look->sight.known = ward->row.applied_at == 0;
		look->sight.pending = herd_pending(ward);
		finish(w, look);
	}
}

static void
machine_failed(struct world *w, struct ward *ward, const char *words)
{
	char line[100];

	if (strstr(words, "'baas.status' is not available") != NULL) {
		machine_is_new(w, ward);
		return;
	}
	snprintf(line, sizeof(line), "%.99s", words);
	line[strcspn(line, "\n")] = '\0';
	log_fault(ward->row.minion, "status: %s", line);
	fail_asked(w, ward);
}

static void
heard(void *ctx, size_t i, const struct salt_return *ret)
{
	struct slice	*slice = ctx;
	struct ward	*ward = slice->wards[i];

	if (ret->state == SALT_GARBLED)
		ward->slice = slice->n > 8 ? slice->n / 8 : 1;
	else if (ret->state == SALT_ANSWERED)
		ward->slice = SALT_SLICE;
	if (ret->state == SALT_GARBLED && slice->n == 1)
		log_fault(ward->row.minion, "what it answers can't be read");
	if (ret->state == SALT_SILENT || ret->state == SALT_ANSWERED)
		ward->silent = ret->state == SALT_SILENT;
	if (ret->state != SALT_ANSWERED)
		fail_asked(slice->w, ward);
	else if (ret->good)
		read_machine(slice->w, ward, ret->ret);
	else
		machine_failed(slice->w, ward, json_text(ret->ret, "it failed"));
}

/* ---- asking ---- */

static int
is_held(const struct ward *ward)
{
	return herd_pending(ward) && clock_boot() < ward->waiting->since + HERD_HOLD;
}

/* May it go along with the first of the slice? */
static int
fits(const struct slice *slice, const struct ward *ward)
{
	const struct ward *first = slice->wards[0];

	if (ward->waiting == NULL || ward->asking || is_held(ward))
		return 0;
	if (slice->n == 0)
		return 1;
	return slice->n < first->slice && slice->n < ward->slice && ward->silent == first->silent &&
	    strcmp(ward->row.master, first->row.master) == 0;
}

static void
take_waiting(struct herd *herd, struct slice *slice, struct ward *ward)
{
	ward->asked = ward->waiting;
	ward->waiting = NULL;
	ward->asking = 1;
	for (const struct herd_look *look = ward->asked; look != NULL; look = look->next)
		herd->n_waiting--;
	slice->wards[slice->n++] = ward;
}

static void
send_slice(struct world *w, struct slice *slice)
{
	const char	*minions[SALT_SLICE];
	struct salt	*salt = herd_salt(w, slice->wards[0]->row.master);
	struct salt_job	 job = {
		.fun = "baas.status", .minions = minions, .n = slice->n, .patience = PATIENCE, .each = heard, .over = free,
		.ctx = slice
	};

	for (size_t i = 0; i < slice->n; i++)
		minions[i] = slice->wards[i]->row.minion;
	if (salt != NULL && salt_run(salt, &job) == ERR_OK)
		return;
	for (size_t i = 0; i < slice->n; i++)
		fail_asked(w, slice->wards[i]);
	free(slice);
}

/* A slice of what waits; 0: nothing does that may be asked now. */
static int
gather(struct world *w)
{
	struct slice *slice = calloc(1, sizeof(*slice));

	if (slice == NULL) {
		log_fault("fleet", "no memory");
		return 0;
	}
	slice->w = w;
	for (int i = 0; i < HERD_BUCKETS && slice->n < SALT_SLICE; i++)
		for (struct ward *ward = w->herd->wards[i]; ward != NULL && slice->n < SALT_SLICE; ward = ward->next)
			if (fits(slice, ward))
				take_waiting(w->herd, slice, ward);
	if (slice->n == 0) {
		free(slice);
		return 0;
	}
	send_slice(w, slice);
	return 1;
}

/* Once nothing more is due just now, or enough is gathered, or the first has waited long enough. */
void
herd_send_looks(struct world *w)
{
	struct herd *herd = w->herd;

	if (herd->n_waiting == 0)
		return;
	if (w->next_due <= clock_now() && herd->n_waiting < SALT_SLICE && clock_boot() < herd->gathering + HERD_GATHER)
		return;
	while (gather(w))
		;
	herd->gathering = clock_boot();
}

/* ---- a look ---- */

/* The bots of everybody's machine are where this worker is, whatever their invites say. */
static void
find_door(const struct ward *ward, const struct bot *bot, char out[SERVER_ADDRESS_CAP])
{
	const char *door = ward->row.person == 0 ? local_door(bot->address) : ward->row.address;

	snprintf(out, SERVER_ADDRESS_CAP, "%s", strlen(door) < SERVER_ADDRESS_CAP ? door : "");
}

void
herd_look(struct world *w, const struct bot *bot, fleet_seen *seen, void *ctx)
{
	struct herd_look	*look = calloc(1, sizeof(*look));
	struct ward		*ward = herd_ward(w, bot->server);

	if (look == NULL) {
		log_fault(bot->name, "look: no memory");
		seen(ctx, &fleet_nothing);
		return;
	}
	*look = (struct herd_look){
		.ward = ward, .bot = bot->id, .port = bot->port, .since = clock_boot(), .started_at = bot->started_at,
		.seen = seen, .ctx = ctx, .sight = fleet_nothing
	};
	snprintf(look->key, sizeof(look->key), "%s", bot->key);
	snprintf(look->public_key, sizeof(look->public_key), "%s", bot->public_key);
	look->sight.known = look->sight.told = ward != NULL && bot->binned_at != 0 &&
	    (ward->empty || (ward->row.state == SERVER_BROKEN && bot->erase_at <= clock_now()));
	look->sight.away = ward != NULL && !look->sight.known && ward->row.state != SERVER_READY;
	if (ward == NULL || look->sight.known || look->sight.away) {
		finish(w, look);
		return;
	}
	find_door(ward, bot, look->door);
	(void)herd_kept(ward, bot->id, bot->key);	/* so that an apply has somebody to tell its verdict of */
	herd_mind(w, ward);
	look->next = ward->waiting;
	ward->waiting = look;
	if (w->herd->n_waiting++ == 0)
		w->herd->gathering = look->since;
}

void
herd_glance(struct world *w, const struct bot *bot, struct sight *out)
{
	struct ward		*ward = herd_ward(w, bot->server);
	const struct kept	*kept;

	*out = fleet_nothing;
	if (ward == NULL || ward->row.state != SERVER_READY)
		return;
	herd_mind(w, ward);
	kept = herd_kept(ward, bot->id, bot->key);
	if (kept == NULL || kept->seen_at == 0 || clock_boot() > kept->seen_at + FRESH)
		return;
	*out = kept->sight;
	out->pending = herd_pending(ward);
	out->died = 0;
}

void
herd_drop_looks(struct world *w)
{
	struct herd		*herd = w->herd;
	struct herd_look	*look;

	for (int i = 0; i < HERD_BUCKETS; i++)
		for (struct ward *ward = herd->wards[i]; ward != NULL; ward = ward->next) {
			fail_asked(w, ward);
			while ((look = ward->waiting) != NULL) {
				ward->waiting = look->next;
				fail(w, look);
			}
		}
	while ((look = herd->knocks) != NULL) {
		herd->knocks = look->next;
		fail(w, look);
	}
	for (look = herd->done; look != NULL; look = look->next)
		look->sight = fleet_nothing;	/* nothing is to be begun any more */
	while (herd->done != NULL)
		herd_tell(w);
}
