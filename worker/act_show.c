/* What -n says of a server: what would be done to it to the end, in words for an admin. */

#include "worker/act_part.h"

#include <stdio.h>
#include <string.h>

#include "lib/bot.h"
#include "lib/buf.h"
#include "worker/world.h"

enum {
	STEPS = 64,		/* the longest way there is has half as many */
	NAMES = 5		/* bots that are named */
};

/* A server's bots, in a list of words. */
struct names {
	struct buf	text;
	int		n;
};

static void
add_name(void *ctx, const struct bot_line *bot)
{
	struct names *names = ctx;

	if (names->n++ >= NAMES)
		return;
	buf_str(&names->text, names->n == 1 ? "" : ", ");
	buf_str(&names->text, bot->name);
}

/* Small things on the way to what is told; told themselves if there is nothing else. */
static int
is_small(const struct plan_step *s)
{
	static const int small[PLAN_ACT__MAX] = {
		[PLAN_ADOPT] = 1, [PLAN_RULES] = 1, [PLAN_MARK] = 1, [PLAN_SEED] = 1, [PLAN_GREET] = 1, [PLAN_LEAVE] = 1,
	};

	return small[s->act] || (s->act == PLAN_FORGET && s->part == PLAN_MACHINE);
}

/* The steps without the small ones, but never none of them. */
static int
thin(struct plan_step *steps, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
		if (!is_small(&steps[i]))
			steps[kept++] = steps[i];
	return kept == 0 && n > 0 ? 1 : kept;
}

static const char *
word_of(enum plan_act act)
{
	if (act == PLAN_GREET)
		return plan_act_word(PLAN_WAIT);
	return plan_act_word(act);
}

/* One line for the first steps, which are of one kind; how many those are. */
static int
show_some(const char *subject, const struct plan_step *steps, int n)
{
	int i;

	printf("%-8s %s: ", word_of(steps->act), subject);
	for (i = 0; i < n && steps[i].act == steps->act && (i == 0 || steps->act != PLAN_WAIT); i++)
		printf("%s%s", i == 0 ? "" : ", ", steps->act == PLAN_NAME ? "DNS" : plan_part_word(steps[i].part));
	printf(" (%s)\n", steps->why);
	return i;
}

void
act_show(struct world *w, struct post *post, const struct server *row, const struct plan_case *c)
{
	struct plan_step	steps[STEPS];
	struct names		names = { .n = 0 };
	struct buf		subject = { 0 };
	int			n;

	if (post->said[0] != '\0' || c->seen[PLAN_MACHINE] == PLAN_UNSEEN)
		return;
	w->failed = 1;
	snprintf(post->said, sizeof(post->said), "shown");
	n = thin(steps, plan_server_ahead(c, steps, STEPS));
	buf_str(&subject, row->minion);
	if (row->person != 0 && bot_list(w->db, row->person, add_name, &names) == ERR_OK && names.n > 0) {
		buf_fmt(&subject, " (%s", buf_text(&names.text));
		if (names.n > NAMES)
			buf_fmt(&subject, " and %d more", names.n - NAMES);
		buf_str(&subject, ")");
	}
	for (int i = 0; i < n;)
		i += show_some(buf_text(&subject), &steps[i], n - i);
	buf_clear(&names.text);
	buf_clear(&subject);
}
