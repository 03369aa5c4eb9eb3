#!/bin/sh
# cgi/pillar: a server's bots for whoever has the token, and for nobody else; whatever is wrong with us is _errors.
. "${srcdir:-.}/t/t.sh"
plan 125

mkdir -p "$T/pub/1.9.0" "$T/pub/1.10.0" "$T/pub/2.0.0"
touch "$T/pub/1.9.0/pub.js" "$T/pub/1.10.0/pub.js"
cat >>"$T/baas.conf" <<END
private.token_file = $T/state/token
pub.dir = $T/pub
bots.domain = butt.example
END
"$T_BAAS" -c "$T/baas.conf" init >"$T/init" 2>&1 || t_die "baas init: $(cat "$T/init")"
token=$(cat "$T/state/token")
is "$(stat -c %a "$T/state/token") ${#token}" "600 43" "baas init makes the token"
"$T_BAAS" -c "$T/baas.conf" init >"$T/init" 2>&1
is "$(cat "$T/state/token")" "$token" "once"

# ask AUTHORIZATION [QUERY [PROGRAM]]
: >"$T/log"
ask() {
	with "HTTP_AUTHORIZATION=$1" get "${3-pillar}" "/agents?${2-minion=p1-g1}"
	cat "$T/err" >>"$T/log"
}
good() {
	ask "Bearer $token" "minion=$1"
}
# errors WORDS WHAT
errors() {
	is "$(sed -n 1p "$T/head") $(cat "$T/body")" "Status: 200 OK {\"_errors\":[\"$1\"]}" "$2"
}
# The value at a path of the answer.
value() {
	sqlite3 -batch :memory: "SELECT json_extract(CAST(readfile('$T/body') AS TEXT), '\$.$1')"
}

person alice
person bob
sql "INSERT INTO servers (minion, person_id, address, created_at)
	SELECT CASE email WHEN 'alice@example.org' THEN 'p1-g1' ELSE 'p2-g1' END, person_id, '192.0.2.1', 0 FROM credentials"
bot one alice
bot two alice
bot other bob
key() {
	sql "SELECT key FROM agents WHERE name = '$1'"
}
one=$(key one) two=$(key two) other=$(key other)

# ---- who may ask

for shown in '' Bearer 'Bearer ' "$token" "Basic $token" "Bearer $token " "Bearer  $token" "Bearer ${token%?}" \
	"Bearer ${token}x" "Bearer $token, Bearer $token" "Bearer wrong"; do
	ask "$shown"
	status 401 "shown: '$(echo "$shown" | sed "s/$token/TOKEN/g")'"
	is "$(cat "$T/body")" '' "and nothing is said"
done
is "$(header Cache-Control)" no-store "nothing is kept"
is "$(header Set-Cookie)" '' "no cookies"
get pillar /x
status 401 "the token comes before the path"
request POST pillar /agents x
status 401 "and before the method"
with "HTTP_AUTHORIZATION=Bearer $token" get pillar '/agents/?minion=p1-g1'
status 404 "another path"
with "HTTP_AUTHORIZATION=Bearer $token" request POST pillar '/agents?minion=p1-g1' x
status 405 "another method"
is "$(header Allow)" "GET, HEAD" "which are there"
ask "bearer $token"
status 200 "the scheme in small letters"

# ---- for whom

newline='
'
long=$(printf %063d 0)
for query in '' minion minion= 'minion=P1-G1' minion=p1.g1 minion=p1_g1 minion=-p1 'minion=p1-g1%0a' "minion=p1-g1$newline" \
	'minion=p1%2dg1' 'minion=%701-g1' minion=.. 'minion=%2e%2e' minion=../p1-g1 minion=/p1-g1 'minion=p1-g1%00' 'minion=p1-g1+' \
	'minion=p1-g1 ' 'minion=*' 'minion=p%25' "minion='+OR+1=1--" 'minion=p1-g1&minion=p2-g1' 'minion=p1-g1&minion=p1-g1' \
	'minion=p1-g1&x=1' 'x=1&minion=p1-g1' 'minion=p1-g1&' 'Minion=p1-g1' 'minion[]=p1-g1' 'minion=minion=p1-g1' \
	minion=p1 minion=p1-g10 "minion=$long" "minion=${long}0" 'minion=p1-g1é'; do
	# Even if a row has that very name, unless it is a fine one.
	odd=$(printf '%s|' "${query#minion=}" | sed "s/'/''/g")
	odd=${odd%|}
	case $odd in p1 | p1-g10 | "$long") ;; *) sql "INSERT INTO servers (minion, created_at) VALUES ('$odd', 0)" ;; esac
	ask "Bearer $token" "$query"
	sql "DELETE FROM servers WHERE minion = '$odd'"
	errors "unknown minion" "unknown: '$(echo "$query" | tr '\n' '|')'"
done
sql "UPDATE servers SET wanted = 'gone' WHERE minion = 'p2-g1'"
good p2-g1
errors "unknown minion" "departed"
sql "UPDATE servers SET wanted = 'up' WHERE minion = 'p2-g1'"
good p2-g1
is "$(value baas.minion)" p2-g1 "and back"

# ---- what is said

good p1-g1
status 200 "alice's server"
is "$(header Content-Type)" application/json "as JSON"
is "$(header Cache-Control)" no-store "for once"
is "$(sqlite3 -batch :memory: "SELECT group_concat(replace(replace(fullkey, '\"', ''), '$one', 'ONE'), ' ') FROM json_tree(CAST(readfile('$T/body') AS TEXT))
	WHERE fullkey LIKE '%$one%' OR fullkey NOT LIKE '%.bots.%' ORDER BY fullkey" | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"$ \$.baas \$.baas.bots \$.baas.bots.ONE \$.baas.bots.ONE.host \$.baas.bots.ONE.image \$.baas.bots.ONE.memory \$.baas.bots.ONE.name \$.baas.bots.ONE.port \$.baas.bots.ONE.rebuilds \$.baas.bots.ONE.release \$.baas.bots.ONE.restarts \$.baas.bots.ONE.secret \$.baas.bots.ONE.secret.curve \$.baas.bots.ONE.secret.id \$.baas.bots.ONE.secret.private \$.baas.bots.ONE.secret.public \$.baas.bots.ONE.wanted \$.baas.minion \$.baas.rev \$.baas.schema \$.baas.seeds " \
	"what CONTRACT.md 4 names, and no more"
is "$(value baas.schema) $(value baas.minion) $(value baas.seeds)" "1 p1-g1 []" "schema, minion, seeds"
is "$(value "bots" 2>/dev/null)$(value "baas.bots.$one.name") $(value "baas.bots.$one.host") $(value "baas.bots.$one.port")" \
	"one one.butt.example 8008" "name, host, port"
is "$(value "baas.bots.$one.release") $(value "baas.bots.$one.image") $(value "baas.bots.$one.memory")" \
	"1.10.0 baas-pub:1.10.0 201326592" "the newest release, its image, 192 MB"
is "$(value "baas.bots.$one.secret.id")" "$(sql "SELECT public_key FROM bots JOIN agents USING (id) WHERE name = 'one'")" "its own id"
private=$(value "baas.bots.$one.secret.private")
is "@$(echo "${private%.ed25519}" | base64 -d | tail -c 32 | base64).ed25519" "$(value "baas.bots.$one.secret.id")" "and the key for it"
is "@$(value "baas.bots.$one.secret.public") $(value "baas.bots.$one.secret.curve")" "$(value "baas.bots.$one.secret.id") ed25519" \
	"in ssb's words"
has "\"$two\"" "her other one too"
hasnt "$other" "not bob's"
good p2-g1
has "\"$other\"" "bob's server has it"
hasnt "$one" "and not alice's"
hasnt "${private%.ed25519}" "nor her key"
with "HTTP_AUTHORIZATION=Bearer $token" request HEAD pillar '/agents?minion=p1-g1'
is "$(header Content-Type) $(cat "$T/body")" "application/json " "HEAD says nothing"

wanted() {
	good p1-g1
	is "$(value "baas.bots.$one.wanted")" "$1" "$2"
}
rev() {
	good p1-g1
	value baas.rev
}
wanted running "a new bot"
rev=$(rev)
is "$(rev)" "$rev" "nothing has changed, nor has rev"
as alice post bot /agents/one/restart
good p1-g1
is "$(value "baas.bots.$one.restarts") $(($(value baas.rev) > rev))" "1 1" "a restart, and rev says so"
as alice post bot /agents/one/stop
wanted stopped "stopped"
as alice post bot /agents/one/start
sql "UPDATE bots SET suspended_at = 1 WHERE id = (SELECT id FROM agents WHERE key = '$one')"
wanted stopped "suspended"
sql "UPDATE bots SET suspended_at = NULL, binned_at = 1, erase_at = 2 WHERE id = (SELECT id FROM agents WHERE key = '$one')"
wanted stopped "in the bin, whatever the clock says"
sql "INSERT INTO intents (subject, act, opened_at) SELECT 'bot:' || id, 'erase', 0 FROM agents WHERE key = '$one'"
wanted absent "the worker has decided to erase it"
rev=$(rev)
sql "PRAGMA foreign_keys = ON; DELETE FROM agents WHERE key = '$one'"
good p1-g1
is "$(value "baas.bots.$one") $(($(value baas.rev) > rev))" " 1" "erased, and rev goes on"
sql "DELETE FROM intents"
sql "PRAGMA foreign_keys = ON; DELETE FROM agents WHERE key = '$two'"
good p1-g1
is "$(value baas.bots)" "{}" "a server without bots"
bot one alice

# ---- what is wrong with us

sql "UPDATE bots SET secret = (SELECT secret FROM bots JOIN agents USING (id) WHERE name = 'other') WHERE id <> (SELECT id FROM agents WHERE name = 'other')"
good p1-g1
errors "a bot's secret can't be opened" "another bot's secret in its row"
good p2-g1
status 200 "other servers go on"
has "\"$other\"" "with theirs"

# A second one, whose files come and go; under FastCGI it lives through it all.
ln -s "$T_CGI/pillar" "$T/faulty"
mkdir "$T/faults"
cp "$T/state/vault.public" "$T/state/vault.secret" "$T/state/token" "$T/faults"
database=$T/faults/baas.db
{
	grep -v '^private.token_file' "$T/baas.conf"
	echo "private.token_file = $T/faults/token"
	echo "database = $database"
	echo "vault.public = $T/faults/vault.public"
	echo "vault.secret = $T/faults/vault.secret"
} >"$T/faults.conf.later"
BAAS_CONF=$T/faults.conf
[ "${T_FCGI-}" != 1 ] || t_serve "$T/faulty"
T_CGI=$T
faulty() {
	ask "Bearer $token" minion=p2-g1 faulty
}
faulty
errors "the configuration can't be read" "no configuration"
mv "$T/faults.conf.later" "$T/faults.conf"
chmod 644 "$T/faults/token"
faulty
errors "the token can't be read" "a token that others can read"
ask "" "" faulty
status 401 "no token is no token even then"
chmod 600 "$T/faults/token"
faulty
errors "the database can't be read" "no database"
is "$(find "$T/faults" -name 'baas.db*')" '' "and none is made"
head -c 8192 /dev/urandom >"$database"
faulty
errors "the database can't be read" "one that is none"
rm -f "$database"*
sqlite3 -batch "$database" 'CREATE TABLE x (y)'
faulty
errors "the database can't be read" "another program's"
rm -f "$database"*
"$T_BAAS" -c "$T/baas.conf" backup "$database"
mkfifo "$T/in" "$T/held"
sqlite3 -batch "$database" <"$T/in" >"$T/held" &
t_pids="$t_pids $!"
exec 8>"$T/in" 9<"$T/held"
echo "BEGIN EXCLUSIVE; SELECT 'held';" >&8
read -r line <&9
began=$(date +%s%3N)
faulty
errors "the database is locked" "locked ($line)"
[ $(($(date +%s%3N) - began)) -lt 3000 ]
ok $? "before a master loses patience"
echo "ROLLBACK;" >&8
exec 8>&- 9<&-
faulty
has "\"$other\"" "and goes on when it is free"
mv "$T/faults/vault.secret" "$T/faults/vault"
faulty
errors "a bot's secret can't be opened" "no vault"
head -c 32 /dev/urandom | base64 >"$T/faults/vault.secret"
chmod 600 "$T/faults/vault.secret"
faulty
errors "a bot's secret can't be opened" "another vault's key"
mv "$T/faults/vault" "$T/faults/vault.secret"
chmod 640 "$T/faults/vault.secret"
faulty
errors "a bot's secret can't be opened" "a vault that others can read"
chmod 600 "$T/faults/vault.secret"
faulty
has "\"$other\"" "as it should be"
sqlite3 -batch "$database" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
cp "$database" "$T/copy.db"
faulty
has "\"$other\"" "with all of it in one file"
size=$(stat -c %s "$database")
head -c "$size" /dev/urandom | dd of="$database" conv=notrunc bs=65536 2>/dev/null
faulty
errors "the database can't be read" "overwritten under its hands"
rm -f "$database"*
cp "$T/copy.db" "$database"
faulty
has "\"$other\"" "brought back"
rm -f "$database"*
faulty
errors "the database can't be read" "taken away"
cp "$T/copy.db" "$database"
faulty
has "\"$other\"" "and back again"
restarts=$(value "baas.bots.$other.restarts") rev=$(value baas.rev)
sqlite3 -batch "$T/copy.db" "UPDATE bots SET restarts = 7; UPDATE servers SET rev = $rev WHERE minion = 'p2-g1'"
rm -f "$database"*
cp "$T/copy.db" "$database"
faulty
is "$restarts $(value "baas.bots.$other.restarts") $(value baas.rev)" "0 7 $rev" "another database that has come to the same rev"
sqlite3 -batch "$database" "UPDATE bots SET restarts = 8"
faulty
is "$(value "baas.bots.$other.restarts")" 8 "the next change of it"
mkdir -p "$T/pub/3.0.0" && touch "$T/pub/3.0.0/pub.js"
faulty
is "$(value "baas.bots.$other.release")" 3.0.0 "a release that was put there"
rm -r "$T/pub"
faulty
errors "there is no release of the pub" "nothing to run"

# ---- without a token file nobody gets anything

grep -v '^private.token_file' "$T/baas.conf" >"$T/faults.conf"
ln -s "$(readlink "$T/faulty")" "$T/closed"
[ "${T_FCGI-}" != 1 ] || t_serve "$T/closed"
for shown in "Bearer $token" 'Bearer ' 'Bearer x'; do
	ask "$shown" minion=p2-g1 closed
	status 401 "no token is set: $(echo "$shown" | sed "s/$token/TOKEN/")"
done

touch "$T/fcgi.err"
cat "$T/log" "$T/fcgi.err" >"$T/body"
has "unknown minion: p1-g10" "an unknown minion is named in the log"
hasnt "$token" "the token is not"
hasnt "${private%.ed25519}" "nor a key"
