/*
 * A Salt master's salt-api: being let in, and single requests.  It answers errors in HTML, tells with 401 that it was
 * restarted as well as that something is not allowed, and with 200 that somebody unknown may do nothing.
 */

#include "worker/salt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "worker/http.h"
#include "worker/salt_part.h"

enum {
	URL_CAP = 320,
	KEY_CAP = 4096,
	TIMEOUT = 40 * 1000,		/* ms: salt-api itself gives up on its master after 30 s */
	DOOR_PAUSE = 2 * 1000,		/* ms: a door that did not open is not knocked at again earlier, */
	REFUSED_PAUSE = 10 * 1000,	/* nor one that was shut */
	OLDEST = 3006, OLDEST_MINOR = 12,	/* before it a minion gets any other's pillar: CVE-2024-38822, */
	ODD = 3007, ODD_MINOR = 4	/* of 3007 before this */
};

enum door { DOOR_SHUT, DOOR_KNOCKED, DOOR_CHECKED, DOOR_OPEN };

/* A session's token; old ones stay, since a request that waits its turn may hold one. */
struct token {
	struct secret	*secret;
	struct token	*next;
};

struct ask {
	struct salt	*salt;
	char		*path;
	struct buf	 body;
	int		 again;		/* it was sent back once already */
	const struct token *token;	/* that it went out with */
	salt_heard	*heard;
	void		*ctx;
	struct ask	*next;
};

struct salt {
	struct http		*http;
	const struct conf	*conf;
	char			 url[URL_CAP];
	struct secret		*password;
	struct token		*token;		/* the newest first */
	enum door		 door;
	int64_t			 not_before;	/* clock_boot() */
	struct ask		*first, *last;	/* wait for the door */
	char			 key[KEY_CAP];
};

static const struct salt_return ended = { .state = SALT_END };

static enum err knock(struct salt *salt);
static void open_door(struct salt *salt);

/* ---- what came back ---- */

/* *root: what it says, if that is JSON, for the caller to free.  *out: what it means, without ret. */
static void
read_answer(const struct http_answer *answer, struct json **root, struct salt_return *out, char why[SALT_WORDS_CAP])
{
	*out = (struct salt_return){ .state = SALT_UNKNOWN, .why = why };
	*root = NULL;
	if (answer->status == 0)
		snprintf(why, SALT_WORDS_CAP, "%s", answer->why);
	else if (answer->status == 401 || answer->status == 403)
		out->state = SALT_REFUSED;
	if (answer->status != 0)
		snprintf(why, SALT_WORDS_CAP, "HTTP %d", answer->status);
	if (answer->status != 200)
		return;
	out->state = SALT_GARBLED;
	snprintf(why, SALT_WORDS_CAP, "it answers nonsense");
	if (strncmp(answer->type, "application/json", 16) == 0 && json_read(answer->body, answer->body_n, root) == ERR_OK)
		out->state = SALT_ANSWERED;
}

static void
free_ask(struct ask *ask)
{
	buf_clear(&ask->body);
	free(ask->path);
	free(ask);
}

static void
end_ask(struct ask *ask, const struct salt_return *ret)
{
	if (ret->state != SALT_ANSWERED && ret->state != SALT_END)
		log_fault(ask->salt->url, "%s", ret->why);
	ask->heard(ask->ctx, ret);
	free_ask(ask);
}

/* ---- the queue before the door ---- */

static void
push(struct salt *salt, struct ask *ask)
{
	ask->next = NULL;
	if (salt->last != NULL)
		salt->last->next = ask;
	else
		salt->first = ask;
	salt->last = ask;
}

static struct ask *
take_all(struct salt *salt)
{
	struct ask *first = salt->first;

	salt->first = salt->last = NULL;
	return first;
}

static void
turn_away(struct salt *salt, const struct salt_return *ret)
{
	struct ask *ask = take_all(salt), *next;

	salt->door = DOOR_SHUT;
	salt->not_before = clock_boot() + (ret->state == SALT_REFUSED ? REFUSED_PAUSE : DOOR_PAUSE);
	if (ret->state != SALT_END)
		log_fault(salt->url, "%s", ret->why);
	for (; ask != NULL; ask = next) {
		next = ask->next;
		ask->heard(ask->ctx, ret);
		free_ask(ask);
	}
}

/* ---- one request ---- */

static void
answered(void *ctx, const struct http_answer *answer)
{
	struct ask		*ask = ctx;
	struct salt		*salt = ask->salt;
	struct json		*root;
	struct salt_return	 ret;
	char			 why[SALT_WORDS_CAP];

	if (answer == NULL) {
		end_ask(ask, &ended);
		return;
	}
	read_answer(answer, &root, &ret, why);
	if (ret.state == SALT_REFUSED && !ask->again) {	/* its session is forgotten: salt-api was restarted, say */
		ask->again = 1;
		push(salt, ask);
		if (salt->door == DOOR_OPEN && ask->token == salt->token)
			salt->door = DOOR_SHUT;
		if (salt->door == DOOR_OPEN)
			open_door(salt);
		else if (salt->door == DOOR_SHUT && knock(salt) != ERR_OK)
			turn_away(salt, &ret);
		return;
	}
	ret.ret = ask->body.len > 0 ? json_first(json_get(root, "return")) : root;
	if (ret.state == SALT_ANSWERED && ret.ret == NULL) {
		ret.state = SALT_UNKNOWN;
		snprintf(why, sizeof(why), "it answers nothing");
	}
	end_ask(ask, &ret);
	json_free(root);
}

static enum err
send(struct salt *salt, const char *path, const struct buf *body, http_done *done, void *ctx)
{
	char			url[URL_CAP + 64];
	struct http_request	request = { .method = "GET", .url = url, .timeout = TIMEOUT };
	const char		*ca = conf_text(salt->conf, CONF_SALT_CA_FILE);

	snprintf(url, sizeof(url), "%s%s", salt->url, path);
	request.ca_file = *ca == '\0' ? NULL : ca;
	if (body->len > 0) {
		request.method = "POST";
		request.type = "application/json";
		request.body = body->data;
		request.body_n = body->len;
	}
	if (salt->token != NULL) {
		request.token_header = "X-Auth-Token";
		request.token = salt->token->secret;
	}
	return http_ask(salt->http, &request, done, ctx);
}

static enum err
send_ask(struct salt *salt, struct ask *ask)
{
	ask->token = salt->token;
	return send(salt, ask->path, &ask->body, answered, ask);
}

static void
open_door(struct salt *salt)
{
	static const struct salt_return failed = { .state = SALT_UNKNOWN, .why = "it could not be asked" };
	struct ask			*ask = take_all(salt), *next;

	salt->door = DOOR_OPEN;
	for (; ask != NULL; ask = next) {
		next = ask->next;
		if (send_ask(salt, ask) != ERR_OK)
			end_ask(ask, &failed);
	}
}

/* ---- is it to be trusted? ---- */

static void
read_version(const char *text, int64_t *major, int64_t *minor)
{
	char *end;

	*minor = 0;
	*major = strtoll(text, &end, 10);
	if (*end == '.')
		*minor = strtoll(end + 1, NULL, 10);
}

/* NULL, or why not. */
static const char *
distrust(const struct json *told, char why[SALT_WORDS_CAP])
{
	const char	*version = json_text(json_get(told, "version"), ""), *key = json_text(json_get(told, "key"), "");
	const char	*fault = json_text(json_first(json_get(told, "faults")), NULL);
	int64_t		 major, minor;

	read_version(version, &major, &minor);
	if (json_type(told) != JSON_OBJECT || json_type(json_get(told, "faults")) != JSON_LIST)
		return "its runner baas.master does not answer: is extension_modules our salt/ext?";
	if (major < OLDEST || (major == OLDEST && minor < OLDEST_MINOR) || (major == ODD && minor < ODD_MINOR)) {
		snprintf(why, SALT_WORDS_CAP, "its Salt is %.20s, which lets a minion read any other's pillar: 3006.12 or newer is"
		    " needed", version);
		return why;
	}
	if (json_first(json_get(told, "faults")) != NULL) {
		snprintf(why, SALT_WORDS_CAP, "its settings are not those of master.d/baas.conf: %.100s", fault == NULL ? "" : fault);
		return why;
	}
	return strncmp(key, "-----BEGIN ", 11) != 0 || strlen(key) >= KEY_CAP ? "it does not tell its public key" : NULL;
}

static void
checked(void *ctx, const struct http_answer *answer)
{
	struct salt		*salt = ctx;
	struct salt_return	 ret = ended;
	struct json		*root = NULL;
	const struct json	*told;
	const char		*fault = NULL;
	char			 why[SALT_WORDS_CAP];

	if (answer != NULL)
		read_answer(answer, &root, &ret, why);
	told = json_first(json_get(root, "return"));
	if (ret.state == SALT_ANSWERED)
		fault = distrust(told, why);
	else if (ret.state == SALT_REFUSED)
		fault = "its external_auth is not that of master.d/baas.conf: the runner baas.master is not allowed";
	if (fault != NULL)
		ret = (struct salt_return){ .state = SALT_REFUSED, .why = fault };
	if (ret.state != SALT_ANSWERED) {
		turn_away(salt, &ret);
	} else {
		snprintf(salt->key, sizeof(salt->key), "%s", json_text(json_get(told, "key"), ""));
		open_door(salt);
	}
	json_free(root);
}

static enum err
check(struct salt *salt)
{
	struct json	*body = json_object(NULL, NULL);
	struct buf	 text = { 0 };
	enum err	 err;

	json_add_text(body, "client", "runner");
	json_add_text(body, "fun", "baas.master");
	if ((err = json_write(body, &text)) == ERR_OK)
		err = send(salt, "/", &text, checked, salt);
	json_free(body);
	buf_clear(&text);
	return err;
}

/* ---- logging in ---- */

static enum err
keep_token(struct salt *salt, const char *text)
{
	struct token	*token = NULL;
	enum err	 err;

	if (*text == '\0' || text[strspn(text, "0123456789abcdef")] != '\0')
		return ERR_INVALID;
	if ((token = calloc(1, sizeof(*token))) == NULL)
		return ERR_FAULT;
	if ((err = secret_from(text, strlen(text), &token->secret)) != ERR_OK) {
		free(token);
		return err;
	}
	token->next = salt->token;
	salt->token = token;
	return ERR_OK;
}

/* Whoever has the shared secret gets a token under any name; what it is good for is in perms. */
static const char *
enter(struct salt *salt, const struct json *told)
{
	if (json_first(json_get(told, "perms")) == NULL)
		return "it lets us in, and allows us nothing: salt.user is not in its external_auth";
	if (keep_token(salt, json_text(json_get(told, "token"), "")) != ERR_OK)
		return "it gives no token";
	salt->door = DOOR_CHECKED;
	return check(salt) == ERR_OK ? NULL : "it could not be asked";
}

static void
let_in(void *ctx, const struct http_answer *answer)
{
	struct salt		*salt = ctx;
	struct salt_return	 ret = ended;
	struct json		*root = NULL;
	const char		*fault = NULL;
	char			 why[SALT_WORDS_CAP];

	if (answer != NULL)
		read_answer(answer, &root, &ret, why);
	if (ret.state == SALT_ANSWERED)
		fault = enter(salt, json_first(json_get(root, "return")));
	else if (ret.state == SALT_REFUSED)
		fault = "it does not let us in: salt.user or salt.password_file is wrong";
	if (fault != NULL)
		ret = (struct salt_return){ .state = SALT_REFUSED, .why = fault };
	if (ret.state != SALT_ANSWERED)
		turn_away(salt, &ret);
	json_free(root);
}

/* All three fields always: without one, salt-api hangs for minutes. */
static enum err
log_in(struct salt *salt)
{
	struct json	*body = json_object(NULL, NULL);
	struct buf	 text = { .wipe = 1 };
	enum err	 err;

	json_add_text(body, "username", conf_text(salt->conf, CONF_SALT_USER));
	json_add_text(body, "password", secret_text(salt->password));
	json_add_text(body, "eauth", conf_text(salt->conf, CONF_SALT_EAUTH));
	if ((err = json_write(body, &text)) == ERR_OK)
		err = send(salt, "/login", &text, let_in, salt);
	json_free(body);
	buf_clear(&text);
	return err;
}

static enum err
knock(struct salt *salt)
{
	enum err err = log_in(salt);

	if (err == ERR_OK)
		salt->door = DOOR_KNOCKED;
	return err;
}

/* ---- outside ---- */

enum err
salt_ask(struct salt *salt, const char *path, struct json *body, salt_heard *heard, void *ctx)
{
	struct ask	*ask;
	enum err	 err = ERR_OK;

	if (salt->door == DOOR_SHUT && clock_boot() < salt->not_before) {
		json_free(body);
		return ERR_BUSY;
	}
	if ((ask = calloc(1, sizeof(*ask))) == NULL || (ask->path = strdup(path)) == NULL)
		err = ERR_FAULT;
	else if (body != NULL)
		err = json_write(body, &ask->body);
	json_free(body);
	if (err != ERR_OK) {
		log_fault(salt->url, "no memory");
		if (ask != NULL)
			free_ask(ask);
		return err;
	}
	ask->salt = salt;
	ask->heard = heard;
	ask->ctx = ctx;
	ask->next = NULL;
	if (salt->door == DOOR_OPEN) {
		if ((err = send_ask(salt, ask)) != ERR_OK)
			free_ask(ask);
		return err;
	}
	push(salt, ask);
	if (salt->door == DOOR_SHUT && (err = knock(salt)) != ERR_OK) {
		(void)take_all(salt);	/* it was the only one */
		free_ask(ask);
	}
	return err;
}

enum err
salt_open(struct http *http, const struct conf *conf, const char *url, struct salt **out)
{
	const char	*file = conf_text(conf, CONF_SALT_PASSWORD_FILE);
	struct salt	*salt;
	enum err	 err;
	size_t		 n = strlen(url);

	if (*file == '\0' || n >= URL_CAP) {
		log_fault("salt", *file == '\0' ? "salt.password_file is not set" : "its URL is too long");
		return ERR_INVALID;
	}
	if ((salt = calloc(1, sizeof(*salt))) == NULL) {
		log_fault("salt", "no memory");
		return ERR_FAULT;
	}
	if ((err = secret_read(file, &salt->password)) != ERR_OK) {
		free(salt);
		return err;
	}
	salt->http = http;
	salt->conf = conf;
	memcpy(salt->url, url, n + 1);
	while (n > 0 && salt->url[n - 1] == '/')
		salt->url[--n] = '\0';
	*out = salt;
	return ERR_OK;
}

void
salt_close(struct salt *salt)
{
	struct token *next;

	if (salt == NULL)
		return;
	turn_away(salt, &ended);
	for (struct token *token = salt->token; token != NULL; token = next) {
		next = token->next;
		secret_free(token->secret);
		free(token);
	}
	secret_free(salt->password);
	free(salt);
}

const char *
salt_master_key(const struct salt *salt)
{
	return salt->key;
}

struct http *
salt_http(const struct salt *salt)
{
	return salt->http;
}
