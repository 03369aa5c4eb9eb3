#!/bin/sh
# BAAS_AS: an admin acts as somebody, from a shell and from nowhere else.
T_FCGI=
. "${srcdir:-.}/t/t.sh"
plan 30

person alice
person bob
before=$(dump)

for var in SERVER_SOFTWARE GATEWAY_INTERFACE REMOTE_ADDR; do
	for value in x ''; do
		with "$var=$value" with BAAS_AS=alice@example.org get agents
		is "$(cat "$T/exit")" 1 "refused with $var='$value'"
		is "$(cat "$T/out")" "" "without a page"
	done
done
is "$(wc -l <"$T/err" | tr -d ' ')" 1 "with one line"
for email in nobody@example.org '' nonsense alice; do
	with "BAAS_AS=$email" get agents
	is "$(cat "$T/exit")" 1 "'$email' is nobody's"
done
is "$(wc -l <"$T/err" | tr -d ' ')" 1 "with one line"
is "$(dump)" "$before" "nothing has changed"

BAAS_AS=alice@example.org
export BAAS_AS
get agents
status 200 "alice's page, without a cookie"
request POST agents /agents name=one
status 303 "a POST needs no csrf"
with HTTP_ORIGIN=null request POST agents /agents name=two
status 303 "nor an origin"
is "$(sql "SELECT DISTINCT actor FROM events WHERE what = 'bot.order'")" "shell:$(id -un)" "and is known by who did it"
is "$(sql 'SELECT count(*) FROM sessions')" 2 "no session is made"
is "$(header Set-Cookie)" "" "and no cookie"
with BAAS_AS=ALICE@Example.org get agents
status 200 "however the email is written"
with BAAS_AS=bob@example.org get bot /agents/one
status 404 "bob sees bob's"
unset BAAS_AS
get agents
status 303 "without BAAS_AS the shell is a stranger"

# A web server's child has the server's environment: if that has BAAS_AS, it does not even start.
with BAAS_AS=alice@example.org timeout 10 spawn-fcgi -n -s "$T/sock" -- "$T_CGI/agents" >"$T/out" 2>"$T/err"
is $? 1 "nor does it start as FastCGI"
said "BAAS_AS" "and says why"
