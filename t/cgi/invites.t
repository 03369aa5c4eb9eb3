#!/bin/sh
# cgi/invites: one's own only; pending, unused, used, revoked.

. "${srcdir:-.}/t/t.sh"
plan 45

person alice
person bob
bot my alice
bot your bob
count() {
	sql "SELECT count(*) FROM invites"
}

get invites /agents/my/invites
status 303 "strangers are sent to start"
as bob get invites /agents/my/invites
status 404 "bob sees none"
as bob post invites /agents/my/invites label=x
status 404 "and makes none"
as alice post invites /agents/my/invites csrf=wrong label=x
status 403 "nor does a foreign form"
as alice post invites /agents/my/invites "label=$(printf %0201d 0)"
status 422 "too long a label"
has 'href="#label"' "is told on top"
is "$(count)" 0 "none is made"
as alice get invites /agents/my/invites
has 'used (0)' "none used"
has 'unused (0)' "none unused"
has 'work on this computer only' "and where they would work"

once=$(once)
as alice post invites /agents/my/invites 'label=%3Cb%3Ealice' "once=$once"
location /agents/my/invites "one is made"
as alice post invites /agents/my/invites label=alice "once=$once"
location /agents/my/invites "the same form again"
is "$(count)" 1 "is one invite"
as alice get invites /agents/my/invites
has 'unused (1)' "it is listed"
has 'data-state="pending"' "not made yet"
has '&lt;b&gt;alice' "its label escaped"
hasnt 'data-code=' "no code yet"
has 'data-live="1"' "the page looks each second"
id=$(sql "SELECT key FROM invites")

sql "UPDATE invites SET state = 'unused', seed = 'SEED'"
key=$(sql "SELECT public_key FROM bots b JOIN agents a ON a.id = b.id WHERE name = 'my'")
port=$(sql "SELECT port FROM bots b JOIN agents a ON a.id = b.id WHERE name = 'my'")
as alice get invites /agents/my/invites
has "data-invite=\"$id\" data-state=\"unused\" data-code=\"127.0.0.1:$port:${key%.ed25519}.ed25519~SEED\"" "made: with its code"
token=$(sql "SELECT token FROM invites")
has "href=\"/i/$token\"" "and the link for the friend"
has 'class="qr"' "and a square"
has "/agents/my/invites/$id/revoke" "and a way back"

as bob get invites "/agents/my/invites/$id/revoke"
status 404 "bob can't ask"
as bob post invites "/agents/my/invites/$id/revoke"
status 404 "nor take it back"
as bob post invites "/agents/your/invites/$id/revoke"
status 404 "nor by way of his own bot"
as alice get invites /agents/my/invites/none/revoke
status 404 "one that is not there"
as alice get invites "/agents/my/invites/$id/revoke"
status 200 "alice is asked"
is "$(sql "SELECT revoke FROM invites")" 0 "and nothing has happened"
as alice post invites "/agents/my/invites/$id/revoke"
location /agents/my/invites "taken back"
is "$(sql "SELECT revoke || state FROM invites")" 1unused "is a wish: it stays unused until it is done"
as alice get invites /agents/my/invites
has 'being taken back' "which the page says"
hasnt 'data-code=' "without a code"
as alice post invites "/agents/my/invites/$id/revoke"
status 303 "a second time is fine"
sql "UPDATE invites SET state = 'revoked', token = NULL, seed = NULL"
as alice get invites /agents/my/invites
has 'taken back (1)' "done"
has 'data-state="revoked"' "and folded away"

as alice post invites /agents/my/invites label=bob
sql "UPDATE invites SET state = 'used', token = NULL, seed = NULL, used_by = '@BOB=.ed25519', used_name = 'b&b', used_at = $(t_now)
	WHERE label = 'bob'"
as alice get invites /agents/my/invites
has 'used (1)' "one is used"
has '<b>bob:</b>' "whose"
has '@BOB=.ed25519' "by whom"
has 'b&amp;b' "who calls themselves so"
id=$(sql "SELECT key FROM invites WHERE label = 'bob'")
as alice post invites "/agents/my/invites/$id/revoke"
status 422 "a used one can't be taken back"

as alice post invites /agents/my/invites label=
is "$(sql "SELECT label FROM invites ORDER BY id DESC LIMIT 1")" someone "no label is someone"
sql "UPDATE bots SET binned_at = 1, erase_at = $(t_now) + 86400000"
as alice get invites /agents/my/invites
status 200 "in the bin they are still listed"
hasnt 'action="/agents/my/invites"' "without the form"
as alice post invites /agents/my/invites label=x
status 422 "none is made there"
has 'is in the bin' "and why"
