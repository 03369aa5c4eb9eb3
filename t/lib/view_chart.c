/* lib/view_chart: what is not drawn, what is, and to which scale. */

#include "lib/view_chart.h"

#include <stdint.h>
#include <string.h>

#include "lib/buf.h"
#include "t/tap.h"

#define LEN(x) (sizeof(x) / sizeof((x)[0]))

enum { FROM = 1000, STEP = 10 };

/* Readings of ten slots: '.' is none, a digit that many tenths of the top (1 KiB). */
static const struct {
	const char *readings, *line, *fill, *gaps, *what;
} rows[] = {
	{ "..........", "", "", "H10", "no reading: one gap and no line" },
	{ ".........0", "M9 100l1 0", "M9 106V106l1 0V106z", "H9", "one at the end" },
	{ "0.........", "M0 100l1 0", "M0 106V106l1 0V106z", "H10", "one at the start lasts its slot" },
	{ "5555555555", "M0 50l1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0",
	    "M0 106V56l1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0V106z", "", "all: no gap" },
	{ "555555555.", "M0 50l1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0",
	    "M0 106V56l1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0V106z", "", "the slot that is not over is no gap" },
	{ "05....50..", "M0 100l1-50 1 0M6 50l1 50 1 0",
	    "M0 106V106l1-50 1 0V106zM6 106V56l1 50 1 0V106z", "M2 6H6", "a gap between, and one at the end" },
};

static void
fill(struct chart *chart, enum chart_kind kind, const char *readings)
{
	chart_clear(chart, kind, (int)strlen(readings), FROM, STEP);
	for (int i = 0; readings[i] != '\0'; i++)
		if (readings[i] != '.')
			chart_add(chart, FROM + i * STEP + STEP - 1, (readings[i] - '0') * 102 + (readings[i] == '5' ? 2 : 0));
}

static void
draw(void)
{
	struct chart chart;

	for (size_t i = 0; i < LEN(rows); i++) {
		struct buf line = { 0 }, below = { 0 }, gaps = { 0 };

		fill(&chart, CHART_LEVEL, rows[i].readings);
		chart_line(&chart, &line);
		chart_fill(&chart, &below);
		chart_gaps(&chart, &gaps);
		is_str(rows[i].line, buf_text(&line), rows[i].what);
		is_str(rows[i].fill, buf_text(&below), rows[i].what);
		ok(rows[i].gaps[0] == '\0' ? gaps.len == 0 : strstr(buf_text(&gaps), rows[i].gaps) != NULL, "%s: gaps %s",
		    rows[i].what, buf_text(&gaps));
		buf_clear(&line);
		buf_clear(&below);
		buf_clear(&gaps);
	}
}

static const struct {
	int64_t value, top;
} tops[] = {
	{ 0, 1024 },
	{ 1, 1024 },
	{ 975, 1024 },			/* and 48 */
	{ 976, 1024 },
	{ 977, 2048 },
	{ 1024, 2048 },
	{ 1950, 2048 },
	{ 1952, 5 * 1024 },
	{ 476 * 1024, 500 * 1024 },
	{ 477 * 1024, 1024 * 1024 },
	{ INT64_C(10) << 30, INT64_C(20) << 30 },
	{ INT64_C(131) << 20, INT64_C(200) << 20 },
	{ INT64_MAX, INT64_MAX },
};

static void
scale(void)
{
	struct chart chart;

	for (size_t i = 0; i < LEN(tops); i++) {
		struct buf line = { 0 };

		chart_clear(&chart, CHART_LEVEL, 1, FROM, STEP);
		chart_add(&chart, FROM, tops[i].value);
		is_int(tops[i].top, chart_top(&chart), "top");
		chart_line(&chart, &line);
		ok(buf_error(&line) == ERR_OK && strchr(buf_text(&line), '-') == NULL, "and nothing is drawn above it: %s", buf_text(&line));
		buf_clear(&line);
	}
}

static void
readings(void)
{
	struct chart chart;

	chart_clear(&chart, CHART_LEVEL, 3, FROM, STEP);
	ok(!chart_any(&chart), "empty at first");
	chart_add(&chart, FROM - 1, 7);
	chart_add(&chart, FROM + 3 * STEP, 7);
	chart_add(&chart, FROM, -1);
	chart_add(&chart, INT64_MIN, 7);
	chart_add(&chart, INT64_MAX, 7);
	ok(!chart_any(&chart), "before, after, and below 0 are left out");
	chart_add(&chart, FROM + 3 * STEP - 1, 7);
	chart_add(&chart, FROM + 2 * STEP, 5);
	is_int(7, chart.value[2], "a level keeps the largest");
	is_int(-1, chart.value[1], "and nothing is made up beside it");
	chart_clear(&chart, CHART_SUM, CHART_SLOTS_MAX + 1, FROM, STEP);
	is_int(CHART_SLOTS_MAX, chart.slots, "no more slots than there are");
	chart_add(&chart, FROM, 7);
	chart_add(&chart, FROM + 1, 5);
	is_int(12, chart.value[0], "a sum adds up");
	chart_add(&chart, FROM, INT64_MAX);
	is_int(INT64_MAX, chart.value[0], "and stops at the largest number");
}

int
main(void)
{
	readings();
	scale();
	draw();
	return tap_end();
}
