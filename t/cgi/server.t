#!/bin/sh
# A bot whose server is on its way, or broken, or that is paused: what its owner reads.  (cgi/bot, agents)

. "${srcdir:-.}/t/t.sh"
plan 47

person alice
bot my alice
# One of her own, in that state, with the other columns; somebody watches.
server() {
	sql "UPDATE worker SET seen_at = $(t_now);
		UPDATE servers SET person_id = (SELECT id FROM agents WHERE name = 'alice'), minion = 'p1-g1', state = '$1', state_since = $(t_now)${2:+, $2};
		UPDATE bots SET wished_at = $(t_now) - 60000"
}
steps() {
	grep -o '<li[^>]*><b data-status="[a-z]*">[a-z]*' "$T/body" | sed 's/.*>//' | tr '\n' ' '
}

sql "UPDATE worker SET seen_at = $(t_now)"
as alice get bot /agents/my
has 'usually a few seconds' "on this machine it is a matter of seconds"
hasnt 'its server' "and there is no other one"
has 'reach it at <code>127.0.0.1:8008</code>' "its address is known"

server building "address = NULL"
as alice get bot /agents/my
status 200 "its server is being built"
has 'data-status="starting"' "which is #waking"
has 'its server is being built. usually a few minutes' "in words"
is "$(steps)" "done now then then then then then then " "the order is in, and it begins"
has 'aria-current="step"><b data-status="starting">now</b>a disk for its data. usually 5 seconds at most.' "with what it usually takes"
has 'data-live="5"' "the page looks again, not each second"
hasnt '127.0.0.1:8008' "there is no address"
has 'as soon as its server is there' "which is said"
as alice get agents
has 'its server is being built. that takes some minutes.' "her list says so too"
hasnt 'a few seconds' "and promises no seconds"
has 'data-live="5"' "nor looks each second"
sql "UPDATE bots SET seen_at = $(t_now), wished_at = $(t_now)"
as alice get agents
has 'waking up. a few seconds.' "one that was seen there is only waking up"
hasnt 'its server is being built' "whatever its server does"
has 'data-live="1"' "which takes seconds"
sql "UPDATE bots SET seen_at = NULL"
server building "volume_id = 'v', address = '192.0.2.1', cloud_id = 'm', powered_at = 1, state = 'joining'"
as alice get bot /agents/my
is "$(steps)" "done done done done done now then then " "it comes up"
has '<b data-status="starting">now</b>it gets ready for butts. usually 4 minutes at most.' "the longest part"
has '192.0.2.1:8008' "its address is known"
server ready "joined_at = $(t_now)"
as alice get bot /agents/my
is "$(steps)" "done done done done done done now then " "it is there, and the bot is on its way"
server ready "applied_at = joined_at + 1"
as alice get bot /agents/my
hasnt 'its server' "then it is as everywhere"
has 'usually a few seconds' "a matter of seconds"
server joining "joined_at = NULL, reason = 'the first machine <did> not come up; this is the second'"
as alice get bot /agents/my
has 'is being built: the first machine &lt;did&gt; not come up; this is the second. usually' "why it takes long"
server broken "reason = 'there is no machine of this kind left'"
as alice get bot /agents/my
is "$(grep -o 'data-status="[a-z]*"' "$T/body" | head -n 1)" 'data-status="unhealthy"' "broken is #poorly"
has 'its server could not be built: there is no machine of this kind left. somebody looks at it. nothing is lost.' "in plain words"
as alice get agents
is "$(grep -o 'data-status="[a-z]*"' "$T/body" | head -n 1)" 'data-status="unhealthy"' "it is in her list"
has 'its server could not be built. somebody looks at it. nothing is lost.' "as well"
as alice get status /agents/my/status
has 'its server could not be built. somebody looks at it. nothing is lost.' "and on its status page"
server ready "reason = ''"
as alice get agents
hasnt 'its server' "mended: nothing is said"
sql "UPDATE bots SET seen_at = $(t_now), fails = 3, reason = 'it does not answer'"
as alice get agents
has 'it does not answer' "a bot that is not well says why"
hasnt 'its server' "and it is not its server"
as alice get status /agents/my/status
has 'it does not answer' "likewise there"
sql "UPDATE bots SET seen_at = NULL, fails = 0, reason = ''"

"$T_BAAS" -c "$T/baas.conf" person suspend alice@example.org 'the bill of <march> is open' >/dev/null || t_die suspend
as alice get bot /agents/my
status 200 "she still gets in"
is "$(grep -o 'data-status="[a-z]*"' "$T/body" | head -n 1)" 'data-status="suspended"' "it is #paused"
has 'paused: the bill of &lt;march&gt; is open. nothing is lost.' "and she reads why"
has 'an admin paused it: the bill of &lt;march&gt; is open.' "and when"
for act in start stop restart; do
	as alice post bot "/agents/my/$act"
	status 422 "she can't $act it"
done
as alice post agents name=other
status 422 "nor have another one"
has 'your butts are paused. no butt was made.' "in plain words"
is "$(sql "SELECT count(*) FROM bots")" 1 "there is none"
as alice get agents
has 'data-status="suspended"' "her list has it, #paused"
"$T_BAAS" -c "$T/baas.conf" person resume alice@example.org >/dev/null || t_die resume
as alice get bot /agents/my
hasnt 'paused:' "awake again"
has 'an admin woke it again.' "which is noted"
as alice post bot /agents/my/stop
status 303 "and hers to stop"
