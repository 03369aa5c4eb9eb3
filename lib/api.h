/* The JSON API (CONTRACT.md 3): what the routes' rows for JSON serve.  Answers have feathers' form. */

#ifndef BAAS_LIB_API_H
#define BAAS_LIB_API_H

#include "lib/err.h"

struct call;

/* /agents: oneself and one's bots.  A POST with X-Service-Method is that action on the body's "id". */
enum err api_agents_find(struct call *call);
enum err api_agents_create(struct call *call);

/* /agents/ID, where ID is an id or a bot's name.  A POST is X-Service-Method's action. */
enum err api_agent_get(struct call *call);
enum err api_agent_patch(struct call *call);
enum err api_agent_remove(struct call *call);
enum err api_agent_method(struct call *call);

/* POST /agents/ID/start, stop, restart, restore: 202 with the agent. */
enum err api_agent_act(struct call *call);

/* /agents/ID/invites and one of them; POST .../revoke is what DELETE does, as an action. */
enum err api_invites_find(struct call *call);
enum err api_invites_create(struct call *call);
enum err api_invite_get(struct call *call);
enum err api_invite_remove(struct call *call);
enum err api_invite_revoke(struct call *call);

/* /agents/ID/samples, events, exports. */
enum err api_samples_find(struct call *call);
enum err api_events_find(struct call *call);
enum err api_exports_find(struct call *call);

/* POST /users; POST and DELETE /authentication.  The two that hash begin and commit by themselves. */
enum err api_users_create(struct call *call);
enum err api_authenticate(struct call *call);
enum err api_sign_out(struct call *call);

#endif
