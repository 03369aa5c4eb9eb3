/* Acts on invites: made, revoked and read back by calls to the pub. */

#ifndef BAAS_WORKER_ACT_INVITE_H
#define BAAS_WORKER_ACT_INVITE_H

struct bot;
struct sight;
struct world;

/* Does what is open for the invites of a bot that has just been proven, one call after the other. */
void act_invites(struct world *w, const struct bot *bot, const struct sight *sight);

#endif
