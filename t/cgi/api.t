#!/bin/sh
# The JSON API, by hand: who may ask what, and which error is which.
T_CONF='limits.bots_per_person = 6
limits.unused_invites = 2'
. "${srcdir:-.}/t/t.sh"
plan 484

person alice
person bob

# api METHOD PROGRAM PATH [BODY]; "by NAME api ..." sends that person's token.
api() {
	(
		HTTP_ACCEPT=${HTTP_ACCEPT-application/json} CONTENT_TYPE=${CONTENT_TYPE-application/json}
		export HTTP_ACCEPT CONTENT_TYPE
		request "$@"
	)
}

by() {
	t_token=$(cat "$T/token.$1")
	shift
	with "HTTP_AUTHORIZATION=Bearer $t_token" "$@"
}

# A value of the answer, by path: "null" if it is or if there is none.
value() {
	sqlite3 -batch :memory: "SELECT ifnull(json_extract(CAST(readfile('$T/body') AS TEXT), '\$.$1'), 'null')"
}

# error CODE NAME CLASS WHAT: all that an error has.
error() {
	status "$1" "$4"
	is "$(value name) $(value code) $(value className) $(header Content-Type)" "$2 $1 $3 application/json" "$4: $2"
}

bad() { error 400 BadRequest bad-request "$1"; }
missing() { error 404 NotFound not-found "$1"; }
wrong() { error 422 Unprocessable unprocessable "$1"; }

fields() {
	sqlite3 -batch :memory: "SELECT group_concat(key, ' ') FROM json_each(CAST(readfile('$T/body') AS TEXT))"
}

names() {
	sqlite3 -batch :memory: "SELECT ifnull(group_concat(json_extract(value, '\$.name'), ' '), '')
		FROM json_each(CAST(readfile('$T/body') AS TEXT), '\$.data')"
}

# ---- tokens

before=$(dump)
for scheme in '' 'Basic YWxpY2U6eA==' 'Bearer' 'Bearer ' "Bearer $(t_token)" "$(t_token)" "Bearer x$(cat "$T/token.alice")" \
	"Bearer $(cat "$T/token.alice")x" "Token $(cat "$T/token.alice")" "Bearer $(cat "$T/token.alice") x"; do
	with "HTTP_AUTHORIZATION=$scheme" api GET agents /agents
	status 401 "nobody: '${scheme%%[!A-Za-z ]*}'"
done
error 401 NotAuthenticated not-authenticated "nobody"
as alice api GET agents /agents
status 401 "a cookie is nothing"
with HTTP_ACCEPT=text/html with CONTENT_TYPE= by alice get agents
location '/start?next=%2Fagents' "and a token nothing to pages"
for scheme in 'Bearer ' 'bearer ' 'BEARER  ' ''; do
	with "HTTP_AUTHORIZATION=$scheme$(cat "$T/token.alice")" api GET agents /agents
	status 200 "'$scheme'"
done
is "$(fields)" "data total limit skip" "a page"
is "$(header Cache-Control) $(header Set-Cookie)$(header ETag)" "no-store " "which nobody keeps, and no cookie"
is "$(header Access-Control-Allow-Origin)" "" "no CORS"
for accept in 'application/json' 'text/html, application/json;q=0.9' 'Application/JSON'; do
	with "HTTP_ACCEPT=$accept" with CONTENT_TYPE= by alice get agents
	is "$(header Content-Type)" application/json "Accept: $accept"
done
for accept in 'application/jsonx' 'application/json-patch+json' 'x/application/json' 'text/html'; do
	with "HTTP_ACCEPT=$accept" with CONTENT_TYPE= as alice get agents
	is "$(header Content-Type)" "text/html; charset=utf-8" "Accept: $accept"
done
with HTTP_ACCEPT= with CONTENT_TYPE='application/json; charset=utf-8' by alice request GET agents /agents
is "$(header Content-Type)" application/json "by Content-Type"
by alice api HEAD agents /agents
is "$(header Content-Type) $(wc -c <"$T/body" | tr -d ' ')" "application/json 0" "HEAD"
is "$(dump)" "$before" "nothing has changed"

# ---- methods and paths

while read -r method program path allow; do
	by alice api "$method" "$program" "$path" '{}'
	error 405 MethodNotAllowed method-not-allowed "$method $path"
	is "$(header Allow)" "$(echo "$allow" | tr + ' ')" "$method $path: Allow"
done <<'END'
OPTIONS agents /agents GET,+HEAD,+POST
PUT agents /agents GET,+HEAD,+POST
PATCH agents /agents GET,+HEAD,+POST
DELETE agents /agents GET,+HEAD,+POST
PUT bot /agents/x GET,+HEAD,+POST,+PATCH,+DELETE
OPTIONS bot /agents/x GET,+HEAD,+POST,+PATCH,+DELETE
GET bot /agents/x/restart POST
TRACE signin /authentication POST,+DELETE
GET signin /authentication POST,+DELETE
GET signin /users POST
DELETE invites /agents/x/invites GET,+HEAD,+POST
PATCH invites /agents/x/invites/y GET,+HEAD,+DELETE
POST status /agents/x/samples GET,+HEAD
POST status /agents/x/events GET,+HEAD
POST bot /agents/x/exports GET,+HEAD
END
for path in /agents/ /agents/x/ /agents/x/y /agents/x/invites/y/z /agentsx '/agents/a%20b'; do
	by alice api GET bot "$path"
	missing "GET $path"
done
with HTTP_ACCEPT=text/html with CONTENT_TYPE= as alice request PATCH bot /agents/x ''
status 405 "a page has no PATCH"
with HTTP_ACCEPT=text/html with CONTENT_TYPE= as alice get invites /agents/x/invites/y
status 404 "nor is every JSON path a page"
by alice api GET account /account
missing "nor every page JSON"

# ---- bodies

body() {
	by alice api POST agents /agents "$1"
}
deep=$(printf '%016d' 0 | tr 0 '[')
for body in '' '{' '{"name":"x"} x' '{"name":"x","name":"y"}' '{"name":"\u0000"}' '{"name":NaN}' "$(printf '{"name":"\377"}')" \
	'{"name":"x",}' '"x"' 'null' '1' '[]' '["x"]' "[$deep" '{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}}}}}}}' \
	'{"name":"x","isAdmin":true}' '{"name":"x","port":1}' '{"__proto__":{}}' '{"id":"x"}' '{"":"x"}'; do
	body "$body"
	bad "no body: $(printf %.40s "$body" | tr -c ' -~\n' '?')"
done
is "$(value message)" "Unknown field " "the last one's words"
body '{"name":"x","isAdmin":true}'
is "$(value message)" "Unknown field isAdmin" "a field is named"
body '{"\u00e9\u0007":1}'
is "$(value message)" "Unknown field" "but not one that can't be seen"
body '[{"name":"x"}]'
error 405 MethodNotAllowed method-not-allowed "several at once"
is "$(value message)" "Can not create multiple entries" "in feathers' words"
for type in text/plain application/x-www-form-urlencoded application/jsonp ''; do
	with "CONTENT_TYPE=$type" body '{"name":"x"}'
	error 415 UnsupportedMediaType unsupported-media-type "Content-Type: $type"
done
body "{\"name\":\"$(printf %065536d 0)\"}"
error 413 PayloadTooLarge payload-too-large "more than 64 KiB"
with CONTENT_LENGTH=99999999999999999999 body '{}'
status 413 "or so it says"
with CONTENT_LENGTH=1000 body '{}'
bad "less than it says"

# ---- create

while read -r field body; do
	body "$body"
	wrong "$body"
	[ "$(value "errors.$field")" != null ]
	ok $? "$body: names $field"
done <<'END'
name {}
name {"name":""}
name {"name":5}
name {"name":null}
name {"name":["x"]}
name {"name":"a.b"}
name {"name":" my"}
name {"name":"admin"}
name {"name":"0123456789012345678901234567890123456789x"}
name {"name":"a\u0007"}
type {"name":"my","type":"person"}
type {"name":"my","type":1}
service {"name":"my","service":"ssb-room"}
description {"name":"my","description":{}}
description {"name":"my","description":"\u001b[2J"}
END
is "$(value message)" "a value is not allowed" "and says so"
body "{\"name\":\"my\",\"description\":\"$(printf %05001d 0)\"}"
wrong "too long a description"
is "$(dump)" "$before" "nothing has been made"
body '{"name":"My","description":"for the <choir>","type":"bot","service":"scuttlebutt"}'
status 201 "one is made"
is "$(fields)" "id type name description service createdAt updatedAt host port key release status statusSince checkedAt wanted uptime disk bandwidth memory" "it has all members"
is "$(value type) $(value name) $(value service) $(value host) $(value wanted)" "bot my scuttlebutt my.localhost running" "and these values"
is "$(value description)" "for the <choir>" "text is text"
case $(value createdAt) in ????-??-??T??:??:??.???Z) ok 0 "times are ISO 8601" ;; *) ok 1 "times: $(value createdAt)" ;; esac
is "$(value uptime)$(value disk)$(value memory)$(value bandwidth)" nullnullnullnull "what is not known is null"
hasnt "$(sql 'SELECT dir FROM bots')" "not where it lives"
id=$(value id)
is "$(sql "SELECT what || ' ' || actor FROM events ORDER BY id DESC LIMIT 1")" "bot.order person" "and it is noted"
by bob api POST agents /agents '{"name":"my"}'
error 409 Conflict conflict "a taken name"
by alice api POST agents '/agents?$select[]=name' '{"name":"second"}'
is "$(fields)" "id name" "chosen members"
by alice api POST agents '/agents?$limit=1' '{"name":"third"}'
bad 'what only find knows'

# ---- find and get

by alice api GET agents /agents
is "$(names)" "alice my second" "oneself and one's bots"
is "$(value total) $(value limit) $(value skip)" "3 10 0" "all of them"
by bob api GET agents /agents
is "$(names)" "bob" "and nobody else's"
by alice api GET agents '/agents?%24sort%5Bname%5D=-1&%24limit=2&type=bot'
is "$(names) $(value total)" "second my 2" "sorted, as qs writes it"
by alice api GET agents '/agents?%24limit=0'
is "$(value total) $(value data)" "3 []" "counted"
by alice api GET agents '/agents?email[$ne]=x'
bad "a field that there is not"
is "$(value message)" "Invalid query parameter email" "in feathers' words"
by alice api GET agents '/agents?name=a&name=b'
bad "a parameter twice"
by alice api GET bot /agents/my
is "$(value id)" "$id" "by name"
by alice api GET bot "/agents/$id"
is "$(value name)" my "by id"
me=$(sql "SELECT key FROM agents WHERE name = 'alice'")
by alice api GET bot "/agents/$me"
is "$(value type) $(value name) $(fields)" "person alice id type name description service createdAt updatedAt" "oneself"
hasnt 'example.org' "without the email"
by alice api GET bot /agents/alice
missing "names mean bots"
by alice api GET bot "/agents/$id?\$select=status"
is "$(fields)" "id status" "chosen members"
by alice api GET bot "/agents/$id?name=my"
bad "a get has no conditions"

# ---- what is another's is as what is not there

by alice api POST invites /agents/my/invites '{"label":"carol"}'
status 201 "an invite"
invite=$(value id)
before=$(dump)
not_found='{"name":"NotFound","message":"No record found for id '"'ID'"'","code":404,"className":"not-found","errors":{}}'
strange() {
	for who in "$id" my "$me" nothere; do
		by bob api "$1" "$2" "$(echo "$3" | sed "s/ID/$who/")" "${4-}"
		is "$(sed "s/$who/ID/" "$T/body")" "$not_found" "$1 $3 of $who"
	done
}
while read -r method program path body; do
	strange "$method" "$program" "$path" "$body"
done <<'END'
GET bot /agents/ID
PATCH bot /agents/ID {"nonsense":1}
DELETE bot /agents/ID
POST bot /agents/ID {"nonsense":1}
POST bot /agents/ID/start {"nonsense":1}
POST bot /agents/ID/stop
POST bot /agents/ID/restart
POST bot /agents/ID/restore
GET bot /agents/ID/exports
GET invites /agents/ID/invites
POST invites /agents/ID/invites {"nonsense":1}
GET status /agents/ID/samples
GET status /agents/ID/events
END
by bob api GET status '/agents/my/samples?nonsense=1'
missing "before the query is looked at"
by bob api GET invites "/agents/my/invites/$invite"
missing "another's invite"
by bob api DELETE invites "/agents/my/invites/$invite"
missing "which can't be taken back"
is "$(dump)" "$before" "bob has changed nothing"

# ---- patch

for body in '' '[]' '{"name":"x"}' '{"status":"alive"}' '{"id":"x"}' '{"release":"1"}'; do
	by alice api PATCH bot /agents/my "$body"
	bad "patch: $body"
done
for body in '{"wanted":"on"}' '{"wanted":true}' '{"wanted":null}' '{"description":1}' "{\"description\":\"$(printf %05001d 0)\"}" \
	'{"description":"changed","wanted":"on"}'; do
	by alice api PATCH bot /agents/my "$body"
	wrong "patch: $(printf %.40s "$body")"
done
is "$(dump)" "$before" "nothing of it is done"
by alice api PATCH bot /agents/my '{}'
is "$(value description)" "for the <choir>" "nothing to change"
by alice api PATCH bot /agents/my '{"description":"changed","wanted":"stopped"}'
is "$(value description) $(value wanted)" "changed stopped" "both"
is "$(sql "SELECT wanted || due FROM bots WHERE id = (SELECT id FROM agents WHERE name = 'my')")" stopped0 "a wish"
by alice api PATCH bot "/agents/$me" '{"description":"x"}'
error 405 MethodNotAllowed method-not-allowed "a person"
by alice api DELETE bot "/agents/$me"
status 405 "who does not leave this way either"

# ---- actions

by alice api POST bot /agents/my/restart
wrong "a restart of one that sleeps"
by alice api POST bot /agents/my/start '{"when":"now"}'
bad "start takes nothing"
by alice api POST bot /agents/my/start '[]'
bad "nor a list"
by alice api POST bot /agents/my/start '{}'
status 202 "start"
is "$(value wanted) $(value name)" "running my" "answers with the agent"
with CONTENT_TYPE= by alice api POST bot "/agents/$id/restart"
status 202 "restart, without a body"
is "$(sql "SELECT restarts FROM bots WHERE id = (SELECT id FROM agents WHERE name = 'my')")" 1 "is wished"
with HTTP_X_SERVICE_METHOD=stop by alice api POST bot /agents/my '{}'
is "$(value wanted)" stopped "a method of feathers'"
with HTTP_X_SERVICE_METHOD=start by alice api POST agents /agents "{\"id\":\"$id\"}"
status 202 "as its client sends it"
is "$(value wanted)" running "is done"
for method in '' remove destroy constructor; do
	with "HTTP_X_SERVICE_METHOD=$method" by alice api POST bot /agents/my '{}'
	error 405 MethodNotAllowed method-not-allowed "no such method: $method"
done
with HTTP_X_SERVICE_METHOD=start by alice api POST agents /agents '{}'
bad "a method of nobody"
with HTTP_X_SERVICE_METHOD=start by bob api POST agents /agents "{\"id\":\"$id\"}"
missing "or of another's"
by alice api POST bot /agents/my/restore
wrong "not in the bin"
by alice api DELETE bot /agents/my
status 200 "into the bin"
is "$(value name) $(value status)" "my deleting" "answers with what it was"
by alice api DELETE bot /agents/my
wrong "once"
by alice api GET agents /agents
is "$(names)" "alice second" "find has it no more"
by alice api GET bot /agents/my
is "$(value status)" deleting "but get has"
by alice api PATCH bot /agents/my '{"wanted":"running"}'
wrong "it can't be woken there"
by alice api POST invites /agents/my/invites '{"label":"x"}'
wrong "nor invite"
by alice api POST bot /agents/my/restore '{}'
status 202 "brought back"
by alice api GET agents '/agents?type=bot'
is "$(names)" "my second" "all is as it was"

# ---- invites

by alice api GET invites /agents/my/invites
is "$(value total) $(value 'data[0].label') $(value 'data[0].state') $(value 'data[0].code')" "1 carol pending null" "one, pending"
for body in '' '[]' '{"state":"used"}'; do
	by alice api POST invites /agents/my/invites "$body"
	bad "no invite: $body"
done
for body in '{"label":5}' '{"label":"\u0007"}' "{\"label\":\"$(printf %0201d 0)\"}"; do
	by alice api POST invites /agents/my/invites "$body"
	wrong "no label: $(printf %.20s "$body")"
done
by alice api POST invites "/agents/$id/invites" '{}'
is "$(value label) $(value state)" "someone pending" "without a label"
by alice api POST invites /agents/my/invites '{"label":"more"}'
wrong "more than may be unused"
sql "UPDATE invites SET state = 'unused', seed = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='"
by alice api GET invites "/agents/my/invites/$invite"
code=$(value code) url=$(value url)
with HTTP_ACCEPT=text/html with CONTENT_TYPE= as alice get invites /agents/my/invites
has "data-code=\"$code\"" "the code is that of the page"
has "href=\"${url#http://127.0.0.1:8080}\"" "and the link"
by alice api GET invites '/agents/my/invites?$sort[label]=1&$limit=1&state=unused'
is "$(value total) $(value 'data[0].label')" "2 carol" "found by state"
by alice api GET invites "/agents/second/invites/$invite"
missing "of another bot"
by alice api GET invites /agents/my/invites/nothere
is "$(value message)" "No record found for id 'nothere'" "the one that is not there"
by alice api DELETE invites "/agents/my/invites/$invite"
status 200 "taken back"
is "$(value id) $(value state) $(value code) $(value url)" "$invite unused null null" "a wish; the code is no use any more"
sql "UPDATE invites SET state = 'revoked' WHERE key = '$invite'"
by alice api POST invites "/agents/my/invites/$invite/revoke" '{}'
wrong "and not twice"

# ---- samples, events, exports

by alice api GET status /agents/my/samples
is "$(value total) $(value data)" "0 []" "no samples yet"
sql "INSERT INTO samples SELECT id, 60, 1767323040000, 1, 2, 3, 4, 5, 60000 FROM agents WHERE name = 'my'"
by alice api GET status '/agents/my/samples?step=60'
is "$(value 'data[0]')" '{"at":"2026-01-02T03:04:00.000Z","step":60,"memory":1,"disk":2,"bytesIn":3,"bytesOut":4,"peers":5,"alive":60}' "a sample"
by alice api GET status '/agents/my/events?$limit=1&what=bot.order'
is "$(value total) $(value 'data[0].what') $(value 'data[0].actor')" "1 bot.order person" "an event"
by alice api GET status '/agents/my/events?bot_id=1'
bad "a field that there is not"
by alice api GET bot /agents/my/exports
is "$(value total) $(value data)" "0 []" "exports are not there yet"

# ---- users

sql "DELETE FROM tries"
good='"password":"a silly sentence"'
users() {
	api POST signin "$@"
}
before=$(dump)
for body in '' '[' '[]' '"x"' '{"email":"a@b.example",'"$good"',"isAdmin":1}'; do
	users /users "$body"
	bad "no user: $body"
done
users /users '[{}]'
status 405 "nor several"
for body in '{}' '{"email":"x",'"$good"'}' '{"email":5,'"$good"'}' '{"email":"a@b.example"}' '{"email":"a@b.example","password":"short"}' \
	'{"email":"a@b.example","password":5}' '{"email":"a@b.example",'"$good"',"name":""}' '{"email":"a@b.example",'"$good"',"name":1}'; do
	users /users "$body"
	wrong "no user: $body"
done
is "$(dump)" "$before" "nobody is made"
users /users '{"email":" Ash@Example.org ",'"$good"',"name":"ash"}'
status 201 "somebody is"
is "$(fields)" "id type name description service createdAt updatedAt email" "and has no password"
is "$(value email) $(value name) $(header Set-Cookie)" "ash@example.org ash " "but an email and a name"
hasnt argon "no hash either"
users /authentication/register '{"email":"ash@example.org","password":"another sentence"}'
error 409 Conflict conflict "a known email"
[ "$(value errors.email)" != null ]
ok $? "names the field"
users /authentication/register '{"email":"oak@example.org",'"$good"'}'
status 201 "by the other path, without a name"
is "$(sql "SELECT named FROM credentials WHERE email = 'oak@example.org'")" 0 "which the page will ask for"

# ---- authentication

sql "DELETE FROM tries"
auth() {
	users /authentication "$1"
}
for body in '' '[]' '{"strategy":"local","email":"ash@example.org",'"$good"',"remember":true}'; do
	auth "$body"
	bad "no sign-in: $body"
done
auth '{"strategy":5}'
wrong "no sign-in: a number"
for body in '{}' '{"strategy":"local"}' '{"strategy":"oauth","email":"ash@example.org",'"$good"'}' \
	'{"strategy":"local","email":"nobody@example.org",'"$good"'}' '{"strategy":"local","email":"ash@example.org","password":"wrong wrong"}' \
	'{"strategy":"local","email":"nonsense",'"$good"'}' '{"strategy":"jwt"}' '{"strategy":"jwt","accessToken":"x"}'; do
	auth "$body"
	error 401 NotAuthenticated not-authenticated "no sign-in: $body"
done
auth '{"strategy":"local","email":"nobody@example.org",'"$good"'}'
cp "$T/body" "$T/unknown"
auth '{"strategy":"local","email":"ash@example.org","password":"wrong wrong"}'
cmp -s "$T/unknown" "$T/body"
ok $? "an unknown email and a wrong password: the same"
is "$(value message)" "Invalid login" "in feathers' words"
auth '{"strategy":"local","email":"Ash@example.org",'"$good"'}'
status 201 "signed in"
is "$(fields)" "accessToken authentication user" "with all that feathers has"
is "$(value authentication.strategy) $(value user.email) $(header Set-Cookie)" "local ash@example.org " "no cookie"
value accessToken >"$T/token.ash"
is "$(sql "SELECT count(*) FROM sessions WHERE hash = X'$(tr -d '\n' <"$T/token.ash" | b2sum -l 256 | cut -d' ' -f1)'")" 1 "the token is stored as a hash"
by ash api GET agents /agents
is "$(names)" ash "it is good"
is "$(sql "SELECT kind FROM sessions s JOIN credentials c ON c.person_id = s.person_id WHERE email = 'ash@example.org'")" program \
	"and counted as a program's"
sql "INSERT INTO sessions (key, hash, person_id, agent, created_at, used_at) SELECT 'browser' || value, randomblob(32), person_id, 'a test', $(t_now), $(t_now)
	FROM credentials, json_each('[1,2,3,4,5,6,7,8,9,10]') WHERE email = 'ash@example.org'"
sql "INSERT INTO sessions (key, hash, person_id, agent, created_at, used_at, kind)
	SELECT key || 'p', randomblob(32), person_id, agent, created_at, used_at, 'program' FROM sessions WHERE key LIKE 'browser%'"
auth '{"strategy":"local","email":"ash@example.org",'"$good"'}'
status 201 "a program more than may be"
is "$(sql "SELECT count(*) FROM sessions WHERE kind = 'browser' AND key LIKE 'browser%'")" 10 "ends no browser's session"
is "$(sql "SELECT count(*) FROM sessions s JOIN credentials c ON c.person_id = s.person_id WHERE kind = 'program' AND email = 'ash@example.org'")" 10 \
	"but the oldest of the programs'"
sql "DELETE FROM sessions WHERE key LIKE 'browser%'"
auth '{"strategy":"local","email":"ash@example.org",'"$good"'}'
value accessToken >"$T/token.ash"
auth "{\"strategy\":\"jwt\",\"accessToken\":\"$(cat "$T/token.ash")\"}"
is "$(value accessToken) $(value authentication.strategy)" "$(cat "$T/token.ash") jwt" "and again"
users /authentication/sign-in '{"email":"ash@example.org",'"$good"'}'
status 201 "by the other path, without a strategy"
value accessToken >"$T/token.ash2"
api DELETE signin /authentication
status 401 "nobody signs out"
by ash api DELETE signin /authentication
status 200 "signed out"
is "$(fields) $(value user.name)" "accessToken authentication user ash" "the same object"
by ash api GET agents /agents
status 401 "the token is no good any more"
by ash2 api POST start /authentication/sign-out '{}'
status 200 "by the other path"
by ash2 api GET agents /agents
status 401 "likewise"
for _ in 1 2 3 4 5 6; do
	auth '{"strategy":"local","email":"ash@example.org","password":"wrong wrong"}'
done
wait_anew
auth '{"strategy":"local","email":"ash@example.org",'"$good"'}'
error 429 TooManyRequests too-many-requests "after many tries"
[ "$(header Retry-After)" -ge 1 ]
ok $? "and Retry-After"

# ---- faults and shells

if [ "${T_FCGI-}" = 1 ]; then
	for _ in 1 2 3 4 5 6 7; do ok 0 "# SKIP only from a shell"; done
else
	with BAAS_AS=alice@example.org api GET agents /agents
	is "$(names)" "alice my second" "an admin's shell"
	with BAAS_AS=alice@example.org api POST bot /agents/my/restart '{}'
	status 202 "can act"
	case $(sql "SELECT actor FROM events ORDER BY id DESC LIMIT 1") in shell:*) ok 0 "and is noted" ;; *) ok 1 "and is noted" ;; esac
	sql 'DROP TABLE belongs'
	by alice api GET agents /agents
	error 500 GeneralError general-error "a fault"
	case $(value message) in *reference*) ok 0 "has a reference" ;; *) ok 1 "has a reference" ;; esac
	hasnt belongs "and no more"
fi
