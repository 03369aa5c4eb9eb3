/* A bot as values of a page. */

#ifndef BAAS_LIB_VIEW_BOT_H
#define BAAS_LIB_VIEW_BOT_H

#include <stdint.h>

struct bot;
struct bot_line;
struct conf;
struct view;

enum tab { TAB_ACTIONS, TAB_STATUS, TAB_INVITES, TAB__MAX };

/*
 * Sets:
 *
 *	bot_name bot_host bot_path bot_key	"my", "my.butt.nz", "/agents/my", "@...ed25519"
 *	bot_address		"192.0.2.7:8008": what its invites carry
 *	bot_status bot_tag	"alive", "#alive"
 *	bot_mood bot_naps	which butt to draw; flag: it breathes
 *	is_alive ... is_deleting	flags, one for each status
 *	peers_none peers_one peers_many	flags, none of them if not known; peers_count
 *	disk			size (view_size.h) of log, blobs and indexes together
 *	reason			why it is not alive; ""
 *	since seen erase binned	times (view_time.h): of the status, of the last look, and about the bin
 */
void view_bot(struct view *view, const struct bot *bot, const struct conf *conf, int64_t now);

/*
 * The same for a line of a list, but bot_key, bot_address and binned, and only what html/fact.html says of its status: peers
 * and disk if it is alive, the times if it is not.  (For three bots the rest was a seventh of a page's
 * instructions.)
 */
void view_bot_line(struct view *view, const struct bot_line *line, const struct conf *conf, int64_t now);

/*
 * The same for a page of one bot, and: has_tabs (flag: not in the bin), live_every (seconds until the script looks
 * again), here_only (flag: its address is this computer's own).
 */
void view_bot_page(struct view *view, const struct bot *bot, const struct conf *conf, int64_t now);

/* Which tab it is: the flags tab_actions, tab_status and tab_invites. */
void view_tab(struct view *view, enum tab tab);

/* Its host's name: "my.butt.nz". */
enum { HOST_CAP = 300 };
void bot_host(const struct bot *bot, const struct conf *conf, char out[HOST_CAP]);

/* 1 if nobody but this computer itself can reach that address: 127.x, ::1, localhost. */
int address_is_loopback(const char *address);

/* How often a page shall look again, in seconds: 1 while something is on its way, else 5. */
int live_every(int on_its_way);

#endif
