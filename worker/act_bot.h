/* Acts on bots: what plan_bot says, done by the fleet. */

#ifndef BAAS_WORKER_ACT_BOT_H
#define BAAS_WORKER_ACT_BOT_H

struct bot;
struct sight;
struct world;

/* Does what the last look at the bot (now stored in its row) calls for; with w->dry, says it on standard output. */
void act_bot(struct world *w, const struct bot *bot, const struct sight *sight);

#endif
