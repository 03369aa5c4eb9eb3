#!/bin/sh
# A site whose users are apart: routes, private server and worker run here as three users (numbers that nobody has) on one
# database; each can do its work, and none can open another's secrets.  Needs root.
if [ "$(id -u)" -ne 0 ] || ! setpriv --reuid 40001 --regid 40000 --clear-groups true 2>/dev/null; then
	echo "1..0 # SKIP needs root, to be other users"
	exit 0
fi
T_FCGI=
. "${srcdir:-.}/t/t.sh"
plan 102

web=40001 pillar=40002 worker=40003 group=40000
as_user() {
	t_uid=$1
	shift
	setpriv --reuid "$t_uid" --regid "$group" --clear-groups -- "$@"
}
baas() {
	"$T_BAAS" -c "$T/baas.conf" "$@" >"$T/out" 2>"$T/err" </dev/null
}
# run STATUS WORDS ARGUMENT...: WORDS must be in what it says.
run() {
	t_want=$1 t_words=$2
	shift 2
	baas "$@"
	[ $? -eq "$t_want" ] && { echo; cat "$T/out" "$T/err"; } | grep -qF -e "$t_words"
	t_found=$?
	ok "$t_found" "baas $*: $t_want, '$t_words'"
	[ "$t_found" -eq 0 ] || sed 's/^/# /' "$T/out" "$T/err"
}
# With our own program only: sqlite3 would take the log away (baas.8), and that here is a test of its own.
sql() {
	"$T_BAAS" -c "$T/baas.conf" sql "$1" 2>>"$T/err" </dev/null | tail -n +2
}

# What must be where the others can get at it, as make install would have it.
chmod 755 "$T"
mkdir -p "$T/cgi" "$T/bin" "$T/pub/1.0.0/node_modules"
touch "$T/pub/1.0.0/pub.js" "$T/pub/1.0.0/start.js"
cp -r "$T_SRC/html" "$T/html"
cp "$T_BUILD/worker/baas-reconcile" "$T/bin"
for program in "$T_CGI"/*; do
	name=${program##*/} uid=$web
	if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
	[ "$name" != pillar ] || uid=$pillar
	cp "$program" "$T/bin"
	cat >"$T/cgi/$name" <<-END
		#!/bin/sh
		exec setpriv --reuid $uid --regid $group --clear-groups -- '$T/bin/$name'
	END
done
chmod -R a+rX "$T/html" "$T/bin" "$T/pub"
chmod 755 "$T/cgi"/*
T_CGI=$T/cgi
state=$T/state db=$T/state/baas.db
umask 077

# conf LINE...
conf() {
	printf '%s\n' "state_dir = $state" "site.templates = $T/html" "pub.dir = $T/pub" "pub.node = /bin/true" "private.token_file = $T/token" \
		"scaleway.token_file = $T/scaleway" "salt.password_file = $T/salt" "mail.password_file = $T/mail" "$@" >"$T/baas.conf"
	chmod 644 "$T/baas.conf"
}
printf secret >"$T/scaleway"
printf secret >"$T/salt"
printf secret >"$T/mail"

# ---- one user for all: as ever

rm -rf "$state"
conf
run 0 "" init
is "$(stat -c '%U %a' "$state" "$state/log" "$state/mail" "$db" "$db.lock" "$state/vault.secret" "$state/hash.0" "$T/token" | tr '\n' ' ')" \
	"root 711 root 700 root 700 root 600 root 600 root 600 root 600 root 600 " "with one user all is that one's alone"
is "$(ls "$state/private.secret" 2>/dev/null)" "" "and the vault has no second copy"

# ---- words that are refused, before anything is changed

refused() {
	words=$1
	shift
	conf "$@"
	run 1 "$words" init
	is "$(stat -c '%u %a' "$db")" "0 600" "nothing is given away"
}
refused "users.web: is not set" "users.pillar = $pillar" "users.worker = $worker" "users.group = $group"
refused "users.worker: is not set" "users.web = $web" "users.pillar = $pillar" "users.group = $group"
refused "users.group: is not set" "users.web = $web" "users.pillar = $pillar" "users.worker = $worker"
refused "users.pillar: there is no 'no-such-user'" "users.web = $web" "users.pillar = no-such-user" "users.worker = $worker" "users.group = $group"
refused "users.group: there is no '-1'" "users.web = $web" "users.pillar = $pillar" "users.worker = $worker" "users.group = -1"
refused "must be three" "users.web = $web" "users.pillar = $web" "users.worker = $worker" "users.group = $group"
refused "must be three" "users.web = $web" "users.pillar = $worker" "users.worker = $worker" "users.group = $group"
refused "only the worker may be root" "users.web = root" "users.pillar = $pillar" "users.worker = $worker" "users.group = $group"
refused "only the worker may be root" "users.web = $web" "users.pillar = 0" "users.worker = $worker" "users.group = $group"

apart() {
	conf "users.web = $web" "users.pillar = $pillar" "users.worker = $worker" "users.group = $group" "$@"
}
apart
cp "$T_BAAS" "$T/bin/baas"
chmod 755 "$T/bin/baas"
as_user $worker "$T/bin/baas" -c "$T/baas.conf" init 2>"$T/err"
is "$? $(grep -c 'run this as root' "$T/err")" "1 1" "a user can't give files away"

# ---- whose is what

owned() {
	(cd "$state" && stat -c '%n %u:%g %a' . bots mail run log log/lighttpd.log log/private.log log/keep.log hash.0 hash.1 next.lock run.lock \
		baas.db baas.db-wal baas.db-shm baas.db.lock vault.public vault.secret private.secret
	cd "$T" && stat -c '%n %u:%g %a' token scaleway salt mail) 2>&1
}
cat >"$T/want" <<END
. 0:0 711
bots $worker:0 711
mail $worker:0 700
run 0:0 700
log 0:0 711
log/lighttpd.log $web:0 600
log/private.log $pillar:0 600
log/keep.log $worker:0 600
hash.0 $web:0 600
hash.1 $web:0 600
next.lock $worker:0 600
run.lock $worker:0 600
baas.db 0:$group 660
baas.db-wal 0:$group 660
baas.db-shm 0:$group 660
baas.db.lock 0:$group 660
vault.public 0:0 644
vault.secret $worker:0 600
private.secret $pillar:0 600
token $pillar:0 600
scaleway $worker:0 600
salt $worker:0 600
mail $worker:0 600
END
# settled WHAT
settled() {
	owned >"$T/got"
	cmp -s "$T/want" "$T/got"
	t_found=$?
	ok "$t_found" "$1: each has what is theirs"
	[ "$t_found" -eq 0 ] || diff "$T/want" "$T/got" | sed 's/^/# /'
}
run 0 "private.secret: made" init
settled "after baas init"
cmp -s "$state/vault.secret" "$state/private.secret"
ok $? "the private server's copy is one"
run 0 "" init
settled "again"
is "$(cat "$T/err")" "" "with nothing to say"

# ---- none can open what is another's, nor put something in its place

# Who of the three can do it.
who() {
	t_names=
	as_user "$web" "$@" >/dev/null 2>&1 && t_names="web "
	as_user "$pillar" "$@" >/dev/null 2>&1 && t_names="${t_names}pillar "
	as_user "$worker" "$@" >/dev/null 2>&1 && t_names="${t_names}worker "
	echo "$t_names"
}
is "$(who cat "$state/vault.secret")" "worker " "the vault's secret half"
is "$(who cat "$state/private.secret")" "pillar " "the private server's copy of it"
is "$(who cat "$T/token")" "pillar " "the masters' token"
is "$(who cat "$T/scaleway")$(who cat "$T/salt")$(who cat "$T/mail")" "worker worker worker " "the keys to the cloud, Salt and mail"
is "$(who cat "$state/vault.public")" "web pillar worker " "the vault's public half"
is "$(who sh -c "echo x >>'$state/vault.public'")" "" "which nobody changes"
is "$(who cat "$db")$(who sh -c ": >>'$db' && : >>'$db-wal' && : >>'$db-shm'")" "web pillar worker web pillar worker " "the database"
is "$(who ls "$state")$(who ls "$state/log")" "" "no directory can be listed"
is "$(who touch "$state/new")$(who mkdir "$state/new")$(who ln -s /etc "$state/new")" "" "nor anything put there"
is "$(who mv "$state/vault.public" "$state/vault.old")$(who rm -f "$db-wal")$(who rm -f "$state/run.lock")" "" "nor taken away"
is "$(who touch "$state/mail/x")$(who touch "$state/bots/x")" "worker worker " "mail and bots are the worker's"
rm -f "$state/mail/x" "$state/bots/x"
is "$(setpriv --reuid 40009 --regid 40009 --clear-groups cat "$db" 2>/dev/null | wc -c)" 0 "a stranger can't open the database"

# ---- they work together

# json METHOD PROGRAM PATH BODY
json() {
	with HTTP_ACCEPT=application/json with CONTENT_TYPE=application/json request "$@"
}
json POST signin /users '{"email":"alice@example.org","password":"a good long sentence","name":"Alice"}'
status 201 "web: somebody comes"
json POST signin /authentication '{"strategy":"local","email":"alice@example.org","password":"a good long sentence"}'
status 201 "and signs in"
bearer=$(sed -n 's/.*"accessToken":"\([^"]*\)".*/\1/p' "$T/body")
order() {
	with "HTTP_AUTHORIZATION=Bearer $bearer" json POST agents /agents "{\"name\":\"$1\"}"
	status 201 "web: $1 is ordered"
}
order one

token=$(cat "$T/token")
# answers NAME...: what the private server says has these bots, each with its secret
answers() {
	with "HTTP_AUTHORIZATION=Bearer $token" get pillar '/agents?minion=local'
	t_found=$(sqlite3 -batch :memory: "SELECT group_concat(n, ' ') FROM (SELECT json_extract(value, '\$.name') AS n
		FROM json_each(json_extract(CAST(readfile('$T/body') AS TEXT), '\$.baas.bots'))
		WHERE json_extract(value, '\$.secret.private') LIKE '%.ed25519' ORDER BY n)" 2>&1)
	is "$t_found" "$*" "pillar: its answer has $*, with secrets"
	[ "$t_found" = "$*" ] || sed 's/^/# /' "$T/body" "$T/err"
}
answers one
with "HTTP_AUTHORIZATION=Bearer wrong" get pillar '/agents?minion=local'
status 401 "pillar: not without the token"

pass() {
	as_user $worker "$T/bin/baas-reconcile" -c "$T/baas.conf" --once 2>"$T/worker"
	t_status=$?
	grep -qE 'Permission|Operation not|unable to open|readonly' "$T/worker" || [ "$t_status" -gt 1 ]
	is "$? $(sql "SELECT seen_at > $1 FROM worker")" "1 1" "worker: a pass${2:+, $2}"
	[ ! -s "$T/worker" ] || sed 's/^/# /' "$T/worker"
}
pass 0
bot=$(sql "SELECT dir FROM bots")
is "$(stat -c '%u %a' "$state/bots/$bot/data/secret" 2>&1)" "$worker 400" "worker: opens the vault, and fills the bot's directory"
order two
answers one two
seen=$(sql "SELECT seen_at FROM worker")
pass "$seen" "after the web has written again"

# A log that the web has filled is emptied by the worker.  The web is a process that stays, in its jail.
T_FCGI=1
t_serve "$T/cgi/agents"
with "HTTP_AUTHORIZATION=Bearer $bearer" json GET agents /agents
status 200 "web: a jailed process serves"
T_FCGI=
as_user $web sqlite3 -batch "$db" "PRAGMA wal_autocheckpoint = 0; CREATE TABLE junk (x); INSERT INTO junk VALUES (zeroblob(6000000)); DROP TABLE junk" >/dev/null
[ "$(stat -c %s "$db-wal")" -gt 4194304 ]
ok $? "web: the log grows"
seen=$(sql "SELECT seen_at FROM worker")
pass "$seen"
[ "$(stat -c %s "$db-wal")" -lt 1000000 ]
ok $? "worker: empties it, but for what it has written since"
settled "after all that"
T_FCGI=1
with "HTTP_AUTHORIZATION=Bearer $bearer" json GET agents /agents
status 200 "web: goes on"
T_FCGI=
order three

# ---- baas init while all runs

run 0 "" init
settled "after baas init beside a running site"
T_FCGI=1
with "HTTP_AUTHORIZATION=Bearer $bearer" json GET agents /agents
status 200 "web: goes on"
T_FCGI=
answers one three two

# ---- a backup and its return

run 0 "" backup "$T/backup"
is "$(stat -c '%u %a' "$T/backup")" "0 600" "a backup is root's alone"
order four
run 1 "in use by agents" restore "$T/backup"
settled "after a restore that was refused"
for pid in $t_pids; do
	kill "$pid"
	wait "$pid"
done 2>/dev/null
t_pids=
order five
run 0 "the former is" restore "$T/backup"
settled "after a restore"
is "$(stat -c '%a' "$state"/baas.db.before-restore.*)" 600 "the former database is nobody else's"
is "$(who cat "$state"/baas.db.before-restore.*)" "" "indeed"
is "$(sql "SELECT count(*) FROM agents WHERE type = 'bot'")" 3 "it is what it was"
order six
answers one six three two
pass 0
settled "and when they have worked on it"

# ---- what is missing or wrong is said by doctor, and made good by init

# says LINE...: doctor's, each of which must be there
says() {
	baas doctor
	for t_words; do
		grep -qF -e "$t_words" "$T/out"
		t_found=$?
		ok "$t_found" "doctor: $t_words"
		[ "$t_found" -eq 0 ] || sed 's/^/# /' "$T/out"
	done
}
apart
says "ok    users: each can open what it needs, and no secret of another's" "ok    $db-wal: root's, mode 660" \
	"ok    $state/private.secret: $pillar's, mode 600" "ok    $db: opens" \
	"warn  users.worker: only as root can it give each bot a user of its own: all bots run as $worker"
is "$(grep -c -e '^bad .*init' -e '^bad .*users' "$T/out")" 0 "doctor: nothing is wrong with owners"
rm -f "$db-wal" "$db-shm"
get landing /
is "$(cat "$T/exit")" 1 "web: can't make a log that somebody took away"
says "bad   $db-wal: No such file or directory: run baas init"
settled "root has only to look at the database"
chmod 644 "$state/vault.secret"
chown $web "$T/scaleway"
chown 0:0 "$db-shm"
chmod 755 "$state"
chmod 700 "$T/html"
chmod 600 "$T/baas.conf"
says "bad   $state/vault.secret: mode 644, must be 600: run baas init" "bad   $state/vault.secret: $web can read it, and must not" \
	"bad   $T/scaleway: is not $worker's: run baas init" "bad   $T/scaleway: $web can read it, and must not" \
	"bad   $db-shm: its group is not $group: run baas init" "bad   $state: mode 755, must be 711: run baas init" \
	"bad   $T/baas.conf: $web can't read it: see to it, and to each directory on the way" "bad   $T/html: $web can't read it"
chmod 755 "$T/html"
chmod 644 "$T/baas.conf"
run 0 "" init
settled "baas init makes it good"
mv "$state/hash.0" "$state/x" && ln -s "$T/scaleway" "$state/hash.0"
run 1 "hash.0: must be a file, and no link to one" init
is "$(stat -c %u "$T/scaleway")" "$worker" "init follows no link"
rm "$state/hash.0" "$state/x"
apart "vault.public = $T/v.public" "vault.secret = $T/v.secret"
run 0 "private.secret: made" init
cmp -s "$T/v.secret" "$state/private.secret"
ok $? "another vault has another copy"
conf "users.web = $web" "users.pillar = $pillar" "users.worker = root" "users.group = $group"
run 0 "" init
is "$(stat -c %u "$state/bots" "$state/vault.secret" "$state/run.lock" | tr '\n' ' ')" "0 0 0 " "the worker may be root, for bots of this machine"
says "ok    users: each can open what it needs, and no secret of another's"
