/* Acts on servers.  Each is one request at the cloud or the fleet; its answer is committed with what it has told. */

#ifndef BAAS_WORKER_ACT_SERVER_H
#define BAAS_WORKER_ACT_SERVER_H

struct post;
struct server;
struct world;

/*
 * Plans what to do about a server, with what its post knows, and begins it; when its answer comes, goes on.  row: just
 * read; NULL: it is read here.  Beside reading it does nothing while an act is out, with -n, or if the house only
 * reports: then it says what would be done.
 */
void act_server(struct world *w, struct post *post, const struct server *row);

#endif
