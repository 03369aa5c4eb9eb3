/* worker/cloud_scaleway_ask.c, _read.c: what refusals mean, and what answers are read as.  t/scaleway has the rest. */

#include "worker/cloud_scaleway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/log.h"
#include "t/tap.h"
#include "worker/world.h"

#define ID	"11111111-2222-4333-8444-555555555555"
#define OTHER	"aaaaaaaa-2222-4333-8444-555555555555"

static struct json *
read_json(const char *text)
{
	struct json *json = NULL;

	if (*text != '\0' && json_read(text, strlen(text), &json) != ERR_OK)
		exit(99);
	return json;
}

/* The body's type counts before the status. */
static const struct {
	int			 status;
	const char		*body;
	enum cloud_verdict	 verdict;
	int			 again;
} refusals[] = {
	{ 400, "{\"type\":\"invalid_arguments\"}", CLOUD_REFUSED, 0 },
	{ 400, "{\"type\":\"precondition_failed\"}", CLOUD_LATER, 0 },
	{ 412, "{\"type\":\"precondition_failed\"}", CLOUD_LATER, 0 },
	{ 500, "{\"type\":\"precondition_failed\"}", CLOUD_LATER, 0 },
	{ 400, "{\"type\":\"invalid_request_error\",\"message\":\"Validation Error\",\"fields\":{}}", CLOUD_REFUSED, 0 },
	{ 400, "{\"type\":\"invalid_request_error\",\"message\":\"server should be running\"}", CLOUD_LATER, 0 },
	{ 400, "{\"message\":\"server should be running\"}", CLOUD_LATER, 0 },
	{ 403, "{\"type\":\"invalid_request_error\",\"message\":\"Quota exceeded for this resource.\"}", CLOUD_FULL, 0 },
	{ 403, "{\"type\":\"quotas_exceeded\"}", CLOUD_FULL, 0 },
	{ 403, "{\"type\":\"permissions_denied\"}", CLOUD_REFUSED, 0 },
	{ 403, "{\"message\":\"domain not found\"}", CLOUD_REFUSED, 0 },
	{ 401, "{\"type\":\"denied_authentication\"}", CLOUD_LOCKED, 0 },
	{ 401, "", CLOUD_LOCKED, 0 },
	{ 404, "{\"type\":\"not_found\"}", CLOUD_MISSING, 0 },
	{ 404, "{\"type\":\"unknown_resource\"}", CLOUD_MISSING, 0 },
	{ 404, "", CLOUD_LATER, 0 },
	{ 404, "{\"message\":\"no such page\"}", CLOUD_LATER, 0 },
	{ 410, "{\"type\":\"expired\"}", CLOUD_MISSING, 0 },
	{ 410, "{\"type\":\"resource_expired\"}", CLOUD_MISSING, 0 },
	{ 409, "{\"type\":\"transient_state\"}", CLOUD_LATER, 0 },
	{ 409, "{\"type\":\"conflict\"}", CLOUD_LATER, 0 },
	{ 409, "", CLOUD_LATER, 0 },
	{ 423, "{\"type\":\"locked\"}", CLOUD_REFUSED, 0 },
	{ 429, "", CLOUD_LATER, 1 },
	{ 500, "{\"type\":\"internal_server_error\"}", CLOUD_DOUBT, 1 },
	{ 500, "{\"type\":\"server_error\"}", CLOUD_DOUBT, 1 },
	{ 500, "", CLOUD_DOUBT, 1 },
	{ 502, "", CLOUD_DOUBT, 1 },
	{ 503, "{\"message\":\"upstream request timeout\"}", CLOUD_DOUBT, 1 },
	{ 503, "{\"type\":\"out_of_stock\"}", CLOUD_FULL, 0 },
	{ 302, "", CLOUD_REFUSED, 0 },
	{ 418, "{\"type\":\"something_new\"}", CLOUD_REFUSED, 0 },
	{ 500, "{\"type\":7}", CLOUD_DOUBT, 1 },
};

static void
check_refusals(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct json		*body = read_json(refusals[i].body);
		struct scaleway_refusal	 got = scaleway_classify(refusals[i].status, body);

		ok(got.verdict == refusals[i].verdict && got.again == refusals[i].again, "%d %s", refusals[i].status, refusals[i].body);
		json_free(body);
	}
}

/* Whatever the answer, nothing but the API's own word for it makes a thing gone. */
static void
check_missing(void)
{
	static const char *const bodies[] = { "", "{}", "{\"type\":null}", "{\"message\":\"x\"}", "{\"type\":\"NOT_FOUND\"}" };
	int missing = 0;

	for (int status = 300; status < 600; status++)
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
			struct json *body = read_json(bodies[i]);

			missing += scaleway_classify(status, body).verdict == CLOUD_MISSING && status != 410;
			json_free(body);
		}
	is_int(0, missing, "no answer without the word says that a thing is gone");
}

static const struct {
	enum cloud_kind		 kind;
	const char		*json;		/* beside its id */
	enum cloud_state	 state;
	const char		*holder;
} states[] = {
	{ CLOUD_SERVER, "\"state\":\"running\"", CLOUD_ON, "" },
	{ CLOUD_SERVER, "\"state\":\"stopped\"", CLOUD_OFF, "" },
	{ CLOUD_SERVER, "\"state\":\"stopped in place\"", CLOUD_OFF, "" },
	{ CLOUD_SERVER, "\"state\":\"starting\"", CLOUD_MOVING, "" },
	{ CLOUD_SERVER, "\"state\":\"stopping\"", CLOUD_MOVING, "" },
	{ CLOUD_SERVER, "\"state\":\"locked\"", CLOUD_ODD, "" },
	{ CLOUD_SERVER, "\"state\":\"\"", CLOUD_ODD, "" },
	{ CLOUD_SERVER, "\"state\":7", CLOUD_ODD, "" },
	{ CLOUD_SERVER, "\"x\":7", CLOUD_ODD, "" },
	{ CLOUD_VOLUME, "\"status\":\"available\",\"references\":[]", CLOUD_OFF, "" },
	{ CLOUD_VOLUME, "\"status\":\"available\",\"references\":[{\"product_resource_id\":\"" OTHER "\",\"status\":\"detaching\"}]", CLOUD_MOVING, OTHER },
	{ CLOUD_VOLUME, "\"status\":\"in_use\",\"references\":[{\"product_resource_id\":\"" OTHER "\",\"status\":\"attached\"}]", CLOUD_ON, OTHER },
	{ CLOUD_VOLUME, "\"status\":\"in_use\",\"references\":[{\"product_resource_id\":\"" OTHER "\",\"status\":\"detaching\"}]", CLOUD_MOVING, OTHER },
	{ CLOUD_VOLUME, "\"status\":\"in_use\",\"references\":[{\"product_resource_id\":\"" OTHER "\",\"status\":\"attached\"},{}]", CLOUD_MOVING, OTHER },
	{ CLOUD_VOLUME, "\"status\":\"in_use\",\"references\":[]", CLOUD_MOVING, "" },
	{ CLOUD_VOLUME, "\"status\":\"creating\",\"references\":[]", CLOUD_MOVING, "" },
	{ CLOUD_VOLUME, "\"status\":\"snapshotting\",\"references\":[]", CLOUD_MOVING, "" },
	{ CLOUD_VOLUME, "\"status\":\"error\",\"references\":[]", CLOUD_ODD, "" },
	{ CLOUD_VOLUME, "\"status\":\"locked\",\"references\":[]", CLOUD_ODD, "" },
	{ CLOUD_IP, "\"state\":\"detached\",\"server\":null", CLOUD_OFF, "" },
	{ CLOUD_IP, "\"state\":\"attached\",\"server\":{\"id\":\"" OTHER "\"}", CLOUD_ON, OTHER },
	{ CLOUD_IP, "\"state\":\"pending\",\"server\":{\"id\":\"" OTHER "\"}", CLOUD_ON, OTHER },
	{ CLOUD_IP, "\"state\":\"attached\",\"server\":null", CLOUD_MOVING, "" },
	{ CLOUD_IP, "\"state\":\"detached\",\"server\":{\"id\":\"" OTHER "\"}", CLOUD_MOVING, OTHER },
	{ CLOUD_IP, "\"state\":\"error\",\"server\":null", CLOUD_ODD, "" },
	{ CLOUD_GROUP, "\"state\":\"available\"", CLOUD_ON, "" },
	{ CLOUD_GROUP, "\"state\":\"syncing\"", CLOUD_ON, "" },
	{ CLOUD_GROUP, "\"state\":\"syncing_error\"", CLOUD_ODD, "" },
};

static enum err
read_thing(enum cloud_kind kind, const char *members, struct cloud_thing *out)
{
	char		 text[2048];
	struct json	*json;
	enum err	 err;

	snprintf(text, sizeof(text), "{\"id\":\"" ID "\",%s}", members);
	json = read_json(text);
	err = scaleway_read(kind, json, out);
	json_free(json);
	return err;
}

static void
check_states(void)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct cloud_thing thing = { 0 };

		is_int(ERR_OK, read_thing(states[i].kind, states[i].json, &thing), states[i].json);
		is_int(states[i].state, thing.state, "its state");
		is_str(states[i].holder, thing.holder, "its holder");
	}
}

static void
check_machine(void)
{
	struct cloud_thing t = { 0 };

	is_int(ERR_OK, read_thing(CLOUD_SERVER, "\"name\":\"baas-p7-g1\",\"state\":\"stopped\",\"protected\":false,"
	    "\"allowed_actions\":[\"poweron\",\"backup\"],\"volumes\":{\"1\":{\"id\":\"" OTHER "\"},\"0\":{\"id\":\"" ID "\"}},"
	    "\"public_ips\":[{\"id\":\"" ID "\",\"dynamic\":true},{\"id\":\"" OTHER "\",\"dynamic\":false}],"
	    "\"security_group\":{\"id\":\"" OTHER "\"},\"creation_date\":\"2026-07-30T12:55:26.540666+00:00\"", &t), "a machine");
	is_str("baas-p7-g1", t.name, "its name");
	is_str(ID, t.root, "its root");
	is_int(1, t.n_disks, "one more volume");
	is_str(OTHER, t.disks[0], "which");
	is_int(1, t.n_ips, "one address: that which is its own does not count");
	is_str(OTHER, t.ips[0], "which");
	is_str(OTHER, t.group, "its group");
	ok(t.may_on && !t.may_off && t.may_drop, "what may be done");
	is_int(INT64_C(1785416126000), t.made_at, "when it was made");
	is_int(ERR_OK, read_thing(CLOUD_SERVER, "\"state\":\"stopped\",\"protected\":true,\"allowed_actions\":[\"poweroff\"]", &t), "another");
	ok(!t.may_on && t.may_off && !t.may_drop, "a protected one is not deleted");
	is_int(ERR_OK, read_thing(CLOUD_SERVER, "\"state\":\"stopped in place\",\"allowed_actions\":[\"poweron\",\"poweroff\"]", &t), "one");
	ok(t.may_on && t.may_off && !t.may_drop, "nor one that is stopped in place");
	is_int(ERR_OK, read_thing(CLOUD_IP, "\"type\":\"routed_ipv6\",\"state\":\"detached\",\"address\":null", &t), "an IPv6");
	is_int(CLOUD_IP6, t.kind, "is one");
	is_str("", t.address, "and is not known yet");
	is_int(ERR_OK, read_thing(CLOUD_VOLUME, "\"created_at\":\"2026-07-30T12:55:26.638621Z\"", &t), "a volume");
	is_int(INT64_C(1785416126000), t.made_at, "has the other way to write dates");
}

/* Nothing is ours for a tag that does not fit. */
static const struct {
	const char	*tags, *instance, *mark;
	int64_t		 server, generation;
} tags[] = {
	{ "\"baas\",\"baas-i-0011223344556677\",\"baas-s-7\",\"baas-g-2\",\"baas-m-abc\"", "0011223344556677", "abc", 7, 2 },
	{ "\"baas-m-abc\",\"mine\",\"baas-i-0011223344556677\"", "0011223344556677", "abc", 0, 0 },
	{ "\"baas-i-0011223344556677\",\"baas-i-0011223344556677\"", "0011223344556677", "", 0, 0 },
	{ "\"baas-i-0011223344556677\",\"baas-i-8011223344556677\",\"baas-m-abc\",\"baas-s-7\"", "", "", 0, 0 },
	{ "\"baas-i-0011223344556677\",\"baas-m-abc\",\"baas-m-abd\"", "", "", 0, 0 },
	{ "\"baas-i-00112233445566778\",\"baas-m-abc\"", "", "", 0, 0 },
	{ "\"baas-i-0011223344556677\",\"baas-m-123456789012345678901\"", "", "", 0, 0 },
	{ "\"baas-m-abc\",\"baas-s-7\"", "", "", 0, 0 },
	{ "\"baas-i-0011223344556677\",\"baas-s--7\",\"baas-g-x\"", "0011223344556677", "", 0, 0 },
	{ "\"baas-i-0011223344556677\",\"baas-s-7.5\",\"baas-g-9999999999999999\"", "0011223344556677", "", 0, 0 },
	{ "7,null,{\"baas-i-0011223344556677\":1}", "", "", 0, 0 },
	{ "", "", "", 0, 0 },
};

static void
check_tags(void)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct cloud_thing	t = { 0 };
		char			text[512];

		snprintf(text, sizeof(text), "\"tags\":[%s]", tags[i].tags);
		is_int(ERR_OK, read_thing(CLOUD_VOLUME, text, &t), tags[i].tags);
		is_str(tags[i].instance, t.instance, "instance");
		is_str(tags[i].mark, t.mark, "mark");
		is_int(tags[i].server, t.server, "server");
		is_int(tags[i].generation, t.generation, "generation");
	}
}

static void
check_ids(void)
{
	static const char *const bad[] = {
		"", "x", "11111111-2222-4333-8444-55555555555", ID "5", "11111111_2222-4333-8444-555555555555",
		"1111111A-2222-4333-8444-555555555555", "../../../../../../../../../../../../", "11111111-2222-4333-8444-55555555555/",
	};
	struct json		*json = read_json("{\"id\":\"nothing\",\"state\":\"running\"}");
	struct cloud_thing	 thing = { .server = 9 };

	ok(scaleway_is_id(ID), "an id");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!scaleway_is_id(bad[i]), "no id: %s", bad[i]);
	is_int(ERR_INVALID, scaleway_read(CLOUD_SERVER, json, &thing), "nor is a thing without one read");
	is_int(9, thing.server, "and out is unchanged");
	is_int(ERR_INVALID, scaleway_read(CLOUD_SERVER, NULL, &thing), "nor nothing");
	json_free(json);
}

static int	n_seen;

static void
seen(void *ctx, const struct cloud_thing *things, size_t n, const char *why)
{
	(void)ctx;
	ok(things != NULL && n == 0 && why == NULL, "the local cloud has nothing, and says so");
	n_seen++;
}

static void
check_local(void)
{
	struct world		 w = { 0 };
	struct cloud_order	 order = { 0 };

	is_int(ERR_OK, cloud_local.open(&w), "opens");
	is_int(ERR_OK, cloud_local.look(&w, seen, NULL), "looks");
	is_int(1, n_seen, "once");
	is_int(ERR_INVALID, cloud_local.make(&w, &order, NULL, NULL), "makes nothing");
	is_int(ERR_INVALID, cloud_local.drop(&w, CLOUD_SERVER, ID, NULL, NULL), "drops nothing");
	cloud_local.close(&w);
}

int
main(void)
{
	log_open("cloud_scaleway.t");
	check_refusals();
	check_missing();
	check_states();
	check_machine();
	check_tags();
	check_ids();
	check_local();
	return tap_end();
}
