/* /health: GET says whether the database answers and the worker is there. */

#include "lib/app.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/pass.h"

enum { WORKER_AWAY = 30 };	/* seconds without a life sign: as bot_states counts */

static const char *
judge(const struct call *call, enum err err, const struct pass *pass)
{
	if (err != ERR_OK)
		return "the database does not answer";
	if (pass->passed_at == 0)
		return "the worker has not ended a pass yet";
	if (pass->seen_at < call->now - WORKER_AWAY * CLOCK_SECOND)
		return "the worker is away";
	return "ok";
}

static void
add_time(struct json *json, const char *key, int64_t at)
{
	char iso[CLOCK_ISO_CAP];

	clock_iso(at, iso);
	json_add_text(json, key, at > 0 ? iso : NULL);
}

static enum err
health(struct call *call)
{
	struct pass	 pass = { 0 };
	enum err	 err = pass_get(call->db, &pass);
	struct json	*root = json_object(NULL, NULL);
	const char	*status = judge(call, err, &pass);

	json_add_text(root, "status", status);
	if (err == ERR_OK) {
		struct json *worker = json_object(root, "worker");

		add_time(worker, "seenAt", pass.seen_at);
		add_time(worker, "passedAt", pass.passed_at);
	}
	err = json_write(root, &call->reply->body);
	json_free(root);
	if (err != ERR_OK)
		return err;
	call->reply->type = "application/json";
	call->reply->cacheable = 0;
	call->reply->status = status[0] == 'o' ? 200 : 503;
	return ERR_OK;
}

static const struct route routes[] = {
	{ "GET", "/health", ANYBODY, health, 0 },
};

int
main(void)
{
	return app_main("health", routes, sizeof(routes) / sizeof(routes[0]));
}
