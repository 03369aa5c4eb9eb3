/* Charts: measurements as the d of SVG paths, and as rows of a table. */

#ifndef BAAS_LIB_VIEW_CHART_H
#define BAAS_LIB_VIEW_CHART_H

#include <stdint.h>

#include "lib/err.h"

struct buf;
struct view;

enum { CHART_SLOTS_MAX = 744, CHART_HEIGHT = 100 };

enum chart_kind {
	CHART_LEVEL,	/* how much there was: memory, disk */
	CHART_SUM	/* how much it was in each slot: traffic */
};

/*
 * One measure over time: slots of `step` ms, the first beginning at `from`; value[i] is -1 without a reading.
 * A chart is as wide as it has slots, and CHART_HEIGHT high.
 */
struct chart {
	enum chart_kind	kind;
	int		slots;
	int64_t		from, step;
	int64_t		value[CHART_SLOTS_MAX];
};

/* Empties it: no readings. */
void chart_clear(struct chart *chart, enum chart_kind kind, int slots, int64_t from, int64_t step);

/* Adds a reading: a level keeps the largest of its slot, a sum adds up.  What is outside is left out. */
void chart_add(struct chart *chart, int64_t at, int64_t value);

/* 0 if there is no reading. */
int chart_any(const struct chart *chart);

/* The least "1, 2, 5, 10 ... 500 of a binary unit" that is a twentieth above the largest value, 1 KiB at least. */
int64_t chart_top(const struct chart *chart);

/* Appends the paths: a line through the readings; the same closed to the ground, 6 lower; and hatching where there are none.
 * The last slot, whose time may not be over, is no gap. */
void chart_line(const struct chart *chart, struct buf *out);
void chart_fill(const struct chart *chart, struct buf *out);
void chart_gaps(const struct chart *chart, struct buf *out);

/*
 * Sets, for one chart: slots, line, fill, gap (paths), any (flag), is_sum (flag), low, high, total and top in words,
 * steady (flag: low and high are the same words), and what had no reading: gaps, a list of at most three (from, to:
 * view_time.h) between two readings, gaps_more (flag), and late (view_time.h): when readings began, if that was later
 * than the chart.
 */
enum err view_chart(struct view *view, const struct chart *chart, int64_t now);

/* Charts that begin alike, as a table. */
struct chart_table {
	const struct chart	*const *charts;
	const char		*const *names;	/* of their columns */
	int			 n;
	int			 slots;		/* that a row puts together */
};

/* Declares list and adds the rows to it: at (view_time.h), and a size (view_size.h) for each column. */
void view_chart_rows(struct view *view, const char *list, const struct chart_table *table, int64_t now);

#endif
