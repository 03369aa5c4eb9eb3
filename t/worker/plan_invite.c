/* worker/plan_invite. */

#include "worker/plan_invite.h"

#include "t/tap.h"

static const struct {
	enum invite_want	 want;
	enum invite_sight	 sight;
	enum invite_act		 act;
	const char		*name;
} cases[] = {
	{ INVITE_KEEP, INVITE_UNMADE, INVITE_MAKE, "an ordered one is made" },
	{ INVITE_KEEP, INVITE_OPEN, INVITE_ASK, "an open one is asked about" },
	{ INVITE_KEEP, INVITE_NAMELESS, INVITE_ASK, "so is one whose user has no name yet" },
	{ INVITE_KEEP, INVITE_DONE, INVITE_LEAVE, "what is done is left alone" },
	{ INVITE_REVOKE, INVITE_UNMADE, INVITE_CLOSE, "revoked before it was made: the pub may have made it" },
	{ INVITE_REVOKE, INVITE_OPEN, INVITE_CLOSE, "a revoked one is closed" },
	{ INVITE_REVOKE, INVITE_NAMELESS, INVITE_ASK, "used before the revocation: only the name is asked for" },
	{ INVITE_REVOKE, INVITE_DONE, INVITE_LEAVE, "what is done is left alone" },
};

int
main(void)
{
	int made = 0;

	is_int(0, INVITE_LEAVE, "the act of an empty entry is to leave it alone");
	is_int(INVITE_WANT__MAX * INVITE_SIGHT__MAX, (int)(sizeof(cases) / sizeof(cases[0])), "every case is here");
	for (int i = 0; i < (int)(sizeof(cases) / sizeof(cases[0])); i++)
		is_int(cases[i].act, plan_invite(cases[i].want, cases[i].sight), cases[i].name);
	for (int s = 0; s < INVITE_SIGHT__MAX; s++)
		made += plan_invite(INVITE_REVOKE, (enum invite_sight)s) == INVITE_MAKE;
	is_int(0, made, "what is to be revoked is never made");
	return tap_end();
}
