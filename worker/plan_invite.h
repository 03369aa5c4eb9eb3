/* What to do about an invite: wanted x seen -> act.  Pure, like plan_bot. */

#ifndef BAAS_WORKER_PLAN_INVITE_H
#define BAAS_WORKER_PLAN_INVITE_H

enum invite_want { INVITE_KEEP, INVITE_REVOKE, INVITE_WANT__MAX };

enum invite_sight {
	INVITE_UNMADE,		/* the pub has not given a code for it yet */
	INVITE_OPEN,		/* a code that nobody has used */
	INVITE_NAMELESS,	/* used by somebody whose name is not known yet */
	INVITE_DONE,		/* used, with the name; or revoked */
	INVITE_SIGHT__MAX
};

enum invite_act {
	INVITE_LEAVE = 0,
	INVITE_MAKE, INVITE_CLOSE, INVITE_ASK,
	INVITE_ACT__MAX
};

enum invite_act plan_invite(enum invite_want want, enum invite_sight sight);

#endif
