/* What all clouds share. */

#include "worker/cloud.h"

const char *
cloud_kind_word(enum cloud_kind kind)
{
	static const char *const words[CLOUD_KIND__MAX] = {
		[CLOUD_GROUP] = "group", [CLOUD_VOLUME] = "volume", [CLOUD_IP] = "ip", [CLOUD_IP6] = "ip6",
		[CLOUD_SERVER] = "server",
	};

	return words[kind];
}
