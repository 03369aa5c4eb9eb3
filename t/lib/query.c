/* lib/query: what can be asked for, what can't, and how the database is asked. */

#include "lib/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/belongs.h"
#include "lib/bot.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/conf.h"
#include "lib/db.h"
#include "lib/event.h"
#include "lib/form.h"
#include "lib/invite.h"
#include "lib/json.h"
#include "lib/sample.h"
#include "t/fixture.h"
#include "t/tap.h"

#define IN_OR4 "$or[0][$or][0][$or][0][$or][0]"

/* What is refused, and the part that is told. */
static const struct {
	const char	*text, *part;
} bads[] = {
	{ "x=1", "x" }, { "=1", "" }, { "email=a", "email" }, { "id=a", "id" }, { "description=a", "description" },
	{ "host=a", "host" }, { "wanted=running", "wanted" }, { "createdAt=2026-01-01", "createdAt" },
	{ "name[$regex]=a", "$regex" }, { "name[$where]=a", "$where" }, { "name[ne]=a", "ne" }, { "name[]=a", "" },
	{ "name[0]=a", "0" }, { "$regex=a", "$regex" }, { "$where=a", "$where" }, { "$not[name]=a", "$not" },
	{ "type[$gt]=a", "$gt" }, { "service[$lt]=a", "$lt" }, { "status[$gte]=a", "$gte" },
	{ "createdAt[$in][0]=2026-01-01", "$in" }, { "createdAt[$ne]=2026-01-01", "$ne" },
	{ "createdAt[$gt]=yesterday", "createdAt" }, { "createdAt[$gt]=", "createdAt" },
	{ "createdAt[$gt]=2026-01-01T00:00:00", "createdAt" }, { "createdAt[$gt]=2026-01-01T00:00:00.1Z", "createdAt" },
	{ "createdAt[$gt]=2026-01-01T00:00:00.123Zx", "createdAt" }, { "createdAt[$gt]=1790000000000", "createdAt" },
	{ "createdAt[$gt]=2026-13-01", "createdAt" }, { "createdAt[$gt]='; DROP TABLE agents; --", "createdAt" },
	{ "name[$ne][0]=a", "name" }, { "name[$in][x]=a", "name" }, { "name[$in][0][0]=a", "name" },
	{ "name[$in][00000]=a", "name" }, { "name[$ne=a", "name[$ne" }, { "name[$ne]x=a", "name[$ne]x" },
	{ "name]=a", "name]" }, { "[name]=a", "" },
	{ "$limit=abc", "$limit" }, { "$limit=-1", "$limit" }, { "$limit=", "$limit" }, { "$limit=1.5", "$limit" },
	{ "$limit=1e3", "$limit" }, { "$limit=0x1", "$limit" }, { "$limit[$gt]=1", "$limit" }, { "$skip=-1", "$skip" },
	{ "$skip=x", "$skip" }, { "$skip[0]=1", "$skip" },
	{ "$sort=name", "$sort" }, { "$sort[name]=0", "$sort" }, { "$sort[name]=asc", "$sort" },
	{ "$sort[name][0]=1", "$sort" }, { "$sort[email]=1", "email" }, { "$sort[id]=1", "id" },
	{ "$sort[a.name;--]=1", "a.name;--" },
	{ "$select=email", "email" }, { "$select[0]=password", "password" }, { "$select[x]=name", "$select" },
	{ "$select[0][0]=name", "$select" }, { "$select[0]=*", "*" },
	{ "$or=1", "$or" }, { "$or[0]=1", "$or" }, { "$or[x][name]=1", "$or" }, { "$or[][name]=1", "$or" },
	{ "$or[0][x]=1", "x" }, { "$or[0][$limit]=1", "$limit" }, { "$or[0][name][$x]=1", "$x" },
	{ "$and[-1][name]=1", "$and" },
	{ "$or[0][name]=a&$or[00][name]=b", "name" },
	{ IN_OR4 "[$or][0][name]=1", IN_OR4 "[$or][0][name]" },
	{ "na%C3%A9me=1", "na??me" },
};

/* Rows of alice's, by name, in this order unless said otherwise. */
static const struct {
	const char	*text, *names;
} finds[] = {
	{ "", "Alice one three two" },
	{ "type=bot", "one three two" },
	{ "type=person", "Alice" },
	{ "type[$ne]=person", "one three two" },
	{ "type=hub", "" },
	{ "service=scuttlebutt", "one three two" },
	{ "service=", "Alice" },
	{ "name=two", "two" },
	{ "name=TWO", "" },
	{ "name=eves", "" },
	{ "name=binned", "" },
	{ "name=' OR 1=1 --", "" },
	{ "name[$in][0]=two&name[$in][1]=eves", "two" },
	{ "name[$in][]=two&name[$in][]=one", "one two" },
	{ "name[$in]=two", "two" },
	{ "name[$nin][0]=two&name[$nin][1]=Alice", "one three" },
	{ "name[$ne]=two&name[$gt]=a", "one three" },
	{ "name[$gt]=three", "two" }, { "name[$gte]=three", "three two" },
	{ "name[$lt]=one", "Alice" }, { "name[$lte]=one", "Alice one" },
	{ "status=unhealthy", "one" },
	{ "status=unknown", "three two" },
	{ "status[$in][0]=unhealthy&status[$in][1]=alive", "one" },
	{ "status[$ne]=unknown", "Alice one" },
	{ "status[$nin][0]=unknown", "Alice one" },
	{ "$or[0][name]=one&$or[1][name]=two", "one two" },
	{ "$or[0][name]=one&$or[1][name]=two&type=person", "" },
	{ "$or[0][name]=one&$or[1][name]=eves&$or[2][name]=binned", "one" },
	{ "$or[0][name]=one&$or[0][type]=person", "" },
	{ "$and[0][name][$gt]=one&$and[1][name][$lt]=two", "three" },
	{ "$and[0][$or][0][name]=one&$and[0][$or][1][name]=two&$and[1][type]=bot", "one two" },
	{ IN_OR4 "[name]=two", "two" },
	{ "createdAt[$gt]=1970-01-01", "Alice one three two" },
	{ "createdAt[$lte]=2026-01-02T03:04:05.678Z", "one" }, { "createdAt[$lt]=2026-01-02T03:04:05.678Z", "" },
	{ "updatedAt[$gte]=2199-01-01T00:00:00Z", "" },
	{ "$sort[name]=-1", "two three one Alice" },
	{ "$sort[type]=1&$sort[name]=-1", "two three one Alice" },
	{ "$sort[type]=-1&$sort[name]=1", "Alice one three two" },
	{ "$sort[createdAt]=1&$limit=1", "one" },
	{ "$sort[status]=1&type=bot&$limit=1", "one" },
	{ "$sort[name]=1&$limit=2&$skip=1", "one three" },
	{ "$limit=0", "" },
	{ "$skip=4", "" }, { "$skip=99999999999999999999", "" },
};

struct world {
	struct db	*db;
	int64_t		 alice;
	struct bot	 one;
};

/* What was written, read again; NULL: it is no JSON. */
static struct json *
read_again(struct json_writer *w)
{
	struct json *json = NULL;

	json_close(w);
	is_int(ERR_OK, json_written(w), "all was written");
	is_int(ERR_OK, json_read(buf_text(w->out), w->out->len, &json), "as JSON");
	buf_clear(w->out);
	return json;
}

/* ERR_INVALID with what was said in why, or the answer to be freed. */
static enum err
ask(const struct world *w, enum query_of of, const char *text, struct json **out, char why[QUERY_WHY_CAP])
{
	struct query_scope	scope = { of == QUERY_AGENTS ? w->alice : w->one.id, "example.org" };
	struct form		form = { 0 };
	struct query		query;
	struct buf		text_out = { 0 };
	struct json_writer	page = { .out = &text_out };
	enum err		err = form_read(text, strlen(text), &form);

	json_open(&page, NULL, '{');
	if (err == ERR_OK && (err = query_read(of, &form, &query, why)) == ERR_OK)
		err = query_find(w->db, &query, &scope, &page);
	form_clear(&form);
	*out = read_again(&page);
	return err;
}

static const char *
names(const struct world *w, const char *text, int64_t *total)
{
	static char	 out[256];
	char		 why[QUERY_WHY_CAP] = "";
	struct json	*page;
	size_t		 n = 0;

	out[0] = '\0';
	if (ask(w, QUERY_AGENTS, text, &page, why) != ERR_OK)
		snprintf(out, sizeof(out), "refused: %s", why);
	*total = json_int(json_get(page, "total"), -1);
	for (const struct json *row = json_first(json_get(page, "data")); row != NULL; row = json_next(row))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", n > 0 ? " " : "",
		    json_text(json_get(row, "name"), "?"));
	json_free(page);
	return out;
}

static void
check_bad(const struct world *w)
{
	char		 why[QUERY_WHY_CAP], want[QUERY_WHY_CAP];
	struct json	*page;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		why[0] = '\0';
		is_int(ERR_INVALID, ask(w, QUERY_AGENTS, bads[i].text, &page, why), bads[i].text);
		ok(json_get(page, "data") == NULL, "gives no rows");
		if (strlen(bads[i].part) < 40) {
			snprintf(want, sizeof(want), "Invalid query parameter %s", bads[i].part);
			is_str(want, why, "and says why");
		}
		json_free(page);
	}
}

static void
check_finds(const struct world *w)
{
	int64_t total;

	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++)
		is_str(finds[i].names, names(w, finds[i].text, &total), finds[i].text);
	names(w, "$limit=0", &total);
	is_int(4, total, "no rows asked for: all are counted");
	names(w, "$limit=1&type=bot", &total);
	is_int(3, total, "one row of three");
	names(w, "$limit=3&type=bot", &total);
	is_int(3, total, "a full page that is the last one");
	names(w, "$skip=9", &total);
	is_int(4, total, "beyond the end");
	names(w, "$skip=3", &total);
	is_int(4, total, "the last page");
}

static void
check_page(const struct world *w)
{
	char		 why[QUERY_WHY_CAP];
	struct json	*page;

	is_int(ERR_OK, ask(w, QUERY_AGENTS, "$limit=99999999999999999999&$skip=2", &page, why), "a large page");
	is_int(QUERY_LIMIT_MAX, json_int(json_get(page, "limit"), -1), "is capped");
	is_int(2, json_int(json_get(page, "skip"), -1), "and says what it skipped");
	json_free(page);
	is_int(ERR_OK, ask(w, QUERY_AGENTS, "", &page, why), "an ordinary one");
	is_int(QUERY_LIMIT, json_int(json_get(page, "limit"), -1), "has feathers' default");
	json_free(page);
}

/* The members of the first row, in order. */
static const char *
members(const struct world *w, enum query_of of, const char *text)
{
	static char	 out[512];
	char		 why[QUERY_WHY_CAP] = "";
	struct json	*page;
	size_t		 n = 0;

	out[0] = '\0';
	is_int(ERR_OK, ask(w, of, text, &page, why), text);
	for (const struct json *at = json_first(json_first(json_get(page, "data"))); at != NULL; at = json_next(at))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", n > 0 ? " " : "", json_key(at));
	json_free(page);
	return out;
}

static void
check_members(const struct world *w)
{
	static const char person[] = "id type name description service createdAt updatedAt";
	static const char bot[] = "id type name description service createdAt updatedAt host port key release status"
	    " statusSince checkedAt wanted uptime disk bandwidth memory";

	is_str(person, members(w, QUERY_AGENTS, "type=person"), "a person's");
	is_str(bot, members(w, QUERY_AGENTS, "name=one"), "a bot's");
	is_str("id name", members(w, QUERY_AGENTS, "name=one&$select[0]=name"), "chosen ones, and the id");
	is_str("id name host", members(w, QUERY_AGENTS, "name=one&$select=host&$select[]=name"), "in their order");
	is_str("id", members(w, QUERY_AGENTS, "type=person&$select=host"), "a person has no host");
	is_str("id label state code url usedBy usedByName usedAt createdAt", members(w, QUERY_INVITES, ""), "an invite's");
	is_str("at step memory disk bytesIn bytesOut peers alive", members(w, QUERY_SAMPLES, ""), "a sample's");
	is_str("at what actor detail", members(w, QUERY_EVENTS, ""), "an event's");
	is_str("at", members(w, QUERY_EVENTS, "$select=at"), "which have no id");
	is_str("", members(w, QUERY_EXPORTS, ""), "there are no exports");
}

/* One member of the first row, as JSON. */
static const char *
value(const struct world *w, enum query_of of, const char *text, const char *member)
{
	static char		 out[512];
	char			 why[QUERY_WHY_CAP] = "";
	struct json		*page;
	const struct json	*found;

	is_int(ERR_OK, ask(w, of, text, &page, why), text);
	found = json_get(json_first(json_get(page, "data")), member);
	if (json_type(found) == JSON_NUMBER)
		snprintf(out, sizeof(out), "%lld", (long long)json_int(found, -1));
	else
		snprintf(out, sizeof(out), "%s", json_text(found, "null"));
	json_free(page);
	return out;
}

static void
check_unknown(const struct world *w)
{
	static const char *const nulls[] = {
		"release", "statusSince", "checkedAt", "uptime", "disk", "bandwidth", "memory",
	};

	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		is_str("null", value(w, QUERY_AGENTS, "name=two", nulls[i]), nulls[i]);
	is_str("two.example.org", value(w, QUERY_AGENTS, "name=two", "host"), "its host");
	is_str("running", value(w, QUERY_AGENTS, "name=two", "wanted"), "the wish");
}

static void
check_numbers(const struct world *w)
{
	char	month[CLOCK_MONTH_CAP];
	int64_t	now = clock_now();

	clock_month(now, month);
	fixture_sql(w->db, "UPDATE bots SET running = 1, fails = 0, started_at = %lld, proven_at = %lld, seen_at = %lld,"
	    " memory = 100, disk_log = 1, disk_blobs = 20, disk_indexes = 300, month = '%s', month_in = 5, month_out = 70,"
	    " seen_release = '1.2.3', status_since = 1767323045678 WHERE id = %lld", (long long)now - 90500,
	    (long long)now, (long long)now, month, (long long)w->one.id);
	is_str("alive", value(w, QUERY_AGENTS, "name=one", "status"), "proven: alive");
	ok(strtol(value(w, QUERY_AGENTS, "name=one", "uptime"), NULL, 10) / 10 == 9, "in seconds");
	is_str("321", value(w, QUERY_AGENTS, "name=one", "disk"), "log, blobs and indexes");
	is_str("75", value(w, QUERY_AGENTS, "name=one", "bandwidth"), "in and out");
	is_str("100", value(w, QUERY_AGENTS, "name=one", "memory"), "as measured");
	is_str("1.2.3", value(w, QUERY_AGENTS, "name=one", "release"), "as seen");
	is_str("2026-01-02T03:04:05.678Z", value(w, QUERY_AGENTS, "name=one", "statusSince"), "ISO 8601, UTC, ms");
	fixture_sql(w->db, "UPDATE bots SET month = '2001-01', disk_blobs = NULL, seen_at = 1 WHERE id = %lld",
	    (long long)w->one.id);
	is_str("0", value(w, QUERY_AGENTS, "name=one", "bandwidth"), "nothing yet in this month");
	is_str("null", value(w, QUERY_AGENTS, "name=one", "disk"), "one part is not known");
	is_str("null", value(w, QUERY_AGENTS, "name=one", "uptime"), "nobody has looked for long");
	is_str("null", value(w, QUERY_AGENTS, "name=one", "memory"), "nor measured");
}

static void
check_services(const struct world *w)
{
	struct sample	 sample = { .at = 1767323045678, .memory = 3, .alive_ms = 59999 };
	struct event	 event = { .at = 5, .person = w->alice, .bot = w->one.id, .actor = "shell:root", .what = EVENT_BOT_STOP };
	struct invite	 invite;
	const char	*why = "";
	char		 code[INVITE_CODE_CAP];

	is_int(ERR_OK, invite_order(w->db, w->one.id, "alice", 9, 5, &invite, &why), "an invite");
	is_str("pending", value(w, QUERY_INVITES, "", "state"), "is pending");
	is_str("null", value(w, QUERY_INVITES, "", "code"), "and has no code");
	is_int(ERR_OK, invite_made(w->db, invite.id, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "made");
	is_int(ERR_OK, invite_get(w->db, w->one.id, invite.key, &invite), "got");
	is_int(ERR_OK, invite_code(&invite, w->one.address, w->one.port, w->one.public_key, code), "its code");
	is_str(code, value(w, QUERY_INVITES, "state=unused", "code"), "is the one of the page");
	is_str("null", value(w, QUERY_INVITES, "label=bob", "label"), "by label");
	is_int(ERR_OK, invite_revoke(w->db, w->one.id, invite.key, 6), "taken back");
	is_str("null", value(w, QUERY_INVITES, "label=alice", "code"), "the code is gone");
	is_str("null", value(w, QUERY_INVITES, "", "url"), "and the page");
	is_int(ERR_OK, sample_add(w->db, w->one.id, &sample), "a sample");
	is_str("3600", value(w, QUERY_SAMPLES, "step=3600", "step"), "of the hour");
	is_str("59", value(w, QUERY_SAMPLES, "at[$gt]=2026-01-02T03:03:00Z&$sort[at]=1", "alive"), "alive, in seconds");
	is_str("null", value(w, QUERY_SAMPLES, "step=61", "at"), "no such step");
	is_int(ERR_OK, event_add(w->db, &event), "an event");
	is_str("admin", value(w, QUERY_EVENTS, "what=bot.stop", "actor"), "whose unix user is nobody's business");
	is_str("null", value(w, QUERY_EVENTS, "actor=person", "what"), "by actor");
}

/* The plan of a query's text, one line a step. */
static void
add_step(void *ctx, struct stmt *st)
{
	buf_fmt(ctx, "%s\n", db_col_text(st, 3));
}

static void
explain(const struct world *w, enum query_of of, const char *text, enum query_kind kind, struct buf *plan)
{
	struct form	form = { 0 };
	struct query	query;
	struct buf	sql = { 0 };
	char		why[QUERY_WHY_CAP] = "";

	buf_reset(plan);
	buf_str(&sql, "EXPLAIN QUERY PLAN ");
	is_int(ERR_OK, form_read(text, strlen(text), &form), "a form");
	is_int(ERR_OK, query_read(of, &form, &query, why), text);
	is_int(ERR_OK, query_text(&query, kind, &sql), "its text");
	is_int(ERR_OK, db_query(w->db, buf_text(&sql), add_step, plan), buf_text(&sql));
	form_clear(&form);
	buf_clear(&sql);
}

static void
check_plans(const struct world *w)
{
	static const struct {
		enum query_of	 of;
		const char	*text, *index;
	} plans[] = {
		{ QUERY_AGENTS, "", "belongs_target" },
		{ QUERY_AGENTS, "type=bot&status=alive&$sort[status]=1", "belongs_target" },
		{ QUERY_AGENTS, "$or[0][name]=one&$or[1][status][$ne]=alive", "belongs_target" },
		{ QUERY_AGENTS, "name[$in][0]=a&name[$in][1]=b&$sort[name]=1", "belongs_target" },
		{ QUERY_INVITES, "", "invites_bot" },
		{ QUERY_INVITES, "state=unused&$sort[createdAt]=-1", "invites_bot" },
		{ QUERY_SAMPLES, "step=60", "USING PRIMARY KEY" },
		{ QUERY_EVENTS, "", "events_bot" },
	};
	struct buf plan = { 0 };

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		for (int kind = QUERY_FIND; kind <= QUERY_GET; kind++) {
			if (kind == QUERY_GET && plans[i].of != QUERY_AGENTS && plans[i].of != QUERY_INVITES)
				continue;
			explain(w, plans[i].of, plans[i].text, (enum query_kind)kind, &plan);
			ok(strstr(buf_text(&plan), plans[i].index) != NULL || kind == QUERY_GET, "uses %s", plans[i].index);
			for (const char *scan = buf_text(&plan); (scan = strstr(scan, "SCAN ")) != NULL; scan++)
				ok(strncmp(scan, "SCAN CONSTANT ROW", 17) == 0 || strncmp(scan, "SCAN w", 6) == 0,
				    "goes through no table but the worker's one row");
		}
	}
	buf_clear(&plan);
}

/* 64 parameters are what a form can have; none of them brings it down. */
static void
check_bombs(const struct world *w)
{
	struct buf	 text = { 0 };
	char		 why[QUERY_WHY_CAP];
	struct json	*page;

	for (int i = 0; i < FORM_FIELDS_MAX; i++)
		buf_fmt(&text, "%s$or[%d][name]=x%d", i > 0 ? "&" : "", i, i);
	is_int(ERR_INVALID, ask(w, QUERY_AGENTS, buf_text(&text), &page, why), "64 terms are too many");
	json_free(page);
	buf_reset(&text);
	for (int i = 0; i < 60; i++)
		buf_fmt(&text, "%s$or[%d][name]=x%d", i > 0 ? "&" : "", i, i);
	is_int(ERR_OK, ask(w, QUERY_AGENTS, buf_text(&text), &page, why), "60 are not");
	json_free(page);
	buf_reset(&text);
	for (int i = 0; i < 63; i++)
		buf_fmt(&text, "%s$or[%d][$or][0][$or][0][name]=x%d", i > 0 ? "&" : "", i, i);
	is_int(ERR_INVALID, ask(w, QUERY_AGENTS, buf_text(&text), &page, why), "nor many groups");
	json_free(page);
	buf_reset(&text);
	for (int i = 0; i < 5000; i++)
		buf_str(&text, "$or[0]");
	is_int(ERR_INVALID, ask(w, QUERY_AGENTS, buf_text(&text), &page, why), "nor deep ones");
	json_free(page);
	buf_clear(&text);
}

static void
check_one(const struct world *w, int64_t eve)
{
	struct query_scope	 scope = { w->alice, "" };
	struct form		 form = { 0 };
	struct query		 query;
	struct buf		 text = { 0 };
	struct json_writer	 put = { .out = &text };
	struct json		*row;
	char			 why[QUERY_WHY_CAP] = "";

	is_int(ERR_OK, form_read("name=one", 8, &form), "a form");
	is_int(ERR_INVALID, query_read_one(QUERY_AGENTS, &form, &query, why), "a get asks for nothing");
	form_clear(&form);
	is_int(ERR_OK, form_read("$limit=1", 8, &form), "a form");
	is_int(ERR_INVALID, query_read_one(QUERY_AGENTS, &form, &query, why), "nor for a page");
	form_clear(&form);
	is_int(ERR_OK, form_read("$select=name", 12, &form), "a form");
	is_int(ERR_OK, query_read_one(QUERY_AGENTS, &form, &query, why), "but for members");
	scope.id = eve;
	json_open(&put, NULL, '{');
	is_int(ERR_NOTFOUND, query_get(w->db, &query, &scope, w->one.id, &put), "a stranger's is not there");
	scope.id = w->alice;
	is_int(ERR_NOTFOUND, query_get(w->db, &query, &scope, 99999, &put), "as one that is not");
	is_str("{", buf_text(&text), "and nothing is said of it");
	is_int(ERR_OK, query_get(w->db, &query, &scope, w->one.id, &put), "one's own is");
	row = read_again(&put);
	is_str("one", json_text(json_get(row, "name"), ""), "that one");
	json_free(row);
	form_clear(&form);
}

int
main(void)
{
	struct world	 w = { .db = fixture_db() };
	struct conf	*conf = fixture_conf("");
	int64_t		 eve = fixture_person(w.db, "eve@example.org");
	struct bot	 binned;

	w.alice = fixture_person(w.db, "alice@example.org");
	fixture_sql(w.db, "UPDATE agents SET name = 'Alice' WHERE id = %lld", (long long)w.alice);
	fixture_bot(w.db, conf, eve, "eves");
	w.one = fixture_bot(w.db, conf, w.alice, "one");
	fixture_bot(w.db, conf, w.alice, "three");
	fixture_bot(w.db, conf, w.alice, "two");
	binned = fixture_bot(w.db, conf, w.alice, "binned");
	is_int(ERR_OK, bot_bin(w.db, w.alice, binned.id, 1, 2), "one is in the bin");
	fixture_sql(w.db, "UPDATE worker SET seen_at = baas_now(); UPDATE bots SET wished_at = 1;"
	    "UPDATE agents SET created_at = 1767323045678 WHERE name = 'one'; UPDATE bots SET seen_at = baas_now(), fails = 9"
	    " WHERE id = %lld", (long long)w.one.id);
	check_bad(&w);
	check_finds(&w);
	check_page(&w);
	check_unknown(&w);
	check_numbers(&w);
	check_services(&w);
	check_members(&w);
	check_plans(&w);
	check_bombs(&w);
	check_one(&w, eve);
	is_int(0, db_open_statements(w.db), "no statement is left open");
	db_close(w.db);
	conf_close(conf);
	return tap_end();
}
