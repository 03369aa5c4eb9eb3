/* What to do about an invite: the whole policy, as a table. */

#include "worker/plan_invite.h"

static const enum invite_act table[INVITE_WANT__MAX][INVITE_SIGHT__MAX] = {
	[INVITE_KEEP] = {
		[INVITE_UNMADE] = INVITE_MAKE,
		[INVITE_OPEN] = INVITE_ASK,
		[INVITE_NAMELESS] = INVITE_ASK,
	},
	[INVITE_REVOKE] = {
		[INVITE_UNMADE] = INVITE_CLOSE,	/* an answer may have been lost: the pub may have made it */
		[INVITE_OPEN] = INVITE_CLOSE,
		[INVITE_NAMELESS] = INVITE_ASK,
	},
};

enum invite_act
plan_invite(enum invite_want want, enum invite_sight sight)
{
	return table[want][sight];
}
