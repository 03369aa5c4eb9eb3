/* Letters: from a template into the outbox; and those of accounts.verify. */

#include "lib/app_part.h"

#include <stdio.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/confirmation.h"
#include "lib/log.h"
#include "lib/mail.h"
#include "lib/page.h"

enum { TEMPLATE_CAP = 64 };

/* Cuts the text in two: its first line, and what comes after an empty one.  NULL: it has not both. */
static const char *
cut_subject(char *text, struct mail *mail)
{
	char *end = strstr(text, "\n\n");

	if (end == NULL)
		return NULL;
	*end = '\0';
	if (snprintf(mail->subject, sizeof(mail->subject), "%s", text) >= (int)sizeof(mail->subject))
		return NULL;
	return end + 2;
}

enum err
app_mail(struct call *call, const char *name, int64_t person, const char *email)
{
	struct mail	 mail = { .person = person };
	struct buf	 text = { .wipe = 1 };
	char		 file[TEMPLATE_CAP];
	const char	*body;
	enum err	 err;

	snprintf(mail.email, sizeof(mail.email), "%s", email);
	snprintf(file, sizeof(file), "%s.txt", name);
	if ((err = page_render(call->pages, file, call->view, &text)) == ERR_OK && (err = buf_error(&text)) == ERR_OK) {
		body = text.data == NULL ? NULL : cut_subject(text.data, &mail);
		err = body == NULL ? ERR_INVALID : mail_order(call->db, &mail, body, call->now);
	}
	if (err == ERR_INVALID) {
		log_fault(file, "makes no letter: a subject, an empty line and a text are wanted");
		err = ERR_FAULT;
	}
	buf_clear(&text);
	return err;
}

/* When and from what it was asked for, so that who did not ask can tell. */
static void
name_asking(struct call *call)
{
	char at[32], agent[SESSION_AGENT_CAP];

	clock_words(call->now, call->now, at);
	session_agent(req_var(call->req, "HTTP_USER_AGENT"), agent);
	view_text(call->view, "asked_at", at);
	view_text(call->view, "asked_from", agent);
}

static enum err
send_link(struct call *call, const struct newcomer *newcomer)
{
	struct confirmation	c = { 0 };
	char			token[CONFIRMATION_TOKEN_CAP];
	enum err		err;

	snprintf(c.email, sizeof(c.email), "%s", newcomer->email);
	snprintf(c.password, sizeof(c.password), "%s", newcomer->hash);
	snprintf(c.name, sizeof(c.name), "%s", newcomer->name);
	if (!call->json)		/* there the token is a bearer's, if anything */
		snprintf(c.browser, sizeof(c.browser), "%s", call->token);
	err = confirmation_order(call->db, &c, call->now, token);
	explicit_bzero(&c, sizeof(c));
	if (err != ERR_OK)
		return err;
	view_fmt(call->view, "link", "%s/confirm/%s", conf_text(call->conf, CONF_SITE_URL), token);
	err = app_mail(call, "mail_confirm", 0, newcomer->email);
	view_text(call->view, "link", "");
	explicit_bzero(token, sizeof(token));
	return err;
}

/* Unless too many have gone there already. */
static enum err
send_letter(struct call *call, const struct newcomer *newcomer)
{
	char		subject[TRY_SUBJECT_CAP];
	int64_t		wait;
	enum err	err;

	try_mail(newcomer->email, subject);
	if ((err = try_wait(call->db, subject, call->now, &wait)) != ERR_OK || wait > 0 || !mail_can(newcomer->email))
		return err;
	if ((err = try_failed(call->db, subject, call->now)) != ERR_OK)
		return err;
	name_asking(call);
	if (newcomer->known != 0)
		return app_mail(call, "mail_known", newcomer->known, newcomer->email);
	return send_link(call, newcomer);
}

enum err
app_newcomer(struct call *call, const struct door *door, const struct newcomer *newcomer)
{
	enum err err;

	if ((err = app_door_failed(call, door)) != ERR_OK || (err = app_new_made(call)) != ERR_OK)
		return err;
	return send_letter(call, newcomer);
}
