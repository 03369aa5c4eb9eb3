/* The first boot of a server: cloud-init user data, out of the template etc/first-boot.yaml. */

#ifndef BAAS_WORKER_SEED_H
#define BAAS_WORKER_SEED_H

#include "lib/err.h"

struct buf;
struct conf;
struct server;

enum {
	SEED_MAX = 16384,	/* bytes, what a cloud surely takes */
	SEED_PORTS = 1000	/* how many the server's own firewall lets in, from bots.first_port upward */
};

/*
 * Appends to out (which is to be wiped: it is set so) what a new server needs to join by itself: the text of the template
 * scaleway.first_boot with the minion id, its private key and the master's public one (both PEM), the volume's id of
 * the row, and the master of salt.master.  ERR_INVALID, logged without its value: one of these is not what it must be;
 * ERR_FAULT: no template.  Then out holds no whole text.
 */
enum err seed_text(const struct conf *conf, const struct server *server, const char *private_key, const char *master_key,
    struct buf *out);

#endif
