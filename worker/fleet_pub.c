/* What a pub says of itself, and whether its port opens: believed as far as it makes sense. */

#include "worker/fleet_pub.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/json.h"

int
fleet_count(const struct json *json, int64_t *out)
{
	int64_t n = json_int(json, -1);

	*out = -1;
	if (json_type(json) == JSON_NULL)
		return 1;
	if (n < 0 || n >= INT64_C(1) << 50)
		return 0;
	*out = n;
	return 1;
}

/* What it must say. */
static int
read_number(const struct json *json, int64_t *out)
{
	return fleet_count(json, out) && *out != -1;
}

int
fleet_release(const struct json *json, char out[BOT_RELEASE_CAP])
{
	const char	*text = json_text(json, "");
	size_t		 n = strlen(text);

	if (json_type(json) != JSON_TEXT || n >= BOT_RELEASE_CAP)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return 0;
	memcpy(out, text, n + 1);
	return 1;
}

static int
read_numbers(const struct json *status, struct sight *out)
{
	const struct json *disk = json_get(status, "disk");

	return read_number(json_get(status, "restarts"), &out->said_restarts) &&
	    read_number(json_get(status, "rebuilds"), &out->said_rebuilds) &&
	    fleet_release(json_get(status, "release"), out->said_release) &&
	    fleet_count(json_get(status, "peers"), &out->peers) && fleet_count(json_get(status, "feeds"), &out->feeds) &&
	    fleet_count(json_get(status, "messages"), &out->messages) &&
	    read_number(json_get(status, "bytesIn"), &out->bytes_in) &&
	    read_number(json_get(status, "bytesOut"), &out->bytes_out) &&
	    (disk == NULL || json_type(disk) == JSON_OBJECT) && fleet_count(json_get(disk, "log"), &out->disk_log) &&
	    fleet_count(json_get(disk, "blobs"), &out->disk_blobs) &&
	    fleet_count(json_get(disk, "indexes"), &out->disk_indexes) &&
	    fleet_count(json_get(status, "invites"), &out->invites);
}

const struct sight fleet_nothing = {
	.restarts = -1, .rebuilds = -1, .peers = -1, .feeds = -1, .messages = -1, .disk_log = -1, .disk_blobs = -1,
	.disk_indexes = -1, .memory = -1
};

int
fleet_said(const char *public_key, const struct json *status, struct sight *out)
{
	const struct json	*id = json_get(status, "id");
	struct sight		 said = *out;

	if (json_type(id) == JSON_TEXT && strcmp(json_text(id, ""), public_key) != 0) {
		snprintf(out->why, sizeof(out->why), "it says it is somebody else");
		return 0;
	}
	if (json_type(id) != JSON_TEXT || json_type(json_get(status, "synced")) != JSON_BOOL ||
	    json_type(json_get(status, "listening")) != JSON_BOOL || !read_numbers(status, &said)) {
		snprintf(out->why, sizeof(out->why), "it answers nonsense");
		return 0;
	}
	*out = said;
	out->indexing = !json_bool(json_get(status, "synced"), 0);
	out->answered = 1;
	return 1;
}

int
fleet_knock(const char *door, int port)
{
	struct sockaddr_in	v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6	v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	int			is_4 = inet_pton(AF_INET, door, &v4.sin_addr) == 1, fd, rc;

	if (!is_4 && inet_pton(AF_INET6, door, &v6.sin6_addr) != 1)
		return -1;
	if ((fd = socket(is_4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	rc = is_4 ? connect(fd, (const struct sockaddr *)&v4, sizeof(v4)) :
	    connect(fd, (const struct sockaddr *)&v6, sizeof(v6));
	if (rc == -1 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}
