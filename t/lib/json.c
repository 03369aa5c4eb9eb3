/* lib/json.c: what is no JSON, what is read, what is written. */

#include "lib/json.h"

#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "t/tap.h"

static const char *const refused[] = {
	"", " ", "nul", "nullx", "truetrue", "True", "{", "}", "[", "]", "[1", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}",
	"{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "[1}", "{} {}", "{}x", "{},", "1 1", "// x\n1", "/**/1",
	"\xef\xbb\xbf{}",					/* byte order mark */
	"\x01{}", "{}\x0b", "{\x0c}", "[1\xc2\xa0]",		/* white space of others */
	"01", "-01", "1.", ".5", "-.5", "-", "+1", "1e", "1e+", "1.e5", "0x10", "1e5x", "1-2", "--1", "1.2.3",
	"NaN", "Infinity", "-Infinity", "1e999", "-1e999", "[1e400]",
	"\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\U0041\"", "'a'",
	"\"\\u12\"", "\"\\u12g4\"", "\"\\u-123\"", "\"\\u\"", "\"\\u123",
	"\"\\ud800\"", "\"\\udc00\"", "\"\\ud800x\"", "\"\\ud800\\u0041\"",
	"\"\\u0000\"", "{\"a\\u0000b\":1}", "[\"x\\u0000\"]",
	"\"a\nb\"", "\"a\tb\"", "\"\x1f\"",			/* raw control characters */
	"\"\x80\"", "\"\xc0\xaf\"", "\"\xc3\"", "\"\xe0\x80\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
	"\"\xf5\x80\x80\x80\"", "\"\xe2\x82\"", "\"\\\xc3\"",	/* not UTF-8 */
	"{\"a\":1,\"a\":1}", "{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"\\u0061\":2}", "[{\"x\":{\"k\":1,\"k\":2}}]",
	"{\"\":1,\"\":2}",
};

static const struct {
	const char *text, *again;	/* again: as written; NULL: the same */
} taken[] = {
	{ "null", NULL }, { "true", NULL }, { "false", NULL }, { "0", NULL }, { "-0", NULL }, { "-7", NULL },
	{ "{}", NULL }, { "[]", NULL }, { " \t\r\n[ 1 , 2 ]\n", "[1,2]" }, { "1.5", NULL }, { "1E2", "100" }, { "10e-1", "1" },
	{ "\"\"", NULL }, { "\"\x7f\"", NULL }, { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ "\"\\u20ac\"", "\"\xe2\x82\xac\"" }, { "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
	{ "\"\\\\u0000\"", NULL }, { "\"\\u0001\"", NULL },
	{ "{\"a\":1,\"A\":2,\"\":3}", NULL }, { "{\"b\":1,\"a\":{\"b\":1}}", NULL },
	{ "1700000000000", NULL },
};

static void
check_texts(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct json *json = NULL;

		is_int(ERR_INVALID, json_read(refused[i], strlen(refused[i]), &json), "is refused");
		if (json != NULL)
			diag("refused[%zu]: %s", i, refused[i]);
		json_free(json);
	}
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		struct json	*json = NULL;
		struct buf	 b = { 0 };

		is_int(ERR_OK, json_read(taken[i].text, strlen(taken[i].text), &json), taken[i].text);
		if (json != NULL && json_write(json, &b) == ERR_OK)
			is_str(taken[i].again == NULL ? taken[i].text : taken[i].again, buf_text(&b), "and written");
		json_free(json);
		buf_clear(&b);
	}
}

/* NUL bytes, and ends in the middle of something: from the heap, where a sanitizer sees one byte too far. */
static void
check_bytes(void)
{
	static const char	 nuls[][8] = { "{}\0", "[1\0]", "\"a\0b\"", "1\0", "\0{}", "-\0" };
	static const size_t	 lens[] = { 3, 4, 5, 2, 3, 2 };
	static const char	 whole[] = "{\"a\":[1.5e3,\"x\\u20ac\xe2\x82\xac\",null]}";
	struct json		*json = NULL;
	int			 good = 0;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		is_int(ERR_INVALID, json_read(nuls[i], lens[i], &json), "a NUL is refused");
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = malloc(n + 1);

		if (copy == NULL)
			exit(99);
		copy = realloc(memcpy(copy, whole, n), n == 0 ? 1 : n);
		json = NULL;
		good += json_read(copy, n, &json) == ERR_OK;
		json_free(json);
		free(copy);
	}
	is_int(1, good, "of all beginnings of a text only the whole is one");
}

static void
check_depth(void)
{
	char		 text[64];
	struct json	*json = NULL;

	memset(text, '[', 32);
	memset(text + JSON_DEPTH, ']', 32);
	is_int(ERR_OK, json_read(text, (size_t)2 * JSON_DEPTH, &json), "16 deep");
	json_free(json);
	json = NULL;
	memset(text, '[', 32);
	memset(text + JSON_DEPTH + 1, ']', 32);
	is_int(ERR_INVALID, json_read(text, (size_t)2 * JSON_DEPTH + 2, &json), "17 deep");
	memset(text, ']', 32);
	is_int(ERR_INVALID, json_read(text, 32, &json), "only closing");
	ok(json == NULL, "and nothing is written");
}

static void
check_asking(void)
{
	static const char	 text[] = "{\"Amount\":1,\"amount\":500,\"half\":0.5,\"big\":9007199254740994,"
	    "\"s\":\"x\",\"t\":true,\"l\":[1,\"2\"],\"n\":null}";
	struct json		*root = NULL;
	const struct json	*l;

	if (json_read(text, sizeof(text) - 1, &root) != ERR_OK)
		exit(99);
	is_int(500, json_int(json_get(root, "amount"), -1), "names are exact");
	is_int(-1, json_int(json_get(root, "AMOUNT"), -1), "in their case too");
	is_int(-1, json_int(json_get(root, "half"), -1), "a half is no whole number");
	is_int(-1, json_int(json_get(root, "big"), -1), "nor what a double cannot count");
	is_int(-1, json_int(json_get(root, "s"), -1), "nor a text");
	is_str("no", json_text(json_get(root, "amount"), "no"), "a number is no text");
	is_int(1, json_bool(json_get(root, "t"), 0), "true");
	is_int(7, json_bool(json_get(root, "amount"), 7), "a number is no bool");
	l = json_get(root, "l");
	is_int(JSON_LIST, json_type(l), "a list");
	is_str("2", json_text(json_next(json_first(l)), NULL), "its second");
	ok(json_next(json_next(json_first(l))) == NULL, "and no third");
	ok(json_get(l, "x") == NULL && json_get(NULL, "x") == NULL, "no members in lists and nothing");
	is_str("Amount", json_key(json_first(root)), "a name");
	is_str("", json_key(root), "the root has none");
	is_int(JSON_NULL, json_type(json_get(root, "n")), "null");
	json_free(root);
}

static void
check_building(void)
{
	struct json	*root = json_object(NULL, NULL), *list = json_list(root, "list"), *in = json_object(list, NULL);
	struct buf	 b = { 0 };

	json_add_text(in, "text", "<\"\n\xe2\x82\xac");
	json_add_text(in, "none", NULL);
	json_add_int(in, "at", 1777799520123);
	json_add_int(in, "least", -INT64_C(9007199254740992));
	json_add_bool(list, NULL, 2);
	json_add_null(root, "null");
	is_int(ERR_OK, json_write(root, &b), "built and written");
	is_str("{\"list\":[{\"text\":\"<\\\"\\n\xe2\x82\xac\",\"none\":null,\"at\":1777799520123,"
	    "\"least\":-9007199254740992},true],\"null\":null}", buf_text(&b), "as it should be");
	json_add_int(in, "much", INT64_MAX);
	is_int(ERR_FAULT, json_write(root, &b), "a number that would change is remembered as a fault");
	json_free(root);
	root = json_object(NULL, NULL);
	json_add_text(json_list(root, "l"), NULL, "\xff");
	is_int(ERR_FAULT, json_write(root, &b), "so is a text that is no UTF-8, deep below");
	is_int(ERR_FAULT, json_write(NULL, &b), "so is nothing at all");
	json_add_text(NULL, "x", "y");
	json_free(root);
	json_free(NULL);
	buf_clear(&b);
}

/* Every text that can be in an answer is written as a tree would write it. */
static void
check_same(const char *text)
{
	struct buf		 out = { 0 }, tree = { 0 };
	struct json_writer	 w = { .out = &out };
	struct json		*root = json_object(NULL, NULL);

	json_open(&w, NULL, '{');
	json_put_text(&w, text, text);
	json_close(&w);
	json_add_text(root, text, text);
	is_int(json_write(root, &tree), json_written(&w), "taken or not as in a tree");
	if (json_written(&w) == ERR_OK)
		is_str(buf_text(&tree), buf_text(&out), "and as written there");
	json_free(root);
	buf_clear(&out);
	buf_clear(&tree);
}

static void
check_texts_written(void)
{
	static const char *const texts[] = {
		"", "plain", "\"", "\\", "a\"b\\c/", "\b\f\n\r\t", "\x01\x1f\x7f", "\xe2\x82\xac", "x\xf0\x9f\x98\x80\"y",
		"\xff", "a\xc3", "\xe2\x82", "\n\x80", "\xed\xa0\x80", "\xc3\"",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check_same(texts[i]);
}

static void
check_writing(void)
{
	struct buf		b = { 0 };
	struct json_writer	w = { .out = &b };

	json_open(&w, NULL, '{');
	json_open(&w, "list", '[');
	json_open(&w, NULL, '{');
	json_put_text(&w, "text", "<\"\n\xe2\x82\xac");
	json_put_text(&w, "none", NULL);
	json_put_int(&w, "at", 1777799520123);
	json_put_int(&w, "least", -INT64_C(9007199254740992));
	json_close(&w);
	json_put_int(&w, NULL, 0);
	json_close(&w);
	json_open(&w, "empty", '[');
	json_close(&w);
	json_put_null(&w, "null");
	is_int(ERR_FAULT, json_written(&w), "not before all is closed");
	json_close(&w);
	is_int(ERR_OK, json_written(&w), "written");
	is_str("{\"list\":[{\"text\":\"<\\\"\\n\xe2\x82\xac\",\"none\":null,\"at\":1777799520123,"
	    "\"least\":-9007199254740992},0],\"empty\":[],\"null\":null}", buf_text(&b), "as it should be");
	json_close(&w);
	is_int(ERR_FAULT, json_written(&w), "an end too many");
	buf_clear(&b);
}

static void
put_much(struct json_writer *w)
{
	json_put_int(w, "much", INT64_C(9007199254740993));
}

static void
put_unnamed(struct json_writer *w)
{
	json_put_int(w, NULL, 1);
}

static void
put_named(struct json_writer *w)
{
	json_open(w, "l", '[');
	json_put_null(w, "name");
	json_close(w);
}

/* Deeper than can be read again. */
static void
put_deep(struct json_writer *w)
{
	for (int i = 1; i < JSON_DEPTH; i++)
		json_open(w, "d", '{');
	for (int i = 1; i < JSON_DEPTH; i++)
		json_close(w);
	is_int(0, w->failed, "as deep as can be");
	for (int i = 0; i < JSON_DEPTH; i++)
		json_open(w, "d", '{');
	for (int i = 1; i < JSON_DEPTH; i++)
		json_close(w);
}

static void
check_unwritten(void)
{
	static void (*const puts[])(struct json_writer *) = { put_much, put_unnamed, put_named, put_deep };

	for (size_t i = 0; i < sizeof(puts) / sizeof(puts[0]); i++) {
		struct buf		b = { 0 };
		struct json_writer	w = { .out = &b };

		json_open(&w, NULL, '{');
		puts[i](&w);
		json_put_text(&w, "good", "x");
		json_close(&w);
		is_int(ERR_FAULT, json_written(&w), "what can't be written is remembered as a fault");
		buf_clear(&b);
	}
}

/* Many names: refused or taken as quickly as few. */
static void
check_many(void)
{
	struct buf	 b = { 0 };
	struct json	*json = NULL;

	buf_str(&b, "{");
	for (int i = 0; i < 20000; i++)
		buf_fmt(&b, "\"%d\":0,", i);
	buf_str(&b, "\"0\":0}");
	is_int(ERR_INVALID, json_read(b.data, b.len, &json), "the first of 20,000 names once more at the end");
	buf_clear(&b);
}

int
main(void)
{
	check_texts();
	check_bytes();
	check_depth();
	check_asking();
	check_building();
	check_texts_written();
	check_writing();
	check_unwritten();
	check_many();
	return tap_end();
}
