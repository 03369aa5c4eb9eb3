/* The fleet on Salt: each bot a container on its person's machine, which is a minion of a Salt master. */

#include "worker/fleet_salt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/world.h"

enum {
	CALL_PATIENCE = 15 * 1000, RESTART_PATIENCE = 45 * 1000, GREET_PATIENCE = 15 * 1000	/* ms */
};

/* A question to a pub under way. */
struct errand {
	struct world		*w;
	struct fleet_reply	 reply;
};

/* ---- what is known of machines ---- */

struct salt *
herd_salt(struct world *w, const char *master)
{
	const char	*url = *master != '\0' ? master : conf_text(w->conf, CONF_SALT_URL);
	struct master	*m;

	for (m = w->herd->masters; m != NULL; m = m->next)
		if (strcmp(m->url, url) == 0)
			return m->salt;
	if ((m = calloc(1, sizeof(*m))) == NULL) {
		log_fault("fleet", "no memory");
		return NULL;
	}
	if (snprintf(m->url, sizeof(m->url), "%s", url) >= (int)sizeof(m->url) ||
	    salt_open(w->http, w->conf, url, &m->salt) != ERR_OK) {
		free(m);
		return NULL;
	}
	m->next = w->herd->masters;
	w->herd->masters = m;
	return m->salt;
}

static void
forget_bots(struct ward *ward)
{
	struct kept *next;

	for (struct kept *kept = ward->kept; kept != NULL; kept = next) {
		next = kept->next;
		free(kept);
	}
	ward->kept = NULL;
}

/* A volume outlives its machine, so only the first generation's is surely empty before it ran. */
static int
is_empty(const struct server *row)
{
	if (row->person == 0)
		return 0;
	if (row->cloud_id[0] == '\0' && row->volume_id[0] == '\0')
		return row->state != SERVER_READY;
	return row->generation == 1 && row->powered_at == 0;
}

static void
read_row(struct ward *ward, const struct server *row)
{
	if (strcmp(ward->row.minion, row->minion) != 0) {	/* another machine */
		ward->silent = ward->synced = ward->fails = 0;
		ward->not_before = ward->tried_rev = 0;
		ward->slice = SALT_SLICE;
		ward->busy[0] = '\0';
		forget_bots(ward);
	}
	ward->row = *row;
	ward->empty = is_empty(row);
}

struct ward *
herd_ward(struct world *w, int64_t server)
{
	struct ward	**bucket = &w->herd->wards[(uint64_t)server % HERD_BUCKETS], *ward;
	struct server	 row;

	if (server_get(w->db, server, &row) != ERR_OK)
		return NULL;
	if (!salt_is_minion(row.minion)) {
		log_fault("fleet", "a server's minion has a name that is none of ours");
		return NULL;
	}
	for (ward = *bucket; ward != NULL && ward->id != server; ward = ward->next)
		;
	if (ward == NULL) {
		if ((ward = calloc(1, sizeof(*ward))) == NULL) {
			log_fault("fleet", "no memory");
			return NULL;
		}
		ward->id = server;
		ward->next = *bucket;
		*bucket = ward;
	}
	read_row(ward, &row);
	return ward;
}

struct kept *
herd_kept(struct ward *ward, int64_t bot, const char *key)
{
	struct kept *kept;

	for (kept = ward->kept; kept != NULL; kept = kept->next)
		if (kept->bot == bot)
			return kept;
	if ((kept = calloc(1, sizeof(*kept))) == NULL) {
		log_fault("fleet", "no memory");
		return NULL;
	}
	kept->bot = bot;
	kept->restarts = -1;
	snprintf(kept->key, sizeof(kept->key), "%s", key);
	kept->next = ward->kept;
	ward->kept = kept;
	return kept;
}

/* ---- open and close ---- */

static enum err
open_fleet(struct world *w)
{
	struct herd *herd = calloc(1, sizeof(*herd));

	if (herd == NULL) {
		log_fault("fleet", "no memory");
		return ERR_FAULT;
	}
	herd->knocks_end = &herd->knocks;
	herd->done_end = &herd->done;
	w->herd = herd;
	return ERR_OK;
}

static void
free_ward(struct world *w, struct ward *ward)
{
	herd_end_erasures(w, ward, ERR_BUSY);
	forget_bots(ward);
	free(ward);
}

static void end_greeting(struct world *w, struct greeting *greeting, int there);

/* After the end of all requests: nothing is sent any more, but whoever still waits is told so. */
static void
close_fleet(struct world *w)
{
	struct herd	*herd = w->herd;
	struct master	*m;
	struct greeting	*greeting;
	struct ward	*ward;

	if (herd == NULL)
		return;
	while ((m = herd->masters) != NULL) {
		herd->masters = m->next;
		salt_close(m->salt);
		free(m);
	}
	herd_drop_looks(w);
	while ((greeting = herd->greetings) != NULL) {
		herd->greetings = greeting->next;
		end_greeting(w, greeting, -1);
	}
	for (int i = 0; i < HERD_BUCKETS; i++)
		while ((ward = herd->wards[i]) != NULL) {
			herd->wards[i] = ward->next;
			free_ward(w, ward);
		}
	herd_tell(w);
	free(herd);
	w->herd = NULL;
}

/* ---- start and stop ---- */

static enum err
start(struct world *w, const struct bot *bot, const struct secret *secret, char why[FLEET_WORDS_CAP])
{
	struct ward *ward = herd_ward(w, bot->server);

	(void)secret;
	if (ward == NULL || ward->row.state != SERVER_READY) {
		snprintf(why, FLEET_WORDS_CAP, "its server is not ready");
		return ERR_BUSY;
	}
	herd_want(w, ward);
	return ERR_OK;
}

static void
nobody_waits(void *ctx, size_t i, const struct salt_return *ret)
{
	(void)ctx;
	(void)i;
	if (ret->state == SALT_ANSWERED && !ret->good)
		log_fault("fleet", "restart: %.100s", json_text(ret->ret, "failed"));
}

static void
restarted(void *ctx)
{
	struct world *w = ctx;

	w->asked--;
}

/* One that hangs: nothing of its wishes has changed, so an apply would leave it as it is. */
static enum err
restart(struct world *w, const struct ward *ward, const struct bot *bot)
{
	const char	*minion = ward->row.minion;
	struct salt	*salt = herd_salt(w, ward->row.master);
	struct json	*arg = json_list(NULL, NULL);
	struct salt_job	 job = {
		.fun = "baas.restart", .arg = arg, .minions = &minion, .n = 1, .patience = RESTART_PATIENCE,
		.each = nobody_waits, .over = restarted, .ctx = w
	};
	enum err	 err = ERR_BUSY;

	json_add_text(arg, NULL, bot->key);
	if (salt != NULL && (err = salt_run(salt, &job)) == ERR_OK)
		w->asked++;
	json_free(arg);
	return err;
}

static enum err
stop(struct world *w, const struct bot *bot, int hard)
{
	struct ward *ward = herd_ward(w, bot->server);

	if (ward == NULL || ward->row.state != SERVER_READY)
		return ERR_BUSY;
	if (hard && !bot_rests(bot))
		return restart(w, ward, bot);
	herd_want(w, ward);
	return ERR_OK;
}

static int
has(struct world *w, const char *release)
{
	(void)w;
	(void)release;
	return 1;
}

/* ---- calls ---- */

/* One printable line, without what Salt puts before it. */
static void
read_why(const char *text, char out[SALT_WORDS_CAP])
{
	size_t n = 0;

	if (strncmp(text, "ERROR: ", 7) == 0)
		text += 7;
	for (; text[n] != '\0' && text[n] != '\n' && n < 120; n++)
		out[n] = text[n];
	out[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (out[i] < ' ' || out[i] > '~')
			out[i] = '?';
}

static void
called(void *ctx, size_t i, const struct salt_return *ret)
{
	const struct errand	*errand = ctx;
	const struct fleet_reply *reply = &errand->reply;
	char			 why[SALT_WORDS_CAP] = "it does not answer";

	(void)i;
	if (ret->state == SALT_END)
		reply->answer(reply->ctx, ERR_BUSY, NULL, NULL);
	else if (ret->state != SALT_ANSWERED)
		reply->answer(reply->ctx, ERR_BUSY, NULL, why);
	else if (ret->good && json_type(ret->ret) == JSON_OBJECT)
		reply->answer(reply->ctx, ERR_OK, ret->ret, "");
	else {
		read_why(json_text(ret->ret, "it answers nonsense"), why);
		reply->answer(reply->ctx, strncmp(why, "refused: ", 9) == 0 ? ERR_INVALID : ERR_BUSY, NULL, why);
	}
}

static void
call_over(void *ctx)
{
	struct errand *errand = ctx;

	errand->w->asked--;
	free(errand);
}

static struct errand *
new_errand(struct world *w, const struct fleet_reply *reply)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL) {
		log_fault("fleet", "no memory");
		return NULL;
	}
	errand->w = w;
	errand->reply = *reply;
	return errand;
}

/* The request is muxrpc's: {"name": ["baas", method], "args": [{}]}. */
static enum err
call(struct world *w, const struct bot *bot, const struct json *request, const struct fleet_reply *reply)
{
	struct ward	*ward = herd_ward(w, bot->server);
	struct salt	*salt = ward == NULL ? NULL : herd_salt(w, ward->row.master);
	struct errand	*errand = salt == NULL || ward->row.state != SERVER_READY ? NULL : new_errand(w, reply);
	struct json	*arg;
	enum err	 err;

	if (errand == NULL)
		return ERR_BUSY;
	arg = json_list(NULL, NULL);
	json_add_text(arg, NULL, bot->key);
	json_add_text(arg, NULL, json_text(json_next(json_first(json_get(request, "name"))), ""));
	json_add_copy(arg, NULL, json_first(json_get(request, "args")));
	{
		const char		*minion = ward->row.minion;
		const struct salt_job	 job = {
			.fun = "baas.call", .arg = arg, .minions = &minion, .n = 1, .patience = CALL_PATIENCE,
			.each = called, .over = call_over, .ctx = errand
		};

		if ((err = salt_run(salt, &job)) == ERR_OK)
			w->asked++;
		else
			free(errand);
	}
	json_free(arg);
	return err;
}

/* ---- greetings ---- */

struct round {
	struct world	*w;
	struct greeting	*greetings[SALT_SLICE];
};

static void
end_greeting(struct world *w, struct greeting *greeting, int there)
{
	w->asked--;
	greeting->greeted(greeting->ctx, there);
	free(greeting);
}

static void
greeted(void *ctx, size_t i, const struct salt_return *ret)
{
	struct round	*round = ctx;
	int		 there = ret->state == SALT_ANSWERED ? ret->good && json_bool(ret->ret, 0) :
			    ret->state == SALT_SILENT || ret->state == SALT_LOST ? 0 : -1;

	end_greeting(round->w, round->greetings[i], there);
}

/* All that go to the same master, as far as one job holds them. */
static int
take_round(struct herd *herd, struct round *round, const char *minions[SALT_SLICE])
{
	struct greeting	**at = &herd->greetings, *greeting;
	const struct salt *salt = herd->greetings->salt;
	int		 n = 0;

	while ((greeting = *at) != NULL && n < SALT_SLICE) {
		if (greeting->salt != salt) {
			at = &greeting->next;
			continue;
		}
		*at = greeting->next;
		minions[n] = greeting->minion;
		round->greetings[n++] = greeting;
	}
	return n;
}

static void
send_round(struct world *w)
{
	static const struct salt_return unknown = { .state = SALT_UNKNOWN };
	const char	*minions[SALT_SLICE];
	struct salt	*salt = w->herd->greetings->salt;
	struct round	*round = calloc(1, sizeof(*round));
	struct salt_job	 job = {
		.fun = "test.ping", .minions = minions, .patience = GREET_PATIENCE, .each = greeted, .over = free, .ctx = round
	};

	if (round == NULL)
		return;
	round->w = w;
	job.n = (size_t)take_round(w->herd, round, minions);
	if (salt_run(salt, &job) == ERR_OK)
		return;
	for (size_t i = 0; i < job.n; i++)
		greeted(round, i, &unknown);
	free(round);
}

static enum err
greet(struct world *w, const struct server *server, fleet_greeted *greeted_call, void *ctx)
{
	struct salt	*salt = herd_salt(w, server->master);
	struct greeting	*greeting = salt == NULL ? NULL : calloc(1, sizeof(*greeting));

	if (greeting == NULL)
		return ERR_BUSY;
	snprintf(greeting->minion, sizeof(greeting->minion), "%s", server->minion);
	greeting->salt = salt;
	greeting->greeted = greeted_call;
	greeting->ctx = ctx;
	if ((greeting->next = w->herd->greetings) == NULL)
		w->herd->greeting = clock_boot();
	w->herd->greetings = greeting;
	w->asked++;
	return ERR_OK;
}

static void
flush(struct world *w)
{
	herd_send_applies(w);
	herd_send_looks(w);
	while (w->herd->greetings != NULL && clock_boot() >= w->herd->greeting + HERD_GATHER)
		send_round(w);
	herd_tell(w);
}

const struct fleet fleet_salt = {
	.far = 1, .open = open_fleet, .close = close_fleet, .flush = flush, .look = herd_look, .glance = herd_glance,
	.start = start, .stop = stop, .erase = herd_erase, .call = call, .has = has, .greet = greet, .key = herd_key,
	.unkey = herd_unkey, .keys = herd_keys,
};
