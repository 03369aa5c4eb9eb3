/* An invite as values of a page. */

#ifndef BAAS_LIB_VIEW_INVITE_H
#define BAAS_LIB_VIEW_INVITE_H

#include <stdint.h>

#include "lib/err.h"

struct bot;
struct invite;
struct view;

/* Sets invite_id, label, state, code ("" if there is none), at (view_time.h: when it was made). */
enum err view_invite(struct view *view, const struct invite *invite, const struct bot *bot, int64_t now);

/* Sets qr: a list of one (side, path), the code of text. */
enum err view_qr(struct view *view, const char *text);

#endif
