/* A letter as it goes out: headers, and its text in quoted-printable. */

#include "worker/mail.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/crypt.h"
#include "lib/log.h"
#include "lib/mail.h"

enum {
	LINE_MAX_QP = 76,	/* RFC 2045 6.7 */
	WORD_MAX = 45,		/* bytes of text in an encoded word: 60 letters of base64, and RFC 2047 allows 75 with the rest */
	HOST_CAP = 256
};

static const char hex[] = "0123456789ABCDEF";

void
mail_text_id(const struct mail *mail, char out[MAIL_ID_CAP])
{
	unsigned char	hash[CRYPT_HASH_LEN];
	char		text[PERSON_EMAIL_CAP + 64];
	int		n = snprintf(text, sizeof(text), "%lld %lld %s", (long long)mail->id, (long long)mail->created_at,
			    mail->email);

	crypt_hash(text, n < 0 ? 0 : (size_t)n, hash);
	for (int i = 0; i < (MAIL_ID_CAP - 1) / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", hash[i]);
}

/* The host of site.url; an address is none that mail could go to. */
static void
read_host(const struct conf *conf, char out[HOST_CAP])
{
	const char	*url = conf_text(conf, CONF_SITE_URL), *host = strstr(url, "://");
	size_t		 n;

	host = host == NULL ? url : host + 3;
	n = strcspn(host, ":/");
	if (n == 0 || n >= HOST_CAP || *host == '[' || strspn(host, "0123456789.") == n) {
		host = "localhost";
		n = strlen(host);
	}
	memcpy(out, host, n);
	out[n] = '\0';
}

enum err
mail_text_from(const struct conf *conf, char out[MAIL_ADDRESS_CAP])
{
	const char	*from = conf_text(conf, CONF_MAIL_FROM);
	char		 host[HOST_CAP], email[PERSON_EMAIL_CAP];

	if (*from == '\0') {
		read_host(conf, host);
		snprintf(out, MAIL_ADDRESS_CAP, "baas@%s", host);
		return ERR_OK;
	}
	if (person_email(from, email) != ERR_OK || !mail_can(email)) {
		log_fault("mail.from", "must be an email address and nothing else");
		return ERR_INVALID;
	}
	snprintf(out, MAIL_ADDRESS_CAP, "%s", email);
	return ERR_OK;
}

static int
is_plain(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			return 0;
	return 1;
}

static void
add_base64(struct buf *out, const char *text, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned	bits = 0;
		size_t		have = n - i < 3 ? n - i : 3;
		char		four[4];

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < have ? (unsigned char)text[i + k] : 0);
		for (int k = 0; k < 4; k++)
			four[k] = k <= (int)have ? letters[bits >> (18 - 6 * k) & 63] : '=';
		buf_add(out, four, sizeof(four));
	}
}

/* Text for a header, in encoded words unless it is of ASCII (RFC 2047); no character is cut in two. */
static void
add_words(struct buf *out, const char *text, const char *eol)
{
	size_t n = strlen(text);

	for (size_t at = 0, len; at < n; at += len) {
		len = n - at < WORD_MAX ? n - at : WORD_MAX;
		while (at + len < n && len > 1 && ((unsigned char)text[at + len] & 0xc0) == 0x80)
			len--;
		if (at > 0)
			buf_fmt(out, "%s ", eol);
		buf_str(out, "=?UTF-8?B?");
		add_base64(out, text + at, len);
		buf_str(out, "?=");
	}
}

/* A person's or a site's name before an address: quoted, or encoded. */
static void
add_name(struct buf *out, const char *name, const char *eol)
{
	if (is_plain(name) && strpbrk(name, "\"\\") == NULL && strlen(name) < LINE_MAX_QP / 2)
		buf_fmt(out, "\"%s\"", name);
	else
		add_words(out, name, eol);
}

static void
add_subject(struct buf *out, const char *subject, const char *eol)
{
	/* What looks like an encoded word would be read as one. */
	if (is_plain(subject) && strstr(subject, "=?") == NULL && strlen(subject) < LINE_MAX_QP - 9)
		buf_str(out, subject);
	else
		add_words(out, subject, eol);
}

/* "Tue, 24 Nov 2026 10:19:00 +0000": not strftime's %a and %b, which follow the locale. */
static void
add_date(struct buf *out, int64_t at)
{
	static const char *const	days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const	months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
	    "Nov", "Dec" };
	time_t				seconds = (time_t)(at / CLOCK_SECOND);
	struct tm			tm = { 0 };

	gmtime_r(&seconds, &tm);
	buf_fmt(out, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* One byte of a line, and whether it must be written as =XX: a blank at the line's end would be lost. */
static int
must_encode(const char *p)
{
	unsigned char c = (unsigned char)*p;

	if (c == '=' || c > '~' || (c < ' ' && c != '\t'))
		return 1;
	return (c == ' ' || c == '\t') && (p[1] == '\n' || p[1] == '\0');
}

static void
add_body(struct buf *out, const char *text, const char *eol)
{
	int column = 0;

	for (const char *p = text; *p != '\0'; p++) {
		int n = must_encode(p) ? 3 : 1;

		if (*p == '\n') {
			buf_str(out, eol);
			column = 0;
			continue;
		}
		/* The last place of a line is for the "=" that goes on in the next, unless the line ends there. */
		if (column + n > (p[1] == '\n' || p[1] == '\0' ? LINE_MAX_QP : LINE_MAX_QP - 1)) {
			buf_fmt(out, "=%s", eol);
			column = 0;
		}
		if (n == 3)
			buf_fmt(out, "=%c%c", hex[(unsigned char)*p >> 4], hex[*p & 15]);
		else
			buf_add(out, p, 1);
		column += n;
	}
	if (column > 0)
		buf_str(out, eol);
}

static int
is_header(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return 0;
	return 1;
}

enum err
mail_text(const struct conf *conf, const struct mail *mail, const char *body, const char *eol, struct buf *out)
{
	const char	*name = conf_text(conf, CONF_SITE_NAME);
	char		 from[MAIL_ADDRESS_CAP], to[PERSON_EMAIL_CAP], id[MAIL_ID_CAP], host[HOST_CAP];
	enum err	 err;

	if ((err = mail_text_from(conf, from)) != ERR_OK)
		return err;
	if (person_email(mail->email, to) != ERR_OK || !mail_can(to) || !is_header(mail->subject) || !is_header(name))
		return ERR_INVALID;
	mail_text_id(mail, id);
	read_host(conf, host);
	buf_str(out, "From: ");
	add_name(out, name, eol);
	buf_fmt(out, " <%s>%sTo: <%s>%sSubject: ", from, eol, to, eol);
	add_subject(out, mail->subject, eol);
	buf_fmt(out, "%sDate: ", eol);
	add_date(out, mail->created_at);
	buf_fmt(out, "%sMessage-ID: <%s@%s>%s", eol, id, host, eol);
	buf_fmt(out, "Auto-Submitted: auto-generated%sMIME-Version: 1.0%s", eol, eol);
	buf_fmt(out, "Content-Type: text/plain; charset=utf-8%sContent-Transfer-Encoding: quoted-printable%s%s", eol, eol, eol);
	add_body(out, body, eol);
	return buf_error(out);
}
