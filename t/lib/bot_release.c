/* lib/bot_release: which release of the pub a wish means. */

#include "lib/bot_release.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "lib/conf.h"
#include "t/fixture.h"
#include "t/tap.h"

static void
install(const char *release)
{
	char	path[4096];
	FILE	*f;

	snprintf(path, sizeof(path), "%s/pub/%s", tap_dir(), release);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/pub/%s/pub.js", tap_dir(), release);
	if ((f = fopen(path, "we")) == NULL || fclose(f) != 0)
		exit(99);
}

static struct conf *
make_conf(const char *more)
{
	char lines[4200];

	snprintf(lines, sizeof(lines), "pub.dir = %s/pub\n%s", tap_dir(), more);
	return fixture_conf(lines);
}

int
main(void)
{
	static const char *const	 none[] = { "", ".", "..", "../pub/1.0.0", "1.0.0/", "2.0.0", "1234567890123456789012345678901234567890" };
	char				 path[4096], release[BOT_RELEASE_CAP] = "untouched";
	struct conf			*conf = make_conf("");

	snprintf(path, sizeof(path), "%s/pub", tap_dir());
	mkdir(path, 0755);
	is_int(ERR_NOTFOUND, bot_release(conf, "", release), "nothing is installed");
	is_str("untouched", release, "and nothing is written");
	install("1.0.0");
	install("1.9.0");
	install("1.10.0");
	install(".hidden");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		is_int(0, bot_has_release(conf, none[i]), none[i]);
	is_int(1, bot_has_release(conf, "1.9.0"), "one that is installed");
	is_int(ERR_OK, bot_release(conf, "", release), "no wish");
	is_str("1.10.0", release, "the newest, by number");
	is_int(ERR_OK, bot_release(conf, "0.9.0", release), "a wish");
	is_str("0.9.0", release, "is what it says, installed or not");
	is_int(ERR_NOTFOUND, bot_release(conf, none[6], release), "one that is too long");
	conf_close(conf);
	conf = make_conf("pub.release = 1.9.0\n");
	is_int(ERR_OK, bot_release(conf, "", release), "no wish, where pub.release is set");
	is_str("1.9.0", release, "is that");
	conf_close(conf);
	return tap_end();
}
