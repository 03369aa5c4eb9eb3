/* Letters to a mail server (mail = smtp:// or smtps://). */

#include "worker/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/conf.h"
#include "lib/mail.h"
#include "lib/secret.h"
#include "worker/http.h"
#include "worker/world.h"

enum { OK = 250, AUTH = 530, AUTH_LAST = 538, WORDS_CAP = 160 };

struct sending {
	mail_done	*done;
	void		*ctx;
	struct secret	*password;
};

static void
end(struct sending *s, enum err err, const char *why)
{
	secret_free(s->password);
	s->done(s->ctx, err, why);
	free(s);
}

/*
 * 5xx is for good, but for those that are about us and our password (RFC 4954): an admin can mend these, and the letters
 * wait for it.
 */
static enum err
judge(int status)
{
	if (status == OK)
		return ERR_OK;
	return status >= 500 && !(status >= AUTH && status <= AUTH_LAST) ? ERR_INVALID : ERR_BUSY;
}

static void
answered(void *ctx, const struct http_answer *answer)
{
	char words[WORDS_CAP];

	if (answer == NULL) {
		end(ctx, ERR_BUSY, NULL);
		return;
	}
	/* The server's own words may have the address in them. */
	if (answer->status != 0)
		snprintf(words, sizeof(words), "SMTP %d", answer->status);
	else
		snprintf(words, sizeof(words), "%s", answer->why);
	end(ctx, judge(answer->status), words);
}

static enum err
ask(struct world *w, const struct mail *mail, const char *body, struct sending *s)
{
	struct http_letter	 letter = { .url = conf_text(w->conf, CONF_MAIL), .to = mail->email };
	const char		*path = conf_text(w->conf, CONF_MAIL_PASSWORD_FILE);
	char			 from[MAIL_ADDRESS_CAP];
	struct buf		 text = { .wipe = 1 };
	enum err		 err;

	if ((err = mail_text_from(w->conf, from)) == ERR_OK && (err = mail_text(w->conf, mail, body, "\r\n", &text)) == ERR_OK &&
	    *path != '\0')
		err = secret_read(path, &s->password);
	if (err == ERR_OK) {
		letter.from = from;
		letter.hello = strchr(from, '@') + 1;
		letter.text = buf_text(&text);
		letter.text_n = text.len;
		letter.password = s->password;
		err = http_mail(w->http, &letter, answered, s);
	}
	buf_clear(&text);
	return err;
}

/* What is wrong with the configuration will be mended: only what the letter itself is made of is for good. */
static void
send(struct world *w, const struct mail *mail, const char *body, mail_done *done, void *ctx)
{
	struct sending *s = calloc(1, sizeof(*s));

	if (s == NULL || w->http == NULL) {
		free(s);
		done(ctx, ERR_BUSY, "no memory, or nothing to ask with");
		return;
	}
	s->done = done;
	s->ctx = ctx;
	if (ask(w, mail, body, s) != ERR_OK)
		end(s, ERR_BUSY, "see above");
}

const struct mailer mail_smtp = { .send = send };
