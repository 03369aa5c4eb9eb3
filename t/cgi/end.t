#!/bin/sh
# How a FastCGI process ends: with its parent, and after the request at hand.
T_FCGI=
. "${srcdir:-.}/t/t.sh"
plan 12

person alice
as alice get account
csrf >"$T/csrf.alice"
visit eve
T_FCGI=1

# until_true COMMAND: within 10 s
until_true() {
	t_tries=0
	until "$@"; do
		t_tries=$((t_tries + 1))
		[ "$t_tries" -lt 500 ] || return 1
		sleep 0.02
	done
}

# A process that nobody has waited for is gone too.
gone() {
	[ ! -e "/proc/$1/stat" ] || [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2>/dev/null)" = Z ]
}

files() {
	set -- "/proc/$1/fd"/*
	echo $#
}

more_files() {
	[ "$(files "$1")" -gt "$2" ]
}

switches() {
	sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$1/status"
}

# It tries for the database each 2 ms: so it has read its request.
tries_again() {
	t_before=$(switches "$1")
	sleep 0.1
	[ "$(switches "$1")" -ge $((t_before + 5)) ]
}

# ---- signals

t_serve "$T_CGI/agents"
pid=$!
as alice get agents
status 200 "it serves"
kill -INT "$pid"
as alice get agents
status 200 "SIGINT is for lighttpd"
kill -TERM "$pid"
until_true gone "$pid"
ok $? "SIGTERM ends an idle one"
wait "$pid"
is $? 0 "by itself"
rm "$T/sock.agents"

# ---- a request at hand

t_serve "$T_CGI/agents"
pid=$!
as alice get agents
exec 8<"$T/state/baas.db.lock"
flock -n 8
as alice post agents name=one &
client=$!
until_true tries_again "$pid"
ok $? "a request waits for the database"
kill -TERM "$pid"
flock -u 8
exec 8<&-
wait "$client"
status 303 "it is answered"
is "$(sql 'SELECT count(*) FROM bots')" 1 "and done"
wait "$pid"
is $? 0 "then the process ends"
rm "$T/sock.agents"

# ---- nobody waits for the answer any more

t_serve "$T_CGI/signin"
pid=$!
get signin /authentication/sign-in
idle=$(files "$pid")
exec 8<"$T/state/hash.0" 9<"$T/state/hash.1"
flock -n 8
flock -n 9
printf 'email=alice@example.org&password=wrong+password&csrf=%s' "$(cat "$T/csrf.eve")" >"$T/body.eve"
REQUEST_METHOD=POST SCRIPT_NAME=/start HTTP_COOKIE=$(cat "$T/cookie.eve") CONTENT_LENGTH=$(wc -c <"$T/body.eve") \
	cgi-fcgi -bind -connect "$T/sock.signin" <"$T/body.eve" >/dev/null 2>&1 &
client=$!
until_true more_files "$pid" "$idle"
ok $? "a sign-in waits for a slot"
kill -KILL "$client"
wait "$client" 2>/dev/null
flock -u 8
flock -u 9
exec 8<&- 9<&-
get signin /authentication/sign-in
is "$(sql 'SELECT count(*) FROM tries')" 0 "its client hung up: no password is hashed"

# ---- the parent is killed

cat >"$T/parent" <<'END'
spawn-fcgi -n -s "$1/sock.agents" -- "$2" >/dev/null 2>&1 &
echo $! >"$1/pid"
wait
END
sh "$T/parent" "$T" "$T_CGI/agents" &
parent=$!
until_true test -S "$T/sock.agents"
as alice get agents
status 200 "somebody else's child serves"
kill -KILL "$parent"
wait "$parent" 2>/dev/null
until_true gone "$(cat "$T/pid")"
ok $? "and ends with its parent"
