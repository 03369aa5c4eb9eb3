# Tests of routes: each has its own directory and database, and runs the built programs as plain CGI, or, with
# T_FCGI=1, over FastCGI sockets.  TAP on standard output.
#
#	. "${srcdir:-.}/t/t.sh"
#	plan 2
#	person alice
#	as alice get agents
#	status 200 "alice sees her bots"
#	as alice post bot /agents/one/restart
#	status 303 "and restarts one"
#
# get PROGRAM [PATH[?QUERY]]; post PROGRAM [PATH] [NAME=VALUE]... (csrf is added, unless a csrf= is given);
# request METHOD PROGRAM PATH [BODY].  "as NAME" sends that person's cookie, "with NAME=VALUE" sets a CGI variable.
# T_CONF, set before this file is read, holds more lines of baas.conf.
# The answer is in $T/out (whole), $T/head and $T/body, what the program said in $T/err, its exit status in $T/exit.

T_SRC=$(cd "${srcdir:-.}" && pwd)
T_BUILD=$(cd "${builddir:-.}" && pwd)
T_CGI=${BAAS_CGI:-$T_BUILD/cgi}
T_BAAS=${BAAS_ADMIN:-$T_BUILD/admin/baas}
unset BAAS_AS SERVER_SOFTWARE GATEWAY_INTERFACE REMOTE_ADDR PATH_INFO SCRIPT_NAME QUERY_STRING CONTENT_TYPE \
	CONTENT_LENGTH HTTP_AUTHORIZATION HTTP_COOKIE HTTP_ACCEPT HTTP_ORIGIN HTTP_SEC_FETCH_SITE HTTP_IF_NONE_MATCH
export LC_ALL=C

t_count=0 t_bad=0 t_plan=0 t_pids=
T=$(mktemp -d "${TMPDIR:-/tmp}/baas-t.XXXXXX") || exit 99

t_end() {
	t_status=$?
	trap - EXIT
	for t_pid in $t_pids; do
		kill "$t_pid" 2>/dev/null && wait "$t_pid" 2>/dev/null
	done
	rm -rf "$T"
	[ "$t_status" -ne 0 ] || [ "$t_bad" -eq 0 ] || t_status=1
	[ "$t_status" -ne 0 ] || [ "$t_count" -eq "$t_plan" ] || t_status=1
	exit "$t_status"
}
trap t_end EXIT
trap 'exit 99' HUP INT TERM

t_die() {
	echo "Bail out! $*"
	exit 99
}

# ---- checks

plan() {
	t_plan=$1
	echo "1..$1"
}

# ok STATUS WHAT: of the command before.
ok() {
	t_count=$((t_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $t_count - $2"
		return
	fi
	t_bad=$((t_bad + 1))
	echo "not ok $t_count - $2"
}

# is GOT WANT WHAT
is() {
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || printf 'wanted %s\ngot %s\n' "$2" "$1" | sed 's/^/# /'
}

t_show() {
	sed 's/^/# /' "$T/head" "$T/err"
}

# status CODE WHAT: and the program ended well
status() {
	t_got=$(sed -n '1s/^Status: \([0-9]*\).*/\1/p' "$T/head")
	[ "$(cat "$T/exit")" = 0 ] || t_got="$t_got, exit status $(cat "$T/exit")"
	is "$t_got" "$1" "$2"
	[ "$t_got" = "$1" ] || t_show
}

# The value of a header of the answer.
header() {
	sed -n "s/^$1: //p" "$T/head"
}

# location PATH WHAT
location() {
	is "$(header Location)" "$1" "$2"
}

# has TEXT WHAT, hasnt TEXT WHAT: the body
has() {
	grep -qF -e "$1" "$T/body"
	t_found=$?
	ok "$t_found" "$2"
	[ "$t_found" -eq 0 ] || sed 's/^/# /' "$T/body"
}

hasnt() {
	! grep -qF -e "$1" "$T/body"
	ok $? "$2"
}

# said TEXT WHAT: the program, on standard error
said() {
	grep -qF -e "$1" "$T/err"
	t_found=$?
	ok "$t_found" "$2"
	[ "$t_found" -eq 0 ] || t_show
}

# ---- the database

# Beside our own programs' locks, with our patience.
sql() {
	sqlite3 -batch -cmd '.timeout 5000' "$T/state/baas.db" "$1" || t_die "sql: $1"
}

t_now() {
	echo "$(date +%s)000"
}

t_token() {
	head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'
}

# Who has to wait does so for some seconds from now: the one second after a sixth try can be over on a busy machine.
wait_anew() {
	sql "UPDATE tries SET last_at = $(t_now) + 4000"
}

# All that the tables hold, in one line: to see that nothing was changed.
dump() {
	sqlite3 -batch -cmd '.timeout 5000' "$T/state/baas.db" .dump | sha256sum
}

# person NAME: makes NAME@example.org, who has gone through /newbie, and signs them in.
person() {
	sql "INSERT INTO agents (key, type, name, created_at, updated_at)
		VALUES (lower(hex(randomblob(10))), 'person', '$1', $(t_now), $(t_now));
	    INSERT INTO credentials (person_id, email, hash, named, changed_at)
		VALUES (last_insert_rowid(), '$1@example.org', '*', 1, $(t_now));"
	session "$1"
}

# session NAME: a (new) session of that person, used by "as NAME" from now on.
session() {
	t_token >"$T/token.$1"
	t_hash=$(b2sum -l 256 "$T/token.$1" | cut -d' ' -f1)
	sql "INSERT INTO sessions (key, hash, person_id, agent, created_at, used_at)
		SELECT lower(hex(randomblob(10))), X'$t_hash', person_id, 'a test', $(t_now), $(t_now)
		FROM credentials WHERE email = '$1@example.org'"
	echo "baas=$(cat "$T/token.$1")" >"$T/cookie.$1"
	rm -f "$T/csrf.$1"
}

# visit NAME: somebody who is not signed in, with the cookie and the csrf that /start gave them.
visit() {
	get start
	sed -n 's/^Set-Cookie: \(baas_visit=[^;]*\);.*/\1/p' "$T/head" >"$T/cookie.$1"
	csrf >"$T/csrf.$1"
}

# bot NAME OWNER: a bot, as an order makes it.
bot() {
	as "$2" post agents "name=$1"
	[ "$(sql "SELECT count(*) FROM agents WHERE name = '$1'")" = 1 ] || t_die "bot $1: $(cat "$T/head")"
}

# ---- requests

# The csrf of the answer's page.
csrf() {
	sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' "$T/body" | head -n 1
}

# The once of the answer's page.
once() {
	sed -n 's/.*name="once" value="\([^"]*\)".*/\1/p' "$T/body" | head -n 1
}

# Variables live as long as the one command: its results are files.
# shellcheck disable=SC2030,SC2031
as() {
	t_who=$1
	shift
	(
		HTTP_COOKIE=$(cat "$T/cookie.$t_who") T_WHO=$t_who
		export HTTP_COOKIE T_WHO
		"$@"
	)
}

with() {
	t_var=$1
	shift
	(
		export "${t_var?}"
		"$@"
	)
}

# Runs $1 with the request in the environment and $2 as its body.
t_run() {
	if [ "${T_FCGI-}" = 1 ]; then
		cgi-fcgi -bind -connect "$T/sock.$1" <"$2" >"$T/out" 2>"$T/err"
	else
		"$T_CGI/$1" <"$2" >"$T/out" 2>"$T/err"
	fi
	echo $? >"$T/exit"
	tr -d '\r' <"$T/out" | sed '/^$/q' >"$T/head"
	tr -d '\r' <"$T/out" | sed '1,/^$/d' >"$T/body"
}

# request METHOD PROGRAM PATH [BODY]
request() {
	(
		REQUEST_METHOD=$1 SCRIPT_NAME=${3%%\?*} QUERY_STRING=
		case $3 in *\?*) QUERY_STRING=${3#*\?} ;; esac
		export REQUEST_METHOD SCRIPT_NAME QUERY_STRING
		printf %s "${4-}" >"$T/sent"
		if [ $# -ge 4 ]; then
			CONTENT_LENGTH=${CONTENT_LENGTH-$(wc -c <"$T/sent")}
			CONTENT_TYPE=${CONTENT_TYPE-application/x-www-form-urlencoded}
			export CONTENT_LENGTH CONTENT_TYPE
		fi
		t_run "$2" "$T/sent"
	)
}

get() {
	request GET "$1" "${2-/$1}"
}

# The csrf of whoever asks; fetched once.
# shellcheck disable=SC2031
t_csrf() {
	[ -n "${T_WHO-}" ] || return 0
	if [ ! -s "$T/csrf.$T_WHO" ]; then
		get account
		csrf >"$T/csrf.$T_WHO"
	fi
	cat "$T/csrf.$T_WHO"
}

post() {
	t_program=$1 t_path=/$1 t_body='' t_given=
	shift
	case ${1-} in /*) t_path=$1 && shift ;; esac
	for t_field; do
		case $t_field in csrf=*) t_given=1 ;; esac
		t_body=$t_body${t_body:+&}$t_field
	done
	if [ -z "$t_given" ]; then
		t_field=csrf=$(t_csrf)
		t_body=$t_body${t_body:+&}$t_field
	fi
	request POST "$t_program" "$t_path" "$t_body"
}

# ---- a place of its own

mkdir "$T/state"
cat >"$T/baas.conf" <<END
state_dir = $T/state
site.templates = $T_SRC/html
${T_CONF-}
END
export BAAS_CONF="$T/baas.conf"
"$T_BAAS" -c "$T/baas.conf" init >"$T/init" 2>&1 || t_die "baas init: $(cat "$T/init")"

# t_serve PROGRAM: as a FastCGI server on a socket; not forked away from us, since a route ends with its parent.  (What
# a shell puts into the background ignores SIGINT, which would be inherited.)
t_serve() {
	env --default-signal=INT spawn-fcgi -n -s "$T/sock.${1##*/}" -- "$1" >/dev/null 2>>"$T/fcgi.err" &
	t_pids="$t_pids $!"
	t_tries=0
	until [ -S "$T/sock.${1##*/}" ]; do
		t_tries=$((t_tries + 1))
		[ "$t_tries" -lt 500 ] || t_die "no socket: $1"
		sleep 0.02
	done
}

if [ "${T_FCGI-}" = 1 ]; then
	for t_program in "$T_CGI"/*; do
		case $t_program in *.*) continue ;; esac
		if [ -f "$t_program" ] && [ -x "$t_program" ]; then
			t_serve "$t_program"
		fi
	done
fi
