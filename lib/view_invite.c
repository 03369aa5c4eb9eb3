/* An invite as values of a page. */

#include "lib/view_invite.h"

#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/invite.h"
#include "lib/page.h"
#include "lib/qr.h"
#include "lib/view_time.h"

enum err
view_invite(struct view *view, const struct invite *invite, const struct bot *bot, int64_t now)
{
	char		code[INVITE_CODE_CAP] = "";
	enum err	err = invite_code(invite, bot->address, bot->port, bot->public_key, code);

	view_text(view, "invite_id", invite->key);
	view_text(view, "label", invite->label);
	view_text(view, "state", invite_state_word(invite->state));
	view_text(view, "code", err == ERR_OK ? code : "");
	view_time(view, "at", invite->created_at, now);
	return err == ERR_NOTFOUND ? ERR_OK : err;	/* not made yet, or erased */
}

enum err
view_qr(struct view *view, const char *text)
{
	struct buf	 path = { 0 };
	struct view	*item;
	int		 side;
	enum err	 err = qr_path(text, &path, &side);

	if (err == ERR_OK && (err = buf_error(&path)) == ERR_OK) {
		view_list(view, "qr");
		item = view_item(view, "qr");
		view_int(item, "side", side);
		view_text(item, "path", buf_text(&path));
	}
	buf_clear(&path);
	return err;
}
