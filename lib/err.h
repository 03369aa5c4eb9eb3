/* What a function can tell its caller. */

#ifndef BAAS_LIB_ERR_H
#define BAAS_LIB_ERR_H

/*
 * The first four are answers: normal, not logged.  The last two are faults:
 * logged once, where they were noticed, so a caller passes them up and does
 * not log again.
 */
enum err {
	ERR_OK = 0,
	ERR_NOTFOUND,	/* no such thing, or not yours */
	ERR_EXISTS,	/* the name is taken */
	ERR_INVALID,	/* the input breaks a rule */
	ERR_BUSY,	/* fault: try again later */
	ERR_FAULT,	/* fault: trying again will not help */
	ERR__MAX
};

/* The word for err, for logs: "not found".  Static. */
const char *err_word(enum err err);

#endif
