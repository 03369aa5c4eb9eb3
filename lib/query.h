/* The API's query language (feathers', as its clients write it into a URL), and what each service shows. */

#ifndef BAAS_LIB_QUERY_H
#define BAAS_LIB_QUERY_H

#include <stdint.h>

#include "lib/err.h"
#include "lib/form.h"

struct buf;
struct db;
struct json_writer;

enum query_of { QUERY_AGENTS, QUERY_INVITES, QUERY_SAMPLES, QUERY_EVENTS, QUERY_EXPORTS, QUERY__MAX };

enum {
	QUERY_LIMIT = 10,		/* rows, unless $limit says otherwise */
	QUERY_LIMIT_MAX = 100,
	QUERY_DEPTH = 4,		/* of $or and $and within each other */
	QUERY_NODES = 128,
	QUERY_SORTS = 8,
	QUERY_MEMBERS = 24,		/* that a service can have */
	QUERY_WHY_CAP = 128
};

/* A condition, or a group of them.  The tree is in an array: each knows its parent, which comes before it. */
struct query_node {
	int	parent;			/* -1: the root */
	int	index;			/* i of "$or[i]", else -1 */
	int	op;			/* lib/query.c's */
	int	member;			/* of a condition */
};

/* What was asked for.  Values point into the form that it was read from, which has to live as long. */
struct query {
	enum query_of		 of;
	int64_t			 limit, skip;
	uint32_t		 shown;		/* bits of members; all without $select */
	int			 nodes;
	struct query_node	 node[QUERY_NODES];
	int			 values;
	struct { int node; const char *text; int64_t number; } value[FORM_FIELDS_MAX];
	int			 sorts;
	struct { int member, down; } sort[QUERY_SORTS];
};

/* Whose rows, and the words that they are shown with. */
struct query_scope {
	int64_t		 id;		/* of the person (agents) or of the bot (all else) */
	const char	*base;		/* agents: the bots' domain; invites: the site's URL; else "" */
};

/*
 * Reads the parameters of a find.  ERR_INVALID: a field, operator or value that there is not, too deep or too many; why
 * is for the one who asks ("Invalid query parameter x") then.
 */
enum err query_read(enum query_of of, const struct form *params, struct query *out, char why[QUERY_WHY_CAP]);

/* Of a get, create, patch, remove: $select, and nothing else. */
enum err query_read_one(enum query_of of, const struct form *params, struct query *out, char why[QUERY_WHY_CAP]);

/* Puts data, total, limit and skip into page, an open object: those rows of the scope that fit (agents: none in the bin). */
enum err query_find(struct db *db, const struct query *query, const struct query_scope *scope, struct json_writer *page);

/* Puts the members of the scope's row of that id (bin included) into the open object; ERR_NOTFOUND if there is none. */
enum err query_get(struct db *db, const struct query *query, const struct query_scope *scope, int64_t id,
    struct json_writer *row);

/* The texts that these run: for tests, which read their plans. */
enum query_kind { QUERY_FIND, QUERY_COUNT, QUERY_GET };
enum err query_text(const struct query *query, enum query_kind kind, struct buf *out);

#endif
