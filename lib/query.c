/*
 * The API's query language.  What can be asked for and shown is in the tables here; a statement is put together of their
 * literals only, and every value is bound.
 */

#include "lib/query.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/db.h"
#include "lib/json.h"

enum kind { TEXT, NUMBER, TIME };
enum { EQUAL = 1, RANGE = 2, SORT = 4 };	/* what a member can be asked */

struct member {
	const char	*name, *sql;
	enum kind	 kind;
	unsigned	 can;
	enum { OF_ALL, OF_BOTS, STATUS_ITSELF, IF_KNOWN } is;	/* but for the first, a person has none */
};

struct service {
	const char	*from;
	const char	*scope;		/* ?1 is whose; ?2 the scope's base */
	const char	*found;		/* what find has beyond that, "" */
	const char	*id;		/* its row */
	const char	*is_bot;
	const char	*order;		/* the last word about it, or the only one */
	struct member	 members[QUERY_MEMBERS];
};

/* The status, in filters and in answers: the view has the one expression.  A person has none. */
#define STATUS "ifnull(b.status, '')"

static const struct service services[QUERY__MAX] = {
	[QUERY_AGENTS] = {
		"agents a LEFT JOIN bot_states b ON b.id = a.id",
		"a.id IN (SELECT ?1 UNION ALL SELECT g.source_agent_id FROM belongs g WHERE g.target_agent_id = ?1)",
		" AND b.binned_at IS NULL", "a.id", "a.type = 'bot'", "a.id",
		{
			{ "id", "a.key", TEXT, 0, 0 },
			/* The + keeps it from agents_bot_name's condition: with it, each new value would prepare anew. */
			{ "type", "+a.type", TEXT, EQUAL | SORT, 0 },
			{ "name", "a.name", TEXT, EQUAL | RANGE | SORT, 0 },
			{ "description", "a.description", TEXT, 0, 0 },
			{ "service", "a.service", TEXT, EQUAL | SORT, 0 },
			{ "createdAt", "a.created_at", TIME, RANGE | SORT, 0 },
			{ "updatedAt", "a.updated_at", TIME, RANGE | SORT, 0 },
			{ "host", "a.name || '.' || ?2", TEXT, 0, OF_BOTS },
			{ "port", "b.port", NUMBER, 0, OF_BOTS },
			{ "key", "b.public_key", TEXT, 0, OF_BOTS },
			{ "release", "nullif(iif(b.seen_release <> '', b.seen_release, b.release), '')", TEXT, 0, OF_BOTS },
			{ "status", STATUS, TEXT, EQUAL | SORT, STATUS_ITSELF },
			{ "statusSince", "b.status_since", TIME, 0, OF_BOTS },
			{ "checkedAt", "b.seen_at", TIME, 0, OF_BOTS },
			{ "wanted", "b.wanted", TEXT, 0, OF_BOTS },
			{ "uptime", "iif(b.running, max(0, (baas_now() - b.started_at) / 1000), NULL)", NUMBER, 0, IF_KNOWN },
			{ "disk", "b.disk_log + b.disk_blobs + b.disk_indexes", NUMBER, 0, OF_BOTS },
			/* Of this month; what was counted in an earlier one is over. */
			{ "bandwidth", "CASE b.month WHEN '' THEN NULL"
			    " WHEN strftime('%Y-%m', baas_now() / 1000, 'unixepoch') THEN b.month_in + b.month_out"
			    " ELSE 0 END", NUMBER, 0, OF_BOTS },
			{ "memory", "iif(b.running, b.memory, NULL)", NUMBER, 0, IF_KNOWN },
		},
	},
	[QUERY_INVITES] = {
		"invites i JOIN bots b ON b.id = i.bot_id JOIN servers s ON s.id = b.server_id",
		"i.bot_id = ?1", "", "i.id", "0", "i.created_at DESC, i.id DESC",
		{
			{ "id", "i.key", TEXT, 0, 0 },
			{ "label", "i.label", TEXT, EQUAL | SORT, 0 },
			{ "state", "i.state", TEXT, EQUAL | SORT, 0 },
			/* As lib/invite.c puts it together; one that is being taken back has neither. */
			{ "code", "iif(i.revoke, NULL, s.address || ':' || b.port || ':' || b.public_key || '~' || i.seed)",
			    TEXT, 0, 0 },
			{ "url", "iif(i.revoke, NULL, ?2 || '/i/' || i.token)", TEXT, 0, 0 },
			{ "usedBy", "i.used_by", TEXT, 0, 0 },
			{ "usedByName", "i.used_name", TEXT, 0, 0 },
			{ "usedAt", "i.used_at", TIME, 0, 0 },
			{ "createdAt", "i.created_at", TIME, RANGE | SORT, 0 },
		},
	},
	[QUERY_SAMPLES] = {
		"samples s", "s.bot_id = ?1", "", "0", "0", "s.at DESC, s.step",
		{
			{ "at", "s.at", TIME, RANGE | SORT, 0 },
			{ "step", "s.step", NUMBER, EQUAL | SORT, 0 },
			{ "memory", "s.memory", NUMBER, 0, 0 },
			{ "disk", "s.disk", NUMBER, 0, 0 },
			{ "bytesIn", "s.bytes_in", NUMBER, 0, 0 },
			{ "bytesOut", "s.bytes_out", NUMBER, 0, 0 },
			{ "peers", "s.peers", NUMBER, 0, 0 },
			{ "alive", "s.alive_ms / 1000", NUMBER, 0, 0 },
		},
	},
	[QUERY_EVENTS] = {
		"events e", "e.bot_id = ?1", "", "0", "0", "e.id DESC",
		{
			{ "at", "e.at", TIME, RANGE | SORT, 0 },
			{ "what", "e.what", TEXT, EQUAL | SORT, 0 },
			/* Which of this machine's users it was is nothing to the outside. */
			{ "actor", "iif(e.actor GLOB 'shell:*', 'admin', e.actor)", TEXT, EQUAL | SORT, 0 },
			{ "detail", "e.detail", TEXT, 0, 0 },
		},
	},
	[QUERY_EXPORTS] = {	/* not made yet: there are none */
		"(SELECT NULL AS id WHERE 0) x", "?1 = x.id", "", "x.id", "0", "x.id",
		{
			{ "id", "x.id", TEXT, 0, 0 },
		},
	},
};

enum { OP_ALL = -2, OP_ANY = -1 };	/* groups; the others are places in this table */

static const struct op {
	const char	*name, *sql;
	int		 list;
	unsigned	 needs;
} ops[] = {
	{ "", " = ", 0, EQUAL },
	{ "$ne", " <> ", 0, EQUAL },
	{ "$in", " IN ", 1, EQUAL },
	{ "$nin", " NOT IN ", 1, EQUAL },
	{ "$lt", " < ", 0, RANGE },
	{ "$lte", " <= ", 0, RANGE },
	{ "$gt", " > ", 0, RANGE },
	{ "$gte", " >= ", 0, RANGE },
};

enum {
	OPS = sizeof(ops) / sizeof(ops[0]),
	NAME_CAP = 256,
	PARTS = 2 * QUERY_DEPTH + 3,	/* groups and their indexes, member, operator, index */
	TEXT_USUAL = 2048,		/* bytes of a statement */
	FIRST_VALUE = 5			/* ?1 to ?4: whose, base, limit or id, skip */
};

/* "name[$in][0]", cut into its parts. */
struct path {
	char		 text[NAME_CAP];
	int		 n;
	const char	*part[PARTS];
};

struct reader {
	struct query	*query;
	const char	*value;
	struct path	 path;
	char		*why;
};

/* ---- reading ---- */

/* Tells which part is at fault; a client's text goes back as ASCII only. */
static enum err
bad(struct reader *r, const char *part)
{
	char name[QUERY_WHY_CAP / 2] = "";

	for (size_t i = 0; part[i] != '\0' && i + 1 < sizeof(name); i++)
		name[i] = part[i] >= ' ' && part[i] <= '~' ? part[i] : '?';
	snprintf(r->why, QUERY_WHY_CAP, "Invalid query parameter %s", name);
	return ERR_INVALID;
}

/* 0: too long, too many parts, or brackets that are none. */
static int
cut_path(const char *name, struct path *path)
{
	char *p = path->text;

	path->n = 0;
	if (strlen(name) >= sizeof(path->text))
		return 0;
	memcpy(path->text, name, strlen(name) + 1);
	path->part[path->n++] = p;
	for (p = strchr(p, '['); p != NULL && *p != '\0'; *p++ = '\0') {
		if (*p != '[' || path->n == PARTS)
			return 0;
		*p++ = '\0';
		path->part[path->n++] = p;
		if ((p = strchr(p, ']')) == NULL)
			return 0;
	}
	return 1;
}

/* A whole number of digits only, the largest that there is for all beyond; -1 if it is none. */
static int64_t
read_number(const char *text)
{
	const int64_t	most = INT64_C(1) << 40;
	int64_t		n = 0;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	for (; *text != '\0'; text++)
		if ((n = n * 10 + (*text - '0')) > most)
			n = most;
	return n;
}

/* ISO 8601 in UTC, as clock_iso writes it; without the time of the day it is the day's beginning. */
static int
read_time(const char *text, int64_t *out)
{
	struct tm	 tm = { 0 };
	const char	*p = strptime(text, "%Y-%m-%d", &tm);
	int		 ms = 0;

	if (p != NULL && *p == 'T' && (p = strptime(p, "T%H:%M:%S", &tm)) != NULL) {
		if (*p == '.' && strspn(p + 1, "0123456789") == 3) {
			ms = (int)read_number((const char[]){ p[1], p[2], p[3], '\0' });
			p += 4;
		}
		if (*p++ != 'Z')
			return 0;
	}
	if (p == NULL || *p != '\0')
		return 0;
	*out = (int64_t)timegm(&tm) * CLOCK_SECOND + ms;
	return 1;
}

static const struct service *
service_of(const struct query *query)
{
	return &services[query->of];
}

/* -1: there is none. */
static int
find_member(const struct query *query, const char *name)
{
	const struct member *members = service_of(query)->members;

	for (int i = 0; i < QUERY_MEMBERS && members[i].name != NULL; i++)
		if (strcmp(members[i].name, name) == 0)
			return i;
	return -1;
}

static int
find_op(const char *name)
{
	for (int i = 1; i < OPS; i++)
		if (strcmp(ops[i].name, name) == 0)
			return i;
	return -1;
}

/* "0" in $or[0]: a number of a few digits. */
static int
is_index(const char *text)
{
	return strlen(text) <= 4 && read_number(text) >= 0;
}

/* The node that is like this one, made if there is none yet; -1: too many. */
static int
node_of(struct query *query, struct query_node like)
{
	for (int i = 0; i < query->nodes; i++) {
		const struct query_node *node = &query->node[i];

		if (node->parent == like.parent && node->index == like.index && node->op == like.op &&
		    node->member == like.member)
			return i;
	}
	if (query->nodes == QUERY_NODES)
		return -1;
	query->node[query->nodes] = like;
	return query->nodes++;
}

/* Walks over "$or[0][$and][1]"; *at becomes the part after it.  The group there, or -1: not well formed, too deep or too many. */
static int
read_groups(struct reader *r, int *at)
{
	const struct path	*path = &r->path;
	int			 node = 0, depth = 0, any;

	while (*at < path->n && ((any = strcmp(path->part[*at], "$or") == 0) || strcmp(path->part[*at], "$and") == 0)) {
		if (++depth > QUERY_DEPTH || *at + 2 >= path->n || !is_index(path->part[*at + 1]))
			return -1;
		node = node_of(r->query, (struct query_node){ node, -1, any ? OP_ANY : OP_ALL, -1 });
		if (node != -1)
			node = node_of(r->query, (struct query_node){ node, (int)read_number(path->part[*at + 1]), OP_ALL, -1 });
		if (node == -1)
			return -1;
		*at += 2;
	}
	return node;
}

static enum err
add_value(struct reader *r, int node, enum kind kind, const char *name)
{
	struct query	*query = r->query;
	int64_t		 number = 0;

	if (kind == NUMBER && (number = read_number(r->value)) == -1)
		return bad(r, name);
	if (kind == TIME && !read_time(r->value, &number))
		return bad(r, name);
	query->value[query->values].node = node;
	query->value[query->values].text = kind == TEXT ? r->value : NULL;
	query->value[query->values].number = number;
	query->values++;
	return ERR_OK;
}

static enum err
read_condition(struct reader *r)
{
	const struct path	*path = &r->path;
	const struct member	*member;
	struct query_node	 like = { .index = -1 };
	int			 at = 0, known = r->query->nodes, node;

	if ((like.parent = read_groups(r, &at)) == -1)
		return bad(r, path->part[at]);
	if ((like.member = find_member(r->query, path->part[at])) == -1)
		return bad(r, path->part[at]);
	member = &service_of(r->query)->members[like.member];
	if (++at < path->n && (like.op = find_op(path->part[at++])) == -1)
		return bad(r, path->part[at - 1]);
	if ((member->can & ops[like.op].needs) == 0)
		return bad(r, like.op == 0 ? member->name : ops[like.op].name);
	if (at < path->n && ops[like.op].list && (path->part[at][0] == '\0' || is_index(path->part[at])))
		at++;
	if (at != path->n || (node = node_of(r->query, like)) == -1 || (node < known && !ops[like.op].list))
		return bad(r, member->name);
	return add_value(r, node, member->kind, member->name);
}

static enum err
read_limit(struct reader *r)
{
	int64_t n = read_number(r->value);

	if (n == -1 || r->path.n != 1)
		return bad(r, "$limit");
	r->query->limit = n > QUERY_LIMIT_MAX ? QUERY_LIMIT_MAX : n;
	return ERR_OK;
}

static enum err
read_skip(struct reader *r)
{
	if ((r->query->skip = read_number(r->value)) == -1 || r->path.n != 1)
		return bad(r, "$skip");
	return ERR_OK;
}

static enum err
read_sort(struct reader *r)
{
	struct query	*query = r->query;
	int		 member, down = strcmp(r->value, "-1") == 0;

	if (r->path.n != 2 || query->sorts == QUERY_SORTS || (!down && strcmp(r->value, "1") != 0))
		return bad(r, "$sort");
	if ((member = find_member(query, r->path.part[1])) == -1 ||
	    (service_of(query)->members[member].can & SORT) == 0)
		return bad(r, r->path.part[1]);
	query->sort[query->sorts].member = member;
	query->sort[query->sorts].down = down;
	query->sorts++;
	return ERR_OK;
}

/* What has an id shows it in any case, as feathers does. */
static enum err
read_select(struct reader *r)
{
	struct query	*query = r->query;
	int		 member = find_member(query, r->value), id = find_member(query, "id");

	if (r->path.n > 2 || (r->path.n == 2 && r->path.part[1][0] != '\0' && !is_index(r->path.part[1])))
		return bad(r, "$select");
	if (member == -1)
		return bad(r, r->value);
	if (query->shown == UINT32_MAX)
		query->shown = id == -1 ? 0 : UINT32_C(1) << id;
	query->shown |= UINT32_C(1) << member;
	return ERR_OK;
}

static const struct {
	const char	*name;
	enum err	(*read)(struct reader *r);
	int		 of_one;	/* also for a get */
} words[] = {
	{ "$limit", read_limit, 0 },
	{ "$skip", read_skip, 0 },
	{ "$sort", read_sort, 0 },
	{ "$select", read_select, 1 },
};

static enum err
read_parameter(struct reader *r, const char *name, int one)
{
	if (!cut_path(name, &r->path))
		return bad(r, name);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(r->path.part[0], words[i].name) == 0 && (words[i].of_one || !one))
			return words[i].read(r);
	return one ? bad(r, r->path.part[0]) : read_condition(r);
}

static enum err
read_all(struct reader *r, const struct form *params, int one)
{
	enum err err = ERR_OK;

	r->query->limit = QUERY_LIMIT;
	r->query->shown = UINT32_MAX;
	node_of(r->query, (struct query_node){ -1, -1, OP_ALL, -1 });
	for (int i = 0; i < params->count && err == ERR_OK; i++) {
		r->value = params->field[i].value;
		err = read_parameter(r, params->field[i].name, one);
	}
	return err;
}

enum err
query_read(enum query_of of, const struct form *params, struct query *out, char why[QUERY_WHY_CAP])
{
	struct reader r = { .query = out, .why = why };

	memset(out, 0, sizeof(*out));
	out->of = of;
	return read_all(&r, params, 0);
}

enum err
query_read_one(enum query_of of, const struct form *params, struct query *out, char why[QUERY_WHY_CAP])
{
	struct reader r = { .query = out, .why = why };

	memset(out, 0, sizeof(*out));
	out->of = of;
	return read_all(&r, params, 1);
}

/* ---- the texts ---- */

static int
is_shown(const struct query *query, int member)
{
	return member < QUERY_MEMBERS && service_of(query)->members[member].name != NULL &&
	    (query->shown >> member & 1) != 0;
}

/* 1 if what is shown depends on the status. */
static int
needs_status(const struct query *query)
{
	for (int i = 0; i < QUERY_MEMBERS; i++)
		if (is_shown(query, i) && service_of(query)->members[i].is >= STATUS_ITSELF)
			return 1;
	return 0;
}

/* First whether it is a bot, and its status: of all that can be asked this takes longest, so it is asked once. */
static void
write_columns(const struct query *query, struct buf *out)
{
	const struct service *service = service_of(query);

	buf_str(out, service->is_bot);
	buf_str(out, needs_status(query) ? ", " STATUS : ", ''");
	for (int i = 0; i < QUERY_MEMBERS; i++) {
		if (!is_shown(query, i) || service->members[i].is == STATUS_ITSELF)
			continue;
		buf_str(out, ", ");
		buf_str(out, service->members[i].sql);
	}
}

/* A condition, or the members of its list. */
static void
write_values(const struct query *query, int node, struct buf *out)
{
	const char *between = "";

	for (int i = 0; i < query->values; i++) {
		if (query->value[i].node != node)
			continue;
		buf_fmt(out, "%s?%d", between, FIRST_VALUE + i);
		between = ", ";
	}
}

static void
write_condition(const struct query *query, int node, struct buf *out)
{
	const struct op *op = &ops[query->node[node].op];

	buf_fmt(out, "%s%s%s", service_of(query)->members[query->node[node].member].sql, op->sql, op->list ? "(" : "");
	write_values(query, node, out);
	buf_str(out, op->list ? ")" : "");
}

/* As deep as QUERY_DEPTH lets it be. */
static void
write_node(const struct query *query, int node, struct buf *out)
{
	const char *between = "";

	if (query->node[node].op >= 0) {
		write_condition(query, node, out);
		return;
	}
	buf_str(out, "(");
	for (int i = node + 1; i < query->nodes; i++) {
		if (query->node[i].parent != node)
			continue;
		buf_str(out, between);
		write_node(query, i, out);
		between = query->node[node].op == OP_ANY ? " OR " : " AND ";
	}
	buf_str(out, ")");
}

static void
write_order(const struct query *query, struct buf *out)
{
	const struct service *service = service_of(query);

	buf_str(out, " ORDER BY ");
	for (int i = 0; i < query->sorts; i++)
		buf_fmt(out, "%s%s, ", service->members[query->sort[i].member].sql, query->sort[i].down ? " DESC" : "");
	buf_str(out, service->order);
}

enum err
query_text(const struct query *query, enum query_kind kind, struct buf *out)
{
	const struct service *service = service_of(query);

	buf_reserve(out, TEXT_USUAL);
	buf_str(out, "SELECT ");
	if (kind == QUERY_COUNT)
		buf_str(out, "count(*)");
	else
		write_columns(query, out);
	buf_str(out, " FROM ");
	buf_str(out, service->from);
	buf_str(out, " WHERE ");
	buf_str(out, service->scope);
	if (kind == QUERY_GET) {
		buf_fmt(out, " AND %s = ?3", service->id);
		return buf_error(out);
	}
	buf_str(out, service->found);
	if (query->nodes > 1) {
		buf_str(out, " AND ");
		write_node(query, 0, out);
	}
	if (kind == QUERY_FIND) {
		write_order(query, out);
		buf_str(out, " LIMIT ?3 OFFSET ?4");
	}
	return buf_error(out);
}

/* ---- running ---- */

static void
bind_values(const struct query *query, struct stmt *st)
{
	for (int i = 0; i < query->values; i++) {
		if (query->value[i].text != NULL)
			db_text(st, FIRST_VALUE + i, query->value[i].text);
		else
			db_int(st, FIRST_VALUE + i, query->value[i].number);
	}
}

/* The statement with whose rows they are bound; NULL: no memory. */
static struct stmt *
open_text(struct db *db, const struct query *query, enum query_kind kind, const struct query_scope *scope)
{
	struct buf	 text = { 0 };
	struct stmt	*st = NULL;

	if (query_text(query, kind, &text) == ERR_OK) {
		st = db_stmt_text(db, buf_text(&text));
		db_int(st, 1, scope->id);
		if (kind != QUERY_COUNT)
			db_text(st, 2, scope->base);
		if (kind != QUERY_GET)
			bind_values(query, st);
	}
	buf_clear(&text);
	return st;
}

static void
put_column(struct json_writer *row, const struct member *member, struct stmt *st, int i)
{
	char iso[CLOCK_ISO_CAP];

	if (db_col_null(st, i)) {
		json_put_null(row, member->name);
	} else if (member->kind == TEXT) {
		json_put_text(row, member->name, db_col_text(st, i));
	} else if (member->kind == NUMBER) {
		json_put_int(row, member->name, db_col_int(st, i));
	} else {
		clock_iso(db_col_int(st, i), iso);
		json_put_text(row, member->name, iso);
	}
}

static void
put_row(const struct query *query, struct stmt *st, struct json_writer *row)
{
	const struct member	*members = service_of(query)->members;
	int			 is_bot = db_col_int(st, 0) != 0, column = 2;
	int			 known = strcmp(db_col_text(st, 1), "unknown") != 0;

	for (int i = 0; i < QUERY_MEMBERS; i++) {
		if (!is_shown(query, i))
			continue;
		if (members[i].is == OF_ALL || (is_bot && (members[i].is != IF_KNOWN || known)))
			put_column(row, &members[i], st, members[i].is == STATUS_ITSELF ? 1 : column);
		else if (is_bot)
			json_put_null(row, members[i].name);
		column += members[i].is != STATUS_ITSELF;
	}
}

/* How many rows of it were put. */
static enum err
put_rows(struct db *db, const struct query *query, const struct query_scope *scope, struct json_writer *data, int64_t *n)
{
	struct stmt	*st = open_text(db, query, QUERY_FIND, scope);
	enum err	 err;

	if (st == NULL)
		return ERR_FAULT;
	db_int(st, 3, query->limit);
	db_int(st, 4, query->skip);
	for (*n = 0; (err = db_row(st)) == ERR_OK; (*n)++) {
		json_open(data, NULL, '{');
		put_row(query, st, data);
		json_close(data);
	}
	db_done(st);
	return err == ERR_NOTFOUND ? ERR_OK : err;
}

static enum err
count(struct db *db, const struct query *query, const struct query_scope *scope, int64_t *total)
{
	struct stmt *st = open_text(db, query, QUERY_COUNT, scope);

	if (st == NULL)
		return ERR_FAULT;
	return db_one_int(st, total);
}

enum err
query_find(struct db *db, const struct query *query, const struct query_scope *scope, struct json_writer *page)
{
	int64_t		n = 0, total;
	enum err	err = ERR_OK;

	json_open(page, "data", '[');
	if (query->limit > 0)
		err = put_rows(db, query, scope, page, &n);
	json_close(page);
	total = query->skip + n;
	/* A page that is not full is the last one: then there is nothing to count. */
	if (err == ERR_OK && (n == query->limit || (n == 0 && query->skip > 0)))
		err = count(db, query, scope, &total);
	if (err != ERR_OK)
		return err;
	json_put_int(page, "total", total);
	json_put_int(page, "limit", query->limit);
	json_put_int(page, "skip", query->skip);
	return ERR_OK;
}

enum err
query_get(struct db *db, const struct query *query, const struct query_scope *scope, int64_t id,
    struct json_writer *row)
{
	struct stmt	*st = open_text(db, query, QUERY_GET, scope);
	enum err	 err;

	if (st == NULL)
		return ERR_FAULT;
	db_int(st, 3, id);
	if ((err = db_row(st)) == ERR_OK)
		put_row(query, st, row);
	db_done(st);
	return err;
}
