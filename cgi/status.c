/* /agents/NAME/status: GET shows the numbers, and charts of the last day, month and year. */

#include "lib/api.h"
#include "lib/app.h"
#include "lib/bot.h"
#include "lib/clock.h"
#include "lib/page.h"
#include "lib/sample.h"
#include "lib/server.h"
#include "lib/view_bot.h"
#include "lib/view_chart.h"
#include "lib/view_server.h"
#include "lib/view_size.h"
#include "lib/view_time.h"

enum measure { MEMORY, DISK, TRAFFIC, MEASURES };

/* What is drawn of one stretch of time. */
struct span {
	struct chart chart[MEASURES];
};

static const char *const sizes[MEASURES] = {
	[MEMORY] = "memory",
	[DISK] = "disk",
	[TRAFFIC] = "traffic",
};

static const char *const lists[MEASURES] = {
	[MEMORY] = "memory_charts",
	[DISK] = "disk_charts",
	[TRAFFIC] = "traffic_charts",
};

static const struct period {
	const char	*flag;		/* for the template's words */
	const char	*rows;		/* its table */
	int		 sampled;	/* step of the samples, seconds */
	int64_t		 step;		/* of the chart, ms */
	int		 slots;
	int		 row;		/* slots that a row of the table puts together */
} periods[] = {
	{ "is_day", "day_rows", 60, 5 * CLOCK_MINUTE, 288, 36 },
	{ "is_month", "month_rows", 3600, CLOCK_HOUR, 720, 72 },
	{ "is_year", "year_rows", 86400, CLOCK_DAY, 365, 30 },
};

enum { PERIODS = sizeof(periods) / sizeof(periods[0]) };

static void
add(void *ctx, const struct sample *sample)
{
	struct span *span = ctx;

	chart_add(&span->chart[MEMORY], sample->at, sample->memory);
	chart_add(&span->chart[DISK], sample->at, sample->disk);
	chart_add(&span->chart[TRAFFIC], sample->at, sample->bytes_in + sample->bytes_out);
}

/* One stretch of time, drawn three times; *any becomes 1 if there is a reading. */
static enum err
draw(struct call *call, const struct bot *bot, const struct period *period, int *any)
{
	struct span		 span;
	const struct chart	*charts[MEASURES];
	struct chart_table	 table = { .charts = charts, .names = sizes, .n = MEASURES, .slots = period->row };
	struct view		*item;
	int64_t			 to = call->now - call->now % period->step + period->step;
	int64_t			 from = to - period->slots * period->step;
	enum err		 err;

	for (int i = 0; i < MEASURES; i++) {
		chart_clear(&span.chart[i], i == TRAFFIC ? CHART_SUM : CHART_LEVEL, period->slots, from, period->step);
		charts[i] = &span.chart[i];
	}
	if ((err = sample_list(call->db, bot->id, period->sampled, from, to, add, &span)) != ERR_OK)
		return err;
	*any |= chart_any(charts[MEMORY]);
	for (int i = 0; i < MEASURES; i++) {
		item = view_item(call->view, lists[i]);
		if ((err = view_chart(item, charts[i], call->now)) != ERR_OK)
			return err;
		view_time(item, "begin", from, call->now);
		for (int k = 0; k < PERIODS; k++)
			view_flag(item, periods[k].flag, period == &periods[k]);
	}
	view_chart_rows(call->view, period->rows, &table, call->now);
	return ERR_OK;
}

static enum err
set_charts(struct call *call, const struct bot *bot)
{
	int		any = 0;
	enum err	err = ERR_OK;

	for (int i = 0; i < MEASURES; i++)
		view_list(call->view, lists[i]);
	for (int i = 0; i < PERIODS; i++)
		view_list(call->view, periods[i].rows);
	for (int i = 0; i < PERIODS && err == ERR_OK && !call->live; i++)	/* the script asks for numbers only */
		err = draw(call, bot, &periods[i], &any);
	view_flag(call->view, "any", any);
	return err;
}

/* The month's traffic, if that is the month that was counted last. */
static int64_t
of_month(const struct call *call, const struct bot *bot, int64_t bytes)
{
	char month[CLOCK_MONTH_CAP];

	clock_month(call->now, month);
	for (int i = 0; i < CLOCK_MONTH_CAP; i++)
		if (month[i] != bot->month[i])
			return 0;
	return bytes;
}

static void
set_numbers(struct call *call, const struct bot *bot)
{
	int64_t in = of_month(call, bot, bot->month_in), out = of_month(call, bot, bot->month_out);
	int	up = bot->running && bot->status != BOT_UNKNOWN;

	view_time(call->view, "up", up ? bot->started_at : 0, call->now);
	view_size(call->view, "memory", up ? bot->memory : -1);
	view_size(call->view, "disk_log", bot->disk_log);
	view_size(call->view, "disk_blobs", bot->disk_blobs);
	view_size(call->view, "disk_indexes", bot->disk_indexes);
	view_size(call->view, "traffic", in + out);
	view_size(call->view, "month_in", in);
	view_size(call->view, "month_out", out);
	view_count(call->view, "peers", up ? bot->peers : -1);
	view_count(call->view, "feeds", bot->feeds);
	view_count(call->view, "messages", bot->messages);
}

/* Why it is not well, if its server is the reason. */
static enum err
add_server(struct call *call, const struct bot *bot)
{
	struct server	server;
	enum err	err = server_get(call->db, bot->server, &server);

	if (err == ERR_OK)
		view_server_short(call->view, bot->seen_at == 0 && server.person != 0 ? &server : NULL);
	return err;
}

static enum err
status(struct call *call)
{
	struct bot	bot;
	enum err	err;

	if ((err = bot_get(call->db, call->who.id, call->arg[0], &bot)) != ERR_OK)
		return err;
	view_bot_page(call->view, &bot, call->conf, call->now);
	view_tab(call->view, TAB_STATUS);
	if (bot.status == BOT_UNHEALTHY && (err = add_server(call, &bot)) != ERR_OK)
		return err;
	set_numbers(call, &bot);
	if ((err = set_charts(call, &bot)) != ERR_OK)
		return err;
	call->reply->cacheable = call->live;
	return app_page(call, "status");
}

static const struct route routes[] = {
	{ "GET", "/agents/:name/status", SIGNED_IN, status, 0 },
	{ "GET", "/agents/:name/samples", SIGNED_IN, api_samples_find, ROUTE_JSON },
	{ "GET", "/agents/:name/events", SIGNED_IN, api_events_find, ROUTE_JSON },
};

int
main(void)
{
	return app_main("status", routes, sizeof(routes) / sizeof(routes[0]));
}
