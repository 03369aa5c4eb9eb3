#!/bin/sh
# cgi/bot: strangers and missing names are one; each act asks first and does it once.

. "${srcdir:-.}/t/t.sh"
plan 66

person alice
person bob
bot my alice
wish() {
	sql "SELECT wanted || restarts || (binned_at IS NOT NULL) FROM bots"
}
masked() {
	sed 's/name="\(csrf\|once\)" value="[^"]*"//' "$T/body"
}

get bot /agents/my
location '/start?next=%2Fagents%2Fmy' "strangers are sent to start"
for path in /agents/my/ /agents/my/fly /agents//my /agents/my/start/x; do
	as alice get bot "$path"
	status 404 "no such path: $path"
done
as alice get bot /agents/my/restore
status 405 "restore is no page"

for path in '' /start /stop /restart /delete; do
	as bob get bot "/agents/nothing$path"
	masked >"$T/missing"
	as bob get bot "/agents/my$path"
	status 404 "bob: GET my$path"
	masked | cmp -s - "$T/missing"
	ok $? "as of one that is missing, byte for byte"
done
for path in /start /stop /restart /delete /restore; do
	as bob post bot "/agents/my$path" confirm=my password=x
	status 404 "bob: POST my$path"
done
as alice get bot /agents/MY
status 404 "names are exact"
for path in /start /stop /restart /delete /restore; do
	as alice post bot "/agents/my$path" csrf=wrong confirm=my password=x
	status 403 "a foreign form: $path"
done
is "$(wish)" running00 "and nothing is wished by all that"

as alice get bot /agents/my
status 200 "alice sees it"
is "$(grep -o 'data-status="[a-z]*"' "$T/body" | head -n 1)" 'data-status="unknown"' "nobody watches: unknown"
key=$(sql "SELECT public_key FROM bots")
has "data-key=\"$key\"" "with its key"
for act in start stop restart; do
	as alice get bot "/agents/my/$act"
	has "action=\"/agents/my/$act\"" "$act asks first"
done
is "$(wish)" running00 "asking does nothing"
as alice post bot /agents/my/restart
location /agents/my "restart"
as alice post bot /agents/my/restart
is "$(wish)" running10 "twice while it is open: one restart"
as alice post bot /agents/my/stop
is "$(wish)" stopped10 "stop"
as alice post bot /agents/my/stop
location /agents/my "twice is fine"
as alice post bot /agents/my/restart
status 422 "a stopped one can't be restarted"
has 'not now' "says so"
as alice get bot /agents/my
has 'href="/agents/my/start"' "a stopped one offers start"
hasnt 'href="/agents/my/stop"' "and no stop"
as alice post bot /agents/my/start
is "$(wish)" running10 "start"
as alice get bot /agents/my
has 'you restarted it.' "the page tells what happened"

now=$(t_now)
sql "UPDATE worker SET seen_at = $now; UPDATE bots SET seen_at = $now, running = 1, started_at = $now - 1, proven_at = $now, seen_restarts = restarts"
as alice get bot /agents/my
has 'data-status="alive"' "proven: alive"
has 'data-live="5"' "the page looks each five seconds then"

# The way out, with a password that is one.
visit ash
as ash post signin /start email=ash@example.org password=a+silly+sentence new=1
sed -n 's/^Set-Cookie: \(baas=[^;]*\);.*/\1/p' "$T/head" >"$T/cookie.ash"
rm "$T/csrf.ash"
bot gone ash
as ash get bot /agents/gone/delete
has 'type gone.localhost' "delete asks for the name"
as ash post bot /agents/gone/delete confirm=gone
has 'href="#password"' "no password"
as ash post bot /agents/gone/delete confirm=Gone password=a+silly+sentence
status 422 "not quite the name"
has 'value="Gone"' "which is kept"
hasnt silly "the password is not"
as ash post bot /agents/gone/delete confirm=gone password=a+silly+sentenze
has 'that is not your password' "a wrong password"
is "$(sql "SELECT count(*) FROM bots WHERE binned_at IS NOT NULL")" 0 "nothing is in the bin"
as ash post bot /agents/gone/delete confirm=gone.localhost password=a+silly+sentence
location /agents/gone "both right"
is "$(sql "SELECT (erase_at - binned_at) / 86400000 FROM bots WHERE binned_at IS NOT NULL")" 7 "seven days in the bin"
as ash get bot /agents/gone
has 'data-status="deleting"' "still there for its owner, #leaving"
has 'action="/agents/gone/restore"' "to be brought back"
hasnt 'href="/agents/gone/delete"' "and for nothing else"
as ash get bot /agents/gone/delete
status 422 "no second delete"
as ash post bot /agents/gone/stop
status 422 "no stop"
as ash post bot /agents/gone/restore
location /agents/gone "brought back"
as ash post bot /agents/gone/restore
status 422 "once"

as ash get bot /agents/gone
sql "UPDATE bots SET binned_at = $(t_now), erase_at = $(t_now) + 86400000 WHERE id = (SELECT id FROM agents WHERE name = 'gone')"
if [ "${T_FCGI-}" = 1 ]; then
	ok 0 "# SKIP limits are read at start"
	ok 0 "# SKIP likewise"
	ok 0 "# SKIP likewise"
else
	has=$(sql "SELECT count(*) FROM bots b JOIN belongs g ON g.source_agent_id = b.id JOIN agents p ON p.id = g.target_agent_id
		WHERE p.name = 'ash' AND b.binned_at IS NULL")
	echo "limits.bots_per_person = $((has + 1))" >>"$T/baas.conf"
	bot instead ash
	as ash post bot /agents/gone/restore
	status 422 "what would be one too many stays in the bin"
	has 'delete another one first, or leave gone.localhost in the bin.' "and says what to do"
	is "$(sql "SELECT count(*) FROM bots WHERE binned_at IS NOT NULL")" 1 "there it is"
fi
