/* lib/page: templates that must not be, and what the others give. */

#include "lib/page.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "t/tap.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

static const struct {
	const char *text, *what;
} broken[] = {
	{ "{{", "an open tag at the end" },
	{ "{{}}", "no name" },
	{ "{{name", "never closed" },
	{ "{{name}", "half closed" },
	{ "{{ name }}", "spaces" },
	{ "{{Name}}", "a capital" },
	{ "{{{name}}}", "there is no raw form" },
	{ "{{&name}}", "nor this one" },
	{ "{{#name}}", "a section that never ends" },
	{ "{{/name}}", "an end without a beginning" },
	{ "{{#a}}{{/b}}", "an end of something else" },
	{ "{{#a}}{{#b}}{{/a}}{{/b}}", "crossed" },
	{ "{{>nowhere}}", "a template that is not there" },
	{ "{{#a}}{{>nowhere}}{{/a}}", "the same, deeper" },
	{ "{{a1234567890123456789012345678901234567890123456789012345678901234567890}}", "too long a name" },
};

static const struct {
	const char *text, *what;
} faults[] = {
	{ "{{misspelt}}", "a name that nobody set" },
	{ "{{#misspelt}}x{{/misspelt}}", "likewise of a section" },
	{ "{{^misspelt}}x{{/misspelt}}", "and of its opposite" },
	{ "{{bots}}", "a list is no text" },
	{ "{{inner}}", "an item's name outside of the item" },
	{ "{{#bots}}{{misspelt}}{{/bots}}", "within an item" },
	{ "{{>test}}", "a template within itself" },
};

static const struct {
	const char *text, *want, *what;
} rows[] = {
	{ "", "", "nothing" },
	{ "a { b } c {", "a { b } c {", "braces" },
	{ "[{{name}}]", "[butt]", "a text" },
	{ "[{{name}}{{name}}]", "[buttbutt]", "twice" },
	{ "<a title=\"{{evil}}\">", "<a title=\"&lt;b&gt; &amp;&#39;&quot;{{name}}\">", "escaped, and not read again" },
	{ "{{#bots}}({{inner}}/{{name}}){{/bots}}", "(one/butt)(two/mine)", "items, inwards first" },
	{ "{{^bots}}none{{/bots}}", "", "a list with items" },
	{ "{{#empty}}x{{/empty}}{{^empty}}none{{/empty}}", "none", "a list without" },
	{ "{{#on}}yes{{/on}}{{^on}}no{{/on}}", "yes", "a flag" },
	{ "{{#off}}yes{{/off}}{{^off}}no{{/off}}", "no", "a flag that is off" },
	{ "{{#name}}{{name}}{{/name}}{{#blank}}x{{/blank}}", "butt", "a text as a condition" },
	{ "{{#bots}}{{#on}}{{#bots}}.{{/bots}}{{/on}}{{/bots}}", "....", "sections within sections" },
	{ "{{number}} {{big}}", "-7 9223372036854775807", "numbers" },
	{ "{{fmt}}", "3 of 5", "formatted" },
	{ "a\n{{#on}}\nb\n{{/on}}\nc\n", "a\nb\nc\n", "a tag alone takes its line with it" },
	{ "  {{#on}}  \n  b\n  {{/on}}", "  b\n", "with the white space around it" },
	{ "x {{#on}}\nb{{/on}}\n", "x \nb\n", "but not if it is not alone" },
	{ "{{name}}\n", "butt\n", "a hole leaves the line alone" },
	{ "[{{>part}}]", "[<i>butt</i>\n]", "another template" },
	{ "{{#bots}}{{>part}}{{/bots}}", "<i>butt</i>\n<i>mine</i>\n", "which sees the item" },
	{ "{{again}}", "second", "set twice" },
	{ "{{was_list}}", "text now", "a list that became text" },
};

static const char *dir;

static void
put(const char *name, const char *text)
{
	char	 path[512];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static struct view *
filled(void)
{
	struct view *view = view_new(), *item;

	view_text(view, "name", "butt");
	view_text(view, "evil", "<b> &'\"{{name}}");
	view_text(view, "blank", "");
	view_flag(view, "on", 1);
	view_flag(view, "off", 0);
	view_int(view, "number", -7);
	view_int(view, "big", INT64_MAX);
	view_fmt(view, "fmt", "%d of %d", 3, 5);
	view_text(view, "again", "first");
	view_text(view, "again", "second");
	view_list(view, "empty");
	view_item(view, "was_list");
	view_text(view, "was_list", "text now");
	item = view_item(view, "bots");
	view_text(item, "inner", "one");
	item = view_item(view, "bots");
	view_text(item, "inner", "two");
	view_text(item, "name", "mine");
	return view;
}

static enum err
render(const char *text, struct view *view, struct buf *out)
{
	struct pages	*pages = NULL;
	enum err	 err;

	put("test.html", text);
	if ((err = pages_open(dir, &pages)) == ERR_OK)
		err = page_render(pages, "test", view, out);
	pages_close(pages);
	return err;
}

int
main(void)
{
	struct pages	*pages = NULL;
	struct view	*view = filled();
	struct buf	 out = { 0 };

	dir = tap_dir();
	put("part.html", "<i>{{name}}</i>\n");
	put("notes", "{{");
	put("letter.txt", "{{evil}} <b>\n{{#on}}\n{{name}}\n{{/on}}\n");
	put(".hidden.html", "{{");
	for (size_t i = 0; i < LEN(broken); i++) {
		put("test.html", broken[i].text);
		is_int(ERR_FAULT, pages_open(dir, &pages), broken[i].what);
		ok(pages == NULL, "%s: nothing is opened", broken[i].what);
	}
	for (size_t i = 0; i < LEN(faults); i++) {
		buf_reset(&out);
		is_int(ERR_FAULT, render(faults[i].text, view, &out), faults[i].what);
	}
	for (size_t i = 0; i < LEN(rows); i++) {
		buf_reset(&out);
		is_int(ERR_OK, render(rows[i].text, view, &out), rows[i].what);
		is_str(rows[i].want, buf_text(&out), rows[i].what);
	}
	is_int(ERR_FAULT, pages_open("/nonexistent", &pages), "no directory");
	is_int(ERR_OK, pages_open(dir, &pages), "a good one");
	ok(pages_have(pages, "part") && !pages_have(pages, "part.html") && !pages_have(pages, "notes"), "by name");
	buf_reset(&out);
	is_int(ERR_OK, page_render(pages, "letter.txt", view, &out), "a letter");
	is_str("<b> &'\"{{name}} <b>\nbutt\n", buf_text(&out), "escapes nothing");
	ok(!pages_have(pages, "letter"), "and is no page");
	is_int(ERR_FAULT, page_render(pages, "nowhere", view, &out), "a page that is not there");
	is_int(ERR_FAULT, page_render(pages, "part", NULL, &out), "no view: no memory for one");
	pages_close(pages);
	view_text(NULL, "name", "x");
	ok(view_item(NULL, "bots") == NULL, "nothing into nothing");
	view_free(view);
	buf_clear(&out);
	return tap_end();
}
