/* Releases of the pub: which one a wish means, and which are installed. */

#ifndef BAAS_LIB_BOT_RELEASE_H
#define BAAS_LIB_BOT_RELEASE_H

#include "lib/bot.h"
#include "lib/err.h"

struct conf;

/* 1 if that release lies, readable, below pub.dir. */
int bot_has_release(const struct conf *conf, const char *release);

/*
 * The release that wished stands for: itself; if it is "", pub.release; if that is not set, the newest installed.
 * ERR_NOTFOUND: there is none.  Whether the first two are installed is for bot_has_release.
 */
enum err bot_release(const struct conf *conf, const char *wished, char out[BOT_RELEASE_CAP]);

#endif
