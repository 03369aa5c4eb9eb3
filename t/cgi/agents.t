#!/bin/sh
# cgi/agents: one's own bots and no others, and another one.

. "${srcdir:-.}/t/t.sh"
plan 35

get agents
location '/start?next=%2Fagents' "strangers are sent to start"
request POST agents /agents 'name=my'
status 303 "a stranger's POST too"
is "$(sql "SELECT count(*) FROM bots")" 0 "and does nothing"
get agents /agentsfoo
status 404 "the path is exact"

person alice
person bob
as alice post agents csrf=wrong name=my
status 403 "a foreign form orders nothing"
with HTTP_ORIGIN=http://example.org as alice post agents name=my
status 403 "nor one from elsewhere"
for name in '' a.b 'a%20b' admin "$(printf %041d 0)" 'a%00b'; do
	as alice post agents "name=$name"
	case $name in
	*%00*) status 400 "a hidden NUL is refused" ;;
	*) status 422 "no such name: $name" ;;
	esac
done
as alice post agents name=my "description=$(printf %05001d 0)"
status 422 "too long a description"
has 'value="my"' "keeps the name"
is "$(sql "SELECT count(*) FROM bots")" 0 "nothing is ordered"

as alice get agents
has 'no butts yet. every friend group deserves one.' "none yet"
once=$(once)
as alice post agents name=My 'description=for+the+choir' "once=$once"
location /agents/my "one is ordered"
as alice post agents name=other "once=$once"
location /agents/my "the same form again, changed or not: the same answer"
is "$(sql "SELECT count(*) FROM bots")" 1 "and one bot"
as bob post agents name=my
status 422 "a taken name"
has 'my is taken. how about my-too?' "and another one"
has '<title>Error: ' "the title says that something is wrong"

sql "INSERT INTO names_kept SELECT 'his', id, 1790000000000 + 1000 * 86400000 FROM agents WHERE name = 'alice'"
as bob post agents name=his
status 422 "a name that rests"
has 'his is resting. it is free again on ' "and until when"
sql "UPDATE names_kept SET person_id = (SELECT id FROM agents WHERE name = 'bob')"
as bob post agents name=his
status 303 "but not for who had it"
sql "DELETE FROM agents WHERE name = 'his'"

as bob get agents
hasnt 'data-bot=' "bob sees no bot of alice's"
as alice get agents
has 'data-bot="my"' "alice does"
has 'data-status="unknown">#unsure' "nobody watches: #unsure"
sql "UPDATE worker SET seen_at = $(t_now), passed_at = $(t_now)"
as alice get agents
has 'data-status="starting">#waking' "the worker is there: #waking"
has 'data-live="1"' "the page looks each second then"
as alice get agents '/agents?live=1'
hasnt 'name="once"' "the script gets no form"
tag=$(header ETag)
with "HTTP_IF_NONE_MATCH=$tag" as alice get agents '/agents?live=1'
status 304 "and nothing while nothing changes"

echo 'limits.bots_per_person = 2' >>"$T/baas.conf"
as alice post agents name=second
if [ "${T_FCGI-}" = 1 ]; then
	ok 0 "# SKIP limits are read at start"
else
	as alice post agents name=third
	status 422 "no more than the limit"
fi
sql "UPDATE bots SET seen_at = $(t_now), fails = 3, reason = 'not <answering>' WHERE id = (SELECT id FROM agents WHERE name = 'second')"
as alice get agents
has 'not &lt;answering&gt;' "a sick one says why, escaped"
first=$(sed -n 's/.*data-bot="\([^"]*\)".*/\1/p' "$T/body" | head -n 1)
is "$first" second "and comes first"
