/* Pages and letters from templates: named holes, always escaped in pages; there is no raw form. */

#include "lib/page.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"

enum {
	NAME_CAP = 64,		/* of a template, a name in it, a file */
	FILE_MAX = 1024 * 1024,
	DEPTH_MAX = 32,		/* sections and templates within each other */
	BUCKET_BITS = 4, BUCKETS = 1 << BUCKET_BITS,	/* of a view's names */
	BLOCK = 24 * 1024	/* a dashboard of three bots needs one */
};

enum kind { TEXT, HOLE, SECTION, INVERTED, PARTIAL };

struct node {
	enum kind	 kind;
	int		 line;
	const char	*text;		/* into the template's source: the text itself or, of all others, the name */
	size_t		 len;		/* of TEXT */
	uint32_t	 hash;		/* of the name */
	struct node	*child;		/* of SECTION and INVERTED */
	const struct page *page;	/* of PARTIAL */
	struct node	*next;
};

struct page {
	char		 name[NAME_CAP];
	int		 plain;		/* text, not HTML */
	char		*source;
	struct node	*node;
};

struct pages {
	struct page	*page;		/* by name */
	size_t		 n;
};

struct value {
	const char	*text;		/* NULL: a list */
	struct view	*first, *last;
	struct value	*next;
	uint32_t	 hash;		/* of the name */
	char		 name[];
};

/* A page sets hundreds of small values: they are cut from blocks, which all go together. */
struct block {
	struct block	*next;
	size_t		 cap, used;
	_Alignas(max_align_t) char bytes[];
};

struct view {
	struct value	*buckets[BUCKETS];	/* by hash */
	struct view	*parent;
	struct view	*root;
	struct view	*next;		/* item of the same list */
	struct block	*block;		/* of the root, as is what follows */
	int		 failed;	/* out of memory */
};

/* Where the parser is. */
struct reader {
	const char	*name;
	const char	*start;
	char		*at;
	int		 line;
	int		 depth;
};

/* What the renderer needs. */
struct writer {
	const struct page	*page;
	struct buf		*out;
	int			 depth;
};

/*
 * Of the length and three characters: names that differ mostly differ in it, and it is compared first.  (A page sets a hundred
 * names, and a hash that takes each character in its turn is a thirtieth of all its work.)  n: the name's length.
 */
static uint32_t
hash_name(const char *name, size_t n)
{
	const unsigned char *p = (const unsigned char *)name;

	if (n == 0)
		return 0;
	return ((uint32_t)n << 24 | (uint32_t)p[0] << 16 | (uint32_t)p[n / 2] << 8 | p[n - 1]) * UINT32_C(0x9e3779b1);
}

/* Of its best bits, the upper ones. */
static uint32_t
bucket_of(uint32_t hash)
{
	return hash >> (32 - BUCKET_BITS);
}

static enum err
complain(const struct reader *r, const char *what, const char *name)
{
	log_fault(r->name, "line %d: %s%s", r->line, what, name);
	return ERR_FAULT;
}

static void
free_nodes(struct node *node)
{
	struct node *next;

	for (; node != NULL; node = next) {
		next = node->next;
		free_nodes(node->child);
		free(node);
	}
}

static struct node *
add_node(struct node ***end, enum kind kind, int line)
{
	struct node *node = calloc(1, sizeof(*node));

	if (node == NULL) {
		log_fault("templates", "no memory");
		return NULL;
	}
	node->kind = kind;
	node->line = line;
	**end = node;
	*end = &node->next;
	return node;
}

/* Text up to end, counting its lines. */
static enum err
read_text(struct reader *r, struct node ***last, const char *end)
{
	struct node *node;

	if (end > r->at) {
		if ((node = add_node(last, TEXT, r->line)) == NULL)
			return ERR_FAULT;
		node->text = r->at;
		node->len = (size_t)(end - r->at);
	}
	for (; r->at < end; r->at++)
		r->line += *r->at == '\n';
	return ERR_OK;
}

/* The tag at r->at, "{{#name}}": its sigil (or 0) and its name, which gets an end where it is. */
static enum err
read_tag(struct reader *r, char *sigil, const char **name)
{
	char	*p = r->at + 2;
	size_t	 n;

	*sigil = *p != '\0' && strchr("#^/>", *p) != NULL ? *p++ : '\0';
	n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_-");
	if (n == 0 || n >= NAME_CAP || strncmp(p + n, "}}", 2) != 0)
		return complain(r, "not a tag: {{", "");
	p[n] = '\0';
	*name = p;
	r->at = p + n + 2;
	return ERR_OK;
}

/* If the tag from begin to r->at is all that its line holds, the line goes.  Returns where the text before it ends. */
static const char *
drop_line(struct reader *r, const char *begin)
{
	const char	*line = begin;
	char		*after = r->at + strspn(r->at, " \t");

	while (line > r->start && (line[-1] == ' ' || line[-1] == '\t'))
		line--;
	if ((line > r->start && line[-1] != '\n') || (*after != '\n' && *after != '\0'))
		return begin;
	r->line += *after == '\n';
	r->at = after + (*after == '\n');
	return line;
}

static enum err read_block(struct reader *r, const char *section, struct node **out);

/* What stands between {{#name}} and {{/name}}. */
static enum err
read_section(struct reader *r, struct node *node)
{
	enum err err;

	if (++r->depth > DEPTH_MAX)
		return complain(r, "too deep: ", node->text);
	err = read_block(r, node->text, &node->child);
	r->depth--;
	return err;
}

/* The text up to the next tag, and that tag.  *closed: it was {{/section}}. */
static enum err
read_next(struct reader *r, const char *section, struct node ***last, int *closed)
{
	struct reader	 tag = *r;
	struct node	*node;
	const char	*end, *name;
	char		 sigil;
	enum err	 err;

	if ((tag.at = strstr(r->at, "{{")) == NULL)
		return read_text(r, last, r->at + strlen(r->at));
	end = tag.at;
	for (const char *p = r->at; p < end; p++)
		tag.line += *p == '\n';
	if ((err = read_tag(&tag, &sigil, &name)) != ERR_OK)
		return err;
	if (sigil != '\0')
		end = drop_line(&tag, end);
	if ((err = read_text(r, last, end)) != ERR_OK)
		return err;
	*r = tag;
	if (sigil == '/') {
		*closed = section != NULL && strcmp(section, name) == 0;
		return *closed ? ERR_OK : complain(r, "ends what it did not begin: ", name);
	}
	if ((node = add_node(last, sigil == '#' ? SECTION : sigil == '^' ? INVERTED : sigil == '>' ? PARTIAL : HOLE,
	    r->line)) == NULL)
		return ERR_FAULT;
	node->text = name;
	node->hash = hash_name(name, strlen(name));
	return sigil == '#' || sigil == '^' ? read_section(r, node) : ERR_OK;
}

static enum err
read_block(struct reader *r, const char *section, struct node **out)
{
	struct node	**last = out;
	int		 closed = 0;
	enum err	 err = ERR_OK;

	while (err == ERR_OK && !closed && *r->at != '\0')
		err = read_next(r, section, &last, &closed);
	if (err == ERR_OK && section != NULL && !closed)
		err = complain(r, "never ends: ", section);
	return err;
}

/* The whole of a file as text.  NULL, logged, if it can't be. */
static char *
read_file(int dir, const char *name)
{
	struct stat	 st;
	char		*text = NULL;
	ssize_t		 n = -1;
	int		 fd;

	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC)) == -1 || fstat(fd, &st) == -1)
		goto out;
	if (st.st_size > FILE_MAX || (text = malloc((size_t)st.st_size + 1)) == NULL) {
		errno = ENOMEM;
		goto out;
	}
	if ((n = read(fd, text, (size_t)st.st_size)) != -1)
		text[n] = '\0';
out:
	if (n == -1) {
		log_fault(name, "%s", strerror(errno));
		free(text);
		text = NULL;
	}
	if (fd != -1)
		close(fd);
	return text;
}

/* Reads dir's file "NAME.html", or "NAME.txt" whose name is all of that, into a new page at the end of pages. */
static enum err
read_page(struct pages *pages, int dir, const char *file, size_t stem)
{
	struct page	*page = reallocarray(pages->page, pages->n + 1, sizeof(*page));
	struct reader	 r = { .name = file, .line = 1 };

	if (page != NULL)
		pages->page = page;
	if (page == NULL || stem >= NAME_CAP) {
		log_fault(file, "no memory, or too long a name");
		return ERR_FAULT;
	}
	page += pages->n++;
	*page = (struct page){ .plain = file[stem] == '\0' };
	memcpy(page->name, file, stem);
	if ((page->source = read_file(dir, file)) == NULL)
		return ERR_FAULT;
	r.start = r.at = page->source;
	return read_block(&r, NULL, &page->node);
}

static int
compare_pages(const void *a, const void *b)
{
	const struct page *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
compare_name(const void *name, const void *page)
{
	return strcmp(name, ((const struct page *)page)->name);
}

static const struct page *
find_page(const struct pages *pages, const char *name)
{
	return pages->n == 0 ? NULL : bsearch(name, pages->page, pages->n, sizeof(*pages->page), compare_name);
}

/* Finds for every {{>file}} its file. */
static enum err
find_partials(const struct pages *pages, const struct page *page, struct node *node)
{
	for (; node != NULL; node = node->next) {
		if (node->kind == PARTIAL && (node->page = find_page(pages, node->text)) == NULL) {
			log_fault(page->name, "line %d: there is no template %s", node->line, node->text);
			return ERR_FAULT;
		}
		if (find_partials(pages, page, node->child) != ERR_OK)
			return ERR_FAULT;
	}
	return ERR_OK;
}

static int
ends_in(const char *name, const char *suffix)
{
	size_t n = strlen(name), cut = strlen(suffix);

	return n > cut && strcmp(name + n - cut, suffix) == 0;
}

enum err
pages_open(const char *dir, struct pages **out)
{
	struct pages	*pages = calloc(1, sizeof(*pages));
	DIR		*d = opendir(dir);
	enum err	 err = ERR_OK;

	if (pages == NULL || d == NULL) {
		log_fault(dir, "%s", strerror(errno));
		err = ERR_FAULT;
		goto out;
	}
	for (struct dirent *e; err == ERR_OK && (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		if (ends_in(e->d_name, ".html"))
			err = read_page(pages, dirfd(d), e->d_name, strlen(e->d_name) - strlen(".html"));
		else if (ends_in(e->d_name, ".txt"))
			err = read_page(pages, dirfd(d), e->d_name, strlen(e->d_name));
	}
	if (pages->n > 1)
		qsort(pages->page, pages->n, sizeof(*pages->page), compare_pages);
	for (size_t i = 0; err == ERR_OK && i < pages->n; i++)
		err = find_partials(pages, &pages->page[i], pages->page[i].node);
	if (err != ERR_OK)
		goto out;
	*out = pages;
	pages = NULL;
out:
	pages_close(pages);
	if (d != NULL)
		closedir(d);
	return err;
}

void
pages_close(struct pages *pages)
{
	if (pages == NULL)
		return;
	for (size_t i = 0; i < pages->n; i++) {
		free_nodes(pages->page[i].node);
		free(pages->page[i].source);
	}
	free(pages->page);
	free(pages);
}

/* Here and not outwards. */
static struct value *
own_value(const struct view *view, const char *name, uint32_t hash)
{
	for (struct value *value = view->buckets[bucket_of(hash)]; value != NULL; value = value->next)
		if (value->hash == hash && strcmp(value->name, name) == 0)
			return value;
	return NULL;
}

static const struct value *
find_value(const struct view *view, const struct node *node)
{
	const struct value *value = NULL;

	for (; view != NULL && value == NULL; view = view->parent)
		value = own_value(view, node->text, node->hash);
	return value;
}

static enum err render(struct writer *w, const struct node *node, const struct view *view);

/* Another template, in place. */
static enum err
render_page(struct writer *w, const struct page *page, const struct view *view)
{
	const struct page	*outer = w->page;
	enum err		 err = ERR_FAULT;

	w->page = page;
	if (++w->depth > DEPTH_MAX) {
		log_fault(page->name, "holds itself");
	} else {
		err = render(w, page->node, view);
		w->depth--;
	}
	w->page = outer;
	return err;
}

static enum err
render_section(struct writer *w, const struct node *node, const struct value *value, const struct view *view)
{
	int		 full = value->text != NULL ? value->text[0] != '\0' : value->first != NULL;
	enum err	 err = ERR_OK;

	if (full == (node->kind == INVERTED))
		return ERR_OK;
	if (value->first == NULL)
		return render(w, node->child, view);
	for (const struct view *item = value->first; item != NULL && err == ERR_OK; item = item->next)
		err = render(w, node->child, item);
	return err;
}

static enum err
render_named(struct writer *w, const struct node *node, const struct view *view)
{
	const struct value *value = find_value(view, node);

	if (value == NULL || (node->kind == HOLE && value->text == NULL)) {
		log_fault(w->page->name, "line %d: %s %s", node->line, node->text,
		    value == NULL ? "was not set" : "is a list");
		return ERR_FAULT;
	}
	if (node->kind != HOLE)
		return render_section(w, node, value, view);
	if (w->page->plain)
		buf_str(w->out, value->text);
	else
		buf_html(w->out, value->text);
	return ERR_OK;
}

static enum err
render(struct writer *w, const struct node *node, const struct view *view)
{
	enum err err = ERR_OK;

	for (; node != NULL && err == ERR_OK; node = node->next) {
		if (node->kind == TEXT)
			buf_add(w->out, node->text, node->len);
		else if (node->kind == PARTIAL)
			err = render_page(w, node->page, view);
		else
			err = render_named(w, node, view);
	}
	return err;
}

enum err
page_render(const struct pages *pages, const char *name, const struct view *view, struct buf *out)
{
	struct writer		 w = { .out = out };
	const struct page	*page = find_page(pages, name);
	enum err		 err;

	if (view == NULL || view->failed) {
		log_fault(name, "no memory");
		return ERR_FAULT;
	}
	if (page == NULL) {
		log_fault(name, "there is no such template");
		return ERR_FAULT;
	}
	if ((err = render_page(&w, page, view)) != ERR_OK)
		return err;
	if (buf_error(out) != ERR_OK) {
		log_fault(name, "no memory");
		return ERR_FAULT;
	}
	return ERR_OK;
}

int
pages_have(const struct pages *pages, const char *name)
{
	return find_page(pages, name) != NULL;
}

struct view *
view_new(void)
{
	struct view *view = calloc(1, sizeof(*view));

	if (view != NULL)
		view->root = view;
	return view;
}

void
view_free(struct view *view)
{
	struct block *next;

	if (view == NULL)
		return;
	for (struct block *block = view->block; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(view);
}

/* n bytes that live as long as the root; NULL: no memory, noted. */
static void *
take(struct view *view, size_t n)
{
	struct block	*block = view->root->block;
	size_t		 size = (n + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t), cap;

	if (block == NULL || block->cap - block->used < size) {
		cap = size > BLOCK ? size : BLOCK;
		if ((block = malloc(sizeof(*block) + cap)) == NULL) {
			view->root->failed = 1;
			return NULL;
		}
		*block = (struct block){ view->root->block, cap, 0 };
		view->root->block = block;
	}
	block->used += size;
	return block->bytes + block->used - size;
}

static const char *
copy(struct view *view, const char *text)
{
	size_t	 n = strlen(text) + 1;
	char	*bytes = take(view, n);

	return bytes == NULL ? NULL : memcpy(bytes, text, n);
}

/* The value of that name, made if it is missing; NULL: no memory, noted. */
static struct value *
make_value(struct view *view, const char *name)
{
	size_t		 n = strlen(name);
	uint32_t	 hash = hash_name(name, n);
	struct value	*value = own_value(view, name, hash);

	if (value != NULL)
		return value;
	if ((value = take(view, sizeof(*value) + n + 1)) == NULL)
		return NULL;
	*value = (struct value){ .hash = hash, .next = view->buckets[bucket_of(hash)] };
	memcpy(value->name, name, n + 1);
	view->buckets[bucket_of(hash)] = value;
	return value;
}

/* text lives as long as the root, or longer; NULL: no memory for it, noted. */
static void
set_text(struct view *view, const char *name, const char *text)
{
	struct value *value;

	if (text == NULL || (value = make_value(view, name)) == NULL)
		return;
	value->text = text;
	value->first = value->last = NULL;
}

void
view_text(struct view *view, const char *name, const char *text)
{
	if (view != NULL)
		set_text(view, name, *text == '\0' ? "" : copy(view, text));
}

int
view_has(const struct view *view, const char *name)
{
	return view != NULL && own_value(view, name, hash_name(name, strlen(name))) != NULL;
}

void
view_fmt(struct view *view, const char *name, const char *format, ...)
{
	char	few[256], *all = NULL;
	va_list	ap;
	int	n;

	if (view == NULL)
		return;
	va_start(ap, format);
	n = vsnprintf(few, sizeof(few), format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(few)) {
		view_text(view, name, few);
		return;
	}
	va_start(ap, format);
	n = vasprintf(&all, format, ap);
	va_end(ap);
	if (n == -1) {
		view->root->failed = 1;
		return;
	}
	view_text(view, name, all);
	free(all);
}

void
view_int(struct view *view, const char *name, int64_t value)
{
	char		 digits[24], *p = digits + sizeof(digits);
	uint64_t	 left = value < 0 ? -(uint64_t)value : (uint64_t)value;

	*--p = '\0';
	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (value < 0)
		*--p = '-';
	view_text(view, name, p);
}

void
view_flag(struct view *view, const char *name, int on)
{
	if (view != NULL)
		set_text(view, name, on ? "1" : "");
}

void
view_list(struct view *view, const char *name)
{
	struct value *value;

	if (view == NULL || (value = make_value(view, name)) == NULL)
		return;
	value->text = NULL;
}

struct view *
view_item(struct view *view, const char *list)
{
	struct value	*value;
	struct view	*item;

	if (view == NULL || (value = make_value(view, list)) == NULL || (item = take(view, sizeof(*item))) == NULL)
		return NULL;
	value->text = NULL;
	*item = (struct view){ .parent = view, .root = view->root };
	if (value->last == NULL)
		value->first = item;
	else
		value->last->next = item;
	value->last = item;
	return item;
}
