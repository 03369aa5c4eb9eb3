/* Charts: measurements as the d of SVG paths, and as rows of a table. */

#include "lib/view_chart.h"

#include <string.h>

#include "lib/buf.h"
#include "lib/page.h"
#include "lib/view_size.h"
#include "lib/view_time.h"

enum {
	MISREGISTER = 6,	/* the fill lies so much lower than its line, like a print that is not quite in register */
	HATCH = 9,		/* from one stroke of a gap to the next */
	GAPS_SHOWN = 3
};

void
chart_clear(struct chart *chart, enum chart_kind kind, int slots, int64_t from, int64_t step)
{
	chart->kind = kind;
	chart->slots = slots < CHART_SLOTS_MAX ? slots : CHART_SLOTS_MAX;
	chart->from = from;
	chart->step = step;
	for (int i = 0; i < CHART_SLOTS_MAX; i++)
		chart->value[i] = -1;
}

void
chart_add(struct chart *chart, int64_t at, int64_t value)
{
	int64_t	*slot;

	if (at < chart->from || value < 0 || (at - chart->from) / chart->step >= chart->slots)
		return;
	slot = &chart->value[(at - chart->from) / chart->step];
	if (*slot < 0)
		*slot = value;
	else if (chart->kind == CHART_SUM)
		*slot = *slot > INT64_MAX - value ? INT64_MAX : *slot + value;
	else if (value > *slot)
		*slot = value;
}

/* The first slot from i on that has a reading (1) or has none (0); slots if there is no such. */
static int
next(const struct chart *chart, int i, int reading)
{
	while (i < chart->slots && (chart->value[i] >= 0) != reading)
		i++;
	return i;
}

int
chart_any(const struct chart *chart)
{
	return next(chart, 0, 1) < chart->slots;
}

static int64_t
largest(const struct chart *chart)
{
	int64_t max = 0;

	for (int i = 0; i < chart->slots; i++)
		if (chart->value[i] > max)
			max = chart->value[i];
	return max;
}

int64_t
chart_top(const struct chart *chart)
{
	static const int steps[] = { 1, 2, 5, 10, 20, 50, 100, 200, 500 };
	int64_t max = largest(chart);

	max = max > INT64_MAX - max / 20 ? INT64_MAX : max + max / 20;	/* so that no line lies on the edge */
	for (int64_t unit = 1024; unit > 0 && unit <= INT64_MAX / 1024; unit *= 1024)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			if (steps[i] <= INT64_MAX / unit && steps[i] * unit >= max)
				return steps[i] * unit;
	return INT64_MAX;
}

/* How far below the top a value is drawn; 0 values lie on the ground. */
static int
depth(int64_t value, int64_t top)
{
	double share = (double)value / (double)top;

	return CHART_HEIGHT - (int)(share * CHART_HEIGHT + 0.5);
}

/* Steps to the right through the readings of [i, end), from the first one's depth; the last one lasts its slot. */
static void
walk(const struct chart *chart, int i, int end, struct buf *out)
{
	int64_t	top = chart_top(chart);
	int	last = depth(chart->value[i], top), y;

	buf_str(out, "l");
	for (i++; i < end; i++, last = y) {
		y = depth(chart->value[i], top);
		buf_fmt(out, "1%s%d ", y >= last ? " " : "", y - last);
	}
	buf_str(out, "1 0");
}

void
chart_line(const struct chart *chart, struct buf *out)
{
	int64_t	top = chart_top(chart);
	int	end;

	for (int i = next(chart, 0, 1); i < chart->slots; i = next(chart, end, 1)) {
		end = next(chart, i, 0);
		buf_fmt(out, "M%d %d", i, depth(chart->value[i], top));
		walk(chart, i, end, out);
	}
}

void
chart_fill(const struct chart *chart, struct buf *out)
{
	int64_t	top = chart_top(chart);
	int	end;

	for (int i = next(chart, 0, 1); i < chart->slots; i = next(chart, end, 1)) {
		end = next(chart, i, 0);
		buf_fmt(out, "M%d %dV%d", i, CHART_HEIGHT + MISREGISTER, depth(chart->value[i], top) + MISREGISTER);
		walk(chart, i, end, out);
		buf_fmt(out, "V%dz", CHART_HEIGHT + MISREGISTER);
	}
}

void
chart_gaps(const struct chart *chart, struct buf *out)
{
	int end;

	for (int i = next(chart, 0, 0); i < chart->slots - 1; i = next(chart, end, 0)) {
		end = next(chart, i, 1);
		for (int y = HATCH - MISREGISTER / 2; y < CHART_HEIGHT; y += HATCH)
			buf_fmt(out, "M%d %dH%d", i, y, end);
	}
}

static int64_t
time_of(const struct chart *chart, int slot)
{
	return chart->from + slot * chart->step;
}

/* Times without readings between the first and the last. */
static void
add_gaps(struct view *item, const struct chart *chart, int64_t now)
{
	struct view	*gap;
	int		 n = 0, first = next(chart, 0, 1), end;

	view_list(item, "gaps");
	for (int i = next(chart, first, 0); (end = next(chart, i, 1)) < chart->slots; i = next(chart, end, 0)) {
		if (++n > GAPS_SHOWN)
			continue;
		gap = view_item(item, "gaps");
		view_time(gap, "from", time_of(chart, i), now);
		view_time(gap, "to", time_of(chart, end), now);
	}
	view_flag(item, "gaps_more", n > GAPS_SHOWN);
	view_time(item, "late", first > 0 && first < chart->slots ? time_of(chart, first) : 0, now);
}

static void
text_size(struct view *item, const char *name, int64_t bytes)
{
	char words[SIZE_CAP];

	size_words(bytes, words);
	view_text(item, name, words);
}

/* 1 if the two are said in the same words. */
static int
same_size(int64_t a, int64_t b)
{
	char one[SIZE_CAP], two[SIZE_CAP];

	size_words(a, one);
	size_words(b, two);
	return strcmp(one, two) == 0;
}

static void
add_words(struct view *item, const struct chart *chart)
{
	int64_t low = -1, total = 0;

	for (int i = 0; i < chart->slots; i++) {
		if (chart->value[i] < 0)
			continue;
		if (low < 0 || chart->value[i] < low)
			low = chart->value[i];
		total += chart->value[i] <= INT64_MAX - total ? chart->value[i] : 0;
	}
	text_size(item, "low", low);
	text_size(item, "high", largest(chart));
	view_flag(item, "steady", same_size(low, largest(chart)));
	text_size(item, "total", total);
	text_size(item, "top", chart_top(chart));
	view_flag(item, "any", low >= 0);
	view_flag(item, "is_sum", chart->kind == CHART_SUM);
	view_int(item, "slots", chart->slots);
}

static enum err
add_path(struct view *item, const char *name, const struct chart *chart, void (*draw)(const struct chart *, struct buf *))
{
	struct buf	path = { 0 };
	enum err	err;

	draw(chart, &path);
	view_text(item, name, buf_text(&path));
	err = buf_error(&path);
	buf_clear(&path);
	return err;
}

enum err
view_chart(struct view *view, const struct chart *chart, int64_t now)
{
	enum err err;

	add_words(view, chart);
	add_gaps(view, chart, now);
	if ((err = add_path(view, "line", chart, chart_line)) != ERR_OK)
		return err;
	if ((err = add_path(view, "fill", chart, chart_fill)) != ERR_OK)
		return err;
	return add_path(view, "gap", chart, chart_gaps);
}

/* What a chart says of slots [i, end): -1 if it has no reading there. */
static int64_t
together(const struct chart *chart, int i, int end)
{
	struct chart one;

	chart_clear(&one, chart->kind, 1, 0, end - i);
	for (int k = i; k < end && k < chart->slots; k++)
		chart_add(&one, k - i, chart->value[k]);
	return one.value[0];
}

void
view_chart_rows(struct view *view, const char *list, const struct chart_table *table, int64_t now)
{
	const struct chart *first = table->charts[0];

	view_list(view, list);
	for (int i = 0; i < first->slots; i += table->slots) {
		struct view *row = view_item(view, list);

		view_time(row, "at", time_of(first, i), now);
		for (int k = 0; k < table->n; k++)
			view_size(row, table->names[k], together(table->charts[k], i, i + table->slots));
	}
}
