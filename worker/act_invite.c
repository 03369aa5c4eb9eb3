/*
 * Acts on invites.  The pub is told a reference and nothing else; of what it says nothing is believed that is not
 * checked here or by lib/invite.
 */

#include "worker/act_invite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/invite.h"
#include "lib/json.h"
#include "lib/log.h"
#include "worker/fleet.h"
#include "worker/muxrpc.h"
#include "worker/plan_invite.h"
#include "worker/world.h"

enum {
	OPEN_MOST = 50, WATCHED_MOST = 500,	/* in one round */
	CHUNK = 50,			/* refs in one question */
	NAME_CAP = 201
};

/* What a round needs to know of an invite. */
struct item {
	int64_t		 id, created_at;
	char		 ref[INVITE_REF_CAP], label[INVITE_LABEL_CAP];
	enum invite_state state;
	enum invite_act	 act;
};

/* One bot's round: first what is open, then the questions. */
struct round {
	struct world	*w;
	struct bot	 bot;
	int64_t		 rev;		/* the pub's, before the round */
	int		 asking, failed;
	int		 n, at;		/* items; the next one */
	struct item	 items[WATCHED_MOST];
};

static void step(struct round *round);

/* ---- collecting ---- */

static enum invite_sight
sight_of(const struct invite *invite)
{
	static const enum invite_sight sights[INVITE_STATE__MAX] = {
		[INVITE_PENDING] = INVITE_UNMADE, [INVITE_UNUSED] = INVITE_OPEN, [INVITE_USED] = INVITE_NAMELESS,
		[INVITE_REVOKED] = INVITE_DONE,
	};

	return invite->state == INVITE_USED && invite->used_name[0] != '\0' ? INVITE_DONE : sights[invite->state];
}

static void
collect(void *ctx, const struct invite *invite)
{
	struct round	*round = ctx;
	struct item	*item = &round->items[round->n];

	if (round->n == WATCHED_MOST)
		return;
	item->id = invite->id;
	item->created_at = invite->created_at;
	item->state = invite->state;
	item->act = plan_invite(invite->revoke ? INVITE_REVOKE : INVITE_KEEP, sight_of(invite));
	memcpy(item->ref, invite->ref, sizeof(item->ref));
	memcpy(item->label, invite->label, sizeof(item->label));
	round->n++;
}

/* ---- what the pub says ---- */

/* White space for what could break a line or turn the direction of text; cut before the character that does not fit. */
static void
tidy(const char *name, char out[NAME_CAP])
{
	static const char	marks[] = "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae"
				    "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9";
	size_t			n = strnlen(name, NAME_CAP);

	if (n == NAME_CAP)
		for (n = NAME_CAP - 1; n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80;)
			n--;
	memcpy(out, name, n);
	out[n] = '\0';
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
			out[i] = ' ';
		for (size_t m = 0; m < sizeof(marks) - 1; m += 3)
			if (strncmp(out + i, marks + m, 3) == 0)
				memset(out + i, ' ', 3);
	}
}

static enum err
note_used(struct round *round, const struct item *item, const struct json *told)
{
	struct event	 event = {
		.at = clock_now(), .person = round->bot.owner, .bot = round->bot.id, .actor = "worker",
		.what = EVENT_INVITE_USED
	};
	const char	*by = json_text(json_get(told, "usedBy"), "");
	const char	*name = json_text(json_get(told, "usedByName"), "");
	int64_t		 at = json_int(json_get(told, "usedAt"), 0);
	char		 tidied[NAME_CAP];
	enum err	 err;

	tidy(name, tidied);
	if (at < item->created_at || at > event.at)
		at = event.at;
	err = invite_used(round->w->db, item->id, by, tidied[0] == '\0' ? NULL : tidied, at);
	if (err != ERR_OK || item->state == INVITE_USED)
		return err;
	world_say(round->w, round->bot.name, "an invite was used by %s", by);
	snprintf(event.bot_name, sizeof(event.bot_name), "%s", round->bot.name);
	snprintf(event.detail, sizeof(event.detail), "%s", item->label);
	return event_add(round->w->db, &event);
}

static enum err
note_state(struct round *round, const struct item *item, const struct json *told)
{
	const char *state = json_text(json_get(told, "state"), "");

	if (strcmp(state, "used") == 0)
		return note_used(round, item, told);
	if (strcmp(state, "revoked") == 0 && item->state != INVITE_USED)
		return invite_revoked(round->w->db, item->id);
	return ERR_OK;
}

/* An answer that makes no sense, and a row that is gone, are no faults of ours. */
static enum err
pass_over(enum err err)
{
	return err == ERR_INVALID || err == ERR_NOTFOUND ? ERR_OK : err;
}

static enum err
note_list(struct round *round, const struct json *answer)
{
	const struct json	*told;
	enum err		 err = ERR_OK;
	int			 seen = 0;

	told = json_first(json_get(answer, "invites"));
	for (; told != NULL && err == ERR_OK && seen < CHUNK; told = json_next(told), seen++)
		for (int i = round->at; i < round->n && i < round->at + CHUNK && err == ERR_OK; i++)
			if (strcmp(json_text(json_get(told, "ref"), ""), round->items[i].ref) == 0)
				err = pass_over(note_state(round, &round->items[i], told));
	return err;
}

/* ERR_INVALID: the answer is not one to this question. */
static enum err
note_one(struct round *round, const struct item *item, const struct json *answer)
{
	const char *state = json_text(json_get(answer, "state"), "");

	if (strcmp(json_text(json_get(answer, "ref"), ""), item->ref) != 0)
		return ERR_INVALID;
	if (item->act == INVITE_MAKE)
		return invite_made(round->w->db, item->id, json_text(json_get(answer, "seed"), ""));
	if (strcmp(state, "revoked") == 0)
		return invite_revoked(round->w->db, item->id);
	return strcmp(state, "used") == 0 ? ERR_OK : ERR_INVALID;	/* by whom is asked below */
}

/* ---- the round ---- */

static void
end_round(struct round *round)
{
	struct hand *hand = world_hand(round->w, round->bot.id);

	if (!round->failed && round->rev != round->bot.invites_seen && round->rev >= 0)
		(void)bot_invites_seen(round->w->db, round->bot.id, round->rev);
	if (!round->failed)
		world_fault(round->w, &round->bot, "");
	if (hand != NULL) {
		hand->unsettled |= round->failed;
		if (hand->calling > 1)	/* something was wished meanwhile */
			hand->look_at = 0;
		hand->calling = 0;
	}
	free(round);
}

static enum err
store(struct round *round, const struct json *answer)
{
	enum err err;

	if ((err = world_begin(round->w)) != ERR_OK)
		return err;
	err = round->asking ? note_list(round, answer) : note_one(round, &round->items[round->at], answer);
	return world_commit(round->w, err);
}

/* One that was refused is asked about: the pub may know that it was used, from a time this database has forgotten. */
static void
answered(void *ctx, enum err err, const struct json *answer, const char *why)
{
	struct round	*round = ctx;
	char		 words[WORLD_WORDS_CAP];

	if (why == NULL) {
		free(round);
		return;
	}
	if (err == ERR_OK)
		err = store(round, answer);
	if (err != ERR_OK) {
		snprintf(words, sizeof(words), "invites: %s", why[0] == '\0' ? err_word(err) : why);
		world_fault(round->w, &round->bot, words);
		round->failed = 1;
	} else if (!round->asking) {
		world_say(round->w, round->bot.name, "an invite was %s",
		    round->items[round->at].act == INVITE_MAKE ? "made" : "revoked");
	}
	round->at += round->asking ? CHUNK : 1;
	if (err == ERR_BUSY || err == ERR_FAULT)
		end_round(round);
	else
		step(round);
}

static struct json *
question(const struct round *round)
{
	const struct item	*item = &round->items[round->at];
	struct json		*arg, *refs, *request;

	if (!round->asking) {
		request = muxrpc_request(item->act == INVITE_MAKE ? "inviteCreate" : "inviteRevoke", &arg);
		json_add_text(arg, "ref", item->ref);
		return request;
	}
	request = muxrpc_request("inviteList", &arg);
	refs = json_list(arg, "refs");
	for (int i = round->at; i < round->n && i < round->at + CHUNK; i++)
		json_add_text(refs, NULL, round->items[i].ref);
	return request;
}

/* From what is open to the questions; asked only if the pub's counter says that there is news, or something went wrong. */
static enum err
begin_asking(struct round *round)
{
	int		refused = 0;
	enum err	err;

	for (int i = 0; round->failed && i < round->n && refused < CHUNK; i++)
		round->items[refused++] = round->items[i];
	round->n = refused;
	round->at = 0;
	round->asking = 1;
	if (!round->failed && round->rev == round->bot.invites_seen)
		return ERR_OK;
	if ((err = invite_watched(round->w->db, round->bot.id, clock_now(), WATCHED_MOST, collect, round)) != ERR_OK)
		round->failed = 1;
	return err;
}

static void
step(struct round *round)
{
	const struct fleet_reply reply = { .answer = answered, .ctx = round };
	struct json		*request;
	enum err		 err = ERR_OK;

	if (round->at >= round->n && !round->asking)
		err = begin_asking(round);
	if (err != ERR_OK || round->at >= round->n) {
		end_round(round);
		return;
	}
	request = question(round);
	if (round->w->fleet->call(round->w, &round->bot, request, &reply) != ERR_OK) {
		round->failed = 1;
		end_round(round);
	}
	json_free(request);
}

void
act_invites(struct world *w, const struct bot *bot, const struct sight *sight)
{
	struct hand	*hand = world_hand(w, bot->id);
	struct round	*round;

	if (hand == NULL || hand->told_at != 0)
		return;
	if (hand->calling) {
		hand->calling = 2;
		return;
	}
	if ((round = calloc(1, sizeof(*round))) == NULL) {
		log_fault(bot->name, "invites: no memory");
		return;
	}
	round->w = w;
	round->bot = *bot;
	round->rev = sight->invites;
	hand->calling = 1;
	if (invite_open(w->db, bot->id, OPEN_MOST, collect, round) != ERR_OK)
		round->failed = 1;
	step(round);
}
