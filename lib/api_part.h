/* Between the files of lib/api*.c, and for nobody else. */

#ifndef BAAS_LIB_API_PART_H
#define BAAS_LIB_API_PART_H

#include <stddef.h>
#include <stdint.h>

#include "lib/app.h"
#include "lib/query.h"

struct bot;
struct json;

/* 404 with feathers' words for it; said of what is not there and of what is someone else's alike.  Returns ERR_INVALID. */
enum err api_missing(struct call *call, const char *id);

/* The person's bot of that id or name, bin included; a missing one is told. */
enum err api_bot(struct call *call, const char *id, struct bot *out);

/* The query of a find, or of all else ($select); a bad one is told: 400. */
enum err api_query(struct call *call, enum query_of of, struct query *out);
enum err api_query_one(struct call *call, enum query_of of, struct query *out);

/* Answers with the page of a find: rows of the person (0) or of that bot. */
enum err api_send_page(struct call *call, const struct query *query, int64_t bot);

/* Answers with one agent, or one of a bot's rows. */
enum err api_send_agent(struct call *call, const struct query *query, int64_t agent, int status);
enum err api_send_row(struct call *call, const struct query *query, const int64_t bot_and_id[2], int status);

/* A text that a body can have; text is NULL if it has not. */
struct api_field {
	const char	*name;
	const char	*text;
};

/*
 * Reads the body's texts; none at all is as good as {} if there are no fields.  Not an object, or a field that there is not:
 * 400, told.  A value that is no plain text is a wrong (app_wrong), and its text NULL: for the caller to refuse.
 */
enum err api_body(struct call *call, struct api_field *fields, size_t n);

/* 405, told, for a list of objects: feathers' way to create several at once.  ERR_OK for all else: api_body judges it. */
enum err api_single(struct call *call);

#endif
