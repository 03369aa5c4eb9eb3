#!/bin/sh
# What a request must pass before a route runs, in the order of CONTRACT.md 2: shape, method, signed in, body, csrf,
# ownership, fields.  Each refusal is tried with everything after it wrong too.
. "${srcdir:-.}/t/t.sh"
plan 134

person alice
person bob
bot one alice
before=$(dump)

# ---- shape: 404, whatever the method, signed in or not

for path in /agentsfoo /agents/ //agents /agents// /agents/one /AGENTS /agents. / ''; do
	as alice get agents "$path"
	status 404 "agents has no '$path'"
done
for path in /agents/one/ /agents//restart /agents/one/restart/ /agents/one/restart/x /agents/one/nothing \
	/agents/o%6ee/restart '/agents/o e/restart' /agents/..//restart; do
	as alice get bot "$path"
	status 404 "bot has no '$path'"
done
long=$(printf %0128d 0)
as alice get bot "/agents/$long/restart"
status 404 "a segment of 128 characters is too long"
as alice get bot "/agents/${long#0}/restart"
status 404 "one of 127 is somebody else's"
as alice get bot "/$(printf %0600d 0)"
status 404 "a path of 600 characters"
as alice request DELETE agents /agentsfoo
status 404 "the shape comes before the method"
get agents /agentsfoo
status 404 "and before signing in"
with HTTP_COOKIE=x post agents /agentsfoo csrf=wrong
status 404 "and before csrf"

# ---- method: 405 and what is allowed

for method in PUT DELETE PATCH OPTIONS TRACE CONNECT FOO get '' ; do
	request "$method" agents /agents
	status 405 "'$method' is not allowed"
	is "$(header Allow)" "GET, HEAD, POST" "and these are"
done
as alice request POST landing / 'csrf=wrong'
status 405 "nobody posts to the landing page"
is "$(header Allow)" "GET, HEAD" "it is for reading"
as alice request GET start /authentication/sign-out
status 405 "nobody gets sign-out"
is "$(header Allow)" "POST" "it is for posting"
as alice request HEAD agents /agents
status 200 "HEAD is a GET"
is "$(wc -c <"$T/body" | tr -d ' ')" 0 "without a body"
as alice get agents
is "$(wc -c <"$T/body" | tr -d ' ')" "$(header Content-Length)" "whose length it told"

# ---- signed in: 303, a POST too

get agents
status 303 "a stranger is sent to sign in"
location /start?next=%2Fagents "and comes back"
get agents '/agents?a=b%26c'
location /start?next=%2Fagents%3Fa%3Db%2526c "with the query"
get agents '/agents?a=\evil'
location /start "but not with a query that is none of ours"
get agents "/agents?$(printf %01100d 0)"
location /start "nor with an endless one"
post agents name=two
status 303 "a stranger's POST too"
location /start?next=%2Fagents "comes back to the page"
request POST agents /agents 'name=%00'
status 303 "before anybody looks at the body"
with HTTP_ORIGIN=null request POST agents /agents 'csrf=wrong'
status 303 "or at where it comes from"
with HTTP_COOKIE=baas=wrong get agents
status 303 "a cookie of nobody"
with "HTTP_COOKIE=baas=$(t_token)" get agents
status 303 "a token of nobody"
sql "UPDATE sessions SET used_at = used_at - 31 * 86400000 WHERE person_id = (SELECT person_id FROM credentials WHERE email = 'bob@example.org')"
as bob get agents
status 303 "a session that has ended"
session bob
as bob get agents
status 200 "a new one"
sql "DELETE FROM sessions WHERE hash NOT IN (SELECT max(hash) FROM sessions GROUP BY person_id)"
session bob
before=$(dump)

# ---- body: 413 and 400

with CONTENT_LENGTH=65537 as alice request POST agents /agents 'csrf=wrong'
status 413 "one byte more than there may be"
with CONTENT_LENGTH=99999999999999999999999 as alice request POST agents /agents 'csrf=wrong'
status 413 "many more"
as alice request POST agents /agents "csrf=$(printf %065531d 0)"
status 403 "as many as there may be"
for length in -1 +5 0x10 1e3 abc '5 ' ' 5' 5.0; do
	with "CONTENT_LENGTH=$length" as alice request POST agents /agents 'csrf=wrong'
	status 400 "'$length' is no length"
done
with CONTENT_LENGTH=100 as alice request POST agents /agents 'csrf=wrong'
status 400 "a body that ends too early"
for body in 'name=%00' 'name=%ff' 'name=%c0%af' 'name=%' 'name=a&name=b' 'name=%07' 'name=%0dX-Evil:1'; do
	as alice request POST agents /agents "csrf=wrong&$body"
	status 400 "a body of $body"
done
as alice request POST agents /agents "csrf=wrong&once=$(printf %065d 0)"
status 400 "a once of 65 characters"
for type in text/plain multipart/form-data application/x-www-form-urlencodedx application/xml; do
	with "CONTENT_TYPE=$type" as alice request POST agents /agents 'csrf=wrong'
	status 415 "$type is no form"
done
for query in 'a=%00' 'a=1&a=2' 'a=%ff'; do
	as alice get agents "/agents?$query"
	status 400 "a query of $query"
done

# ---- csrf: 403, before ownership and fields

as alice request POST agents /agents 'name=two'
status 403 "no csrf"
as alice post agents csrf= name=two
status 403 "an empty one"
as alice post agents csrf=wrong name=two
status 403 "a wrong one"
as bob get account
other=$(csrf)
as alice post agents "csrf=$other" name=two
status 403 "somebody else's"
as alice post agents "csrf=$(cat "$T/token.alice")" name=two
status 403 "the cookie itself"
as alice post bot /agents/nowhere/restart csrf=wrong
status 403 "before anybody looks for the bot"
as alice post agents csrf=wrong name=no%20dots.
status 403 "and before the fields"
is "$(dump)" "$before" "nothing of all that has changed anything"

# ---- ownership: one and the same 404

as bob get bot /agents/one
status 404 "somebody else's bot"
cp "$T/body" "$T/others"
as bob get bot /agents/nowhere
status 404 "a bot that is not there"
same() {
	sed "s/name=\"csrf\" value=\"[^\"]*\"//g; s/name=\"once\" value=\"[^\"]*\"//g" "$1"
}
is "$(same "$T/others")" "$(same "$T/body")" "the same page, byte for byte"
hasnt nowhere "which does not repeat the name"
as bob post bot /agents/one/delete confirm=wrong password=wrong
status 404 "somebody else's bot can't be deleted"
as bob post bot /agents/nowhere/delete confirm=wrong password=wrong
status 404 "nor one that is not there"
as bob post invites /agents/one/invites label=
status 404 "before the fields are looked at"
is "$(dump)" "$before" "nothing has changed"

# ---- fields: 422

as bob post agents name=no%20dots. description=kept
status 422 "a bad name"
has kept "keeps what was typed"
has role=\"alert\" "says so on top"
is "$(sed -n 's/.*<title>\(Error: \).*/\1/p' "$T/body")" "Error: " "and in the title"
is "$(dump)" "$before" "nothing has changed"

# ---- every answer's headers

csp="default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
for what in 'get agents /agentsfoo' 'request PUT agents /agents' 'get agents' 'as alice get agents' \
	'as alice post agents csrf=wrong' 'as alice post agents name=-'; do
	$what
	is "$(header Content-Security-Policy)|$(header X-Content-Type-Options)|$(header Referrer-Policy)" \
	    "$csp|nosniff|same-origin" "$what: safe headers"
	is "$(header Strict-Transport-Security)" "" "$what: no HSTS over http"
done
as alice get agents '/agents?a=%0dX-Evil:1'
status 400 "a header in the query is a control character"
get agents '/agents?a=%0d%0aX-Evil:1'
is "$(header X-Evil)" "" "and does not come out in a redirect"

# ---- JSON: errors are JSON too, and cookies don't count

json='"className":"not-authenticated","errors":{}}'
with HTTP_ACCEPT=application/json as alice get agents
status 401 "a cookie is nothing to JSON"
has '{"name":"NotAuthenticated",' "says feathers' word"
has "$json" "in feathers' form"
is "$(header Content-Type)" application/json "as JSON"
with HTTP_ACCEPT=application/json get agents /agentsfoo
status 404 "not there"
has '"code":404,"className":"not-found"' "says the same"
with CONTENT_TYPE=application/json as alice request POST agents /agents '{}'
status 401 "a JSON POST"
with CONTENT_TYPE=application/json request POST signin /start '{}'
status 415 "to a page"
with HTTP_ACCEPT=application/json with HTTP_COOKIE=baas_visit=x post signin /start csrf=x
status 403 "a form that wants JSON has no csrf either"
with HTTP_ACCEPT=text/html,application/xhtml+xml,application/xml\;q=0.9,*/*\;q=0.8 as alice get agents
status 200 "a browser speaks no JSON"
is "$(dump)" "$before" "nothing has changed"
